import { afterAll, beforeAll, expect, test } from "bun:test"
import { type Answer, raiseStage, type Stage } from "./testing/cast.ts"
import { type Mailbox, openMailbox } from "./testing/mailbox.ts"

let stage: Stage
let mailbox: Mailbox
const publicUrl = "https://console.example.com"
beforeAll(async () => {
  mailbox = openMailbox()
  stage = await raiseStage({ mail: mailbox.transport, mailFrom: "no-reply@example.com", publicUrl })
  await stage.call("owner", "POST", "/v1/orgs", { name: "Quarry" })
}, 60_000)
afterAll(() => stage.close())

const ask = (email: string): Promise<Answer> =>
  stage.call("owner", "POST", "/v1/orgs/quarry/invites", { email, role: "member" })

test("an invite to an organization is mailed, with the link that lets its address join", async () => {
  const { body } = await ask("tomas@example.org")
  expect(body).toMatchObject({ mailed: true, invite: { email: "tomas@example.org" } })
  const { message } = await mailbox.next("tomas@example.org")
  const link = `${publicUrl}/invite/${body.token}`
  expect(message).toMatchObject({ from: { email: "no-reply@example.com" }, to: [{ email: "tomas@example.org" }] })
  expect(message.text).toContain(`Open ${link}`)
  expect(message.html).toContain(`href="${link}"`)
  expect(message.text).toContain("owner@example.com asks you to join “Quarry”, with the role member.")
  expect(message.text).toContain(body.invite.expiresAt.slice(0, 10))
  const join = { invite: body.token, name: "Tomas", email: "tomas@example.org", password: "a phrase for the tests" }
  expect((await stage.call("anonymous", "POST", "/v1/auth/signup", join)).status).toBe(201)
  expect(JSON.stringify(stage.log)).not.toContain(body.token)
})

test("an invite to a project is mailed; whoever has an account is added without", async () => {
  const P = "/v1/projects/walls/members"
  const { body } = await stage.call("owner", "POST", P, { email: "new@example.org", role: "viewer" })
  expect(body.invite.mailed).toBe(true)
  expect((await mailbox.next("new@example.org")).message.text).toContain(`${publicUrl}/invite/${body.invite.token}`)
  const before = await mailbox.count("stranger@example.com")
  const known = await stage.call("owner", "POST", P, { email: "stranger@example.com", role: "viewer" })
  expect([known.body.invite, await mailbox.count("stranger@example.com")]).toEqual([null, before])
})

test("what people are called writes no header and no markup", async () => {
  const name = `<img src=x> "Odd"`
  await stage.call("owner", "POST", "/v1/orgs", { name })
  const { body } = await stage.call("owner", "GET", "/v1/orgs")
  const { id } = body.items.find((org: { name: string }) => org.name.startsWith("<img"))
  await stage.call("owner", "POST", `/v1/orgs/${id}/invites`, { email: "odd@example.org", role: "viewer" })
  const { message } = await mailbox.next("odd@example.org")
  expect(message.html).not.toContain("<img")
  expect(message.subject).not.toMatch(/\p{Cc}/u)
})

test("nobody's mailbox is filled: the fourth within the hour is a link alone, and it works", async () => {
  const answers: boolean[] = []
  for (let n = 0; n < 4; n++) answers.push((await ask("flood@example.org")).body.mailed)
  expect(answers).toEqual([true, true, true, false])
  expect(await mailbox.count("flood@example.org")).toBe(3)
})

test("an install that sends no mail says so", async () => {
  const silent = await raiseStage()
  const { body } = await silent.call("owner", "POST", "/v1/orgs", { name: "Quiet" })
  const asked = await silent.call("owner", "POST", `/v1/orgs/${body.id}/invites`, {
    email: "a@b.example",
    role: "viewer",
  })
  expect(asked.body).toMatchObject({ mailed: false, token: expect.any(String) })
  await silent.close()
})
