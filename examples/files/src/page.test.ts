import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { createHash } from "node:crypto"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Server } from "@ashlar/http"
import axe from "axe-core"
import { type BrowserContext, chromium, type Page } from "playwright-core"
import { createFilesApp } from "./app.ts"
import { Shelf } from "./shelf.ts"

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]
const hasBrowser = existsSync(executablePath)
if (!hasBrowser) console.log(`skipped: the page: no browser at ${executablePath}; install chromium`)

describe.skipIf(!hasBrowser && process.env.CI !== "true")("the page", () => {
  setDefaultTimeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), "ashlar-files-page-"))
  const file = join(folder, "Long Story.txt")
  const TEXT = "once upon a time there was a fox\n".repeat(100_000)
  const problems: string[] = []
  let server: Server
  let context: BrowserContext
  let page: Page
  const app = Shelf.open(join(folder, "data")).then((shelf) => createFilesApp({ shelf }))

  beforeAll(async () => {
    writeFileSync(file, TEXT)
    server = await (await app).listen({ port: 0 })
    context = await chromium.launchPersistentContext(join(folder, "profile"), { args, executablePath })
    context.setDefaultTimeout(15_000)
    page = await context.newPage()
    page.on("pageerror", (error) => problems.push(String(error.stack)))
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text())
    })
    await page.goto(server.url)
  })
  afterAll(async () => {
    await context?.close()
    await (await app).stop(1000)
    rmSync(folder, { recursive: true, force: true })
    expect(problems).toEqual([])
  })

  const says = (text: string | RegExp): Promise<void> => page.getByRole("status").filter({ hasText: text }).waitFor()
  const isAccessible = async (): Promise<void> => {
    await page.evaluate(axe.source)
    const found = await page.evaluate(async () => {
      const { axe: run } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: unknown[] }[] }> }
      }
      return (await run.run()).violations.map(({ id, nodes }) => `${id} ${JSON.stringify(nodes).slice(0, 300)}`)
    })
    expect(found).toEqual([])
  }

  test("uploads a file from the keyboard", async () => {
    await page.getByText("Nothing yet.").waitFor()
    await isAccessible()
    const field = page.getByLabel("File to upload")
    await page.setViewportSize({ width: 390, height: 844 })
    await field.setInputFiles({ name: `${"long ".repeat(30)}.txt`, mimeType: "text/plain", buffer: Buffer.from("x") })
    const [own, around] = [await field.boundingBox(), await page.locator("form").boundingBox()]
    expect(own!.x + own!.width).toBeLessThanOrEqual(around!.x + around!.width - 16)
    await page.setViewportSize({ width: 1280, height: 720 })
    await field.setInputFiles(file)
    await page.getByRole("button", { name: "Upload", exact: true }).press("Enter")
    await says("Long Story.txt is on the shelf.")
    await page.getByRole("heading", { name: "Long Story.txt" }).waitFor()
    await page.getByText("3.1 MiB, text/plain").waitFor()
  })
  test("studies it, and shows what was found", async () => {
    await page.getByRole("button", { name: "Study Long Story.txt" }).click()
    await says("Long Story.txt is studied.")
    await page.getByText(createHash("sha256").update(TEXT).digest("hex")).waitFor()
    for (const text of ["100,000", "800,000"]) await page.getByRole("definition").filter({ hasText: text }).waitFor()
    await isAccessible()
  })
  test("pauses a download, and resumes it where it was", async () => {
    const asked: (string | undefined)[] = []
    page.on("request", (request) => {
      if (/\/files\/[\w-]+$/.test(request.url())) asked.push(request.headers().range)
    })
    const session = await context.newCDPSession(page)
    const speed = (bytesPerSecond: number): Promise<unknown> =>
      session.send("Network.emulateNetworkConditions", {
        offline: false,
        latency: 0,
        downloadThroughput: bytesPerSecond,
        uploadThroughput: -1,
      })
    await session.send("Network.enable")
    await speed(500_000)
    await page.getByRole("button", { name: "Download Long Story.txt" }).click()
    const bar = page.getByRole("progressbar", { name: "Download of Long Story.txt" })
    await bar.waitFor()
    await page.getByRole("button", { name: "Pause Long Story.txt" }).click()
    await says(/is paused at [\d.]+ (bytes|KiB|MiB)\.$/)
    await isAccessible()
    await speed(-1)
    const saved = page.waitForEvent("download")
    await page.getByRole("button", { name: "Resume Long Story.txt" }).click()
    const download = await saved
    expect(download.suggestedFilename()).toBe("Long Story.txt")
    expect(readFileSync(await download.path(), "utf8")).toBe(TEXT)
    expect(asked).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)])
    await page.getByRole("button", { name: "Download Long Story.txt" }).waitFor()
  })
  test("removes it, and keeps the focus on the page", async () => {
    await page.getByRole("button", { name: "Remove Long Story.txt" }).click()
    await says("Long Story.txt is removed.")
    await page.getByText("Nothing yet.").waitFor()
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("file")
  })
  test("says what the server refuses", async () => {
    const empty = join(folder, "gone.txt")
    writeFileSync(empty, "x")
    await page.getByLabel("File to upload").setInputFiles(empty)
    await (await app).stop(100)
    problems.length = 0
    await page.getByRole("button", { name: "Upload", exact: true }).click()
    await says(/^Not uploaded\./)
    problems.length = 0 // the browser says that nobody answered
  })
})
