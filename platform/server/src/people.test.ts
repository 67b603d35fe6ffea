import { afterEach, describe, expect, test } from "bun:test"
import { addApp } from "./testing/authenticator.ts"
import { raiseInstall, raiseStage, type Stage } from "./testing/cast.ts"

/** What people are asked for, and what is noted of their accounts, through the API. */

const password = "a phrase for the tests"
let stage: Stage | undefined
afterEach(async () => {
  await stage?.close()
  stage = undefined
})

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const told = ({ status, body }: { status: number; body: { code?: string } }): string =>
  status < 300 ? "2xx" : `${status} ${body.code}`

describe("where the install asks a second factor of everybody", () => {
  test("people reach their own account and nothing else before they have shown one; keys are not asked", async () => {
    const asks = await raiseInstall({ requireMfa: true })
    stage = asks
    expect((await asks.call("anonymous", "GET", "/v1/capabilities")).body.requireMfa).toBe(true)
    const { owner = "" } = asks.credentials
    const NEEDED = "403 CONTROL_MFA_REQUIRED"
    for (const path of ["/v1/orgs", "/v1/projects", "/v1/orgs/personal", "/v1/projects/walls"])
      expect([path, told(await asks.call("owner", "GET", path))]).toEqual([path, NEEDED])
    expect(told(await asks.call("owner", "POST", "/v1/projects", { name: "Walls" }))).toBe(NEEDED)
    for (const path of ["/v1/auth/me", "/v1/auth/mfa", "/v1/auth/sessions"])
      expect([path, told(await asks.call("owner", "GET", path))]).toEqual([path, "2xx"])
    await addApp(asks, owner)
    expect(told(await asks.call("owner", "POST", "/v1/projects", { name: "Walls" }))).toBe("2xx")
    const wish = { kind: "secret", name: "server" }
    const { body } = await asks.call("owner", "POST", "/v1/projects/walls/keys", wish)
    const withKey = await asks.call("anonymous", "GET", "/v1/projects/walls", undefined, bearer(body.secret))
    expect(told(withKey)).toBe("2xx")
  }, 60_000)
})

test("an organization asks its members; the owner shows theirs first", async () => {
  stage = await raiseStage()
  const { owner = "" } = stage.credentials
  const NEEDED = "403 CONTROL_MFA_REQUIRED"
  await stage.call("owner", "POST", "/v1/orgs", { name: "Quarry" })
  await stage.call("owner", "POST", "/v1/projects/walls/transfer", { organization: "quarry" })
  const ask = (body: object) => stage!.call("owner", "PATCH", "/v1/orgs/quarry", body)
  expect(told(await ask({ requireMfa: true }))).toBe(NEEDED)
  expect(told(await ask({}))).toBe("422 CONTROL_INVALID_INPUT")
  await addApp(stage, owner)
  const changed = await ask({ requireMfa: true, name: "The quarry" })
  expect(changed.body).toMatchObject({ slug: "quarry", name: "The quarry", requireMfa: true })
  for (const role of ["viewer", "developer"] as const)
    expect([role, told(await stage.call(role, "GET", "/v1/projects/walls"))]).toEqual([role, NEEDED])
  expect((await stage.call("viewer", "GET", "/v1/projects")).body.items).toEqual([])
  expect(told(await stage.call("secret", "GET", "/v1/projects/walls"))).toBe("2xx")
  // Theirs alone: what one organization asks is no matter of another one.
  expect(told(await stage.call("viewer", "GET", "/v1/orgs/personal"))).toBe("2xx")
  await addApp(stage, stage.credentials.viewer ?? "")
  expect(told(await stage.call("viewer", "GET", "/v1/projects/walls"))).toBe("2xx")
}, 60_000)

test("a command that is let in from a session with a second factor comes in where one is asked", async () => {
  stage = await raiseInstall({ requireMfa: true })
  const { owner = "" } = stage.credentials
  const letIn = async (): Promise<string> => {
    const { body: started } = await stage!.call("anonymous", "POST", "/v1/auth/device")
    const decision = { userCode: started.userCode, approve: true }
    expect(told(await stage!.call("owner", "POST", "/v1/auth/device/decide", decision))).toBe("2xx")
    const { deviceCode } = started
    return (await stage!.call("anonymous", "POST", "/v1/auth/device/claim", { deviceCode })).body.accessToken
  }
  const projects = async (token: string) =>
    told(await stage!.call("anonymous", "GET", "/v1/projects", undefined, bearer(token)))
  expect(await projects(await letIn())).toBe("403 CONTROL_MFA_REQUIRED")
  await addApp(stage, owner)
  expect(await projects(await letIn())).toBe("2xx")
}, 60_000)

test("changes of an account are in its own trail, which nobody else reads", async () => {
  stage = await raiseStage()
  const { owner = "" } = stage.credentials
  const again = await stage.call("anonymous", "POST", "/v1/auth/signin", { email: "owner@example.com", password })
  const { factorId, recoveryCodes } = await addApp(stage, owner)
  await stage.call("owner", "DELETE", `/v1/auth/sessions/${again.body.sessionId}`)
  const fresh = "another phrase for the tests"
  expect(told(await stage.call("owner", "POST", "/v1/auth/password", { password: fresh }))).toBe("2xx")
  const { body } = await stage.call("owner", "GET", "/v1/orgs/personal/audit")
  const trail = body.items.filter(({ action }: { action: string }) => action.startsWith("account."))
  expect(trail.map((entry: Record<string, unknown>) => [entry.action, entry.target, entry.details])).toEqual([
    ["account.password", "owner@example.com", {}],
    ["account.session.end", "owner@example.com", { sessionId: again.body.sessionId }],
    ["account.factor.add", "owner@example.com", { factorId, kind: "totp", label: expect.any(String) }],
  ])
  const text = JSON.stringify(body)
  for (const secret of [...recoveryCodes, password, fresh]) expect(text).not.toContain(secret)
  const { id } = (await stage.call("owner", "GET", "/v1/auth/me")).body
  expect(told(await stage.call("developer", "GET", `/v1/orgs/${id}/audit`))).toBe("404 CONTROL_ORG_NOT_FOUND")
}, 60_000)
