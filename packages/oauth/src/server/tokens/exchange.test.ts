import { describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { decodeJwt } from "jose"
import { type Answer, API, basic, type TestServer, testServer, tokensOf, WEB } from "../../testing/test-server.ts"
import type { OAuthClient } from "../clients/client.ts"
import type { ExchangeRequest } from "./exchange-grant.ts"

const GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
const ACCESS = "urn:ietf:params:oauth:token-type:access_token"
const FILES = "https://files.example/"
const SERVICE: OAuthClient = {
  id: "service",
  secret: "service-secret-of-32-characters",
  grants: [GRANT, "client_credentials"],
}
const SHOP: OAuthClient = { ...WEB, grants: [...WEB.grants!, GRANT] }

const server = (options: Parameters<typeof testServer>[0] = {}): TestServer =>
  testServer({ clients: [SHOP, SERVICE], ...options })
const exchange = async (
  test: TestServer,
  subject: unknown,
  more: Record<string, string> = {},
  client = SHOP,
): Promise<Answer> =>
  await test.post(
    "/oauth/token",
    { grant_type: GRANT, subject_token: String(subject), subject_token_type: ACCESS, ...more },
    basic(client),
  )
const mine = async (test: TestServer) =>
  (await tokensOf(test, { scope: "openid books:read books:write", resource: API })).body.access_token

describe("a token", () => {
  test("is exchanged for less by its client, without asking anybody", async () => {
    const clock = manualClock()
    const test = server({ clock })
    const token = await mine(test)
    clock.advance(100_000)
    const { status, body } = await exchange(test, token, { scope: "books:read" })
    expect([status, body.issued_token_type, body.scope, body.expires_in, body.refresh_token]).toEqual([
      200,
      ACCESS,
      "books:read",
      500,
      undefined,
    ])
    expect(decodeJwt(body.access_token as string)).toMatchObject({ sub: "person-1", aud: API, act: { sub: "shop" } })
  })
  test("is not exchanged for more, for another resource, or by another client, unless the policy says so", async () => {
    const test = server()
    const token = await mine(test)
    const less = (await exchange(test, token, { scope: "books:read" })).body.access_token
    expect((await exchange(test, less, { scope: "books:write" })).body.error).toBe("invalid_scope")
    expect((await exchange(test, token, { resource: FILES })).body.error).toBe("unauthorized_client")
    expect((await exchange(test, token, { resource: "https://evil.example/" })).body.error).toBe("invalid_target")
    expect((await exchange(test, token, {}, SERVICE)).body.error).toBe("unauthorized_client")
  })
  test("is exchanged by a service that acts for a person where the policy says so; every actor is named", async () => {
    const asked: ExchangeRequest[] = []
    const test = server({
      exchange: (request) => {
        asked.push(request)
        return request.clientId === "service" && request.resources.every((uri) => uri === FILES)
      },
    })
    const token = await mine(test)
    const actor = (await test.post("/oauth/token", { grant_type: "client_credentials" }, basic(SERVICE))).body
      .access_token as string
    const { body } = await exchange(
      test,
      token,
      { resource: FILES, scope: "books:read", actor_token: actor, actor_token_type: ACCESS },
      SERVICE,
    )
    const told = await test.post("/oauth/introspect", { token: body.access_token as string }, basic(SERVICE))
    expect(told.body).toMatchObject({
      active: true,
      sub: "person-1",
      aud: FILES,
      client_id: "service",
      act: { sub: "service", client_id: "service" },
    })
    const again = await exchange(test, body.access_token, {}, SERVICE)
    expect(
      (await test.post("/oauth/introspect", { token: again.body.access_token as string }, basic(SERVICE))).body.act,
    ).toEqual({
      sub: "service",
      act: { sub: "service", client_id: "service" },
    })
    expect(asked[0]).toMatchObject({
      clientId: "service",
      scopes: ["books:read"],
      resources: [FILES],
      subject: { sub: "person-1" },
      actor: { sub: "service" },
    })
  })
  test("is exchanged a few times one after the other, not for ever", async () => {
    const test = server()
    let token = await mine(test)
    const found: unknown[] = []
    for (let turn = 0; turn < 6; turn++) {
      const { body } = await exchange(test, token)
      found.push(body.error)
      token = body.access_token ?? token
    }
    expect(found).toEqual([undefined, undefined, undefined, undefined, undefined, "invalid_request"])
  })
  test("ends with what it was exchanged for, when the person's grant ends", async () => {
    const test = server()
    const { body } = await tokensOf(test, { scope: "openid books:read" })
    const less = (await exchange(test, body.access_token)).body.access_token as string
    expect((await test.post("/oauth/introspect", { token: less }, basic(SHOP))).body.active).toBe(true)
    await test.post("/oauth/revoke", { token: body.refresh_token as string }, basic(SHOP))
    expect((await test.post("/oauth/introspect", { token: less }, basic(SHOP))).body).toEqual({ active: false })
    expect((await exchange(test, body.access_token)).body.error).toBe("invalid_request")
  })
  const rows: [string, Record<string, string>][] = [
    ["of another type", { subject_token_type: "urn:ietf:params:oauth:token-type:saml2" }],
    ["for another type", { requested_token_type: "urn:ietf:params:oauth:token-type:refresh_token" }],
    ["that is none", { subject_token: "x" }],
    ["without a type", { subject_token_type: "" }],
    ["with an actor without a type", { actor_token: "x" }],
    ["with an actor that is none", { actor_token: "x", actor_token_type: ACCESS }],
  ]
  test.each(rows)("%s is refused", async (_, form) => {
    const test = server()
    expect((await exchange(test, await mine(test), form)).body.error).toBe("invalid_request")
  })
  test("is not exchanged in place of another kind of token, nor by a client that may not", async () => {
    const test = server({ clients: [SHOP, { ...SERVICE, grants: ["client_credentials"] }] })
    const { body } = await tokensOf(test)
    for (const token of [body.id_token, body.refresh_token])
      expect((await exchange(test, token)).body.error).toBe("invalid_request")
    expect((await exchange(test, body.access_token, {}, SERVICE)).body.error).toBe("unauthorized_client")
    expect((await exchange(test, body.access_token, { audience: "x" })).body.error).toBe("invalid_target")
  })
})
