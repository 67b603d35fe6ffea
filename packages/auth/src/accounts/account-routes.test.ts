import { describe, expect, test } from "bun:test"
import { createOpenApi } from "@ashlar/openapi"
import { scanRoutes } from "@ashlar/security/scan"
import { accountsWorld, PASSWORD, tokenOf } from "../testing/accounts-world.ts"
import { accountRoutes } from "./account-routes.ts"

const ANA = "ana@example.org"

describe("routes of accounts", () => {
  test("lead from a mail to a password, an app, and the second step", async () => {
    const { browser, mailTo, users, events } = await accountsWorld()
    const ana = browser()
    const asked = await ana.post("/sign-in/email", { email: ANA, next: "/welcome" })
    expect([asked.status, users.size]).toEqual([202, 0])
    const { code } = await mailTo(ANA)
    const entered = await ana.post("/sign-in/email/confirm", { handle: String(asked.body.handle), code: code! })
    expect([entered.status, entered.body]).toEqual([200, { state: "signed-in", ways: [], next: "/welcome" }])
    const [user] = [...users.values()]
    expect((await ana.send("GET", "/auth/account")).body).toEqual({
      id: user!.id,
      email: ANA,
      isVerified: true,
      hasPassword: false,
      hasFactors: false,
    })
    expect((await ana.post("/account/password/first", { password: "short" })).body.code).toBe("AUTH_PASSWORD_WEAK")
    expect((await ana.post("/account/password/first", { password: PASSWORD })).status).toBe(204)
    expect((await ana.post("/account/password/first", { password: PASSWORD })).body.code).toBe("AUTH_PASSWORD_WRONG")
    const { code: codeOf } = await ana.enrol()
    const { codes } = (await ana.post("/account/recovery-codes")).body as { codes: string[] }
    expect(codes).toHaveLength(10)

    const phone = browser()
    expect((await phone.signIn(ANA)).body).toEqual({ state: "second-step", ways: ["code", "recovery"], next: "/" })
    expect((await phone.send("GET", "/mine")).status).toBe(401)
    expect((await phone.post("/second-step", { code: codeOf() })).body).toMatchObject({ state: "signed-in" })
    expect((await phone.send("GET", "/mine")).body).toEqual({ id: user!.id, amr: ["pwd", "otp", "mfa"] })
    const paper = browser()
    await paper.signIn(ANA)
    expect((await paper.post("/second-step", { code: codes[0]! })).body).toMatchObject({ state: "signed-in" })
    expect((await paper.send("GET", "/auth/account/factors")).body).toMatchObject({
      factors: [{ kind: "totp" }],
      recoveryCodesLeft: 9,
    })
    expect(new Set(events.map(({ what }) => what))).toEqual(
      new Set([
        "account.created",
        "email.verified",
        "session.started",
        "password.changed",
        "factor.added",
        "recovery.made",
        "factor.shown",
      ] as const),
    )
  })
  test("list sessions and devices, and end them", async () => {
    const { browser, add } = await accountsWorld()
    await add({ email: ANA, password: PASSWORD })
    const [one, other] = [browser({ "user-agent": "One" }), browser({ "user-agent": "Other" })]
    await one.signIn(ANA)
    await other.signIn(ANA)
    const list = (await one.send("GET", "/auth/account/sessions")).body as unknown as { id: string; isThis: boolean }[]
    expect(list.map(({ isThis }) => isThis).sort()).toEqual([false, true])
    const { id } = list.find(({ isThis }) => !isThis)!
    expect((await one.send("DELETE", `/auth/account/sessions/${id}`)).status).toBe(204)
    expect((await one.send("DELETE", `/auth/account/sessions/${id}`)).status).toBe(404)
    expect((await other.send("GET", "/mine")).status).toBe(401)
    await other.signIn(ANA)
    expect((await one.send("DELETE", "/auth/account/sessions")).body).toEqual({ ended: 1 })
    expect([(await one.send("GET", "/mine")).status, (await other.send("GET", "/mine")).status]).toEqual([200, 401])

    const { code } = await one.enrol()
    await other.signIn(ANA)
    await other.post("/second-step", { code: code(), remember: true })
    await other.post("/sign-out")
    expect((await other.signIn(ANA)).body).toMatchObject({ state: "signed-in" })
    expect((await other.send("GET", "/mine")).body.amr).toEqual(["pwd", "device"])
    const [device] = (await one.send("GET", "/auth/account/devices")).body as unknown as { id: string }[]
    expect((await one.send("DELETE", `/auth/account/devices/${device!.id}`)).status).toBe(204)
    await other.post("/sign-out")
    expect((await other.signIn(ANA)).body).toMatchObject({ state: "second-step" })
  })
  test("reset and change the password, and the address", async () => {
    const { browser, add, mailTo, users } = await accountsWorld()
    const { id } = await add({ email: ANA, password: PASSWORD })
    const ana = browser()
    expect((await ana.post("/reset-password", { email: ANA })).status).toBe(202)
    const token = tokenOf(await mailTo(ANA))
    expect((await ana.post("/reset-password/confirm", { token, password: "another good one" })).status).toBe(200)
    expect((await ana.signIn(ANA)).body.code).toBe("AUTH_PASSWORD_WRONG")
    expect((await ana.signIn(ANA, "another good one")).status).toBe(200)
    const change = { current: "another good one", password: "yet another good one" }
    expect((await ana.post("/account/password", change)).status).toBe(200)
    expect((await ana.post("/account/email", { email: "ana@new.example" })).status).toBe(202)
    const next = tokenOf(await mailTo("ana@new.example"))
    expect((await ana.post("/account/email/confirm", { token: next })).status).toBe(200)
    expect(users.get(id)?.email).toBe("ana@new.example")
  })
  test("ask for a new proof after ten minutes: a password, or a factor where there is one", async () => {
    const { browser, add, clock } = await accountsWorld()
    await add({ email: ANA, password: PASSWORD })
    const ana = browser()
    await ana.signIn(ANA)
    clock.advance(601_000)
    expect((await ana.post("/account/factors/app")).body.code).toBe("AUTH_STEP_UP_REQUIRED")
    expect((await ana.post("/account/prove", { password: "wrong" })).body.code).toBe("AUTH_PASSWORD_WRONG")
    expect((await ana.post("/account/prove", { password: PASSWORD })).status).toBe(204)
    const { code, factorId } = await ana.enrol()
    clock.advance(601_000)
    const remove = () => ana.send("DELETE", `/auth/account/factors/${factorId}`)
    expect((await remove()).body.code).toBe("AUTH_STEP_UP_REQUIRED")
    expect((await ana.post("/account/prove", { password: PASSWORD })).body.code).toBe("AUTH_STEP_UP_REQUIRED")
    expect((await ana.post("/second-step", { code: code() })).status).toBe(200)
    expect((await remove()).status).toBe(204)
  })
  test("send codes as a factor, where the app can", async () => {
    const codes: string[] = []
    const { browser, add } = await accountsWorld({ sentCodes: { send: ({ code }) => codes.push(code) } })
    await add({ email: ANA, password: PASSWORD })
    const ana = browser()
    await ana.signIn(ANA)
    const enrolled = await ana.post("/account/factors/sent", { channel: "sms", to: "+41790000000" })
    const proof = { handle: String(enrolled.body.handle), code: codes.at(-1)! }
    expect((await ana.post("/account/factors/sent/confirm", proof)).status).toBe(204)
    const phone = browser()
    expect((await phone.signIn(ANA)).body.ways).toEqual(["sent"])
    const { handle } = (await phone.post("/second-step/send")).body
    const shown = { handle: String(handle), code: codes.at(-1)! }
    expect((await phone.post("/second-step", shown)).body).toMatchObject({ state: "signed-in" })
  })
  test("lead forms on by redirects, to the page of the second step too", async () => {
    const { browser, add } = await accountsWorld()
    await add({ email: ANA, password: PASSWORD })
    const ana = browser()
    const form = (body: Record<string, string>) => new URLSearchParams(body)
    const entered = await ana.post("/sign-in", form({ login: ANA, password: PASSWORD, next: "/shop" }))
    expect([entered.status, entered.headers.get("location")]).toEqual([303, "/shop"])
    const { code } = await ana.enrol()
    const other = browser()
    const half = await other.post("/sign-in", form({ login: ANA, password: PASSWORD, next: "/shop" }))
    expect([half.status, half.headers.get("location")]).toEqual([303, "/auth/second-step"])
    const page = await other.send("GET", "/auth/second-step")
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'")
    expect(page.body.text).toContain('<input name="code"')
    const done = await other.post("/second-step", form({ code: code(), remember: "on" }))
    expect([done.status, done.headers.get("location")]).toEqual([303, "/shop"])
  })
  test("lead on from a second step to where it was asked for, and nowhere else", async () => {
    const { browser, add } = await accountsWorld()
    await add({ email: ANA, password: PASSWORD })
    const ana = browser()
    await ana.signIn(ANA)
    await ana.enrol()
    const { codes } = (await ana.post("/account/recovery-codes")).body as { codes: string[] }
    const asked = async (next: string) => (await ana.post("/second-step", { code: codes.pop()!, next })).body.next
    expect([await asked("/account/keys"), await asked("//evil.example")]).toEqual(["/account/keys", "/"])
    const half = async (next: string) => {
      const phone = browser()
      await phone.post("/sign-in", { login: ANA, password: PASSWORD, next: "/shop" })
      return (await phone.post("/second-step", { code: codes.pop()!, next })).body.next
    }
    expect([await half("/basket"), await half("https://evil.example/")]).toEqual(["/basket", "/shop"])
  })
  test("keep out whom the users do not give any more", async () => {
    const { browser, add, users } = await accountsWorld()
    const { id } = await add({ email: ANA, password: PASSWORD })
    const ana = browser()
    await ana.signIn(ANA)
    expect((await ana.send("GET", "/mine")).status).toBe(200)
    users.delete(id)
    expect((await ana.send("GET", "/mine")).status).toBe(401)
  })
  test("have roles as they are now", async () => {
    const { browser, add, app, accounts, users } = await accountsWorld()
    const { id } = await add({ email: ANA, password: PASSWORD, roles: ["reader"] })
    app.get("/roles", { layers: [accounts.guard] }, (ctx) => ctx.principal.roles)
    const ana = browser()
    await ana.signIn(ANA)
    const roles = async () => (await ana.send("GET", "/roles")).body as unknown
    expect(await roles()).toEqual(["reader"])
    Object.assign(users.get(id)!, { roles: ["admin"] })
    expect(await roles()).toEqual(["admin"])
  })
  test("stand in OpenAPI, and have nothing that attackers look for", async () => {
    const { app, accounts } = await accountsWorld()
    const { paths } = createOpenApi(app.table(), { title: "Shop", version: "1" }) as { paths: Record<string, object> }
    const served = Object.entries(paths).flatMap(([path, ways]) => Object.keys(ways).map((way) => `${way} ${path}`))
    const own = Object.keys(accountRoutes(accounts))
    expect(served.filter((one) => one.includes("/auth/"))).toHaveLength(own.length)
    expect(scanRoutes(app.table()).filter(({ place }) => place.route?.includes("/auth/"))).toEqual([])
  })
  test.each([
    { origin: "shop.example" },
    { origin: "https://shop.example/" },
    { origin: "http://shop.example" },
    { secret: "short" },
    { path: "auth" },
    { path: "/auth/" },
    { deviceDays: 0 },
  ])("are not opened with %j: AUTH_SETUP_INVALID", async (wrong) => {
    const accounts = accountsWorld(wrong)
    await expect(accounts).rejects.toMatchObject({ code: "AUTH_SETUP_INVALID" })
  })
  test("close what they opened", async () => {
    const { accounts } = await accountsWorld()
    await accounts.close()
    expect(() => accounts.sessions.find("x".repeat(43))).toThrow(expect.objectContaining({ code: "AUTH_CLOSED" }))
  })
})
