import { describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { createApp } from "@ashlar/http"
import { type AuditEntry, openAudit } from "@ashlar/security/audit"
import {
  type AuthAuditOptions,
  createAuthAudit,
  createImpersonation,
  createPrincipal,
  createRoleChanges,
  defineAccess,
  openSessions,
  type PrincipalInit,
  requireStepUp,
  sessionGuard,
} from "../index.ts"
import { accountsWorld, PASSWORD } from "../testing/accounts-world.ts"

function stage(options: Partial<AuthAuditOptions> = {}) {
  const clock = manualClock()
  const log = openAudit("memory:")
  const errors: unknown[] = []
  const audit = createAuthAudit({ audit: log, clock, onError: (error) => errors.push(error), ...options })
  const access = defineAccess({
    actions: ["posts:read", "posts:write", "users:manage", "billing:write"],
    roles: { reader: { allow: ["posts:read"] }, editor: { allow: ["posts:*"] }, admin: { allow: ["*"] } },
    audit,
  })
  const entries = async (): Promise<readonly AuditEntry[]> => {
    await audit.settled()
    return (await log.list({ order: "oldest", limit: 1_000 })).entries
  }
  return { clock, log, errors, audit, access, entries }
}
const who = (init: Partial<PrincipalInit> = {}) =>
  createPrincipal({ id: "ana", kind: "user", roles: ["reader"], ...init })

describe("decisions in the audit log", () => {
  test("are those that refuse, with who really acts", async () => {
    const { access, entries } = stage()
    expect(access.can(who(), "posts:read")).toBe(true)
    expect(access.can(who(), "posts:write")).toBe(false)
    expect(() => access.check(who({ actor: { id: "sue", kind: "user" } }), "users:manage")).toThrow()
    access.explain(who(), "users:manage")
    expect(await entries()).toMatchObject([
      {
        action: "access.denied",
        outcome: "denied",
        actor: { type: "user", id: "ana" },
        target: null,
        details: { action: "posts:write", by: "nothing" },
      },
      { actor: { type: "user", id: "sue" }, target: { type: "user", id: "ana" }, details: { action: "users:manage" } },
    ])
  })
  test.each([
    [{ decisions: "none" }, []],
    [{ decisions: "all" }, ["access.allowed", "access.denied"]],
    [{ decisions: "all", sample: 0.5, random: (): number => 0.5 }, ["access.denied"]],
    [{ decisions: "all", sample: 0.5, random: (): number => 0.49 }, ["access.allowed", "access.denied"]],
    [{ decisions: "all", sample: 0 }, ["access.denied"]],
  ] as const)("by %p: %j", async (options, expected) => {
    const { access, entries } = stage(options)
    access.can(who(), "posts:read")
    access.can(who(), "posts:write")
    expect((await entries()).map(({ action }) => action)).toEqual([...expected])
  })
  test("of one who is refused on purpose fill no disk: one entry says how many there were", async () => {
    const { access, entries, clock } = stage({ perMinute: 5 })
    for (let at = 0; at < 100; at++) access.can(who(), "posts:write")
    expect(await entries()).toHaveLength(5)
    clock.advance(60_000)
    access.can(who(), "posts:write")
    expect((await entries()).slice(5)).toMatchObject([
      { action: "access.left-out", details: { entries: 95 } },
      { action: "access.denied" },
    ])
  })
  test("while the log hangs or fails take no memory, and decide all the same", async () => {
    let release: () => void = () => undefined
    let began = 0
    const hangs = {
      append: async () => {
        began++
        await new Promise<void>((resolve) => (release = resolve))
        throw new RangeError("away")
      },
    }
    const { access, errors, audit } = stage({ audit: hangs, perMinute: 100_000 })
    for (let at = 0; at < 2_000; at++) expect(access.can(who(), "posts:write")).toBe(false)
    expect(began).toBe(1_000)
    release()
    const failing = stage({ audit: { append: async () => Promise.reject(new RangeError("away")) } })
    expect(failing.access.can(who(), "posts:write")).toBe(false)
    await failing.audit.settled()
    expect([failing.errors.length, errors.length <= 1, audit !== failing.audit]).toEqual([1, true, true])
  })
  test("name by a hash what no log takes as a name", async () => {
    const { access, entries, errors } = stage()
    for (const id of ["a\nb", " a", "x".repeat(300), "\ud800"]) access.can(who({ id, kind: "a kind" }), "posts:write")
    const kept = await entries()
    expect(kept.map(({ actor }) => actor)).toEqual(
      Array(4).fill({ type: "other", id: expect.stringMatching(/^sha256:[\w-]{43}$/) }),
    )
    expect([new Set(kept.map(({ actor }) => actor.id)).size, errors]).toEqual([4, []])
  })
  test("are written by the layer, and so is who must prove more", async () => {
    const { access, audit, entries, clock } = stage()
    const guard = sessionGuard({ sessions: openSessions("memory:", { clock }), cookie: { prefix: "", secure: false } })
    const app = createApp()
    app.post("/in", async (ctx) => {
      await guard.signIn(ctx, { userId: "ana", roles: ["reader"], amr: ["pwd"] })
      return null
    })
    app.get("/write", { layers: [guard, access.authorize("posts:write")] }, () => "a")
    app.get("/secret", { layers: [guard, requireStepUp({ amr: ["mfa"], clock, audit })] }, () => "a")
    const entered = await app.fetch(new Request("https://app.test/in", { method: "POST" }))
    const cookie = entered.headers.getSetCookie()[0]!.split(";")[0]!
    const get = (path: string) => app.fetch(new Request(`https://app.test${path}`, { headers: { cookie } }))
    expect([(await get("/write")).status, (await get("/secret")).status]).toEqual([403, 401])
    expect(await entries()).toMatchObject([
      { action: "access.denied", details: { action: "posts:write", method: "session" } },
      { action: "step-up.refused", outcome: "denied", details: { needed: { amr: ["mfa"] }, amr: ["pwd"] } },
    ])
  })
  test.each([
    { sample: 2 },
    { sample: Number.NaN },
    { perMinute: 0 },
    { perMinute: 1.5 },
    { decisions: "some" as "all" },
  ])("are not written by %j: AUTH_SETUP_INVALID", (wrong) =>
    expect(() => stage(wrong)).toThrow(expect.objectContaining({ code: "AUTH_SETUP_INVALID" })),
  )
})

describe("changes in the audit log", () => {
  const changes = (world: ReturnType<typeof stage>, save: (id: string, roles: readonly string[]) => unknown) =>
    createRoleChanges({
      mayChange: (principal) => world.access.can(principal, "users:manage"),
      outranks: world.access.outranks,
      save,
      audit: world.audit,
    })
  test("of roles are told with both, before they count, and nobody rises by one", async () => {
    const world = stage({ decisions: "none" })
    const saved: unknown[] = []
    const { change } = changes(world, (id, roles) => saved.push([id, roles]))
    const admin = who({ id: "root", roles: ["admin"] })
    const manager = who({ id: "mia", roles: ["editor"], permissions: ["users:manage"] })
    await change(admin, { id: "bob", roles: ["reader"] }, { roles: ["editor"], reason: "joins" })
    const refused = { code: "AUTH_FORBIDDEN" }
    const bob = { id: "bob", roles: ["reader"] }
    for (const [principal, target, roles] of [
      [manager, bob, ["admin"]],
      [manager, { id: "root", roles: ["admin"] }, ["reader"]],
      [manager, { ...bob, permissions: ["*"] }, ["reader"]],
      [admin, { id: "root", roles: ["admin"] }, ["reader"]],
      [who({ ...admin, actor: { id: "sue", kind: "user" } }), bob, ["editor"]],
      [who({ roles: ["editor"] }), bob, ["editor"]],
    ] as const)
      await expect(change(principal, target, { roles })).rejects.toMatchObject(refused)
    expect(saved).toEqual([["bob", ["editor"]]])
    const kept = await world.entries()
    expect(kept.map(({ action, outcome }) => `${action} ${outcome}`)).toEqual([
      "roles.changed success",
      ...Array(6).fill("roles.refused denied"),
    ])
    expect(kept[0]).toMatchObject({
      actor: { type: "user", id: "root" },
      target: { type: "user", id: "bob" },
      details: { from: ["reader"], to: ["editor"], reason: "joins" },
    })
  })
  test("do not happen when they cannot be written, and end the sessions of before when they can", async () => {
    const world = stage({ audit: { append: async () => Promise.reject(new RangeError("away")) } })
    const saved: unknown[] = []
    const admin = who({ id: "root", roles: ["admin"] })
    const tried = changes(world, (id) => saved.push(id)).change(admin, { id: "bob", roles: [] }, { roles: ["reader"] })
    await expect(tried).rejects.toThrow("away")
    expect(saved).toEqual([])
    const { access, audit } = stage()
    const sessions = openSessions("memory:")
    await sessions.create({ userId: "bob" })
    const options = { mayChange: () => true, outranks: access.outranks, save: () => undefined, sessions, audit }
    await createRoleChanges(options).change(admin, { id: "bob", roles: [] }, { roles: ["reader"] })
    expect(await sessions.list("bob")).toEqual([])
  })
  test("of who one is are told, by the same option", async () => {
    const { audit, access, entries } = stage()
    const guard = sessionGuard({ sessions: openSessions("memory:"), cookie: { prefix: "", secure: false } })
    const impersonation = createImpersonation({
      guard,
      mayImpersonate: (principal) => principal.roles.includes("admin"),
      outranks: access.outranks,
      audit,
    })
    const app = createApp()
    app.post("/as", { layers: [] }, async (ctx) => {
      await guard.signIn(ctx, { userId: "root", roles: ["admin"] })
      const principal = who({ id: "root", roles: ["admin"] })
      await impersonation.begin(Object.assign(ctx, { principal }), { userId: "bob", roles: ["reader"] }, "a ticket")
      return null
    })
    expect((await app.fetch(new Request("https://app.test/as", { method: "POST" }))).status).toBe(204)
    expect(await entries()).toMatchObject([
      {
        action: "impersonation.began",
        actor: { id: "root" },
        target: { id: "bob" },
        details: { reason: "a ticket" },
      },
    ])
  })
  test("of accounts are told with where from, and never what was typed", async () => {
    const { audit, log, entries } = stage()
    const { browser, add } = await accountsWorld({ audit })
    const { id } = await add({ email: "ana@example.org", password: PASSWORD })
    const ana = browser({ "user-agent": "Test" })
    await ana.signIn("ana@example.org", "a wrong password")
    await ana.signIn("my password by mistake", "x")
    await ana.signIn("ana@example.org")
    const kept = await entries()
    expect(kept).toMatchObject([
      { action: "session.refused", outcome: "failure", actor: { type: "anonymous", id: "-" }, target: { id } },
      { action: "session.refused", actor: { type: "anonymous", id: "-" }, target: null },
      { action: "session.started", actor: { type: "user", id }, context: { agent: "Test" }, details: { by: ["pwd"] } },
    ])
    expect(JSON.stringify(kept)).not.toMatch(/wrong password|by mistake|horse/)
    expect((await log.verify()).ok).toBe(true)
  })
})
