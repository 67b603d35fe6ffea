import { describe, expect, test } from "bun:test"
import { generateKeyPairSync } from "node:crypto"
import { decodeProtectedHeader, jwtVerify } from "jose"
import { OAuthOptionInvalid } from "../../errors.ts"
import { APP, clientWorld } from "../../testing/client-world.ts"
import type { FakePerson } from "../../testing/fake-provider.ts"
import {
  apple,
  auth0,
  discord,
  type ExternalIdentity,
  facebook,
  github,
  gitlab,
  google,
  keycloak,
  linkedin,
  microsoft,
  oidc,
  okta,
  type Provider,
  type ProviderSettings,
  providerFrom,
  providerKinds,
  x,
} from "../index.ts"

/** Every provider signs somebody in, through a fake that demands and answers what the real one does. */

const TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
const keys = generateKeyPairSync("ec", { namedCurve: "P-256" })
const privateKey = keys.privateKey.export({ type: "pkcs8", format: "pem" }) as string
const app = { clientId: "app-id", clientSecret: "app secret: with %+/ odd ones" }
const ana: FakePerson = {
  subject: "1001",
  email: "ana@example.com",
  emailVerified: true,
  name: "Ana Example",
  picture: "https://pictures.example/ana.png",
}
const found = { email: "ana@example.com", emailVerified: true, name: "Ana Example", picture: ana.picture }

interface Row {
  readonly provider: Provider
  readonly person?: FakePerson
  readonly expected: Partial<ExternalIdentity>
  readonly page: string
}
const rows: readonly Row[] = [
  {
    provider: google(app),
    expected: { ...found, issuer: "https://accounts.google.com" },
    page: "https://accounts.google.com/o/oauth2/v2/auth",
  },
  {
    provider: github(app),
    expected: { ...found, issuer: "https://github.com/login/oauth" },
    page: "https://github.com/login/oauth/authorize",
  },
  {
    provider: github({ ...app, host: "git.example.com", name: "works" }),
    expected: { ...found, issuer: "https://git.example.com/login/oauth" },
    page: "https://git.example.com/login/oauth/authorize",
  },
  {
    provider: microsoft(app),
    person: { ...ana, claims: { tid: TENANT, xms_edov: true } },
    expected: { ...found, issuer: `https://login.microsoftonline.com/${TENANT}/v2.0` },
    page: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
  },
  {
    provider: apple({ clientId: "com.example.web", teamId: "TEAM123456", keyId: "KEY1234567", privateKey }),
    expected: { ...found, picture: ana.picture, issuer: "https://appleid.apple.com" },
    page: "https://appleid.apple.com/auth/authorize",
  },
  {
    provider: gitlab(app),
    expected: { ...found, issuer: "https://gitlab.com" },
    page: "https://gitlab.com/authorize",
  },
  {
    provider: discord(app),
    person: { ...ana, subject: "80351110224678912" },
    expected: {
      ...found,
      subject: "80351110224678912",
      picture: "https://cdn.discordapp.com/avatars/80351110224678912/8342729096ea3675442027381ff50dfe.png",
      issuer: "https://discord.com",
    },
    page: "https://discord.com/oauth2/authorize",
  },
  {
    provider: facebook(app),
    expected: { ...found, emailVerified: false, issuer: "https://www.facebook.com" },
    page: "https://www.facebook.com/v24.0/dialog/oauth",
  },
  {
    provider: auth0({ ...app, domain: "example.eu.auth0.com" }),
    expected: { ...found, issuer: "https://example.eu.auth0.com/" },
    page: "https://example.eu.auth0.com/authorize",
  },
  {
    provider: okta({ ...app, domain: "example.okta.com", authorizationServer: "default" }),
    expected: { ...found, issuer: "https://example.okta.com/oauth2/default" },
    page: "https://example.okta.com/oauth2/default/authorize",
  },
  {
    provider: keycloak({ ...app, url: "https://id.example.com/", realm: "staff" }),
    expected: { ...found, issuer: "https://id.example.com/realms/staff" },
    page: "https://id.example.com/realms/staff/authorize",
  },
  {
    provider: linkedin(app),
    expected: { ...found, issuer: "https://www.linkedin.com/oauth" },
    page: "https://www.linkedin.com/oauth/v2/authorization",
  },
  {
    provider: x({ ...app, scopes: ["users.read", "tweet.read", "users.email"] }),
    expected: { ...found, issuer: "https://x.com" },
    page: "https://x.com/i/oauth2/authorize",
  },
  {
    provider: x({ clientId: "public", name: "x-public" }),
    expected: { ...found, email: undefined, emailVerified: false, issuer: "https://x.com" },
    page: "https://x.com/i/oauth2/authorize",
  },
  {
    provider: oidc({ name: "staff", issuer: "https://sso.example.com", ...app }),
    expected: { ...found, issuer: "https://sso.example.com" },
    page: "https://sso.example.com/authorize",
  },
]

describe.each(rows.map((row) => [row.provider.name, row] as const))("%s", (name, row) => {
  const { provider, person = ana } = row
  test("signs somebody in, and says who it is", async () => {
    const world = clientWorld(provider)
    const asked = await world.start()
    expect(`${asked.origin}${asked.pathname}`).toBe(row.page)
    const done = await world.back(await world.fake.signIn(asked, person))
    expect([done.url, done.text]).toEqual(["https://app.example/home", "home"])
    const { identity, tokens, next, connect } = world.signedIn[0]!
    expect({ ...identity, raw: {} }).toEqual({
      provider: name,
      subject: ana.subject,
      ...row.expected,
      raw: {},
    } as never)
    expect(Object.keys(identity.raw).length).toBeGreaterThan(2)
    expect([next, connect]).toEqual(["/home", undefined])
    expect(tokens.expiresAtMs).toBe(world.clock.now() + 3_600_000)
    expect(tokens.scopes).toEqual([...provider.scopes])
    // Nothing of the sign-in is left in the browser.
    expect([...world.browser.cookies.keys()]).toEqual([])
  })
  test("asks with state, PKCE and nonce, as far as the provider knows them", async () => {
    const world = clientWorld(provider)
    const { searchParams } = await world.start()
    if (!searchParams.has("request_uri")) {
      expect(searchParams.get("redirect_uri")).toBe(`${APP}/sign-in/${name}/callback`)
      expect(searchParams.get("state")).toMatch(/^[\w-]{43}$/)
      expect(searchParams.get("code_challenge_method")).toBe(name === "linkedin" ? null : "S256")
      expect(searchParams.has("nonce")).toBe(provider.isOpenId && name !== "linkedin")
    }
    const again = await world.start()
    expect(again.search).not.toBe(searchParams.toString())
  })
  test("believes no address that is not verified", async () => {
    const world = clientWorld(provider)
    const unverified: FakePerson = { ...person, emailVerified: false, claims: { ...person.claims, xms_edov: false } }
    await world.back(await world.fake.signIn(await world.start(), unverified))
    const isX = provider.label === "X" && provider.scopes.includes("users.email")
    expect(world.signedIn[0]!.identity.emailVerified).toBe(isX) // X gives none that is not confirmed
  })
  test("refreshes, and takes tokens back", async () => {
    const world = clientWorld(provider)
    await world.back(await world.fake.signIn(await world.start(), person))
    const { tokens } = world.signedIn[0]!
    const fresh = await world.client.refresh(name, tokens)
    expect(fresh.accessToken).not.toBe(tokens.accessToken)
    await expect(world.client.refresh(name, tokens)).rejects.toMatchObject({ code: "OAUTH_GRANT_ENDED" })
    const revoked = await world.client.revoke(name, fresh)
    expect(revoked).toBe(world.fake.revoked.size === 1)
    expect(revoked).toBe(!["microsoft", "linkedin"].includes(name))
  })
})

describe("Apple", () => {
  const provider = apple({ clientId: "com.example.web", teamId: "TEAM123456", keyId: "KEY1234567", privateKey })
  test("is shown a secret that is signed anew, and good for minutes", async () => {
    if (provider.authentication.method === "none") throw new TypeError("no secret")
    const nowMs = Date.UTC(2026, 10, 29)
    const secret = await provider.authentication.secret(nowMs)
    const { payload } = await jwtVerify(secret, keys.publicKey, { currentDate: new Date(nowMs) })
    expect(payload).toEqual({
      iss: "TEAM123456",
      sub: "com.example.web",
      aud: "https://appleid.apple.com",
      iat: nowMs / 1000,
      exp: nowMs / 1000 + 300,
    })
    expect(decodeProtectedHeader(secret)).toEqual({ alg: "ES256", kid: "KEY1234567" })
  })
  test.each([
    ["nothing", undefined, undefined],
    ["no JSON", "{", undefined],
    ["an address only", JSON.stringify({ email: "evil@example.com" }), undefined],
    ["other types", JSON.stringify({ name: { firstName: { a: 1 }, lastName: 7 } }), undefined],
    ["null", "null", undefined],
    ["one name", JSON.stringify({ name: { firstName: "Ana" } }), "Ana"],
    ["marks that turn a line round", JSON.stringify({ name: { firstName: "A\u202Ena", lastName: "B" } }), "A na B"],
  ])("is given a name by %s of the form, and no address", async (_what, user, name) => {
    const world = clientWorld(provider)
    const answer = await world.fake.signIn(await world.start(), ana)
    if (user === undefined) answer.parameters.delete("user")
    else answer.parameters.set("user", user)
    await world.back(answer)
    // The fake's ID token holds a name, which Apple's never does.
    expect(world.signedIn[0]!.identity).toMatchObject({ email: "ana@example.com" })
    expect(world.signedIn[0]!.identity.name).toBe(name as never)
  })
  test("may write email_verified as a text", async () => {
    const world = clientWorld(provider, { claims: (claims) => ({ ...claims, email_verified: "true" }) })
    await world.back(await world.fake.signIn(await world.start(), ana))
    expect(world.signedIn[0]!.identity.emailVerified).toBe(true)
  })
})

describe("Microsoft", () => {
  const consumers = "9188040d-6c67-4c5b-b112-36a304b66dad"
  test.each<[string, Parameters<typeof microsoft>[0], string | undefined, boolean]>([
    ["any tenant of common", app, TENANT, true],
    ["no personal account of organizations", { ...app, tenant: "organizations" }, consumers, false],
    ["a personal account of consumers", { ...app, tenant: "consumers" }, consumers, true],
    ["no company of consumers", { ...app, tenant: "consumers" }, TENANT, false],
    ["its own tenant", { ...app, tenant: TENANT }, TENANT, true],
    ["no other tenant", { ...app, tenant: TENANT }, consumers, false],
    ["a tenant of the list", { ...app, allowedTenants: [TENANT] }, TENANT, true],
    ["none that is not in it", { ...app, allowedTenants: [consumers] }, TENANT, false],
    ["no token without a tenant", app, undefined, false],
  ])("lets in %s", async (_what, options, tid, comesIn) => {
    const provider = microsoft({ ...options, name: "microsoft" })
    const world = clientWorld(provider)
    await world.back(await world.fake.signIn(await world.start(), { ...ana, claims: { tid } }))
    expect(world.signedIn.length).toBe(comesIn ? 1 : 0)
  })
  test.each([
    ["of the tenant", `https://login.microsoftonline.com/${TENANT}/v2.0`, true],
    ["of another tenant", `https://login.microsoftonline.com/${consumers}/v2.0`, false],
    ["of elsewhere", `https://evil.example/${TENANT}/v2.0`, false],
    ["of all tenants", "https://login.microsoftonline.com/common/v2.0", false],
  ])("takes an answer whose iss is %s: %s", async (_what, iss, comesIn) => {
    const world = clientWorld(microsoft(app))
    const answer = await world.fake.signIn(await world.start(), { ...ana, claims: { tid: TENANT } })
    await world.browser.open(`${answer.url}&${new URLSearchParams({ iss })}`)
    expect(world.signedIn.length).toBe(comesIn ? 1 : 0)
    if (iss.includes("evil")) expect(world.fake.asked).toEqual([])
  })
  test("refuses a token whose issuer is not that of its tenant", async () => {
    const world = clientWorld(microsoft(app), { claims: (claims) => ({ ...claims, tid: consumers }) })
    await world.back(await world.fake.signIn(await world.start(), { ...ana, claims: { tid: TENANT } }))
    expect(world.signedIn).toEqual([])
  })
})

test("Google lets in its Workspace domain only, whatever the page was asked for", async () => {
  for (const [hd, comesIn] of [
    ["example.com", true],
    ["evil.example", false],
    [undefined, false],
  ] as const) {
    const world = clientWorld(google({ ...app, hostedDomain: "example.com" }))
    const page = await world.start()
    expect(page.searchParams.get("hd")).toBe("example.com")
    const done = await world.back(await world.fake.signIn(page, { ...ana, claims: { hd } }))
    expect([world.signedIn.length, done.status]).toEqual(comesIn ? [1, 200] : [0, 403])
  }
})

test("GitHub's address is the primary one, and no other counts", async () => {
  for (const emails of [[], [{ email: "a@b.example", primary: false, verified: true }], [null], "nonsense", {}]) {
    const world = clientWorld(github(app), {
      answer: (_endpoint, answer, request) => (request.url.endsWith("/emails") ? Response.json(emails) : answer),
    })
    await world.back(await world.fake.signIn(await world.start(), ana))
    expect(world.signedIn[0]!.identity).toMatchObject({ email: undefined, emailVerified: false })
  }
})

test.each<[string, () => unknown]>([
  ["no client id", () => google({ ...app, clientId: "" })],
  ["a client id that is not set", () => google({ ...app, clientId: undefined as never })],
  ["no secret", () => github({ ...app, clientSecret: "" })],
  ["a secret that is not set", () => discord({ ...app, clientSecret: undefined as never })],
  ["a name that is a path", () => google({ ...app, name: "../x" })],
  ["a name that sign-in by e-mail has", () => google({ ...app, name: "email" })],
  ["a scope with a space", () => google({ ...app, scopes: ["openid email"] })],
  ["a tenant that is a path", () => microsoft({ ...app, tenant: "../evil" })],
  ["a version that is a path", () => facebook({ ...app, version: "v1.0/../" as never })],
  ["a key that is none", () => apple({ clientId: "a", teamId: "T", keyId: "K", privateKey: "x" })],
  ["no team", () => apple({ clientId: "a", teamId: "", keyId: "K", privateKey })],
  ["a domain with a path", () => okta({ ...app, domain: "example.okta.com/evil" })],
  ["a domain with a user", () => auth0({ ...app, domain: "https://a@evil.example" })],
  [
    "an authorization server that is a path",
    () => okta({ ...app, domain: "example.okta.com", authorizationServer: ".." }),
  ],
  ["a realm that is a path", () => keycloak({ ...app, url: "https://id.example.com", realm: "a/b" })],
  ["an issuer that is http", () => oidc({ ...app, name: "a", issuer: "http://id.example.com" })],
  ["an issuer that is no URL", () => oidc({ ...app, name: "a", issuer: "id" })],
  ["no openid", () => oidc({ ...app, name: "a", issuer: "https://id.example.com", scopes: ["email"] })],
])("%s is refused at once", (_what, make) => {
  expect(make).toThrow(OAuthOptionInvalid)
})

describe("A provider of settings", () => {
  const url = "https://id.example.com"
  const rows: readonly [ProviderSettings, Provider][] = [
    [{ ...app, kind: "google" }, google(app)],
    [{ ...app, kind: "google", name: "works" }, google({ ...app, name: "works" })],
    [{ ...app, kind: "github" }, github(app)],
    [{ ...app, kind: "github", host: "git.example.com" }, github({ ...app, host: "git.example.com" })],
    [{ ...app, kind: "microsoft" }, microsoft(app)],
    [{ ...app, kind: "microsoft", tenant: TENANT }, microsoft({ ...app, tenant: TENANT })],
    [{ ...app, kind: "gitlab" }, gitlab(app)],
    [{ ...app, kind: "gitlab", host: "git.example.com" }, gitlab({ ...app, host: "git.example.com" })],
    [{ ...app, kind: "discord" }, discord(app)],
    [{ ...app, kind: "facebook" }, facebook(app)],
    [{ ...app, kind: "linkedin" }, linkedin(app)],
    [{ ...app, kind: "x", scopes: ["users.read"] }, x({ ...app, scopes: ["users.read"] })],
    [{ ...app, kind: "auth0", host: "a.auth0.com" }, auth0({ ...app, domain: "a.auth0.com" })],
    [{ ...app, kind: "okta", host: "a.okta.com" }, okta({ ...app, domain: "a.okta.com" })],
    [
      { ...app, kind: "okta", host: "a.okta.com", tenant: "default" },
      okta({ ...app, domain: "a.okta.com", authorizationServer: "default" }),
    ],
    [{ ...app, kind: "keycloak", host: url, tenant: "staff" }, keycloak({ ...app, url, realm: "staff" })],
    [
      { ...app, kind: "oidc", name: "staff", label: "Staff", host: url },
      oidc({ ...app, name: "staff", label: "Staff", issuer: url }),
    ],
  ]
  const asText = (provider: Provider) => JSON.stringify(provider)

  test.each(rows)("is the same as that of the code: %j", (settings, provider) => {
    expect(asText(providerFrom(settings))).toBe(asText(provider))
  })
  test("is there for every kind", () => {
    expect(new Set(rows.map(([{ kind }]) => kind))).toEqual(new Set(providerKinds))
  })
  test.each<[Partial<ProviderSettings>, string | undefined]>([
    [{ kind: "myspace" }, "kind"],
    [{ kind: "constructor" }, "kind"],
    [{ kind: "auth0" }, "host"],
    [{ kind: "okta" }, "host"],
    [{ kind: "oidc" }, "host"],
    [{ kind: "keycloak", tenant: "staff" }, "host"],
    [{ kind: "keycloak", host: url }, "tenant"],
    [{ kind: "gitlab", host: "git.example.com/evil" }, undefined],
    [{ kind: "google", name: "email" }, undefined],
  ])("is refused where a setting is missing or wrong: %j", (settings, field) => {
    const refused = () => providerFrom({ kind: "", ...app, ...settings })
    expect(refused).toThrow(OAuthOptionInvalid)
    expect(refused).toThrow(expect.objectContaining({ details: field === undefined ? undefined : { field } }) as never)
  })
})
