import { describe, expect, test } from "bun:test"
import { type ManualClock, manualClock } from "@ashlar/core"
import { createApp } from "@ashlar/http"
import { anyOf, basicGuard, createPrincipal, defineSessions, openSessions, optional, sessionGuard } from "../index.ts"
import type { SessionGuardOptions } from "./session-guard.ts"

interface Answer {
  readonly status: number
  readonly text: string
  /** The `Set-Cookie` line, and the value in it. */
  readonly line: string
  readonly token: string
  readonly headers: Headers
}

function stage(options: Partial<SessionGuardOptions<object>> = {}) {
  const clock: ManualClock = manualClock()
  const sessions = openSessions("memory:", { clock, idle: "30m", lifetime: "2h" })
  const signedIn = sessionGuard({ sessions, ...options })
  const app = createApp()
  app.post("/login", async (ctx) => {
    const { user, remember } = JSON.parse(await ctx.read("text")) as { user: string; remember?: boolean }
    const how = remember === undefined ? {} : { remember }
    return await signedIn.signIn(ctx, { userId: user, roles: ["user"], amr: ["pwd"] }, how)
  })
  app.post("/logout", async (ctx) => ({ had: await signedIn.signOut(ctx) }))
  app.post("/step-up", { layers: [signedIn] }, async (ctx) => {
    await signedIn.rotate(ctx, { amr: ["pwd", "otp"] })
    return null
  })
  app.get("/me", { layers: [signedIn] }, (ctx) => ({
    ...ctx.principal,
    session: signedIn.sessionOf(ctx)?.id,
  }))
  app.get("/maybe", { layers: [optional(signedIn)] }, (ctx) => ctx.principal?.id ?? "nobody")
  const ask = async (path: string, { cookie, body, ...headers }: Record<string, string> = {}): Promise<Answer> => {
    const isPost = !["/me", "/maybe"].includes(path)
    const init = { method: isPost ? "POST" : "GET", headers: { ...headers, ...(cookie && { cookie }) } }
    const response = await app.fetch(
      new Request(`https://app.test${path}`, { ...init, ...(isPost && { body: body ?? "" }) }),
    )
    const line = response.headers.getSetCookie()[0] ?? ""
    const token = /^[^=]+=([^;]*)/.exec(line)?.[1] ?? ""
    return { status: response.status, text: await response.text(), line, token, headers: response.headers }
  }
  const login = (cookie?: string, user = "ana") =>
    ask("/login", { body: JSON.stringify({ user }), ...(cookie !== undefined && { cookie }) })
  return { app, ask, login, clock, sessions, signedIn }
}
const cookieOf = ({ token }: Answer) => `__Host-session=${token}`

describe("signing in", () => {
  test("sets a cookie that only this host sends, that no script reads, and that no cache keeps", async () => {
    const { login } = stage()
    const { line, headers, text, token } = await login()
    expect(line).toMatch(/^__Host-session=[\w-]{43}; Max-Age=7200; Path=\/; Secure; HttpOnly; SameSite=Lax$/)
    expect(headers.get("cache-control")).toBe("no-store")
    expect(text.includes(token)).toBe(false)
  })
  test("tells the guard who it is", async () => {
    const { login, ask, clock } = stage()
    const signedIn = await login()
    const { status, text } = await ask("/me", { cookie: `a=b; ${cookieOf(signedIn)}; c=d` })
    const { id } = JSON.parse(signedIn.text) as { id: string }
    expect([status, JSON.parse(text)]).toEqual([
      200,
      {
        id: "ana",
        kind: "user",
        method: "session",
        roles: ["user"],
        permissions: [],
        claims: {},
        amr: ["pwd"],
        authTimeMs: clock.now(),
        sessionId: id,
        session: id,
      },
    ])
    expect(await ask("/me")).toMatchObject({ status: 401 })
    expect((await ask("/me")).headers.get("www-authenticate")).toBe('Cookie cookie-name="__Host-session"')
  })
  test("for as long as the browser is open, where it is not to be remembered, also after a rotation", async () => {
    const { ask } = stage()
    const signedIn = await ask("/login", { body: '{"user":"ana","remember":false}' })
    expect(signedIn.line).not.toContain("Max-Age")
    const stepped = await ask("/step-up", { cookie: cookieOf(signedIn) })
    expect([stepped.status, stepped.line.includes("Max-Age"), stepped.token.length]).toEqual([204, false, 43])
  })
})

describe("an attacker", () => {
  test("who plants a session of his own in a victim's browser gets nothing of hers (fixation)", async () => {
    const { login, ask } = stage()
    const planted = await login(undefined, "mallory")
    const victim = await login(cookieOf(planted))
    expect(victim.token).not.toBe(planted.token)
    expect((await ask("/me", { cookie: cookieOf(planted) })).status).toBe(401)
    expect(JSON.parse((await ask("/me", { cookie: cookieOf(victim) })).text)).toMatchObject({ id: "ana" })
  })
  test("who plants a token of his own making does not choose the victim's", async () => {
    const { login, ask } = stage()
    const made = "A".repeat(43)
    const victim = await login(`__Host-session=${made}`)
    expect(victim.token).not.toBe(made)
    expect((await ask("/me", { cookie: `__Host-session=${made}` })).status).toBe(401)
  })
  test("who has a token from before a rotation has nothing after it", async () => {
    const { login, ask } = stage()
    const stolen = cookieOf(await login())
    const stepped = await ask("/step-up", { cookie: stolen })
    expect((await ask("/me", { cookie: stolen })).status).toBe(401)
    expect((await ask("/step-up", { cookie: stolen })).status).toBe(401)
    expect(JSON.parse((await ask("/me", { cookie: cookieOf(stepped) })).text)).toMatchObject({ amr: ["pwd", "otp"] })
  })
  test("who replays a token after the sign-out has nothing", async () => {
    const { login, ask } = stage()
    const cookie = cookieOf(await login())
    const out = await ask("/logout", { cookie })
    expect([out.text, out.line.startsWith("__Host-session=; Max-Age=0;")]).toEqual(['{"had":true}', true])
    expect((await ask("/me", { cookie })).status).toBe(401)
    expect((await ask("/logout", { cookie })).text).toBe('{"had":false}')
  })
  test.each([
    "session=TOKEN",
    "__Secure-session=TOKEN",
    "x__Host-session=TOKEN",
    "__host-session=TOKEN",
    "__Host-session=TOKENx",
    "__Host-session=%00TOKEN",
    "__Host-session=; x=TOKEN",
    '__Host-session="TOKEN',
    "__Host-session=' OR 1=1 --",
    `__Host-session=${"x".repeat(4_000)}`,
  ])("gets nothing by the cookie %s", async (cookie) => {
    const { login, ask } = stage()
    const { token } = await login()
    expect((await ask("/me", { cookie: cookie.replace("TOKEN", token) })).status).toBe(401)
    expect((await ask("/maybe", { cookie: cookie.replace("TOKEN", token) })).text).toBe("nobody")
  })
  test("gets nothing by a token in a header, unless the app takes some there", async () => {
    const { login, ask } = stage()
    const { token } = await login()
    expect((await ask("/me", { authorization: `Bearer ${token}` })).status).toBe(401)
  })
})

describe("a guard", () => {
  test("takes a session that is over for none: who may be nobody is", async () => {
    const { login, ask, clock } = stage()
    const cookie = cookieOf(await login())
    expect((await ask("/maybe", { cookie })).text).toBe("ana")
    clock.advance(30 * 60_000)
    expect((await ask("/maybe", { cookie })).text).toBe("nobody")
    expect((await ask("/me", { cookie })).status).toBe(401)
  })
  test("notes that a session is used, and where, so that it lives on", async () => {
    const { login, ask, clock, sessions } = stage()
    const cookie = cookieOf(await login())
    for (let at = 0; at < 3; at++) {
      clock.advance(25 * 60_000)
      expect((await ask("/me", { cookie })).status).toBe(200)
      await Bun.sleep(0) // what follows an answer
    }
    expect((await sessions.list("ana"))[0]!.lastSeenMs).toBe(clock.now())
  })
  test("takes tokens of apps, where it is told to: one that is presented must hold", async () => {
    const { login, ask } = stage({ bearer: true })
    const signedIn = await login()
    const bearer = (token: string) => ask("/me", { authorization: `Bearer ${token}`, cookie: cookieOf(signedIn) })
    expect((await bearer(signedIn.token)).status).toBe(200)
    const refusal = await bearer("A".repeat(43))
    expect([refusal.status, refusal.headers.get("www-authenticate")]).toEqual([
      401,
      'Bearer error="invalid_token", Cookie cookie-name="__Host-session"',
    ])
    expect((await ask("/maybe", { authorization: "Bearer something.else" })).status).toBe(401)
  })
  test("asks what is true of the user now", async () => {
    const users = new Map([["ana", { roles: ["admin"], claims: { plan: "pro" } }]])
    const { login, ask } = stage({ load: async ({ userId }) => users.get(userId) })
    const cookie = cookieOf(await login())
    expect(JSON.parse((await ask("/me", { cookie })).text)).toMatchObject({ roles: ["admin"], claims: { plan: "pro" } })
    users.delete("ana")
    expect((await ask("/me", { cookie })).status).toBe(401)
    expect((await ask("/maybe", { cookie })).text).toBe("nobody")
  })
  test("may have a cookie of another name and reach, and refuses at once what browsers would", async () => {
    const { ask } = stage({ cookie: { name: "sid", prefix: "__Secure-", domain: "app.test", sameSite: "strict" } })
    const { line } = await ask("/login", { body: '{"user":"ana"}' })
    expect(line).toMatch(
      /^__Secure-sid=[^;]+; Max-Age=7200; Domain=app.test; Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    )
    const out = await ask("/logout", { cookie: line.split(";")[0]! })
    expect([out.text, out.line.includes("Domain=app.test")]).toEqual(['{"had":true}', true])
    const odd = () => stage({ cookie: { domain: "app.test" } })
    expect(odd).toThrow(expect.objectContaining({ code: "HTTP_COOKIE_INVALID" }))
  })
  test("stands beside others, and takes its sessions from a service", async () => {
    const Service = defineSessions(() => "memory:")
    const signedIn = sessionGuard({ sessions: Service })
    const basic = basicGuard({
      verify: ({ username }) => createPrincipal({ id: username, kind: "user", method: "basic" }),
    })
    const app = createApp()
    app.post("/login", async (ctx) => void (await signedIn.signIn(ctx, { userId: "ana" })))
    app.get("/", { layers: [anyOf(signedIn, basic)] }, (ctx) => `${ctx.principal.id} by ${ctx.principal.method}`)
    const login = await app.fetch(new Request("https://a.test/login", { method: "POST" }))
    const cookie = login.headers.getSetCookie()[0]!.split(";")[0]!
    const get = async (headers: Record<string, string>) =>
      await (await app.fetch(new Request("https://a.test/", { headers }))).text()
    expect(await get({ cookie })).toBe("ana by session")
    expect(await get({ authorization: `Basic ${btoa("bob:x")}` })).toBe("bob by basic")
    await app.stop(0)
  })
})
