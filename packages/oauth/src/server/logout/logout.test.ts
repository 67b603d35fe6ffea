import { describe, expect, test } from "bun:test"
import { FormBrowser } from "../../testing/form-browser.ts"
import {
  authorizePath,
  ISSUER,
  pkce,
  signIn,
  type TestServer,
  testServer,
  tokensOf,
  WEB,
} from "../../testing/test-server.ts"

const BYE = "https://shop.example/bye"
const { challenge } = pkce()
const isSignedIn = async ({ browser }: TestServer) =>
  !(await browser.open(authorizePath(challenge))).text.includes('name="password"')
const path = (parameters: Record<string, string>) => `/oauth/logout?${new URLSearchParams(parameters)}`

describe("a person", () => {
  test("is signed out for a client that shows whose session it was, and sent where it said", async () => {
    const test = testServer()
    const { body } = await tokensOf(test)
    const page = await test.browser.open(
      path({ id_token_hint: body.id_token as string, post_logout_redirect_uri: BYE, state: "a b" }),
    )
    expect(page.leftTo?.href).toBe(`${BYE}?state=a+b`)
    expect(await isSignedIn(test)).toBe(false)
  })
  test("is asked where nothing shows it, and may stay", async () => {
    const test = testServer()
    await tokensOf(test)
    const page = await test.browser.open(path({ client_id: "shop", post_logout_redirect_uri: BYE }))
    expect(page.text).toContain("Do you want to sign out?")
    expect((await test.browser.submit(page, { decision: "deny" })).text).toContain("still signed in")
    expect(await isSignedIn(test)).toBe(true)
    expect((await test.browser.submit(page, { decision: "allow" })).leftTo?.href).toBe(BYE)
    expect(await isSignedIn(test)).toBe(false)
  })
  test("is not signed out by another site's form, another browser's page, or the token of another session", async () => {
    const test = testServer()
    const first = await tokensOf(test)
    const page = await test.browser.open("/oauth/logout")
    const other = new FormBrowser(ISSUER, test.send)
    await signIn(other, await other.open(authorizePath(challenge)))
    expect((await other.submit(page, { decision: "allow" })).status).toBe(403)
    expect((await test.browser.submit(page, { decision: "allow" }, { "sec-fetch-site": "cross-site" })).status).toBe(
      403,
    )
    const foreign = await other.open(path({ id_token_hint: first.body.id_token as string }))
    expect(foreign.text).toContain("Do you want to sign out?")
    expect(await isSignedIn(test)).toBe(true)
  })
  test("who is not signed in is told so", async () => {
    expect((await testServer().browser.open("/oauth/logout")).text).toContain("You are signed out")
  })
})

describe("an address after it", () => {
  test.each([
    ["that nobody registered", { client_id: "shop", post_logout_redirect_uri: "https://evil.example/" }],
    ["that is for answers only", { client_id: "shop", post_logout_redirect_uri: WEB.redirectUris![0]! }],
    ["of no client", { post_logout_redirect_uri: BYE }],
    ["of a client that is not there", { client_id: "nobody", post_logout_redirect_uri: BYE }],
    ["with more behind it", { client_id: "shop", post_logout_redirect_uri: `${BYE}@evil.example` }],
    ["that is a script", { client_id: "shop", post_logout_redirect_uri: "javascript:alert(1)" }],
    ["with a hint that is none", { id_token_hint: "x", post_logout_redirect_uri: BYE }],
  ])("%s is not gone to", async (_, parameters) => {
    const page = await testServer().browser.open(path(parameters))
    expect([page.status, page.leftTo]).toEqual([400, undefined])
  })
  test("is of the client that the hint is of", async () => {
    const test = testServer({ clients: [WEB, { ...WEB, id: "other" }] })
    const { body } = await tokensOf(test)
    const page = await test.browser.open(
      path({ client_id: "other", id_token_hint: body.id_token as string, post_logout_redirect_uri: BYE }),
    )
    expect([page.status, page.leftTo]).toEqual([400, undefined])
  })
})
