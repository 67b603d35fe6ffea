import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type Access, type Caller, type Need, needs, requireAccess } from "./access.ts"
import { anonymous, codeOf, failureOf, type Install, openInstall, type TestProject } from "./testing/install.ts"

let install: Install
let atlas: TestProject
let callers: Record<string, Caller>

beforeAll(async () => {
  install = await openInstall()
  atlas = await install.project("atlas", ["admin", "developer", "viewer"])
  const other = await install.project("other")
  const { keys } = install.control
  const keyOf = async (project: TestProject, kind: "publishable" | "secret"): Promise<Caller> =>
    keys.authenticate((await keys.create(project.access("developer"), { kind, name: kind })).secret)
  callers = {
    ...{ anonymous, stranger: install.person("stranger"), "other owner": other.callers.owner },
    "other secret": await keyOf(other, "secret"),
    ...atlas.callers,
    publishable: await keyOf(atlas, "publishable"),
    secret: await keyOf(atlas, "secret"),
    reader: keys.authenticate(
      (
        await keys.create(atlas.access("developer"), {
          ...{ kind: "secret", name: "reader" },
          scopes: ["documents:read"],
        })
      ).secret,
    ),
  }
})
afterAll(() => install.close())

const names = [
  "anonymous",
  "stranger",
  "other owner",
  "other secret",
  "viewer",
  "developer",
  "admin",
  "owner",
  "publishable",
  "secret",
  "reader",
]

/** Who passes, for each kind of need. Everybody else gets the answer in `refusals`. */
const matrix: [need: Need, passes: string[]][] = [
  [{ role: "viewer" }, ["viewer", "developer", "admin", "owner"]],
  [{ role: "developer" }, ["developer", "admin", "owner"]],
  [{ role: "admin" }, ["admin", "owner"]],
  [{ role: "owner" }, ["owner"]],
  [{ role: "viewer", key: "publishable" }, ["viewer", "developer", "admin", "owner", "publishable", "secret"]],
  [{ role: "developer", key: "secret" }, ["developer", "admin", "owner", "secret"]],
  [{ role: "developer", key: "secret", scope: "documents:write" }, ["developer", "admin", "owner", "secret"]],
  [{ role: "developer", key: "secret", scope: "documents:read" }, ["developer", "admin", "owner", "secret", "reader"]],
  [{ role: "owner", scope: "documents:read" }, ["owner", "reader"]],
  [{ role: "owner", scope: "any" }, ["owner", "reader"]],
  [{ role: "owner", anonymous: true }, ["owner", "anonymous"]],
  [
    { role: "viewer", key: "publishable", anonymous: true },
    ["viewer", "developer", "admin", "owner", "publishable", "secret", "anonymous"],
  ],
]

const refusals: Record<string, string> = {
  anonymous: "CONTROL_CREDENTIALS_NEEDED",
  stranger: "CONTROL_PROJECT_NOT_FOUND",
  "other owner": "CONTROL_PROJECT_NOT_FOUND",
  "other secret": "CONTROL_PROJECT_NOT_FOUND",
}

for (const [need, passes] of matrix) {
  describe(JSON.stringify(need), () => {
    test.each(names)("%s", async (name) => {
      for (const ref of ["atlas", atlas.project.id]) {
        const code = await codeOf(() => install.control.authorize(callers[name]!, ref, need))
        expect(code).toBe(passes.includes(name) ? "none" : (refusals[name] ?? "CONTROL_FORBIDDEN"))
      }
    })
  })
}

test("a project that is not there and one of others are the same answer, to everybody", async () => {
  const need: Need = { role: "viewer", key: "publishable", anonymous: true }
  for (const name of ["stranger", "other owner", "other secret"]) {
    const answers = await Promise.all(
      ["atlas", atlas.project.id, "nothing", "00000000-0000-7000-8000-000000000000"].map((ref) =>
        failureOf(() => install.control.authorize(callers[name]!, ref, need)),
      ),
    )
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers[0]).toMatchObject({ code: "CONTROL_PROJECT_NOT_FOUND", status: 404 })
  }
  const closed = [
    await failureOf(() => install.control.authorize(anonymous, "atlas", { role: "viewer" })),
    await failureOf(() => install.control.authorize(anonymous, "nothing", { role: "viewer" })),
    await failureOf(() => install.control.authorize(anonymous, "nothing", need)),
  ]
  expect(new Set(closed.map((answer) => JSON.stringify(answer))).size).toBe(1)
})

test("`self` is the project of the key, and nothing to anybody else", async () => {
  const need: Need = { role: "viewer", key: "publishable", anonymous: true }
  expect(install.control.authorize(callers.secret!, "self", need).project.slug).toBe("atlas")
  expect(install.control.authorize(callers["other secret"]!, "self", need).project.slug).toBe("other")
  expect(await codeOf(() => install.control.authorize(callers.owner!, "self", need))).toBe("CONTROL_PROJECT_NOT_FOUND")
  expect(await codeOf(() => install.control.authorize(anonymous, "self", need))).toBe("CONTROL_CREDENTIALS_NEEDED")
})

test.each(["", "ATLAS", "atlas ", "atlas/", "%", "' OR 1=1 --", "x".repeat(100_000)])(
  "%# is no project's name",
  async (ref) => {
    expect(await codeOf(() => install.control.authorize(callers.owner!, ref, { role: "viewer" }))).toBe(
      "CONTROL_PROJECT_NOT_FOUND",
    )
  },
)

test("a member who is removed or demoted is so for the very next call", async () => {
  const gone = install.person("gone")
  const enter = (role: "viewer" | "developer"): Promise<string> =>
    codeOf(() => install.control.authorize(gone, "atlas", { role }))
  const owner = atlas.access("owner")
  await install.control.members.add(owner, { email: gone.email, role: "developer" })
  expect(await enter("developer")).toBe("none")
  await install.control.members.changeRole(owner, { userId: gone.id, role: "viewer" })
  expect(await enter("developer")).toBe("CONTROL_FORBIDDEN")
  expect(await enter("viewer")).toBe("none")
  await install.control.members.remove(owner, { userId: gone.id })
  expect(await enter("viewer")).toBe("CONTROL_PROJECT_NOT_FOUND")
})

describe("every operation checks for itself", () => {
  const operations: [need: Need, name: string, call: (access: Access) => unknown][] = [
    [needs["project.read"], "projects.get", (access) => install.control.projects.get(access)],
    [
      needs["project.update"],
      "projects.update",
      (access) => install.control.projects.update(access, { name: "Atlas" }),
    ],
    [needs["members.list"], "members.list", (access) => install.control.members.list(access)],
    [
      needs["members.change"],
      "members.add",
      (access) => install.control.members.add(access, { email: "x@example.org", role: "viewer" }),
    ],
    [
      needs["members.change"],
      "members.changeRole",
      (access) => install.control.members.changeRole(access, { userId: "x", role: "viewer" }),
    ],
    [needs["members.change"], "members.remove", (access) => install.control.members.remove(access, { userId: "x" })],
    [needs["keys.list"], "keys.list", (access) => install.control.keys.list(access)],
    [
      needs["keys.change"],
      "keys.create",
      (access) => install.control.keys.create(access, { kind: "secret", name: "by the matrix" }),
    ],
    [needs["keys.change"], "keys.rotate", (access) => install.control.keys.rotate(access, { id: "x" })],
    [needs["keys.change"], "keys.revoke", (access) => install.control.keys.revoke(access, { id: "x" })],
    [needs["audit.list"], "audit.list", (access) => install.control.audit.list(access)],
    [needs["project.delete"], "projects.delete", (access) => install.control.projects.delete(access)],
  ]
  const refused = ["CONTROL_FORBIDDEN", "CONTROL_CREDENTIALS_NEEDED"]

  test.each(operations)("%j %s", async (need, name, call) => {
    for (const caller of ["anonymous", "publishable", "secret", "viewer", "developer", "admin", "owner"]) {
      const everybody: Need = { role: "viewer", key: "publishable", anonymous: true }
      // The access of the widest need: the operation must not trust that the right one was asked for.
      const access = install.control.authorize(callers[caller]!, "atlas", everybody)
      const expected = await codeOf(() => requireAccess(access, need))
      if (name === "projects.delete" && expected === "none") continue
      const got = await codeOf(() => call(access))
      expect([caller, refused.includes(got) ? got : "none"]).toEqual([caller, expected])
    }
  })
})
