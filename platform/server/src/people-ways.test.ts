import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { google, oidc } from "@ashlar/oauth/client"
import { type FakePerson, fakeProvider } from "@ashlar/oauth/testing"
import { readPeopleProviders } from "./people-providers.ts"
import type { ServerOptions } from "./server.ts"
import { addApp } from "./testing/authenticator.ts"
import { type Answer, raiseStage, type Stage } from "./testing/cast.ts"
import { openMailbox } from "./testing/mailbox.ts"

/** People who come in over their mailboxes and over other providers, and what is tried with that. */

const password = "a phrase for the tests"
const SECRET = "the secret of the install at the provider"
const ISSUER = "https://id.example.org"
const client = { clientId: "ashlar", clientSecret: SECRET }
const fakes = {
  google: fakeProvider(google(client)),
  staff: fakeProvider(oidc({ ...client, name: "staff", issuer: ISSUER })),
}
const providerFetch: NonNullable<ServerOptions["providerFetch"]> = (url, request) =>
  (url.startsWith(ISSUER) ? fakes.staff : fakes.google).fetch(url, request)
const mailbox = openMailbox()

let stage: Stage
let made = 0
/** Each on an install of its own: what one address tries is counted. */
function describeOn(name: string, tests: () => void): void {
  describe(name, () => {
    beforeAll(async () => {
      process.env.PEOPLE_WAYS_TEST = JSON.stringify([
        { name: "google", kind: "google", ...client },
        { name: "staff", kind: "oidc", label: "Staff", host: ISSUER, ...client, signUpDomains: ["Staff.Example"] },
      ])
      const mail = { mail: mailbox.transport, mailFrom: "no-reply@example.com" }
      stage = await raiseStage({ ...mail, providerFetch, providers: "env:PEOPLE_WAYS_TEST", signups: "open" })
    }, 60_000)
    afterAll(() => stage.close())
    tests()
  })
}

const post = (path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> =>
  stage.call("anonymous", "POST", `/v1/auth/${path}`, body, headers)
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })
const told = ({ status, body }: Answer): string => (status >= 400 ? `${status} ${body.code}` : String(status))
const cookiesOf = ({ headers }: Answer): string =>
  headers
    .getSetCookie()
    .map((line) => line.slice(0, line.indexOf(";")))
    .filter((pair) => !pair.endsWith("="))
    .join("; ")

interface Somebody {
  readonly id: string
  readonly email: string
  readonly token: string
}
/** Somebody who has signed up with an address, and confirmed it or not. */
async function person(isVerified: boolean): Promise<Somebody> {
  const email = `person-${++made}@example.org`
  const { body } = await post("signup", { name: `Person ${made}`, email, password })
  const { accessToken: token } = body
  if (isVerified) {
    await post("email/verify/send", {}, bearer(token))
    const { token: link } = await mailbox.next(email)
    expect((await post("email/verify", { token: link }, bearer(token))).body.emailVerified).toBe(true)
  }
  return { id: body.user.id, email, token }
}
async function trailOf({ token }: Somebody): Promise<[string, unknown][]> {
  const { body } = await stage.call("anonymous", "GET", "/v1/orgs/personal/audit", undefined, bearer(token))
  return body.items.map(({ action, details }: { action: string; details: unknown }) => [action, details])
}

describeOn("signing in by mail", () => {
  test("by the link or by the code, each once, and never by both", async () => {
    const who = await person(true)
    const { body: asked } = await post("mail/send", { email: ` ${who.email.toUpperCase()} ` })
    const { token, code, message } = await mailbox.next(who.email)
    expect(message.text).toContain("/sign-in/mail?token=")
    const said = await Promise.all(Array.from({ length: 6 }, () => post("mail", { token })))
    expect(said.map(told).toSorted()).toEqual(["200", ...Array(5).fill("400 AUTH_PROOF_INVALID")])
    expect(told(await post("mail", { handle: asked.handle, code }))).toBe("400 AUTH_PROOF_INVALID")
    const { body: again } = await post("mail/send", { email: who.email })
    const other = await mailbox.next(who.email)
    const session = await post("mail", { handle: again.handle, code: other.code })
    expect(session.body.user).toMatchObject({ id: who.id, emailVerified: true })
    const me = await stage.call("anonymous", "GET", "/v1/auth/me", undefined, bearer(session.body.accessToken))
    expect(told(me)).toBe("200")
  })

  test("tells nobody whether an address has an account, but its mailbox", async () => {
    const [known, unconfirmed] = [await person(true), await person(false)]
    const answers = await Promise.all(
      [known.email, unconfirmed.email, "nobody@example.org"].map((email) => post("mail/send", { email })),
    )
    for (const { status, body } of answers) expect([status, Object.keys(body)]).toEqual([202, ["handle"]])
    expect(new Set(answers.map(({ body }) => body.handle.length))).toEqual(new Set([22]))
    expect((await mailbox.next(known.email)).code).toMatch(/^\d{8}$/)
    const word = await mailbox.next(unconfirmed.email)
    expect([word.code, word.token]).toEqual(["", ""])
    expect(await mailbox.count("nobody@example.org")).toBe(0)
  })

  test("is good in the browser that asked, where that was named, and in no other one", async () => {
    const who = await person(true)
    const asked = await post("mail/send", { email: who.email, cookie: true })
    const line = asked.headers.getSetCookie().join("\n")
    expect(line).toMatch(/^ashlar_browser=[\w-]{43}; Path=\/v1\/auth; HttpOnly; SameSite=Strict/)
    const { token, code } = await mailbox.next(who.email)
    const shown = { handle: asked.body.handle, code }
    expect(told(await post("mail", { token }))).toBe("400 AUTH_PROOF_INVALID")
    expect(told(await post("mail", shown, { cookie: `ashlar_browser=${"A".repeat(43)}` }))).toBe(
      "400 AUTH_PROOF_INVALID",
    )
    expect(told(await post("mail", { token }, { cookie: cookiesOf(asked) }))).toBe("200")
  })

  test("asks for the second factor where there is one, and says how it was begun", async () => {
    const who = await person(true)
    const { code } = await addApp(stage, who.token)
    await post("mail/send", { email: who.email })
    const { token } = await mailbox.next(who.email)
    const first = await post("mail", { token })
    expect(told(first)).toBe("401 IDENTITY_SECOND_FACTOR_NEEDED")
    const second = await post("signin/factor", { ticket: first.body.details.ticket, code: code(1) })
    expect(told(second)).toBe("200")
    const { amr } = await stage.server.platform.identity.authenticate(second.body.accessToken)
    expect([amr.includes("email"), amr.includes("mfa"), amr.includes("pwd")]).toEqual([true, true, false])
  })

  test("is over when a new password is set meanwhile", async () => {
    const who = await person(true)
    await post("mail/send", { email: who.email })
    const { token } = await mailbox.next(who.email)
    expect(told(await post("password", { password: "another phrase for it" }, bearer(who.token)))).toBe("204")
    expect(told(await post("mail", { token }))).toBe("400 AUTH_PROOF_INVALID")
    expect((await mailbox.next(who.email)).message.subject).toContain("Your password was changed")
  })

  test("fills nobody's mailbox", async () => {
    const who = await person(true)
    const said: string[] = []
    for (let n = 0; n < 6; n++) said.push(told(await post("mail/send", { email: who.email })))
    expect([said[0], said.at(-1)]).toEqual(["202", "429 IDENTITY_TOO_MANY_ATTEMPTS"])
  })
})

describeOn("an address", () => {
  test("is confirmed by whoever is signed in to the account, and by nobody else", async () => {
    const [who, other] = [await person(false), await person(false)]
    await post("email/verify/send", {}, bearer(who.token))
    const { token } = await mailbox.next(who.email)
    expect(told(await post("email/verify", { token }, bearer(other.token)))).toBe("400 AUTH_PROOF_INVALID")
    expect(told(await post("email/verify", { token }, bearer(who.token)))).toBe("400 AUTH_PROOF_INVALID")
    const { body } = await stage.call("anonymous", "GET", "/v1/auth/me", undefined, bearer(who.token))
    expect(body.emailVerified).toBe(false)
  })

  test("is changed by what is sent to the new one, and the old one is told", async () => {
    const who = await person(true)
    const to = `moved-${made}@example.org`
    const { body: asked } = await post("email/send", { email: to }, bearer(who.token))
    const { code } = await mailbox.next(to)
    expect((await mailbox.next(who.email)).message.subject).toContain("about to change")
    const changed = await post("email", { handle: asked.handle, code }, bearer(who.token))
    expect(changed.body).toMatchObject({ id: who.id, email: to, emailVerified: true })
    expect(told(await post("signin", { email: who.email, password }))).toBe("401 IDENTITY_WRONG_CREDENTIALS")
    expect(told(await post("signin", { email: to, password }))).toBe("200")
    expect((await trailOf(who))[0]).toEqual(["account.email", { from: who.email, to }])
  })

  test("of somebody else is given to nobody: they alone are told", async () => {
    const [who, owner] = [await person(true), await person(true)]
    const asked = await post("email/send", { email: owner.email }, bearer(who.token))
    expect([asked.status, Object.keys(asked.body)]).toEqual([202, ["handle"]])
    const word = await mailbox.next(owner.email)
    expect([word.message.subject.includes("have an account already"), word.code]).toEqual([true, ""])
  })

  test("that another one took meanwhile is not taken from them", async () => {
    const who = await person(true)
    const to = `raced-${made}@example.org`
    await post("email/send", { email: to }, bearer(who.token))
    const { token } = await mailbox.next(to)
    await post("signup", { name: "Faster", email: to, password })
    expect(told(await post("email", { token }, bearer(who.token)))).toBe("400 AUTH_PROOF_INVALID")
  })
})

const newPerson = (facts: Partial<FakePerson> = {}): FakePerson => {
  const subject = `s${++made}`
  return { subject, email: `${subject}@example.org`, emailVerified: true, name: `Person ${subject}`, ...facts }
}
interface Begun {
  readonly url: string
  readonly transaction: string
}
const begin = async (provider: keyof typeof fakes, body = {}, headers = {}): Promise<Begun> =>
  (await post("authorize", { provider, ...body }, headers)).body
/** The browser at the provider, and back. @returns the ticket that it is led on with */
async function visit({ url }: Begun, who: FakePerson, provider: keyof typeof fakes): Promise<string> {
  const { parameters } = await fakes[provider].signIn(url, who)
  const led = await stage.call("anonymous", "GET", `/v1/auth/sign-in/${provider}/callback?${parameters}`)
  expect(led.status).toBe(303)
  const page = new URL(led.headers.get("location") ?? "")
  expect([page.pathname, page.searchParams.has("code")]).toEqual(["/sign-in/provider", false])
  return page.searchParams.get("ticket") ?? ""
}
async function enter(provider: keyof typeof fakes, who: FakePerson): Promise<Answer> {
  const begun = await begin(provider)
  return await post("callback", { ticket: await visit(begun, who, provider), transaction: begun.transaction })
}
const reason = (answer: Answer): string => `${told(answer)} ${answer.body.details?.reason}`

describeOn("signing in by a provider", () => {
  test("is offered by name, and links where both sides have confirmed the address", async () => {
    const { body: ways } = await stage.call("anonymous", "GET", "/v1/auth/ways")
    expect(ways).toEqual({
      mail: true,
      providers: [
        { name: "google", label: "Google", kind: "google" },
        { name: "staff", label: "Staff", kind: "oidc" },
      ],
    })
    const who = await person(true)
    const there = newPerson({ email: who.email })
    expect((await enter("google", there)).body.session.user.id).toBe(who.id)
    // From then on the pair of issuer and subject is the person, whatever their address is.
    expect((await enter("google", { ...there, email: "moved@example.org" })).body.session.user.id).toBe(who.id)
    expect((await trailOf(who))[0]).toEqual([
      "account.identity.link",
      { provider: "google", issuer: "https://accounts.google.com", subject: there.subject },
    ])
  })

  test("links no address that either side has not confirmed", async () => {
    const [confirmed, unconfirmed] = [await person(true), await person(false)]
    const there = newPerson({ email: confirmed.email, emailVerified: false })
    expect(reason(await enter("google", there))).toBe("409 IDENTITY_LINK_REFUSED unverified-identity")
    const here = newPerson({ email: unconfirmed.email })
    expect(reason(await enter("google", here))).toBe("409 IDENTITY_LINK_REFUSED unverified-account")
  })

  test("makes no account, but of confirmed addresses of a domain that the operator named", async () => {
    const closed = "403 IDENTITY_SIGNUPS_CLOSED"
    expect(told(await enter("google", newPerson({ email: "new@staff.example" })))).toBe(closed)
    for (const [email, emailVerified] of [
      ["new@example.org", true],
      ["new@sub.staff.example", true],
      ["new@evilstaff.example", true],
      ["new@staff.example", false],
    ] as const)
      expect([email, told(await enter("staff", newPerson({ email, emailVerified })))]).toEqual([email, closed])
    const there = newPerson({ email: "new@staff.example" })
    const { session } = (await enter("staff", there)).body
    expect(session.user).toMatchObject({ email: "new@staff.example", emailVerified: true, administrator: false })
    expect((await enter("staff", there)).body.session.user.id).toBe(session.user.id)
    const orgs = await stage.call("anonymous", "GET", "/v1/orgs", undefined, bearer(session.accessToken))
    expect(orgs.body.items).toHaveLength(1)
  })

  test("asks for the second factor where there is one", async () => {
    const who = await person(true)
    const { code } = await addApp(stage, who.token)
    const first = await enter("google", newPerson({ email: who.email }))
    expect(told(first)).toBe("401 IDENTITY_SECOND_FACTOR_NEEDED")
    const identities = async () =>
      (await stage.call("anonymous", "GET", "/v1/auth/identities", undefined, bearer(who.token))).body.items.length
    // The address alone links nothing before the factor is shown.
    expect(await identities()).toBe(0)
    expect(told(await post("signin/factor", { ticket: first.body.details.ticket, code: code(1) }))).toBe("200")
    expect(await identities()).toBe(1)
  })
})

describeOn("what is tried with a provider", () => {
  test("signs nobody in by what another browser began, at another provider, or twice", async () => {
    const [attacker, victim] = [await begin("google"), await begin("google")]
    const ticket = await visit(attacker, newPerson(), "google")
    const other = { ticket, transaction: victim.transaction }
    expect(told(await post("callback", other))).toBe("400 OAUTH_STATE_INVALID")
    const begun = await begin("google")
    const { parameters } = await fakes.google.signIn(begun.url, newPerson())
    const mixed = await stage.call("anonymous", "GET", `/v1/auth/sign-in/staff/callback?${parameters}`)
    expect(told(mixed)).toBe("400 OAUTH_STATE_INVALID")
    const who = await person(true)
    const once = await begin("google")
    const shown = {
      ticket: await visit(once, newPerson({ email: who.email }), "google"),
      transaction: once.transaction,
    }
    const said = await Promise.all(Array.from({ length: 4 }, () => post("callback", shown)))
    expect(said.map(told).toSorted()).toEqual(["200", ...Array(3).fill("400 OAUTH_STATE_INVALID")])
  })

  test("tells no secret of the install at a provider, and logs none", async () => {
    const { body } = await stage.call("owner", "GET", "/v1/auth/ways")
    expect(JSON.stringify(body) + JSON.stringify(stage.log)).not.toContain(SECRET)
  })

  test("keeps what the browser needs in a cookie, where it is one", async () => {
    const who = await person(true)
    const begun = await post("authorize", { provider: "google", cookie: true })
    expect(begun.body.transaction).toBeNull()
    const ticket = await visit(begun.body, newPerson({ email: who.email }), "google")
    const done = await post("callback", { ticket, cookie: true }, { cookie: cookiesOf(begun) })
    expect([done.status, done.body.session.refreshToken]).toEqual([200, null])
    expect(done.headers.getSetCookie().some((line) => line.startsWith("ashlar_refresh=rt_"))).toBe(true)
  })

  test("is connected by who is signed in, whatever their addresses are, and disconnected by them", async () => {
    const [who, other] = [await person(false), await person(false)]
    const there = newPerson()
    const begun = await begin("google", { connect: true }, bearer(who.token))
    const shown = { ticket: await visit(begun, there, "google"), transaction: begun.transaction }
    // What one began no other one finishes.
    expect(told(await post("callback", shown, bearer(other.token)))).toBe("400 OAUTH_STATE_INVALID")
    const again = await begin("google", { connect: true }, bearer(who.token))
    const ticket = await visit(again, there, "google")
    const done = await post("callback", { ticket, transaction: again.transaction }, bearer(who.token))
    expect([done.status, done.body]).toEqual([200, { session: null }])
    expect((await enter("google", there)).body.session.user.id).toBe(who.id)
    const third = await begin("google", { connect: true }, bearer(other.token))
    const taken = { ticket: await visit(third, there, "google"), transaction: third.transaction }
    expect(reason(await post("callback", taken, bearer(other.token)))).toBe(
      "409 IDENTITY_LINK_REFUSED linked-elsewhere",
    )
    const list = await stage.call("anonymous", "GET", "/v1/auth/identities", undefined, bearer(who.token))
    const [{ id }] = list.body.items
    const remove = (token: string) =>
      stage.call("anonymous", "DELETE", `/v1/auth/identities/${id}`, undefined, bearer(token))
    expect(told(await remove(other.token))).toBe("404 IDENTITY_IDENTITY_NOT_FOUND")
    expect(told(await remove(who.token))).toBe("204")
    expect(told(await enter("google", there))).toBe("403 IDENTITY_SIGNUPS_CLOSED")
    expect((await trailOf(who)).slice(0, 2).map(([action]) => action)).toEqual([
      ...["account.identity.unlink", "account.identity.link"],
    ])
  })
})

describeOn("a browser that is remembered", () => {
  const signIn = (email: string, cookie = ""): Promise<Answer> =>
    post("signin", { email, password, cookie: true }, cookie === "" ? {} : { cookie })
  async function remembered(who: Somebody, code: string): Promise<string> {
    const { body } = await signIn(who.email)
    const proof = { ticket: body.details.ticket, code, remember: true, cookie: true }
    const done = await post("signin/factor", proof, { "user-agent": "Mozilla/5.0 Firefox/140" })
    expect(done.headers.getSetCookie().join("\n")).toMatch(
      /ashlar_device=[^;]+; Path=\/v1\/auth; HttpOnly; SameSite=Strict; Max-Age=2591\d\d\d/,
    )
    return /ashlar_device=[^;]+/.exec(done.headers.getSetCookie().join("\n"))?.[0] ?? ""
  }

  test("asks its own person for no second factor, until they forget it", async () => {
    const [who, other] = [await person(false), await person(false)]
    const { code } = await addApp(stage, who.token)
    await addApp(stage, other.token)
    const cookie = await remembered(who, code(1))
    const again = await signIn(who.email, cookie)
    expect(told(again)).toBe("200")
    expect(told(await signIn(other.email, cookie))).toBe("401 IDENTITY_SECOND_FACTOR_NEEDED")
    // It is no factor: what asks for a step-up asks.
    const renewed = await post("mfa/recovery-codes", {}, bearer(again.body.accessToken))
    expect(told(renewed)).toBe("401 AUTH_STEP_UP_REQUIRED")
    const at = "/v1/auth/mfa/devices"
    const { body } = await stage.call("anonymous", "GET", at, undefined, bearer(who.token))
    expect(body.items).toMatchObject([{ label: "Firefox" }])
    const forget = (token: string) =>
      stage.call("anonymous", "DELETE", `${at}/${body.items[0].id}`, undefined, bearer(token))
    expect(told(await forget(other.token))).toBe("404 AUTH_FACTOR_UNKNOWN")
    expect(told(await forget(who.token))).toBe("204")
    expect(told(await signIn(who.email, cookie))).toBe("401 IDENTITY_SECOND_FACTOR_NEEDED")
    expect((await trailOf(who)).slice(0, 2).map(([action]) => action)).toEqual([
      ...["account.device.forget", "account.device.remember"],
    ])
  })

  test("is forgotten with the password", async () => {
    const who = await person(false)
    const { code } = await addApp(stage, who.token)
    const cookie = await remembered(who, code(1))
    const next = "another phrase for it"
    expect(told(await post("password", { password: next }, bearer(who.token)))).toBe("204")
    const said = await post("signin", { email: who.email, password: next, cookie: true }, { cookie })
    expect(told(said)).toBe("401 IDENTITY_SECOND_FACTOR_NEEDED")
  })
})

describe("what names providers", () => {
  const good = [{ name: "google", kind: "google", ...client }]
  const codeOf = (call: () => unknown): string => {
    try {
      call()
      return "none"
    } catch (error) {
      const { code = "", message } = error as { code?: string; message: string }
      expect(message).not.toContain(SECRET)
      return code
    }
  }

  test("is a file that its owner alone may read, or a variable", () => {
    const folder = mkdtempSync(join(tmpdir(), "ashlar-providers-"))
    const path = join(folder, "providers.json")
    writeFileSync(path, JSON.stringify(good), { mode: 0o600 })
    expect(readPeopleProviders(`file:${path}`)).toEqual(good)
    chmodSync(path, 0o644)
    expect(codeOf(() => readPeopleProviders(`file:${path}`))).toBe("SERVER_PROVIDERS_INVALID")
    expect(readPeopleProviders("env:P", { P: JSON.stringify(good) })).toEqual(good)
    rmSync(folder, { recursive: true })
  })

  test.each([
    ["no place", "providers.json", undefined],
    ["no file", "file:/nowhere/providers.json", undefined],
    ["no variable", "env:NONE", undefined],
    ["no JSON", "env:P", `[{ "clientSecret": "${SECRET}" `],
    ["no list", "env:P", JSON.stringify(good[0])],
    ["no secret", "env:P", JSON.stringify([{ name: "google", kind: "google", clientId: "x" }])],
  ])("is refused when it is %s, without a word of what is in it", (_, url, P) => {
    expect(codeOf(() => readPeopleProviders(url, { P }))).toBe("SERVER_PROVIDERS_INVALID")
  })
})
