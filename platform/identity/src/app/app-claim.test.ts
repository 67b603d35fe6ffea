import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import type { SignedIn } from "../sessions.ts"
import { type Enrolled, openApp, type TestApp } from "../testing/app.ts"
import { appCode } from "../testing/authenticator.ts"
import { client, codeOf, failureOf, type Install, openInstall, password } from "../testing/install.ts"
import type { AppUser } from "./app-user.ts"

/** Somebody signs up with the address of another, and leaves all that they can on the account. The owner of the address comes later. */

const NEEDED = "IDENTITY_SECOND_FACTOR_NEEDED"
const email = "ada@example.org"
let install: Install
let app: TestApp
let thief: SignedIn<AppUser>
let phone: Enrolled
let device: string
beforeEach(async () => {
  install = await openInstall()
  app = await openApp(install)
  await app.settle({ mfa: "optional", rememberDeviceDays: 7, redirectUrls: ["https://walls.example/in"] })
  thief = await app.join(email)
  phone = await app.enrol(thief)
  const { token } = await app.users.factors.devices.remember(await fresh())
  device = token
})
afterEach(async () => {
  await app.close()
  await install.close()
})

/** The thief, who has shown their factor now. */
async function fresh(): Promise<SignedIn<AppUser>> {
  const proof = { code: phone.next() }
  return await app.who(await app.users.steps.finish({ ticket: await app.ticket(email), proof, client }))
}
/** What the owner of the address is sent. */
async function mail(): Promise<{ readonly code: string; readonly token: string }> {
  await app.users.mail.settled()
  const { paragraphs, link = "" } = app.sent.at(-1)!
  return {
    code: paragraphs.find((one) => /^\d{8}$/.test(one)) ?? "",
    token: new URL(link).searchParams.get("token") ?? "",
  }
}
const byCode = async () => {
  const asked = await app.users.mail.sendLink({ email, client })
  return await app.users.mail.signIn({ ...asked, code: (await mail()).code }, { client })
}
const WAYS: readonly [string, () => Promise<unknown>][] = [
  ["signs in by a code", byCode],
  [
    "signs in by a link",
    async () => {
      await app.users.mail.sendLink({ email, client })
      return await app.users.mail.signIn({ token: (await mail()).token }, { client })
    },
  ],
  [
    "opens the link that the other one had sent to them",
    async () => {
      await app.users.mail.sendVerification(thief.user.id, { client })
      return await app.users.mail.verify({ token: (await mail()).token }, { client, userId: undefined })
    },
  ],
  [
    "chooses a new password",
    async () => {
      await app.users.mail.sendReset({ email, client })
      await app.users.mail.reset({ token: (await mail()).token }, "the wall of the owner", client)
      return await app.users.signIn({ email, password: "the wall of the owner", client })
    },
  ],
]

describe("whoever owns an address that a stranger signed up with", () => {
  test.each(WAYS)("%s, is asked for none of their factors, and finds nothing of theirs", async (_way, enter) => {
    const ticket = await app.ticket(email)
    expect(await codeOf(enter)).toBe("none")
    const { id } = thief.user
    expect(app.users.directory.get(id).emailVerified).toBe(true)
    expect(await app.users.factors.state(id)).toMatchObject({ factors: [], recoveryCodes: 0 })
    expect([await app.users.factors.devices.list(id), app.users.sessions.list(id).items.length]).toEqual([[], 1])

    const { users } = app
    const shown = { code: phone.next() }
    expect(await codeOf(() => users.steps.finish({ ticket, proof: shown, client }))).toBe("IDENTITY_SECOND_STEP_OVER")
    for (const known of [undefined, device])
      expect(await codeOf(() => users.signIn({ email, password, client, device: known }))).toBe(
        "IDENTITY_WRONG_CREDENTIALS",
      )
    expect(await codeOf(() => users.factors.confirmApp(thief, { factorId: phone.factorId, ...shown }))).toBe(
      "AUTH_FACTOR_UNKNOWN",
    )
  })

  test("adds a factor of their own, and is asked for that one from then on", async () => {
    await app.settle({ mfa: "required" })
    const ticket = (await failureOf(byCode))?.details?.ticket as string
    const { factorId, secret } = await app.users.enrolling.app(ticket)
    const code = appCode(secret, install.clock.now())
    expect((await app.users.enrolling.confirmApp({ ticket, factorId, code, client })).recoveryCodes).toHaveLength(10)
    const failure = await failureOf(byCode)
    expect(failure).toMatchObject({ code: NEEDED, details: { factors: ["totp", "recovery"] } })
  })

  test("is let in where addresses must be confirmed as well", async () => {
    await app.settle({ verifiedEmailOnly: true })
    expect(await codeOf(byCode)).toBe("none")
  })

  test("keeps nothing that is added while they come, whatever comes first", async () => {
    for (let turn = 0; turn < 30; turn++) {
      const address = `turn${turn}@example.org`
      const other = await app.join(address)
      const { factorId, secret } = await app.users.factors.enrolApp(other)
      const code = appCode(secret, install.clock.now())
      const asked = await app.users.mail.sendLink({ email: address, client })
      const shown = { ...asked, code: (await mail()).code }
      const late = async (): Promise<unknown> => {
        for (let wait = 0; wait < turn; wait++) await new Promise((resolve) => setImmediate(resolve))
        return await app.users.mail.signIn(shown, { client })
      }
      const both = [codeOf(() => app.users.factors.confirmApp(other, { factorId, code })), codeOf(late)]
      const [added, entered] = await Promise.all(both)
      const left = await app.users.factors.state(other.user.id)
      expect([turn, left.factors, left.recoveryCodes]).toEqual([turn, [], 0])
      // In the moment in which it is there it may be asked for. Then it is gone, and they come in by the next message.
      if (entered !== "none") expect([entered, added]).toEqual([NEEDED, "IDENTITY_SESSION_NOT_FOUND"])
    }
  })
})

test("who has confirmed the address keeps their factors, whoever reads the mailbox", async () => {
  await app.users.directory.update(thief.user.id, { emailVerified: true })
  expect(await codeOf(byCode)).toBe(NEEDED)
  expect((await app.users.factors.state(thief.user.id)).factors).toHaveLength(1)
})
