import { expect, test } from "bun:test"
import type { Page } from "playwright-core"
import { describeInBrowser, until } from "./browser.ts"

const countries = "/projects/atlas/collections/countries"
const screens: readonly (readonly [path: string, ready: string])[] = [
  ["/projects", "table"],
  ["/projects/atlas", ".act-row"],
  [countries, ".grid-row"],
  [`${countries}/insert`, ".grid-row"],
  [`${countries}/rules`, ".op"],
  [`${countries}/indexes`, "td"],
  ["/projects/atlas/functions", "table"],
  ["/projects/atlas/functions/import-countries", ".log"],
  ["/projects/atlas/settings/general", "form"],
  ["/projects/atlas/settings/api-keys", "td"],
  ["/projects/atlas/settings/members", "td"],
  ["/projects/atlas/settings/users", "td"],
  ["/projects/atlas/settings/sign-in", "form"],
  ["/projects/atlas/settings/providers", "td"],
  ["/projects/atlas/settings/encryption-keys", "td"],
  ["/projects/atlas/settings/encryption-keys/customers", "td"],
  ["/projects/atlas/audit", "td"],
  ["/projects/atlas/audit?trail=keys", "td"],
  ["/orgs/northwall/audit", "td"],
  ["/orgs/northwall/general", "form"],
]

async function go(page: Page, path: string, ready: string): Promise<void> {
  await page.goto(new URL(path, page.url()).href)
  await page.locator(ready).first().waitFor()
}

/** The distinct values, in order. */
const distinct = (values: readonly number[]): number[] =>
  [...new Set(values.map((value) => Math.round(value)))].sort((a, b) => a - b)

describeInBrowser("the drawing", (bench) => {
  test("joints meet across panes", async () => {
    const page = await bench.open(countries)
    await page.getByRole("row", { name: /Albania/ }).click()
    await page.locator("[data-field]").first().waitFor()
    const bottoms = (selector: string) =>
      page.locator(selector).evaluateAll((bars) => bars.map((bar) => bar.getBoundingClientRect().bottom))
    expect(distinct(await bottoms(".bar.head"))).toEqual([96])
    expect(distinct(await bottoms(".bar:not(.head)"))).toEqual([136])
    // The head of the table ends where the first field does, and every row after it where a field does.
    const rows = distinct(await bottoms(".grid-head, .grid-row"))
    const fields = distinct(await bottoms("[data-field]"))
    expect(fields.every((bottom) => rows.includes(bottom))).toBe(true)
    await go(page, "/projects/atlas/functions/import-countries", ".log")
    expect(distinct(await bottoms(".bar.head"))).toEqual([96])
    expect(distinct(await bottoms(".foot"))).toEqual([900])
  })

  test("a pane has one ink button at most, and solid chalk is never larger than a mark", async () => {
    const page = await bench.open("/projects")
    const wrong: string[] = []
    for (const [path, ready] of screens) {
      await go(page, path, ready)
      const found = await page.evaluate(() => {
        const said: string[] = []
        for (const pane of document.querySelectorAll("[data-pane]")) {
          const ink = [...pane.querySelectorAll<HTMLElement>(".btn.p")].filter(
            (button) => button.closest("[data-pane]") === pane && button.offsetParent,
          )
          if (ink.length > 1)
            said.push(`${ink.length} ink buttons: ${ink.map((button) => button.textContent).join(", ")}`)
        }
        const probe = document.createElement("i")
        probe.style.background = "var(--chalk)"
        document.body.append(probe)
        const chalk = getComputedStyle(probe).backgroundColor
        probe.remove()
        for (const element of document.querySelectorAll("body *")) {
          const { width, height } = element.getBoundingClientRect()
          if (getComputedStyle(element).backgroundColor === chalk && width > 16 && height > 16)
            said.push(`a blue ${element.className}`)
        }
        return said
      })
      wrong.push(...found.map((said) => `${path}: ${said}`))
    }
    expect(wrong).toEqual([])
  })

  test("numbers stand under each other", async () => {
    const page = await bench.open(`${countries}?columns=["name","population","area"]`)
    await page.locator(".grid-row").first().waitFor()
    const rights = await page.evaluate(() => {
      const columns = new Map<string, Set<number>>()
      for (const cell of document.querySelectorAll<HTMLElement>(".grid-row .r")) {
        const range = document.createRange()
        range.selectNodeContents(cell)
        const key = cell.getAttribute("aria-colindex") ?? ""
        columns.set(key, (columns.get(key) ?? new Set()).add(Math.round(range.getBoundingClientRect().right)))
      }
      return [...columns.values()].map((edges) => edges.size)
    })
    expect(rights).toEqual([1, 1, 1])
  })

  test("nothing shifts while a screen loads from a slow server", async () => {
    const page = await bench.open("/projects")
    await page.addInitScript(() => {
      const state = globalThis as unknown as { shifted: { value: number; what: string[] } }
      state.shifted = { value: 0, what: [] }
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & {
          value: number
          sources?: { node?: Element }[]
        })[]) {
          state.shifted.value += entry.value
          state.shifted.what.push(...(entry.sources ?? []).map(({ node }) => node?.className?.toString() ?? ""))
        }
      }).observe({ type: "layout-shift", buffered: true })
    })
    bench.fake.delayMs = 120
    const shifts: Record<string, number> = {}
    for (const [path, ready] of screens) {
      await go(page, path, ready)
      await page.waitForTimeout(700)
      const { value, what } = await page.evaluate(
        () => (globalThis as unknown as { shifted: { value: number; what: string[] } }).shifted,
      )
      if (value > 0.01) shifts[`${path} ${what.join(" | ")}`] = value
    }
    bench.fake.delayMs = 0
    expect(shifts).toEqual({})
  }, 120_000)

  test("at 320 px nothing is wider than the screen, and every primary action can be reached", async () => {
    const page = await bench.open("/projects", { viewport: { width: 320, height: 640 } })
    const wrong: string[] = []
    for (const [path, ready] of screens) {
      await page.goto(new URL(path, page.url()).href)
      await page.locator(ready).first().waitFor({ state: "attached" })
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      if (width > 320) wrong.push(`${path} is ${width} px wide`)
    }
    expect(wrong).toEqual([])
  })

  test("rows are virtual: thousands of documents make a page no heavier", async () => {
    const page = await bench.open("/projects/atlas/collections/cities")
    await page.locator(".grid-row").first().waitFor()
    const grid = page.getByRole("grid")
    await until("the count", async () => (await grid.getAttribute("aria-rowcount")) === "1205")
    for (let presses = 0; presses < 14; presses++) {
      await grid.press("Control+End")
      await page.waitForTimeout(80)
    }
    expect(await grid.locator(".grid-row").last().getAttribute("aria-rowindex")).toBe("1205")
    expect(await page.locator("body *").count()).toBeLessThan(1_500)
  })
})
