import { describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { type ManualClock, manualClock } from "@ashlar/core"
import {
  calculateJwkThumbprint,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from "jose"
import {
  allow,
  authorizePath,
  basic,
  ISSUER,
  pkce,
  type TestServer,
  testServer,
  WEB,
} from "../../testing/test-server.ts"

const TOKEN = `${ISSUER}/oauth/token`
const USERINFO = `${ISSUER}/oauth/userinfo`
const pair = await generateKeyPair("ES256", { extractable: true })
const jwk = await exportJWK(pair.publicKey)
const other = await generateKeyPair("ES256", { extractable: true })

interface ProofOptions {
  readonly claims?: JWTPayload
  readonly header?: Readonly<Record<string, unknown>>
  readonly key?: typeof pair
}
function proofs(clock: ManualClock) {
  return async ({ claims = {}, header = {}, key = pair }: ProofOptions = {}): Promise<string> =>
    await new SignJWT({ jti: crypto.randomUUID(), htm: "POST", htu: TOKEN, iat: clock.now() / 1000, ...claims })
      .setProtectedHeader({
        alg: "ES256",
        typ: "dpop+jwt",
        jwk: key === pair ? jwk : await exportJWK(key.publicKey),
        ...header,
      })
      .sign(key.privateKey)
}
const FORM = { grant_type: "client_credentials" }
const ask = async (test: TestServer, dpop: string, form: Record<string, string> = FORM) =>
  await test.post("/oauth/token", form, { ...basic(), dpop })
const ath = (token: string): string => createHash("sha256").update(token).digest("base64url")

describe("a proof", () => {
  test("binds a token to its key", async () => {
    const clock = manualClock()
    const { body } = await ask(testServer({ clock, dpop: { nonces: false } }), await proofs(clock)())
    expect(body.token_type).toBe("DPoP")
    expect(decodeJwt(body.access_token as string).cnf).toEqual({ jkt: await calculateJwkThumbprint(jwk) })
  })
  const rows: [string, (make: ReturnType<typeof proofs>, clock: ManualClock) => Promise<string> | string][] = [
    ["for another method", (make) => make({ claims: { htm: "GET" } })],
    ["for another URL", (make) => make({ claims: { htu: `${ISSUER}/oauth/par` } })],
    ["for another server", (make) => make({ claims: { htu: "https://evil.example/oauth/token" } })],
    ["for no URL", (make) => make({ claims: { htu: "token" } })],
    ["that is old", (make, clock) => make({ claims: { iat: clock.now() / 1000 - 301 } })],
    ["from the future", (make, clock) => make({ claims: { iat: clock.now() / 1000 + 61 } })],
    ["without a time", (make) => make({ claims: { iat: undefined as unknown as number } })],
    ["without a name", (make) => make({ claims: { jti: undefined as unknown as string } })],
    ["with a long name", (make) => make({ claims: { jti: "a".repeat(300) } })],
    ["of another type", (make) => make({ header: { typ: "JWT" } })],
    ["without a key", (make) => make({ header: { jwk: undefined } })],
    ["with the key of another", async (make) => make({ header: { jwk: await exportJWK(other.publicKey) } })],
    ["with a private key", async (make) => make({ header: { jwk: await exportJWK(pair.privateKey) } })],
    ["with a shared key", (make) => make({ header: { jwk: { kty: "oct", k: "AAAA" } } })],
    ["that nobody signed", () => new UnsecuredJWT({ jti: "12345678", htm: "POST", htu: TOKEN }).encode()],
    [
      "signed by a shared secret",
      async (_, clock) =>
        await new SignJWT({ jti: "12345678", htm: "POST", htu: TOKEN, iat: clock.now() / 1000 })
          .setProtectedHeader({ alg: "HS256", typ: "dpop+jwt", jwk: JSON.parse('{"kty":"oct","k":"c2VjcmV0"}') })
          .sign(new TextEncoder().encode("secret")),
    ],
    ["that was cut", async (make) => (await make()).slice(0, -6)],
    ["twice in one header", async (make) => `${await make()}, ${await make()}`],
    ["that is no proof", () => "x"],
    ["of a megabyte", () => `${"a".repeat(10_000)}.b.c`],
  ]
  test.each(rows)("%s is refused", async (_, make) => {
    const clock = manualClock()
    const { status, body } = await ask(testServer({ clock, dpop: { nonces: false } }), await make(proofs(clock), clock))
    expect([status, body.error]).toEqual([400, "invalid_dpop_proof"])
  })
  test("is used once, of however many who use it at once", async () => {
    const clock = manualClock()
    const test = testServer({ clock, dpop: { nonces: false } })
    const proof = await proofs(clock)()
    const all = await Promise.all(Array.from({ length: 8 }, () => ask(test, proof)))
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
    clock.advance(299_000)
    expect((await ask(test, proof)).status).toBe(400)
  })
  test("names the URL however it is written, without its query", async () => {
    const clock = manualClock()
    const test = testServer({ clock, dpop: { nonces: false } })
    for (const htu of [`${TOKEN}?x=1#y`, TOKEN.replace("http", "HTTP"), "http://127.0.0.1:4444/oauth/../oauth/token"])
      expect((await ask(test, await proofs(clock)({ claims: { htu } }))).status).toBe(200)
  })
})

describe("a nonce", () => {
  test("is asked for, is good for its time, and is no other server's", async () => {
    const clock = manualClock()
    const test = testServer({ clock })
    const make = proofs(clock)
    const first = await ask(test, await make())
    expect([first.status, first.body.error]).toEqual([400, "use_dpop_nonce"])
    const nonce = first.headers.get("dpop-nonce")!
    const second = await ask(test, await make({ claims: { nonce } }))
    expect([second.status, typeof second.headers.get("dpop-nonce")]).toEqual([200, "string"])
    // The device's clock may be wrong: the nonce says when it was made.
    expect((await ask(test, await make({ claims: { nonce, iat: 1 } }))).status).toBe(200)
    expect((await ask(testServer({ clock }), await make({ claims: { nonce } }))).body.error).toBe("use_dpop_nonce")
    for (const bad of ["", "x", `${nonce}x`])
      expect((await ask(test, await make({ claims: { nonce: bad } }))).body.error).toBe("use_dpop_nonce")
    clock.advance(301_000)
    expect((await ask(test, await make({ claims: { nonce } }))).body.error).toBe("use_dpop_nonce")
  })
})

describe("what is bound to a key", () => {
  const setUp = async (client: "shop" | "app") => {
    const clock = manualClock()
    const test = testServer({ clock, dpop: { nonces: false } })
    const make = proofs(clock)
    const { verifier, challenge } = pkce()
    const redirect = client === "app" ? "http://127.0.0.1:9/callback" : WEB.redirectUris![0]!
    const said = await allow(test, authorizePath(challenge, { client_id: client, redirect_uri: redirect }))
    const form = {
      grant_type: "authorization_code",
      code: said.get("code")!,
      code_verifier: verifier,
      redirect_uri: redirect,
      ...(client === "app" && { client_id: "app" }),
    }
    const headers = client === "app" ? {} : basic()
    const { body } = await test.post("/oauth/token", form, { ...headers, dpop: await make() })
    return { test, make, body, headers }
  }
  test("opens nothing without the key, and nothing with another", async () => {
    const { test, make, body } = await setUp("shop")
    const token = body.access_token as string
    const get = async (scheme: string, proof?: string) =>
      await test.send(
        new Request(USERINFO, {
          headers: { authorization: `${scheme} ${token}`, ...(proof !== undefined && { dpop: proof }) },
        }),
      )
    const claims = { htm: "GET", htu: USERINFO, ath: ath(token) }
    expect((await get("DPoP", await make({ claims }))).status).toBe(200)
    const rows = [
      await get("Bearer"),
      await get("Bearer", await make({ claims })),
      await get("DPoP"),
      await get("DPoP", await make({ claims, key: other })),
      await get("DPoP", await make({ claims: { ...claims, ath: ath("another") } })),
      await get("DPoP", await make({ claims: { ...claims, ath: undefined } })),
      await get("DPoP", await make({ claims: { ...claims, htu: TOKEN } })),
    ]
    for (const { status, headers } of rows) {
      expect(status).toBe(401)
      expect(headers.get("www-authenticate")).toMatch(/^(?:DPoP|Bearer) error="/)
    }
  })
  test("a public client's refresh token takes the same key, and is not used up without", async () => {
    const { test, make, body } = await setUp("app")
    const form = { grant_type: "refresh_token", refresh_token: body.refresh_token as string, client_id: "app" }
    expect((await test.post("/oauth/token", form)).body.error).toBe("invalid_grant")
    expect((await test.post("/oauth/token", form, { dpop: await make({ key: other }) })).body.error).toBe(
      "invalid_grant",
    )
    expect((await test.post("/oauth/token", form, { dpop: await make() })).status).toBe(200)
  })
  test("a code that was asked for with a key takes that key", async () => {
    const clock = manualClock()
    const test = testServer({ clock, dpop: { nonces: false } })
    const make = proofs(clock)
    const jkt = await calculateJwkThumbprint(jwk)
    const change = async (dpop?: string) => {
      const { verifier, challenge } = pkce()
      const said = await allow(test, authorizePath(challenge, { dpop_jkt: jkt }))
      return (
        await test.post(
          "/oauth/token",
          { grant_type: "authorization_code", code: said.get("code")!, code_verifier: verifier },
          { ...basic(), ...(dpop !== undefined && { dpop }) },
        )
      ).status
    }
    expect([await change(), await change(await make({ key: other })), await change(await make())]).toEqual([
      400, 400, 200,
    ])
  })
})
