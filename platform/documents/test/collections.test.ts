import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type SqliteFile, SqliteOutcomeUnknown } from "@ashlar/sqlite"
import { type DocumentCollection, type DocumentStore, openDocuments, parseQuery, parseUpdate } from "../src/index.ts"
import { openProject, type Project, refusal } from "./project.ts"

let project: Project
beforeAll(async () => {
  project = await openProject()
})
afterAll(() => project.close())

/** A new collection of its own for a test. */
let made = 0
async function create(options: Record<string, unknown> = {}): Promise<DocumentCollection> {
  const { name } = await project.store.collections.create({ name: `c${++made}`, ...options })
  return project.store.collection(name)
}

describe("collections", () => {
  test("are created closed, found, changed and deleted", async () => {
    const { collections } = project.store
    const created = await collections.create({ name: "books", rules: { read: "public" }, indexes: ["title"] })
    expect(created).toEqual({
      name: "books",
      rules: { read: "public", create: null, update: null, delete: null },
      indexes: [{ name: "title", fields: [{ path: "title", direction: "asc" }], kind: "scalar", unique: false }],
      count: 0,
      createdAt: "2026-01-01T00:00:00.000Z",
      updatedAt: "2026-01-01T00:00:00.000Z",
    })
    expect(await collections.get("books")).toEqual(created)
    project.clock.advance(1500)
    const changed = await collections.update("books", { rules: { create: "secret" } })
    expect(changed).toEqual({
      ...created,
      rules: { ...created.rules, create: "secret" },
      updatedAt: "2026-01-01T00:00:01.500Z",
    })
    await collections.delete("books")
    expect((await refusal(() => collections.get("books"))).code).toBe("DOCUMENTS_COLLECTION_NOT_FOUND")
    expect((await collections.create({ name: "books" })).count).toBe(0)
  })

  test("are listed by name, page by page", async () => {
    const other = await openProject()
    for (const name of ["b", "a-1", "a_1", "a1"]) await other.store.collections.create({ name })
    const first = await other.store.collections.list({ limit: 3 })
    expect(first.items.map(({ name }) => name)).toEqual(["a-1", "a1", "a_1"])
    const second = await other.store.collections.list({ limit: 3, cursor: first.next! })
    expect([second.items.map(({ name }) => name), second.next]).toEqual([["b"], null])
    expect((await refusal(() => other.store.collections.list({ cursor: "§" }))).code).toBe("DOCUMENTS_CURSOR_INVALID")
    expect((await refusal(() => other.store.collections.list({ limit: 0 }))).code).toBe("DOCUMENTS_QUERY_INVALID")
    await other.close()
  })

  const refused: readonly [name: string, input: unknown, code: string, pointer: string | undefined][] = [
    ["no object", null, "DOCUMENTS_COLLECTION_INVALID", ""],
    ["no name", {}, "DOCUMENTS_COLLECTION_INVALID", "/name"],
    ["capitals", { name: "Books" }, "DOCUMENTS_COLLECTION_INVALID", "/name"],
    ["a digit first", { name: "1a" }, "DOCUMENTS_COLLECTION_INVALID", "/name"],
    ["64 letters", { name: "a".repeat(64) }, "DOCUMENTS_COLLECTION_INVALID", "/name"],
    ["a name with a quote", { name: 'a"; DROP TABLE x' }, "DOCUMENTS_COLLECTION_INVALID", "/name"],
    ["a misspelt field", { name: "a", rulez: {} }, "DOCUMENTS_FIELD_UNKNOWN", "/rulez"],
    ["bad indexes", { name: "a", indexes: "x" }, "DOCUMENTS_INDEX_INVALID", "/indexes"],
    ["bad rules", { name: "a", rules: { read: "all" } }, "DOCUMENTS_COLLECTION_INVALID", "/rules/read"],
  ]
  for (const [name, input, code, pointer] of refused) {
    test(`are not created from ${name}`, async () => {
      const { code: got, details } = await refusal(() => project.store.collections.create(input))
      expect({ code: got, pointer: details.pointer }).toEqual({ code, pointer })
    })
  }

  test("have one name each", async () => {
    await project.store.collections.create({ name: "once" })
    expect((await refusal(() => project.store.collections.create({ name: "once" }))).code).toBe(
      "DOCUMENTS_COLLECTION_EXISTS",
    )
  })

  test("are at most 1,000", async () => {
    const other = await openProject()
    const sql =
      "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM i WHERE n<1000) " +
      "INSERT INTO documents_collections SELECT 'c'||n, '{}', 1, 0, 0, 0, 0, 0 FROM i"
    await other.file.write([{ sql }])
    expect((await refusal(() => other.store.collections.create({ name: "more" }))).code).toBe(
      "DOCUMENTS_TOO_MANY_COLLECTIONS",
    )
    await other.close()
  })

  test("that are not there refuse everything", async () => {
    const missing = project.store.collection("missing")
    const works: readonly (() => unknown)[] = [
      () => missing.insert({}),
      () => missing.get("x"),
      () => missing.replace("x", {}),
      () => missing.patch("x", parseUpdate({})),
      () => missing.delete("x"),
      () => missing.query(parseQuery({})),
      () => missing.explain(parseQuery({})),
      () => missing.count(),
      () => project.store.collections.get("missing"),
      () => project.store.collections.update("missing", {}),
      () => project.store.collections.delete("missing"),
      () => project.store.admit("missing", "read", "member"),
      () => project.store.collection('x"/../y'),
      () => project.store.collection("documents:missing"),
    ]
    for (const work of works) expect((await refusal(work)).code).toBe("DOCUMENTS_COLLECTION_NOT_FOUND")
  })

  test("keep their rules, and the store asks them", async () => {
    const { name } = await create({ rules: { read: "public", create: "publishable" } })
    expect(project.store.admit(name, "read", "anonymous")).toMatchObject({ mayCreate: false })
    expect(project.store.admit(name, "read", "publishable")).toMatchObject({ mayCreate: true })
    expect(project.store.admit(name, "delete", "member")).toMatchObject({ mayCreate: true })
    expect((await refusal(() => project.store.admit(name, "create", "anonymous"))).code).toBe("DOCUMENTS_FORBIDDEN")
  })

  test("have the rules of the latest acknowledged change, whichever store made it", async () => {
    const { name } = await create({ rules: { read: "public" } })
    const other = project.reopen()
    const admit = (store: DocumentStore): Promise<string> =>
      refusal(() => store.admit(name, "read", "anonymous")).then(({ code }) => code)
    const both = async (): Promise<string[]> => [await admit(project.store), await admit(other)]
    expect(await both()).toEqual(["NONE", "NONE"])
    // Asked for while each change is under way, so that what was read on the way would be seen if it were kept.
    for (const [read, code] of [
      [null, "DOCUMENTS_FORBIDDEN"],
      ["public", "NONE"],
      ["secret", "DOCUMENTS_FORBIDDEN"],
    ] as const) {
      const change = other.collections.update(name, { rules: { read } })
      let under = true
      const asking = (async () => {
        while (under) {
          await both()
          await Bun.sleep(0)
        }
      })()
      await change
      expect(await both()).toEqual([code, code])
      under = false
      await asking
      expect(await both()).toEqual([code, code])
    }
    await project.store.collections.delete(name)
    expect(await both()).toEqual(["DOCUMENTS_COLLECTION_NOT_FOUND", "DOCUMENTS_COLLECTION_NOT_FOUND"])
    await other.collections.create({ name, rules: { read: "public" } })
    expect(await both()).toEqual(["NONE", "NONE"])
  })
})

describe("rules whose change has an unknown outcome", () => {
  test("are read each time, for it may arrive late", async () => {
    const { name } = await create({ rules: { read: "public" } })
    const { file, clock } = project
    let arrive = async (): Promise<unknown> => undefined
    const hanging: SqliteFile = {
      path: file.path,
      write: (statements) => file.write(statements),
      get: (sql, params) => file.get(sql, params),
      all: (sql, params) => file.all(sql, params),
      scan: (sql, params, options) => file.scan(sql, params, options),
      call(procedure, args, options) {
        arrive = () => file.call(procedure, args, options)
        return Promise.reject(new SqliteOutcomeUnknown())
      },
    }
    const store = openDocuments({ file: hanging, clock, ids: () => "x", cursorKey: new Uint8Array(32) })
    expect((await refusal(() => store.collections.update(name, { rules: { read: null } }))).code).toBe(
      "SQLITE_OUTCOME_UNKNOWN",
    )
    expect(store.admit(name, "read", "anonymous")).toMatchObject({ mayCreate: false })
    await arrive()
    expect((await refusal(() => store.admit(name, "read", "anonymous"))).code).toBe("DOCUMENTS_FORBIDDEN")
  })
})

describe("indexes", () => {
  const schemaOf = (name: string): unknown =>
    project.file.all("SELECT name, sql FROM sqlite_schema WHERE tbl_name LIKE ? ORDER BY name", [`documents:${name}%`])

  test("are built over what is there, and dropped", async () => {
    const collection = await create()
    await collection.insertMany(
      Array.from({ length: 1200 }, (_, i) => ({ v: i % 100, t: [i % 3, `x${i % 7}`] })).slice(0, 1000),
    )
    const where = { v: 5, t: "x1" }
    const without = await collection.query(parseQuery({ where }))
    const { indexes } = await project.store.collections.update(collection.name, {
      indexes: ["v", { fields: "t", kind: "members" }],
    })
    expect(indexes.map(({ name }) => name)).toEqual(["v", "t:members"])
    expect((await collection.explain(parseQuery({ where: { t: "x1" } }))).index).toBe("t:members")
    expect(await collection.query(parseQuery({ where }))).toEqual(without)
    await project.store.collections.update(collection.name, { indexes: [] })
    expect((await collection.explain(parseQuery({ where: { v: 5 } }))).scan).toBe(true)
    expect(await collection.query(parseQuery({ where }))).toEqual(without)
    const left = project.file.all("SELECT name FROM sqlite_schema WHERE name LIKE ?", [
      `documents:${collection.name}/%`,
    ])
    expect(left).toEqual([])
  })

  const refused: readonly [name: string, documents: Record<string, unknown>[], index: unknown, reason: string][] = [
    ["an array on a scalar path", [{ v: 1 }, { v: [1] }], "v", "array"],
    ["an array on the way", [{ o: [{ v: 1 }] }], "o.v", "array"],
    ["a string of 1,025 bytes", [{ v: "x".repeat(1025) }], { fields: "v", kind: "any" }, "1025 bytes"],
    ["1,001 members", [{ v: Array.from({ length: 1001 }, (_, i) => i) }], { fields: "v", kind: "members" }, "1001"],
    ["the same value twice", [{ v: 1 }, { v: 2 }, { v: 1 }], { fields: "v", unique: true }, "same values"],
    ["an object on a unique path", [{ v: {} }], { fields: "v", unique: true }, "object"],
  ]
  for (const [name, documents, index, reason] of refused) {
    test(`are refused over ${name}, and nothing is half done`, async () => {
      const collection = await create({ indexes: ["w"] })
      await collection.insertMany(documents)
      const before = [schemaOf(collection.name), await project.store.collections.get(collection.name)]
      const change = { indexes: [index, { fields: "z", kind: "members" }], rules: { read: "public" } }
      const { code, details } = await refusal(() => project.store.collections.update(collection.name, change))
      expect(code).toBe("DOCUMENTS_INDEX_REFUSED")
      expect(String(details.reason)).toContain(reason)
      expect(await collection.get(String(details.id))).toBeDefined()
      expect([schemaOf(collection.name), await project.store.collections.get(collection.name)]).toEqual(before)
      expect((await collection.explain(parseQuery({ where: { w: 1 } }))).index).toBe("w")
    })
  }

  test("that are unique refuse a second holder, but for missing and null", async () => {
    const collection = await create({ indexes: [{ fields: ["a", "b"], unique: true }] })
    const first = await collection.insert({ a: 1, b: "x" })
    await collection.insertMany([{ a: 1, b: "y" }, { a: 1 }, { a: 1 }, { a: 1, b: null }, {}, {}])
    const second = await collection.insert({ a: 2, b: "x" })
    const conflicts: readonly (() => unknown)[] = [
      () => collection.insert({ a: 1, b: "x" }),
      () =>
        collection.insertMany([
          { a: 5, b: "x" },
          { a: 5, b: "x" },
        ]),
      () => collection.replace(second.id, { a: 1, b: "x" }),
      () => collection.patch(second.id, parseUpdate({ $set: { a: 1 } })),
    ]
    for (const work of conflicts) expect((await refusal(work)).code).toBe("DOCUMENTS_UNIQUE_CONFLICT")
    expect((await refusal(conflicts[0]!)).details).toEqual({ index: "a,b", id: first.id })
    expect(await collection.count()).toEqual({ value: 8, exact: true })
    await collection.replace(first.id, { a: 1, b: "x", c: 1 })
    await collection.delete(first.id)
    await collection.insert({ a: 1, b: "x" })
    expect((await refusal(() => collection.insert({ a: 1, b: {} }))).code).toBe("DOCUMENTS_INDEXED_VALUE_REFUSED")
  })

  test("become unique only when they are", async () => {
    const collection = await create({ indexes: ["v"] })
    await collection.insertMany([{ v: 1 }, { v: 1 }])
    const change = { indexes: [{ fields: "v", unique: true }] }
    expect((await refusal(() => project.store.collections.update(collection.name, change))).code).toBe(
      "DOCUMENTS_INDEX_REFUSED",
    )
    await collection.delete((await collection.query(parseQuery({}))).items[0]!.id)
    await project.store.collections.update(collection.name, change)
    expect((await refusal(() => collection.insert({ v: 1 }))).code).toBe("DOCUMENTS_UNIQUE_CONFLICT")
  })

  test("of members follow every write", async () => {
    const collection = await create({ indexes: [{ fields: "t", kind: "members" }] })
    const find = async (t: unknown): Promise<string> =>
      (await collection.query(parseQuery({ where: { t } }))).items.map(({ id }) => id).join()
    await collection.replace("d", { t: ["a", "b"] })
    expect([await find("a"), await find("b"), await find(null)]).toEqual(["d", "d", ""])
    await collection.patch("d", parseUpdate({ $pull: { t: "a" }, $push: { u: 1 } }))
    expect([await find("a"), await find("b")]).toEqual(["", "d"])
    await collection.replace("d", { t: "c" })
    expect([await find("b"), await find("c")]).toEqual(["", "d"])
    await collection.patch("d", parseUpdate({ t: null }))
    expect([await find("c"), await find(null)]).toEqual(["", "d"])
    await collection.delete("d")
    expect(await find(null)).toBe("")
    const entries = project.file.all(`SELECT name FROM sqlite_schema WHERE type='table' AND name LIKE ?`, [
      `documents:${collection.name}/%`,
    ])
    const [{ name }] = entries as [{ name: string }]
    expect(project.file.get(`SELECT count(*) AS n FROM "${name}"`)).toEqual({ n: 0 })
  })

  test("made by another release are rebuilt by upgrade, and answers are right before it", async () => {
    const collection = await create({ indexes: ["v", { fields: "t", kind: "members" }] })
    await collection.insertMany([
      { v: 1, t: [1] },
      { v: 2, t: [2] },
    ])
    const names = project.file.all<{ name: string; type: string }>(
      "SELECT name, type FROM sqlite_schema WHERE name LIKE ?",
      [`documents:${collection.name}/%`],
    )
    const index = names.find(({ type }) => type === "index")!.name
    await project.file.write([
      { sql: `DROP INDEX "${index}"` },
      { sql: `CREATE INDEX "documents:${collection.name}/0000000000000000" ON "documents:${collection.name}" (doc)` },
    ])
    expect((await collection.query(parseQuery({ where: { v: 1 } }))).items.length).toBe(1)
    expect((await collection.explain(parseQuery({ where: { v: 1 } }))).scan).toBe(true)
    expect(await project.store.upgrade()).toEqual([collection.name])
    expect(await project.store.upgrade()).toEqual([])
    expect((await collection.explain(parseQuery({ where: { v: 1 } }))).index).toBe("v")
    const after = project.file.all("SELECT name, type FROM sqlite_schema WHERE name LIKE ?", [
      `documents:${collection.name}/%`,
    ])
    expect(new Set(after.map((each) => JSON.stringify(each)))).toEqual(
      new Set(names.map((each) => JSON.stringify(each))),
    )
  })

  test("get statistics as a collection grows, so that the better one of two is taken", async () => {
    const collection = await create({ indexes: ["id", "kind"] })
    await collection.insertMany(Array.from({ length: 1000 }, (_, i) => ({ id: i, kind: i % 2 })))
    const query = parseQuery({ where: { id: 5, kind: 1 } })
    await collection.query(query)
    expect((await collection.explain(query)).index).toBe("id")
    const analyzed = project.file.get<{ analyzed: number }>("SELECT analyzed FROM documents_collections WHERE name=?", [
      collection.name,
    ])
    expect(analyzed).toEqual({ analyzed: 1000 })
  })
})
