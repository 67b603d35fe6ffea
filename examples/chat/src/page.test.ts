import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findBusServers } from "@ashlar/websocket/testing/bus-servers"
import axe from "axe-core"
import { type BrowserContext, chromium, type Page } from "playwright-core"

/** Two pages of one browser, each at another process of the chat, as `npm start` starts them, over one real bus. */

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]
const hasBrowser = existsSync(executablePath)
const [server] = await findBusServers()
const bus = server && `${server.name.toLowerCase()}://127.0.0.1:${server.port}?prefix=chat-${crypto.randomUUID()}`
if (!hasBrowser) console.log(`skipped: the page: no browser at ${executablePath}; install chromium`)

const root = join(import.meta.dir, "..", "..", "..")

describe.skipIf((!hasBrowser || bus === undefined) && process.env.CI !== "true")("two pages at two processes", () => {
  setDefaultTimeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), "ashlar-chat-"))
  const problems: string[] = []
  const children: Bun.Subprocess[] = []
  let context: BrowserContext
  let ana: Page
  let bob: Page
  const urls: string[] = []

  /** Starts one process, and waits until it says where it is. */
  async function start(runtime: string, port = "0"): Promise<string> {
    const child = Bun.spawn([process.execPath, "--no-install", join(root, "scripts", "src", "example.ts"), "chat"], {
      env: { ...process.env, PORT: port, BUS_URL: bus, RUNTIME: runtime },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "inherit",
    })
    children.push(child)
    let said = ""
    const reader = child.stdout.getReader()
    while (!said.includes("Ctrl-C")) {
      const { done, value } = await reader.read()
      if (done) break
      said += new TextDecoder().decode(value)
    }
    const url = /The chat is at (\S+)/.exec(said)?.[1]
    expect(url).toBeDefined()
    return url!
  }
  async function open(url: string): Promise<Page> {
    const page = await context.newPage()
    page.on("pageerror", (error) => problems.push(String(error.stack)))
    page.on("console", (message) => {
      // While a process is away the browser says that it cannot connect, which is what is tried.
      if (message.type() === "error" && !/ERR_|WebSocket connection/.test(message.text())) problems.push(message.text())
    })
    await page.goto(url)
    return page
  }
  async function enter(page: Page, name: string, by: string): Promise<void> {
    await page.getByLabel("Your name").fill(name)
    await page.getByLabel("Room").fill("garden")
    await page.getByLabel(by).check()
    await page.getByRole("button", { name: "Enter" }).press("Enter")
    await page.getByRole("status").filter({ hasText: "Connected." }).waitFor()
  }
  const say = async (page: Page, text: string): Promise<void> => {
    await page.getByLabel("Message", { exact: true }).fill(text)
    await page.getByLabel("Message", { exact: true }).press("Enter")
  }
  const sees = (page: Page, text: string | RegExp): Promise<void> =>
    page.getByRole("log").getByRole("listitem").filter({ hasText: text }).first().waitFor()
  const people = (page: Page): Promise<string[]> =>
    page.getByRole("region", { name: "Here now" }).getByRole("listitem").allTextContents()
  async function becomes(page: Page, wanted: readonly string[]): Promise<void> {
    const until = Date.now() + 20_000
    while (!Bun.deepEquals(await people(page), wanted) && Date.now() < until) await Bun.sleep(20)
    expect(await people(page)).toEqual([...wanted])
  }
  const isAccessible = async (page: Page): Promise<void> => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme })
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
    urls.push(...(await Promise.all([start("bun"), start("node")])))
    context = await chromium.launchPersistentContext(join(folder, "profile"), { args, executablePath })
    context.setDefaultTimeout(15_000)
    ;[ana, bob] = [await open(urls[0]!), await open(urls[1]!)]
  })
  afterAll(async () => {
    await context?.close()
    for (const child of children) child.kill("SIGTERM")
    await Promise.all(children.map(({ exited }) => exited))
    rmSync(folder, { recursive: true, force: true })
    expect(problems).toEqual([])
  })

  test("are a form that can be read and used, in the light and in the dark", async () => {
    await isAccessible(ana)
    await ana.getByRole("button", { name: "Enter" }).click()
    expect(
      await ana.getByLabel("Your name").evaluate((field) => (field as HTMLInputElement).validity.valueMissing),
    ).toBe(true)
  })
  test("see each other, one over WebSocket and one over server-sent events", async () => {
    await enter(ana, "Ana", "WebSocket")
    await becomes(ana, ["Ana"])
    await bob.getByLabel("Your name").fill("  ")
    await bob.getByRole("button", { name: "Enter" }).click()
    expect(await bob.getByRole("button", { name: "Leave" }).isVisible()).toBe(false)
    await enter(bob, " Bob ", "Server-sent events")
    for (const page of [ana, bob]) await becomes(page, ["Ana", "Bob"])
    await sees(ana, "Bob is here.")
  })
  test("hear each other", async () => {
    await say(ana, "Have you seen the <b>roses</b>?")
    await sees(bob, "Have you seen the <b>roses</b>?")
    await say(bob, "They are in bloom.")
    await sees(ana, /Bob, .*They are in bloom\./)
    await sees(bob, "They are in bloom.")
    expect(await ana.getByLabel("Message", { exact: true }).inputValue()).toBe("")
    expect(await bob.locator("#log b").count()).toBe(0)
    await isAccessible(ana)
  })
  test("keep what is read in place, and follow who is at the end", async () => {
    for (let index = 0; index < 30; index++) await say(ana, `line ${index}`)
    await sees(bob, "line 29")
    const isAtEnd = (page: Page): Promise<boolean> =>
      page.locator("#log").evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 40)
    expect(await isAtEnd(bob)).toBe(true)
    await bob.locator("#log").evaluate((log) => log.scrollTo(0, 0))
    await say(ana, "one more")
    await sees(bob, "one more")
    expect(await isAtEnd(bob)).toBe(false)
  })
  test("come back when their process does", async () => {
    const [first] = children
    first!.kill("SIGKILL")
    await first!.exited
    await ana.getByRole("status").filter({ hasText: "Trying again" }).waitFor()
    await say(ana, "lost?")
    await ana.getByRole("status").filter({ hasText: "Not sent." }).waitFor()
    expect(await ana.getByLabel("Message", { exact: true }).inputValue()).toBe("lost?")
    expect(await start("bun", new URL(urls[0]!).port)).toBe(urls[0]!)
    await ana.getByRole("status").filter({ hasText: "Connected." }).waitFor()
    await say(ana, "here again")
    await sees(bob, "here again")
    // Who was in the process that died is missed, once it has been silent for long enough.
    for (const page of [ana, bob]) await becomes(page, ["Ana", "Bob"])
  })
  test("see who leaves, and are where they began", async () => {
    await bob.getByRole("button", { name: "Leave" }).click()
    await sees(ana, "Bob has left.")
    await becomes(ana, ["Ana"])
    expect(await bob.evaluate(() => document.activeElement?.id)).toBe("name")
    if (process.env.SCREENSHOTS !== undefined) await shoot()
  })

  /** For people's eyes: `SCREENSHOTS=<folder>`. */
  async function shoot(): Promise<void> {
    await enter(bob, "Bob", "Server-sent events")
    await say(bob, "Where were we?")
    await sees(ana, "Where were we?")
    for (const [name, colorScheme, width] of [
      ["light", "light", 900],
      ["dark", "dark", 900],
      ["phone", "light", 390],
    ] as const) {
      await ana.emulateMedia({ colorScheme })
      await ana.setViewportSize({ width, height: 720 })
      await ana.screenshot({ path: join(process.env.SCREENSHOTS!, `chat-${name}.png`) })
    }
    await bob.getByRole("button", { name: "Leave" }).click()
    await bob.screenshot({ path: join(process.env.SCREENSHOTS!, "enter.png") })
  }
})
