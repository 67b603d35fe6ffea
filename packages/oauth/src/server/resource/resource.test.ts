import { describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { createApp } from "@ashlar/http"
import { createOpenApi } from "@ashlar/openapi"
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose"
import * as client from "openid-client"
import { listenFirst } from "../../testing/late-server.ts"
import { API, basic, ISSUER, type TestServer, testServer, tokensOf, WEB } from "../../testing/test-server.ts"
import { bearer } from "./bearer.ts"
import { requireScopes } from "./require-scopes.ts"

const ORIGIN = "https://api.example"

/** A resource elsewhere, which asks the server for its keys only. */
function resourceOf(test: TestServer, clock = manualClock()) {
  let asked = 0
  const keys: Parameters<typeof bearer>[0]["keys"] = async (header, token) => {
    asked++
    const { createLocalJWKSet } = await import("jose")
    const jwks = await (await test.send(new Request(`${ISSUER}/oauth/jwks`))).json()
    return await createLocalJWKSet(jwks as Parameters<typeof createLocalJWKSet>[0])(header, token)
  }
  const api = bearer({ issuer: ISSUER, audience: API, keys, clock })
  const app = createApp()
  app.scope("/books", [api], (books) => {
    books.get("/", { layers: [requireScopes(api, "books:read")] }, (ctx) => ({
      of: ctx.oauth.subject,
      by: ctx.oauth.clientId,
    }))
    books.post("/", { layers: [requireScopes(api, "books:read", "books:write")] }, () => "written")
    books.get("/free", (ctx) => [...ctx.oauth.scopes])
  })
  const ask = async (path: string, token: unknown, headers: Record<string, string> = {}, method = "GET") =>
    await app.fetch(
      new Request(`${ORIGIN}${path}`, {
        method,
        headers: { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers },
      }),
    )
  return { app, ask, asked: () => asked }
}
const server = (): TestServer => testServer({ clock: manualClock() })

describe("a resource", () => {
  test("lets in who was granted what a route takes", async () => {
    const test = server()
    const { ask } = resourceOf(test)
    const { body } = await tokensOf(test, { scope: "openid books:read", resource: API })
    const read = await ask("/books", body.access_token)
    expect(await read.json()).toEqual({ of: "person-1", by: "shop" })
    const write = await ask("/books", body.access_token, {}, "POST")
    expect([write.status, write.headers.get("www-authenticate")]).toEqual([
      403,
      'Bearer error="insufficient_scope", scope="books:read books:write"',
    ])
    expect(await write.json()).toMatchObject({
      code: "OAUTH_SCOPE_MISSING",
      details: { scopes: ["books:read", "books:write"] },
    })
  })
  test("says how to get in", async () => {
    const { ask } = resourceOf(server())
    const nobody = await ask("/books", undefined)
    expect([nobody.status, nobody.headers.get("www-authenticate")]).toEqual([401, "Bearer"])
    expect(nobody.headers.get("content-type")).toContain("application/problem+json")
    const wrong = await ask("/books", "x")
    expect([wrong.status, wrong.headers.get("www-authenticate"), wrong.headers.get("cache-control")]).toEqual([
      401,
      'Bearer error="invalid_token"',
      "no-store",
    ])
    expect(await wrong.json()).toMatchObject({ code: "OAUTH_TOKEN_INVALID" })
  })
  test("refuses tokens of others, for others, and of another kind", async () => {
    const test = server()
    const { ask } = resourceOf(test)
    const { body } = await tokensOf(test, { scope: "openid books:read", resource: API })
    const elsewhere = await tokensOf(test, { scope: "openid books:read" })
    const token = body.access_token as string
    const [head, payload, signature] = token.split(".")
    const now = manualClock().now() / 1000
    const claims = {
      iss: ISSUER,
      aud: API,
      sub: "person-1",
      client_id: "shop",
      scope: "books:read",
      jti: "1",
      iat: now,
      exp: now + 60,
    }
    const evil = await generateKeyPair("ES256", { extractable: true })
    const jwk = await exportJWK(evil.publicKey)
    const forged = (header: object) =>
      new SignJWT(claims).setProtectedHeader({ alg: "ES256", typ: "at+jwt", ...header }).sign(evil.privateKey)
    const { keys } = (await (await test.send(new Request(`${ISSUER}/oauth/jwks`))).json()) as {
      keys: { kid: string }[]
    }
    const rows = [
      body.id_token,
      body.refresh_token,
      elsewhere.body.access_token,
      elsewhere.body.id_token,
      `${head}.${payload}.`,
      `${head}.${payload}.${signature!.slice(0, -4)}AAAA`,
      `${head}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`,
      new UnsecuredJWT(claims).encode(),
      await forged({ jwk }),
      await forged({ kid: keys[0]!.kid }),
      await forged({ kid: "../../etc/passwd", jku: "https://evil.example/jwks" }),
      await new SignJWT(claims)
        .setProtectedHeader({ alg: "HS256", typ: "at+jwt", kid: keys[0]!.kid })
        .sign(new TextEncoder().encode(JSON.stringify(keys[0]))),
      "a".repeat(9_000),
    ]
    for (const row of rows) expect((await ask("/books", row)).status).toBe(401)
    expect((await ask("/books", token)).status).toBe(200)
    expect((await ask("/books", undefined, { authorization: `DPoP ${token}` })).status).toBe(401)
    expect((await ask(`/books?access_token=${token}`, undefined)).status).toBe(401)
  })
  test("refuses a token that is over", async () => {
    const test = server()
    const clock = manualClock()
    const { ask } = resourceOf(test, clock)
    const { body } = await tokensOf(test, { scope: "openid books:read", resource: API })
    clock.advance(604_000)
    expect((await ask("/books", body.access_token)).status).toBe(200)
    clock.advance(2_000)
    expect((await ask("/books", body.access_token)).status).toBe(401)
  })
  test("shows in the document of the API what each route takes", async () => {
    const { app } = resourceOf(server())
    const document = createOpenApi(app.table(), { title: "Books", version: "1" })
    const { paths, components } = document as unknown as {
      paths: Record<string, Record<string, { security: unknown; responses: object }>>
      components: { securitySchemes: object }
    }
    expect(paths["/books"]!.post!.security).toEqual([{ oauth: ["books:read", "books:write"] }])
    expect(Object.keys(paths["/books"]!.post!.responses)).toEqual(expect.arrayContaining(["401", "403"]))
    expect(components.securitySchemes).toEqual({
      oauth: { type: "openIdConnect", openIdConnectUrl: `${ISSUER}/.well-known/openid-configuration` },
    })
  })
  test("of the same app refuses what was revoked at once, and takes opaque tokens", async () => {
    const test = server()
    const api = test.server.bearer({ audience: API })
    const files = test.server.bearer({ audience: "https://files.example/" })
    test.app.get("/api", { layers: [api, requireScopes(api, "books:read")] }, (ctx) => ctx.oauth.subject)
    test.app.get("/files", { layers: [files] }, (ctx) => ctx.oauth.subject)
    const ask = async (path: string, token: unknown) =>
      (await test.send(new Request(`${ISSUER}${path}`, { headers: { authorization: `Bearer ${token}` } }))).status
    for (const [path, resource, other] of [
      ["/api", API, "/files"],
      ["/files", "https://files.example/", "/api"],
    ] as const) {
      const { body } = await tokensOf(test, { scope: "openid books:read", resource })
      expect([await ask(path, body.access_token), await ask(other, body.access_token)]).toEqual([200, 401])
      await test.post("/oauth/revoke", { token: body.access_token as string }, basic())
      expect(await ask(path, body.access_token)).toBe(401)
    }
    expect(() => test.server.bearer({ audience: "https://other.example/" })).toThrow(
      expect.objectContaining({ code: "OAUTH_OPTION_INVALID" }),
    )
  })
})

test("a token for the resource that is meant where none is named says who the person is, too", async () => {
  const test = testServer({
    clock: manualClock(),
    defaultResource: API,
    resources: { [API]: { scopes: ["books:read"] } },
  })
  const { ask } = resourceOf(test)
  const { body } = await tokensOf(test, { scope: "openid books:read books:write" })
  expect(body.scope).toBe("openid books:read")
  const info = await test.send(
    new Request(`${ISSUER}/oauth/userinfo`, { headers: { authorization: `Bearer ${body.access_token}` } }),
  )
  expect([info.status, (await ask("/books", body.access_token)).status]).toEqual([200, 200])
  const plain = await tokensOf(test, { scope: "books:read" })
  const refused = await test.send(
    new Request(`${ISSUER}/oauth/userinfo`, { headers: { authorization: `Bearer ${plain.body.access_token}` } }),
  )
  expect([refused.status, (await ask("/books", plain.body.access_token)).status]).toEqual([401, 200])
})

test("a resource on another machine finds the keys by itself, and takes DPoP from openid-client", async () => {
  const socket = await listenFirst()
  const issuer = socket.origin
  const test = testServer({
    issuer,
    resources: { [API]: {} },
    clients: [
      { id: "job", secret: "job-secret-of-32-characters-long", grants: ["client_credentials"], requireDpop: true },
    ],
  })
  socket.serve(test.app)
  const api = bearer({ issuer, audience: API })
  const app = createApp()
  app.post("/work", { layers: [api] }, (ctx) => ctx.oauth.subject)
  const { url } = await app.listen({ port: 0 })
  try {
    const config = await client.discovery(
      new URL(issuer),
      "job",
      undefined,
      client.ClientSecretBasic("job-secret-of-32-characters-long"),
      { execute: [client.allowInsecureRequests] },
    )
    await expect(client.clientCredentialsGrant(config, { resource: API })).rejects.toMatchObject({
      error: "invalid_dpop_proof",
    })
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"))
    const { access_token } = await client.clientCredentialsGrant(config, { resource: API }, { DPoP })
    const work = new URL("/work?x=1", url)
    const answer = await client.fetchProtectedResource(config, access_token, work, "POST", null, undefined, { DPoP })
    expect(await answer.text()).toBe("job")
    const other = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"))
    const stolen = await client
      .fetchProtectedResource(config, access_token, work, "POST", null, undefined, { DPoP: other })
      .catch((error: unknown) => error)
    expect(stolen).toMatchObject({ status: 401 })
    const plain = await fetch(work, { method: "POST", headers: { authorization: `Bearer ${access_token}` } })
    expect([plain.status, plain.headers.get("www-authenticate")]).toEqual([401, 'DPoP error="invalid_token"'])
  } finally {
    await Promise.all([app.stop(0), socket.stop()])
  }
})

describe("a resource that asks about each token", () => {
  const FILES = "https://files.example/"
  const reader = {
    id: "files",
    secret: "files secret: of 32+ characters",
    grants: ["client_credentials" as const],
    resources: [FILES],
  }
  const setUp = (introspect = { clientId: reader.id, clientSecret: reader.secret }) => {
    const test = testServer({ clients: [WEB, reader] })
    const own = (url: string, init: RequestInit) => test.send(new Request(url, init))
    const files = bearer({ issuer: ISSUER, audience: FILES, introspect, fetch: own })
    const app = createApp({ onError: () => undefined })
    app.get("/", { layers: [files, requireScopes(files, "books:read")] }, (ctx) => ctx.oauth.subject)
    const ask = async (token: unknown) =>
      await app.fetch(new Request(FILES, { headers: { authorization: `Bearer ${token}` } }))
    return { test, ask }
  }
  test("takes opaque tokens, and refuses at once what was revoked", async () => {
    const { test, ask } = setUp()
    const { body } = await tokensOf(test, { scope: "openid books:read", resource: FILES })
    expect(await (await ask(body.access_token)).text()).toBe("person-1")
    await test.post("/oauth/revoke", { token: body.access_token as string }, basic())
    expect((await ask(body.access_token)).status).toBe(401)
  })
  test("refuses tokens for others, refresh tokens, and what is none", async () => {
    const { test, ask } = setUp()
    const elsewhere = await tokensOf(test, { scope: "openid books:read", resource: API })
    for (const token of [elsewhere.body.access_token, elsewhere.body.refresh_token, elsewhere.body.id_token, "x"])
      expect((await ask(token)).status).toBe(401)
  })
  test("lets nobody in where it may not ask", async () => {
    const { ask } = setUp({ clientId: reader.id, clientSecret: "wrong-secret" })
    const answer = await ask("x")
    expect([answer.status, (await answer.json()).code]).toEqual([503, "OAUTH_ISSUER_AWAY"])
    expect(() => setUp({ clientId: "", clientSecret: "" })).toThrow(
      expect.objectContaining({ code: "OAUTH_OPTION_INVALID" }),
    )
  })
  test.each([
    ["no end", { active: true, sub: "a", client_id: "b", aud: FILES, scope: "books:read" }],
    ["an end that was", { active: true, sub: "a", client_id: "b", aud: FILES, scope: "books:read", exp: 1 }],
    [
      "another issuer",
      {
        active: true,
        sub: "a",
        client_id: "b",
        aud: FILES,
        scope: "books:read",
        exp: 9e9,
        iss: "https://evil.example",
      },
    ],
    ["no audience", { active: true, sub: "a", client_id: "b", scope: "books:read", exp: 9e9 }],
    ["a text for yes", { active: "true", sub: "a", client_id: "b", aud: FILES, scope: "books:read", exp: 9e9 }],
  ])("takes no answer with %s", async (_, said) => {
    const introspect = { clientId: "a", clientSecret: "b", endpoint: `${ISSUER}/introspect` }
    const files = bearer({ issuer: ISSUER, audience: FILES, introspect, fetch: async () => Response.json(said) })
    const app = createApp()
    app.get("/", { layers: [files] }, () => "in")
    expect((await app.fetch(new Request(FILES, { headers: { authorization: "Bearer x" } }))).status).toBe(401)
  })
})

test.each([
  ["does not answer", () => Promise.reject(new TypeError("no route to /internal/host"))],
  ["fails", async () => new Response("oops", { status: 500 })],
  [
    "says that it is another",
    async () => Response.json({ issuer: "https://evil.example", jwks_uri: "https://evil.example/" }),
  ],
  ["says nothing of keys", async () => Response.json({ issuer: ISSUER })],
  ["answers no JSON", async () => new Response("<html>")],
])("where the issuer %s nobody gets in, and nobody is told more", async (_, answer) => {
  const test = testServer()
  const { body } = await tokensOf(test, { resource: API })
  const app = createApp({ onError: () => undefined, development: false })
  app.get("/", { layers: [bearer({ issuer: ISSUER, audience: API, fetch: answer })] }, () => "in")
  const said = await app.fetch(
    new Request("https://api.example/", { headers: { authorization: `Bearer ${body.access_token}` } }),
  )
  const text = await said.text()
  expect([said.status, JSON.parse(text).code, text.includes("internal")]).toEqual([503, "OAUTH_ISSUER_AWAY", false])
})

test.each([
  ["no issuer", { issuer: "", audience: API }],
  ["no audience", { issuer: ISSUER, audience: "" }],
  ["a shared secret", { issuer: ISSUER, audience: API, algorithms: ["HS256" as "RS256"] }],
  ["clocks far apart", { issuer: ISSUER, audience: API, clockToleranceSeconds: 3_600 }],
])("a resource with %s is refused at once", (_, options) => {
  expect(() => bearer(options)).toThrow(expect.objectContaining({ code: "OAUTH_OPTION_INVALID" }))
})
