import { describe, expect, test } from "bun:test"
import { type ManualClock, manualClock } from "@ashlar/core"
import { decodeJwt } from "jose"
import { FormBrowser, readForm } from "../../testing/form-browser.ts"
import { type Answer, ISSUER, signIn, type TestServer, testServer, WEB } from "../../testing/test-server.ts"
import type { OAuthClient } from "../clients/client.ts"
import { normalUserCode, randomUserCode } from "./device-records.ts"

const GRANT = "urn:ietf:params:oauth:grant-type:device_code"
const TV: OAuthClient = { id: "tv", name: "Television", grants: [GRANT, "refresh_token"] }

function server(clock: ManualClock = manualClock()): TestServer {
  return testServer({ clock, clients: [TV, { ...TV, id: "other" }, WEB] })
}
const begin = async (test: TestServer, form: Record<string, string> = {}): Promise<Readonly<Record<string, string>>> =>
  (await test.post("/oauth/device_authorization", { client_id: "tv", scope: "openid books:read", ...form }))
    .body as Readonly<Record<string, string>>
const poll = async (test: TestServer, code: string | undefined, clientId = "tv"): Promise<Answer> =>
  await test.post("/oauth/token", { grant_type: GRANT, device_code: code ?? "", client_id: clientId })
const enter = async (test: TestServer, userCode: string, browser = test.browser) => {
  let page = await browser.open("/oauth/device")
  if (page.text.includes('name="password"')) page = await signIn(browser, page)
  return await browser.submit(page, { user_code: userCode })
}

describe("a device", () => {
  test("is connected by a person who types its code, and saw whose it is", async () => {
    const clock = manualClock()
    const test = server(clock)
    const device = await begin(test)
    expect(device).toMatchObject({ verification_uri: `${ISSUER}/oauth/device`, expires_in: 600, interval: 5 })
    expect(device.user_code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
    expect((await poll(test, device.device_code)).body.error).toBe("authorization_pending")
    const page = await enter(test, device.user_code!.toLowerCase().replace("-", " "))
    for (const text of ["Television", "Read your books", device.user_code!, "Continue only if you began this yourself"])
      expect(page.text).toContain(text)
    expect((await test.browser.submit(page, { decision: "allow" })).text).toContain("Your device is connected")
    clock.advance(5_000)
    const { status, body } = await poll(test, device.device_code)
    expect([status, body.scope, decodeJwt(body.id_token as string).sub]).toEqual([200, "openid books:read", "person-1"])
    expect((await poll(test, device.device_code)).body.error).toBe("invalid_grant")
    const fresh = await test.post("/oauth/token", {
      grant_type: "refresh_token",
      refresh_token: body.refresh_token as string,
      client_id: "tv",
    })
    expect(fresh.status).toBe(200)
  })
  test("is told no, and may be refused by pressing no", async () => {
    const test = server()
    const device = await begin(test)
    const page = await enter(test, device.user_code!)
    expect((await test.browser.submit(page, { decision: "deny" })).text).toContain("was not connected")
    expect((await poll(test, device.device_code)).body.error).toBe("access_denied")
  })
  test("that asks too often is told to slow down, each time more", async () => {
    const clock = manualClock()
    const test = server(clock)
    const { device_code } = await begin(test)
    const ask = async (afterMs: number) => {
      clock.advance(afterMs)
      return (await poll(test, device_code)).body.error
    }
    expect([
      await ask(0),
      await ask(5_000),
      await ask(1_000),
      await ask(5_000),
      await ask(15_000),
      await ask(15_000),
    ]).toEqual([
      "authorization_pending",
      "authorization_pending",
      "slow_down",
      "slow_down",
      "authorization_pending",
      "authorization_pending",
    ])
  })
  test("waits for its time, and is told when it is over", async () => {
    const clock = manualClock()
    const test = server(clock)
    const device = await begin(test)
    clock.advance(600_000)
    expect((await poll(test, device.device_code)).body.error).toBe("expired_token")
    expect((await enter(test, device.user_code!)).text).toContain("No device waits")
    clock.advance(60_000)
    expect((await poll(test, device.device_code)).body.error).toBe("invalid_grant")
  })
  test("gives its tokens once, of however many who ask", async () => {
    const clock = manualClock()
    const test = server(clock)
    const device = await begin(test)
    await test.browser.submit(await enter(test, device.user_code!), { decision: "allow" })
    const all = await Promise.all(Array.from({ length: 8 }, () => poll(test, device.device_code)))
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1)
  })
  test("is no other client's, nor of one that may not", async () => {
    const test = server()
    const device = await begin(test)
    expect((await poll(test, device.device_code, "other")).body.error).toBe("invalid_grant")
    expect((await poll(test, "x")).body.error).toBe("invalid_grant")
    expect((await test.post("/oauth/device_authorization", { client_id: "shop" })).status).toBe(401)
    expect((await test.post("/oauth/device_authorization", { client_id: "tv", scope: "nothing" })).body.error).toBe(
      "invalid_scope",
    )
  })
})

describe("phishing by devices", () => {
  test("a link with the code signs nobody in: the person still sees the code, and decides", async () => {
    const test = server()
    const device = await begin(test)
    expect(device.verification_uri_complete).toBe(`${ISSUER}/oauth/device?user_code=${device.user_code}`)
    let page = await test.browser.open(device.verification_uri_complete!)
    page = await signIn(test.browser, page)
    expect(page.text).toContain(`value="${device.user_code}"`)
    expect((await poll(test, device.device_code)).body.error).toBe("authorization_pending")
    page = await test.browser.submit(page, { user_code: device.user_code! })
    expect(page.text).toContain('value="deny"')
  })
  test("a code in a link is only ever a code", async () => {
    const { browser } = server()
    const login = await browser.open(`/oauth/device?user_code=${encodeURIComponent('"><script>alert(1)</script>')}`)
    const page = await signIn(browser, login)
    expect(page.text).not.toContain("<script")
    expect(page.text).toContain('name="user_code" value=""')
  })
  test("codes cannot be found by trying: a person and an address may try few", async () => {
    const test = server()
    const device = await begin(test)
    let page = await signIn(test.browser, await test.browser.open("/oauth/device"))
    const found: number[] = []
    for (let at = 0; at < 12; at++) {
      page = await test.browser.submit(page, { user_code: `BBBB-BBB${"BCDFGHJKLMNP"[at]}` })
      found.push(page.status)
    }
    expect(found).toEqual([...Array<number>(10).fill(400), 429, 429])
    // Not even with the right one: what is right is not told to who tries.
    expect((await test.browser.submit(page, { user_code: device.user_code! })).status).toBe(429)
  })
  test("a form of another browser, person or site decides nothing", async () => {
    const test = server()
    const device = await begin(test)
    const page = await enter(test, device.user_code!)
    const other = new FormBrowser(ISSUER, test.send)
    await enter(test, "BBBB-BBBB", other)
    expect((await other.submit(page, { decision: "allow" })).status).toBe(403)
    expect((await test.browser.submit(page, { decision: "allow" }, { "sec-fetch-site": "cross-site" })).status).toBe(
      403,
    )
    const first = readForm((await test.browser.open("/oauth/device")).text)
    const body = new URLSearchParams({ ...first.fields, decision: "allow" })
    await test.browser.open("/oauth/device", { method: "POST", body, headers: { "sec-fetch-site": "same-origin" } })
    expect((await poll(test, device.device_code)).body.error).toBe("authorization_pending")
  })
  test("a device is decided once", async () => {
    const test = server()
    const device = await begin(test)
    const page = await enter(test, device.user_code!)
    await test.browser.submit(page, { decision: "deny" })
    expect((await test.browser.submit(page, { decision: "allow" })).status).toBe(400)
    expect((await poll(test, device.device_code)).body.error).toBe("access_denied")
  })
})

test("codes are read as people write them, and are no words", () => {
  for (let at = 0; at < 200; at++) {
    const code = randomUserCode()
    expect(normalUserCode(` ${code.toLowerCase().replace("-", "")} `)).toBe(code)
    expect(code).not.toMatch(/[AEIOUY0-9]/)
  }
  for (const text of ["", "BBBB-BBB", "BBBB-BBBBB", "AAAA-AAAA", "BBBB-BBB0", "ＢBBB-BBBB"])
    expect(normalUserCode(text)).toBeUndefined()
})
