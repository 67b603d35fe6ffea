import { describe, expect, test } from "bun:test"
import { createAshlar } from "./client.ts"
import { memoryTokenStore } from "./token-store.ts"
import type { AppSession, AppUser } from "./wire.ts"

const user: AppUser = {
  ...{ id: "u1", email: "ada@example.org", emailVerified: true, name: null, roles: [], claims: {}, disabled: false },
  ...{ createdAt: "2026-01-01T00:00:00.000Z", lastSignedInAt: null },
}
const KEY = "ak_publishable_1_x"

/** An app's users as the server keeps them: the key says which app, and a refresh token works once. */
function fakeApp(options: { readonly lifeMs?: number } = {}) {
  const calls: string[] = []
  const sent: unknown[] = []
  let serial = 0
  let ended = true
  const issue = (): AppSession => {
    serial++
    const expiresAt = new Date(Date.now() + (options.lifeMs ?? 300_000)).toISOString()
    return {
      ...{ user, sessionId: "s1", accessToken: `access-${serial}`, refreshToken: `refresh-${serial}` },
      ...{ accessTokenExpiresAt: expiresAt, refreshTokenExpiresAt: expiresAt },
    }
  }
  const refuse = (code: string, status = 401): Response => Response.json({ code, detail: code }, { status })
  const fetch = async (input: string, init: RequestInit = {}): Promise<Response> => {
    const { pathname } = new URL(input)
    const headers = new Headers(init.headers)
    const body = typeof init.body === "string" ? (JSON.parse(init.body) as Record<string, unknown>) : {}
    const token = headers.get("ashlar-user")
    calls.push(`${init.method} ${pathname}${token === null ? "" : ` ${token}`}`)
    expect(headers.get("authorization")).toBe(`Bearer ${KEY}`)
    await Bun.sleep(1)
    switch (pathname) {
      case "/v1/projects/self/auth/signup":
        ended = false
        if (body.email === "later@example.org")
          return Response.json({ user, session: null, verification: { handle: "h-verify" } }, { status: 201 })
        return Response.json({ user, session: issue(), verification: null }, { status: 201 })
      case "/v1/projects/self/auth/authorize":
        return Response.json({ url: "https://provider.example/?state=x", transaction: `t-${body.provider}` })
      case "/v1/projects/self/auth/callback":
        sent.push(body)
        return Response.json(issue())
      case "/v1/projects/self/auth/link/send":
      case "/v1/projects/self/auth/reset/send":
      case "/v1/projects/self/auth/verify/send":
        return Response.json({ handle: `h-${pathname.split("/").at(-2)}` }, { status: 202 })
      case "/v1/projects/self/auth/link":
        sent.push(body)
        return Response.json(issue())
      case "/v1/projects/self/auth/verify":
        sent.push(body)
        return Response.json({
          user: { ...user, emailVerified: true },
          session: init.headers && new Headers(init.headers).has("ashlar-user") ? null : issue(),
        })
      case "/v1/projects/self/auth/reset":
      case "/v1/projects/self/auth/password":
        sent.push(body)
        return new Response(null, { status: 204 })
      case "/v1/projects/self/auth/signin":
        if (body.password !== "right") return refuse("IDENTITY_WRONG_CREDENTIALS")
        ended = false
        return Response.json(issue())
      case "/v1/projects/self/auth/refresh":
        if (ended || body.refreshToken !== `refresh-${serial}`) return refuse("IDENTITY_SESSION_ENDED")
        return Response.json(issue())
    }
    if (token !== null && (ended || token !== `Bearer access-${serial}`)) return refuse("IDENTITY_TOKEN_REFUSED")
    if (pathname.endsWith("/signout")) {
      ended = true
      return new Response(null, { status: 204 })
    }
    return Response.json(pathname.endsWith("/me") ? user : { items: [], next: null })
  }
  return {
    calls,
    /** What was shown by mail. */
    sent,
    fetch,
    end: () => {
      ended = true
    },
  }
}

const connect = (app: ReturnType<typeof fakeApp>, store = memoryTokenStore<AppSession>()) =>
  createAshlar({ url: "http://ashlar.test", key: KEY, fetch: app.fetch, store })

describe("an app's user", () => {
  test("signs up, and the token goes beside the key from then on", async () => {
    const app = fakeApp()
    const ashlar = connect(app)
    await ashlar.collection("todos").where().page()
    expect(await ashlar.auth.user()).toBeNull()
    const told: (string | null)[] = []
    const stop = ashlar.auth.onChange((one) => told.push(one?.email ?? null))
    expect(await ashlar.auth.signUp({ email: user.email, password: "right" })).toEqual(user)
    await ashlar.collection("todos").where().page()
    await ashlar.functions.invoke("hello")
    expect(await ashlar.auth.me()).toEqual(user)
    expect(await ashlar.auth.user()).toEqual(user)
    await ashlar.auth.signOut()
    stop()
    expect(told).toEqual([user.email, null])
    expect(app.calls).toEqual([
      "POST /v1/projects/self/collections/todos/query",
      "POST /v1/projects/self/auth/signup",
      "POST /v1/projects/self/collections/todos/query Bearer access-1",
      "GET /f/self/hello/ Bearer access-1",
      "GET /v1/projects/self/auth/me Bearer access-1",
      "POST /v1/projects/self/auth/signout Bearer access-1",
    ])
  })

  test("is signed in only once the address is confirmed, where the app wants that", async () => {
    const ashlar = connect(fakeApp())
    await ashlar.auth.signUp({ email: "later@example.org", password: "right" })
    expect(await ashlar.auth.session()).toBeNull()
    expect(ashlar.auth.me()).rejects.toMatchObject({ code: "SDK_SIGNED_OUT" })
  })

  test("keeps a session of before when a sign-in fails", async () => {
    const ashlar = connect(fakeApp())
    await ashlar.auth.signIn({ email: user.email, password: "right" })
    const wrong = ashlar.auth.signIn({ email: user.email, password: "wrong" })
    expect(wrong).rejects.toMatchObject({ code: "IDENTITY_WRONG_CREDENTIALS" })
    await wrong.catch(() => undefined)
    expect((await ashlar.auth.session())?.accessToken).toBe("access-1")
  })

  test("has a token that is renewed ahead of its end, once for many calls", async () => {
    const app = fakeApp({ lifeMs: 10_000 })
    const ashlar = connect(app)
    await ashlar.auth.signIn({ email: user.email, password: "right" })
    await Promise.all([1, 2, 3].map(() => ashlar.collection("todos").where().page()))
    expect(app.calls.filter((call) => call.includes("/refresh"))).toHaveLength(1)
    expect(app.calls.filter((call) => call.endsWith("Bearer access-2"))).toHaveLength(3)
  })

  test("is signed out when the server ended the session, and asks no more", async () => {
    const app = fakeApp()
    const store = memoryTokenStore<AppSession>()
    const ashlar = connect(app, store)
    await ashlar.auth.signIn({ email: user.email, password: "right" })
    app.end()
    const call = ashlar.collection("todos").where().page()
    expect(call).rejects.toMatchObject({ code: "IDENTITY_SESSION_ENDED" })
    await call.catch(() => undefined)
    expect([await ashlar.auth.user(), store.load()]).toEqual([null, null])
    await ashlar.auth.signOut()
    expect(app.calls.filter((made) => made.includes("/signout"))).toEqual([])
  })

  test("shows a code with the handle of what was asked for last, and a token alone", async () => {
    const app = fakeApp()
    const { auth } = connect(app)
    const lost = await auth.signInByMail({ code: "1" }).catch((error: unknown) => error)
    expect(lost).toMatchObject({ code: "SDK_BAD_OPTIONS" })
    await auth.sendLink({ email: user.email })
    expect(await auth.signInByMail({ code: "1" })).toEqual(user)
    await auth.signInByMail({ token: "t" })
    await auth.signInByMail({ code: "2", handle: "theirs" })
    expect(app.sent).toEqual([{ handle: "h-link", code: "1" }, { token: "t" }, { handle: "theirs", code: "2" }])
  })

  test("signs up, confirms the address by the code, and is signed in", async () => {
    const app = fakeApp()
    const { auth } = connect(app)
    await auth.signUp({ email: "later@example.org", password: "right" })
    expect(await auth.verify({ code: "1" })).toMatchObject({ emailVerified: true })
    expect([app.sent, (await auth.session())?.accessToken]).toEqual([[{ handle: "h-verify", code: "1" }], "access-1"])
  })

  test("confirms an address while signed in, and keeps the session", async () => {
    const app = fakeApp()
    const { auth } = connect(app)
    expect(auth.sendVerification()).rejects.toMatchObject({ code: "SDK_SIGNED_OUT" })
    await auth.signIn({ email: user.email, password: "right" })
    await auth.sendVerification()
    await auth.verify({ code: "1" })
    await auth.changePassword({ current: "right", next: "another" })
    expect([(await auth.session())?.accessToken, app.sent.length]).toEqual(["access-1", 2])
  })

  test("is signed out by a new password", async () => {
    const app = fakeApp()
    const { auth } = connect(app)
    await auth.signIn({ email: user.email, password: "right" })
    await auth.sendReset({ email: user.email })
    await auth.reset({ code: "1", password: "another" })
    expect([await auth.user(), app.sent]).toEqual([null, [{ handle: "h-reset", code: "1", password: "another" }]])
  })

  test("signs in by a provider, in the tab that began, once", async () => {
    const app = fakeApp()
    const { auth } = connect(app)
    const page = "https://app.example/in?ticket=x1"
    const lost = await auth.finishSignIn(page).catch((error: unknown) => error)
    expect(lost).toMatchObject({ code: "SDK_BAD_OPTIONS" })
    expect(await auth.signInWith("google")).toBe("https://provider.example/?state=x")
    expect(await auth.finishSignIn(page)).toEqual(user)
    expect([app.sent, (await auth.session())?.accessToken]).toEqual([
      [{ ticket: "x1", transaction: "t-google" }],
      "access-1",
    ])
    expect(auth.finishSignIn(page)).rejects.toMatchObject({ code: "SDK_BAD_OPTIONS" })
    const { auth: nobody } = connect(fakeApp())
    expect(nobody.signInWith("google", { connect: true })).rejects.toMatchObject({ code: "SDK_SIGNED_OUT" })
  })
})
