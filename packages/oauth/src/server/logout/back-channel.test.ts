import { describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import type { SafeFetch } from "@ashlar/security"
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from "jose"
import { FormBrowser } from "../../testing/form-browser.ts"
import {
  allow,
  authorizePath,
  basic,
  CALLBACK,
  ISSUER,
  pkce,
  signIn,
  type TestServer,
  testServer,
  tokensOf,
  WEB,
} from "../../testing/test-server.ts"
import type { OAuthServerOptions } from "../options.ts"
import type { LogoutNotice } from "./logout-notice.ts"

const TOLD = "https://shop.example/told"
const SHOP = { ...WEB, backChannelLogoutUri: TOLD }
const OTHER = { ...WEB, id: "other", backChannelLogoutUri: "https://other.example/told" }
const SILENT = { ...WEB, id: "silent" }

interface Told {
  readonly url: string
  readonly token: string
}
/** A server whose clients write down what they are told. */
function stage(options: Partial<OAuthServerOptions> = {}, answer: () => Response = () => new Response()) {
  const told: Told[] = []
  const fetch: SafeFetch = async (url, { method, body, headers } = {}) => {
    expect([method, headers?.["content-type"]]).toEqual(["POST", "application/x-www-form-urlencoded"])
    told.push({ url, token: new URLSearchParams(String(body)).get("logout_token")! })
    return answer()
  }
  return { told, test: testServer({ clients: [SHOP, OTHER, SILENT], fetch, ...options }) }
}
const logoutPath = (idToken: unknown): string =>
  `/oauth/logout?${new URLSearchParams({ id_token_hint: String(idToken) })}`
async function until(isSo: () => boolean): Promise<void> {
  for (let at = 0; at < 400 && !isSo(); at++) await Bun.sleep(5)
  expect(isSo()).toBe(true)
}
async function tokensFor(test: TestServer, id: string): Promise<Record<string, unknown>> {
  const { verifier, challenge } = pkce()
  const answer = await allow(test, authorizePath(challenge, { client_id: id }))
  const form = { grant_type: "authorization_code", code: answer.get("code")!, code_verifier: verifier }
  return (await test.post("/oauth/token", form, basic({ ...WEB, id }))).body
}

describe("a person who signs out", () => {
  test("is signed out of each client that the session signed in to, and of no other", async () => {
    const { told, test } = stage()
    const { body } = await tokensOf(test)
    for (const id of ["other", "silent"]) await tokensFor(test, id)
    await test.browser.open(logoutPath(body.id_token))
    await until(() => told.length === 2)
    expect(told.map(({ url }) => url).sort()).toEqual([OTHER.backChannelLogoutUri, TOLD])
    const keys = (await (await test.send(new Request(`${ISSUER}/oauth/jwks`))).json()) as JSONWebKeySet
    for (const { url, token } of told) {
      const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(keys))
      expect(protectedHeader.typ).toBe("logout+jwt")
      expect(payload).toEqual({
        iss: ISSUER,
        aud: url === TOLD ? "shop" : "other",
        iat: expect.any(Number),
        exp: payload.iat! + 120,
        jti: expect.stringMatching(/^[\w-]{43}$/),
        events: { "http://schemas.openid.net/event/backchannel-logout": {} },
        sub: "person-1",
        sid: decodeJwt(String(body.id_token)).sid,
      })
    }
    // Once: who comes back to the page has nothing to sign out of.
    await test.browser.open(logoutPath(body.id_token))
    await Bun.sleep(20)
    expect(told).toHaveLength(2)
  })
  test("in one browser stays signed in, in another", async () => {
    const { told, test } = stage()
    const { body } = await tokensOf(test)
    const second = { ...test, browser: new FormBrowser(ISSUER, test.send) }
    const other = decodeJwt(String((await tokensOf(second)).body.id_token))
    await test.browser.open(logoutPath(body.id_token))
    await until(() => told.length === 1)
    expect(decodeJwt(told[0]!.token).sid).not.toBe(other.sid)
  })
  test("who stays, or is asked by another site, ends nothing", async () => {
    const { told, test } = stage()
    await tokensOf(test)
    const page = await test.browser.open("/oauth/logout")
    await test.browser.submit(page, { decision: "deny" })
    await test.browser.submit(page, { decision: "allow" }, { "sec-fetch-site": "cross-site" })
    await Bun.sleep(20)
    expect(told).toEqual([])
    await test.browser.submit(page, { decision: "allow" })
    await until(() => told.length === 1)
  })
  test("has no code left that signs a client in after it", async () => {
    const { test } = stage()
    const { body } = await tokensOf(test)
    const { verifier, challenge } = pkce()
    const code = (await allow(test, authorizePath(challenge))).get("code")!
    await test.browser.open(logoutPath(body.id_token))
    const form = { grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: CALLBACK }
    expect((await test.post("/oauth/token", form, basic())).body.error).toBe("invalid_grant")
    // The next session does.
    expect((await tokensOf(test)).status).toBe(200)
  })
  test("did not sign in to what only asked for an API", async () => {
    const { told, test } = stage()
    await tokensOf(test, { scope: "books:read" })
    await test.browser.submit(await test.browser.open("/oauth/logout"), { decision: "allow" })
    await Bun.sleep(20)
    expect(told).toEqual([])
  })
})

describe("the app", () => {
  test("ends a session itself, and all that a person allowed", async () => {
    const { told, test } = stage()
    const sid = decodeJwt(String((await tokensOf(test)).body.id_token)).sid as string
    await test.server.endSession({ id: "person-1", sessionId: "another" })
    await test.server.endSession({ id: "person-2", sessionId: sid })
    await Bun.sleep(20)
    expect(told).toEqual([])
    await Promise.all([1, 2, 3].map(() => test.server.endSession({ id: "person-1", sessionId: sid })))
    await until(() => told.length === 1)
    await test.server.endGrants("person-1")
    await until(() => told.length === 2)
    const { sub, sid: none } = decodeJwt(told[1]!.token)
    expect([sub, none]).toEqual(["person-1", undefined])
  })
  test("whose sessions have no names tells of the person", async () => {
    const clock = manualClock()
    const people = {
      current: () => ({ id: "person-1", authTimeMs: clock.now() }),
      signIn: () => undefined,
    }
    const { told, test } = stage({ clock, people })
    await tokensOf(test)
    await test.server.endSession({ id: "person-1" })
    await until(() => told.length === 1)
    expect((await tokensOf(test)).status).toBe(200)
  })
  test("has notices pushed to its queue, whose worker tells of each by a token of its own", async () => {
    const queue: LogoutNotice[] = []
    let isUp = false
    const { told, test } = stage({ backChannel: { push: (notice) => void queue.push(notice) } }, () =>
      isUp ? new Response(null, { status: 204 }) : new Response(null, { status: 503 }),
    )
    const { body } = await tokensOf(test)
    await test.browser.open(logoutPath(body.id_token))
    expect(queue).toEqual([{ clientId: "shop", sub: "person-1", sid: expect.any(String) }])
    expect(JSON.parse(JSON.stringify(queue))).toEqual(queue)
    await expect(test.server.deliverLogout(queue[0]!)).rejects.toMatchObject({ code: "OAUTH_LOGOUT_NOT_TOLD" })
    isUp = true
    await test.server.deliverLogout(queue[0]!)
    expect(new Set(told.map(({ token }) => decodeJwt(token).jti)).size).toBe(2)
    await test.server.deliverLogout({ ...queue[0]!, clientId: "gone" })
    expect(told).toHaveLength(2)
  })
  test("is told of what its queue did not take, and the person is signed out all the same", async () => {
    const failed: [LogoutNotice, unknown][] = []
    const { test } = stage({
      backChannel: {
        push: () => Promise.reject(new TypeError("full")),
        onFailed: (notice, error) => void failed.push([notice, error]),
      },
    })
    const { body } = await tokensOf(test)
    expect((await test.browser.open(logoutPath(body.id_token))).text).toContain("You are signed out")
    expect(failed.map(([{ clientId }, error]) => [clientId, String(error)])).toEqual([["shop", "TypeError: full"]])
    expect((await test.browser.open(authorizePath(pkce().challenge))).text).toContain('name="password"')
  })
})

describe("a client that cannot be told", () => {
  test("is told again a second later, and no more once the server closes", async () => {
    const failed: string[] = []
    const { told, test } = stage(
      { backChannel: { onFailed: ({ clientId }) => void failed.push(clientId) } },
      () => new Response("busy", { status: 503 }),
    )
    const { body } = await tokensOf(test)
    await test.browser.open(logoutPath(body.id_token))
    await until(() => told.length === 2)
    await test.server.close()
    expect(failed).toEqual(["shop"])
    expect(told).toHaveLength(2)
  })
  test("at an address of this network is not asked", async () => {
    const test = testServer({ clients: [{ ...SHOP, backChannelLogoutUri: "https://10.0.0.1/told" }] })
    const notice = { clientId: "shop", sub: "person-1", sid: null }
    await expect(test.server.deliverLogout(notice)).rejects.toMatchObject({ code: "OAUTH_LOGOUT_NOT_TOLD" })
  })
})

test("a browser of another is not signed out by it", async () => {
  const { told, test } = stage()
  await tokensOf(test)
  const stranger = new FormBrowser(ISSUER, test.send)
  await signIn(stranger, await stranger.open(authorizePath(pkce().challenge)))
  await stranger.submit(await stranger.open("/oauth/logout"), { decision: "allow" })
  await Bun.sleep(20)
  expect(told).toEqual([])
})
