import { afterAll, beforeAll, describe, expect } from "bun:test"
import { google, oidc } from "@ashlar/oauth/client"
import { type FakePerson, type FakeProvider, fakeProvider } from "@ashlar/oauth/testing"
import type { ServerOptions } from "../server.ts"
import { type Answer, raiseStage, type Stage } from "./cast.ts"
import { type Mailbox, openMailbox } from "./mailbox.ts"

/** An install whose people come in over their mailboxes and over other providers. */

export const password = "a phrase for the tests"
export const SECRET = "the secret of the install at the provider"
const ISSUER = "https://id.example.org"
const client = { clientId: "ashlar", clientSecret: SECRET }
export const fakes: Readonly<Record<"google" | "staff", FakeProvider>> = {
  google: fakeProvider(google(client)),
  staff: fakeProvider(oidc({ ...client, name: "staff", issuer: ISSUER })),
}
const providerFetch: NonNullable<ServerOptions["providerFetch"]> = (url, request) =>
  (url.startsWith(ISSUER) ? fakes.staff : fakes.google).fetch(url, request)
export const mailbox: Mailbox = openMailbox()

let raised: Stage | undefined
let made = 0
/** The install of the tests that run. */
export function stage(): Stage {
  return raised!
}
/** Tests on an install of their own: what one address tries is counted. */
export function describePeople(name: string, tests: () => void): void {
  describe(name, () => {
    beforeAll(async () => {
      process.env.PEOPLE_WAYS_TEST = JSON.stringify([
        { name: "google", kind: "google", ...client },
        { name: "staff", kind: "oidc", label: "Staff", host: ISSUER, ...client, signUpDomains: ["Staff.Example"] },
      ])
      const mail = { mail: mailbox.transport, mailFrom: "no-reply@example.com" }
      raised = await raiseStage({ ...mail, providerFetch, providers: "env:PEOPLE_WAYS_TEST", signups: "open" })
    }, 60_000)
    afterAll(() => stage().close())
    tests()
  })
}

export const post = (path: string, body: object, headers: Record<string, string> = {}): Promise<Answer> =>
  stage().call("anonymous", "POST", `/v1/auth/${path}`, body, headers)
export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })
export const told = ({ status, body }: Answer): string => (status >= 400 ? `${status} ${body.code}` : String(status))
export const cookiesOf = ({ headers }: Answer): string =>
  headers
    .getSetCookie()
    .map((line) => line.slice(0, line.indexOf(";")))
    .filter((pair) => !pair.endsWith("="))
    .join("; ")

export interface Somebody {
  readonly id: string
  readonly email: string
  readonly token: string
}
/** Somebody who has signed up with an address, and confirmed it or not. */
export async function person(isVerified: boolean): Promise<Somebody> {
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
export async function trailOf({ token }: Somebody): Promise<[string, unknown][]> {
  const { body } = await stage().call("anonymous", "GET", "/v1/orgs/personal/audit", undefined, bearer(token))
  return body.items.map(({ action, details }: { action: string; details: unknown }) => [action, details])
}

export const newPerson = (facts: Partial<FakePerson> = {}): FakePerson => {
  const subject = `s${++made}`
  return { subject, email: `${subject}@example.org`, emailVerified: true, name: `Person ${subject}`, ...facts }
}
export interface Begun {
  readonly url: string
  readonly transaction: string
}
export const begin = async (provider: keyof typeof fakes, body = {}, headers = {}): Promise<Begun> =>
  (await post("authorize", { provider, ...body }, headers)).body
/** The browser at the provider, and back. @returns the ticket that it is led on with */
export async function visit({ url }: Begun, who: FakePerson, provider: keyof typeof fakes): Promise<string> {
  const { parameters } = await fakes[provider].signIn(url, who)
  const led = await stage().call("anonymous", "GET", `/v1/auth/sign-in/${provider}/callback?${parameters}`)
  expect(led.status).toBe(303)
  const page = new URL(led.headers.get("location") ?? "")
  expect([page.pathname, page.searchParams.has("code")]).toEqual(["/sign-in/provider", false])
  return page.searchParams.get("ticket") ?? ""
}
export async function enter(provider: keyof typeof fakes, who: FakePerson): Promise<Answer> {
  const begun = await begin(provider)
  return await post("callback", { ticket: await visit(begun, who, provider), transaction: begun.transaction })
}
export const reason = (answer: Answer): string => `${told(answer)} ${answer.body.details?.reason}`
