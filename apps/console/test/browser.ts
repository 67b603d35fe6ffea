import { afterAll, beforeAll, describe, expect, setDefaultTimeout } from "bun:test"
import { existsSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { ensureBuilt } from "./build.ts"
import { person } from "./fake/world.ts"
import { type FakeServer, startFakeServer } from "./fake-server.ts"

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]
const isCi = process.env.CI === "true"

export type Theme = "light" | "dark"
export const desktop = { width: 1440, height: 900 }
export const phone = { width: 390, height: 844 }

export interface Bench {
  readonly fake: FakeServer
  /** A page that is signed in as {@link person}, unless `signedIn` is false. */
  open(path: string, options?: OpenOptions): Promise<Page>
}

interface OpenOptions {
  readonly theme?: Theme
  readonly viewport?: { width: number; height: number }
  readonly signedIn?: boolean
  /** Another tab of the same browser profile. */
  readonly beside?: Page
}

/**
 * A suite of tests in a real browser against the built console and a fake server. Without a browser it is left out,
 * with the reason printed; where CI=true it fails instead.
 */
export function describeInBrowser(
  name: string,
  tests: (bench: Bench) => void,
  options: { fresh?: boolean } = {},
): void {
  const hasBrowser = existsSync(executablePath)
  if (!hasBrowser && !isCi) console.log(`skipped: ${name}: no browser at ${executablePath}; install chromium`)
  describe.skipIf(!hasBrowser && !isCi)(name, () => {
    setDefaultTimeout(60_000)
    let fake: FakeServer
    let profile: string
    let contexts: BrowserContext[] = []
    const problems: string[] = []

    beforeAll(async () => {
      await ensureBuilt()
      fake = startFakeServer(options)
      profile = await mkdtemp(join(tmpdir(), "ashlar-console-"))
    })
    afterAll(async () => {
      await Promise.all(contexts.map((context) => context.close()))
      contexts = []
      await fake.stop()
      await rm(profile, { recursive: true, force: true })
      // A content security policy that refuses something, or an error nobody caught, fails the suite.
      expect(problems).toEqual([])
    })

    const watch = (page: Page): void => {
      page.on("pageerror", (error) => problems.push(String(error.stack)))
      page.on("console", (message) => {
        if (/Content Security Policy|Minified React error/.test(message.text())) problems.push(message.text())
      })
    }
    const newContext = async ({ theme = "light", viewport = desktop }: OpenOptions): Promise<BrowserContext> => {
      const settings: BrowserContextOptions & { args: string[]; executablePath: string } = {
        args,
        executablePath,
        viewport,
        colorScheme: theme,
        reducedMotion: "reduce",
        hasTouch: viewport.width < 640,
        isMobile: viewport.width < 640,
      }
      const context = await chromium.launchPersistentContext(join(profile, String(contexts.length)), settings)
      context.setDefaultTimeout(10_000)
      contexts.push(context)
      return context
    }

    tests({
      get fake() {
        return fake
      },
      async open(path, openOptions = {}) {
        const context = openOptions.beside?.context() ?? (await newContext(openOptions))
        const page = await context.newPage()
        watch(page)
        if (openOptions.signedIn === false || openOptions.beside) {
          await page.goto(fake.url + path)
        } else {
          await page.goto(`${fake.url}/sign-in?to=${encodeURIComponent(path)}`)
          await signIn(page)
          await page.waitForURL((url) => url.pathname === new URL(path, fake.url).pathname)
        }
        return page
      },
    })
  })
}

export async function signIn(page: Page): Promise<void> {
  await page.getByLabel("Email").fill(person.email)
  await page.getByLabel("Password", { exact: true }).fill(person.password)
  await page.keyboard.press("Enter")
}

/** What has the focus, in words. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    const ids = element?.getAttribute("aria-labelledby")?.split(" ") ?? []
    const label = ids.map((id) => document.getElementById(id)?.textContent ?? "").join(" ")
    return (
      label ||
      (element?.getAttribute("aria-label") ?? element?.getAttribute("title") ?? element?.textContent?.trim() ?? "")
    )
  })
}

/** Waits until a condition of the test's own holds. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Waited ${timeoutMs} ms for: ${what}.`)
    await Bun.sleep(25)
  }
}

/** Presses Tab until the wanted thing has the focus. */
export async function tabTo(page: Page, name: RegExp, limit = 60): Promise<void> {
  for (let presses = 0; presses < limit; presses++) {
    if (name.test(await focused(page))) return
    await page.keyboard.press("Tab")
  }
  throw new Error(`Pressed Tab ${limit} times without reaching ${name}; the focus is on "${await focused(page)}".`)
}
