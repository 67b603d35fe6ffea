import { describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { manualClock } from "@ashlar/core"
import { decodeJwt, decodeProtectedHeader } from "jose"
import {
  API,
  allow,
  authorizePath,
  basic,
  CALLBACK,
  ISSUER,
  pkce,
  type TestServer,
  testServer,
  tokensOf,
  WEB,
} from "../src/testing/test-server.ts"

/** What the standards require, by their sections. */

const DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
const ACCESS = "urn:ietf:params:oauth:token-type:access_token"
const server = (): TestServer =>
  testServer({
    clock: manualClock(),
    clients: [
      { ...WEB, grants: [...WEB.grants!, EXCHANGE, DEVICE] },
      { id: "app", redirectUris: ["http://127.0.0.1/cb"] },
    ],
    keys: { algorithms: ["RS256", "ES256"] },
    dpop: { nonces: false },
  })
const { challenge } = pkce()
const get = async (test: TestServer, path: string, headers = {}): Promise<Response> =>
  await test.send(new Request(`${ISSUER}${path}`, { headers }))
const json = async (test: TestServer, path: string): Promise<Record<string, unknown>> =>
  (await (await get(test, path)).json()) as Record<string, unknown>
const credentials = { grant_type: "client_credentials" }
const ask = async (test: TestServer, form: Record<string, string>) => await test.post("/oauth/token", form, basic())
const answerOf = async (test: TestServer, parameters: Record<string, string | undefined> = {}) =>
  await allow(test, authorizePath(challenge, parameters))

type Rule = readonly [section: string, rule: string, holds: (test: TestServer) => Promise<void>]
const RULES: readonly Rule[] = [
  [
    "RFC 6749, 3.1",
    "a parameter without a value is as one that is left out",
    async (test) => {
      expect((await answerOf(test, { nonce: "", prompt: "", max_age: "" })).get("code")).toBeString()
    },
  ],
  [
    "RFC 6749, 3.1",
    "a parameter that is not known is left alone",
    async (test) => {
      expect((await answerOf(test, { something: "else" })).get("code")).toBeString()
      expect((await ask(test, { ...credentials, something: "else" })).status).toBe(200)
    },
  ],
  [
    "RFC 6749, 3.1.2.4",
    "no redirect to an address that is not registered",
    async (test) => {
      const page = await test.browser.open(authorizePath(challenge, { redirect_uri: "https://evil.example/" }))
      expect(page.leftTo).toBeUndefined()
    },
  ],
  [
    "RFC 6749, 3.2",
    "the token endpoint takes POST only",
    async (test) => {
      expect((await get(test, "/oauth/token")).status).toBe(405)
    },
  ],
  [
    "RFC 6749, 3.3",
    "the answer says which scopes were granted",
    async (test) => {
      expect((await ask(test, { ...credentials, scope: "books:read unknown" })).body.scope).toBe("books:read")
    },
  ],
  [
    "RFC 6749, 4.1.2",
    "the state comes back as it was",
    async (test) => {
      expect((await answerOf(test, { state: " a+b/%20&=" })).get("state")).toBe(" a+b/%20&=")
    },
  ],
  [
    "RFC 6749, 5.1",
    "tokens are not kept by caches",
    async (test) => {
      expect((await ask(test, credentials)).headers.get("cache-control")).toBe("no-store")
    },
  ],
  [
    "RFC 6749, 5.2",
    "a client that is wrong in its header is told by 401 and a challenge",
    async (test) => {
      const { status, headers, body } = await test.post("/oauth/token", credentials, {
        authorization: `Basic ${btoa("shop:wrong-secret")}`,
      })
      expect([status, body.error, headers.get("www-authenticate")?.split(" ")[0]]).toEqual([
        401,
        "invalid_client",
        "Basic",
      ])
    },
  ],
  [
    "RFC 6749, 5.2",
    "what is wrong is told in characters that may be there",
    async (test) => {
      const { body } = await ask(test, { grant_type: 'x"\\' })
      expect(body.error_description).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/)
    },
  ],
  [
    "RFC 6749, 10.12",
    "an answer without a state has none",
    async (test) => {
      expect((await answerOf(test, { state: undefined })).has("state")).toBe(false)
    },
  ],
  [
    "RFC 6750, 2.3",
    "a token in a URL is not looked at",
    async (test) => {
      const { body } = await tokensOf(test)
      expect((await get(test, `/oauth/userinfo?access_token=${body.access_token}`)).status).toBe(401)
    },
  ],
  [
    "RFC 6750, 3",
    "who has no token is told how, and nothing else",
    async (test) => {
      expect((await get(test, "/oauth/userinfo")).headers.get("www-authenticate")).toBe("Bearer")
    },
  ],
  [
    "RFC 6750, 3.1",
    "a scope that is missing is 403",
    async (test) => {
      const { body } = await ask(test, credentials)
      const answer = await get(test, "/oauth/userinfo", { authorization: `Bearer ${body.access_token}` })
      expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([
        403,
        'Bearer error="insufficient_scope", scope="openid"',
      ])
    },
  ],
  [
    "RFC 7009, 2.2",
    "a token that never was is revoked with success",
    async (test) => {
      expect((await test.post("/oauth/revoke", { token: "x", token_type_hint: "nothing" }, basic())).status).toBe(200)
    },
  ],
  [
    "RFC 7517, 5",
    "the keys are a set, each with its name and use",
    async (test) => {
      const { keys } = (await json(test, "/oauth/jwks")) as { keys: Record<string, string>[] }
      for (const key of keys) expect([typeof key.kid, typeof key.alg, key.use]).toEqual(["string", "string", "sig"])
    },
  ],
  [
    "RFC 7636, 4.4.1",
    "a request without a challenge is refused at the client",
    async (test) => {
      expect((await answerOf(test, { code_challenge: undefined })).get("error")).toBe("invalid_request")
    },
  ],
  [
    "RFC 7662, 2.2",
    "a token that is not good is not active, and no more is said",
    async (test) => {
      expect(
        (await test.post("/oauth/introspect", { token: "x", token_type_hint: "refresh_token" }, basic())).body,
      ).toEqual({ active: false })
    },
  ],
  [
    "RFC 8252, 7.3",
    "a native app may use any port of this machine",
    async (test) => {
      expect(
        (await answerOf(test, { client_id: "app", redirect_uri: "http://127.0.0.1:61023/cb" })).get("code"),
      ).toBeString()
    },
  ],
  [
    "RFC 8414, 3.3",
    "the issuer is the one that was asked",
    async (test) => {
      expect((await json(test, "/.well-known/oauth-authorization-server")).issuer).toBe(ISSUER)
    },
  ],
  [
    "RFC 8628, 3.2",
    "a device gets its codes, where to type, and how often to ask",
    async (test) => {
      const { body } = await test.post("/oauth/device_authorization", {}, basic())
      expect(Object.keys(body).toSorted()).toEqual([
        "device_code",
        "expires_in",
        "interval",
        "user_code",
        "verification_uri",
        "verification_uri_complete",
      ])
    },
  ],
  [
    "RFC 8693, 2.2.1",
    "an exchange says what it gave",
    async (test) => {
      const { body } = await ask(test, { ...credentials, scope: "books:read" })
      const changed = await ask(test, {
        grant_type: EXCHANGE,
        subject_token: body.access_token as string,
        subject_token_type: ACCESS,
      })
      expect(changed.body).toMatchObject({ issued_token_type: ACCESS, token_type: "Bearer" })
    },
  ],
  [
    "RFC 8707, 2",
    "a token is for the resource that was asked for",
    async (test) => {
      const { body } = await ask(test, { ...credentials, resource: API })
      expect(decodeJwt(body.access_token as string).aud).toBe(API)
    },
  ],
  [
    "RFC 8707, 2",
    "a resource with a fragment is none",
    async (test) => {
      expect((await ask(test, { ...credentials, resource: `${API}#x` })).body.error).toBe("invalid_target")
    },
  ],
  [
    "RFC 9068, 2",
    "an access token says its type, and all that it must",
    async (test) => {
      const token = (await ask(test, credentials)).body.access_token as string
      expect(decodeProtectedHeader(token).typ).toBe("at+jwt")
      expect(decodeJwt(token)).toMatchObject({
        iss: ISSUER,
        sub: "shop",
        client_id: "shop",
        exp: expect.any(Number),
        iat: expect.any(Number),
        jti: expect.any(String),
        aud: ISSUER,
      })
    },
  ],
  [
    "RFC 9126, 2.2",
    "a pushed request is made, with its URI and its end",
    async (test) => {
      const form = Object.fromEntries(new URLSearchParams(authorizePath(challenge).split("?")[1]))
      const { status, body } = await test.post("/oauth/par", form, basic())
      expect([
        status,
        String(body.request_uri).startsWith("urn:ietf:params:oauth:request_uri:"),
        body.expires_in,
      ]).toEqual([201, true, 60])
    },
  ],
  [
    "RFC 9207, 2",
    "every answer says who gives it, refusals too",
    async (test) => {
      expect((await answerOf(test)).get("iss")).toBe(ISSUER)
      expect((await answerOf(test, { response_type: "token" })).get("iss")).toBe(ISSUER)
    },
  ],
  [
    "RFC 9700, 4.12",
    "after a form the browser is sent on by 303, which sends no form along",
    async (test) => {
      const page = await test.browser.open(authorizePath(challenge, { prompt: "none" }))
      expect(page.status).toBe(303)
    },
  ],
  [
    "OpenID Connect Core, 3.1.2.1",
    "openid among the scopes gives an ID token, and only then",
    async (test) => {
      expect((await tokensOf(test, { scope: "openid" })).body.id_token).toBeString()
      expect((await tokensOf(test, { scope: "books:read" })).body.id_token).toBeUndefined()
    },
  ],
  [
    "OpenID Connect Core, 3.1.3.6",
    "an ID token holds the hash of its access token",
    async (test) => {
      const { body } = await tokensOf(test)
      const half = createHash("sha256")
        .update(body.access_token as string)
        .digest()
        .subarray(0, 16)
        .toString("base64url")
      expect(decodeJwt(body.id_token as string).at_hash).toBe(half)
    },
  ],
  [
    "OpenID Connect Core, 5.3.1",
    "userinfo takes POST as well",
    async (test) => {
      const { body } = await tokensOf(test, { scope: "openid email" })
      const answer = await test.post("/oauth/userinfo", {}, { authorization: `Bearer ${body.access_token}` })
      expect(answer.body).toEqual({ sub: "person-1", email: "ana@example.com", email_verified: true })
    },
  ],
  [
    "OpenID Connect Core, 5.3.2",
    "userinfo and ID token are of the same person",
    async (test) => {
      const { body } = await tokensOf(test)
      expect(decodeJwt(body.id_token as string).sub).toBe("person-1")
    },
  ],
  [
    "OpenID Connect Core, 12.2",
    "an ID token of a refresh keeps who, for whom, and when they signed in",
    async (test) => {
      const { body } = await tokensOf(test, { nonce: "n" })
      const fresh = await ask(test, { grant_type: "refresh_token", refresh_token: body.refresh_token as string })
      const [a, b] = [decodeJwt(body.id_token as string), decodeJwt(fresh.body.id_token as string)]
      expect([b.iss, b.sub, b.aud, b.auth_time]).toEqual([a.iss!, a.sub!, a.aud!, a.auth_time])
    },
  ],
  [
    "OpenID Connect Core, 15.1",
    "ID tokens are signed with RS256 unless a client says otherwise",
    async (test) => {
      expect(decodeProtectedHeader((await tokensOf(test)).body.id_token as string).alg).toBe("RS256")
    },
  ],
  [
    "OpenID Connect Discovery, 3",
    "every endpoint that is named is there",
    async (test) => {
      const said = await json(test, "/.well-known/openid-configuration")
      const named = Object.entries(said).filter(([name]) => name.endsWith("_endpoint") || name === "jwks_uri")
      expect(named.length).toBeGreaterThan(8)
      for (const [, url] of named) expect((await test.send(new Request(url as string))).status).not.toBe(404)
      expect(said).toMatchObject({
        response_types_supported: ["code"],
        subject_types_supported: ["public"],
        code_challenge_methods_supported: ["S256"],
      })
      expect(said.id_token_signing_alg_values_supported).toContain("RS256")
    },
  ],
  [
    "OAuth 2.1, 4.1.3",
    "a code may come without its address: the challenge binds it",
    async (test) => {
      const pair = pkce()
      const code = (await allow(test, authorizePath(pair.challenge))).get("code")!
      const form = { grant_type: "authorization_code", code, code_verifier: pair.verifier }
      expect((await ask(test, form)).status).toBe(200)
      expect((await ask(test, { ...form, redirect_uri: CALLBACK })).body.error).toBe("invalid_grant")
    },
  ],
]

describe("the standards", () => {
  test.each(RULES.map(([section, rule, holds]) => [section, rule, holds] as const))("%s: %s", async (_, __, holds) => {
    await holds(server())
  })
})
