import { afterAll, beforeAll, expect, test } from "bun:test"
import type { AuditQuery } from "./audit.ts"
import { codeOf, type Install, openInstall, type TestProject } from "./testing/install.ts"

let install: Install
let atlas: TestProject
beforeAll(async () => {
  install = await openInstall()
  atlas = await install.project("atlas")
})
afterAll(() => install.close())

test("every change of a project's life is there, newest first, with who did it and when", async () => {
  const { access, callers } = await install.project("life")
  const { control } = install
  install.clock.advance(1000)
  await control.projects.update(access("owner"), { name: "Life" })
  await control.members.changeRole(access("owner"), { userId: callers.viewer.id, role: "developer" })
  const { key } = await control.keys.create(access("developer"), { kind: "secret", name: "k" })
  const rotated = await control.keys.rotate(access("developer"), key)
  await control.keys.revoke(access("developer"), rotated.key)
  await control.members.remove(access("owner"), { userId: callers.viewer.id })
  const { items } = control.audit.list(access("owner"))
  expect(items.map(({ action, actor }) => `${action} by ${actor.kind} ${actor.label.split("-")[0]}`)).toEqual([
    "member.remove by user owner",
    "key.revoke by user developer",
    "key.rotate by user developer",
    "key.create by user developer",
    "member.update by user owner",
    "project.update by user owner",
    "member.add by user owner",
    "member.add by user owner",
    "project.create by user owner",
  ])
  expect(items[5]).toEqual({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    at: new Date(install.clock.now()).toISOString(),
    actor: { kind: "user", id: callers.owner.id, label: callers.owner.email },
    action: "project.update",
    target: "life",
    details: { name: "Life", before: "life" },
  })
})

test("a change whose audit row cannot be written does not happen", async () => {
  const { access, callers } = await install.project("strict")
  const { control, file } = install
  const owner = access("owner")
  const { key } = await control.keys.create(owner, { kind: "secret", name: "before" })
  const tables = ["control_projects", "control_members", "control_keys", "control_leftovers", "invites"]
  const snapshot = (): unknown => tables.map((table) => file.all(`SELECT * FROM ${table} ORDER BY rowid`))
  const before = snapshot()
  await file.write([{ sql: "ALTER TABLE control_audit RENAME TO control_audit_away" }])
  const changes: (() => Promise<unknown>)[] = [
    () => control.projects.create(callers.owner, { name: "never" }),
    () => control.projects.update(owner, { name: "never" }),
    () => control.projects.delete(owner),
    () => control.members.add(owner, { email: install.person("never").email, role: "viewer" }),
    () => control.members.add(owner, { email: "nobody@example.org", role: "viewer" }),
    () => control.members.changeRole(owner, { userId: callers.viewer.id, role: "owner" }),
    () => control.members.remove(owner, { userId: callers.viewer.id }),
    () => control.keys.create(owner, { kind: "secret", name: "never" }),
    () => control.keys.rotate(owner, key),
    () => control.keys.revoke(owner, key),
  ]
  for (const change of changes) expect(await codeOf(change)).not.toBe("none")
  expect(snapshot()).toEqual(before)
  await file.write([{ sql: "ALTER TABLE control_audit_away RENAME TO control_audit" }])
  expect(await codeOf(changes[1]!)).toBe("none")
})

test("changes made elsewhere are noted by whoever made them, and huge details by their size", async () => {
  const { audit } = install.control
  const developer = atlas.access("developer")
  await audit.record(developer, {
    action: "collection.create",
    target: "countries",
    details: { rules: { read: null } },
  })
  const where = { project: atlas.project, actor: { kind: "function", id: "hello", label: "hello" } } as const
  await audit.record(where, { action: "function.deploy", target: "hello", details: { text: "ü".repeat(5_000) } })
  await audit.record(where, { action: "function.delete", target: "hello" })
  const { items } = audit.list(developer, { limit: 3 })
  expect(items.map(({ action, actor, details }) => ({ action, kind: actor.kind, details }))).toEqual([
    { action: "function.delete", kind: "function", details: {} },
    { action: "function.deploy", kind: "function", details: { omittedBytes: 10_011 } },
    { action: "collection.create", kind: "user", details: { rules: { read: null } } },
  ])
})

test("the list goes on where it stopped although rows come in between, and shows no other project's", async () => {
  const { access, project } = await install.project("busy")
  const { audit } = install.control
  for (let n = 0; n < 10; n++) await audit.record(access("owner"), { action: "test.note", target: String(n) })
  const first = audit.list(access("viewer"), { limit: 5 })
  await audit.record(access("owner"), { action: "test.note", target: "late" })
  await audit.record(atlas.access("owner"), { action: "test.note", target: "foreign" })
  const second = audit.list(access("viewer"), { limit: 5, cursor: first.next! })
  expect([...first.items, ...second.items].map(({ target }) => target)).toEqual([..."9876543210"])
  const third = audit.list(access("viewer"), { limit: 5, cursor: second.next! })
  expect(third.items.map(({ action }) => action)).toEqual(["member.add", "member.add", "project.create"])
  expect(third.next).toBeNull()
  expect(await codeOf(() => audit.list(atlas.access("viewer"), { cursor: first.next! }))).toBe("CONTROL_INVALID_CURSOR")
  expect(install.file.all("SELECT 1 FROM control_audit WHERE project_id = ?", [project.id])).toHaveLength(14)
})

test("the list is narrowed by action, actor, target and time, and goes on within that", async () => {
  const { access, callers } = await install.project("asked")
  const { audit } = install.control
  const since = new Date(install.clock.now()).toISOString()
  install.clock.advance(1_000)
  const note = (who: "owner" | "developer", action: string, target: string): Promise<void> =>
    audit.record(access(who), { action, target })
  for (const n of [1, 2, 3]) await note("developer", "key.create", `k${n}`)
  await note("owner", "key.revoke", "k1")
  await note("owner", "keyring.create", "k1")
  install.clock.advance(1_000)
  const until = new Date(install.clock.now()).toISOString()
  await note("owner", "key.create", "late")
  const told = (query: AuditQuery): string[] =>
    audit.list(access("viewer"), query).items.map(({ action, target }) => `${action} ${target}`)
  const between = { since, until }
  expect(told({ action: "key.revoke" })).toEqual(["key.revoke k1"])
  expect(told({ ...between, action: "key" })).toEqual([
    "key.revoke k1",
    "key.create k3",
    "key.create k2",
    "key.create k1",
  ])
  expect(told({ actor: `user:${callers.developer.id}`, target: "k2" })).toEqual(["key.create k2"])
  expect(told({ ...between, target: "k1" })).toEqual(["keyring.create k1", "key.revoke k1", "key.create k1"])
  expect(told({ since: until })).toEqual(["key.create late"])
  const first = audit.list(access("viewer"), { action: "key.create", limit: 2 })
  expect(audit.list(access("viewer"), { action: "key.create", limit: 2, cursor: first.next! }).items).toHaveLength(2)
  for (const none of ["%", "key%", "ke", "' OR 1=1 --", "key.", ""]) expect(told({ action: none })).toEqual([])
  for (const none of [callers.developer.id, `key:${callers.developer.id}`, ":", ""]) {
    expect(told({ actor: none })).toEqual([])
  }
  for (const odd of ["yesterday", "1", "", "2026-99-99T00:00:00Z"]) {
    expect(await codeOf(() => audit.list(access("viewer"), { since: odd }))).toBe("CONTROL_INVALID_INPUT")
  }
})

test("the history is still there after a restart, and cursors too", async () => {
  const before = install.control.audit.list(atlas.access("viewer"), { limit: 2 })
  await install.restart()
  expect(install.control.audit.list(atlas.access("viewer"), { limit: 2 }).items).toEqual([...before.items])
  const page = { limit: 2, cursor: before.next! }
  expect(await codeOf(() => install.control.audit.list(atlas.access("viewer"), page))).toBe("none")
})

test("a cursor tells nothing of how much others do", () => {
  const { next } = install.control.audit.list(atlas.access("viewer"), { limit: 1 })
  const sql = "SELECT n FROM control_audit WHERE project_id = ? ORDER BY n DESC LIMIT 1"
  const { n } = install.file.get<{ n: number }>(sql, [atlas.project.id])!
  expect(n).toBeGreaterThan(9)
  expect(Buffer.from(next!, "base64url").toString("latin1")).not.toContain(String(n))
  expect(install.control.audit.list(atlas.access("viewer"), { limit: 1 }).next).not.toBe(next)
})
