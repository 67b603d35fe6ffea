import { expect, test } from "bun:test"
import axe from "axe-core"
import type { Page } from "playwright-core"
import { describeInBrowser, phone, type Theme } from "./browser.ts"

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/** What axe finds wrong with the page as it is, against WCAG 2.2 AA and its own best practices. */
async function violations(page: Page): Promise<string[]> {
  // Evaluated, not added as a script: the content security policy stays as strict as in production.
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

/** Every route, and what must be there before it is looked at. */
const routes: readonly (readonly [path: string, ready: string])[] = [
  ["/projects", "table"],
  ["/security", '[aria-label="Sessions"] td'],
  ["/projects/atlas", ".act-row"],
  ["/projects/atlas/collections", ".list a"],
  ["/projects/atlas/collections/countries", ".grid-row"],
  ['/projects/atlas/collections/countries?where=[["region","eq","Europe"]]&sort=-population', ".grid-row"],
  ["/projects/atlas/collections/countries?view=json", ".json-item"],
  ['/projects/atlas/collections/countries?where=[["region","eq","Atlantis"]]', ".blank"],
  ["/projects/atlas/collections/countries/insert", ".editor"],
  ["/projects/atlas/collections/countries/rules", ".op"],
  ["/projects/atlas/collections/countries/indexes", "td"],
  ["/projects/atlas/functions", "table"],
  ["/projects/atlas/functions/import-countries", ".log"],
  ["/projects/atlas/functions/import-countries?section=versions", "td"],
  ["/projects/atlas/functions/import-countries?section=limits", "dl"],
  ["/projects/atlas/settings/general", "form"],
  ["/projects/atlas/settings/api-keys", "td"],
  ["/projects/atlas/settings/members", "td"],
  ["/projects/atlas/settings/users", "td"],
  ["/projects/atlas/settings/sign-in", "form"],
  ["/projects/atlas/settings/secrets", "td"],
  ["/projects/atlas/settings/providers", "td"],
  ["/projects/field-notes/settings/providers", ".blank"],
  ["/projects/atlas/settings/encryption-keys", "td"],
  ["/projects/atlas/settings/encryption-keys/customers", "td"],
  ["/projects/atlas/settings/encryption-keys/invoices", "td"],
  ["/projects/atlas/audit", "td"],
  ["/projects/atlas/audit?what=function", "td"],
  ["/projects/atlas/audit?trail=keys", "td"],
  ["/projects/atlas/audit?trail=keys&outcome=denied", "td"],
  ["/projects/atlas/audit?what=none", ".blank"],
  ["/orgs/northwall/audit", "td"],
  ["/orgs/northwall/members", "td"],
  ["/orgs/personal/members", ".blank"],
  ["/orgs/northwall/general", "form"],
  ["/orgs/nowhere/members", ".blank"],
  ["/projects?org=northwall", "td"],
  ["/projects/nowhere", ".blank"],
]

describeInBrowser("accessibility", ({ open }) => {
  for (const theme of ["light", "dark"] as const satisfies readonly Theme[]) {
    test(`every route has no violation (${theme})`, async () => {
      const page = await open("/projects", { theme })
      const wrong: Record<string, string[]> = {}
      for (const [path, ready] of routes) {
        await page.goto(new URL(path, page.url()).href)
        await page.locator(ready).first().waitFor()
        await page.waitForTimeout(300)
        const found = await violations(page)
        if (found.length > 0) wrong[path] = found
      }
      expect(wrong).toEqual({})
    }, 240_000)

    test(`what lies over a page has no violation (${theme})`, async () => {
      const page = await open("/projects/atlas/collections/countries", { theme })
      await page.locator(".grid-row").first().waitFor()
      const wrong: Record<string, string[]> = {}
      const look = async (name: string): Promise<void> => {
        const found = await violations(page)
        if (found.length > 0) wrong[name] = found
      }
      await page.keyboard.press("Control+k")
      await page.getByRole("combobox").fill("swi")
      await page.getByRole("option", { name: /Switzerland/ }).waitFor()
      await look("palette")
      await page.keyboard.press("Escape")
      await page.keyboard.press("?")
      await page.getByRole("dialog", { name: "Shortcuts" }).waitFor()
      await look("shortcuts")
      await page.keyboard.press("Escape")
      await page.keyboard.press("/")
      await page.getByRole("dialog", { name: "New filter" }).waitFor()
      await look("filter")
      await page.keyboard.press("Escape")
      await page.getByRole("row", { name: /Albania/ }).click()
      await page.locator("[data-field]").first().waitFor()
      await look("document")
      await page.getByRole("button", { name: /More for this document/ }).click()
      await look("menu")
      await page.keyboard.press("Escape")
      await page.getByRole("tab", { name: "JSON" }).click()
      await page.getByRole("textbox", { name: "Document as JSON" }).click()
      await page.locator(".editor[data-ready]").waitFor()
      await look("editor")
      expect(wrong).toEqual({})
    }, 120_000)
  }

  test("the routes have no violation on a phone, and nothing is wider than it", async () => {
    const page = await open("/projects", { viewport: phone })
    const wrong: Record<string, string[]> = {}
    for (const [path, ready] of routes) {
      await page.goto(new URL(path, page.url()).href)
      await page.locator(ready).first().waitFor({ state: "attached" })
      const found = await violations(page)
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      if (width > phone.width) found.push(`is ${width} px wide`)
      if (found.length > 0) wrong[path] = found
    }
    expect(wrong).toEqual({})
  }, 240_000)
})

describeInBrowser(
  "accessibility before anybody has signed up",
  ({ open }) => {
    for (const theme of ["light", "dark"] as const) {
      test(`the wall has no violation (${theme})`, async () => {
        const page = await open("/setup?token=first-stone", { theme, signedIn: false })
        await page.locator("form").waitFor()
        expect(await violations(page)).toEqual([])
        for (const path of ["/setup?token=spent", "/sign-in", "/invite/x", "/reset?token=rs_once", "/reset"]) {
          await page.goto(new URL(path, page.url()).href)
          await page.locator("h1").waitFor()
          await page.waitForTimeout(300)
          expect(await violations(page)).toEqual([])
        }
      })
    }
  },
  { fresh: true },
)
