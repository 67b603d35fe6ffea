import { describe, expect, test } from "bun:test"
import { createApp } from "@ashlar/http"
import { createOpenApi } from "@ashlar/openapi"
import { openSessions, sessionGuard } from "../index.ts"
import { emailWorld, tokenOf } from "../testing/email-world.ts"
import { accountEmailRoutes } from "./account-email-routes.ts"
import { type EmailRoutesOptions, emailRoutes } from "./email-routes.ts"

const ANA = "ana@example.org"

function stage(options: Partial<EmailRoutesOptions> = {}) {
  const world = emailWorld({ canSignUp: false })
  const signedIn: string[] = []
  const app = createApp()
  const routes = emailRoutes({
    flows: world.flows,
    onSignIn: (_ctx, { account }) => signedIn.push(account.id),
    ...options,
  })
  app.scope("/auth", (auth) => auth.add(routes))
  const send = async (path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const isForm = body instanceof URLSearchParams
    const init = {
      method: "POST",
      body: isForm ? body : JSON.stringify(body),
      headers: { "content-type": "application/json", ...headers },
    }
    if (isForm) init.headers["content-type"] = "application/x-www-form-urlencoded"
    return await app.fetch(new Request(`https://app.test/auth${path}`, body === undefined ? { headers } : init))
  }
  return { ...world, app, signedIn, send }
}

describe("routes of e-mail", () => {
  test("sign in by a link: opening it changes nothing, its button does", async () => {
    const { send, add, mailTo, signedIn } = stage()
    const ana = add({ email: ANA })
    const asked = await send("/sign-in/email", { email: ANA, next: "/inbox" })
    expect([asked.status, await asked.json()]).toEqual([202, { handle: expect.any(String) }])
    const token = tokenOf(await mailTo(ANA))
    for (let at = 0; at < 3; at++) {
      const page = await send(`/sign-in/email/confirm?token=${token}`)
      expect([page.status, page.headers.get("referrer-policy"), page.headers.get("cache-control")]).toEqual([
        200,
        "no-referrer",
        "no-store",
      ])
      expect(page.headers.get("content-security-policy")).toContain("default-src 'none'")
      expect(await page.text()).toContain(`<form method="post"><input type="hidden" name="token" value="${token}">`)
      const head = await send(`/sign-in/email/confirm?token=${token}`)
      expect(head.status).toBe(200)
    }
    expect(signedIn).toEqual([])
    const done = await send("/sign-in/email/confirm", new URLSearchParams({ token }))
    expect([done.status, done.headers.get("location"), signedIn]).toEqual([303, "/inbox", [ana.id]])
    expect((await send(`/sign-in/email/confirm?token=${token}`)).status).toBe(400)
    const again = await send("/sign-in/email/confirm", { token })
    expect([again.status, (await again.json()).code]).toEqual([400, "AUTH_PROOF_INVALID"])
  })
  test("sign in by a code, as people type it", async () => {
    const { send, add, mailTo, signedIn } = stage()
    add({ email: ANA })
    const { handle } = (await (await send("/sign-in/email", { email: ANA, next: "//evil.example" })).json()) as {
      handle: string
    }
    const { code } = await mailTo(ANA)
    const typed = `${code!.slice(0, 4)} ${code!.slice(4)}`
    const done = await send("/sign-in/email/confirm", { handle, code: typed })
    expect([done.status, await done.json(), signedIn.length]).toEqual([200, { next: "/" }, 1])
  })
  test("answer the same of addresses with an account and without", async () => {
    const { send, add } = stage()
    add({ email: ANA })
    for (const path of ["/sign-in/email", "/reset-password"]) {
      const told = []
      for (const email of [ANA, "nobody@example.org"]) {
        const answer = await send(path, { email })
        const body = await answer.text()
        told.push([answer.status, [...answer.headers.keys()].sort(), body.length])
      }
      expect(told[0]).toEqual(told[1]!)
    }
  })
  test("are bound to the browser that asked, if they are to be", async () => {
    const { send, add, mailTo, signedIn } = stage({ sameBrowser: true })
    add({ email: ANA })
    const asked = await send("/sign-in/email", { email: ANA })
    const cookie = asked.headers.getSetCookie()[0]!
    expect(cookie).toMatch(/^__Host-mail-browser=[\w-]{43}; .*HttpOnly/i)
    const token = tokenOf(await mailTo(ANA))
    const shown = cookie.split(";")[0]!
    for (const headers of [{}, { cookie: `__Host-mail-browser=${"x".repeat(43)}` }]) {
      expect((await send("/sign-in/email/confirm", { token }, headers)).status).toBe(400)
      expect((await send(`/sign-in/email/confirm?token=${token}`, undefined, headers)).status).toBe(400)
    }
    expect((await send("/sign-in/email/confirm", { token }, { cookie: shown })).status).toBe(200)
    expect(signedIn).toHaveLength(1)
  })
  test("set a new password, which is in no error", async () => {
    const { send, add, mailTo, passwords } = stage()
    const ana = add({ email: ANA })
    await send("/reset-password", { email: ANA })
    const token = tokenOf(await mailTo(ANA))
    expect(await (await send(`/reset-password/confirm?token=${token}`)).text()).toContain('type="password"')
    const weak = await send("/reset-password/confirm", { token, password: "qwertyuiop" })
    const text = await weak.text()
    expect([weak.status, JSON.parse(text).code, text.includes("qwertyuiop")]).toEqual([
      422,
      "AUTH_PASSWORD_WEAK",
      false,
    ])
    const done = await send(
      "/reset-password/confirm",
      new URLSearchParams({ token, password: "correct horse battery", _csrf: "x" }),
    )
    expect([done.status, done.headers.get("location")]).toEqual([303, "/"])
    expect(await passwords.verify("correct horse battery", ana.passwordHash)).toBe(true)
  })
  test("verify an address, for who is signed in or claims it", async () => {
    const { send, add, mailTo, flows } = stage({ userIdOf: (ctx) => ctx.headers.get("x-user") ?? undefined })
    const ana = add({ email: ANA, isVerified: false, ways: ["passkey"] })
    await flows.askVerification(ana.id)
    const first = tokenOf(await mailTo(ANA))
    expect((await send("/verify-email", { token: first }, { "x-user": ana.id })).status).toBe(200)
    expect([ana.isVerified, ana.ways]).toEqual([true, ["passkey"]])
  })
  test("refuse what is none, and draw nothing of it", async () => {
    const { send } = stage()
    for (const email of ["nobody", "a@b.c\nbcc: x@y.z", ""])
      expect((await send("/sign-in/email", { email })).status).toBe(422)
    const page = await send(`/sign-in/email/confirm?token=${encodeURIComponent('"><script>alert(1)</script>')}`)
    expect([page.status, (await page.text()).includes("<script")]).toEqual([400, false])
    expect((await send(`/sign-in/email/confirm?token=${"x".repeat(66)}`)).status).toBe(422)
    for (const body of [{}, { token: "" }, { handle: "x" }, { code: "12345678" }])
      expect((await send("/sign-in/email/confirm", body)).status).toBe(400)
  })
  test("say in OpenAPI what they take and give", () => {
    const { app } = stage()
    const { paths } = createOpenApi(app.table(), { title: "Test", version: "1" }) as { paths: Record<string, unknown> }
    expect(Object.keys(paths).sort()).toEqual(
      ["/reset-password", "/reset-password/confirm", "/sign-in/email", "/sign-in/email/confirm", "/verify-email"].map(
        (path) => `/auth${path}`,
      ),
    )
  })
})

describe("routes of who is signed in", () => {
  test("verify and change an address, and change a password", async () => {
    const world = emailWorld()
    const { flows, add, mailTo, passwords, clock } = world
    const guard = sessionGuard({ sessions: openSessions("memory:", { clock }) })
    const app = createApp()
    app.post("/in/:id", async (ctx) => {
      const hours = Number(ctx.headers.get("x-hours-ago") ?? 0)
      await guard.signIn(ctx, { userId: ctx.params.id, amr: ["pwd"], authTimeMs: Date.now() - hours * 3_600_000 })
      return null
    })
    app.add(accountEmailRoutes({ flows, guard }))
    const ana = add({ email: ANA, isVerified: false, passwordHash: await passwords.hash("old password") })
    const send = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
      const init = {
        method: "POST",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", ...headers },
      }
      const answer = await app.fetch(new Request(`https://app.test${path}`, init))
      const text = await answer.text()
      return {
        status: answer.status,
        cookie: answer.headers.getSetCookie()[0]?.split(";")[0] ?? "",
        code: /AUTH_[A-Z_]+/.exec(text)?.[0],
      }
    }
    for (const path of ["/account/email/verify", "/account/password", "/account/email", "/account/email/confirm"])
      expect((await send(path, {})).code).toBe("AUTH_CREDENTIALS_MISSING")
    const me = { cookie: (await send(`/in/${ana.id}`, {})).cookie }
    const old = { cookie: (await send(`/in/${ana.id}`, {}, { "x-hours-ago": "2" })).cookie }
    expect((await send("/account/email/verify", {}, me)).status).toBe(202)
    await flows.verify({ token: tokenOf(await mailTo(ANA)) }, { userId: ana.id })
    const change = { current: "old password", password: "correct horse battery" }
    expect((await send("/account/password", { ...change, current: "wrong" }, me)).code).toBe("AUTH_PASSWORD_WRONG")
    expect((await send("/account/password", change, me)).status).toBe(200)
    expect((await send("/account/email", { email: "new@example.org" }, old)).code).toBe("AUTH_STEP_UP_REQUIRED")
    expect((await send("/account/email", { email: "new@example.org" }, me)).status).toBe(202)
    const token = tokenOf(await mailTo("new@example.org"))
    const page = await app.fetch(new Request(`https://app.test/account/email/confirm?token=${token}`))
    expect([page.status, ana.email]).toEqual([200, ANA])
    const eve = { cookie: (await send("/in/eve", {})).cookie }
    expect((await send("/account/email/confirm", { token }, eve)).code).toBe("AUTH_PROOF_INVALID")
    expect([(await send("/account/email/confirm", { token }, me)).status, ana.email]).toEqual([200, "new@example.org"])
  })
})
