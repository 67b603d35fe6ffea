import { describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import * as client from "openid-client"
import { API, allow, authorizePath, ISSUER, pkce, type TestServer, testServer } from "../../testing/test-server.ts"

const REDIRECT = "https://new.example/callback"
const server = (options = {}): TestServer => testServer({ registration: {}, ...options })
interface Registered {
  readonly status: number
  readonly body: Readonly<Record<string, string>>
}
async function send(
  test: TestServer,
  token: string | undefined,
  body: unknown,
  { method = "POST", path = "/oauth/register", type = "application/json" } = {},
): Promise<Registered> {
  const headers = { "content-type": type, ...(token !== undefined && { authorization: `Bearer ${token}` }) }
  const answer = await test.send(
    new Request(`${ISSUER}${path}`, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }),
  )
  const text = await answer.text()
  return { status: answer.status, body: text === "" ? {} : (JSON.parse(text) as Record<string, string>) }
}
const METADATA = { client_name: "New", redirect_uris: [REDIRECT], grant_types: ["authorization_code", "refresh_token"] }

describe("a client that registers itself", () => {
  test("is one like others, asked about by everybody", async () => {
    const test = server()
    const { status, body } = await send(test, await test.server.createInitialAccessToken(), METADATA)
    expect(status).toBe(201)
    expect(body).toMatchObject({
      client_name: "New",
      redirect_uris: [REDIRECT],
      token_endpoint_auth_method: "client_secret_basic",
      client_secret_expires_at: 0,
    })
    const { verifier, challenge } = pkce()
    const said = await allow(test, authorizePath(challenge, { client_id: body.client_id!, redirect_uri: REDIRECT }))
    const form = { grant_type: "authorization_code", code: said.get("code")!, code_verifier: verifier }
    const headers = { authorization: `Basic ${btoa(`${body.client_id}:${body.client_secret}`)}` }
    expect((await test.post("/oauth/token", form, headers)).status).toBe(200)
    expect(
      (
        await test.browser.open(
          authorizePath(challenge, { client_id: body.client_id!, redirect_uri: REDIRECT, scope: "books:read" }),
        )
      ).leftTo?.searchParams.get("error"),
    ).toBe("invalid_scope")
  })
  test("takes a token that lets it, as often and as long as that does", async () => {
    const clock = manualClock()
    const test = server({ clock })
    expect((await send(test, undefined, METADATA)).status).toBe(401)
    expect((await send(test, "a".repeat(43), METADATA)).status).toBe(401)
    const two = await test.server.createInitialAccessToken({ uses: 2 })
    expect((await send(test, two, { ...METADATA, redirect_uris: ["http://evil.example/"] })).body.error).toBe(
      "invalid_redirect_uri",
    )
    const all = await Promise.all(Array.from({ length: 6 }, () => send(test, two, METADATA)))
    expect(all.filter(({ status }) => status === 201)).toHaveLength(2)
    const short = await test.server.createInitialAccessToken({ seconds: 10 })
    clock.advance(10_000)
    expect((await send(test, short, METADATA)).status).toBe(401)
  })
  const rows: [string, object, string][] = [
    ["more scopes", { scope: "openid books:write" }, "invalid_client_metadata"],
    ["grants of its own", { grant_types: ["client_credentials"] }, "invalid_client_metadata"],
    ["passwords", { grant_types: ["password"] }, "invalid_client_metadata"],
    ["the implicit flow", { response_types: ["token"] }, "invalid_client_metadata"],
    [
      "keys from this network",
      { token_endpoint_auth_method: "private_key_jwt", jwks_uri: "http://127.0.0.1/jwks" },
      "invalid_client_metadata",
    ],
    ["a logout at this network", { backchannel_logout_uri: "http://127.0.0.1/" }, "invalid_client_metadata"],
    ["a logout that is a script", { backchannel_logout_uri: "javascript:alert(1)" }, "invalid_client_metadata"],
    ["no keys", { token_endpoint_auth_method: "private_key_jwt" }, "invalid_client_metadata"],
    [
      "shared keys",
      { token_endpoint_auth_method: "private_key_jwt", jwks: { keys: [{ kty: "oct", k: "AAAA" }] } },
      "invalid_client_metadata",
    ],
    ["another method", { token_endpoint_auth_method: "tls_client_auth" }, "invalid_client_metadata"],
    ["no signature", { id_token_signed_response_alg: "none" }, "invalid_client_metadata"],
    ["a name that hides itself", { client_name: "Bank\u202e" }, "invalid_client_metadata"],
    ["a name that is no text", { client_name: { toString: "x" } }, "invalid_client_metadata"],
    ["a script", { redirect_uris: ["javascript:alert(1)"] }, "invalid_redirect_uri"],
    ["no address", { redirect_uris: [] }, "invalid_client_metadata"],
    ["addresses that are none", { redirect_uris: [1] }, "invalid_client_metadata"],
    [
      "a thousand addresses",
      { redirect_uris: Array.from({ length: 1_000 }, (_, at) => `https://new.example/${at}`) },
      "invalid_client_metadata",
    ],
    ["a script after the logout", { post_logout_redirect_uris: ["javascript:alert(1)"] }, "invalid_redirect_uri"],
  ]
  test.each(rows)("cannot have %s", async (_, more, error) => {
    const test = server()
    const { status, body } = await send(test, await test.server.createInitialAccessToken(), { ...METADATA, ...more })
    expect([status, body.error]).toEqual([400, error])
  })
  test("cannot say that it is of the same maker, or which id it has", async () => {
    const test = server()
    const { body } = await send(test, await test.server.createInitialAccessToken(), {
      ...METADATA,
      first_party: true,
      firstParty: true,
      client_id: "shop",
      resources: [API],
    })
    expect(body.client_id).toMatch(/^[\w-]{43}$/)
    const { challenge } = pkce()
    await allow(test, authorizePath(challenge))
    expect(
      (await test.browser.open(authorizePath(challenge, { client_id: body.client_id!, redirect_uri: REDIRECT }))).text,
    ).toContain('name="decision"')
  })
  test.each([
    ["a list", []],
    ["a text", "x"],
    ["nothing", null],
  ])("sends an object, and not %s", async (_, body) => {
    const test = server()
    expect((await send(test, await test.server.createInitialAccessToken(), body)).body.error).toBe(
      "invalid_client_metadata",
    )
  })
})

describe("a registration", () => {
  test("is read, changed and taken away with its own token, and no other", async () => {
    const test = server()
    const first = (await send(test, await test.server.createInitialAccessToken(), METADATA)).body
    const second = (await send(test, await test.server.createInitialAccessToken(), METADATA)).body
    const path = new URL(first.registration_client_uri!).pathname
    const token = first.registration_access_token!
    expect((await send(test, token, undefined, { method: "GET", path })).body).toMatchObject({
      client_id: first.client_id,
      client_name: "New",
    })
    for (const wrong of [undefined, second.registration_access_token, "a".repeat(43)])
      for (const method of ["GET", "DELETE", "PUT"])
        expect((await send(test, wrong, method === "PUT" ? METADATA : undefined, { method, path })).status).toBe(401)
    const next = {
      ...METADATA,
      client_id: first.client_id,
      client_name: "Newer",
      redirect_uris: ["https://newer.example/"],
    }
    const changed = await send(test, token, next, { method: "PUT", path })
    expect([changed.status, changed.body.client_name, changed.body.client_secret]).toEqual([200, "Newer", undefined])
    expect((await send(test, token, { ...next, client_id: "shop" }, { method: "PUT", path })).status).toBe(400)
    expect((await send(test, token, { ...next, client_secret: "wrong" }, { method: "PUT", path })).status).toBe(400)
    expect((await send(test, token, { ...next, scope: "books:write" }, { method: "PUT", path })).status).toBe(400)
    const headers = { authorization: `Basic ${btoa(`${first.client_id}:${first.client_secret}`)}` }
    expect((await test.post("/oauth/revoke", { token: "x" }, headers)).status).toBe(200)
    expect((await send(test, token, undefined, { method: "DELETE", path })).status).toBe(204)
    expect((await test.post("/oauth/revoke", { token: "x" }, headers)).status).toBe(401)
    expect((await send(test, token, undefined, { method: "GET", path })).status).toBe(401)
  })
  test("of a client that the server was given cannot be touched", async () => {
    const test = server()
    for (const id of ["shop", "app", "__proto__"])
      expect(
        (await send(test, "a".repeat(43), undefined, { method: "GET", path: `/oauth/register/${id}` })).status,
      ).toBe(401)
  })
  test("is not there where nobody said so", async () => {
    const test = testServer()
    expect((await send(test, "a".repeat(43), METADATA)).status).toBe(404)
    expect(test.server.createInitialAccessToken()).rejects.toMatchObject({ code: "OAUTH_OPTION_INVALID" })
    expect(server().server.createInitialAccessToken({ uses: 0 })).rejects.toMatchObject({
      code: "OAUTH_OPTION_INVALID",
    })
  })
  test("goes by openid-client", async () => {
    const test = server()
    const initialAccessToken = await test.server.createInitialAccessToken()
    const own = (url: string, init: RequestInit) => test.send(new Request(url, init))
    const config = await client.dynamicClientRegistration(new URL(ISSUER), METADATA, undefined, {
      initialAccessToken,
      execute: [client.allowInsecureRequests],
      [client.customFetch]: own as client.CustomFetch,
    })
    expect(config.clientMetadata().client_id).toMatch(/^[\w-]{43}$/)
  })
})
