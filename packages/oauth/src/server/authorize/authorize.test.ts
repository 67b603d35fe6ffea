import { describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { decodeJwt } from "jose"
import {
  API,
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
} from "../../testing/test-server.ts"
import type { Person } from "../people.ts"

const { challenge } = pkce()

describe("a request that is wrong in whose it is", () => {
  const rows: [string, Record<string, string | undefined>][] = [
    ["no client", { client_id: undefined }],
    ["a client that is not there", { client_id: "nobody" }],
    ["a client named like a property", { client_id: "__proto__" }],
    ["no redirect_uri", { redirect_uri: undefined }],
    ["another redirect_uri", { redirect_uri: "https://evil.example/" }],
    ["one with a path behind", { redirect_uri: `${CALLBACK}/..` }],
    ["one with a query", { redirect_uri: `${CALLBACK}?x=1` }],
    ["a fragment", { redirect_uri: `${CALLBACK}#` }],
    ["a user", { redirect_uri: "https://shop.example@evil.example/callback" }],
    ["a line break", { redirect_uri: `${CALLBACK}\r\nset-cookie: a=b` }],
    ["a script", { redirect_uri: "javascript:alert(1)" }],
    ["a state that is a header", { state: "a\r\nset-cookie: a=b" }],
    ["a request by URI", { request_uri: "https://evil.example/request.jwt" }],
    ["a pushed request that never was", { request_uri: "urn:ietf:params:oauth:request_uri:x" }],
    ["more than can be read", { scope: "a".repeat(9_000) }],
  ]
  test.each(rows)("is told to the person, and goes nowhere: %s", async (_, parameters) => {
    const { browser } = testServer()
    const page = await browser.open(authorizePath(challenge, parameters))
    expect([page.status, page.leftTo, page.headers.get("location")]).toEqual([400, undefined, null])
    expect(page.headers.get("content-type")).toContain("text/html")
    expect(page.text).toContain('role="alert"')
    expect(page.text).not.toContain("evil.example")
    expect(page.headers.get("set-cookie")).toBeNull()
  })
  test.each(["client_id", "redirect_uri", "scope", "state", "response_type", "code_challenge", "nonce", "prompt"])(
    "a second %s is refused",
    async (name) => {
      const { browser } = testServer()
      const page = await browser.open(`${authorizePath(challenge, { nonce: "n", prompt: "login" })}&${name}=x`)
      expect([page.status, page.leftTo]).toEqual([400, undefined])
    },
  )
  test("a hundred parameters, or a long query, are refused", async () => {
    const { browser } = testServer()
    const many = Array.from({ length: 100 }, (_, at) => `p${at}=1`).join("&")
    expect((await browser.open(`${authorizePath(challenge)}&${many}`)).status).toBe(400)
    expect((await browser.open(`${authorizePath(challenge)}&x=${"a".repeat(20_000)}`)).status).toBe(400)
  })
})

describe("a request that is wrong in what it asks", () => {
  const rows: [string, Record<string, string | undefined>, string][] = [
    ["no response_type", { response_type: undefined }, "invalid_request"],
    ["the implicit flow", { response_type: "token" }, "unsupported_response_type"],
    ["the hybrid flow", { response_type: "code id_token" }, "unsupported_response_type"],
    ["no PKCE", { code_challenge: undefined, code_challenge_method: undefined }, "invalid_request"],
    ["PKCE by no method", { code_challenge_method: undefined }, "invalid_request"],
    ["plain PKCE", { code_challenge_method: "plain" }, "invalid_request"],
    ["PKCE in small letters", { code_challenge_method: "s256" }, "invalid_request"],
    ["a short challenge", { code_challenge: "abc" }, "invalid_request"],
    ["a challenge with padding", { code_challenge: `${challenge}=` }, "invalid_request"],
    ["a scope nobody knows alone", { scope: "nothing" }, "invalid_scope"],
    ["scopes that cannot be", { scope: 'openid "' }, "invalid_scope"],
    ["a resource nobody knows", { resource: "https://other.example/" }, "invalid_target"],
    ["a signed request", { request: "e30.e30." }, "request_not_supported"],
    ["a registration", { registration: "{}" }, "registration_not_supported"],
    ["prompts that exclude each other", { prompt: "none login" }, "invalid_request"],
    ["a prompt nobody knows", { prompt: "dance" }, "invalid_request"],
    ["a max_age below zero", { max_age: "-1" }, "invalid_request"],
    ["a max_age that is no number", { max_age: "soon" }, "invalid_request"],
    ["claims that are no JSON", { claims: "{" }, "invalid_request"],
    ["claims that are a list", { claims: "[]" }, "invalid_request"],
    [
      "claims of many",
      {
        claims: JSON.stringify({
          userinfo: Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`c${at}`, null])),
        }),
      },
      "invalid_request",
    ],
    ["a hint that is no token", { id_token_hint: "x" }, "invalid_request"],
    ["nobody signed in", { prompt: "none" }, "login_required"],
    ["a response in the fragment", { response_mode: "fragment" }, "invalid_request"],
  ]
  test.each(rows)("is told to the client: %s", async (_, parameters, error) => {
    const { browser } = testServer()
    let page = await browser.open(authorizePath(challenge, parameters))
    if (page.leftTo === undefined) page = await signIn(browser, page)
    expect(page.leftTo?.href.startsWith(`${CALLBACK}?`)).toBe(true)
    const said = page.leftTo!.searchParams
    expect([said.get("error"), said.get("state"), said.get("iss"), said.get("code")]).toEqual([
      error,
      "s1",
      ISSUER,
      null,
    ])
    expect(page.status).toBe(303)
  })
  test("keeps to the scopes and the resources of the client", async () => {
    const small = { ...WEB, scopes: ["openid", "books:read"], resources: [] }
    const { browser } = testServer({ clients: [small] })
    const told = async (parameters: Record<string, string>) =>
      (await browser.open(authorizePath(challenge, parameters))).leftTo?.searchParams.get("error")
    expect(await told({ scope: "openid books:write" })).toBe("invalid_scope")
    expect(await told({ scope: "openid", resource: API })).toBe("invalid_target")
    expect(await told({ scope: "openid something_new" })).toBeUndefined()
  })
})

describe("an answer", () => {
  test("keeps the query of the client's address, and brings state and issuer", async () => {
    const redirect = "https://shop.example/callback?tenant=7"
    const test = testServer({ clients: [{ ...WEB, redirectUris: [redirect] }] })
    const said = await allow(test, authorizePath(challenge, { redirect_uri: redirect, state: "a b&c=d#e%41ü" }))
    expect([...said.keys()].toSorted()).toEqual(["code", "iss", "state", "tenant"])
    expect([said.get("tenant"), said.get("state"), said.get("iss")]).toEqual(["7", "a b&c=d#e%41ü", ISSUER])
  })
  test("comes as a form where that is asked for, which works with and without scripts", async () => {
    const { browser } = testServer()
    let page = await signIn(
      browser,
      await browser.open(authorizePath(challenge, { response_mode: "form_post", state: '"><script>' })),
    )
    page = await browser.submit(page, { decision: "allow" })
    expect([page.status, page.leftTo]).toEqual([200, undefined])
    expect(page.text).toContain(`<form method="post" action="${CALLBACK}">`)
    expect(page.text).toMatch(/<input type="hidden" name="code" value="[\w-]{43}">/)
    expect(page.text).toContain('name="state" value="&#34;&#62;&#60;script&#62;"')
    const policy = page.headers.get("content-security-policy")!
    expect(policy).toMatch(/script-src 'sha256-[^']+';/)
    expect(policy).toContain("form-action 'self' https://shop.example")
  })
  test("says no when the person does", async () => {
    const { browser } = testServer()
    const asked = await signIn(browser, await browser.open(authorizePath(challenge)))
    const { leftTo } = await browser.submit(asked, { decision: "deny" })
    expect([leftTo?.searchParams.get("error"), leftTo?.searchParams.get("code")]).toEqual(["access_denied", null])
    expect((await browser.open(authorizePath(challenge))).text).toContain('name="decision"')
  })
  test("goes by POST as by GET", async () => {
    const { browser } = testServer()
    const body = new URLSearchParams(authorizePath(challenge).split("?")[1])
    const page = await browser.open("/oauth/authorize", { method: "POST", body })
    expect(page.text).toContain('name="password"')
    expect((await signIn(browser, page)).text).toContain('name="decision"')
  })
})

describe("people", () => {
  test("are asked once for what they allowed, and again for more", async () => {
    const test = testServer()
    await allow(test, authorizePath(challenge, { scope: "openid email" }))
    const asks = async (parameters: Record<string, string>) =>
      (await test.browser.open(authorizePath(challenge, parameters))).text.includes('name="decision"')
    expect(await asks({ scope: "openid email" })).toBe(false)
    expect(await asks({ scope: "openid" })).toBe(false)
    expect(await asks({ scope: "openid books:read" })).toBe(true)
    expect(await asks({ scope: "openid", resource: API })).toBe(true)
    expect(await asks({ scope: "openid", prompt: "consent" })).toBe(true)
    const silent = await test.browser.open(authorizePath(challenge, { scope: "openid books:read", prompt: "none" }))
    expect(silent.leftTo?.searchParams.get("error")).toBe("consent_required")
    const known = await test.browser.open(authorizePath(challenge, { scope: "openid", prompt: "none" }))
    expect(known.leftTo?.searchParams.get("code")).toBeString()
  })
  test("are not asked by an application of the same maker, unless any program could be it", async () => {
    const native = { id: "cli", redirectUris: ["http://127.0.0.1/cb"], firstParty: true }
    const { browser } = testServer({ clients: [{ ...WEB, firstParty: true }, native] })
    expect(
      (await signIn(browser, await browser.open(authorizePath(challenge)))).leftTo?.searchParams.get("code"),
    ).toBeString()
    const page = await browser.open(
      authorizePath(challenge, { client_id: "cli", redirect_uri: "http://127.0.0.1:5/cb" }),
    )
    expect(page.text).toContain('name="decision"')
  })
  test("read what they allow, and every text is escaped", async () => {
    const { browser } = testServer({ clients: [{ ...WEB, name: '<img src=x onerror="alert(1)">' }] })
    const login = await browser.open(
      authorizePath(challenge, { scope: "openid books:write", login_hint: '"><script>alert(1)</script>' }),
    )
    const page = await signIn(browser, login)
    for (const { text } of [login, page]) expect(text).not.toMatch(/<img|<script/)
    expect(login.text).toContain('value="&#34;&#62;&#60;script')
    for (const text of ["Change your books", "To know who you are", "shop.example", "ana@example.com"])
      expect(page.text).toContain(text)
  })
  test("stay signed in on the server's page for as long as was said", async () => {
    const clock = manualClock()
    const test = testServer({ clock, lifetimes: { sessionSeconds: 100 } })
    await allow(test, authorizePath(challenge))
    clock.advance(99_000)
    expect((await test.browser.open(authorizePath(challenge))).leftTo).toBeDefined()
    clock.advance(1_000)
    expect((await test.browser.open(authorizePath(challenge))).text).toContain('name="password"')
  })
  test("sign in again where the client asks for it, and only then", async () => {
    const clock = manualClock()
    const test = testServer({ clock })
    await allow(test, authorizePath(challenge))
    clock.advance(60_000)
    const asks = async (parameters: Record<string, string>) =>
      (await test.browser.open(authorizePath(challenge, parameters))).text.includes('name="password"')
    expect(await asks({ max_age: "60" })).toBe(false)
    expect(await asks({ max_age: "59" })).toBe(true)
    expect(await asks({ max_age: "0" })).toBe(true)
    expect(await asks({ prompt: "login" })).toBe(true)
    expect(await asks({ prompt: "select_account" })).toBe(true)
    const login = await test.browser.open(authorizePath(challenge, { prompt: "login" }))
    expect((await signIn(test.browser, login)).leftTo?.searchParams.get("code")).toBeString()
    const silent = await test.browser.open(authorizePath(challenge, { prompt: "none", max_age: "0" }))
    expect(silent.leftTo).toBeDefined()
  })
  test("sign in again also where they just did", async () => {
    const clock = manualClock(Date.UTC(2026, 0, 1, 0, 0, 0, 250))
    const test = testServer({ clock })
    await allow(test, authorizePath(challenge))
    clock.advance(500)
    expect((await test.browser.open(authorizePath(challenge, { prompt: "login" }))).text).toContain('name="password"')
  })
  test("cannot skip signing in again by going on without", async () => {
    const clock = manualClock()
    let person: Person | undefined = { id: "person-1", authTimeMs: clock.now() - 10_000 }
    const seen: string[] = []
    const test = testServer({
      clock,
      people: {
        current: () => person,
        signIn: (ctx, { returnTo, reason }) => {
          seen.push(reason)
          return ctx.html(`<a href="${returnTo}">`)
        },
      },
    })
    let page = await test.browser.open(authorizePath(challenge, { prompt: "login" }))
    for (let turn = 0; turn < 3 && page.leftTo === undefined; turn++)
      page = await test.browser.open(/href="([^"]+)"/.exec(page.text)![1]!)
    expect(page.leftTo?.searchParams.get("error")).toBe("login_required")
    expect(seen).toEqual(["again", "again", "again"])
    person = undefined
    page = await test.browser.open(authorizePath(challenge))
    person = { id: "person-2", authTimeMs: clock.now() }
    page = await test.browser.open(/href="([^"]+)"/.exec(page.text)![1]!)
    expect(page.text).toContain('name="decision"')
  })
  test("are as strong as the client insists, or the client is told", async () => {
    let person: Person = { id: "person-1", authTimeMs: 0, acr: "low" }
    const reasons: (readonly [string, readonly string[]])[] = []
    const test = testServer({
      acrValues: ["low", "high"],
      people: {
        current: () => person,
        signIn: (ctx, { returnTo, reason, acrValues }) => {
          reasons.push([reason, acrValues])
          return ctx.html(`<a href="${returnTo}">`)
        },
      },
    })
    const go = async (text: string) => await test.browser.open(/href="([^"]+)"/.exec(text)![1]!)
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: ["high"] } } })
    const weak = await go((await test.browser.open(authorizePath(challenge, { claims }))).text)
    expect(weak.leftTo?.searchParams.get("error")).toBe("unmet_authentication_requirements")
    const asked = await test.browser.open(authorizePath(challenge, { claims }))
    person = { ...person, acr: "high" }
    expect((await go(asked.text)).text).toContain('name="decision"')
    person = { ...person, acr: "low" }
    // Only wished for: asked once, and taken as it is.
    expect((await go((await test.browser.open(authorizePath(challenge, { acr_values: "high" }))).text)).text).toContain(
      'name="decision"',
    )
    expect(reasons.every(([reason, values]) => reason === "weak" && values[0] === "high")).toBe(true)
  })
  test("are the ones that a hint names", async () => {
    const test = testServer()
    const { body } = await tokensOf(test)
    const hint = body.id_token as string
    const fine = await test.browser.open(authorizePath(challenge, { id_token_hint: hint, prompt: "none" }))
    expect(fine.leftTo?.searchParams.get("code")).toBeString()
    const claims = JSON.stringify({ id_token: { sub: { value: "person-2" } } })
    const other = await test.browser.open(authorizePath(challenge, { claims, prompt: "none" }))
    expect(other.leftTo?.searchParams.get("error")).toBe("login_required")
    const [head, payload, signature] = hint.split(".")
    const forged = Buffer.from(JSON.stringify({ ...decodeJwt(hint), sub: "person-2" })).toString("base64url")
    for (const bad of [`${head}.${forged}.${signature}`, `${head}.${payload}.`, body.access_token as string]) {
      const page = await test.browser.open(authorizePath(challenge, { id_token_hint: bad, prompt: "none" }))
      expect(page.leftTo?.searchParams.get("error")).toBe("invalid_request")
    }
  })
  test("have the claims that scopes and requests give, and no others", async () => {
    const test = testServer()
    const claims = JSON.stringify({
      userinfo: { phone_number: null, iss: null },
      id_token: { email: null, sub: null, aud: { value: "evil" } },
    })
    const { body } = await tokensOf(test, { scope: "openid profile", claims, nonce: "n1" })
    const idToken = decodeJwt(body.id_token as string)
    expect(idToken).toMatchObject({
      iss: ISSUER,
      sub: "person-1",
      aud: "shop",
      nonce: "n1",
      email: "ana@example.com",
      amr: ["pwd"],
    })
    const info = await test.send(
      new Request(`${ISSUER}/oauth/userinfo`, { headers: { authorization: `Bearer ${body.access_token}` } }),
    )
    expect(await info.json()).toEqual({ sub: "person-1", name: "Ana", phone_number: "+1 555 0100" })
  })
  test("who are no more have no tokens any more", async () => {
    let isThere = true
    const test = testServer({
      people: { verify: () => ({ id: "person-1" }), claims: () => (isThere ? { name: "Ana" } : undefined) },
    })
    const { body } = await tokensOf(test)
    isThere = false
    const info = await test.send(
      new Request(`${ISSUER}/oauth/userinfo`, { headers: { authorization: `Bearer ${body.access_token}` } }),
    )
    expect(info.status).toBe(401)
    const fresh = await test.post(
      "/oauth/token",
      { grant_type: "refresh_token", refresh_token: body.refresh_token as string },
      basic(),
    )
    expect([fresh.status, fresh.body.error]).toEqual([400, "invalid_grant"])
  })
})
