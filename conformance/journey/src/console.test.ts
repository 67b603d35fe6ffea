import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type Browser, chromium, type Page } from "playwright-core"
import { caller, freshFolder, type Install, removeFolder, startInstall } from "./install.ts"

/** The console's part of the journey: the built page, a real browser, the real platform. */

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]
const missing = !existsSync(executablePath)
if (missing && process.env.CI !== "true") console.log(`skipped: the console's journey: no browser at ${executablePath}`)

describe.skipIf(missing && process.env.CI !== "true")("the console", () => {
  const data = freshFolder()
  const person = { email: "maya@example.com", password: "cut the stone exactly" }
  const problems: string[] = []
  let install: Install
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    install = await startInstall(data)
    browser = await chromium.launch({ executablePath, args })
    page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    page.on("pageerror", (error) => problems.push(error.message))
    // A policy that stops one of the console's own scripts or styles shows here.
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("status of 401")) problems.push(message.text())
    })
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await install?.stop()
    removeFolder(data)
  })

  test("makes the first administrator and project from the link, by keyboard alone", async () => {
    await page.goto(`${install.url}/setup?token=${install.setupToken}`)
    await page.getByRole("heading", { name: "Lay the first stone" }).waitFor()
    for (const text of ["Maya Lindqvist", person.email]) {
      await page.keyboard.type(text)
      await page.keyboard.press("Tab")
    }
    await page.keyboard.type(person.password)
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "Name the first project" }).waitFor()
    await page.keyboard.type("Atlas")
    await page.keyboard.press("Enter")
    await page.waitForURL("**/projects/atlas")
  }, 30_000)

  test("says that a link which was used is spent", async () => {
    const other = await browser.newPage()
    await other.goto(`${install.url}/setup?token=${install.setupToken}`)
    await other
      .getByText(/used|spent|expired/i)
      .first()
      .waitFor()
    expect(await other.getByLabel("Password", { exact: true }).count()).toBe(0)
    await other.close()
  }, 30_000)

  test("shows documents that came by the API, filters them, and edits one over its revision", async () => {
    const call = await signedIn()
    await call("POST", "/v1/projects/atlas/collections", { name: "countries", indexes: ["region"] })
    const countries = ["Chad", "Peru", "Fiji"].map((name, n) => ({
      name,
      region: n === 0 ? "Africa" : "Elsewhere",
      area: 1000 * (n + 1),
    }))
    await call("POST", "/v1/projects/atlas/collections/countries/documents", countries)
    await page.goto(`${install.url}/projects/atlas/collections/countries`)
    await page.getByText("Chad").first().waitFor()
    await page.getByText("Peru").first().click()
    await page.locator('[data-field="area"] button.v').click()
    await page.keyboard.press("Control+a")
    await page.keyboard.type("4321")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Control+s")
    await page.getByText("revision 2").first().waitFor()
    const found = await call("POST", "/v1/projects/atlas/collections/countries/query", { where: { name: "Peru" } })
    expect(found.body.items[0]).toMatchObject({ rev: 2, data: { area: 4321 } })
  }, 30_000)

  test("calls a function, and shows its answer, its log as it comes, and its versions", async () => {
    const call = await signedIn()
    const code = readFileSync(join(import.meta.dir, "..", "functions", "hello.js"), "utf8")
    for (const version of ["one", "two"]) {
      await call("POST", "/v1/projects/atlas/functions", {
        name: "hello",
        runtime: "quickjs",
        code: code.replace("VERSION", version),
      })
    }
    await page.goto(`${install.url}/projects/atlas/functions/hello`)
    await page.getByRole("button", { name: /^Send/ }).click()
    await page.getByText("200 OK").first().waitFor()
    await page.getByText('"two"').first().waitFor()
    await page.getByText("hello was called").first().waitFor()
    await page.getByRole("button", { name: "Roll back", exact: true }).click()
    await page.getByRole("button", { name: "Make v1 live" }).click()
    await page.getByText("v1 is live").first().waitFor()
    expect((await call("GET", "/f/atlas/hello")).body.hello).toBe("one")
  }, 30_000)

  test("keeps nobody's token where a script could take it, and survives a reload", async () => {
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    )
    expect(kept).not.toMatch(/eyJ|rt_|refresh/i)
    await page.reload()
    await page.getByRole("tab", { name: /Versions/ }).waitFor()
    expect(page.url()).toContain("/projects/atlas/functions/hello")
  }, 30_000)

  test("met no error on the way", () => {
    expect(problems).toEqual([])
  })

  async function signedIn(): Promise<ReturnType<typeof caller>> {
    const session = await caller(install.url)("POST", "/v1/auth/signin", person)
    return caller(install.url, session.body.accessToken)
  }
})
