import { describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from "jose"
import { basic, ISSUER, type TestServer, testServer, WEB } from "../../testing/test-server.ts"
import type { OAuthClient } from "./client.ts"
import { toKnownClient } from "./client.ts"

const FORM = { grant_type: "client_credentials" }
const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true })
const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256" }
const KEYED: OAuthClient = { id: "keyed", jwks: { keys: [jwk] }, grants: ["client_credentials"] }
const clients = [
  WEB,
  { ...WEB, id: "posted", authMethod: "client_secret_post" as const },
  { id: "app", redirectUris: ["http://127.0.0.1/"] },
  KEYED,
]

const encode = (text: string): Record<string, string> => ({
  authorization: `Basic ${Buffer.from(text).toString("base64")}`,
})
const secret = WEB.secret as string

describe("a client with a secret", () => {
  const rows: [
    what: string,
    form: Record<string, string>,
    headers: Record<string, string>,
    status: number,
    error: string | undefined,
  ][] = [
    ["in the header", {}, basic(), 200, undefined],
    ["in the header, with its id in the body too", { client_id: "shop" }, basic(), 200, undefined],
    ["in the body, where it is registered so", { client_id: "posted", client_secret: secret }, {}, 200, undefined],
    [
      "with a scheme in capitals",
      {},
      { authorization: basic().authorization!.replace("Basic", "BASIC") },
      200,
      undefined,
    ],
    ["a wrong one", {}, encode("shop:wrong-secret"), 401, "invalid_client"],
    ["one more letter", {}, encode(`shop:${secret}x`), 401, "invalid_client"],
    ["one letter less", {}, encode(`shop:${secret.slice(0, -1)}`), 401, "invalid_client"],
    ["none", {}, encode("shop:"), 401, "invalid_client"],
    ["none, and no colon", {}, encode("shop"), 401, "invalid_client"],
    ["a broken escape", {}, encode("shop:%zz"), 401, "invalid_client"],
    ["no base64", {}, { authorization: "Basic ???" }, 401, "invalid_client"],
    ["another scheme", {}, { authorization: "Bearer x" }, 401, "invalid_client"],
    ["of nobody", {}, encode("nobody:secret-secret"), 401, "invalid_client"],
    ["of a name that objects have", {}, encode("__proto__:secret-secret"), 401, "invalid_client"],
    [
      "in the body, where it is registered for the header",
      { client_id: "shop", client_secret: secret },
      {},
      401,
      "invalid_client",
    ],
    ["in the header, where it is registered for the body", {}, encode(`posted:${secret}`), 401, "invalid_client"],
    ["in both", { client_id: "shop", client_secret: secret }, basic(), 400, "invalid_request"],
    ["of another than the body says", { client_id: "posted" }, basic(), 400, "invalid_request"],
    ["left out", { client_id: "shop" }, {}, 401, "invalid_client"],
    ["that is a public client's", { client_id: "app", client_secret: "x" }, {}, 401, "invalid_client"],
    ["left out with the id", {}, {}, 401, "invalid_client"],
    ["a hash in place of it", {}, encode(`shop:${toKnownClient(WEB).secretHashes[0]}`), 401, "invalid_client"],
  ]
  test.each(rows)("%s", async (_, form, headers, status, error) => {
    const answer = await testServer({ clients }).post("/oauth/token", { ...FORM, ...form }, headers)
    expect([answer.status, answer.body.error]).toEqual([status, error])
    if (status === 401 && headers.authorization !== undefined)
      expect(answer.headers.get("www-authenticate")).toStartWith("Basic ")
  })
  test.each([
    "a+b/c==+100%+of-32-characters==",
    "%20%41-of-32-characters-and-more",
    "with space and : and ü of 32 chars",
  ])("%s works encoded, and as it is", async (odd) => {
    const test = testServer({ clients: [{ ...WEB, secret: odd }] })
    for (const text of [
      `shop:${odd}`,
      `shop:${new URLSearchParams({ s: odd }).toString().slice(2)}`,
      `shop:${encodeURIComponent(odd)}`,
    ])
      expect((await test.post("/oauth/token", FORM, encode(text))).status).toBe(200)
    expect((await test.post("/oauth/token", FORM, encode(`shop:${odd}x`))).status).toBe(401)
  })
  test("is told the same whether it is there or not", async () => {
    const test = testServer({ clients })
    const [a, b] = [
      await test.post("/oauth/token", FORM, encode("shop:wrong-secret")),
      await test.post("/oauth/token", FORM, encode("nobody:wrong-secret")),
    ]
    expect(a.body).toEqual(b.body)
  })
  test("takes two while it is changed", async () => {
    const test = testServer({ clients: [{ ...WEB, secret: ["the-new-secret-of-32-characters", secret] }] })
    for (const one of ["the-new-secret-of-32-characters", secret])
      expect((await test.post("/oauth/token", FORM, encode(`shop:${one}`))).status).toBe(200)
  })
  test("is found where the app keeps it", async () => {
    const test = testServer({
      clients: [],
      findClient: (id) => (id === "shop" ? WEB : id === "liar" ? WEB : undefined),
    })
    expect((await test.post("/oauth/token", FORM, basic())).status).toBe(200)
    expect((await test.post("/oauth/token", FORM, encode(`liar:${secret}`))).status).toBe(401)
  })
})

describe("a client with keys", () => {
  const clock = manualClock()
  const now = clock.now() / 1000
  const server = (): TestServer => testServer({ clients, clock })
  const payload = (more: JWTPayload = {}): JWTPayload => ({
    iss: "keyed",
    sub: "keyed",
    aud: ISSUER,
    exp: now + 60,
    jti: crypto.randomUUID(),
    ...more,
  })
  const sign = async (claims: JWTPayload, header = {}): Promise<string> =>
    await new SignJWT(claims).setProtectedHeader({ alg: "ES256", kid: "k1", ...header }).sign(privateKey)
  const ask = async (test: TestServer, assertion: string, more = {}) =>
    await test.post("/oauth/token", {
      ...FORM,
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
      ...more,
    })

  test.each([
    ["to the issuer", {}],
    ["to the endpoint", { aud: `${ISSUER}/oauth/token` }],
    ["to one in a list", { aud: [ISSUER] }],
  ])("signs who it is, %s", async (_, claims) => {
    const { status } = await ask(server(), await sign(payload(claims)))
    expect(status).toBe(200)
  })
  test("uses each assertion once, also at other endpoints and at once", async () => {
    const test = server()
    const assertion = await sign(payload())
    const all = await Promise.all(Array.from({ length: 8 }, () => ask(test, assertion)))
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
    const form = {
      token: "x",
      client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
      client_assertion: assertion,
    }
    expect((await test.post("/oauth/revoke", form)).status).toBe(401)
  })
  const rows: [string, JWTPayload][] = [
    ["to another server", { aud: "https://evil.example" }],
    ["to several", { aud: [ISSUER, "https://evil.example"] }],
    ["to nobody", { aud: undefined as unknown as string }],
    ["of another", { iss: "shop" }],
    ["about another", { sub: "shop" }],
    ["that is over", { exp: now - 31 }],
    ["without end", { exp: undefined as unknown as number }],
    ["for years", { exp: now + 4_000 }],
    ["from the future", { nbf: now + 60 }],
    ["without a name", { jti: undefined as unknown as string }],
    ["with a long name", { jti: "a".repeat(300) }],
  ]
  test.each(rows)("is refused with an assertion %s", async (_, claims) => {
    const { status, body } = await ask(server(), await sign(payload(claims)))
    expect([status, body.error]).toEqual([401, "invalid_client"])
  })
  test("is refused with what is signed in another way", async () => {
    const other = await generateKeyPair("ES256")
    const forged = await new SignJWT(payload()).setProtectedHeader({ alg: "ES256", kid: "k1" }).sign(other.privateKey)
    const embedded = await new SignJWT(payload())
      .setProtectedHeader({ alg: "ES256", jwk: await exportJWK(other.publicKey), jku: "https://evil.example/jwks" })
      .sign(other.privateKey)
    const none = new UnsecuredJWT(payload()).encode()
    // The public key as a shared secret: the old confusion of HS256 and RS256.
    const confused = await new SignJWT(payload())
      .setProtectedHeader({ alg: "HS256", kid: "k1" })
      .sign(new TextEncoder().encode(JSON.stringify(jwk)))
    const [head, body, signature] = (await sign(payload())).split(".")
    for (const assertion of [
      forged,
      embedded,
      none,
      confused,
      `${head}.${body}.`,
      `${head}.${body}.${signature}.x`,
      "x",
      "..",
      `${head}.e30.${signature}`,
    ])
      expect((await ask(server(), assertion)).status).toBe(401)
  })
  test("is refused with the id of another, another type, or a secret besides", async () => {
    const test = server()
    expect((await ask(test, await sign(payload()), { client_id: "shop" })).status).toBe(401)
    expect((await ask(test, await sign(payload()), { client_assertion_type: "urn:x" })).status).toBe(401)
    expect((await ask(test, await sign(payload()), { client_secret: "x" })).status).toBe(400)
    expect((await test.post("/oauth/token", { ...FORM, client_id: "keyed" })).status).toBe(401)
  })
})

describe("a client that is not safe is refused at once", () => {
  const { privateKey: _, ...web } = { ...WEB, privateKey: undefined }
  const rows: [string, Partial<OAuthClient>][] = [
    ["without an id", { id: "" }],
    ["with an id of other letters", { id: "shöp" }],
    ["with a name that hides itself", { name: "Bank\u202e" }],
    ["with a short secret", { secret: "short" }],
    ["with three secrets", { secret: ["a".repeat(32), "b".repeat(32), "c".repeat(32)] }],
    ["public, with a secret", { authMethod: "none" }],
    ["with a secret, without one", { secret: [], authMethod: "client_secret_basic" }],
    ["with a redirect URI of http", { redirectUris: ["http://shop.example/"] }],
    ["with a wildcard", { redirectUris: ["https://*.shop.example/"] }],
    ["without a redirect URI", { redirectUris: [] }],
    ["with a grant nobody knows", { grants: ["password" as "refresh_token"] }],
    ["with a scope that cannot be", { scopes: ["a b"] }],
    ["with a script after the logout", { postLogoutRedirectUris: ["javascript:alert(1)"] }],
  ]
  test.each(rows)("%s", (_, more) => {
    expect(() => testServer({ clients: [{ ...web, ...more }] })).toThrow(
      expect.objectContaining({ code: "OAUTH_OPTION_INVALID" }),
    )
  })
  test("with a private key, or as a public one with grants of its own", async () => {
    const keys = [await exportJWK(privateKey)]
    expect(() => testServer({ clients: [{ ...KEYED, jwks: { keys } }] })).toThrow()
    expect(() => testServer({ clients: [{ id: "app", grants: ["client_credentials"] }] })).toThrow()
  })
  test("and no message shows a secret", () => {
    try {
      testServer({ clients: [{ ...WEB, authMethod: "none" }] })
    } catch (error) {
      expect(String(error)).not.toContain(secret)
    }
  })
})
