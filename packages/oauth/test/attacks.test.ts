import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryFolder } from "@ashlar/cache/testing/databases"
import { createApp } from "@ashlar/http"
import { openDatabase } from "@ashlar/orm"
import { createSealer } from "@ashlar/security"
import { FormBrowser, readForm } from "../src/testing/form-browser.ts"
import {
  allow,
  authorizePath,
  basic,
  CALLBACK,
  ISSUER,
  pkce,
  signIn,
  testServer,
  tokensOf,
  WEB,
} from "../src/testing/test-server.ts"

const folder = temporaryFolder()
const { challenge } = pkce()

describe("forms of other sites", () => {
  test.each([
    ["without the page that asked", {}, false],
    ["with a page that was made up", { transaction: "e30..a.b.c" }, false],
    ["that the browser says came from another site", {}, true],
  ])("cannot allow a client: %s", async (_, fields, isRealPage) => {
    const { browser } = testServer()
    const page = await signIn(browser, await browser.open(authorizePath(challenge)))
    const form = isRealPage ? readForm(page.text).fields : fields
    const body = new URLSearchParams({ ...form, decision: "allow" })
    const answer = await browser.open("/oauth/consent", {
      method: "POST",
      body,
      headers: { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
    })
    expect([answer.leftTo, [400, 403].includes(answer.status)]).toEqual([undefined, true])
  })
  test("an origin of another site is refused by browsers that say no more", async () => {
    const { browser } = testServer()
    const page = await signIn(browser, await browser.open(authorizePath(challenge)))
    const body = new URLSearchParams({ ...readForm(page.text).fields, decision: "allow" })
    const answer = await browser.open("/oauth/consent", {
      method: "POST",
      body,
      headers: { origin: "https://evil.example" },
    })
    expect(answer.status).toBe(403)
  })
  test("a page that was made for one browser is good in no other, and none signs another in", async () => {
    const test = testServer()
    const victim = new FormBrowser(ISSUER, test.send)
    const login = await test.browser.open(authorizePath(challenge))
    await victim.open(authorizePath(challenge))
    expect((await signIn(victim, login)).status).toBe(403)
    const consent = await signIn(test.browser, login)
    await signIn(victim, await victim.open(authorizePath(challenge)))
    const stolen = await victim.submit(consent, { decision: "allow" })
    expect([stolen.status, stolen.leftTo]).toEqual([403, undefined])
  })
  test("one kind of page does not pass for another", async () => {
    const test = testServer()
    const login = await test.browser.open(authorizePath(challenge))
    const { transaction } = readForm(login.text).fields
    const consent = readForm((await signIn(test.browser, login)).text).fields.transaction!
    for (const [path, value] of [
      ["/oauth/consent", transaction!],
      ["/oauth/login", consent],
      ["/oauth/device", consent],
      ["/oauth/logout", consent],
    ] as const) {
      const body = new URLSearchParams({
        transaction: value,
        decision: "allow",
        username: "ana",
        password: "correct horse",
      })
      const answer = await test.browser.open(path, { method: "POST", body })
      expect([answer.status, answer.leftTo]).toEqual([400, undefined])
    }
    expect((await test.browser.open(`/oauth/authorize?transaction=${consent}`)).status).toBe(400)
  })
  test("a consent is of who saw it: another who signed in meanwhile is asked anew", async () => {
    let id = "person-1"
    const test = testServer({ people: { current: () => ({ id, authTimeMs: 0 }), signIn: () => "sign in" } })
    const page = await test.browser.open(authorizePath(challenge))
    id = "person-2"
    const answer = await test.browser.submit(page, { decision: "allow" })
    expect([answer.leftTo, answer.text.includes('name="decision"')]).toEqual([undefined, true])
  })
})

describe("pages", () => {
  test("are in no frame, are not kept, run no script and tell nobody where they were", async () => {
    const { browser } = testServer()
    const login = await browser.open(authorizePath(challenge))
    const pages = [
      login,
      await signIn(browser, login),
      await browser.open("/oauth/authorize"),
      await browser.open("/oauth/logout"),
      await browser.open("/oauth/device"),
    ]
    for (const { headers, text } of pages) {
      expect(headers.get("content-security-policy")).toContain("default-src 'none'")
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'")
      expect(headers.get("content-security-policy")).not.toContain("script-src")
      expect([headers.get("x-frame-options"), headers.get("cache-control"), headers.get("referrer-policy")]).toEqual([
        "DENY",
        "no-store",
        "no-referrer",
      ])
      expect(text).not.toContain("<script")
      expect(text).toMatch(/<html lang="en">.*<title>[^<]+<\/title>/s)
      for (const [, id] of text.matchAll(/<input id="(\w+)"/g)) expect(text).toContain(`<label for="${id}">`)
    }
  })
  test("have cookies that scripts and other sites do not get, and on TLS no other host can set", async () => {
    const plain = (await testServer().browser.open(authorizePath(challenge))).headers.getSetCookie()
    expect(plain[0]).toMatch(/^ashlar-oauth-browser=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/)
    const secure = testServer({ issuer: "https://id.example.com" })
    const lines = (await secure.browser.open(authorizePath(challenge))).headers.getSetCookie()
    expect(lines[0]).toMatch(/^__Host-ashlar-oauth-browser=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Secure$/)
  })
  test("guessing passwords ends soon, for a name and for an address", async () => {
    const { browser } = testServer()
    const page = await browser.open(authorizePath(challenge))
    const found: number[] = []
    for (let at = 0; at < 12; at++)
      found.push(
        (await browser.submit(page, { username: at % 2 === 0 ? "ana" : " ANA".trim(), password: `${at}` })).status,
      )
    expect([...new Set(found)]).toEqual([401, 429])
    expect((await signIn(browser, page)).status).toBe(429)
  })
  test("a session from before a sign-in is not the one after it", async () => {
    const test = testServer()
    test.browser.cookies.set("ashlar-oauth-session", "a".repeat(43))
    await allow(test, authorizePath(challenge))
    expect(test.browser.cookies.get("ashlar-oauth-session")).not.toBe("a".repeat(43))
  })
})

describe("what a request says of its host", () => {
  const headers = {
    host: "evil.example",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "https",
    "x-forwarded-for": "1.2.3.4",
    forwarded: "host=evil.example;proto=https",
  }
  test("changes nothing of who the server is", async () => {
    const { send, browser } = testServer()
    for (const path of ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"]) {
      const text = await (await send(new Request(`${ISSUER}${path}`, { headers }))).text()
      expect(text).not.toContain("evil.example")
      expect(JSON.parse(text)).toMatchObject({ issuer: ISSUER, token_endpoint: `${ISSUER}/oauth/token` })
    }
    const page = await browser.open(authorizePath(challenge), { headers })
    expect(page.text).not.toContain("evil.example")
    expect(readForm(page.text).action).toBe(`${ISSUER}/oauth/login`)
  })
  test("an issuer with a path has its metadata on both sides of it, and its routes below", async () => {
    const issuer = "http://127.0.0.1:4444/tenants/7"
    const { send } = testServer({ issuer })
    for (const path of [
      "/tenants/7/.well-known/openid-configuration",
      "/.well-known/oauth-authorization-server/tenants/7",
    ]) {
      const body = (await (await send(new Request(`http://127.0.0.1:4444${path}`))).json()) as Record<string, unknown>
      expect([body.issuer, body.jwks_uri]).toEqual([issuer, `${issuer}/oauth/jwks`])
    }
    expect((await send(new Request(`${issuer}/oauth/jwks`))).status).toBe(200)
  })
})

test("two servers of one app are not taken for each other: answers and tokens say whose they are", async () => {
  const [one, two] = [testServer(), testServer({ issuer: "http://127.0.0.1:5555" })]
  const said = await allow(one, authorizePath(challenge))
  expect(said.get("iss")).toBe(ISSUER)
  const { body } = await tokensOf(one)
  const answer = await two.send(
    new Request("http://127.0.0.1:5555/oauth/userinfo", { headers: { authorization: `Bearer ${body.access_token}` } }),
  )
  expect(answer.status).toBe(401)
  expect((await two.post("/oauth/introspect", { token: body.access_token as string }, basic())).body).toEqual({
    active: false,
  })
})

test("nothing that opens something is kept in the clear", async () => {
  const store = `sqlite:${join(folder, "rest.db")}`
  const sealer = createSealer({ keys: { a: crypto.getRandomValues(new Uint8Array(32)) }, current: "a" })
  const test = testServer({
    store,
    keys: { algorithms: ["ES256"], sealer },
    resources: { "https://api.example/": { tokens: "opaque" } },
  })
  const { verifier, challenge } = pkce()
  const said = await allow(test, authorizePath(challenge, { resource: "https://api.example/" }))
  const code = said.get("code")!
  const form = { grant_type: "authorization_code", code, code_verifier: verifier, redirect_uri: CALLBACK }
  const { body } = await test.post("/oauth/token", form, basic())
  const database = await openDatabase(store)
  const text = JSON.stringify(await database.sql`select * from ashlar_oauth`.all())
  const session = test.browser.cookies.get("ashlar-oauth-session")!
  for (const secret of [code, verifier, body.access_token, body.refresh_token, session, WEB.secret]) {
    expect(typeof secret).toBe("string")
    expect(text).not.toContain(secret as string)
  }
  await Promise.all([database.close(), test.server.close()])
})

describe("a server that is not safe is refused at once", () => {
  test.each([
    ["an issuer of http", { issuer: "http://id.example.com" }],
    ["an issuer with a slash", { issuer: "https://id.example.com/" }],
    ["an issuer with a query", { issuer: "https://id.example.com?x=1" }],
    ["an issuer with a user", { issuer: "https://ana@id.example.com" }],
    ["an issuer in capitals", { issuer: "https://ID.example.com" }],
    ["no issuer", { issuer: "id.example.com" }],
    ["a database without a sealer", { store: "sqlite:x.db" }],
    ["codes that live long", { lifetimes: { codeSeconds: 3_600 } }],
    ["tokens without end", { lifetimes: { accessTokenSeconds: Number.POSITIVE_INFINITY } }],
    [
      "tokens that outlive their keys",
      { lifetimes: { idTokenSeconds: 86_400 }, keys: { overlapSeconds: 3_600, rotateSeconds: 86_400 } },
    ],
    ["keys that rotate faster than they overlap", { keys: { overlapSeconds: 86_400, rotateSeconds: 86_400 } }],
    ["an algorithm with a shared secret", { keys: { algorithms: ["HS256" as "RS256"] } }],
    ["no algorithm", { keys: { algorithms: [] } }],
    ["a long grace", { refreshGraceSeconds: 3_600 }],
    ["a resource that is no URI", { resources: { api: {} } }],
    ["a default resource that is none", { defaultResource: "https://other.example/" }],
    ["a scope that cannot be", { scopes: { "a b": "x" } }],
  ])("%s", (_, options) => {
    expect(() => testServer(options)).toThrow(expect.objectContaining({ code: "OAUTH_OPTION_INVALID" }))
  })
})

test("a store that fails is told as such, and as nothing else", async () => {
  const errors: unknown[] = []
  const test = testServer({
    store: {
      add: () => Promise.reject(new Error("disk /var/secret")),
      get: () => Promise.reject(new Error("disk /var/secret")),
      change: async () => false,
      remove: async () => false,
      list: () => Promise.reject(new Error("disk /var/secret")),
      close: async () => undefined,
    },
    keys: { sealer: { seal: (text) => text, open: (text) => text } },
  })
  const app = createApp({ onError: (error) => void errors.push(error), development: false })
  app.add(test.server.routes)
  const answer = await app.fetch(new Request(`${ISSUER}/oauth/jwks`))
  expect([answer.status, (await answer.text()).includes("/var/secret")]).toEqual([500, false])
  expect(errors).toHaveLength(1)
})
