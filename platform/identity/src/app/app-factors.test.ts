import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { decodeJwt } from "jose"
import type { FactorProof } from "../factors/second-factors.ts"
import type { SignedIn } from "../sessions.ts"
import { type Enrolled, openApp, type TestApp } from "../testing/app.ts"
import { appCode } from "../testing/authenticator.ts"
import { client, codeOf, failureOf, type Install, openInstall, password } from "../testing/install.ts"
import type { AppMessage } from "./app-mail.ts"
import type { AppUser } from "./app-user.ts"

/** Second factors of an app's users: what they are good for, and what others try with them. The code is that of people, and so are most tests. */

const email = "ada@example.org"
let install: Install
let app: TestApp
let ada: SignedIn<AppUser>
let phone: Enrolled
beforeEach(async () => {
  install = await openInstall()
  app = await openApp(install)
  await app.settle({ mfa: "optional", rememberDeviceDays: 7 })
  ada = await app.join(email)
  phone = await app.enrol(ada)
})
afterEach(async () => {
  await app.close()
  await install.close()
})

const finish = (ticket: string, proof: FactorProof) => app.users.steps.finish({ ticket, proof, client })
const codeIn = ({ paragraphs }: AppMessage): string => paragraphs.find((one) => /^\d{8}$/.test(one)) ?? ""
async function byMail(): Promise<unknown> {
  const asked = await app.users.mail.sendLink({ email, client })
  await app.users.mail.settled()
  return await app.users.mail.signIn({ ...asked, code: codeIn(app.sent.at(-1)!) }, { client })
}
const alive = (): number => app.users.sessions.list(ada.user.id).items.length

describe("signing in to an app", () => {
  test("takes a second factor of who has one, and the token says how and when", async () => {
    const session = await finish(await app.ticket(email), { code: phone.next() })
    const { amr, auth_time } = decodeJwt(session.accessToken)
    expect([amr, auth_time]).toEqual([["pwd", "otp", "mfa"], Math.floor(install.clock.now() / 1000)])
    install.clock.advance(60_000)
    const renewed = await app.users.refresh({ refreshToken: session.refreshToken, client })
    expect(decodeJwt(renewed.accessToken)).toMatchObject({ amr: ["pwd", "otp", "mfa"], auth_time: auth_time as number })
  })

  test("by mail asks for it as well: a mailbox alone lets nobody in", async () => {
    await app.users.directory.update(ada.user.id, { emailVerified: true })
    const before = alive()
    const failure = await failureOf(byMail)
    expect(failure).toMatchObject({ code: "IDENTITY_SECOND_FACTOR_NEEDED", details: { factors: ["totp", "recovery"] } })
    expect(alive()).toBe(before)
    const session = await finish(failure?.details?.ticket as string, { recoveryCode: phone.recoveryCodes[0]! })
    expect((await app.who(session)).amr).toEqual(["email", "recovery", "mfa"])
  })

  test("takes a code once, of clocks that are off by a step, and none that is older or further off", async () => {
    const at = async (steps: number): Promise<string> => {
      const ticket = await app.ticket(email)
      install.clock.advance(-steps * 30_000)
      const code = phone.now()
      install.clock.advance(steps * 30_000)
      return await codeOf(() => finish(ticket, { code }))
    }
    install.clock.advance(10 * 30_000)
    expect([await at(2), await at(-2), await at(1), await at(1), await at(-1), await at(0)]).toEqual([
      ...["AUTH_FACTOR_WRONG", "AUTH_FACTOR_WRONG", "none", "AUTH_FACTOR_WRONG", "none", "AUTH_FACTOR_WRONG"],
    ])
  })

  test("lets one in, of those who show one recovery code at once", async () => {
    const tickets = [await app.ticket(email), await app.ticket(email), await app.ticket(email)]
    const [recoveryCode = ""] = phone.recoveryCodes
    const said = await Promise.all(tickets.map((ticket) => codeOf(() => finish(ticket, { recoveryCode }))))
    expect(said.toSorted()).toEqual(["AUTH_FACTOR_WRONG", "AUTH_FACTOR_WRONG", "none"])
  })

  test("ends guessing after ten, whatever is shown, however many at once and on however many tickets", async () => {
    const tickets = [await app.ticket(email), await app.ticket(email)]
    const guesses = Array.from({ length: 20 }, (_, n) => finish(tickets[n % 2]!, { code: String(100_000 + n) }))
    const said = await Promise.all(guesses.map((guess) => codeOf(() => guess)))
    expect(said.filter((code) => code === "AUTH_FACTOR_WRONG")).toHaveLength(10)
    expect(said.filter((code) => code === "AUTH_MFA_LOCKED")).toHaveLength(10)
    expect(await codeOf(() => finish(tickets[0]!, { code: phone.next() }))).toBe("AUTH_MFA_LOCKED")
  })

  test("takes no factor of another user, and no ticket and no factor of another app", async () => {
    const eve = await app.join("eve@example.org")
    const hers = await app.enrol(eve)
    const ticket = await app.ticket(email)
    expect(await codeOf(() => finish(ticket, { code: hers.next() }))).toBe("AUTH_FACTOR_WRONG")
    expect(await codeOf(() => finish(ticket, { recoveryCode: hers.recoveryCodes[0]! }))).toBe("AUTH_FACTOR_WRONG")
    const fresh = { ...eve, amr: ["pwd", "otp", "mfa"], authTimeMs: install.clock.now() }
    expect(await codeOf(() => app.users.factors.remove(fresh, phone.factorId))).toBe("AUTH_FACTOR_UNKNOWN")
    expect(await codeOf(() => app.users.factors.rename(fresh, phone.factorId, "Eve's"))).toBe("AUTH_FACTOR_UNKNOWN")

    const other = await openApp(install, "p2")
    await other.settle({ mfa: "optional" })
    const sameThere = await other.join(email)
    const phoneThere = await other.enrol(sameThere)
    expect(await codeOf(() => finish(ticket, { code: phoneThere.next() }))).toBe("AUTH_FACTOR_WRONG")
    const step = { ticket, proof: { code: phone.now() }, client }
    expect(await codeOf(() => other.users.steps.finish(step))).toBe("IDENTITY_SECOND_STEP_OVER")
    expect(await codeOf(() => install.identity.steps.finish(step))).toBe("IDENTITY_SECOND_STEP_OVER")
    await other.close()
  })
})

describe("what was begun is over", () => {
  const over = async (end: () => Promise<unknown>): Promise<string> => {
    const ticket = await app.ticket(email)
    await end()
    return await codeOf(() => finish(ticket, { code: phone.next() }))
  }
  test.each<[string, () => Promise<unknown>]>([
    ["an operator reset the factors", () => app.users.resetFactors(ada.user.id)],
    [
      "a server set another password",
      () => app.users.directory.update(ada.user.id, { password: "another stone wall" }),
    ],
    ["the user was disabled", () => app.users.directory.update(ada.user.id, { disabled: true })],
    ["the user was deleted", () => app.users.directory.delete(ada.user.id)],
    ["all sessions were ended", () => app.users.directory.signOutAll(ada.user.id)],
    [
      "the user chose another password",
      () =>
        app.users.mail.changePassword(ada.user.id, {
          ...{ current: password, next: "another stone wall", sessionId: ada.sessionId },
        }),
    ],
    [
      "whoever reads the mailbox reset the password",
      async () => {
        const asked = await app.users.mail.sendReset({ email, client })
        await app.users.mail.settled()
        await app.users.mail.reset({ ...asked, code: codeIn(app.sent.at(-1)!) }, "another stone wall", client)
      },
    ],
  ])("once %s", async (_what, end) => {
    expect(await over(end)).toBe("IDENTITY_SECOND_STEP_OVER")
  })

  test("also by what comes while a factor is looked at: of no interleaving a session is left", async () => {
    for (let turn = 0; turn < 20; turn++) {
      const again = turn === 0 ? phone : await app.enrol(await app.join(`turn${turn}@example.org`))
      const address = turn === 0 ? email : `turn${turn}@example.org`
      const id = app.users.directory.list({ email: address }).items[0]!.id
      const ticket = await app.ticket(address)
      const code = again.next()
      const late = async (): Promise<void> => {
        for (let wait = 0; wait < turn; wait++) await Promise.resolve()
        await app.users.resetFactors(id)
      }
      await Promise.all([codeOf(() => finish(ticket, { code })), late()])
      expect(app.users.sessions.list(id).items).toEqual([])
    }
  })
})

describe("an app that asks everybody for a second factor", () => {
  const grace = { email: "grace@example.org", password, client }
  beforeEach(async () => {
    await app.users.signUp(grace)
    await app.settle({ mfa: "required" })
  })

  test("ends the sessions that were begun without one, and leaves the others", async () => {
    expect(alive()).toBe(1)
    const [her] = app.users.directory.list({ email: grace.email }).items
    expect(app.users.sessions.list(her!.id).items).toEqual([])
  })

  test("gives whoever has none no session before they have added one", async () => {
    const { enrolling, sessions } = app.users
    const failure = await failureOf(() => app.users.signIn(grace))
    expect(failure).toMatchObject({ code: "IDENTITY_SECOND_FACTOR_NEEDED", details: { factors: [], enrol: true } })
    const ticket = failure?.details?.ticket as string
    const [her] = app.users.directory.list({ email: grace.email }).items
    expect(sessions.list(her!.id).items).toEqual([])
    expect(await codeOf(() => finish(ticket, { code: "123456" }))).toBe("AUTH_FACTOR_WRONG")
    const { factorId, secret } = await enrolling.app(ticket)
    const wrong = { ticket, factorId, code: "000000", client }
    expect(await codeOf(() => enrolling.confirmApp(wrong))).toBe("AUTH_FACTOR_WRONG")
    const right = { ...wrong, code: appCode(secret, install.clock.now()), label: "Phone" }
    const { session, factor, recoveryCodes } = await enrolling.confirmApp(right)
    expect([(await app.who(session)).amr, factor.label, recoveryCodes?.length]).toEqual([
      ["pwd", "otp", "mfa"],
      "Phone",
      10,
    ])
    expect(await codeOf(() => enrolling.confirmApp(right))).toBe("IDENTITY_SECOND_STEP_OVER")
  })

  test("lets nobody who has the password alone add a factor to those that somebody has", async () => {
    const ticket = await app.ticket(email)
    expect(await codeOf(() => app.users.enrolling.app(ticket))).toBe("AUTH_STEP_UP_REQUIRED")
    const early = (await failureOf(() => app.users.signIn(grace)))?.details?.ticket as string
    const thief = await app.users.enrolling.app(early)
    const late = (await failureOf(() => app.users.signIn(grace)))?.details?.ticket as string
    const { factorId, secret } = await app.users.enrolling.app(late)
    const nowMs = install.clock.now()
    await app.users.enrolling.confirmApp({ ticket: late, factorId, code: appCode(secret, nowMs), client })
    const shown = { ticket: early, factorId: thief.factorId, code: appCode(thief.secret, nowMs), client }
    expect(await codeOf(() => app.users.enrolling.confirmApp(shown))).toBe("AUTH_STEP_UP_REQUIRED")
  })

  test("adds no factor by a sign-in that was ended meanwhile", async () => {
    const ticket = (await failureOf(() => app.users.signIn(grace)))?.details?.ticket as string
    const { factorId, secret } = await app.users.enrolling.app(ticket)
    const [her] = app.users.directory.list({ email: grace.email }).items
    await app.users.directory.update(her!.id, { password: "another stone wall" })
    const shown = { ticket, factorId, code: appCode(secret, install.clock.now()), client }
    expect(await codeOf(() => app.users.enrolling.confirmApp(shown))).toBe("IDENTITY_SECOND_STEP_OVER")
    expect((await app.users.factors.state(her!.id)).factors).toEqual([])
  })

  test("signs up without a session, and keeps whoever has a factor from giving up the last one", async () => {
    const failure = await failureOf(() => app.users.signUp({ ...grace, email: "new@example.org" }))
    expect(failure).toMatchObject({ code: "IDENTITY_SECOND_FACTOR_NEEDED", details: { enrol: true } })
    const fresh = await app.who(await finish(await app.ticket(email), { code: phone.next() }))
    expect(await codeOf(() => app.users.factors.remove(fresh, phone.factorId))).toBe("IDENTITY_INVALID_INPUT")
  })
})

describe("a device that is remembered", () => {
  let token: string
  beforeEach(async () => {
    const fresh = await app.who(await finish(await app.ticket(email), { code: phone.next() }))
    token = (await app.users.factors.devices.remember(fresh, "Laptop")).token
  })
  const enters = (device: string | undefined): Promise<string> =>
    codeOf(() => app.users.signIn({ email, password, client, device }))

  test("shows no factor for its days, and changes none by that", async () => {
    const session = await app.users.signIn({ email, password, client, device: token })
    const here = await app.who(session)
    expect(here.amr).toEqual(["pwd", "device"])
    expect(await codeOf(() => app.users.factors.enrolApp(here))).toBe("AUTH_STEP_UP_REQUIRED")
    expect(await codeOf(() => app.users.factors.devices.remember(here))).toBe("AUTH_STEP_UP_REQUIRED")
    install.clock.advance(7 * 86_400_000 - 60_000)
    expect(await enters(token)).toBe("none")
    install.clock.advance(120_000)
    expect(await enters(token)).toBe("IDENTITY_SECOND_FACTOR_NEEDED")
  })

  test("stands for no password, nobody else, and no other device", async () => {
    const eve = await app.join("eve@example.org")
    await app.enrol(eve)
    const wrong = { email, password: "not this one at all", client, device: token }
    expect(await codeOf(() => app.users.signIn(wrong))).toBe("IDENTITY_WRONG_CREDENTIALS")
    const asEve = { email: "eve@example.org", password, client, device: token }
    expect(await codeOf(() => app.users.signIn(asEve))).toBe("IDENTITY_SECOND_FACTOR_NEEDED")
    const [secret = "", mac = ""] = token.split(".")
    for (const made of [undefined, "", secret, `${secret}.${"a".repeat(43)}`, `${"a".repeat(43)}.${mac}`])
      expect(await enters(made)).toBe("IDENTITY_SECOND_FACTOR_NEEDED")
  })

  test.each<[string, () => Promise<unknown>]>([
    [
      "its user forgets it",
      async () => {
        const [device] = await app.users.factors.devices.list(ada.user.id)
        expect(device).toMatchObject({ label: "Laptop" })
        await app.users.factors.devices.forget(ada.user.id, device!.id)
      },
    ],
    ["the app remembers none any more", () => app.settle({ rememberDeviceDays: 0 })],
    [
      "the password is another one, though it is the same again",
      async () => {
        const { changePassword } = app.users.mail
        const { sessionId } = ada
        await changePassword(ada.user.id, { current: password, next: "another stone wall", sessionId })
        await changePassword(ada.user.id, { current: "another stone wall", next: password, sessionId })
      },
    ],
  ])("is a stranger once %s", async (_what, end) => {
    expect(await enters(token)).toBe("none")
    await end()
    expect(await enters(token)).toBe("IDENTITY_SECOND_FACTOR_NEEDED")
  })

  test("is promised fewer days when the app promises fewer, and not more again", async () => {
    install.clock.advance(2 * 86_400_000)
    await app.settle({ rememberDeviceDays: 1 })
    await app.settle({ rememberDeviceDays: 90 })
    expect(await enters(token)).toBe("IDENTITY_SECOND_FACTOR_NEEDED")
  })

  test("of somebody else is nobody's to forget", async () => {
    const [device] = await app.users.factors.devices.list(ada.user.id)
    const eve = await app.join("eve@example.org")
    expect(await codeOf(() => app.users.factors.devices.forget(eve.user.id, device!.id))).toBe("AUTH_FACTOR_UNKNOWN")
  })
})

describe("whoever has factors", () => {
  const told = async (): Promise<readonly (readonly string[])[]> => {
    await app.users.mail.settled()
    return app.sent.filter(({ kind }) => kind.startsWith("factor")).map(({ kind, to }) => [kind, to])
  }
  test("is told by mail when one comes, goes, or is reset, in words that let nobody in", async () => {
    const fresh = await app.who(await finish(await app.ticket(email), { code: phone.next() }))
    await app.users.factors.remove(fresh, phone.factorId)
    await app.enrol(ada)
    await app.users.resetFactors(ada.user.id)
    await app.users.resetFactors(ada.user.id)
    const kinds = ["factorAdded", "factorRemoved", "factorAdded", "factorsReset"]
    expect(await told()).toEqual(kinds.map((kind) => [kind, email]))
    for (const { subject, paragraphs, link } of app.sent)
      expect([subject.includes("Walls"), paragraphs.length, link]).toEqual([true, 2, undefined])
  })

  test("hears of it however much other mail is asked for, and of so many changes in an hour", async () => {
    for (let n = 0; n < 8; n++) await codeOf(() => app.users.mail.sendLink({ email, client }))
    await app.users.resetFactors(ada.user.id)
    expect(await told()).toHaveLength(2)
    for (let n = 0; n < 4; n++) {
      ada = await app.who(await app.users.signIn({ email, password, client }))
      await app.enrol(ada)
      await app.users.resetFactors(ada.user.id)
    }
    expect(await told()).toHaveLength(5)
  })
})

test("the last factor that goes leaves no session behind that says it was shown", async () => {
  const session = await finish(await app.ticket(email), { code: phone.next() })
  await app.users.factors.remove(await app.who(session), phone.factorId)
  expect((await app.who(session)).amr).toEqual(["pwd", "otp"])
})

describe("the settings of an app", () => {
  test("have no second factors by default, and what users had is asked of nobody while they are off", async () => {
    const other = await openApp(install, "p3")
    const { users } = other
    expect(users.settings.read()).toMatchObject({ mfa: "off", passkeys: null, rememberDeviceDays: 0 })
    const bob = await other.join("bob@example.org")
    expect(await codeOf(() => users.factors.enrolApp(bob))).toBe("IDENTITY_MFA_OFF")
    expect(await codeOf(() => users.factors.passkeyCreation(bob))).toBe("IDENTITY_MFA_OFF")
    expect(await codeOf(() => users.steps.byPasskey({ passkey: {}, client }))).toBe("IDENTITY_MFA_OFF")
    expect(await codeOf(() => users.factors.devices.remember(bob))).toBe("IDENTITY_MFA_OFF")
    await other.settle({ mfa: "optional" })
    expect(await codeOf(() => users.factors.passkeyCreation(bob))).toBe("IDENTITY_PASSKEYS_UNAVAILABLE")
    const proven = { ...bob, amr: ["pwd", "otp", "mfa"] }
    expect(await codeOf(() => users.factors.devices.remember(proven))).toBe("IDENTITY_DEVICES_FORGOTTEN")
    await other.close()
    await app.settle({ mfa: "off" })
    expect(await codeOf(() => app.users.signIn({ email, password, client }))).toBe("none")
    await app.settle({ mfa: "optional" })
    expect(await codeOf(() => app.users.signIn({ email, password, client }))).toBe("IDENTITY_SECOND_FACTOR_NEEDED")
  })

  test.each<[string, string, readonly string[]]>([
    ["an address", "127.0.0.1", ["http://127.0.0.1"]],
    ["a domain of all", "org", ["https://example.org"]],
    ["a URL", "https://app.example", ["https://app.example"]],
    ["large letters", "App.example", ["https://app.example"]],
    ["no origin", "app.example", []],
    ["an origin of elsewhere", "app.example", ["https://app.example", "https://evil.example"]],
    ["an origin that only ends like it", "app.example", ["https://notapp.example"]],
    ["an origin that is not encrypted", "app.example", ["http://app.example"]],
    ["a page", "app.example", ["https://app.example/in"]],
    ["a place above", "my.app.example", ["https://app.example"]],
  ])("take no passkeys for %s", async (_what, rpId, origins) => {
    expect(await codeOf(() => app.settle({ passkeys: { rpId, origins } }))).toBe("IDENTITY_INVALID_INPUT")
    expect(app.users.settings.read().passkeys).toBeNull()
  })

  test("take passkeys for a domain and what is below it, and this machine, and name the app", async () => {
    const place = { rpId: "app.example", origins: ["https://app.example", "https://my.app.example:8443"] }
    await app.settle({ passkeys: place, mail: { senderName: "Walls: the app" } })
    const asked = await app.users.factors.passkeyCreation({ ...ada, amr: ["mfa"], authTimeMs: install.clock.now() })
    expect(asked).toMatchObject({ rp: { id: "app.example", name: "Walls  the app" }, user: { name: email } })
    await app.settle({ passkeys: { rpId: "localhost", origins: ["http://localhost:4173"] } })
    expect((await app.users.factors.passkeyRequest()).rpId).toBe("localhost")
    for (const days of [-1, 91, 1.5])
      expect(await codeOf(() => app.settle({ rememberDeviceDays: days }))).toBe("IDENTITY_INVALID_INPUT")
  })
})
