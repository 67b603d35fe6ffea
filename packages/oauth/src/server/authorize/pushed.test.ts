import { describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import {
  allow,
  authorizePath,
  basic,
  CALLBACK,
  pkce,
  type TestServer,
  testServer,
  WEB,
} from "../../testing/test-server.ts"

const { challenge } = pkce()
const FORM = {
  client_id: "shop",
  redirect_uri: CALLBACK,
  response_type: "code",
  scope: "openid",
  code_challenge: challenge,
  code_challenge_method: "S256",
  state: "s",
}
const push = async (test: TestServer, form: Record<string, string> = {}) =>
  await test.post("/oauth/par", { ...FORM, ...form }, basic())
const path = (uri: unknown, more: Record<string, string> = {}) =>
  `/oauth/authorize?${new URLSearchParams({ client_id: "shop", request_uri: String(uri), ...more })}`

describe("a request that was pushed", () => {
  test("is taken once, as it was pushed, whatever the browser adds", async () => {
    const test = testServer()
    const { status, body } = await push(test)
    expect([status, body.expires_in]).toEqual([201, 60])
    const said = await allow(
      test,
      path(body.request_uri, { scope: "openid books:write", redirect_uri: "https://evil.example/", state: "other" }),
    )
    expect([typeof said.get("code"), said.get("state")]).toEqual(["string", "s"])
    const again = await test.browser.open(path(body.request_uri))
    expect([again.status, again.leftTo]).toEqual([400, undefined])
  })
  test("is over after a minute, and is its client's", async () => {
    const clock = manualClock()
    const other = { ...WEB, id: "other" }
    const test = testServer({ clock, clients: [WEB, other] })
    const { body } = await push(test)
    const stolen = await test.browser.open(path(body.request_uri).replace("client_id=shop", "client_id=other"))
    expect([stolen.status, stolen.leftTo]).toEqual([400, undefined])
    clock.advance(60_000)
    expect((await test.browser.open(path(body.request_uri))).status).toBe(400)
  })
  test.each([
    ["of another address", { redirect_uri: "https://evil.example/" }, "invalid_request"],
    ["without PKCE", { code_challenge: "" }, "invalid_request"],
    ["for a scope nobody knows", { scope: "nothing" }, "invalid_scope"],
    ["for another response", { response_type: "token" }, "unsupported_response_type"],
    ["of another pushed one", { request_uri: "urn:ietf:params:oauth:request_uri:x" }, "invalid_request"],
    ["of another client", { client_id: "app" }, "invalid_request"],
  ])("is refused %s, to the client itself", async (_, form, error) => {
    const { status, body } = await push(testServer(), form)
    expect([status, body.error, body.request_uri]).toEqual([400, error, undefined])
  })
  test("is taken from nobody who does not show who they are", async () => {
    const test = testServer()
    expect((await test.post("/oauth/par", FORM)).status).toBe(401)
    expect((await test.post("/oauth/par", FORM, { authorization: `Basic ${btoa("shop:wrong-secret")}` })).status).toBe(
      401,
    )
  })
  test("can be begun by public clients so often from one address, and not for ever", async () => {
    const clock = manualClock()
    const test = testServer({ clock, clients: [{ id: "app", redirectUris: [CALLBACK] }, WEB] })
    const found = new Map<number, number>()
    for (let at = 0; at < 310; at++) {
      const { status } = await test.post("/oauth/par", { ...FORM, client_id: "app" })
      found.set(status, (found.get(status) ?? 0) + 1)
    }
    expect([...found]).toEqual([
      [201, 300],
      [429, 10],
    ])
    expect((await push(test)).status).toBe(201)
  })
  test("is the only kind, where the server or the client says so", async () => {
    for (const test of [
      testServer({ requirePushedRequests: true }),
      testServer({ clients: [{ ...WEB, requirePushedRequests: true }] }),
    ]) {
      const plain = await test.browser.open(authorizePath(challenge))
      expect([plain.status, plain.leftTo]).toEqual([400, undefined])
      expect((await allow(test, path((await push(test)).body.request_uri))).get("code")).toBeString()
    }
  })
})
