import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { createHash, randomBytes } from "node:crypto"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { appCode, CLIENT, type Identity, lacksBrowser, openBrowser, PASSWORD, startIdentity } from "./identity-world.ts"

describe("the pages", () => {
  let identity: Identity
  beforeAll(async () => {
    identity = await startIdentity()
  })
  afterAll(() => identity.stop())
  const send: Identity["send"] = (...sent) => identity.send(...sent)

  test("say the same of names that there are and that there are not", async () => {
    const { people, accounts } = identity.parts
    await people.create({
      email: "ana@example.org",
      is_verified: 1,
      password_hash: await accounts.passwords.hash(PASSWORD),
    })
    for (const path of ["/sign-in", "/reset", "/sign-up"]) {
      const told = []
      for (const name of ["ana@example.org", "bob@example.org"]) {
        const answer = await send(
          path,
          path === "/sign-in" ? { username: name, password: "wrong words" } : { email: name },
        )
        told.push([answer.status, (await answer.text()).replaceAll(/value="[\w-]{22}"/g, "")])
      }
      expect(told[0]).toEqual(told[1]!)
    }
  })
  test("take nothing from pages of other sites, and let nobody frame or script them", async () => {
    const forged = await send(
      "/sign-in",
      { username: "ana@example.org", password: PASSWORD },
      { "sec-fetch-site": "cross-site" },
    )
    expect([forged.status, forged.headers.getSetCookie()]).toEqual([403, []])
    const page = await send("/sign-in?next=//evil.example")
    const policy = page.headers.get("content-security-policy")!
    expect([policy.includes("script-src 'self'"), policy.includes("frame-ancestors 'none'")]).toEqual([true, true])
    const text = await page.text()
    expect([text.includes("evil.example"), /<script(?! src="\/passkeys.js")/.test(text)]).toEqual([false, false])
  })
  test("let nobody in who is not signed in, and no member among people", async () => {
    for (const path of ["/account", "/people", "/factor"]) expect((await send(path)).status).toBe(401)
    const signedIn = await send("/sign-in", { username: "ana@example.org", password: PASSWORD, next: "/people" })
    expect([signedIn.status, signedIn.headers.get("location")]).toEqual([303, "/people"])
    const cookie = await identity.signIn("ana@example.org")
    expect((await send("/people", undefined, { cookie })).status).toBe(403) // an admin without a second factor
  })
  test("end tries of one name after ten", async () => {
    const statuses = []
    for (let at = 0; at < 12; at++)
      statuses.push((await send("/sign-in", { username: "eve", password: "wrong words" })).status)
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
  })
  test("escape what people write", async () => {
    const { people, accounts } = identity.parts
    const evil = '"><script>alert(1)</script>'
    await people.create({
      email: "eve@example.org",
      name: evil,
      is_verified: 1,
      password_hash: await accounts.passwords.hash(PASSWORD),
    })
    const cookie = await identity.signIn("eve@example.org")
    const text = await (await send("/account", undefined, { cookie })).text()
    expect(text).toContain("&#60;script&#62;")
    expect(text).not.toContain(evil)
  })
})

describe.skipIf(lacksBrowser("identity in a browser"))("in Chromium", () => {
  setDefaultTimeout(120_000)
  let identity: Identity
  let browser: Browser
  let context: BrowserContext
  let page: Page
  const problems: string[] = []
  beforeAll(async () => {
    identity = await startIdentity()
    browser = await openBrowser()
    context = await browser.newContext()
    page = await context.newPage()
    page.on("pageerror", (error) => problems.push(String(error)))
    page.on("console", (message) => {
      if (/Content Security Policy/.test(message.text())) problems.push(message.text())
    })
  })
  afterAll(async () => {
    await browser?.close()
    await identity.stop()
    expect(problems).toEqual([])
  })

  const localhost = () => identity.parts.passkeyOrigin
  const press = (name: string) => page.getByRole("button", { name, exact: true }).click()
  const mailLink = async (): Promise<string> => {
    await identity.parts.flows.settled()
    const { message } = identity.parts.mail.outbox!.list()[0]!
    return /href="([^"]+)"/.exec(String(message.html))![1]!.replaceAll("&amp;", "&")
  }
  const signOut = async () => {
    await page.goto(`${localhost()}/account`)
    await press("Sign out")
  }
  let appSecret = ""

  test("somebody makes an account by a link, and sets a password", async () => {
    await page.goto(`${localhost()}/sign-up`)
    await page.getByLabel("E-mail").fill("ana@example.org")
    await press("Go on")
    expect(await page.textContent("h1")).toBe("Look into your mailbox")
    const link = (await mailLink()).replace(identity.origin, localhost())
    await page.goto(link)
    expect(await identity.parts.people.list()).toEqual([]) // opening it does nothing
    await press("Yes, sign in")
    await page.waitForURL("**/account")
    expect(await page.textContent("main")).toContain("ana@example.org, admin")
    await page.getByLabel("New password").fill("password1")
    await press("Set a password")
    expect(await page.getByRole("alert").textContent()).toContain("best known")
    await page.getByLabel("New password").fill(PASSWORD)
    await press("Set a password")
    await page.getByLabel("Current password").waitFor()
  })
  test("adds an authenticator app and recovery codes, and is asked for them", async () => {
    await press("Add an authenticator app")
    appSecret = (await page.locator("code").textContent())!
    await page.locator("svg").waitFor()
    await page.getByLabel("The code that it shows").fill(appCode(appSecret))
    await press("Add it")
    await page.getByText("Authenticator app (totp)").waitFor()
    await press("New recovery codes")
    const codes = await page.locator("li code").allTextContents()
    expect(codes).toHaveLength(10)
    await signOut()
    await page.goto(`${localhost()}/sign-in`)
    await page.getByLabel("E-mail or user name").fill("ana@example.org")
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD)
    await press("Sign in")
    await page.waitForURL("**/factor?next=*")
    await page.goto(`${localhost()}/account/keys`)
    await page.waitForURL("**/factor?next=%2Faccount%2Fkeys") // half signed in is not signed in
    await page.goto(`${localhost()}/factor`)
    await page.getByLabel("Code of your app").fill("000 000")
    await press("Go on")
    await page.getByRole("alert").waitFor()
    await page.getByLabel("Code of your app").fill(codes[0]!)
    await page.getByLabel("Do not ask again").check()
    await press("Go on")
    await page.waitForURL("**/account")
    expect(await page.textContent("main")).toContain("Recovery codes left: 9. Remembered devices: 1.")
  })
  test("is not asked on a device that is remembered, but for what needs it", async () => {
    await signOut()
    await page.goto(`${localhost()}/sign-in`)
    await page.getByLabel("E-mail or user name").fill("ana@example.org")
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD)
    await press("Sign in")
    await page.waitForURL("**/account")
    await press("Add an authenticator app")
    expect(await page.getByRole("alert").textContent()).toContain("stronger")
    await page.goto(`${localhost()}/factor`)
    await page.getByLabel("Code of your app").fill(appCode(appSecret, 1))
    await press("Go on")
    await page.waitForURL("**/account")
  })
  test("adds a passkey, and signs in with nothing else", async () => {
    const devtools = await context.newCDPSession(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    })
    await press("Add a passkey")
    await page.getByText("(passkey)").waitFor()
    await signOut()
    await page.goto(`${localhost()}/sign-in?next=/people`)
    await press("Sign in with a passkey")
    await page.getByRole("heading", { name: "People" }).waitFor()
    expect(await page.textContent("main")).toContain("ana@example.org: admin")
  })
  test("gives a role to somebody else, whose sessions end", async () => {
    const { people, sessions } = identity.parts
    const bob = await people.create({ email: "bob@example.org", is_verified: 1 })
    const { token } = await sessions.create({ userId: bob.id })
    await page.reload()
    await press("Make admin")
    await page.getByText("bob@example.org: admin").waitFor()
    expect([(await people.find(bob.id))!.role, await sessions.find(token)]).toEqual(["admin", undefined])
  })
  test("chooses a new password by mail, which ends all sessions, and is still asked for a factor", async () => {
    await page.goto(`${localhost()}/reset`)
    await page.getByLabel("E-mail").fill("ana@example.org")
    await press("Send a link")
    await page.goto((await mailLink()).replace(identity.origin, localhost()))
    await page.getByLabel("New password").fill("battery horse correct")
    await press("Set it")
    await page.getByText("All other sessions have ended").waitFor()
    await context.clearCookies()
    await page.goto(`${localhost()}/sign-in`)
    await page.getByLabel("E-mail or user name").fill("ana@example.org")
    await page.getByLabel("Password", { exact: true }).fill("battery horse correct")
    await press("Sign in")
    await page.waitForURL("**/factor?next=*")
    await press("Use a passkey")
    await page.waitForURL("**/account")
  })
  test("signs in to another app", async () => {
    const { people, accounts } = identity.parts
    await people.create({
      email: "cleo@example.org",
      username: "cleo",
      is_verified: 1,
      password_hash: await accounts.passwords.hash(PASSWORD),
    })
    const verifier = randomBytes(32).toString("base64url")
    const question = new URLSearchParams({
      client_id: CLIENT.id,
      redirect_uri: CLIENT.redirect,
      response_type: "code",
      scope: "openid email profile",
      state: "s-1",
      nonce: "n-1",
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    })
    // The client's own page.
    await page.route(`${CLIENT.redirect}**`, (route) => route.fulfill({ body: "back at the shop" }))
    await page.goto(`${identity.origin}/oauth/authorize?${question}`)
    await page.getByLabel("E-mail or user name").fill("cleo")
    await page.getByLabel("Password", { exact: true }).fill(PASSWORD)
    await press("Sign in")
    await page.getByText("Allow The Shop?").first().waitFor()
    await press("Allow")
    await page.waitForURL(`${CLIENT.redirect}**`)
    const answered = new URL(page.url()).searchParams
    expect([answered.get("state"), answered.get("iss")]).toEqual(["s-1", identity.origin])
    const tokens = await fetch(`${identity.origin}/oauth/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`)}` },
      body: new URLSearchParams({
        grant_type: "authorization_code",
        code: answered.get("code")!,
        redirect_uri: CLIENT.redirect,
        code_verifier: verifier,
      }),
    })
    const { access_token, id_token } = (await tokens.json()) as { access_token: string; id_token: string }
    const claims = JSON.parse(Buffer.from(id_token.split(".")[1]!, "base64url").toString()) as object
    expect(claims).toMatchObject({ iss: identity.origin, aud: CLIENT.id, nonce: "n-1", amr: ["pwd"] })
    const info = await fetch(`${identity.origin}/oauth/userinfo`, {
      headers: { authorization: `Bearer ${access_token}` },
    })
    expect(await info.json()).toMatchObject({
      email: "cleo@example.org",
      email_verified: true,
      preferred_username: "cleo",
    })
  })
})
