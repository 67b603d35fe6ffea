import { describe, expect, test } from "bun:test"
import { generateKeyPairSync } from "node:crypto"
import { openSessions, optional, sessionGuard } from "@ashlar/auth"
import { createApp } from "@ashlar/http"
import { csrf } from "@ashlar/security"
import { APP, clientWorld, testSealer } from "../../testing/client-world.ts"
import { fakeProvider } from "../../testing/fake-provider.ts"
import { FormBrowser } from "../../testing/form-browser.ts"
import { apple, createOAuthClient, decideAccount, google, oauthRoutes } from "../index.ts"

const app = { clientId: "app", clientSecret: "a secret" }
const privateKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
  type: "pkcs8",
  format: "pem",
}) as string
const APPLE = apple({ clientId: "com.example.web", teamId: "TEAM", keyId: "KEY", privateKey })
const here = { "sec-fetch-site": "same-origin" }

describe("a form of the provider's page", () => {
  test("comes without cookies, and the page after it with all of them", async () => {
    const world = clientWorld(APPLE)
    const answer = await world.fake.signIn(await world.start())
    const posted = await world.app.fetch(answer.toRequest())
    const location = new URL(posted.headers.get("location")!)
    expect([posted.status, [...location.searchParams.keys()]]).toEqual([303, ["state", "form"]])
    const line = posted.headers.get("set-cookie")!
    expect(line).toMatch(/^__Host-oauthform=s1\.a\./)
    expect(line).toContain("Max-Age=60")
    expect(line).toContain("SameSite=Lax")
    expect((await world.back(await world.fake.signIn(await world.start()))).text).toBe("home")
    expect(world.browser.cookies.size).toBe(1) // the sign-in that never came back
  })
  test.each<[string, (parameters: URLSearchParams) => void, string]>([
    ["without a state", (all) => all.delete("state"), "OAUTH_STATE_INVALID"],
    ["that is too long", (all) => all.set("user", "x".repeat(2_600)), "OAUTH_ANSWER_INVALID"],
    ["that says a thing twice", (all) => all.append("code", "other"), "OAUTH_REFUSED"],
  ])("%s is refused", async (_what, change, code) => {
    const world = clientWorld(APPLE)
    const answer = await world.fake.signIn(await world.start())
    change(answer.parameters)
    const posted = await world.app.fetch(answer.toRequest())
    expect(await posted.json()).toMatchObject({ code })
  })
  test("of other sites' pages leave one cookie, however many they send", async () => {
    const world = clientWorld(APPLE)
    const names = new Set<string>()
    for (let at = 0; at < 10; at++) {
      const body = new URLSearchParams({ state: `${at}`.repeat(43), code: "c", user: "x".repeat(2_000) })
      const posted = await world.app.fetch(new Request(`${APP}/sign-in/apple/callback`, { method: "POST", body }))
      for (const line of posted.headers.getSetCookie()) names.add(line.split("=", 1)[0]!)
    }
    expect([...names]).toEqual(["__Host-oauthform"])
  })
  test("is good for a minute, in one browser, once", async () => {
    const world = clientWorld(APPLE)
    const answer = await world.fake.signIn(await world.start())
    const posted = await world.app.fetch(answer.toRequest())
    const [name, value] = posted.headers.get("set-cookie")!.split(";", 1)[0]!.split("=") as [string, string]
    const location = posted.headers.get("location")!
    const json = { headers: { accept: "application/json" } }
    expect((await world.browser.open(location, json)).text).toContain("OAUTH_STATE_INVALID")
    world.browser.cookies.set(name, value)
    const elsewhere = world.newBrowser()
    elsewhere.cookies.set(name, value)
    expect((await elsewhere.open(location, json)).text).toContain("OAUTH_STATE_INVALID")
    world.clock.advance(60_000)
    expect((await world.browser.open(location, json)).text).toContain("OAUTH_STATE_INVALID")
    expect(world.signedIn).toEqual([])
  })
  test("passes a csrf() that knows the provider, and no other page's does", async () => {
    const fake = fakeProvider(APPLE)
    const client = createOAuthClient({ url: APP, sealer: testSealer(), providers: [APPLE], fetch: fake.fetch })
    const guarded = createApp({ layers: [csrf({ origins: ["https://appleid.apple.com"] })] })
    guarded.scope("/auth", [], (auth) => auth.add(oauthRoutes({ client, onSignIn: () => undefined })))
    const started = await guarded.fetch(new Request(`${APP}/sign-in/apple`))
    const answer = await fake.signIn(started.headers.get("location")!)
    expect((await guarded.fetch(answer.toRequest())).status).toBe(303)
    expect((await guarded.fetch(answer.toRequest({ origin: "https://evil.example" }))).status).toBe(403)
  })
})

describe("connecting a provider to an account", () => {
  test("needs a page of this site, and somebody who is signed in", async () => {
    let userId: string | undefined
    const world = clientWorld(google(app), { routes: { userIdOf: () => userId } })
    const post = async (headers: Record<string, string>): Promise<number> => {
      const answer = await world.app.fetch(new Request(`${APP}/sign-in/google/connect`, { method: "POST", headers }))
      return answer.status
    }
    expect(await post(here)).toBe(401)
    userId = "user-1"
    expect(await post({ "sec-fetch-site": "cross-site" })).toBe(403)
    expect(await post({ "sec-fetch-site": "same-site" })).toBe(403)
    expect(await post({ origin: "https://evil.example" })).toBe(403)
    expect(await post({})).toBe(403)
    expect(await post({ origin: "https://app.example" })).toBe(303)
    expect(await post(here)).toBe(303)
    // A browser is led on by a page: `form-action` of the page before would end a redirect.
    const browser = await world.app.fetch(
      new Request(`${APP}/sign-in/google/connect`, { method: "POST", headers: { ...here, accept: "text/html" } }),
    )
    expect([browser.status, browser.headers.get("cache-control")]).toEqual([200, "no-store"])
    expect(browser.headers.get("set-cookie")).toStartWith("__Host-oauth-")
    expect(await browser.text()).toContain('content="0;url=https://accounts.google.com/o/oauth2/v2/auth?')
    // A link of another page begins a sign-in, and never a connection.
    await world.back(await world.fake.signIn(await world.start()))
    expect(world.signedIn[0]!.connect).toBeUndefined()
  })
  test("ends for the one who began it, and for nobody else", async () => {
    for (const [after, comesIn] of [
      ["user-1", true],
      ["user-2", false],
      [undefined, false],
    ] as const) {
      let userId: string | undefined = "user-1"
      const world = clientWorld(google(app), { routes: { userIdOf: async () => userId } })
      const page = await world.browser.open("/auth/sign-in/google/connect?next=/home", {
        method: "POST",
        headers: here,
      })
      userId = after
      await world.back(await world.fake.signIn(page.leftTo!))
      expect(world.signedIn.map(({ connect }) => connect)).toEqual(comesIn ? ["user-1"] : [])
    }
  })
})

test("what onSignIn returns is the answer", async () => {
  const world = clientWorld(google(app), { routes: { onSignIn: (ctx) => ctx.json({ more: "a second factor" }) } })
  const done = await world.back(await world.fake.signIn(await world.start()))
  expect(done.text).toBe('{"more":"a second factor"}')
})

/** An app with accounts, sessions and linking, as the guide has it. */
function identityApp() {
  const guard = sessionGuard({ sessions: openSessions("memory:") })
  const users = new Map<string, { id: string; email: string; isVerified: boolean }>()
  const links = new Map<string, string>()
  const provider = google(app)
  const fake = fakeProvider(provider)
  const client = createOAuthClient({ url: APP, sealer: testSealer(), providers: [provider], fetch: fake.fetch })
  const server = createApp({ onError: () => undefined })
  server.scope("/auth", [optional(guard)], (auth) =>
    auth.add(
      oauthRoutes({
        client,
        userIdOf: (ctx) => guard.sessionOf(ctx)?.userId,
        onSignIn: async (ctx, { identity, connect }) => {
          const key = `${identity.issuer} ${identity.subject}`
          const findByIdentity = async (issuer: string, subject: string) => {
            const id = links.get(`${issuer} ${subject}`)
            return id === undefined ? undefined : { id }
          }
          const accounts = { findByIdentity, findByEmail: async (email: string) => users.get(email) }
          const decision = await decideAccount(identity, accounts, { signedInAs: connect })
          if (decision.action === "refuse") return ctx.json<number>({ reason: decision.reason }, 409)
          const userId = decision.action === "create" ? `user-${users.size + 1}` : decision.userId
          if (decision.action === "create" && decision.email !== undefined)
            users.set(decision.email, { id: userId, email: decision.email, isVerified: decision.isEmailVerified })
          links.set(key, userId)
          await guard.signIn(ctx, { userId, amr: ["fed"] })
          return undefined
        },
      }),
    ),
  )
  server.get("/me", { layers: [guard] }, (ctx) => ctx.principal.id)
  const browser = (): FormBrowser => new FormBrowser("https://app.example", (request) => server.fetch(request))
  return { users, fake, browser }
}

describe("an app with accounts and sessions", () => {
  const ana = { subject: "1", email: "ana@example.com", emailVerified: true }
  test("signs in, and never under a session that was planted (fixation)", async () => {
    const { fake, browser } = identityApp()
    const attacker = browser()
    const bo = { subject: "2", email: "bo@example.com", emailVerified: true }
    const first = await fake.signIn((await attacker.open("/auth/sign-in/google?next=/me")).leftTo!, bo)
    expect((await attacker.open(first.url)).text).toBe("user-1")
    const planted = attacker.cookies.get("__Host-session")!
    const victim = browser()
    victim.cookies.set("__Host-session", planted)
    const answer = await fake.signIn((await victim.open("/auth/sign-in/google?next=/me")).leftTo!, ana)
    expect((await victim.open(answer.url)).text).toBe("user-2")
    expect(victim.cookies.get("__Host-session")).not.toBe(planted)
    expect((await attacker.open("/me")).status).toBe(401)
  })
  test("links no account that a stranger made of the address before (pre-hijacking)", async () => {
    const { users, fake, browser } = identityApp()
    users.set("ana@example.com", { id: "planted", email: "ana@example.com", isVerified: false })
    const victim = browser()
    const answer = await fake.signIn((await victim.open("/auth/sign-in/google?next=/me")).leftTo!, ana)
    const page = await victim.open(answer.url)
    expect([page.status, page.text]).toEqual([409, '{"reason":"unverified-account"}'])
    expect(victim.cookies.has("__Host-session")).toBe(false)
  })
  test("lets nobody in by an address that the provider did not verify", async () => {
    const { users, fake, browser } = identityApp()
    users.set("ana@example.com", { id: "ana", email: "ana@example.com", isVerified: true })
    const attacker = browser()
    const evil = { subject: "666", email: "ana@example.com", emailVerified: false }
    const answer = await fake.signIn((await attacker.open("/auth/sign-in/google?next=/me")).leftTo!, evil)
    expect((await attacker.open(answer.url)).text).toBe('{"reason":"unverified-identity"}')
  })
  test("links where both sides have verified the address", async () => {
    const { users, fake, browser } = identityApp()
    users.set("ana@example.com", { id: "ana", email: "ana@example.com", isVerified: true })
    const own = browser()
    const answer = await fake.signIn((await own.open("/auth/sign-in/google?next=/me")).leftTo!, ana)
    expect((await own.open(answer.url)).text).toBe("ana")
  })
  test("connects another identity for who is signed in, and none that is somebody else's", async () => {
    const { fake, browser } = identityApp()
    const own = browser()
    const first = await fake.signIn((await own.open("/auth/sign-in/google?next=/me")).leftTo!, ana)
    expect((await own.open(first.url)).text).toBe("user-1")
    const connect = async (): Promise<URL> =>
      (await own.open("/auth/sign-in/google/connect?next=/me", { method: "POST", headers: here })).leftTo!
    const other = { subject: "other", email: "elsewhere@example.com", emailVerified: false }
    expect((await own.open((await fake.signIn(await connect(), other)).url)).text).toBe("user-1")
    const again = browser()
    const answer = await fake.signIn((await again.open("/auth/sign-in/google?next=/me")).leftTo!, other)
    expect((await again.open(answer.url)).text).toBe("user-1")
    const bo = { subject: "2", email: "bo@example.com", emailVerified: true }
    const theirs = browser()
    const begun = await fake.signIn((await theirs.open("/auth/sign-in/google?next=/me")).leftTo!, bo)
    expect((await theirs.open(begun.url)).text).toBe("user-2")
    const taken = await own.open((await fake.signIn(await connect(), bo)).url)
    expect(taken.text).toBe('{"reason":"linked-elsewhere"}')
  })
})
