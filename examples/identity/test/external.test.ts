import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { join } from "node:path"
import { type Running, startProgram } from "@ashlar/http/testing/runtimes"
import { oidc } from "@ashlar/oauth/client"
import { type FakePerson, fakeProvider } from "@ashlar/oauth/testing"
import type { Browser, Page } from "playwright-core"
import { createPractice } from "../src/practice.ts"
import {
  appCode,
  freeOrigin,
  type Identity,
  lacksBrowser,
  openBrowser,
  PASSWORD,
  startIdentity,
} from "./identity-world.ts"

const ANA = { subject: "ana-1", email: "ana@example.com", emailVerified: true, name: "Ana Example" }

describe("an account elsewhere", () => {
  const elsewhere = oidc({
    name: "oidc",
    label: "Elsewhere",
    issuer: "https://id.elsewhere.example",
    clientId: "identity",
    clientSecret: "a secret",
  })
  const fake = fakeProvider(elsewhere)
  let identity: Identity
  const begin = async () => {
    identity = await startIdentity({ providers: [elsewhere], fetch: fake.fetch })
  }
  afterEach(() => identity.stop())

  const cookiesOf = (answer: Response) =>
    answer.headers
      .getSetCookie()
      .map((line) => line.split(";")[0]!)
      .join("; ")
  const page = { accept: "text/html" }
  /** Somebody comes back from there. @param session who is signed in here, and connects. */
  const comeBack = async (person: FakePerson, { session = "", next = "/account" } = {}): Promise<Response> => {
    const query = `?next=${encodeURIComponent(next)}`
    const started =
      session === ""
        ? await identity.send(`/sign-in/oidc${query}`)
        : await identity.send(`/sign-in/oidc/connect${query}`, {}, { cookie: session, "sec-fetch-site": "same-origin" })
    const answer = await fake.signIn(started.headers.get("location")!, person)
    const { pathname, search } = new URL(answer.url)
    const cookie = [session, cookiesOf(started)].filter(Boolean).join("; ")
    return await identity.send(`${pathname}${search}`, undefined, { cookie, ...page })
  }
  const readAs = async (cookie: string, path = "/account") =>
    await (await identity.send(path, undefined, { cookie, ...page })).text()

  test("makes an account of an address that it has verified, and opens it again", async () => {
    await begin()
    for (const _time of [1, 2]) {
      const done = await comeBack(ANA)
      expect([done.status, done.headers.get("location")]).toEqual([303, "/account"])
      expect(await readAs(cookiesOf(done))).toContain("Ana Example, ana@example.com, admin")
    }
    // Another address there does not make somebody else of her.
    await comeBack({ ...ANA, email: "new@example.com" })
    expect(await identity.parts.people.list()).toHaveLength(1)
  })
  test("links where both sides have verified the address, and tells its owner", async () => {
    await begin()
    const { id } = await identity.person("ana@example.com")
    const done = await comeBack(ANA)
    const text = await readAs(cookiesOf(done), "/account/activity")
    expect(text).toContain("Identity connected")
    expect(await identity.parts.identities.ownerOf("https://id.elsewhere.example", "ana-1")).toBe(id)
    const mails = identity.parts.mail.outbox!.list().map(({ message }) => [message.to, message.text])
    expect(JSON.stringify(mails)).toContain("Your account can be signed in to with Elsewhere from now on.")
  })
  test.each<[string, FakePerson, number, string]>([
    ["the account here is not verified", ANA, 0, "nobody has verified yet"],
    ["the address there is not verified", { ...ANA, emailVerified: false }, 1, "has not verified that it is yours"],
  ])("does not open an account where %s", async (_what, person, is_verified, words) => {
    await begin()
    await identity.person("ana@example.com", { is_verified })
    const done = await comeBack(person)
    expect([done.status, done.headers.getSetCookie().some((line) => line.startsWith("session="))]).toEqual([409, false])
    expect(await done.text()).toContain(words)
    expect(await identity.parts.identities.ownerOf("https://id.elsewhere.example", "ana-1")).toBeUndefined()
  })
  test("makes no account without a verified address", async () => {
    await begin()
    for (const person of [{ subject: "1" }, { ...ANA, emailVerified: false }]) {
      const done = await comeBack(person)
      expect(done.status).toBe(409)
      expect(await done.text()).toContain("Make an account by e-mail")
    }
    expect(await identity.parts.people.list()).toEqual([])
  })
  test("is connected and disconnected by who is signed in, and never taken from somebody else", async () => {
    await begin()
    await identity.person("ana@example.com")
    await identity.person("bob@example.com")
    const [ana, bob] = [await identity.signIn("ana@example.com"), await identity.signIn("bob@example.com")]
    const other = { subject: "other", email: "elsewhere@example.net", emailVerified: false }
    expect((await comeBack(other, { session: ana })).headers.get("location")).toBe("/account?done=connected")
    const taken = await comeBack(other, { session: bob })
    expect(taken.status).toBe(409)
    expect(await taken.text()).toContain("connected to somebody else here")
    // Bob cannot disconnect hers either.
    const named = { issuer: "https://id.elsewhere.example", subject: "other" }
    await identity.send("/account/identities/disconnect", named, { cookie: bob })
    expect(await readAs(ana)).toContain("Disconnect Elsewhere")
    const gone = await identity.send("/account/identities/disconnect", named, { cookie: ana })
    expect(gone.headers.get("location")).toBe("/account?done=disconnected")
    expect(await readAs(ana, "/account?done=disconnected")).not.toContain("Disconnect Elsewhere")
    expect((await comeBack(other)).status).toBe(409) // it opens nothing any more
  })
  test("does not pass by a second factor, and is not connected without it", async () => {
    await begin()
    const { id } = await identity.person("ana@example.com")
    const session = await identity.signIn("ana@example.com")
    const { mfa, sessions } = identity.parts
    const asker = { id, amr: ["pwd"], authTimeMs: Date.now() }
    const { secret, factorId } = await mfa.totp.enrol({ ...asker }, "ana")
    await mfa.totp.confirm(id, factorId, { code: appCode(secret) })
    const done = await comeBack(ANA)
    expect(done.headers.get("location")).toBe("/factor?next=%2Faccount")
    const half = cookiesOf(done)
    for (const path of ["/account", "/account/keys", "/account/sessions"])
      expect((await identity.send(path, undefined, { cookie: half })).status).toBe(401)
    for (const [cookie, amr] of [
      [session, ["pwd"]],
      [`session=${(await sessions.create({ userId: id, amr: ["pwd", "device"] })).token}`, ["pwd", "device"]],
    ] as const) {
      const headers = { cookie, "sec-fetch-site": "same-origin", ...page }
      const asked = await identity.send("/sign-in/oidc/connect", {}, headers)
      expect([amr, asked.headers.get("location")]).toEqual([amr, "/factor?next=%2Faccount"])
    }
  })
  test("is not connected by a page of another site, and by nobody who is not signed in", async () => {
    await begin()
    await identity.person("ana@example.com")
    const cookie = await identity.signIn("ana@example.com")
    for (const site of ["cross-site", "same-site"])
      expect((await identity.send("/sign-in/oidc/connect", {}, { cookie, "sec-fetch-site": site })).status).toBe(403)
    expect((await identity.send("/sign-in/oidc/connect", {}, { "sec-fetch-site": "same-origin" })).status).toBe(401)
  })
  test("never leads elsewhere, and repeats nothing that it is told", async () => {
    await begin()
    const done = await comeBack(ANA, { next: "//evil.example" })
    expect(done.headers.get("location")).toBe("/")
    const evil = encodeURIComponent("<script>alert(1)</script>")
    for (const path of [
      `oidc/callback?error=access_denied&error_description=${evil}&state=${evil}`,
      `${evil}`,
      "nobody",
    ]) {
      const answer = await identity.send(`/sign-in/${path}`, undefined, page)
      const text = await answer.text()
      expect([answer.status >= 400, text.includes("<script>alert"), text.includes("<h1>")]).toEqual([true, false, true])
    }
  })
})

describe.skipIf(lacksBrowser("sign-in with others in a browser"))("in Chromium", () => {
  setDefaultTimeout(120_000)
  const node = [process.env.NODE_BIN ?? "", Bun.which("node") ?? ""].find((path) => existsSync(path))
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(async () => await browser?.close())
  const press = (page: Page, name: string) => page.getByRole("button", { name, exact: true }).click()
  const open = async (scripts: boolean, problems: string[]) => {
    const page = await (await browser.newContext({ javaScriptEnabled: scripts })).newPage()
    page.on("pageerror", (error) => problems.push(String(error)))
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()))
    return page
  }

  test.skipIf(node === undefined)(
    "npm oidc-provider: signs up, disconnects, connects, links, without scripts",
    async () => {
      const oauth = join(import.meta.dir, "..", "..", "..", "packages", "oauth")
      mkdirSync(join(oauth, "node_modules", ".cache"), { recursive: true })
      const folder = mkdtempSync(join(oauth, "node_modules", ".cache", "example-"))
      const origin = await freeOrigin()
      const built = await Bun.build({
        entrypoints: [join(oauth, "src", "testing", "oidc-peer-process.ts")],
        target: "node",
        outdir: folder,
        naming: "peer.mjs",
        external: ["oidc-provider"],
      })
      expect(built.success).toBe(true)
      const env = { CALLBACK: `${origin}/sign-in/oidc/callback`, LOGOUT: `${origin}/` }
      const peer: Running = await startProgram({ name: "node", command: [node!, join(folder, "peer.mjs")], env })
      const provider = oidc({
        name: "oidc",
        label: "the peer",
        issuer: peer.url,
        clientId: "client_secret_basic",
        clientSecret: "a secret: with %+/ odd ones",
      })
      const identity = await startIdentity({ origin, providers: [provider] })
      const problems: string[] = []
      try {
        const page = await open(false, problems)
        await page.goto(`${origin}/sign-up`)
        await page.getByRole("link", { name: "Continue with the peer" }).click()
        await page.waitForURL(`${origin}/account`)
        await page.getByText("Ana Example, ana@example.com, admin").waitFor()
        const { id } = (await identity.parts.people.list())[0]!
        await press(page, "Disconnect the peer")
        await page.getByText("It is disconnected").waitFor()
        await press(page, "Connect the peer")
        await page.waitForURL(`${origin}/account?done=connected`)
        await press(page, "Disconnect the peer")
        await page.getByText("It is disconnected").waitFor()
        await press(page, "Sign out")
        await page.goto(`${origin}/sign-in?next=/account/activity`)
        await page.getByRole("link", { name: "Continue with the peer" }).click()
        await page.waitForURL(`${origin}/account/activity`)
        expect(await identity.parts.identities.list(id)).toHaveLength(1)
        expect(await page.getByText("Identity disconnected").count()).toBe(2)
        expect(problems).toEqual([])
      } finally {
        peer.signal("SIGKILL")
        await peer.exited
        await identity.stop()
        rmSync(folder, { recursive: true, force: true })
      }
    },
  )
  test("our own server, in the same process: signs in by a form and a consent, and declines", async () => {
    const origin = await freeOrigin()
    const practice = createPractice(origin, new Uint8Array(32))
    const identity = await startIdentity({ origin, practice: practice.server, providers: [practice.provider] })
    const problems: string[] = []
    try {
      const page = await open(true, problems)
      const goThere = async () => {
        await page.goto(`${origin}/sign-in`)
        await page.getByRole("link", { name: "Continue with Practice" }).click()
        await page.getByLabel("Name or email address").fill("pat")
        await page.getByLabel("Password").fill("practice")
        await press(page, "Sign in")
      }
      await goThere()
      await press(page, "Do not allow")
      await page.getByText("It was declined there").waitFor()
      await page.getByRole("link", { name: "Begin again" }).click()
      await press(page, "Allow")
      await page.getByRole("link", { name: "Your account" }).click()
      await page.getByText("Pat Practice, pat@practice.example, admin").waitFor()
      await page.getByLabel("New password").fill(PASSWORD)
      await press(page, "Set a password")
      await page.getByText("Your password is set").waitFor()
      // The browser itself tells of a page of status 403.
      expect(problems.filter((problem) => !problem.includes("403"))).toEqual([])
    } finally {
      await identity.stop()
    }
  })
})
