import { describe, expect, test } from "bun:test"
import { createHash } from "node:crypto"
import { join } from "node:path"
import { temporaryFolder } from "@ashlar/cache/testing/databases"
import { manualClock } from "@ashlar/core"
import { createSealer } from "@ashlar/security"
import { decodeJwt, decodeProtectedHeader } from "jose"
import {
  type Answer,
  API,
  allow,
  authorizePath,
  basic,
  CALLBACK,
  ISSUER,
  NATIVE,
  pkce,
  type TestServer,
  testServer,
  tokensOf,
  WEB,
} from "../../testing/test-server.ts"

const folder = temporaryFolder()
const refresh = async (test: TestServer, token: unknown, more: Record<string, string> = {}): Promise<Answer> =>
  await test.post("/oauth/token", { grant_type: "refresh_token", refresh_token: String(token), ...more }, basic())
const userinfo = async ({ send }: TestServer, token: unknown): Promise<number> =>
  (await send(new Request(`${ISSUER}/oauth/userinfo`, { headers: { authorization: `Bearer ${token}` } }))).status
const codeOf = async (test: TestServer, parameters = {}): Promise<{ code: string; verifier: string }> => {
  const { verifier, challenge } = pkce()
  return { code: (await allow(test, authorizePath(challenge, parameters))).get("code")!, verifier }
}
const change = async (test: TestServer, form: Record<string, string>, client = WEB): Promise<Answer> =>
  await test.post("/oauth/token", { grant_type: "authorization_code", redirect_uri: CALLBACK, ...form }, basic(client))

describe("a code", () => {
  test("is changed for tokens that say who, for whom and until when", async () => {
    const clock = manualClock()
    const { status, headers, body } = await tokensOf(testServer({ clock }), { scope: "openid books:read", nonce: "n" })
    expect([status, headers.get("cache-control"), body.token_type, body.expires_in, body.scope]).toEqual([
      200,
      "no-store",
      "Bearer",
      600,
      "openid books:read",
    ])
    const now = clock.now() / 1000
    const access = body.access_token as string
    expect(decodeProtectedHeader(access)).toMatchObject({ typ: "at+jwt", alg: "ES256" })
    expect(decodeJwt(access)).toMatchObject({
      iss: ISSUER,
      sub: "person-1",
      aud: ISSUER,
      client_id: "shop",
      scope: "openid books:read",
      iat: now,
      exp: now + 600,
      auth_time: now,
    })
    const idToken = body.id_token as string
    const half = createHash("sha256").update(access).digest().subarray(0, 16).toString("base64url")
    expect(decodeJwt(idToken)).toMatchObject({ aud: "shop", nonce: "n", at_hash: half, exp: now + 3_600 })
  })
  test("used twice ends what it gave", async () => {
    const test = testServer()
    const { code, verifier } = await codeOf(test)
    const { body } = await change(test, { code, code_verifier: verifier })
    expect(await userinfo(test, body.access_token)).toBe(200)
    expect((await change(test, { code, code_verifier: verifier })).body.error).toBe("invalid_grant")
    expect(await userinfo(test, body.access_token)).toBe(401)
    expect((await refresh(test, body.refresh_token)).body.error).toBe("invalid_grant")
  })
  test.each(["memory:", `sqlite:${join(folder, "race.db")}`])(
    "used by many at once gives tokens once at most, in %s",
    async (store) => {
      const sealer = createSealer({ keys: { a: crypto.getRandomValues(new Uint8Array(32)) }, current: "a" })
      const test = testServer({ store, keys: { algorithms: ["ES256"], sealer } })
      const { code, verifier } = await codeOf(test)
      const all = await Promise.all(Array.from({ length: 12 }, () => change(test, { code, code_verifier: verifier })))
      expect(all.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
      for (const { body } of all)
        if (body.access_token !== undefined) expect(await userinfo(test, body.access_token)).toBe(401)
      await test.server.close()
    },
  )
  const wrong: [string, Record<string, string>][] = [
    ["another verifier", { code_verifier: "a".repeat(43) }],
    ["the challenge in place of the verifier", { code_verifier: createHash("sha256").update("x").digest("base64url") }],
    ["a short verifier", { code_verifier: "abc" }],
    ["another redirect_uri", { redirect_uri: "https://shop.example/other" }],
  ]
  test.each(wrong)("with %s gives nothing, and is used up", async (_, form) => {
    const test = testServer()
    const { code, verifier } = await codeOf(test)
    expect((await change(test, { code, code_verifier: verifier, ...form })).body.error).toBe("invalid_grant")
    expect((await change(test, { code, code_verifier: verifier })).body.error).toBe("invalid_grant")
  })
  test("without a verifier gives nothing", async () => {
    const test = testServer()
    const { code } = await codeOf(test)
    expect((await change(test, { code })).body.error).toBe("invalid_request")
  })
  test("of another client stays that one's", async () => {
    const other = { ...WEB, id: "other", secret: "another-secret-of-32-characters" }
    const test = testServer({ clients: [WEB, other] })
    const { code, verifier } = await codeOf(test)
    expect((await change(test, { code, code_verifier: verifier }, other)).body.error).toBe("invalid_grant")
    expect((await change(test, { code, code_verifier: verifier })).status).toBe(200)
  })
  test("is over after a minute", async () => {
    const clock = manualClock()
    const test = testServer({ clock })
    const { code, verifier } = await codeOf(test)
    clock.advance(60_000)
    expect((await change(test, { code, code_verifier: verifier })).body.error).toBe("invalid_grant")
  })
  test("follows the vector of RFC 7636, appendix B", async () => {
    const test = testServer()
    const said = await allow(test, authorizePath("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"))
    const { status } = await change(test, {
      code: said.get("code")!,
      code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    })
    expect(status).toBe(200)
  })
})

describe("a refresh token", () => {
  test("gives others once, and its second use ends the family", async () => {
    const test = testServer()
    const { body } = await tokensOf(test, { nonce: "n" })
    const second = await refresh(test, body.refresh_token)
    expect([second.status, second.body.refresh_token === body.refresh_token]).toEqual([200, false])
    expect(decodeJwt(second.body.id_token as string).nonce).toBeUndefined()
    const third = await refresh(test, second.body.refresh_token)
    expect(third.status).toBe(200)
    expect((await refresh(test, body.refresh_token)).body.error).toBe("invalid_grant")
    expect((await refresh(test, third.body.refresh_token)).body.error).toBe("invalid_grant")
    expect(await userinfo(test, third.body.access_token)).toBe(401)
  })
  test.each(["memory:", `sqlite:${join(folder, "refresh.db")}`])(
    "used by many at once gives others to one, in %s",
    async (store) => {
      const sealer = createSealer({ keys: { a: crypto.getRandomValues(new Uint8Array(32)) }, current: "a" })
      const test = testServer({ store, keys: { algorithms: ["ES256"], sealer } })
      const { body } = await tokensOf(test)
      const all = await Promise.all(Array.from({ length: 10 }, () => refresh(test, body.refresh_token)))
      expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
      const winner = all.find(({ status }) => status === 200)!
      expect((await refresh(test, winner.body.refresh_token)).body.error).toBe("invalid_grant")
      await test.server.close()
    },
  )
  test("gives a few more within the grace, and ends the family after it", async () => {
    const clock = manualClock()
    const test = testServer({ clock, refreshGraceSeconds: 10 })
    const { body } = await tokensOf(test)
    const both = await Promise.all([refresh(test, body.refresh_token), refresh(test, body.refresh_token)])
    expect(both.map(({ status }) => status)).toEqual([200, 200])
    clock.advance(9_999)
    expect((await refresh(test, body.refresh_token)).status).toBe(200)
    clock.advance(1)
    expect((await refresh(test, body.refresh_token)).status).toBe(400)
    for (const one of both) expect((await refresh(test, one.body.refresh_token)).status).toBe(400)
  })
  test("cannot be drained within the grace", async () => {
    const test = testServer({ refreshGraceSeconds: 60 })
    const { body } = await tokensOf(test)
    const found = []
    for (let turn = 0; turn < 8; turn++) found.push((await refresh(test, body.refresh_token)).status)
    expect(found.filter((status) => status === 200)).toHaveLength(4)
  })
  test("is over when it was not used, and its family in any case", async () => {
    const clock = manualClock()
    const day = 86_400_000
    const test = testServer({ clock, lifetimes: { refreshIdleSeconds: 10 * 86_400, refreshSeconds: 25 * 86_400 } })
    const idle = await tokensOf(test)
    let { body } = await tokensOf(test)
    for (let turn = 0; turn < 3; turn++) {
      clock.advance(8 * day)
      body = (await refresh(test, body.refresh_token)).body
    }
    expect((await refresh(test, idle.body.refresh_token)).status).toBe(400)
    clock.advance(day)
    expect((await refresh(test, body.refresh_token)).status).toBe(400)
  })
  test("gives less where less is asked, never more, and is not used up by asking", async () => {
    const test = testServer()
    const { body } = await tokensOf(test, { scope: "openid books:read", resource: API })
    expect((await refresh(test, body.refresh_token, { scope: "openid books:write" })).body.error).toBe("invalid_scope")
    expect((await refresh(test, body.refresh_token, { resource: "https://files.example/" })).body.error).toBe(
      "invalid_target",
    )
    const less = await refresh(test, body.refresh_token, { scope: "books:read" })
    expect([less.body.scope, less.body.id_token]).toEqual(["books:read", undefined])
    const again = await refresh(test, less.body.refresh_token)
    expect([again.body.scope, decodeJwt(again.body.access_token as string).aud]).toEqual(["openid books:read", API])
  })
  test("of another client gives nothing, and stays that one's", async () => {
    const other = { ...WEB, id: "other", secret: "another-secret-of-32-characters" }
    const test = testServer({ clients: [WEB, other] })
    const { body } = await tokensOf(test)
    const form = { grant_type: "refresh_token", refresh_token: body.refresh_token as string }
    expect((await test.post("/oauth/token", form, basic(other))).body.error).toBe("invalid_grant")
    expect((await refresh(test, body.refresh_token)).status).toBe(200)
  })
  test("is not given to a client that may not have one", async () => {
    const test = testServer({ clients: [{ ...WEB, grants: ["authorization_code"] }] })
    const { body } = await tokensOf(test)
    expect([typeof body.access_token, body.refresh_token]).toEqual(["string", undefined])
    expect((await refresh(test, "x")).body.error).toBe("unauthorized_client")
  })
})

describe("client credentials", () => {
  const ask = async (test: TestServer, form: Record<string, string> = {}, client = WEB) =>
    await test.post("/oauth/token", { grant_type: "client_credentials", ...form }, basic(client))

  test("give a token of the client's own, without a person", async () => {
    const { body } = await ask(testServer(), { scope: "books:read", resource: API })
    expect(decodeJwt(body.access_token as string)).toMatchObject({
      sub: "shop",
      client_id: "shop",
      aud: API,
      scope: "books:read",
    })
    expect([body.refresh_token, body.id_token, decodeJwt(body.access_token as string).auth_time]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })
  test("open no userinfo", async () => {
    const test = testServer()
    expect(await userinfo(test, (await ask(test)).body.access_token)).toBe(403)
  })
  test.each([
    ["a scope of people", { scope: "openid" }, "invalid_scope"],
    ["a scope nobody knows", { scope: "nothing" }, "invalid_scope"],
    ["a resource nobody knows", { resource: "https://evil.example/" }, "invalid_target"],
  ])("are refused for %s", async (_, form, error) => {
    expect((await ask(testServer(), form)).body.error).toBe(error)
  })
  test("are not for a client that may not, nor for a public one", async () => {
    const test = testServer({ clients: [{ ...WEB, grants: ["authorization_code"] }, NATIVE] })
    expect((await ask(test)).body.error).toBe("unauthorized_client")
    expect((await test.post("/oauth/token", { grant_type: "client_credentials", client_id: "app" })).body.error).toBe(
      "unauthorized_client",
    )
  })
})

describe("the token endpoint", () => {
  const ask = async (form: Parameters<TestServer["post"]>[1], headers: Record<string, string> = basic()) => {
    const { status, body, headers: said } = await testServer().post("/oauth/token", form, headers)
    expect(said.get("content-type")).toContain("application/json")
    return [status, body.error]
  }
  test.each([
    ["no grant_type", {}, "invalid_request"],
    [
      "one nobody knows",
      { grant_type: "password", username: "ana", password: "correct horse" },
      "unsupported_grant_type",
    ],
    ["one named like a property", { grant_type: "__proto__" }, "unsupported_grant_type"],
    ["one named like a method", { grant_type: "constructor" }, "unsupported_grant_type"],
    ["an empty one", { grant_type: "" }, "invalid_request"],
    ["no code", { grant_type: "authorization_code", code_verifier: "a".repeat(43) }, "invalid_request"],
  ])("refuses %s", async (_, form, error) => expect(await ask(form)).toEqual([400, error]))
  test("refuses a parameter that is there twice, even with one value", async () => {
    expect(
      await ask([
        ["grant_type", "client_credentials"],
        ["grant_type", "client_credentials"],
      ]),
    ).toEqual([400, "invalid_request"])
    expect(
      await ask([
        ["grant_type", "client_credentials"],
        ["scope", "books:read"],
        ["scope", "books:write"],
      ]),
    ).toEqual([400, "invalid_request"])
  })
  test("takes forms only, in the body only, of one size", async () => {
    const { send } = testServer()
    const url = `${ISSUER}/oauth/token`
    const form = "grant_type=client_credentials"
    const type = { "content-type": "application/x-www-form-urlencoded" }
    const said = async (request: Request) => (await send(request)).status
    expect(await said(new Request(url, { method: "POST", body: form, headers: { ...basic(), ...type } }))).toBe(200)
    expect(
      await said(
        new Request(url, { method: "POST", body: "{}", headers: { ...basic(), "content-type": "application/json" } }),
      ),
    ).toBe(400)
    expect(
      await said(new Request(`${url}?${form}`, { method: "POST", body: form, headers: { ...basic(), ...type } })),
    ).toBe(400)
    expect(
      await said(
        new Request(url, { method: "POST", body: `${form}&x=${"a".repeat(70_000)}`, headers: { ...basic(), ...type } }),
      ),
    ).toBe(413)
    expect(await said(new Request(`${url}?${form}`, { headers: basic() }))).toBe(405)
  })
})
