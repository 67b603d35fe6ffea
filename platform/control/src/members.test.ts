import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openSqlite } from "@ashlar/sqlite"
import type { Role } from "./access.ts"
import { controlFeature } from "./feature.ts"
import { codeOf, failureOf, type Install, openInstall } from "./testing/install.ts"

let install: Install
beforeAll(async () => {
  install = await openInstall()
})
afterAll(() => install.close())

function auditOf(projectId: string, action: string): { target: string; details: Record<string, unknown> }[] {
  const sql = "SELECT target, details FROM control_audit WHERE project_id = ? AND action = ? ORDER BY n"
  const rows = install.file.all<{ target: string; details: string }>(sql, [projectId, action])
  return rows.map(({ target, details }) => ({ target, details: JSON.parse(details) }))
}

describe("adding a member", () => {
  test("by the address of an account makes a member at once", async () => {
    const { project, access } = await install.project("adds")
    const bob = install.person("bob")
    const added = await install.control.members.add(access("owner"), { email: bob.email, role: "developer" })
    expect(added).toEqual({
      member: {
        userId: bob.id,
        email: bob.email,
        name: "bob",
        role: "developer",
        joinedAt: "2026-01-01T00:00:00.000Z",
      },
      invite: null,
    })
    expect(install.control.members.list(access("viewer")).items[0]).toEqual(added.member!)
    expect(auditOf(project.id, "member.add").at(-1)).toEqual({
      target: bob.email,
      details: { userId: bob.id, role: "developer" },
    })
    expect(await codeOf(() => install.control.members.add(access("owner"), { email: bob.email, role: "viewer" }))).toBe(
      "CONTROL_ALREADY_MEMBER",
    )
  })

  test("by another address makes an invite, in one commit with its line of history, which holds no token", async () => {
    const { project, access } = await install.project("invites")
    const wish = { email: "new@example.org", role: "viewer" } as const
    const { member, invite } = await install.control.members.add(access("owner"), wish)
    expect(member).toBeNull()
    expect(invite).toEqual({
      token: `in_project/${project.id}_new@example.org`,
      email: "new@example.org",
      role: "viewer",
      expiresAt: "2026-01-08T00:00:00.000Z",
    })
    const noted = auditOf(project.id, "member.invite")
    expect(noted).toEqual([
      { target: "new@example.org", details: { role: "viewer", expiresAt: "2026-01-08T00:00:00.000Z" } },
    ])
    // The same invite again breaks the invite's own table: then nothing of it is noted either.
    expect(await codeOf(() => install.control.members.add(access("owner"), wish))).not.toBe("none")
    expect(auditOf(project.id, "member.invite")).toEqual(noted)
  })

  test("who accepts an invite joins in the transaction that makes the account, with its line of history", async () => {
    const { project, access } = await install.project("accepts")
    await install.control.members.add(access("owner"), { email: "carol@example.org", role: "developer" })
    const row = install.file.get<{ grants: string }>("SELECT grants FROM invites WHERE token LIKE '%carol%'")!
    const carol = install.person("carol")
    const statements = install.control.members.accept({ scope: "", grants: JSON.parse(row.grants), user: carol })
    expect(await codeOf(() => install.control.authorize(carol, "accepts", { role: "viewer" }))).not.toBe("none")
    await install.file.write(statements)
    expect(install.control.authorize(carol, "accepts", { role: "developer" }).role).toBe("developer")
    expect(auditOf(project.id, "member.accept")).toEqual([
      {
        target: carol.email,
        details: { userId: carol.id, role: "developer", invitedBy: "owner-of-accepts@example.org" },
      },
    ])
  })

  test("an invite to a project that is gone or full, or that grants nonsense, brings nothing", async () => {
    const small = await openInstall({ limits: { membersPerProject: 3 } })
    const full = await small.project("full")
    const gone = await small.project("gone")
    await small.control.projects.delete(gone.access("owner"))
    const dan = small.person("dan")
    for (const { project } of [full, gone]) {
      const grants = { projectId: project.id, role: "owner", invitedBy: "x" }
      await small.file.write(small.control.members.accept({ scope: "", grants, user: dan }))
    }
    expect(small.control.projects.list(dan).items).toEqual([])
    expect(small.file.all("SELECT 1 FROM control_audit WHERE action = 'member.accept'")).toEqual([])
    for (const grants of [{}, { projectId: 7, role: "owner" }, { projectId: full.project.id, role: "god" }]) {
      expect(small.control.members.accept({ scope: "", grants, user: dan })).toEqual([])
    }
    const failure = await failureOf(() =>
      small.control.members.add(full.access("owner"), { email: dan.email, role: "viewer" }),
    )
    expect(failure).toMatchObject({ code: "CONTROL_LIMIT_REACHED", details: { limit: 3 } })
    await small.close()
  })

  test.each(["member", "", "OWNER", "constructor", undefined, null, 7])("refuses the role %p", async (role) => {
    const { access } = await install.project(`role-${String(role)}`)
    const wish = { email: "x@example.org", role: role as Role }
    expect(await codeOf(() => install.control.members.add(access("owner"), wish))).toBe("CONTROL_INVALID_INPUT")
    const change = { userId: "x", role: role as Role }
    expect(await codeOf(() => install.control.members.changeRole(access("owner"), change))).toBe(
      "CONTROL_INVALID_INPUT",
    )
  })
})

describe("the last owner", () => {
  test("cannot leave, be removed or be demoted", async () => {
    const { access, callers } = await install.project("last")
    const owner = access("owner")
    const userId = callers.owner.id
    for (const call of [
      () => install.control.members.remove(owner, { userId }),
      () => install.control.members.changeRole(owner, { userId, role: "viewer" }),
    ]) {
      expect(await failureOf(call)).toMatchObject({ code: "CONTROL_LAST_OWNER", status: 409 })
    }
    expect(access("owner").role).toBe("owner")
    await install.control.members.changeRole(owner, { userId, role: "owner" })
  })

  test("is left over when two owners throw each other out at once", async () => {
    const { project, access, callers } = await install.project("duel")
    await install.control.members.changeRole(access("owner"), { userId: callers.developer.id, role: "owner" })
    const one = access("owner")
    const two = access("developer")
    const outcomes = await Promise.all([
      codeOf(() => install.control.members.remove(one, { userId: callers.developer.id })),
      codeOf(() => install.control.members.remove(two, { userId: callers.owner.id })),
    ])
    expect(outcomes.toSorted()).toEqual(["CONTROL_LAST_OWNER", "none"])
    const sql = "SELECT count(*) AS owners FROM control_members WHERE project_id = ? AND role = 'owner'"
    expect(install.file.get<{ owners: number }>(sql, [project.id])).toEqual({ owners: 1 })
  })
})

test("a role changes once, and the history says from what to what", async () => {
  const { project, access, callers } = await install.project("roles")
  const wish = { userId: callers.viewer.id, role: "developer" } as const
  const changed = await install.control.members.changeRole(access("owner"), wish)
  expect(changed).toMatchObject({ userId: callers.viewer.id, email: callers.viewer.email, role: "developer" })
  await install.control.members.changeRole(access("owner"), wish)
  expect(auditOf(project.id, "member.update")).toEqual([
    { target: callers.viewer.email, details: { userId: callers.viewer.id, role: "developer", before: "viewer" } },
  ])
})

test("a member may leave, and nobody else may be sent away by them", async () => {
  const { project, access, callers } = await install.project("leaves")
  const viewer = access("viewer")
  const { id } = callers.developer
  expect(await codeOf(() => install.control.members.remove(viewer, { userId: id }))).toBe("CONTROL_FORBIDDEN")
  await install.control.members.remove(viewer, { userId: callers.viewer.id })
  expect(auditOf(project.id, "member.remove")).toEqual([
    { target: callers.viewer.email, details: { userId: callers.viewer.id, role: "viewer" } },
  ])
  const again = (): Promise<void> => install.control.members.remove(viewer, { userId: callers.viewer.id })
  expect(await codeOf(again)).toBe("CONTROL_MEMBER_NOT_FOUND")
})

test("who is no member is not changed, and not made one", async () => {
  const { access } = await install.project("nobody")
  const { id } = install.person("outsider")
  for (const userId of [id, "", "x"]) {
    const owner = access("owner")
    expect(await codeOf(() => install.control.members.changeRole(owner, { userId, role: "owner" }))).toBe(
      "CONTROL_MEMBER_NOT_FOUND",
    )
    expect(await codeOf(() => install.control.members.remove(owner, { userId }))).toBe("CONTROL_MEMBER_NOT_FOUND")
  }
})

test("the list is that of the project, in pages, with cursors that are good for it only", async () => {
  const { access } = await install.project("pages")
  const other = await install.project("pages-too")
  const { members } = install.control
  const whole = members.list(access("viewer")).items
  expect(whole.map(({ email }) => email)).toEqual([
    "viewer-of-pages@example.org",
    "developer-of-pages@example.org",
    "owner-of-pages@example.org",
  ])
  const first = members.list(access("viewer"), { limit: 2 })
  const second = members.list(access("viewer"), { limit: 2, cursor: first.next! })
  expect([...first.items, ...second.items]).toEqual([...whole])
  expect(second.next).toBeNull()
  const cursor = first.next!
  const changed = `${cursor.slice(0, 20)}${cursor[20] === "A" ? "B" : "A"}${cursor.slice(21)}`
  for (const forged of ["", "x", "1", Buffer.from("1").toString("base64url"), changed, cursor.repeat(50)]) {
    expect(await codeOf(() => members.list(access("viewer"), { cursor: forged }))).toBe("CONTROL_INVALID_CURSOR")
  }
  expect(await codeOf(() => members.list(other.access("viewer"), { cursor }))).toBe("CONTROL_INVALID_CURSOR")
  expect(await codeOf(() => install.control.keys.list(access("viewer"), { cursor }))).toBe("CONTROL_INVALID_CURSOR")
  expect(await codeOf(() => install.control.audit.list(access("viewer"), { cursor }))).toBe("CONTROL_INVALID_CURSOR")
  for (const limit of [0, -1, 1.5, 1001, Number.NaN]) {
    expect(await codeOf(() => members.list(access("viewer"), { limit }))).toBe("CONTROL_INVALID_INPUT")
  }
})

describe("an admin", () => {
  test("adds, changes and removes everybody below an owner", async () => {
    const { access, callers } = await install.project("admins", ["admin", "developer", "viewer"])
    const ann = install.person("ann")
    await install.control.members.add(access("admin"), { email: ann.email, role: "admin" })
    for (const role of ["viewer", "developer", "admin"] as const) {
      expect((await install.control.members.changeRole(access("admin"), { userId: ann.id, role })).role).toBe(role)
    }
    await install.control.members.remove(access("admin"), { userId: ann.id })
    await install.control.members.remove(access("admin"), { userId: callers.admin.id })
    expect(install.control.members.list(access("owner")).items.map(({ role }) => role)).not.toContain("admin")
  })

  test("makes no owner, neither of others nor of themselves, nor by invite, and touches none", async () => {
    const { access, callers } = await install.project("owners", ["admin", "developer", "viewer"])
    const bea = install.person("bea")
    await install.control.members.add(access("owner"), { email: bea.email, role: "owner" })
    const { members } = install.control
    const refused: (() => Promise<unknown>)[] = [
      () => members.add(access("admin"), { email: "nobody@example.org", role: "owner" }),
      () => members.add(access("admin"), { email: bea.email, role: "owner" }),
      () => members.changeRole(access("admin"), { userId: callers.admin.id, role: "owner" }),
      () => members.changeRole(access("admin"), { userId: callers.viewer.id, role: "owner" }),
      () => members.changeRole(access("admin"), { userId: bea.id, role: "viewer" }),
      () => members.remove(access("admin"), { userId: bea.id }),
    ]
    for (const call of refused) expect(await codeOf(call)).toBe("CONTROL_FORBIDDEN")
    expect(members.list(access("owner")).items.filter(({ role }) => role === "owner")).toHaveLength(2)
  })

  test("is what a member of an earlier release may become: the rows stay as they were", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ashlar-control-"))
    const engine = openSqlite()
    const path = join(folder, "system.db")
    const before = { ...controlFeature, migrations: controlFeature.migrations.slice(0, 2) }
    const old = await engine.open(path, { kind: "system", features: [before] })
    await old.write([
      {
        sql: "INSERT INTO control_members (n, project_id, account_id, role, joined_at) VALUES (7, 'p', 'a', 'owner', 1)",
      },
      {
        sql: `INSERT INTO control_keys (id, project_id, kind, name, hint, secret_hash, created_at)
              VALUES ('k', 'p', 'publishable', 'web', 'abcd', x'00', 1)`,
      },
    ])
    await engine.close()
    const next = openSqlite()
    const file = await next.open(path, { kind: "system", features: [controlFeature] })
    expect(file.all("SELECT * FROM control_members")).toEqual([
      { n: 7, project_id: "p", account_id: "a", role: "owner", joined_at: 1 },
    ])
    expect(file.get<{ scopes: null }>("SELECT scopes FROM control_keys")).toEqual({ scopes: null })
    expect(await codeOf(() => file.write([{ sql: "UPDATE control_keys SET scopes = 'audit:read'" }]))).not.toBe("none")
    await file.write([{ sql: "UPDATE control_members SET role = 'admin'" }])
    await next.close()
    await rm(folder, { recursive: true, force: true })
  })
})
