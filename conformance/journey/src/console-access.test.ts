import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { type Browser, chromium, type Page } from "playwright-core"
import { caller, freshFolder, type Install, removeFolder, startInstall } from "./install.ts"

/** Who may come in and what they may do, in the console: providers, keys, audit, organizations. */

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
const missing = !existsSync(executablePath)
if (missing && process.env.CI !== "true") console.log(`skipped: the console's access: no browser at ${executablePath}`)

describe.skipIf(missing && process.env.CI !== "true")("access in the console", () => {
  const data = freshFolder()
  const person = { name: "Maya Lindqvist", email: "maya@example.com", password: "cut the stone exactly" }
  const problems: string[] = []
  let install: Install
  let browser: Browser
  let page: Page
  let call: ReturnType<typeof caller>

  beforeAll(async () => {
    install = await startInstall(data)
    const made = await caller(install.url)("POST", "/v1/setup", { token: install.setupToken, ...person })
    call = caller(install.url, made.body.accessToken)
    await call("POST", "/v1/projects", { name: "Atlas" })
    browser = await chromium.launch({ executablePath, args })
    page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
    page.on("pageerror", (error) => problems.push(error.message))
    page.on("console", (message) => {
      if (message.type() === "error" && !/status of (401|422)/.test(message.text())) problems.push(message.text())
    })
    await page.goto(`${install.url}/sign-in?to=/projects/atlas/settings/providers`)
    await page.getByLabel("Email").fill(person.email)
    await page.getByLabel("Password", { exact: true }).fill(person.password)
    await page.keyboard.press("Enter")
    await page.getByRole("heading", { name: "No provider yet" }).waitFor()
  }, 60_000)
  /** The key of a pane's primary action works from when its button is there. */
  async function pressN(button: string): Promise<void> {
    await page.getByRole("button", { name: new RegExp(`^${button}`) }).waitFor()
    await page.keyboard.press("n")
  }
  afterAll(async () => {
    await browser?.close()
    await install?.stop()
    removeFolder(data)
  })

  test("adds a provider by keyboard, gives its callback, never its secret, and switches it off", async () => {
    await pressN("Add provider")
    await page.getByLabel("Client id").fill("714289-atlas")
    await page.getByLabel("Client secret").fill("hush-hush-of-google")
    await page.keyboard.press("Enter")
    const callback = await page.getByLabel("Callback", { exact: true }).textContent()
    expect(callback).toMatch(/^http:\/\/localhost:\d+\/v1\/projects\/[\w-]+\/auth\/sign-in\/google\/callback$/)
    await page.getByRole("button", { name: "Done" }).click()
    await page.getByRole("row", { name: /Google.*714289-atlas.*enabled/ }).waitFor()
    await page.getByRole("button", { name: "Disable Google" }).click()
    await page.getByRole("row", { name: /Google.*disabled/ }).waitFor()
    await page.getByRole("button", { name: "Change Google" }).click()
    expect(await page.getByLabel("Client secret").inputValue()).toBe("")
    await page.getByLabel("On its button").fill("Google at Atlas")
    await page.keyboard.press("Enter")
    // It is changed, and neither switched on nor without its secret.
    await page.getByRole("row", { name: /Google at Atlas.*disabled/ }).waitFor()
    const { body } = await call("GET", "/v1/projects/atlas/auth/settings/providers")
    expect(body.items).toMatchObject([{ name: "google", label: "Google at Atlas", enabled: false }])
    expect((await page.content()) + JSON.stringify(body)).not.toContain("hush-hush")
  }, 30_000)

  test("says at the field what the server refuses of an issuer", async () => {
    await pressN("Add provider")
    await page.getByLabel("Provider", { exact: true }).selectOption("oidc")
    await page.getByLabel("Issuer").fill("http://id.example.org")
    await page.getByLabel("Client id").fill("atlas")
    await page.getByLabel("Client secret").fill("another")
    await page.keyboard.press("Enter")
    await page.locator('[aria-invalid="true"]').waitFor()
    expect(await page.locator('[aria-invalid="true"]').inputValue()).toBe("http://id.example.org")
    await page.getByLabel("Issuer").fill("https://id.example.org")
    await page.keyboard.press("Enter")
    await page.getByRole("button", { name: "Done" }).click()
    await page.getByRole("row", { name: /oidc/ }).waitFor()
  }, 30_000)

  test("sets where users come back to, and words the app's mail", async () => {
    await page.goto(`${install.url}/projects/atlas/settings/sign-in`)
    await page.getByLabel(/Where links may lead/).fill("not a page")
    await page.keyboard.press("Control+s")
    await page.locator('textarea[aria-invalid="true"]').waitFor()
    await page.getByLabel(/Where links may lead/).fill("https://atlas.example/back\nhttps://atlas.example/mail")
    await page.getByLabel("It is from").fill("The Atlas")
    await page.getByRole("radio", { name: "Your own" }).click()
    await page.getByLabel("Subject").fill("Welcome to {{app}}")
    await page.getByLabel("Text").fill("Your code:\n\n{{code}}")
    await page.keyboard.press("Control+s")
    await page.getByText("How users sign in").first().waitFor()
    const settings = async () => (await call("GET", "/v1/projects/atlas/auth/settings")).body
    expect(await settings()).toMatchObject({
      redirectUrls: ["https://atlas.example/back", "https://atlas.example/mail"],
      mail: { senderName: "The Atlas", texts: { verify: { subject: "Welcome to {{app}}" } } },
    })
    await page.getByRole("radio", { name: "The platform's" }).click()
    await page.getByRole("form", { name: "How users sign in" }).getByRole("button", { name: "Save" }).click()
    await page.getByRole("option", { name: "Confirm the address", exact: true }).waitFor({ state: "attached" })
    for (let turn = 0; turn < 100 && (await settings()).mail.texts.verify; turn++) await Bun.sleep(50)
    expect((await settings()).mail.texts).toEqual({})
  }, 30_000)

  test("makes a key, rotates it, raises its minimum, schedules its end, keeps it, and shreds it", async () => {
    await page.goto(`${install.url}/projects/atlas/settings/encryption-keys`)
    await page.getByRole("heading", { name: "No key yet" }).waitFor()
    await pressN("Create key")
    await page.getByLabel("Name").fill("customers")
    await page.keyboard.press("Enter")
    await page.waitForURL("**/encryption-keys/customers")
    const context = { table: "users" }
    const K = "/v1/projects/atlas/kms/keys/customers"
    const { sealed } = (await call("POST", `${K}/encrypt`, { plain: "aGk=", context })).body
    await page.getByRole("button", { name: "Rotate" }).click()
    await page.getByText("Encrypts and decrypts").waitFor()
    await page.getByRole("row", { name: /^2 / }).getByRole("button", { name: "Make it the minimum" }).click()
    await page.getByRole("button", { name: "Set minimum" }).click()
    await page.getByText("Refused, for it is below the minimum").waitFor()
    expect((await call("POST", `${K}/decrypt`, { sealed, context })).body.code).toBe("CRYPTO_VERSION_REFUSED")
    await page.getByRole("button", { name: "Schedule deletion…" }).click()
    await page.getByLabel("Days until then").fill("7")
    await page.keyboard.press("Enter")
    await page.getByText("to be destroyed").waitFor()
    await page.getByRole("button", { name: "Cancel the deletion" }).click()
    await page.getByRole("button", { name: "Enable" }).click()
    await page.getByText("enabled", { exact: true }).waitFor()
    await page.getByRole("button", { name: "Shred now…" }).click()
    const shred = page.getByRole("button", { name: "Shred key" })
    await page.getByLabel(/Type customers/).fill("customer")
    expect(await shred.isDisabled()).toBe(true)
    await page.getByLabel(/Type customers/).fill("customers")
    await shred.click()
    await page.getByText("destroyed", { exact: true }).waitFor()
    expect((await call("GET", K)).body.state).toBe("destroyed")
  }, 30_000)

  test("narrows the audit by who, what, when and outcome, and the address says so to another page", async () => {
    await page.goto(`${install.url}/projects/atlas/audit`)
    await page
      .getByRole("cell", { name: /set provider google/ })
      .first()
      .waitFor()
    await page.getByLabel("What").selectOption("project")
    await page.getByRole("cell", { name: /created project atlas/ }).waitFor()
    expect(await page.getByRole("cell", { name: /set provider/ }).count()).toBe(0)
    await page.getByRole("radio", { name: "Keys and secrets" }).click()
    await page.getByLabel("Outcome").selectOption("denied")
    await page.getByLabel("Of", { exact: true }).selectOption("key:customers")
    await page.getByLabel("Who").selectOption({ label: person.email })
    await page.getByText("CRYPTO_VERSION_REFUSED").waitFor()
    const shared = page.url()
    expect(shared).toContain("outcome=denied")
    const other = await page.context().newPage()
    await other.goto(shared)
    await other.getByText("CRYPTO_VERSION_REFUSED").waitFor()
    expect(await other.getByRole("row").count()).toBe(2)
    await other.getByLabel("To").fill("2020-01-01")
    await other.getByRole("heading", { name: "No entry is like that" }).waitFor()
    await other.getByRole("button", { name: "Clear" }).click()
    await other.getByRole("button", { name: "Verify the trail" }).click()
    await other.getByText(/entries as written/).waitFor()
    await other.close()
  }, 30_000)

  test("asks somebody into an organization by link, gives it a project, and hands it over", async () => {
    await call("POST", "/v1/orgs", { name: "Quarry" })
    await page.goto(`${install.url}/orgs/quarry/members`)
    await page.getByRole("heading", { name: "Members" }).waitFor()
    await pressN("Invite")
    await page.getByLabel("Email").fill("tomas@example.com")
    await page.keyboard.press("Enter")
    const link = (await page.getByLabel("Invitation link").textContent()) ?? ""
    await page.getByRole("button", { name: "Done" }).click()
    const join = { name: "Tomas Okafor", email: "tomas@example.com", password: "another wall entirely" }
    await caller(install.url)("POST", "/v1/auth/signup", { ...join, invite: link.split("/invite/")[1] })

    await page.goto(`${install.url}/projects/atlas/settings/general`)
    await page.getByRole("button", { name: "Transfer…" }).click()
    await page.getByRole("button", { name: "Transfer project" }).click()
    await page.getByText("It is in Quarry.").waitFor()

    await page.goto(`${install.url}/orgs/quarry/general`)
    await page.getByRole("button", { name: "Hand over…" }).click()
    await page.getByLabel("Its owner from now on").selectOption({ label: "Tomas Okafor, tomas@example.com" })
    await page.getByRole("button", { name: "Hand over", exact: true }).click()
    await page.getByText("Tomas Okafor owns Quarry").waitFor()
    expect((await call("GET", "/v1/orgs/quarry")).body.role).toBe("admin")
    await page.goto(`${install.url}/orgs/quarry/audit?what=org.hand-over`)
    await page.getByRole("cell", { name: "handed over to tomas@example.com" }).waitFor()
    expect(await page.getByRole("row").count()).toBe(2)
  }, 30_000)

  test("met no error on the way", () => {
    expect(problems).toEqual([])
  })
})
