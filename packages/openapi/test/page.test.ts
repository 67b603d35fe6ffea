import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createApp, errors, layer, type Server } from "@ashlar/http"
import { type Schema, v } from "@ashlar/validation"
import { type BrowserContext, chromium, type Locator, type Page } from "playwright-core"
import { openapi } from "../src/index.ts"

/** The page in a real browser, which is allowed to reach nothing but the app. */

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const args = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]
const hasBrowser = existsSync(executablePath)
if (!hasBrowser) console.log(`skipped: the page of documents: no browser at ${executablePath}; install chromium`)

interface User {
  id: string
  name: string
}
const User: Schema<User> = v
  .object({ id: v.string(), name: v.string().describe("As they sign") })
  .meta({ id: "User", examples: [{ id: "7", name: "Ana" }] })
const NewUser = v.object({ name: v.string().min(1) }).meta({ id: "NewUser", examples: [{ name: "Bob" }] })

describe.skipIf(!hasBrowser && process.env.CI !== "true")("the page of documents", () => {
  setDefaultTimeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), "ashlar-docs-"))
  const problems: string[] = []
  const foreign: string[] = []
  const app = createApp()
  let server: Server
  let context: BrowserContext
  let page: Page

  beforeAll(async () => {
    const signedIn = layer({
      name: "signedIn",
      errors: [errors.Unauthorized],
      security: { session: { type: "http", scheme: "bearer" } },
      before: (ctx) => {
        if (ctx.headers.get("authorization") !== "Bearer let-me-in") throw new errors.Unauthorized()
      },
    })
    const tags = ["users"]
    const params = v.object({ id: v.string().meta({ examples: ["7"] }) })
    app.get("/users/:id", { summary: "One user", tags, params, response: User, layers: [signedIn] }, (ctx) => ({
      id: ctx.params.id,
      name: "Ana",
    }))
    app.post("/users", { summary: "Make a user", tags, body: NewUser, response: { 201: User } }, (ctx) =>
      ctx.json({ id: "8", name: `${ctx.body.name} of the server` }, 201),
    )
    openapi(app, {
      title: "Shop",
      version: "1.0.0",
      description: "The **shop**'s API.",
      tags: { users: "Who signs in" },
    })
    server = await app.listen({ port: 0 })
    context = await chromium.launchPersistentContext(join(folder, "profile"), { args, executablePath })
    context.setDefaultTimeout(20_000)
    page = await context.newPage()
    page.on("pageerror", (error) => problems.push(String(error.stack)))
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("401")) problems.push(message.text())
    })
    page.on("request", (request) => {
      if (!/^(?:data|blob):/.test(request.url()) && !request.url().startsWith(server.url)) foreign.push(request.url())
    })
    await page.goto(`${server.url}/docs`)
  })
  afterAll(async () => {
    await context?.close()
    await app.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Opens the dialog that tries an operation. */
  async function tryOut(summary: string, operation: string): Promise<Locator> {
    await page.goto(`${server.url}/docs`)
    await page.getByRole("link", { name: summary }).first().click()
    await page
      .getByRole("button", { name: /^Test Request/ })
      .filter({ hasText: operation })
      .click()
    const dialog = page.getByRole("dialog")
    await dialog.getByRole("button", { name: /^Send/ }).first().waitFor()
    return dialog
  }
  const shoot = async (name: string): Promise<void> => {
    if (process.env.SCREENSHOTS !== undefined)
      await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`) })
  }

  test("shows what the document says", async () => {
    await page.getByRole("heading", { name: "Shop" }).waitFor()
    await page.getByRole("link", { name: "Make a user" }).first().click()
    await page.getByText("HTTP_INVALID").first().waitFor()
    await shoot("docs")
    await page.emulateMedia({ colorScheme: "dark" })
    await shoot("docs-dark")
    await page.emulateMedia({ colorScheme: "light" })
  })

  test("tries a request, and shows what the app answers", async () => {
    const dialog = await tryOut("Make a user", "post /users")
    await dialog.getByRole("button", { name: /^Send/ }).first().click()
    await dialog.getByText("201 Created").waitFor()
    await dialog.getByText("Bob of the server").waitFor()
    await shoot("docs-request")
  })

  test("shows the problem of one that is refused, until it carries what is asked for", async () => {
    const dialog = await tryOut("One user", "get /users/{id}")
    await dialog.getByRole("button", { name: /^Send/ }).first().click()
    await dialog.getByText("HTTP_UNAUTHORIZED").first().waitFor()
    await shoot("docs-problem")
    await dialog.getByPlaceholder("Token").fill("let-me-in")
    await dialog.getByRole("button", { name: /^Send/ }).first().click()
    await dialog.getByText("200 OK").waitFor()
    await shoot("docs-answer")
  })

  test("breaks none of its own rules, and goes nowhere else", () => {
    expect(problems).toEqual([])
    expect(foreign).toEqual([])
  })
})
