import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createHmac } from "node:crypto"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { oidc } from "@ashlar/oauth/client"
import { type FakePerson, fakeProvider } from "@ashlar/oauth/testing"
import { createLog, type PlatformServer, type ServerOptions, startServer } from "@ashlar/server"
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core"
import { caller, freshFolder, removeFolder } from "./install.ts"

/** Ways into the console: by mail, by a provider, past a second factor that is asked of everybody, and in a browser that is remembered. */

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
const missing = !existsSync(executablePath)
if (missing && process.env.CI !== "true") console.log(`skipped: ways into the console: no browser at ${executablePath}`)
/** A folder that gets pictures of the pages, for eyes. */
const pictures = process.env.CONSOLE_PICTURES

const ISSUER = "https://id.example.org"
const client = { clientId: "ashlar", clientSecret: "what the provider gave for this install" }
const maya = { name: "Maya Lindqvist", email: "maya@example.com", password: "cut the stone exactly" }

/** The server, in this process: its provider and its mail are no hosts of the internet. */
interface Opened {
  readonly server: PlatformServer
  readonly origin: string
  /** The last code that was mailed, and its link, once it has come. */
  mailed(): Promise<{ readonly code: string; readonly link: string }>
  close(): Promise<void>
}
async function openInstall(options: ServerOptions = {}): Promise<Opened> {
  const data = freshFolder()
  const texts: string[] = []
  const server = await startServer({
    ...{ port: 0, data: join(data, "data"), log: createLog(() => undefined), mailFrom: "no-reply@example.com" },
    consoleFolder: join(import.meta.dir, "..", "..", "..", "apps", "console", "dist"),
    mail: {
      async send({ text }) {
        texts.push(text)
        return { id: String(texts.length), rejected: [] }
      },
      close: async () => undefined,
    },
    ...options,
  })
  const token = new URL(server.setupLink ?? "").searchParams.get("token")
  await caller(server.url)("POST", "/v1/setup", { token, ...maya })
  return {
    server,
    origin: server.url.replace("127.0.0.1", "localhost"),
    async mailed() {
      for (let wait = 0; wait < 500 && texts.length === 0; wait++) await Bun.sleep(10)
      const text = texts.splice(0).at(-1) ?? ""
      return { code: /^\d{8}$/m.exec(text)?.[0] ?? "", link: /https?:\S+token=\S+/.exec(text)?.[0] ?? "" }
    },
    async close() {
      await server.stop(1_000)
      removeFolder(data)
    },
  }
}

describe.skipIf(missing && process.env.CI !== "true")("ways into the console", () => {
  const fake = fakeProvider(oidc({ ...client, name: "staff", issuer: ISSUER }))
  const problems: string[] = []
  let atProvider: FakePerson
  let install: Opened
  let browser: Browser
  let page: Page
  let secret = ""
  let usedStep = 0

  const picture = async (name: string, on = page): Promise<void> => {
    if (pictures !== undefined) await on.screenshot({ path: `${pictures}/${name}.png` })
  }
  /** A browser that nobody has used here. The provider's page has a link that says yes. */
  async function fresh(): Promise<{ readonly context: BrowserContext; readonly page: Page }> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: "reduce" })
    await context.route(`${ISSUER}/**`, async (route) => {
      const { url } = await fake.signIn(route.request().url(), atProvider)
      const body = `<!doctype html><a href="${url.replaceAll("&", "&amp;")}">Yes, it is me</a>`
      await route.fulfill({ contentType: "text/html", body })
    })
    const opened = await context.newPage()
    opened.setDefaultTimeout(20_000)
    opened.on("pageerror", (error) => problems.push(error.message))
    opened.on("console", (message) => {
      if (message.type() === "error" && !/status of 40[0139]/.test(message.text())) problems.push(message.text())
    })
    return { context, page: opened }
  }
  /** What the authenticator app shows. Each step is good once, and the next one is taken as well. */
  async function code(): Promise<string> {
    const now = (): number => Math.floor(Date.now() / 30_000)
    while (usedStep > now()) await Bun.sleep(500)
    usedStep = usedStep === now() ? usedStep + 1 : now()
    return appCode(secret, usedStep)
  }
  async function byPassword(on = page): Promise<void> {
    await on.goto(`${install.origin}/sign-in`)
    await on.getByLabel("Email").fill(maya.email)
    await on.getByLabel("Password", { exact: true }).fill(maya.password)
    await on.keyboard.press("Enter")
  }
  /** Asks for mail, and stops where its code is typed. */
  async function askMail(on = page, to = "/projects"): Promise<{ readonly code: string; readonly link: string }> {
    await on.goto(`${install.origin}/sign-in?to=${to}`)
    await on.getByRole("link", { name: "Sign in by mail" }).click()
    await on.getByLabel("Email").fill(maya.email)
    await on.keyboard.press("Enter")
    await on.getByLabel("Code", { exact: true }).waitFor()
    return await install.mailed()
  }
  async function signOut(): Promise<void> {
    await page.locator("#main h1").waitFor()
    await page.getByRole("button", { name: /Maya Lindqvist/ }).click()
    await page.getByRole("menuitem", { name: "Sign out" }).click()
    await page.waitForURL("**/sign-in**")
  }
  /** On the page of security: adds an authenticator app. */
  async function addApp(): Promise<void> {
    await page.getByRole("button", { name: "Add an authenticator app" }).click()
    secret = ((await page.locator("[data-secret]").textContent()) ?? "").replaceAll(" ", "")
    await page.getByLabel("Code", { exact: true }).fill(await code())
    await page.keyboard.press("Enter")
    await page.getByLabel("I have kept them somewhere safe").check()
    await page.getByRole("button", { name: "Done" }).click()
  }

  beforeAll(async () => {
    process.env.CONSOLE_WAYS_TEST = JSON.stringify([
      { name: "staff", kind: "oidc", label: "Staff", host: ISSUER, ...client },
    ])
    install = await openInstall({ providers: "env:CONSOLE_WAYS_TEST", providerFetch: fake.fetch })
    browser = await chromium.launch({ executablePath, args })
    page = (await fresh()).page
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await install?.close()
    expect(problems).toEqual([])
  })

  test("no mail signs in to an address that nobody has confirmed; a code confirms it", async () => {
    const told = await askMail()
    expect(told).toEqual({ code: "", link: "" })
    await byPassword()
    await page.waitForURL("**/projects")
    await page.goto(`${install.origin}/security`)
    await page.getByText("is not confirmed").waitFor()
    await page.getByRole("button", { name: "Confirm it" }).click()
    await page.getByRole("button", { name: "Send a code" }).click()
    await page.getByLabel("Code", { exact: true }).fill((await install.mailed()).code)
    await page.keyboard.press("Enter")
    await page.getByText("is confirmed.").waitFor()
    await picture("ways-security")
  }, 60_000)

  test("a code that was mailed signs in, once, and goes on to where one was going", async () => {
    await signOut()
    const mailed = await askMail(page, "/security")
    await picture("ways-mail-code")
    await page.getByLabel("Code", { exact: true }).fill("00000000")
    await page.keyboard.press("Enter")
    await page.getByRole("alert").waitFor()
    await page.getByLabel("Code", { exact: true }).fill(`${mailed.code.slice(0, 4)} ${mailed.code.slice(4)}`)
    await page.keyboard.press("Enter")
    await page.waitForURL("**/security")
    await page.getByRole("heading", { name: "Security" }).waitFor()
  }, 60_000)

  test("its link signs in by a click, in the browser that asked and in no other one", async () => {
    await signOut()
    const { link } = await askMail()
    const elsewhere = await fresh()
    await elsewhere.page.goto(link.replace("127.0.0.1", "localhost"))
    await elsewhere.page.getByRole("button", { name: "Sign in" }).click()
    await elsewhere.page.getByRole("alert").waitFor()
    await picture("ways-link-elsewhere", elsewhere.page)
    await elsewhere.context.close()
    await page.goto(link.replace("127.0.0.1", "localhost"))
    await page.getByRole("button", { name: "Sign in" }).click()
    await page.waitForURL("**/projects")
  }, 60_000)

  test("a provider signs in who has the address, and is told under Security; a stranger gets no account", async () => {
    await signOut()
    atProvider = { subject: "7", email: "eve@example.com", emailVerified: true, name: "Eve" }
    await page.goto(`${install.origin}/sign-in?to=/security`)
    await picture("ways-sign-in")
    await page.getByRole("button", { name: "Sign in with Staff" }).click()
    await page.getByRole("link", { name: "Yes, it is me" }).click()
    await page.getByRole("heading", { name: "You are not signed in" }).waitFor()
    await picture("ways-provider-refused")
    atProvider = { subject: "1", email: maya.email, emailVerified: true, name: maya.name }
    await page.goto(`${install.origin}/sign-in?to=/security`)
    await page.getByRole("button", { name: "Sign in with Staff" }).click()
    await page.getByRole("link", { name: "Yes, it is me" }).click()
    await page.waitForURL("**/security")
    const providers = page.getByRole("region", { name: "Other providers" })
    await providers.getByRole("cell", { name: "Staff", exact: true }).waitFor()
    // It is known by what the provider calls her: whatever her address is there from now on.
    await signOut()
    atProvider = { subject: "1", email: "elsewhere@example.net", emailVerified: true }
    await page.goto(`${install.origin}/sign-in`)
    await page.getByRole("button", { name: "Sign in with Staff" }).click()
    await page.getByRole("link", { name: "Yes, it is me" }).click()
    await page.waitForURL("**/projects")
  }, 60_000)

  test("a password and a provider take the second step, until a browser is remembered; there no way does, nor by mail", async () => {
    await page.goto(`${install.origin}/security`)
    await addApp()
    await signOut()
    await byPassword()
    await page.getByRole("heading", { name: "One more step" }).waitFor()
    await page.goto(`${install.origin}/sign-in`)
    await page.getByRole("button", { name: "Sign in with Staff" }).click()
    await page.getByRole("link", { name: "Yes, it is me" }).click()
    await page.getByRole("heading", { name: "One more step" }).waitFor()
    await page.getByLabel("Do not ask in this browser for 30 days").check()
    await picture("ways-second-step")
    await page.getByLabel("Code of your authenticator app").fill(await code())
    await page.keyboard.press("Enter")
    await page.waitForURL("**/projects")

    await signOut()
    await byPassword()
    await page.waitForURL("**/projects")
    await signOut()
    // The last of five messages that an address gets in an hour.
    const mailed = await askMail()
    await page.getByLabel("Code", { exact: true }).fill(mailed.code)
    await page.keyboard.press("Enter")
    await page.waitForURL("**/projects")

    const elsewhere = await fresh()
    await byPassword(elsewhere.page)
    await elsewhere.page.getByRole("heading", { name: "One more step" }).waitFor()
    await elsewhere.context.close()
  }, 120_000)

  test("a browser that is forgotten is asked again", async () => {
    await page.goto(`${install.origin}/security`)
    const remembered = page.getByRole("region", { name: "Remembered browsers" })
    await remembered.getByRole("button", { name: /^Forget/ }).click()
    await page.getByText("Forgotten").waitFor()
    await signOut()
    await byPassword()
    await page.getByRole("heading", { name: "One more step" }).waitFor()
  }, 60_000)

  test("where everybody shows a factor, who has none is led to add one, and then on", async () => {
    await install.close()
    install = await openInstall({ requireMfa: true })
    page = (await fresh()).page
    usedStep = 0
    await byPassword()
    await page.waitForURL("**/security?asked=**")
    const asked = page.getByRole("region", { name: "A second factor is asked" })
    await asked.getByText("Add an authenticator app or a passkey below").waitFor()
    await picture("ways-asked")
    await page.goto(`${install.origin}/projects`)
    await page.waitForURL("**/security?asked=**")
    await addApp()
    await asked.getByRole("button", { name: "Go on" }).click()
    await page.waitForURL("**/projects")
    await page.getByRole("heading", { name: "Projects" }).waitFor()
    await picture("ways-in")
    await signOut()
    await byPassword()
    await page.getByLabel("Code of your authenticator app").fill(await code())
    await page.keyboard.press("Enter")
    await page.waitForURL("**/projects")
    await page.getByRole("heading", { name: "Projects" }).waitFor()
  }, 120_000)
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
