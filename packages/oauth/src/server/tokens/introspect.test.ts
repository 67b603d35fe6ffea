import { describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { API, basic, ISSUER, type TestServer, testServer, tokensOf, WEB } from "../../testing/test-server.ts"
import type { OAuthClient } from "../clients/client.ts"

const FILES = "https://files.example/"
const OTHER: OAuthClient = { id: "other", secret: "another-secret-of-32-characters", grants: ["client_credentials"] }
const FILE_SERVER: OAuthClient = { ...OTHER, id: "files", resources: [FILES] }
const server = (options = {}): TestServer =>
  testServer({
    clients: [WEB, OTHER, FILE_SERVER, { id: "app", redirectUris: ["http://127.0.0.1/callback"] }],
    ...options,
  })
const ask = async (test: TestServer, token: unknown, client = WEB) =>
  (await test.post("/oauth/introspect", { token: String(token) }, basic(client))).body
const end = async (test: TestServer, token: unknown, client = WEB) =>
  await test.post("/oauth/revoke", { token: String(token) }, basic(client))

describe("introspection", () => {
  test("tells a client of its own tokens, and of nothing else", async () => {
    const test = server()
    const { body } = await tokensOf(test, { scope: "openid books:read", resource: API })
    expect(await ask(test, body.access_token)).toMatchObject({
      active: true,
      token_type: "Bearer",
      sub: "person-1",
      client_id: "shop",
      aud: API,
      scope: "openid books:read",
      iss: ISSUER,
    })
    expect(await ask(test, body.refresh_token)).toMatchObject({ active: true, sub: "person-1", client_id: "shop" })
    expect(await ask(test, body.access_token)).not.toHaveProperty("gid")
    for (const token of [body.access_token, body.refresh_token, body.id_token, "x", "a.b.c"])
      expect(await ask(test, token, OTHER)).toEqual({ active: false })
    expect(await ask(test, body.id_token)).toEqual({ active: false })
  })
  test("tells a resource of the tokens that are for it", async () => {
    const test = server()
    const opaque = (await tokensOf(test, { scope: "openid books:read books:write", resource: FILES })).body.access_token
    expect(opaque).toMatch(/^[\w-]{43}$/)
    expect(await ask(test, opaque, FILE_SERVER)).toMatchObject({ active: true, aud: FILES, scope: "books:read" })
    const elsewhere = (await tokensOf(test, { scope: "openid books:read", resource: API })).body.access_token
    expect(await ask(test, elsewhere, FILE_SERVER)).toEqual({ active: false })
  })
  test("is not for public clients, nor for nobody", async () => {
    const test = server()
    expect((await test.post("/oauth/introspect", { token: "x", client_id: "app" })).status).toBe(403)
    expect((await test.post("/oauth/introspect", { token: "x" })).status).toBe(401)
    expect((await test.post("/oauth/introspect", {}, basic())).status).toBe(400)
  })
  test("says that a token is over", async () => {
    const clock = manualClock()
    const test = server({ clock })
    const { body } = await tokensOf(test)
    clock.advance(600_000)
    expect(await ask(test, body.access_token)).toEqual({ active: false })
    expect((await ask(test, body.refresh_token)).active).toBe(true)
  })
})

describe("revocation", () => {
  test("of an access token ends that one, of a refresh token all", async () => {
    const test = server()
    const { body } = await tokensOf(test)
    const fresh = await test.post(
      "/oauth/token",
      { grant_type: "refresh_token", refresh_token: body.refresh_token as string },
      basic(),
    )
    expect((await end(test, body.access_token)).status).toBe(200)
    expect([(await ask(test, body.access_token)).active, (await ask(test, fresh.body.access_token)).active]).toEqual([
      false,
      true,
    ])
    expect((await end(test, fresh.body.refresh_token)).status).toBe(200)
    expect([
      (await ask(test, fresh.body.access_token)).active,
      (await ask(test, fresh.body.refresh_token)).active,
    ]).toEqual([false, false])
  })
  test("of what is another's, or was never, says the same and does nothing", async () => {
    const test = server()
    const { body } = await tokensOf(test)
    for (const token of [body.access_token, body.refresh_token, "x", "a.b.c"]) {
      const answer = await end(test, token, OTHER)
      expect([answer.status, answer.body]).toEqual([200, {}])
    }
    expect([(await ask(test, body.access_token)).active, (await ask(test, body.refresh_token)).active]).toEqual([
      true,
      true,
    ])
  })
  test("is for public clients too, of their own", async () => {
    const test = server()
    const { body } = await tokensOf(test, { client_id: "app", redirect_uri: "http://127.0.0.1:7/callback" })
    expect((await test.post("/oauth/revoke", { token: body.refresh_token as string, client_id: "app" })).status).toBe(
      200,
    )
    const fresh = await test.post("/oauth/token", {
      grant_type: "refresh_token",
      refresh_token: body.refresh_token as string,
      client_id: "app",
    })
    expect(fresh.body.error).toBe("invalid_grant")
  })
})
