import { afterEach, describe, expect, test } from "bun:test"
import type { AshlarError } from "@ashlar/core"
import { createApp, type Server } from "@ashlar/http"
import type { SafeFetch } from "@ashlar/security"
import {
  anyOf,
  createJwtKeys,
  createJwtSigner,
  createJwtVerifier,
  createPrincipal,
  createRemoteKeys,
  generateJwtKey,
  guard,
  type JwtClaims,
  type JwtKeys,
  jwtGuard,
  principalOfClaims,
  requireScopes,
} from "../index.ts"

const ISSUER = "https://id.test"
const AUDIENCE = "https://api.test"

async function stage() {
  const keys = createJwtKeys([await generateJwtKey("ES256", "one")])
  const signer = createJwtSigner({ keys, issuer: ISSUER, audience: AUDIENCE })
  const verifier = createJwtVerifier({ keys, issuer: ISSUER, audience: AUDIENCE })
  return { keys, signer, verifier, bearer: jwtGuard({ verifier }) }
}

describe("a guard for tokens", () => {
  test("lets pass who has a good one, and says invalid_token to who has another", async () => {
    const { signer, bearer } = await stage()
    const app = createApp()
    app.get("/", { layers: [bearer] }, (ctx) => `${ctx.principal.id} by ${ctx.principal.method}`)
    app.get("/books", { layers: [bearer, requireScopes(bearer, "books")] }, () => "books")
    const ask = async (token: string, path = "/") => {
      const headers = { authorization: `Bearer ${token}` }
      const response = await app.fetch(new Request(`https://a.test${path}`, { headers }))
      return [response.status, response.headers.get("www-authenticate") ?? (await response.text())]
    }
    const token = await signer.sign({ sub: "ana", scope: "books" })
    expect(await ask(token)).toEqual([200, "ana by jwt"])
    expect(await ask(token, "/books")).toEqual([200, "books"])
    expect(await ask(`${token.slice(0, -4)}AAAA`)).toEqual([401, 'Bearer error="invalid_token"'])
    // No scope is none.
    expect(await ask(await signer.sign({ sub: "ana" }), "/books")).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="books"',
    ])
  })
  test("leaves to others what is no token, and asks the app about those that are", async () => {
    const { signer, verifier } = await stage()
    const revoked = jwtGuard({
      verifier,
      toPrincipal: (claims) => (claims.sub === "bob" ? undefined : createPrincipal({ id: claims.sub, kind: "user" })),
    })
    const opaque = guard({
      name: "opaque",
      security: {},
      challenge: { scheme: "Bearer" },
      identify: (ctx) =>
        ctx.headers.get("authorization") === "Bearer key_1" ? createPrincipal({ id: "key", kind: "key" }) : undefined,
    })
    const app = createApp()
    app.get("/", { layers: [anyOf(revoked, opaque)] }, (ctx) => ctx.principal.id)
    const ask = async (token: string) => {
      const headers = { authorization: `Bearer ${token}` }
      const response = await app.fetch(new Request("https://a.test/", { headers }))
      return response.ok ? await response.text() : response.status
    }
    expect([await ask("key_1"), await ask("key_2")]).toEqual(["key", 401])
    expect([await ask(await signer.sign({ sub: "ana" })), await ask(await signer.sign({ sub: "bob" }))]).toEqual([
      "ana",
      401,
    ])
  })
  test("says what a token says, and nothing that it does not say well", () => {
    const base = { iss: ISSUER, sub: "ana", exp: 1 }
    const said = {
      ...base,
      roles: ["admin", 7],
      scope: "a  b ",
      amr: ["pwd", "otp"],
      acr: "1",
      auth_time: 5,
      sid: "s",
      act: { sub: "root" },
    }
    expect(principalOfClaims(said)).toEqual({
      id: "ana",
      kind: "user",
      method: "jwt",
      roles: ["admin"],
      permissions: [],
      scopes: ["a", "b"],
      claims: said,
      amr: ["pwd", "otp"],
      acr: "1",
      authTimeMs: 5_000,
      sessionId: "s",
      actor: { id: "root", kind: "user" },
    })
    const odd = { ...base, roles: "admin", scope: ["a"], amr: "mfa", acr: 2, auth_time: "5", act: {}, client_id: "ana" }
    expect(principalOfClaims(odd as unknown as JwtClaims)).toMatchObject({
      kind: "service",
      roles: [],
      scopes: [],
      amr: [],
      actor: { id: "unknown" },
    })
  })
})

describe("an issuer's keys", () => {
  let server: Server | undefined
  afterEach(async () => await server?.stop(0))

  /** An issuer that counts how often it is asked, and a fetch that reaches it. */
  function issuer(keys: JwtKeys) {
    const seen = { asked: 0, answer: () => new Response(JSON.stringify(keys.jwks())) }
    const fetch: SafeFetch = async (url) => {
      seen.asked++
      expect(url).toBe("https://id.test/jwks.json")
      return seen.answer()
    }
    return { seen, fetch }
  }
  const remote = (fetch: SafeFetch, options: object = {}) =>
    createJwtVerifier({
      keys: createRemoteKeys("https://id.test/jwks.json", { algorithms: ["ES256"], fetch, ...options }),
      issuer: ISSUER,
      audience: AUDIENCE,
    })
  const codeOf = async (verifying: Promise<unknown>) =>
    ((await verifying.catch((error: AshlarError) => error)) as AshlarError).code

  test("are asked for once, and again when one is not there", async () => {
    const { keys, signer } = await stage()
    const { seen, fetch } = issuer(keys)
    const verifier = remote(fetch, { cooldown: "1ms" })
    const token = await signer.sign({ sub: "ana" })
    await Promise.all(Array.from({ length: 20 }, () => verifier.verify(token)))
    expect(seen.asked).toBe(1)
    keys.replace([await generateJwtKey("ES256", "two")])
    await Bun.sleep(5)
    expect((await verifier.verify(await signer.sign({ sub: "bob" }))).sub).toBe("bob")
    expect(seen.asked).toBe(2)
    // What was taken away is refused.
    expect(await codeOf(verifier.verify(token))).toBe("AUTH_TOKEN_INVALID")
  })
  test("are not asked for by each token of a flood with keys that there are not", async () => {
    const { keys, signer } = await stage()
    const { seen, fetch } = issuer(keys)
    const verifier = remote(fetch)
    await verifier.verify(await signer.sign({ sub: "ana" }))
    for (let at = 0; at < 20; at++) {
      keys.replace([await generateJwtKey("ES256", `made up ${at}`.replaceAll(" ", "-"))])
      expect(await codeOf(verifier.verify(await signer.sign({ sub: "mallory" })))).toBe("AUTH_TOKEN_INVALID")
    }
    expect(seen.asked).toBe(1)
  })
  test("that cannot be had are a failure of the server, and nobody asks again at once: AUTH_TOKEN_KEYS_AWAY", async () => {
    const { keys, signer } = await stage()
    const { seen, fetch } = issuer(keys)
    const token = await signer.sign({ sub: "ana" })
    const answers = [
      () => new Response("no", { status: 500 }),
      () => new Response("<html>"),
      () => new Response('{"keys":7}'),
      () => new Response(JSON.stringify({ keys: Array.from({ length: 101 }, () => ({})) })),
      () => new Response(`${JSON.stringify(keys.jwks())}${" ".repeat(300_000)}`),
    ]
    for (const answer of answers) {
      Object.assign(seen, { answer, asked: 0 })
      const verifier = remote(fetch)
      for (let at = 0; at < 5; at++) expect(await codeOf(verifier.verify(token))).toBe("AUTH_TOKEN_KEYS_AWAY")
      expect(seen.asked).toBe(1)
    }
  })
  test("with a secret among them, or two of one name, verify nothing", async () => {
    const { keys, signer } = await stage()
    const { seen, fetch } = issuer(keys)
    const token = await signer.sign({ sub: "ana" })
    const [own] = keys.jwks().keys
    for (const set of [[{ kty: "oct", k: "x".repeat(43), kid: "one", alg: "ES256" }], [own, own]]) {
      Object.assign(seen, { answer: () => new Response(JSON.stringify({ keys: set })) })
      expect(await codeOf(remote(fetch).verify(token))).toBe("AUTH_TOKEN_INVALID")
    }
  })
  test("are fetched from public addresses only, over TLS, without redirects", async () => {
    const { signer } = await stage()
    const token = await signer.sign({ sub: "ana" })
    const app = createApp()
    let asked = 0
    app.get("/jwks.json", () => ({ keys: [], asked: ++asked }))
    server = await app.listen({ port: 0, host: "127.0.0.1" })
    for (const url of [`${server.url}/jwks.json`, "https://169.254.169.254/jwks.json", "file:///etc/passwd"]) {
      const keys = createRemoteKeys(url, { algorithms: ["ES256"] })
      const verifier = createJwtVerifier({ keys, issuer: ISSUER, audience: AUDIENCE })
      expect(await codeOf(verifier.verify(token))).toBe("AUTH_TOKEN_KEYS_AWAY")
    }
    expect(asked).toBe(0)
  })
  test("need algorithms with key pairs, and a URL", () => {
    const make = [
      () => createRemoteKeys("https://id.test/", { algorithms: [] }),
      () => createRemoteKeys("https://id.test/", { algorithms: ["HS256"] }),
      () => createRemoteKeys("jwks", { algorithms: ["ES256"] }),
    ]
    for (const one of make) expect(one).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" }))
  })
})
