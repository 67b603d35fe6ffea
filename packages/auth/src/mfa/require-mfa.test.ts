import { describe, expect, test } from "bun:test"
import { type AnyLayer, createApp } from "@ashlar/http"
import { openSessions, sessionGuard } from "../index.ts"
import { mfaWorld } from "../testing/mfa-world.ts"
import { changesBy, type RequireMfaOptions, requireMfa } from "./require-mfa.ts"

function stage(options: Partial<RequireMfaOptions> = {}) {
  const world = mfaWorld()
  const sessions = openSessions("memory:", { clock: world.clock })
  const signedIn = sessionGuard({ sessions })
  const app = createApp()
  app.post("/sign-in/:id", async (ctx) => {
    await signedIn.signIn(ctx, { userId: ctx.params.id, amr: ["pwd"] })
    return null
  })
  app.post("/factor/:code", { layers: [signedIn] }, async (ctx) => {
    const passed = await world.mfa.totp.verify(ctx.principal.id, ctx.params.code)
    await signedIn.rotate(ctx, changesBy(passed, ctx.principal, world.clock.now()))
    return null
  })
  app.post("/device", { layers: [signedIn] }, async (ctx) => {
    await signedIn.rotate(ctx, { amr: ["pwd", "device"] })
    return null
  })
  const layers = [signedIn, requireMfa({ mfa: world.mfa, ...options })] as const
  app.get("/admin", { layers }, (ctx) => ctx.principal.amr.join(" "))
  app.get("/alone", { layers: [requireMfa({ mfa: world.mfa }) as AnyLayer] as never }, () => "never")
  const jar = new Map<string, string>()
  const ask = async (method: string, path: string, cookies: ReadonlyMap<string, string> = jar) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ")
    const answer = await app.fetch(new Request(`https://app.test${path}`, { method, headers: { cookie } }))
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      jar.set(name!, value!)
    }
    const text = await answer.text()
    return [answer.status, text.startsWith("{") ? JSON.parse(text).code : text] as const
  }
  return { ...world, ask, jar }
}

describe("a layer that asks for a second factor", () => {
  test("lets pass who has proven one, in a session of another token", async () => {
    const { ask, enrolled, codeOf, clock, jar } = stage()
    const { secret } = await enrolled("ana")
    clock.advance(60_000)
    expect(await ask("GET", "/admin")).toEqual([401, "AUTH_CREDENTIALS_MISSING"])
    await ask("POST", "/sign-in/ana")
    expect(await ask("GET", "/admin")).toEqual([401, "AUTH_STEP_UP_REQUIRED"])
    const before = new Map(jar)
    expect(await ask("POST", `/factor/${codeOf(secret)}`)).toEqual([204, ""])
    expect(await ask("GET", "/admin")).toEqual([200, "pwd otp mfa"])
    // Who had planted or read the token before has nothing now.
    expect(await ask("GET", "/admin", before)).toEqual([401, "AUTH_CREDENTIALS_MISSING"])
  })
  test("sends who has none to enrol one, or lets them pass: AUTH_MFA_REQUIRED", async () => {
    const strict = stage()
    await strict.ask("POST", "/sign-in/ana")
    expect(await strict.ask("GET", "/admin")).toEqual([403, "AUTH_MFA_REQUIRED"])
    const lenient = stage({ unenrolled: "pass" })
    await lenient.ask("POST", "/sign-in/ana")
    expect(await lenient.ask("GET", "/admin")).toEqual([200, "pwd"])
    await lenient.enrolled("ana")
    expect(await lenient.ask("GET", "/admin")).toEqual([401, "AUTH_STEP_UP_REQUIRED"])
  })
  test("takes a remembered device only where it says so", async () => {
    for (const [devices, status] of [
      [false, 401],
      [true, 200],
    ] as const) {
      const { ask, enrolled } = stage({ devices })
      await enrolled("ana")
      await ask("POST", "/sign-in/ana")
      await ask("POST", "/device")
      expect((await ask("GET", "/admin"))[0]).toBe(status)
    }
  })
  test("lets nobody pass without a guard", async () => {
    const { ask } = stage()
    expect(await ask("GET", "/alone")).toEqual([401, "AUTH_CREDENTIALS_MISSING"])
  })
  test("is not fooled by a weak factor that is new beside a strong one that is old", () => {
    const passkey = { userId: "ana", factorId: "x", amr: ["hwk", "user", "mfa"], acr: "phr" } as const
    const app = { userId: "ana", factorId: "y", amr: ["otp", "mfa"], acr: "mfa" } as const
    const strong = changesBy(passkey, { id: "ana", amr: ["pwd"] }, 1)
    expect(strong).toEqual({ amr: ["pwd", "hwk", "user", "mfa"], acr: "phr", authTimeMs: 1 })
    expect(changesBy(app, { id: "ana", amr: strong.amr }, 2)).toEqual({
      amr: ["pwd", "otp", "mfa"],
      acr: "mfa",
      authTimeMs: 2,
    })
  })
  test("adds no factor of another user to a session", () => {
    const passed = { userId: "eve", factorId: "x", amr: ["mfa"], acr: "mfa" } as const
    expect(() => changesBy(passed, { id: "ana", amr: ["pwd"] })).toThrow(
      expect.objectContaining({ code: "AUTH_CREDENTIALS_MISSING" }),
    )
  })
})
