import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import {
  type DocumentCollection,
  parseFilter,
  parseQuery,
  parseRules,
  parseUpdate,
  type RuleUser,
} from "../src/index.ts"
import { openProject, type Project, refusal } from "./project.ts"

/** Rules that let users of the app reach the documents that are theirs, on every way to a document. */

let project: Project
beforeAll(async () => {
  project = await openProject()
})
afterAll(() => project.close())

const user = (id: string, more: Partial<RuleUser> = {}): RuleUser => ({
  ...{ id, email: `${id}@example.org`, roles: [], claims: {}, mfa: false },
  ...more,
})
const ada = user("ada", { claims: { team: "blue", teams: ["blue", "red"] } })
const bob = user("bob", { claims: { team: "red" } })
const mine = { where: { owner: "$user.id" } }

let made = 0
async function open(
  rules: object,
): Promise<(who: RuleUser, action: "read" | "create" | "update" | "delete") => DocumentCollection> {
  const name = `things-${++made}`
  await project.store.collections.create({ name, rules })
  const whole = project.store.collection(name)
  for (const [id, owner, team] of [
    ["a", "ada", "blue"],
    ["b", "bob", "red"],
    ["n", null, null],
  ]) {
    await whole.replace(id!, { owner: owner!, team: team!, n: 1 })
  }
  await whole.replace("x", { n: 1 })
  return (who, action) => project.store.admit(name, action, { kind: "user", user: who }).collection
}
const codeOf = async (work: () => unknown): Promise<string> => (await refusal(work)).code
const idsOf = async (collection: DocumentCollection, query: object = {}): Promise<string> =>
  (await collection.query(parseQuery({ sort: ["owner"], ...query }))).items.map(({ id }) => id).join("")

describe("a rule with a filter", () => {
  test("shows a user their documents, by every read, and counts no others", async () => {
    const as = await open({ read: mine })
    const read = as(ada, "read")
    expect(await idsOf(read)).toBe("a")
    expect(await idsOf(read, { where: { owner: "bob" } })).toBe("")
    expect(await idsOf(read, { where: { $or: [{ owner: "bob" }, { n: 1 }] } })).toBe("a")
    expect(await idsOf(read, { where: { $nor: [{ owner: "ada" }] } })).toBe("")
    expect(await read.count()).toEqual({ value: 1, exact: true })
    expect(await read.count(parseFilter({ n: 1 }))).toEqual({ value: 1, exact: true })
    expect((await read.query(parseQuery({ count: true, limit: 1 }))).count).toEqual({ value: 1, exact: true })
    expect([await read.get("a"), await read.get("b"), await read.get("n"), await read.get("none")]).toEqual([
      ...[expect.objectContaining({ id: "a" }), undefined, undefined, undefined],
    ])
    expect((await read.explain(parseQuery({}))).sql).toContain("owner")
  })

  test("gives cursors that are of use to the same user only", async () => {
    const as = await open({ read: { where: { n: 1, team: { $in: "$user.claims.teams" } } } })
    const page = await as(ada, "read").query(parseQuery({ limit: 1 }))
    expect(page.next).not.toBeNull()
    const next = { limit: 1, cursor: page.next }
    expect((await as(ada, "read").query(parseQuery(next))).items).toHaveLength(1)
    const other = user("eve", { claims: { teams: ["blue"] } })
    expect(await codeOf(() => as(other, "read").query(parseQuery(next)))).toBe("DOCUMENTS_CURSOR_INVALID")
  })

  test("lets a user make documents of their own, one or many, and no others", async () => {
    const as = await open({ create: mine })
    const create = as(ada, "create")
    expect((await create.insert({ owner: "ada" })).rev).toBe(1)
    for (const data of [{ owner: "bob" }, {}, { owner: null }, { owner: { $ne: "x" } }]) {
      expect(await codeOf(() => create.insert(data))).toBe("DOCUMENTS_FORBIDDEN")
    }
    const before = (await create.count()).value
    expect(await codeOf(() => create.insertMany([{ owner: "ada" }, { owner: "bob" }]))).toBe("DOCUMENTS_FORBIDDEN")
    expect((await create.count()).value).toBe(before)
    expect(await create.insertMany([{ owner: "ada" }, { owner: "ada" }])).toHaveLength(2)
    expect(await codeOf(() => create.insert("nothing"))).toBe("DOCUMENTS_VALUE_INVALID")
  })

  test("lets a user change what is theirs, and not give it away or take what is another's", async () => {
    const as = await open({ update: mine, create: mine })
    const update = as(ada, "update")
    const change = (id: string, what: object): Promise<string> => codeOf(() => update.patch(id, parseUpdate(what)))
    expect(await change("a", { $inc: { n: 1 } })).toBe("NONE")
    for (const id of ["b", "n", "x", "none"])
      expect([id, await change(id, { n: 2 })]).toEqual([id, "DOCUMENTS_NOT_FOUND"])
    for (const what of [{ owner: "bob" }, { owner: null }, { $unset: ["owner"] }, { $set: { owner: "bob" } }]) {
      expect(await change("a", what)).toBe("DOCUMENTS_FORBIDDEN")
    }
    expect(await codeOf(() => update.replace("b", { owner: "ada" }))).toBe("DOCUMENTS_NOT_FOUND")
    expect(await codeOf(() => update.replace("a", { owner: "bob" }))).toBe("DOCUMENTS_FORBIDDEN")
    expect(await codeOf(() => update.replace("a", { owner: "ada", n: 3 }))).toBe("NONE")
    expect(await codeOf(() => update.replace("new", { owner: "bob" }))).toBe("DOCUMENTS_FORBIDDEN")
    expect((await update.replace("new", { owner: "ada" })).rev).toBe(1)
    expect(await codeOf(() => update.replace("new2", { owner: "ada" }, { mustExist: true }))).toBe(
      "DOCUMENTS_NOT_FOUND",
    )
  })

  test("holds preconditions as ever, and tells no revision of what it hides", async () => {
    const as = await open({ update: mine, create: mine, delete: mine })
    const update = as(ada, "update")
    expect(await codeOf(() => update.patch("a", parseUpdate({ n: 1 }), { ifRev: 9 }))).toBe(
      "DOCUMENTS_REVISION_CONFLICT",
    )
    expect(await codeOf(() => update.patch("b", parseUpdate({ n: 1 }), { ifRev: 9 }))).toBe("DOCUMENTS_NOT_FOUND")
    expect(await codeOf(() => update.replace("b", { owner: "ada" }, { ifRev: 9 }))).toBe("DOCUMENTS_NOT_FOUND")
    expect(await codeOf(() => update.replace("a", { owner: "ada" }, { mustNotExist: true }))).toBe(
      "DOCUMENTS_REVISION_CONFLICT",
    )
    expect(await codeOf(() => update.replace("none", { owner: "ada" }, { ifRev: 1 }))).toBe(
      "DOCUMENTS_REVISION_CONFLICT",
    )
    expect((await update.patch("a", parseUpdate({ n: 5 }), { ifRev: 1 })).rev).toBe(2)
    const remove = as(ada, "delete")
    expect(await codeOf(() => remove.delete("b"))).toBe("DOCUMENTS_NOT_FOUND")
    expect(await codeOf(() => remove.delete("a", { ifRev: 1 }))).toBe("DOCUMENTS_REVISION_CONFLICT")
    expect(await codeOf(() => remove.delete("a", { ifRev: 2 }))).toBe("NONE")
  })

  test("is checked against what is written over, however writes cross", async () => {
    const as = await open({ update: mine })
    const whole = project.store.collection(`things-${made}`)
    for (let round = 0; round < 30; round++) {
      await whole.replace("a", { owner: "ada", n: 0 })
      const hers = as(ada, "update").patch("a", parseUpdate({ $set: { by: "ada" } }))
      const taken = whole.replace("a", { owner: "bob", n: round })
      const [outcome] = await Promise.allSettled([hers, taken])
      const now = (await whole.get("a"))!.data
      // Either she was first and was written over, or she came too late and changed nothing.
      expect(now).toEqual({ owner: "bob", n: round })
      if (outcome.status === "rejected") expect(outcome.reason.code).toBe("DOCUMENTS_NOT_FOUND")
    }
    await whole.replace("a", { owner: "ada", n: 0 })
    const adds = Array.from({ length: 6 }, () => as(ada, "update").patch("a", parseUpdate({ $inc: { n: 1 } })))
    await Promise.all(adds)
    expect((await whole.get("a"))!.data.n).toBe(6)
  })
})

describe("what is known of a user", () => {
  test.each<[string, object, RuleUser, string]>([
    ["the address", { team: "$user.email" }, user("x", { email: "blue" }), "a"],
    ["a claim", { team: "$user.claims.team" }, bob, "b"],
    ["a list among the claims", { team: { $in: "$user.claims.teams" } }, ada, "ab"],
    ["roles", { team: { $in: "$user.roles" } }, user("x", { roles: ["red"] }), "b"],
    ["inside of a list", { $or: [{ owner: "$user.id" }, { team: { $in: ["$user.claims.team"] } }] }, bob, "b"],
    ["a claim that is missing", { team: "$user.claims.team" }, user("x"), ""],
    ["a claim that is missing, where the filter says not", { team: { $ne: "$user.claims.team" } }, user("x"), ""],
    ["a claim that is null", { owner: "$user.claims.team" }, user("x", { claims: { team: null } }), ""],
    ["a claim that is operators", { team: "$user.claims.team" }, user("x", { claims: { team: { $ne: "z" } } }), ""],
    [
      "operators in a list",
      { team: { $in: "$user.claims.team" } },
      user("x", { claims: { team: [{ $ne: "z" }] } }),
      "",
    ],
    ["a text where a list belongs", { team: { $in: "$user.claims.team" } }, bob, ""],
    ["what every object has", { team: { $ne: "$user.claims.constructor" } }, bob, ""],
    [
      "what only looks like it, as a user's own words",
      { team: "$user.claims.team" },
      user("x", { claims: { team: "$user.id" } }),
      "",
    ],
  ])("may be %s", async (_name, where, who, ids) => {
    const as = await open({ read: { where } })
    expect(await idsOf(as(who, "read"))).toBe(ids)
  })

  test("may be a role, with and without a filter", async () => {
    const as = await open({ read: { roles: ["editor"] }, delete: { roles: ["editor"], ...mine } })
    const editor = user("ada", { roles: ["writer", "editor"] })
    expect(await idsOf(as(editor, "read"))).toHaveLength(4)
    expect(await codeOf(() => as(ada, "read"))).toBe("DOCUMENTS_FORBIDDEN")
    expect(await codeOf(() => as(editor, "delete").delete("b"))).toBe("DOCUMENTS_NOT_FOUND")
  })

  test("may be whether they have shown a second factor, for the rule or for some documents", async () => {
    const as = await open({ read: { where: { mfaOnly: { $in: [false, "$user.mfa"] } } }, delete: { mfa: true } })
    const whole = project.store.collection(`things-${made}`)
    for (const [id, mfaOnly] of [
      ["a", false],
      ["b", true],
    ] as const)
      await whole.replace(id, { mfaOnly })
    const shown = user("ada", { mfa: true })
    expect(await idsOf(as(ada, "read"))).toBe("a")
    expect(await idsOf(as(shown, "read"))).toBe("ab")
    expect(await codeOf(() => as(ada, "delete"))).toBe("DOCUMENTS_FORBIDDEN")
    expect(await codeOf(() => as(shown, "delete").delete("a"))).toBe("NONE")
  })

  test("is of no matter to keys, functions and members", async () => {
    await open({ read: { roles: ["editor"], ...mine } })
    for (const caller of ["secret", "function", "member"] as const) {
      expect(await idsOf(project.store.admit(`things-${made}`, "read", caller).collection)).toHaveLength(4)
    }
  })
})

describe("a rule for users is refused", () => {
  test.each<[string, object, string]>([
    ["without anything in it", {}, "DOCUMENTS_COLLECTION_INVALID"],
    ["with another field", { role: ["a"] }, "DOCUMENTS_FIELD_UNKNOWN"],
    ["with no roles", { roles: [] }, "DOCUMENTS_COLLECTION_INVALID"],
    ["with a second factor that is not asked for", { mfa: false }, "DOCUMENTS_COLLECTION_INVALID"],
    ["with a role that is no name", { roles: ["a b"] }, "DOCUMENTS_COLLECTION_INVALID"],
    ["with a filter that is none", { where: "owner" }, "DOCUMENTS_COLLECTION_INVALID"],
    ["with an operator that is none", { where: { owner: { $is: "$user.id" } } }, "DOCUMENTS_OPERATOR_UNKNOWN"],
    ["with something nobody knows of a user", { where: { owner: "$user.name" } }, "DOCUMENTS_COLLECTION_INVALID"],
    ["with a claim without a name", { where: { owner: { $in: ["$user.claims."] } } }, "DOCUMENTS_COLLECTION_INVALID"],
    ["with a claim of a claim", { where: { owner: "$user.claims.a.b" } }, "DOCUMENTS_COLLECTION_INVALID"],
  ])("%s", async (_name, rule, code) => {
    expect(await codeOf(() => parseRules({ read: rule }))).toBe(code)
  })
})
