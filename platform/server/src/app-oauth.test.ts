import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { google, oidc } from "@ashlar/oauth/client"
import { type FakePerson, fakeProvider } from "@ashlar/oauth/testing"
import type { ServerOptions } from "./server.ts"
import { appCode } from "./testing/authenticator.ts"
import { type Answer, type Role, raiseStage, type Stage } from "./testing/cast.ts"
import { openMailbox } from "./testing/mailbox.ts"

/** Users of an app who sign in by other providers, and what is tried with that. */

const P = "/v1/projects/walls"
const PAGE = "https://walls.example/in"
const password = "dressed stone, no mortar"
const SECRET = "the secret of the app at the provider"
const mailbox = openMailbox()
const ISSUER = "https://id.example.org"
const client = { clientId: "walls", clientSecret: SECRET }
const fakes = {
  google: fakeProvider(google(client)),
  staff: fakeProvider(oidc({ ...client, name: "staff", issuer: ISSUER })),
}
/** Nothing else is asked. */
const providerFetch: NonNullable<ServerOptions["providerFetch"]> = (url, request) =>
  (url.startsWith(ISSUER) ? fakes.staff : fakes.google).fetch(url, request)

let stage: Stage
let made = 0
beforeAll(async () => {
  stage = await raiseStage({ providerFetch, mail: mailbox.transport, mailFrom: "no-reply@ashlar.example" })
  await settle({ redirectUrls: [PAGE, "http://localhost:3000/in"] })
  await put("google", { kind: "google", ...client })
  await put("staff", { kind: "oidc", host: ISSUER, label: "Staff", ...client })
}, 60_000)
afterAll(() => stage.close())

const settle = (changes: object): Promise<Answer> => stage.call("owner", "PATCH", `${P}/auth/settings`, changes)
const put = (name: string, body: object): Promise<Answer> =>
  stage.call("owner", "PUT", `${P}/auth/settings/providers/${name}`, body)
const post = (path: string, body?: object, headers = {}, as: Role = "publishable"): Promise<Answer> =>
  stage.call(as, "POST", `${P}/auth/${path}`, body, headers)
const beside = (token: string): Record<string, string> => ({ "ashlar-user": `Bearer ${token}` })
const told = ({ status, body }: Answer): string => (status >= 400 ? `${status} ${body.code}` : String(status))
const newPerson = (facts: Partial<FakePerson> = {}): FakePerson => {
  const subject = String(++made)
  return { subject, email: `person${subject}@example.org`, emailVerified: true, name: `Person ${subject}`, ...facts }
}
const refused = (answer: Answer): string => `${told(answer)} ${answer.body.details?.reason}`

interface Begun {
  readonly url: string
  readonly transaction: string
}
async function begin(provider: keyof typeof fakes = "google", body = {}, headers = {}): Promise<Begun> {
  return (await post("authorize", { provider, ...body }, headers)).body
}
/** The browser at the provider, and back at the platform. */
async function visit({ url }: Begun, person: FakePerson, provider: keyof typeof fakes = "google"): Promise<Answer> {
  const { parameters } = await fakes[provider].signIn(url, person)
  return await back(provider, parameters)
}
const back = (provider: string, parameters: URLSearchParams): Promise<Answer> =>
  stage.call("anonymous", "GET", `${P}/auth/sign-in/${provider}/callback?${parameters}`)
const ticketOf = ({ headers }: Answer): string =>
  new URL(headers.get("location") ?? PAGE).searchParams.get("ticket") ?? ""
async function signIn(person: FakePerson, provider: keyof typeof fakes = "google"): Promise<Answer> {
  const begun = await begin(provider)
  return await post("callback", {
    ticket: ticketOf(await visit(begun, person, provider)),
    transaction: begun.transaction,
  })
}

describe("signing in by a provider", () => {
  test("makes an account, finds it again, and leads over pages that the app names", async () => {
    const person = newPerson()
    const begun = await begin()
    const { host, searchParams } = new URL(begun.url)
    expect([host, searchParams.get("code_challenge_method")]).toEqual(["accounts.google.com", "S256"])
    const led = await visit(begun, person)
    const location = led.headers.get("location") ?? ""
    expect([led.status, led.headers.get("referrer-policy"), location.startsWith(`${PAGE}?ticket=`)]).toEqual([
      ...[303, "no-referrer", true],
    ])
    expect(location).not.toContain("code=")
    const shown = { ticket: ticketOf(led), transaction: begun.transaction }
    const first = await post("callback", shown)
    expect(first.body.user).toMatchObject({ email: person.email, emailVerified: true, name: person.name })
    expect(told(await post("callback", shown))).toBe("400 OAUTH_STATE_INVALID")
    // The provider's pair of issuer and subject is the person, whatever their address is by now.
    const again = await signIn({ ...person, email: "moved@example.org" })
    expect(again.body.user).toMatchObject({ id: first.body.user.id, email: person.email })
    const me = await stage.call("publishable", "GET", `${P}/auth/me`, undefined, beside(again.body.accessToken))
    expect(told(me)).toBe("200")
  })

  test("is once for one answer, however many show it at once", async () => {
    const begun = await begin("staff")
    const shown = { ticket: ticketOf(await visit(begun, newPerson(), "staff")), transaction: begun.transaction }
    const said = await Promise.all(Array.from({ length: 6 }, () => post("callback", shown)))
    expect(said.map(told).toSorted()).toEqual(["200", ...Array(5).fill("400 OAUTH_STATE_INVALID")])
  })

  test("signs nobody in by what another browser began", async () => {
    const [attacker, victim] = [await begin(), await begin()]
    const ticket = ticketOf(await visit(attacker, newPerson()))
    expect(told(await post("callback", { ticket, transaction: victim.transaction }))).toBe("400 OAUTH_STATE_INVALID")
    for (const transaction of ["x", `${victim.transaction.slice(0, -2)}AA`]) {
      const own = ticketOf(await visit(await begin(), newPerson()))
      expect(told(await post("callback", { ticket: own, transaction }))).toBe("400 OAUTH_STATE_INVALID")
    }
  })

  test("leads nowhere with an answer that nobody began, or of another provider, or twice", async () => {
    const begun = await begin()
    const { parameters } = await fakes.google.signIn(begun.url, newPerson())
    expect(told(await back("staff", parameters))).toBe("400 OAUTH_STATE_INVALID")
    for (const query of ["", "code=x", "code=x&state=y", `state=${"A".repeat(43)}&code=x`, "error=access_denied"])
      expect(told(await back("google", new URLSearchParams(query)))).toBe("400 OAUTH_STATE_INVALID")
    const other = await begin()
    const answer = (await fakes.google.signIn(other.url, newPerson())).parameters
    expect([told(await back("google", answer)), told(await back("google", answer))]).toEqual([
      ...["303", "400 OAUTH_STATE_INVALID"],
    ])
    const foreign = await stage.call("anonymous", "GET", `/v1/projects/other/auth/sign-in/google/callback?${answer}`)
    expect(told(foreign)).toBe("400 OAUTH_STATE_INVALID")
  })

  test("tells that the person said no", async () => {
    const begun = await begin()
    const ticket = ticketOf(await back("google", fakes.google.deny(begun.url).parameters))
    expect(told(await post("callback", { ticket, transaction: begun.transaction }))).toBe("403 OAUTH_SIGN_IN_DENIED")
  })

  test.each(["https://evil.example/in", "https://walls.example/in?x", "https://walls.example/in/../x", "javascript:1"])(
    "does not lead to %s",
    async (redirectTo) =>
      expect(told(await post("authorize", { provider: "google", redirectTo }))).toBe("422 IDENTITY_REDIRECT_REFUSED"),
  )
})

describe("an account with the same address", () => {
  test("is linked only where both sides have verified it", async () => {
    for (const [accountVerified, providerVerified, outcome] of [
      [true, true, "200 undefined"],
      [true, false, "409 IDENTITY_LINK_REFUSED unverified-identity"],
      [false, true, "409 IDENTITY_LINK_REFUSED unverified-account"],
      [false, false, "409 IDENTITY_LINK_REFUSED unverified-identity"],
    ] as const) {
      const person = newPerson({ emailVerified: providerVerified })
      const wish = { email: person.email, password, emailVerified: accountVerified }
      const { id } = (await stage.call("owner", "POST", `${P}/auth/users`, wish)).body
      const answer = await signIn(person)
      expect(refused(answer)).toBe(outcome)
      if (answer.status === 200) expect(answer.body.user.id).toBe(id)
    }
  })

  test("of a stranger's making does not stay the stranger's", async () => {
    const person = newPerson()
    // Somebody makes an account of the address at a provider that verifies none, and the owner comes by mail.
    await signIn({ ...person, subject: "stranger", emailVerified: false }, "staff")
    await post("link/send", { email: person.email })
    const { token } = await mailbox.next(person.email ?? "")
    const owner = (await post("link", { token })).body
    const stranger = await signIn({ ...person, subject: "stranger", emailVerified: false }, "staff")
    expect(refused(stranger)).toBe("409 IDENTITY_LINK_REFUSED unverified-identity")
    const verified = await signIn(person)
    expect(verified.body.user.id).toBe(owner.user.id)
  })

  test("is connected by who is signed in to it, and to nobody else", async () => {
    const join = async (): Promise<{ id: string; token: string }> => {
      const { user, session } = (await post("signup", { email: `joined${++made}@example.org`, password })).body
      return { id: user.id, token: session.accessToken }
    }
    const [ana, eve] = [await join(), await join()]
    const person = newPerson()
    const begun = await begin("google", { connect: true }, beside(ana.token))
    const shown = { ticket: ticketOf(await visit(begun, person)), transaction: begun.transaction }
    expect(told(await post("callback", shown, beside(eve.token)))).toBe("400 OAUTH_STATE_INVALID")
    const second = await begin("google", { connect: true }, beside(ana.token))
    const good = { ticket: ticketOf(await visit(second, person)), transaction: second.transaction }
    expect((await post("callback", good, beside(ana.token))).body.user.id).toBe(ana.id)
    expect((await signIn(person)).body.user.id).toBe(ana.id)
    const third = await begin("google", { connect: true }, beside(eve.token))
    const taken = { ticket: ticketOf(await visit(third, person)), transaction: third.transaction }
    expect(refused(await post("callback", taken, beside(eve.token)))).toBe("409 IDENTITY_LINK_REFUSED linked-elsewhere")
    expect(told(await post("authorize", { provider: "google", connect: true }))).toBe("422 IDENTITY_INVALID_INPUT")
  })

  test("is not let in when it is disabled, or new while sign-ups are closed, or without an address", async () => {
    const person = newPerson()
    const { user } = (await signIn(person)).body
    await stage.call("owner", "PATCH", `${P}/auth/users/${user.id}`, { disabled: true })
    expect(told(await signIn(person))).toBe("403 IDENTITY_ACCOUNT_DISABLED")
    await settle({ signups: "closed" })
    expect(told(await signIn(newPerson()))).toBe("403 IDENTITY_SIGNUPS_CLOSED")
    await settle({ signups: "open" })
    const { subject, emailVerified, name } = newPerson()
    expect(refused(await signIn({ subject, emailVerified: emailVerified ?? false, name: name ?? "" }))).toBe(
      "409 IDENTITY_LINK_REFUSED no-email",
    )
  })
})

test("somebody with a second factor shows it as well, and is linked only then", async () => {
  await settle({ mfa: "optional" })
  const person = newPerson()
  const joined = (await post("signup", { email: person.email, password })).body
  await stage.call("owner", "PATCH", `${P}/auth/users/${joined.user.id}`, { emailVerified: true })
  const token = beside(joined.session.accessToken)
  const { factorId, secret } = (await post("mfa/enroll", undefined, token)).body
  const added = await post("mfa/verify", { factorId, code: appCode(secret, Date.now()) }, token)
  const asked = await signIn(person)
  expect(asked.body).toMatchObject({
    code: "IDENTITY_SECOND_FACTOR_NEEDED",
    details: { factors: ["totp", "recovery"] },
  })
  // The provider's word alone has changed nothing: who has the same pair and another address is not the user yet.
  expect((await signIn({ ...person, email: "elsewhere@example.org" })).body.user.id).not.toBe(joined.user.id)
  const other = newPerson({ email: person.email ?? "" })
  const { ticket } = (await signIn(other)).body.details
  const done = await post("signin/factor", { ticket, recoveryCode: added.body.recoveryCodes[0] })
  expect(done.body.user.id).toBe(joined.user.id)
  const again = await signIn({ ...other, email: "moved@example.org" })
  expect(told(again)).toBe("401 IDENTITY_SECOND_FACTOR_NEEDED")
  await settle({ mfa: "off" })
})

describe("a provider", () => {
  const list = async (): Promise<Answer> => await stage.call("owner", "GET", `${P}/auth/settings/providers`)

  test("is offered while it is enabled, and its secret is told to nobody", async () => {
    await put("spare", { kind: "github", enabled: false, ...client })
    const offered = await stage.call("publishable", "GET", `${P}/auth/providers`)
    expect(offered.body.items).toEqual([
      { name: "google", label: "Google", kind: "google" },
      { name: "staff", label: "Staff", kind: "oidc" },
    ])
    expect(told(await post("authorize", { provider: "spare" }))).toBe("404 OAUTH_PROVIDER_UNKNOWN")
    const { items } = (await list()).body
    expect(items.map(({ name, clientId }: { name: string; clientId: string }) => [name, clientId])).toEqual([
      ...[
        ["google", "walls"],
        ["spare", "walls"],
        ["staff", "walls"],
      ],
    ])
    expect(items[0].callbackUrl).toMatch(
      /^http:\/\/localhost:\d+\/v1\/projects\/[\w-]+\/auth\/sign-in\/google\/callback$/,
    )
    const audit = (await stage.call("owner", "GET", `${P}/audit`)).body
    const said = JSON.stringify([items, offered.body, audit, stage.log])
    expect([said.includes(SECRET), JSON.stringify(audit).includes('"clientSecret":true')]).toEqual([false, true])
    expect((await stage.call("owner", "DELETE", `${P}/auth/settings/providers/spare`)).status).toBe(204)
  })

  test("keeps its secret while it is the same, and gives it to no other place", async () => {
    const { clientSecret: _, ...open } = client
    expect(told(await put("staff", { kind: "oidc", host: ISSUER, label: "Our staff", ...open }))).toBe("200")
    expect((await signIn(newPerson(), "staff")).status).toBe(200)
    for (const body of [
      { kind: "oidc", host: "https://evil.example", ...open },
      { kind: "keycloak", host: ISSUER, tenant: "staff", ...open },
      { kind: "oidc", host: ISSUER, clientId: "another" },
    ]) {
      const answer = await put("staff", body)
      expect([told(answer), answer.body.details.field]).toEqual(["422 IDENTITY_INVALID_INPUT", "clientSecret"])
    }
  })

  test.each([
    ["Bad_Name", { kind: "google" }],
    ["email", { kind: "google" }],
    ["a", { kind: "oidc" }],
    ["a", { kind: "oidc", host: "http://id.example.org" }],
    ["a", { kind: "oidc", host: "https://user:pass@id.example.org" }],
    ["a", { kind: "keycloak", host: ISSUER }],
    ["a", { kind: "keycloak", host: ISSUER, tenant: "../x" }],
    ["a", { kind: "okta", host: "evil.example/path" }],
    ["a", { kind: "microsoft", tenant: "x/../y" }],
  ])("is refused as %s with %j", async (name, body) => {
    expect(told(await put(name, { ...client, ...body }))).toBe("422 IDENTITY_INVALID_INPUT")
  })
})

test("an issuer inside the platform's own network is not asked", async () => {
  const here = await raiseStage()
  await here.call("owner", "PATCH", `${P}/auth/settings`, { redirectUrls: [PAGE] })
  for (const host of ["https://127.0.0.1:8443", "https://169.254.169.254", "https://[::1]", "http://localhost:8080"]) {
    await here.call("owner", "PUT", `${P}/auth/settings/providers/inside`, { kind: "oidc", host, ...client })
    const answer = await here.call("publishable", "POST", `${P}/auth/authorize`, { provider: "inside" })
    expect([host, told(answer)]).toEqual([host, "502 OAUTH_PROVIDER_FAILED"])
  }
  await here.close()
})
