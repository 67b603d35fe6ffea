import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { existsSync } from "node:fs"
import { join } from "node:path"
import type * as Sdk from "@ashlar/sdk"
import { type Browser, chromium, type Page } from "playwright-core"
import { type Answer, freshFolder, type Install, removeFolder, startInstall } from "./install.ts"

/** Passkeys of an app's users: a page of an app with the SDK in it, a real browser with an authenticator, the real platform. */

const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium"
const args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
const missing = !existsSync(executablePath)
if (missing && process.env.CI !== "true") console.log(`skipped: passkeys of apps: no browser at ${executablePath}`)
const person = { email: "ada@example.org", password: "cut the stone exactly" }

/** What the page has: the SDK, and whoever uses it. */
interface InPage {
  sdk: typeof Sdk
  ashlar: Sdk.Ashlar
}

describe.skipIf(missing && process.env.CI !== "true")("passkeys of an app's users", () => {
  const data = freshFolder()
  let install: Install
  let site: ReturnType<typeof Bun.serve>
  let browser: Browser
  let page: Page
  let owner: string
  const keys: Record<string, string> = {}

  async function ask(method: string, path: string, body?: object, bearer = owner): Promise<Answer> {
    const headers = { "content-type": "application/json", ...(bearer && { authorization: `Bearer ${bearer}` }) }
    const response = await fetch(install.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) }
  }
  /** Opens the app's page anew, as a user of this project. */
  async function open(project: string): Promise<void> {
    await page.goto(`http://localhost:${site.port}/`)
    await page.evaluate(
      ([url = "", key = ""]) => {
        const own = globalThis as unknown as InPage
        own.ashlar = own.sdk.createAshlar({ url, key, devices: own.sdk.webTokenStore(localStorage, "ashlar.device") })
      },
      [install.url, keys[project] ?? ""],
    )
  }
  /** The code of a failure, or what came of it. */
  const codeOf = (error: unknown): unknown => (error as { code?: string; name?: string }).code ?? String(error)

  beforeAll(async () => {
    install = await startInstall(data)
    const entrypoints = [join(import.meta.dir, "..", "..", "..", "sdk", "js", "src", "index.ts")]
    const { outputs } = await Bun.build({ entrypoints, target: "browser", format: "esm" })
    const script = await outputs[0]!.text()
    site = Bun.serve({
      port: 0,
      fetch: ({ url }) =>
        new URL(url).pathname === "/sdk.js"
          ? new Response(script, { headers: { "content-type": "text/javascript" } })
          : new Response(
              `<!doctype html><script type="module">import * as sdk from "/sdk.js"; globalThis.sdk = sdk</script>`,
              {
                headers: { "content-type": "text/html" },
              },
            ),
    })
    const setup = { token: install.setupToken, name: "Maya", email: "maya@example.com", password: person.password }
    owner = (await ask("POST", "/v1/setup", setup, "")).body.accessToken
    for (const name of ["Walls", "Yard"]) {
      const project = name.toLowerCase()
      await ask("POST", "/v1/projects", { name })
      const wish = { kind: "publishable", name: "web" }
      keys[project] = (await ask("POST", `/v1/projects/${project}/keys`, wish)).body.secret
      const passkeys = { rpId: "localhost", origins: [`http://localhost:${site.port}`] }
      const settings = { mfa: "optional", passkeys, rememberDeviceDays: 7 }
      expect((await ask("PATCH", `/v1/projects/${project}/auth/settings`, settings)).status).toBe(200)
    }
    browser = await chromium.launch({ executablePath, args })
    const context = await browser.newContext()
    page = await context.newPage()
    page.setDefaultTimeout(20_000)
    const devtools = await context.newCDPSession(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        ...{ protocol: "ctap2", transport: "internal", hasResidentKey: true },
        ...{ hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
      },
    })
    await open("walls")
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await site?.stop(true)
    await install?.stop()
    removeFolder(data)
  })

  test("are made in a page of the app, with recovery codes beside the first one", async () => {
    const made = await page.evaluate(async (wish) => {
      const { sdk, ashlar } = globalThis as unknown as InPage
      await ashlar.auth.signUp(wish)
      const options = await ashlar.auth.factors.passkeyOptions()
      const added = await ashlar.auth.factors.addPasskey(await sdk.makePasskey(options), "Laptop")
      return { ...added, state: await ashlar.auth.factors.get() }
    }, person)
    expect(made).toMatchObject({ factor: { kind: "passkey", label: "Laptop" }, state: { recoveryCodes: 10 } })
    expect(made.recoveryCodes).toHaveLength(10)
  }, 60_000)

  test("are the second step after a password, and a device is remembered by them over reloads", async () => {
    await open("walls")
    const [step, user] = await page.evaluate(async (wish) => {
      const { sdk, ashlar } = globalThis as unknown as InPage
      const asked = sdk.secondStepOf(await ashlar.auth.signIn(wish).catch((error: unknown) => error))!
      const options = await ashlar.auth.secondStep.passkeyOptions(asked.ticket)
      const passkey = await sdk.showPasskey(options)
      return [asked, await ashlar.auth.secondStep.finish({ ticket: asked.ticket, passkey, remember: true })] as const
    }, person)
    expect([step.factors, step.enrol, user.email]).toEqual([["passkey", "recovery"], false, person.email])
    await open("walls")
    const again = await page.evaluate(async (wish) => {
      const { ashlar } = globalThis as unknown as InPage
      return (await ashlar.auth.signIn(wish)).email
    }, person)
    expect(again).toBe(person.email)
    await page.evaluate(() => localStorage.clear())
  }, 60_000)

  test("sign in without a password, and the token says how", async () => {
    await open("walls")
    const token = await page.evaluate(async () => {
      const { sdk, ashlar } = globalThis as unknown as InPage
      await ashlar.auth.passkey.signIn(await sdk.showPasskey(await ashlar.auth.passkey.options()))
      return (await ashlar.auth.session())!.accessToken
    })
    const { amr, email } = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString())
    expect([email, amr]).toEqual([person.email, ["hwk", "user", "mfa"]])
  }, 60_000)

  test("of one project open nothing in another, whoever's challenge is answered, and no answer opens twice", async () => {
    await open("walls")
    const shown = await page.evaluate(async () => {
      const { sdk, ashlar } = globalThis as unknown as InPage
      return await sdk.showPasskey(await ashlar.auth.passkey.options())
    })
    const there = await ask("POST", "/v1/projects/yard/auth/signin/passkey", { passkey: shown }, keys.yard)
    expect([there.status, codeOf(there.body)]).toEqual([401, "AUTH_PASSKEY_REFUSED"])
    const here = () => ask("POST", "/v1/projects/walls/auth/signin/passkey", { passkey: shown }, keys.walls)
    const said = (await Promise.all([here(), here(), here()])).map(({ status }) => status)
    expect(said.toSorted()).toEqual([200, 401, 401])
    // The other project's challenge, answered by this one's passkey: the browser has it for the same domain.
    await open("yard")
    const refused = await page.evaluate(async () => {
      const { sdk, ashlar } = globalThis as unknown as InPage
      const passkey = await sdk.showPasskey(await ashlar.auth.passkey.options())
      return await ashlar.auth.passkey.signIn(passkey).catch((error: { code?: string }) => error.code)
    })
    expect(refused).toBe("AUTH_PASSKEY_REFUSED")
  }, 60_000)

  test("are of no use at an origin that the app does not name, nor once a member took them away", async () => {
    const settings = "/v1/projects/walls/auth/settings"
    const elsewhere = { rpId: "localhost", origins: ["http://localhost:1"] }
    await ask("PATCH", settings, { passkeys: elsewhere })
    await open("walls")
    const attempt = () =>
      page.evaluate(async () => {
        const { sdk, ashlar } = globalThis as unknown as InPage
        const passkey = await sdk.showPasskey(await ashlar.auth.passkey.options())
        return await ashlar.auth.passkey.signIn(passkey).then(
          (user) => user.email,
          (error: { code?: string }) => error.code,
        )
      })
    expect(await attempt()).toBe("AUTH_PASSKEY_REFUSED")
    await ask("PATCH", settings, { passkeys: { ...elsewhere, origins: [`http://localhost:${site.port}`] } })
    expect(await attempt()).toBe(person.email)
    const [user] = (await ask("GET", "/v1/projects/walls/auth/users")).body.items
    expect((await ask("DELETE", `/v1/projects/walls/auth/users/${user.id}/factors`)).body).toEqual({ factors: 1 })
    expect(await attempt()).toBe("AUTH_PASSKEY_REFUSED")
  }, 60_000)

  test("are added in the place of a session, where everybody shows a factor", async () => {
    await ask("PATCH", "/v1/projects/walls/auth/settings", { mfa: "required" })
    await open("walls")
    const added = await page.evaluate(async () => {
      const { sdk, ashlar } = globalThis as unknown as InPage
      const wish = { email: "grace@example.org", password: "stones of equal height" }
      const step = sdk.secondStepOf(await ashlar.auth.signUp(wish).catch((error: unknown) => error))!
      const { ticket } = step
      const passkey = await sdk.makePasskey(await ashlar.auth.secondStep.newPasskeyOptions(ticket))
      const { user, recoveryCodes } = await ashlar.auth.secondStep.addPasskey({ ticket, passkey })
      return { step, email: user.email, codes: recoveryCodes?.length, me: (await ashlar.auth.me()).email }
    })
    const email = "grace@example.org"
    expect(added).toMatchObject({ step: { factors: [], enrol: true }, email, codes: 10, me: email })
  }, 60_000)
})
