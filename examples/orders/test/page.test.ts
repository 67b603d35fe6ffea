/** The page, in Chromium, over a shop that works. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import axe from "axe-core"
import { type BrowserContext, chromium, type Page } from "playwright-core"
import { ownDatabases } from "./own-databases.ts"
import { type RunningShop, runShop } from "./running-shop.ts"

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
  setDefaultTimeout(90_000)
  const folder = mkdtempSync(join(tmpdir(), "ashlar-orders-page-"))
  const problems: string[] = []
  let context: BrowserContext
  let page: Page
  let shop: RunningShop
  let isDeaf = true
  const deaf = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: () => new Response(null, { status: isDeaf ? 500 : 204 }),
  })

  const row = (table: string, text: string | RegExp) =>
    page.getByRole("region", { name: table }).getByRole("row").filter({ hasText: text }).first()
  const says = (text: string | RegExp) => page.getByRole("status").filter({ hasText: text }).waitFor()
  async function isAccessible(): Promise<void> {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" })
      await page.evaluate(axe.source)
      const found = await page.evaluate(async () => {
        const { axe: run } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; nodes: unknown[] }[] }> }
        }
        return (await run.run()).violations.map(({ id, nodes }) => `${id} ${JSON.stringify(nodes).slice(0, 300)}`)
      })
      expect(found).toEqual([])
    }
  }

  beforeAll(async () => {
    shop = await runShop(ownDatabases[0]!, { pickingMs: 300 })
    await shop.ask("POST", "/endpoints", { url: `http://127.0.0.1:${deaf.port}/`, types: ["order.shipped"] })
    await shop.work()
    context = await chromium.launchPersistentContext(join(folder, "profile"), { args, executablePath })
    context.setDefaultTimeout(30_000)
    page = await context.newPage()
    page.on("pageerror", (error) => problems.push(String(error.stack)))
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("ERR_")) problems.push(message.text())
    })
  })
  afterAll(async () => {
    await context?.close()
    await shop?.stop()
    await deaf.stop(true)
    rmSync(folder, { recursive: true, force: true })
    expect(problems).toEqual([])
  })

  test("shows a shop at rest, to everybody", async () => {
    await page.goto(shop.url)
    await says("Following")
    await row("Stock", "Claw chisel").waitFor()
    await page.getByText("No order yet.").waitFor()
    await page.getByText("everything goes on by itself").waitFor()
    await isAccessible()
  })
  test("follows an order that is placed, by the keyboard alone", async () => {
    await page.keyboard.press("Tab")
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the orders")
    const order = page.getByRole("button", { name: "Place a sample order" })
    await order.focus()
    await page.keyboard.press("Enter")
    await says("Placed, for")
    expect(await order.evaluate((button) => button === document.activeElement)).toBe(true)
    await row("Recent orders", "shipped").waitFor()
    const steps = await row("Recent orders", "shipped").getByRole("listitem").allTextContents()
    for (const step of ["reserve", "charge", "paid", "packed", "shipped"]) expect(steps).toContain(`done: ${step}`)
    await row("Queues", "mail.send").waitFor()
  })
  test("shows every column of its tables beside one another on a small laptop", async () => {
    await page.setViewportSize({ width: 1_024, height: 768 })
    const hidden = () => [...document.querySelectorAll(".scroll")].map((table) => table.scrollWidth - table.clientWidth)
    expect(Math.max(...(await page.evaluate(hidden)))).toBe(0)
    await page.setViewportSize({ width: 1_280, height: 900 })
  })
  test("shows what went wrong, and lets it begin anew", async () => {
    const dead = row("Dead letters", "order.shipped")
    await dead.filter({ hasText: "answered 500" }).waitFor()
    await isAccessible()
    await page.setViewportSize({ width: 390, height: 800 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
    await isAccessible()
    await page.setViewportSize({ width: 1_280, height: 900 })
    isDeaf = false
    await dead.getByRole("button", { name: "Redrive order.shipped" }).press("Enter")
    await says("1 begin anew.")
    await page.getByText("everything goes on by itself").waitFor()
  })
  test("says when the shop is away, and comes back by itself", async () => {
    await page.route("**/ops/events", (route) => route.abort("connectionrefused"))
    await page.goto(shop.url)
    await says("Trying again")
    await page.unroute("**/ops/events")
    await says("Following")
    if (process.env.SCREENSHOTS !== undefined) await shoot()
  })

  /** For people's eyes: `SCREENSHOTS=<folder>`. */
  async function shoot(): Promise<void> {
    isDeaf = true
    const items = ["chisel", "mallet", "square", "line", "trowel"]
    const orders = Array.from({ length: 11 }, (_, at) => shop.place([{ sku: items[at % 5]!, quantity: 1 + (at % 3) }]))
    const placed = await Promise.all(orders)
    for (const { id } of placed.slice(0, 2)) await shop.ask("POST", `/orders/${id}/cancel`, {})
    await page.waitForTimeout(2_500)
    for (const [name, colorScheme, width] of [
      ["light", "light", 1_280],
      ["dark", "dark", 1_280],
      ["phone", "light", 390],
    ] as const) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize({ width, height: 900 })
      await page.screenshot({ path: join(process.env.SCREENSHOTS!, `orders-${name}.png`), fullPage: true })
    }
    await page.setViewportSize({ width: 1_280, height: 900 })
  }
})
