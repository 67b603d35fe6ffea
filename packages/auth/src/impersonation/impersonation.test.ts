import { describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { createApp } from "@ashlar/http"
import { defineAccess, openSessions, requireStepUp, sessionGuard } from "../index.ts"
import { createImpersonation, type ImpersonationEvent } from "./impersonation.ts"

const access = defineAccess({
  actions: ["posts:read", "posts:write", "users:impersonate", "billing:write"],
  roles: {
    user: { allow: ["posts:read"] },
    support: { extends: ["user"], allow: ["users:impersonate", "posts:write"] },
    accountant: { extends: ["user"], allow: ["billing:write"] },
    root: { allow: ["*"] },
  },
})
const ROLES: Readonly<Record<string, string>> = {
  ana: "user",
  sue: "support",
  acc: "accountant",
  root: "root",
  sam: "support",
}

function stage() {
  const clock = manualClock()
  const signedIn = sessionGuard({ sessions: openSessions("memory:", { clock }) })
  const log: ImpersonationEvent[] = []
  const state = { isLogAway: false }
  const impersonation = createImpersonation({
    guard: signedIn,
    mayImpersonate: (principal) => access.can(principal, "users:impersonate"),
    outranks: access.outranks,
    async audit(event) {
      if (state.isLogAway) throw new RangeError("the log is away")
      log.push(event)
    },
  })
  const app = createApp({ onError: () => undefined, development: false })
  const rolesOf = (userId: string) => [ROLES[userId]!]
  app.post("/login/:id", async (ctx) => {
    await signedIn.signIn(ctx, { userId: ctx.params.id, roles: rolesOf(ctx.params.id), amr: ["pwd", "mfa"] })
    return null
  })
  app.scope("/", [signedIn], (scope) => {
    scope.post("/as/:id", async (ctx) => {
      const userId = ctx.params.id
      await impersonation.begin(
        ctx,
        { userId, roles: rolesOf(userId), amr: ["mfa"], acr: "high" },
        await ctx.read("text"),
      )
      return null
    })
    scope.post("/back", async (ctx) => {
      await impersonation.end(ctx)
      return null
    })
    scope.get("/me", (ctx) => ctx.principal)
    scope.get("/secret", { layers: [requireStepUp({ clock, maxAgeSeconds: 3_600 })] }, () => "secret")
  })
  const ask = async (method: string, path: string, { cookie = "", body = "ticket 7" } = {}) => {
    const init = { method, headers: { cookie }, ...(method === "POST" && { body }) }
    const response = await app.fetch(new Request(`https://a.test${path}`, init))
    const line = response.headers.getSetCookie()[0] ?? ""
    const text = await response.text()
    return { status: response.status, line, cookie: line.split(";")[0]!, body: text === "" ? undefined : text }
  }
  const login = async (id: string) => (await ask("POST", `/login/${id}`)).cookie
  return { clock, log, state, ask, login }
}
const codeOf = ({ body }: { body: string | undefined }) => (JSON.parse(body ?? "{}") as { code?: string }).code

describe("somebody who acts as another", () => {
  test("is the other, with who acts in every principal, for a short time; and the log knows", async () => {
    const { ask, login, log, clock } = stage()
    const before = await login("sue")
    const began = await ask("POST", "/as/ana", { cookie: before })
    expect([began.status, began.line.includes("Max-Age")]).toEqual([204, false])
    expect(JSON.parse((await ask("GET", "/me", { cookie: began.cookie })).body!)).toMatchObject({
      id: "ana",
      roles: ["user"],
      amr: [],
      actor: { id: "sue", kind: "user", reason: "ticket 7" },
    })
    expect((await ask("GET", "/me", { cookie: before })).status).toBe(401)
    expect(log).toEqual([{ what: "began", actorId: "sue", targetId: "ana", reason: "ticket 7" }])
    clock.advance(30 * 60_000)
    expect((await ask("GET", "/me", { cookie: began.cookie })).status).toBe(401)
  })
  test("passes for no fresh proof of the other's, and ends it by leaving", async () => {
    const { ask, login, log } = stage()
    const own = await login("sue")
    expect((await ask("GET", "/secret", { cookie: own })).status).toBe(200)
    const { cookie } = await ask("POST", "/as/ana", { cookie: own })
    expect((await ask("GET", "/secret", { cookie })).status).toBe(401)
    expect((await ask("POST", "/back", { cookie })).status).toBe(204)
    expect((await ask("GET", "/me", { cookie })).status).toBe(401)
    expect(log.at(-1)).toEqual({ what: "ended", actorId: "sue", targetId: "ana", reason: "ticket 7" })
  })
})

describe("nobody acts as another: AUTH_IMPERSONATION_REFUSED", () => {
  test.each<[string, string, string]>([
    ["without the right to", "ana", "sue"],
    ["with a right that one lacks", "sue", "acc"],
    ["with all rights", "sue", "root"],
    ["who is oneself", "sue", "sue"],
  ])("%s", async (_what, actor, target) => {
    const { ask, login, log } = stage()
    const cookie = await login(actor)
    const refused = await ask("POST", `/as/${target}`, { cookie })
    expect([refused.status, codeOf(refused), refused.cookie]).toEqual([403, "AUTH_IMPERSONATION_REFUSED", ""])
    expect(log).toMatchObject([{ what: "refused", actorId: actor, targetId: target }])
    expect(JSON.parse((await ask("GET", "/me", { cookie })).body!)).toMatchObject({ id: actor })
  })
  test("from within another", async () => {
    const { ask, login } = stage()
    const { cookie } = await ask("POST", "/as/sam", { cookie: await login("sue") })
    expect(codeOf(await ask("POST", "/as/ana", { cookie }))).toBe("AUTH_IMPERSONATION_REFUSED")
  })
  test("when the log is away, or without a reason", async () => {
    const { ask, login, state } = stage()
    const cookie = await login("sue")
    expect(codeOf(await ask("POST", "/as/ana", { cookie, body: " " }))).toBe("AUTH_IMPERSONATION_REFUSED")
    state.isLogAway = true
    expect((await ask("POST", "/as/ana", { cookie })).status).toBe(500)
    expect(JSON.parse((await ask("GET", "/me", { cookie })).body!)).toMatchObject({ id: "sue" })
  })
  test("and who does not, ends nothing", async () => {
    const { ask, login } = stage()
    expect(codeOf(await ask("POST", "/back", { cookie: await login("sue") }))).toBe("AUTH_IMPERSONATION_REFUSED")
  })
})
