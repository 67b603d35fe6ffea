// The page at /_dev of a running app, in a real browser.
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { existsSync } from "node:fs"
import axe from "axe-core"
import { type Browser, chromium, type Page } from "playwright-core"
import { createTestingApp, type TestingApp } from "../src/testing-app.ts"
import { type RunningDev, startDev } from "../src/testing-dev.ts"

setDefaultTimeout(60_000)

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]
const hasBrowser = existsSync(executablePath)
const isCi = process.env.CI === "true"
if (!hasBrowser && !isCi)
  console.log(`skipped: the development page: no browser at ${executablePath}; install chromium`)

const APP = `
  import { defineService } from "@ashlar/core"
  import { createApp, errors, layer, requestIds } from "@ashlar/http"
  import { v } from "@ashlar/validation"

  const Database = defineService({ name: "database", open: () => ({ rows: 3 }), health: () => undefined })
  const Ill = defineService({ name: "ill", open: () => 1, health: () => { throw new RangeError("no disk") } })
  const Mailer = defineService({ name: "mailer", open: () => { throw new RangeError("SMTP_URL is not set") } })
  const signedIn = layer({ name: "signedIn", errors: [errors.Unauthorized], before: () => ({ user: "ada" }) })
  const app = createApp({ layers: [requestIds], onError: () => undefined })
  app.get("/rows", async (ctx) => (await ctx.use(Database)).rows + (await ctx.use(Ill)))
  app.get("/mail", (ctx) => ctx.use(Mailer))
  app.get("/<img src=x onerror=alert(1)>", () => 1)
  app.scope("/users", [signedIn], (users) => {
    users.post("/:id", { summary: "Change one", body: v.object({ name: v.string() }), errors: [errors.Conflict] }, () => null)
  })
  app.get("/version", () => 1)
  export default app
`

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

async function violations(page: Page): Promise<string[]> {
  // Evaluated, not added as a script: the content security policy stays as it is.
  await page.evaluate(axe.source)
  const found: Violation[] = await page.evaluate(async () => {
    const { axe: run } = globalThis as unknown as {
      axe: { run(options: object): Promise<{ violations: Violation[] }> }
    }
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    return (await run.run({ runOnly: tags, resultTypes: ["violations"] })).violations
  })
  return found.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary ?? ""}`),
  )
}

describe.skipIf(!hasBrowser && !isCi)("the development page", () => {
  let app: TestingApp
  let dev: RunningDev
  let browser: Browser
  const problems: string[] = []

  beforeAll(async () => {
    browser = await chromium.launch({ args, executablePath })
    app = createTestingApp({ "src/app.ts": APP })
    dev = await startDev(app)
    for (const path of ["/rows", "/mail", "/nowhere", "/version?token=secret"]) await fetch(dev.url + path)
  })
  afterAll(async () => {
    await browser.close()
    await dev.stop()
    app[Symbol.dispose]()
    // A policy that refuses something, or an error nobody caught, fails the suite.
    expect(problems).toEqual([])
  })

  async function open(options: { url?: string; theme?: "light" | "dark"; width?: number } = {}): Promise<Page> {
    const { url = `${dev.url}/_dev`, theme = "light", width = 1440 } = options
    const page = await browser.newPage({ colorScheme: theme, viewport: { width, height: 900 } })
    page.setDefaultTimeout(10_000)
    page.on("pageerror", (error) => problems.push(String(error.stack)))
    page.on("console", (message) => {
      if (message.text().includes("Content Security Policy")) problems.push(message.text())
    })
    page.on("dialog", (dialog) => problems.push(dialog.message()))
    await page.goto(url)
    return page
  }

  test("shows requests with their timings, and nothing that may be secret", async () => {
    const page = await open()
    const row = page.locator("#request-rows tr", { hasText: "/rows" }).first()
    await row.waitFor()
    const cells = await row.locator("td").allTextContents()
    expect(cells.slice(1, 4)).toEqual(["GET", "/rows", "200"])
    expect(cells.join(" ")).toMatch(/^[\d:]{8} .* [\d.]+ (?:µs|ms) [0-9a-f-]{12}$/)
    expect(await page.locator("#request-rows").textContent()).not.toContain("secret")
    await fetch(`${dev.url}/live`)
    await page.locator("#request-rows tr", { hasText: "/live" }).waitFor()
    await page.getByLabel("Only errors").check()
    expect(await row.isVisible()).toBe(false)
    expect(await page.locator("#request-rows tr", { hasText: "/mail" }).isVisible()).toBe(true)
    await page.getByLabel("Only errors").uncheck()
    await page.getByRole("button", { name: "Pause" }).click()
    await fetch(`${dev.url}/unseen`)
    await page.locator("#count", { hasText: /^[6-9]|\d\d/ }).waitFor()
    expect(await page.locator("#request-rows tr", { hasText: "/unseen" }).count()).toBe(0)
    await page.getByRole("button", { name: "Pause" }).click()
    await page.locator("#request-rows tr", { hasText: "/unseen" }).waitFor()
  })

  test("shows services with their state and health", async () => {
    const page = await open()
    const service = (name: string) => page.locator("#service-rows li", { hasText: name })
    await service("database").getByText("open, well").waitFor()
    expect(await service("database").textContent()).toContain("src/app.ts:6")
    await service("ill").getByText("no disk").waitFor()
    expect(await service("mailer").textContent()).toMatch(/failed[\s\S]*SMTP_URL is not set/)
  })

  test("shows errors with the code around them", async () => {
    const page = await open()
    await page.locator("#error-rows summary", { hasText: "SMTP_URL is not set" }).click()
    const error = page.locator("#error-rows details[open]")
    expect(await error.locator(".frame .here").first().textContent()).toContain(
      'throw new RangeError("SMTP_URL is not set")',
    )
    expect(await error.textContent()).toMatch(/request [0-9a-f-]{36}/)
  })

  test("shows routes with layers, errors and schemas, and finds them", async () => {
    const page = await open()
    await page.locator("#route-rows details").first().waitFor()
    await page.keyboard.press("/")
    await page.keyboard.type("post signedin")
    expect(await page.locator("#route-rows details").count()).toBe(1)
    expect(await page.locator("#routes-note").textContent()).toBe("1 of 5")
    await page.locator("#route-rows summary").focus()
    await page.keyboard.press("Enter")
    const text = (await page.locator("#route-rows details").textContent()) ?? ""
    for (const part of [
      "Change one",
      "requestIds › signedIn",
      "401 HTTP_UNAUTHORIZED, 409 HTTP_CONFLICT",
      '"name"',
      "src/app.ts:15",
    ])
      expect(text).toContain(part)
    await page.getByLabel("Filter routes").fill("nothing like it")
    await page.getByText("No route is like that.").waitFor()
    await page.getByLabel("Filter routes").fill("onerror")
    expect(await page.locator("#route-rows").textContent()).toContain("/<img src=x onerror=alert(1)>")
    expect(await page.locator("#route-rows img").count()).toBe(0)
  })

  test("follows the code: a failure as it is, then the load that works again", async () => {
    const page = await open()
    await page.locator("#state", { hasText: /^Serving$/ }).waitFor()
    app.write("src/app.ts", APP.replace('"/version", () => 1', '"/version", () => 2 +'))
    await page.locator("#failure h2", { hasText: "SyntaxError in the newest code" }).waitFor()
    expect(await page.locator("#failure").textContent()).toMatch(/src\/app\.ts:1\d\. Load \d+ goes on to answer\./)
    expect(await page.locator("#failure .here").first().textContent()).toContain('"/version"')
    expect(await page.locator("#state").textContent()).toMatch(/^Serving load \d+$/)
    app.write("src/app.ts", APP.replace('"/version", () => 1', '"/changed", () => 2'))
    await page.locator("#state", { hasText: /^Serving$/ }).waitFor()
    expect(await page.locator("#failure").isHidden()).toBe(true)
    await page.locator("#route-rows details", { hasText: "/changed" }).waitFor()
    expect(await page.locator("#load-rows tr").first().textContent()).toMatch(
      /5 routes.*src\/app\.ts.*kept database, ill/,
    )
    expect(await page.locator("#service-rows li", { hasText: "database" }).textContent()).toMatch(
      /kept over \d+ loads?/,
    )
    app.write("src/app.ts", APP)
    await dev.next("loaded")
  })

  test.each([
    ["light", 1440],
    ["dark", 1440],
    ["light", 390],
  ] as const)("has no violation of WCAG 2.2 AA (%s, %i wide), and fits", async (theme, width) => {
    const page = await open({ theme, width })
    await page.locator("#error-rows summary").first().click()
    await page.locator("#route-rows summary").nth(3).click()
    expect(await violations(page)).toEqual([])
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(overflow).toBe(0)
  })

  test.each([1280, 390])("shows names of errors and every column whole (%i wide)", async (width) => {
    const page = await open({ width })
    app.write("src/app.ts", `${APP}; app.get("/version", () => 2)`) // two at one place: a long code, and a place
    await page.locator("#load-rows .bad-text", { hasText: "HTTP_ROUTE_DUPLICATE" }).first().waitFor()
    const cut = await page.evaluate(() =>
      [...document.querySelectorAll("#error-rows summary b, .scroll:has(table)")]
        .filter((one) => one.scrollWidth > one.clientWidth)
        .map((one) => one.outerHTML.slice(0, 100)),
    )
    expect(cut).toEqual([])
    const right = await page.evaluate(() =>
      [...document.querySelectorAll("#request-rows tr:first-child td, #load-rows tr:first-child td")]
        .filter((cell) => cell.getClientRects().length > 0)
        .map((cell) => [cell.getBoundingClientRect().right, getComputedStyle(cell).paddingRight] as const),
    )
    for (const [edge, padding] of right)
      if (edge === Math.max(...right.map(([one]) => one))) expect(padding).toBe("16px")
    app.write("src/app.ts", APP)
    await page.locator("#state", { hasText: /^Serving$/ }).waitFor()
  })

  test("comes again by itself when the process was started again", async () => {
    using other = createTestingApp({ "app.ts": APP })
    const first = await startDev(other)
    const { port } = new URL(first.url)
    const page = await open({ url: `${first.url}/_dev` })
    await page.locator("#state", { hasText: /^Serving$/ }).waitFor()
    await first.stop()
    await page.locator("#state", { hasText: "Not connected" }).waitFor()
    await using second = await startDev(other, ["--port", port])
    expect(second.url).toBe(first.url)
    await page.locator("#state", { hasText: /^Serving$/ }).waitFor()
  })

  test("an app that does not start is a page with its error, which becomes the app", async () => {
    using broken = createTestingApp({ "app.ts": "const answer = 42;\nconst x = ;\n" })
    await using other = await startDev(broken)
    const page = await open({ url: other.url })
    expect(await page.locator(".frame .here").first().textContent()).toContain("const x = ;")
    expect(await violations(page)).toEqual([])
    broken.write("app.ts", "const answer = 42;\nnull.x\n")
    await page.locator("h1", { hasText: "TypeError" }).waitFor()
    broken.write("app.ts", APP.replace('"/version"', '"/"'))
    await page.locator("body", { hasText: /^1$/ }).waitFor()
  })
})
