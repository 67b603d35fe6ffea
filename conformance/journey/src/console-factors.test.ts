import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createHmac } from "node:crypto"
import { existsSync } from "node:fs"
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"
import { freshFolder, type Install, removeFolder, startInstall } from "./install.ts"

/** Second factors in the console: the built page, a real browser with an authenticator, the real platform. */

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
const missing = !existsSync(executablePath)
if (missing && process.env.CI !== "true") console.log(`skipped: the console's factors: no browser at ${executablePath}`)
/** A folder that gets pictures of the pages, for eyes. */
const pictures = process.env.CONSOLE_PICTURES

describe.skipIf(missing && process.env.CI !== "true")("second factors in the console", () => {
  const data = freshFolder()
  const person = { email: "maya@example.com", password: "cut the stone exactly" }
  const problems: string[] = []
  let install: Install
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let origin: string
  let secret: string
  let recoveryCodes: readonly string[]
  /** The last step whose code was used: each is good once. */
  let usedStep = 0

  const picture = async (name: string): Promise<void> => {
    if (pictures !== undefined) await page.screenshot({ path: `${pictures}/${name}.png` })
  }
  async function code(): Promise<string> {
    const stepNow = (): number => Math.floor(Date.now() / 30_000)
    // One step ahead is taken as well, so this waits only where two were used within one.
    while (usedStep > stepNow()) await Bun.sleep(500)
    usedStep = usedStep === stepNow() ? usedStep + 1 : stepNow()
    return appCode(secret, usedStep)
  }
  async function signIn(): Promise<void> {
    await page.goto(`${origin}/sign-in`)
    await page.getByLabel("Email").fill(person.email)
    await page.getByLabel("Password", { exact: true }).fill(person.password)
    await page.keyboard.press("Enter")
  }
  async function signOut(): Promise<void> {
    // The screen comes with a bar of its own: a menu that is opened before goes with the one before.
    await page.locator("#main h1").waitFor()
    await page.getByRole("button", { name: /Maya Lindqvist/ }).click()
    await page.getByRole("menuitem", { name: "Sign out" }).click()
    await page.waitForURL("**/sign-in**")
  }

  beforeAll(async () => {
    install = await startInstall(data)
    origin = install.url.replace("127.0.0.1", "localhost")
    browser = await chromium.launch({ executablePath, args })
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, permissions: ["clipboard-write"] })
    page = await context.newPage()
    page.setDefaultTimeout(20_000)
    page.on("pageerror", (error) => problems.push(error.message))
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("status of 401")) problems.push(message.text())
    })
    const setup = { token: install.setupToken, name: "Maya Lindqvist", ...person }
    const headers = { "content-type": "application/json" }
    await fetch(`${install.url}/v1/setup`, { method: "POST", headers, body: JSON.stringify(setup) })
    const devtools = await context.newCDPSession(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        ...{ protocol: "ctap2", transport: "internal", hasResidentKey: true },
        ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
      },
    })
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await install?.stop()
    removeFolder(data)
    expect(problems).toEqual([])
  })

  test("an authenticator app is added by keyboard, and its recovery codes are shown once", async () => {
    await signIn()
    await page.waitForURL("**/projects")
    await picture("projects")
    await page.goto(`${origin}/security`)
    await page.getByRole("button", { name: "Add an authenticator app" }).focus()
    await page.keyboard.press("Enter")
    await page.getByRole("img", { name: /authenticator app/ }).waitFor()
    secret = ((await page.locator("[data-secret]").textContent()) ?? "").replaceAll(" ", "")
    await picture("add-app")
    await page.keyboard.type("000000")
    await page.keyboard.press("Enter")
    await page.getByText("The code is not the right one").waitFor()
    await page.getByLabel("Code", { exact: true }).fill(await code())
    await page.keyboard.press("Enter")
    const dialog = page.getByRole("dialog", { name: "Your recovery codes" })
    await dialog.waitFor()
    recoveryCodes = await dialog.getByRole("listitem").allTextContents()
    expect(recoveryCodes).toHaveLength(10)
    await picture("recovery-codes")
    await page.keyboard.press("Escape")
    expect(await dialog.isVisible()).toBe(true)
    await page.getByLabel("I have kept them somewhere safe").check()
    await page.getByRole("button", { name: "Done" }).click()
    await page.getByText("10 of 10 left").waitFor()
    await page.getByRole("cell", { name: "Authenticator app" }).first().waitFor()
  }, 60_000)

  test("a passkey is added beside it", async () => {
    await page.getByRole("button", { name: "Add a passkey" }).click()
    await page.getByLabel("Name", { exact: true }).fill("Laptop")
    await page.keyboard.press("Enter")
    await page.getByRole("cell", { name: "Laptop", exact: true }).waitFor()
    await page.getByText("Where you are signed in").waitFor()
    await picture("security-light")
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" })
    await picture("security-dark")
    await page.emulateMedia({ colorScheme: "light" })
  }, 60_000)

  test("the password alone does not sign in; a code does, once", async () => {
    await signOut()
    await signIn()
    await page.getByRole("heading", { name: "One more step" }).waitFor()
    await picture("second-step")
    await page.goto(`${origin}/security`)
    await page.waitForURL("**/sign-in**")
    await signIn()
    await page.getByLabel("Code of your authenticator app").fill("123")
    await page.keyboard.press("Enter")
    await page.getByRole("alert").waitFor()
    await page.getByLabel("Code of your authenticator app").fill(await code())
    await page.keyboard.press("Enter")
    await page.waitForURL("**/projects")
  }, 90_000)

  test("so does a passkey as the second step, and one without a password", async () => {
    await signOut()
    await signIn()
    await page.getByRole("button", { name: "Use a passkey" }).click()
    await page.waitForURL("**/projects")
    await signOut()
    await picture("sign-in")
    await page.getByRole("button", { name: "Sign in with a passkey" }).click()
    await page.waitForURL("**/projects")
  }, 60_000)

  test("and a recovery code, which is gone then", async () => {
    await signOut()
    await signIn()
    await page.getByRole("button", { name: "Use a recovery code" }).click()
    await page.getByLabel("Recovery code").fill(recoveryCodes[0]!)
    await page.keyboard.press("Enter")
    await page.waitForURL("**/projects")
    await page.goto(`${origin}/security`)
    await page.getByText("9 of 10 left").waitFor()
  }, 60_000)

  test("sessions elsewhere are ended here", async () => {
    const others = page.getByRole("button", { name: /^End the session/ })
    await others.first().waitFor()
    const before = await others.count()
    const body = JSON.stringify({ passkey: {} })
    const headers = { "content-type": "application/json" }
    const refused = await fetch(`${install.url}/v1/auth/signin/passkey`, { method: "POST", headers, body })
    expect(refused.status).toBe(401)
    await others.first().click()
    await page.getByText("Session ended").waitFor()
    await page.waitForFunction(
      (left) => document.querySelectorAll('[aria-label^="End the session"]').length === left,
      before - 1,
    )
  }, 60_000)
})

/** What an authenticator app shows in a step of thirty seconds (RFC 6238). */
function appCode(secret: string, step: number): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
  const bits = [...secret].map((sign) => letters.indexOf(sign).toString(2).padStart(5, "0")).join("")
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac("sha1", key).update(counter).digest()
  return String((mac.readUInt32BE(mac[19]! & 15) & 0x7fffffff) % 1_000_000).padStart(6, "0")
}
