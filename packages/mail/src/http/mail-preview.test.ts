import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createApp, type Server } from "@ashlar/http"
import { type BrowserContext, chromium } from "playwright-core"
import { openMail } from "../index.ts"
import { mailPreview } from "./index.ts"

const mail = openMail("memory:", { from: "Shop <shop@example.com>" })
const sending = openMail(
  { send: async () => ({ id: "1", rejected: [] }), close: async () => undefined },
  { from: "a@example.com" },
)
const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
)
const EVIL = `<h1 id="title">Thank you</h1><img id="logo" src="cid:logo" width="40" height="40">
<script>document.title = "run"; parent.document.title = "run"</script><img src="x" onerror="document.title = 'run'">
<img src="https://tracker.invalid/pixel.png"><form action="/dev/mail/"><button>Send</button></form><meta http-equiv="refresh" content="0;url=https://evil.invalid">`
let server: Server
const app = createApp()
beforeAll(async () => {
  app.scope("/dev/mail", mailPreview({ mail }))
  app.scope("/sending", mailPreview({ mail: sending }))
  server = await app.listen({ port: 0, host: "127.0.0.1" })
  await mail.send({
    to: "Ana <ana@example.com>",
    subject: "Order <b>7</b>",
    html: EVIL,
    attachments: [
      { filename: "logo.png", content: PNG, contentId: "logo" },
      { filename: "page.html", content: "<script>1</script>" },
    ],
  })
})
afterAll(() => app.stop())
test("say that what they show may not be there", () => {
  const told = app.table().records.map(({ errors }) => errors.map(({ code }) => code))
  expect(told).toHaveLength(8)
  for (const codes of told) expect(codes).toContain("HTTP_NOT_FOUND")
})
const get = (path: string): Promise<Response> => fetch(`${server.url.replace(/\/$/, "")}${path}`)

test("the pages show what was sent, escaped, and under policies", async () => {
  const list = await get("/dev/mail")
  expect(list.headers.get("content-security-policy")).toStartWith("default-src 'none'")
  const text = await list.text()
  expect(text).toContain("Order &#60;b&#62;7&#60;/b&#62;")
  const [, path] = /href="(\/dev\/mail\/[0-9a-f-]{36})"/.exec(text)!
  const one = await get(path!)
  expect(await one.text()).toContain(`sandbox src="${path}/html"`)
  const html = await get(`${path}/html`)
  expect(html.headers.get("content-security-policy")).toStartWith("sandbox; default-src 'none'")
  expect(await html.text()).toContain(`src="${path}/attachments/0"`)
  const [logo, page] = await Promise.all([get(`${path}/attachments/0`), get(`${path}/attachments/1`)])
  expect([
    logo.headers.get("content-type"),
    page.headers.get("content-disposition"),
    page.headers.get("x-content-type-options"),
  ]).toEqual(["image/png", 'attachment; filename="page.html"', "nosniff"])
  for (const missing of [
    "/dev/mail/none",
    "/dev/mail/none/html",
    `${path}/attachments/2`,
    `${path}/attachments/-1`,
    "/sending",
  ])
    expect([missing, (await get(missing)).status]).toEqual([missing, 404])
})

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const hasBrowser = existsSync(executablePath)
if (!hasBrowser) console.log(`skipped: the page in a browser: none at ${executablePath}; install chromium`)
describe.skipIf(!hasBrowser && process.env.CI !== "true")("in a browser", () => {
  setDefaultTimeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), "ashlar-mail-page-"))
  let context: BrowserContext
  beforeAll(async () => {
    const args = [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ]
    context = await chromium.launchPersistentContext(folder, { args, executablePath })
  })
  afterAll(async () => {
    await context.close()
    rmSync(folder, { recursive: true, force: true })
  })
  test("a message is seen, and nothing of it runs or leaves", async () => {
    const page = await context.newPage()
    const asked: string[] = []
    const blocked: string[] = []
    page.on("response", (response) => asked.push(response.url()))
    page.on("requestfailed", (request) => blocked.push(`${request.url()} ${request.failure()?.errorText}`))
    await page.goto(`${server.url.replace(/\/$/, "")}/dev/mail`)
    await page.getByRole("link", { name: /Order/ }).click()
    const frame = page.frameLocator("iframe")
    await frame.locator("#title").waitFor()
    expect(await frame.locator("#title").textContent()).toBe("Thank you")
    expect(await frame.locator("#logo").evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(1)
    await Bun.sleep(300)
    expect(await page.title()).toBe("Order <b>7</b>")
    expect(await page.locator("dd").first().textContent()).toBe("Shop <shop@example.com>")
    expect(asked.filter((url) => !url.startsWith(server.url.replace(/\/$/, "")))).toEqual([])
    expect(blocked).toContain("https://tracker.invalid/pixel.png csp")
    if (process.env.SCREENSHOT !== undefined) await page.screenshot({ path: process.env.SCREENSHOT, fullPage: true })
  })
})
