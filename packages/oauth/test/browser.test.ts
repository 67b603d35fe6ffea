import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { existsSync } from "node:fs"
import { createApp, type Server } from "@ashlar/http"
import { createOAuthServer, type OAuthServer } from "@ashlar/oauth/server"
import { type Browser, chromium, type Page } from "playwright-core"
import { listenFirst } from "../src/testing/late-server.ts"
import { authorizePath, PEOPLE, pkce } from "../src/testing/test-server.ts"

/** The default pages in a real browser, with scripts and without: what their policies forbid must not be what they need. */

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]
const hasBrowser = existsSync(executablePath)
if (!hasBrowser)
  console.log(`skipped: the pages of the OAuth server: no browser at ${executablePath}; install chromium`)

describe.skipIf(!hasBrowser && process.env.CI !== "true")("the pages", () => {
  setDefaultTimeout(60_000)
  const { challenge } = pkce()
  const seen: string[] = []
  let browser: Browser
  let shop: Server
  let server: OAuthServer
  let stop: () => Promise<unknown>
  let redirect: string

  beforeAll(async () => {
    const shopApp = createApp()
    shopApp.get("/callback", (ctx) => ctx.html(`got ${ctx.url.search}`))
    shopApp.post("/callback", async (ctx) =>
      ctx.html(`got ${new URLSearchParams((await ctx.read("form")) as Record<string, string>)}`),
    )
    shopApp.get("/frame", (ctx) =>
      ctx.html(`<iframe src="${server.issuer}${authorizePath(challenge, { redirect_uri: redirect })}"></iframe>`),
    )
    shopApp.get("/favicon.ico", (ctx) => ctx.empty())
    shop = await shopApp.listen({ port: 0 })
    redirect = `${new URL(shop.url).origin}/callback`
    const socket = await listenFirst()
    server = createOAuthServer({
      issuer: socket.origin,
      clients: [
        { id: "shop", name: "The Shop", secret: "shop-secret-of-32-characters-long", redirectUris: [redirect] },
      ],
      people: PEOPLE,
    })
    const app = createApp()
    app.add(server.routes)
    socket.serve(app)
    stop = () => Promise.all([socket.stop(), shopApp.stop(0)])
    browser = await chromium.launch({ executablePath, args, headless: true })
  })
  afterAll(async () => {
    await browser?.close()
    await stop?.()
  })
  const open = async (javaScriptEnabled: boolean): Promise<Page> => {
    const page = await (await browser.newContext({ javaScriptEnabled })).newPage()
    page.on(
      "console",
      (message) => void (message.type() === "error" && !message.text().includes("404") && seen.push(message.text())),
    )
    return page
  }
  const signIn = async (page: Page): Promise<void> => {
    await page.getByLabel("Name or email address").fill("ana")
    await page.getByLabel("Password").fill("correct horse")
    await page.getByRole("button", { name: "Sign in" }).click()
  }
  const go = async (page: Page, parameters: Record<string, string> = {}): Promise<void> => {
    await page.goto(`${server.issuer}${authorizePath(challenge, { redirect_uri: redirect, ...parameters })}`)
  }

  test.each([true, false])("lead to the client and back, with scripts: %p", async (scripts) => {
    const page = await open(scripts)
    await go(page, { prompt: "consent" })
    await signIn(page)
    await page.getByRole("heading", { name: "Allow The Shop?" }).waitFor()
    await page.getByRole("button", { name: "Allow", exact: true }).click()
    await page.waitForURL(`${redirect}?**`)
    expect(new URL(page.url()).searchParams.get("code")).toBeString()
    // Known now: the sign-in itself leads on to the client.
    await go(page, { prompt: "login" })
    await signIn(page)
    await page.waitForURL(`${redirect}?**`)
    await go(page, { response_mode: "form_post" })
    if (!scripts) await page.getByRole("button", { name: "Continue" }).click()
    await page.waitForURL(redirect)
    expect(await page.content()).toMatch(/got code=[\w-]{43}/)
    expect(seen).toEqual([])
  })
  test("are in no frame of others", async () => {
    const page = await open(true)
    await page.goto(`${new URL(shop.url).origin}/frame`)
    await page.waitForLoadState("networkidle")
    const inside = page.frames()[1]
    expect(inside === undefined ? "" : await inside.content().catch(() => "")).not.toContain("password")
    seen.length = 0
  })
  test("can be used by the keyboard alone, and on a small screen", async () => {
    const page = await open(true)
    await page.setViewportSize({ width: 320, height: 480 })
    await go(page, { prompt: "consent" })
    await page.keyboard.press("Tab")
    await page.keyboard.type("ana")
    await page.keyboard.press("Tab")
    await page.keyboard.type("wrong")
    await page.keyboard.press("Enter")
    await page.getByRole("alert").waitFor()
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
    expect(wide).toBe(false)
    await signIn(page)
    await page.getByRole("heading", { name: "Allow The Shop?" }).waitFor()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.waitForURL(`${redirect}?**`)
    expect(new URL(page.url()).searchParams.get("error")).toBe("access_denied")
  })
})
