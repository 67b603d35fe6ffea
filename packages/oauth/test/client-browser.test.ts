import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { existsSync } from "node:fs"
import { openSessions, optional, sessionGuard } from "@ashlar/auth"
import { createApp } from "@ashlar/http"
import { createOAuthClient, defineProvider, oauthRoutes, oidc } from "@ashlar/oauth/client"
import { createOAuthServer, type OAuthServer } from "@ashlar/oauth/server"
import { type Browser, chromium, type Page } from "playwright-core"
import { testSealer } from "../src/testing/client-world.ts"
import { type LateServer, listenFirst } from "../src/testing/late-server.ts"
import { PEOPLE } from "../src/testing/test-server.ts"

/** Sign-in by a provider of another site, in a real browser: what its rules of cookies keep back must not be what is needed. */

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]
const hasBrowser = existsSync(executablePath)
if (!hasBrowser) console.log(`skipped: sign-in in a browser: none at ${executablePath}; install chromium`)

describe.skipIf(!hasBrowser && process.env.CI !== "true")("sign-in by a provider of another site", () => {
  setDefaultTimeout(60_000)
  const secret = "a-secret-of-32-characters-or-more"
  const links = new Map<string, string>()
  let browser: Browser
  let here: LateServer
  let there: LateServer
  let server: OAuthServer
  let app: string

  beforeAll(async () => {
    here = await listenFirst()
    there = await listenFirst()
    // `localhost` and `127.0.0.1` are two sites.
    app = here.origin.replace("127.0.0.1", "localhost")
    const names = ["redirect", "form"] as const
    server = createOAuthServer({
      issuer: there.origin,
      clients: [
        { id: "app", name: "The App", secret, redirectUris: names.map((name) => `${app}/sign-in/${name}/callback`) },
      ],
      people: PEOPLE,
    })
    const provider = createApp()
    provider.add(server.routes)
    provider.get("/evil", (ctx) =>
      ctx.html(`<form method="post" action="${app}/sign-in/form/${ctx.url.searchParams.get("to")}">
        <input name="state" value="${"a".repeat(43)}"><input name="code" value="stolen"><button>Win</button></form>`),
    )
    there.serve(provider)

    const [redirect, form] = names.map((name) =>
      oidc({
        name,
        issuer: there.origin,
        clientId: "app",
        clientSecret: secret,
        parameters: { prompt: "login consent" },
      }),
    )
    const client = createOAuthClient({
      url: app,
      sealer: testSealer(),
      providers: [redirect!, defineProvider({ ...form!, formPost: true })],
    })
    const guard = sessionGuard({ sessions: openSessions("memory:"), cookie: { prefix: "", secure: false } })
    const site = createApp({ onError: () => undefined })
    site.scope("", [optional(guard)], (scope) => {
      scope.add(
        oauthRoutes({
          client,
          userIdOf: (ctx) => guard.sessionOf(ctx)?.userId,
          onSignIn: async (ctx, { provider: name, identity, connect }) => {
            const userId = connect ?? links.get(name) ?? `user of ${identity.subject}`
            links.set(name, userId)
            await guard.signIn(ctx, { userId })
          },
        }),
      )
      scope.get("/me", (ctx) =>
        ctx
          .html(`<h1>${guard.sessionOf(ctx)?.userId ?? "nobody"}</h1>
          <form method="post" action="/sign-in/form/connect?next=/me"><button>Connect</button></form>`)
          // What securityHeaders() says to the forms of a page.
          .withHeaders({ "content-security-policy": "form-action 'self'" }),
      )
    })
    site.get("/favicon.ico", (ctx) => ctx.empty())
    here.serve(site)
    browser = await chromium.launch({ executablePath, args, headless: true })
  })
  afterAll(async () => {
    await browser?.close()
    await Promise.all([here?.stop(), there?.stop()])
    await server?.close()
  })
  const open = async (javaScriptEnabled = true): Promise<Page> =>
    await (await browser.newContext({ javaScriptEnabled })).newPage()
  /** On the provider's pages, which are all shown each time. */
  const allow = async (page: Page, presses: readonly string[] = []): Promise<void> => {
    await page.getByLabel("Name or email address").fill("ana")
    await page.getByLabel("Password").fill("correct horse")
    for (const name of ["Sign in", "Allow", ...presses]) await page.getByRole("button", { name, exact: true }).click()
  }
  const headline = async (page: Page): Promise<string | null> => await page.getByRole("heading").textContent()

  test.each([
    ["redirect", true],
    ["redirect", false],
    ["form", true],
    ["form", false],
  ] as const)("comes back by a %s, with scripts: %p", async (name, scripts) => {
    links.clear()
    const page = await open(scripts)
    await page.goto(`${app}/sign-in/${name}?next=/me`)
    await allow(page, name === "form" && !scripts ? ["Continue"] : [])
    await page.waitForURL(`${app}/me`)
    expect(await headline(page)).toBe("user of person-1")
    const cookies = await page.context().cookies(app)
    expect(cookies.map((cookie) => cookie.name)).toEqual(["session"])
    // Nothing of the answer stays where a person or a page may read it.
    expect(await page.evaluate("document.referrer").catch(() => "")).not.toContain("code=")
  })
  test("connects by a form of the provider's for who is signed in, whose cookie that form does not bring along", async () => {
    links.clear()
    const page = await open()
    await page.goto(`${app}/sign-in/redirect?next=/me`)
    await allow(page)
    await page.waitForURL(`${app}/me`)
    links.set("redirect", "somebody else")
    await page.getByRole("button", { name: "Connect" }).click()
    await allow(page)
    await page.waitForURL(`${app}/me`)
    expect([await headline(page), links.get("form")]).toEqual(["user of person-1", "user of person-1"])
  })
  test.each([
    ["connect", 403],
    ["callback", 400],
  ])("is not begun or ended by a page of another site: %s", async (to, status) => {
    links.clear()
    const page = await open()
    await page.goto(`${app}/sign-in/redirect?next=/me`)
    await allow(page)
    await page.waitForURL(`${app}/me`)
    await page.goto(`${there.origin}/evil?to=${to}`)
    const answers = new Promise<number>((resolve) => {
      page.on("response", (response) => {
        if (response.status() !== 303 && response.url().startsWith(app)) resolve(response.status())
      })
    })
    await page.getByRole("button", { name: "Win" }).click()
    expect(await answers).toBe(status)
    expect(links.has("form")).toBe(false)
    await page.goto(`${app}/me`)
    expect(await headline(page)).toBe("user of person-1")
  })
})
