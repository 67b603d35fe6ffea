import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createUuidv7 } from "@ashlar/core"
import { type SqliteFile, SqliteOutcomeUnknown } from "@ashlar/sqlite"
import { openControl } from "./control.ts"
import { anonymous, codeOf, failureOf, type Install, openInstall } from "./testing/install.ts"

let install: Install
beforeAll(async () => {
  install = await openInstall()
})
afterAll(() => install.close())

function auditOf(projectId: string): { action: string; target: string; details: string }[] {
  const sql = "SELECT action, target, details FROM control_audit WHERE project_id = ? ORDER BY n"
  return install.file.all(sql, [projectId])
}

describe("creating a project", () => {
  test("makes its storage, its owner and its first line of history, and needs less than a second", async () => {
    const ada = install.person("ada")
    const startedAtMs = performance.now()
    const project = await install.control.projects.create(ada, { name: " My Atlas " })
    expect(performance.now() - startedAtMs).toBeLessThan(1000)
    expect(project).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      slug: "my-atlas",
      name: "My Atlas",
      organization: { id: ada.id, name: "ada" },
      role: "owner",
      createdAt: "2026-01-01T00:00:00.000Z",
    })
    expect(install.storage.present.has(project.id)).toBe(true)
    expect(install.control.projects.get(install.control.authorize(ada, "my-atlas", { role: "owner" }))).toEqual(project)
    expect(auditOf(project.id)).toEqual([
      { action: "project.create", target: "my-atlas", details: '{"name":"My Atlas"}' },
    ])
    expect(install.file.all("SELECT * FROM control_leftovers")).toEqual([])
  })

  test("numbers a slug that it made itself, and refuses a given one that is taken", async () => {
    const ada = install.person("ada2")
    const made = await Promise.all(
      Array.from({ length: 5 }, () => install.control.projects.create(ada, { name: "Twins" })),
    )
    expect(made.map(({ slug }) => slug).toSorted()).toEqual(["twins", "twins-2", "twins-3", "twins-4", "twins-5"])
    const present = install.storage.present.size
    const failure = await failureOf(() => install.control.projects.create(ada, { name: "x", slug: "twins" }))
    expect(failure).toMatchObject({ code: "CONTROL_SLUG_TAKEN", status: 409 })
    expect(install.storage.present.size).toBe(present)
  })

  test("gives one of ten who want a slug at once that slug, and leaves nothing of the others", async () => {
    const ada = install.person("ada3")
    const before = install.storage.present.size
    const wish = { name: "Race", slug: "race" }
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => codeOf(() => install.control.projects.create(ada, wish))),
    )
    expect(outcomes.toSorted()).toEqual([...Array(9).fill("CONTROL_SLUG_TAKEN"), "none"])
    expect(install.storage.present.size).toBe(before + 1)
    expect(install.file.all("SELECT * FROM control_leftovers")).toEqual([])
  })

  test("leaves nothing when the storage fails", async () => {
    const ada = install.person("ada4")
    const before = new Set(install.storage.present)
    install.storage.failing = "create"
    const failure = await failureOf(() => install.control.projects.create(ada, { name: "Fails" }))
    install.storage.failing = undefined
    expect(failure?.message).toBe("the storage failed to create")
    expect(install.storage.present).toEqual(before)
    expect(install.control.projects.list(ada).items).toEqual([])
    expect(install.file.all("SELECT * FROM control_leftovers")).toEqual([])
  })

  test("whose commit may have happened keeps its storage, and the next start finds out", async () => {
    const { file, clock, storage } = install
    const cut = { committed: true }
    /** The system file with a connection that breaks during the commit. */
    const broken: SqliteFile = {
      path: file.path,
      write: (statements) => file.write(statements),
      all: (sql, params) => file.all(sql, params),
      get: (sql, params) => file.get(sql, params),
      scan: (sql, params, options) => file.scan(sql, params, options),
      async call(procedure, args) {
        if (cut.committed) await file.call(procedure, args)
        throw new SqliteOutcomeUnknown()
      },
    }
    const people = {
      find: () => undefined,
      findByEmail: () => undefined,
      prepareInvite: () => expect.unreachable(),
      withdrawInvite: "",
    }
    const options = { clock, ids: createUuidv7(clock), cursorKey: new Uint8Array(32), people, storage }
    const control = openControl({ ...options, file: broken })
    const ada = install.person("ada6")
    await install.control.organizations.openPersonal([ada.id])
    const before = storage.present.size
    for (const committed of [true, false]) {
      cut.committed = committed
      expect(await codeOf(() => control.projects.create(ada, { name: "Unsure" }))).toBe("SQLITE_OUTCOME_UNKNOWN")
    }
    expect(storage.present.size).toBe(before + 2)
    expect(await install.control.projects.removeLeftovers()).toBe(1)
    const [project] = install.control.projects.list(ada).items
    expect(storage.present.has(project!.id)).toBe(true)
    expect(storage.present.size).toBe(before + 1)
  })

  test.each<[string, { name: string; slug?: string }]>([
    ["no name", { name: "" }],
    ["a blank name", { name: "  " }],
    ["a name that is too long", { name: "x".repeat(101) }],
    ["control characters", { name: "a\u001bb" }],
    ["a reserved slug", { name: "x", slug: "self" }],
    ["another reserved slug", { name: "x", slug: "new" }],
    ["a slug that looks like an id", { name: "x", slug: "abcdef01-0000-7000-8000-000000000000" }],
    ["a slug with a slash", { name: "x", slug: "a/b" }],
  ])("refuses %s", async (_name, project) => {
    const ada = install.person("ada5")
    expect(await codeOf(() => install.control.projects.create(ada, project))).toBe("CONTROL_INVALID_INPUT")
  })

  test("is for people: not for strangers, and not for keys", async () => {
    const key = { kind: "key", id: "x", projectId: "x", keyKind: "secret", scopes: null, name: "x" } as const
    const { projects } = install.control
    expect(await codeOf(() => projects.create(anonymous, { name: "x" }))).toBe("CONTROL_CREDENTIALS_NEEDED")
    expect(await codeOf(() => projects.create(key, { name: "x" }))).toBe("CONTROL_FORBIDDEN")
    expect(await codeOf(() => projects.list(anonymous))).toBe("CONTROL_CREDENTIALS_NEEDED")
    expect(await codeOf(() => projects.list(key))).toBe("CONTROL_FORBIDDEN")
  })

  test("stops at the limit of the install", async () => {
    const small = await openInstall({ limits: { projects: 2 } })
    const ada = small.person("ada")
    await small.control.projects.create(ada, { name: "one" })
    await small.control.projects.create(ada, { name: "two" })
    const failure = await failureOf(() => small.control.projects.create(ada, { name: "three" }))
    expect(failure).toMatchObject({ code: "CONTROL_LIMIT_REACHED", status: 409, details: { limit: 2 } })
    expect(small.storage.present.size).toBe(2)
    await small.close()
  })
})

test("renaming changes the name, not the slug, and is noted with both names; the same name is no change", async () => {
  const { project, access } = await install.project("before")
  const renamed = await install.control.projects.update(access("owner"), { name: "After" })
  expect(renamed).toMatchObject({ id: project.id, slug: "before", name: "After", role: "owner" })
  expect(install.control.projects.locate("before")?.name).toBe("After")
  await install.control.projects.update(access("owner"), { name: "After" })
  expect(auditOf(project.id).filter(({ action }) => action === "project.update")).toEqual([
    { action: "project.update", target: "before", details: '{"name":"After","before":"before"}' },
  ])
  expect(await codeOf(() => install.control.projects.update(access("owner"), { name: "" }))).toBe(
    "CONTROL_INVALID_INPUT",
  )
})

describe("deleting a project", () => {
  test("takes members, keys and storage with it, keeps the history, and frees the slug", async () => {
    const { project, access, callers } = await install.project("doomed")
    const owner = access("owner")
    const { secret } = await install.control.keys.create(owner, { kind: "secret", name: "x" })
    install.control.keys.authenticate(secret)
    await install.control.projects.delete(owner)
    expect(install.storage.present.has(project.id)).toBe(false)
    expect(await codeOf(() => install.control.authorize(callers.owner, "doomed", { role: "viewer" }))).toBe(
      "CONTROL_PROJECT_NOT_FOUND",
    )
    expect(await codeOf(() => install.control.keys.authenticate(secret))).toBe("CONTROL_KEY_REFUSED")
    expect(install.control.projects.list(callers.owner).items).toEqual([])
    expect(auditOf(project.id).at(-1)).toMatchObject({ action: "project.delete", target: "doomed" })
    // An access from before is worth nothing any more.
    const afterwards = [
      () => install.control.projects.update(owner, { name: "x" }),
      () => install.control.projects.delete(owner),
      () => install.control.keys.create(owner, { kind: "secret", name: "x" }),
      () => install.control.members.add(owner, { email: callers.viewer.email, role: "viewer" }),
      () => install.control.members.add(owner, { email: "unknown@example.org", role: "viewer" }),
      () => install.control.audit.record(owner, { action: "x", target: "x" }),
    ]
    for (const call of afterwards) expect(await codeOf(call)).toBe("CONTROL_PROJECT_NOT_FOUND")
    expect((await install.control.projects.create(callers.owner, { name: "x", slug: "doomed" })).slug).toBe("doomed")
  })

  test("is done for everybody although its storage cannot be removed, which the next start does", async () => {
    const { project, access, callers } = await install.project("stuck")
    install.storage.failing = "remove"
    await install.control.projects.delete(access("owner"))
    expect(await codeOf(() => install.control.authorize(callers.owner, "stuck", { role: "viewer" }))).toBe(
      "CONTROL_PROJECT_NOT_FOUND",
    )
    expect(install.storage.present.has(project.id)).toBe(true)
    install.storage.failing = undefined
    await install.restart()
    expect(await install.control.projects.removeLeftovers()).toBe(1)
    expect(install.storage.present.has(project.id)).toBe(false)
    expect(await install.control.projects.removeLeftovers()).toBe(0)
  })

  test("storage of a project that never came to be is removed by the next start, and that of live ones is not", async () => {
    const { project } = await install.project("lives")
    const ghost = "00000000-0000-7000-8000-00000000dead"
    install.storage.present.add(ghost)
    await install.file.write([{ sql: "INSERT INTO control_leftovers (project_id) VALUES (?)", params: [ghost] }])
    await install.restart()
    await install.control.projects.removeLeftovers()
    expect(install.storage.present.has(ghost)).toBe(false)
    expect(install.storage.present.has(project.id)).toBe(true)
  })
})

test("the list has one's own projects with one's role, newest first, in pages", async () => {
  const ada = install.person("lister")
  const other = install.person("other-lister")
  for (const name of ["l1", "l2", "l3", "l4", "l5"]) await install.control.projects.create(ada, { name })
  await install.control.projects.create(other, { name: "hidden" })
  const shared = await install.project("shared")
  await install.control.members.add(shared.access("owner"), { email: ada.email, role: "viewer" })
  const { projects } = install.control
  const whole = projects.list(ada)
  expect(whole.items.map(({ slug, role }) => `${slug} ${role}`)).toEqual([
    "shared viewer",
    "l5 owner",
    "l4 owner",
    "l3 owner",
    "l2 owner",
    "l1 owner",
  ])
  expect(whole.next).toBeNull()
  const pages = []
  let cursor: string | undefined
  do {
    const page = projects.list(ada, cursor === undefined ? { limit: 4 } : { limit: 4, cursor })
    pages.push(page.items)
    cursor = page.next ?? undefined
  } while (cursor)
  expect(pages.map((items) => items.length)).toEqual([4, 2])
  expect(pages.flat()).toEqual([...whole.items])
})
