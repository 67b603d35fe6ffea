import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type SqliteFile, SqliteOutcomeUnknown } from "@ashlar/sqlite"
import {
  type DocumentCollection,
  type DocumentStore,
  openDocuments,
  type Precondition,
  parseFilter,
  parseQuery,
  parseUpdate,
} from "../src/index.ts"
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
    expect(project.store.admit(name, "read", "anonymous")).toEqual({ mayCreate: false })
    expect(project.store.admit(name, "read", "publishable")).toEqual({ mayCreate: true })
    expect(project.store.admit(name, "delete", "member")).toEqual({ mayCreate: true })
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
    expect(store.admit(name, "read", "anonymous")).toEqual({ mayCreate: false })
    await arrive()
    expect((await refusal(() => store.admit(name, "read", "anonymous"))).code).toBe("DOCUMENTS_FORBIDDEN")
  })
})

describe("documents", () => {
  test("are stored as canonical JSON and read back as the same values", async () => {
    const collection = await create()
    const data = JSON.parse('{"b":[1.0,-0,1e21,9007199254740993],"a":{"y":"é\\u0001","x":null},"__proto__":{"z":true}}')
    const document = await collection.insert(data)
    expect(JSON.stringify(document.data)).toBe(
      '{"__proto__":{"z":true},"a":{"x":null,"y":"é\\u0001"},"b":[1,0,1e+21,9007199254740992]}',
    )
    expect(document).toMatchObject({ rev: 1, createdAt: document.updatedAt })
    expect(document.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    expect(JSON.stringify(await collection.get(document.id))).toBe(JSON.stringify(document))
    expect(await collection.get("nobody")).toBe(undefined)
  })

  test("are inserted in order, all or none", async () => {
    const collection = await create({ indexes: ["v"] })
    const stored = await collection.insertMany([{ v: 2 }, { v: 1 }])
    expect((await collection.query(parseQuery({}))).items).toEqual([...stored])
    const { code, details } = await refusal(() => collection.insertMany([{ v: 3 }, { v: [1] }, { v: 4 }]))
    expect([code, details.path]).toEqual(["DOCUMENTS_INDEXED_VALUE_REFUSED", "v"])
    expect(await collection.count()).toEqual({ value: 2, exact: true })
    expect((await refusal(() => collection.insertMany([{ v: 3 }, 5]))).details.pointer).toBe("/1")
    expect((await collection.query(parseQuery({}))).items.length).toBe(2)
  })

  test("are counted in the same transaction", async () => {
    const collection = await create()
    const [first] = await collection.insertMany([{}, {}, {}])
    await collection.replace("mine", {})
    await collection.replace("mine", { a: 1 })
    await collection.patch("mine", parseUpdate({ b: 1 }))
    await collection.delete(first!.id)
    await refusal(() => collection.delete(first!.id))
    expect(await collection.count()).toEqual({ value: 3, exact: true })
    expect((await project.store.collections.get(collection.name)).count).toBe(3)
    const bytes = project.file.get<{ kept: number; real: number }>(
      `SELECT bytes AS kept, (SELECT sum(octet_length(doc)) FROM "documents:${collection.name}") AS real FROM documents_collections WHERE name=?`,
      [collection.name],
    )
    expect(bytes!.kept).toBe(bytes!.real)
  })

  describe("and preconditions", () => {
    const rows: readonly [
      work: "replace" | "patch" | "delete",
      state: string,
      pre: Precondition,
      code: string,
      rev?: number,
    ][] = [
      ["replace", "absent", {}, "NONE", 1],
      ["replace", "at 2", {}, "NONE", 3],
      ["replace", "absent", { mustNotExist: true }, "NONE", 1],
      ["replace", "at 2", { mustNotExist: true }, "DOCUMENTS_REVISION_CONFLICT"],
      ["replace", "absent", { mustExist: true }, "DOCUMENTS_NOT_FOUND"],
      ["replace", "at 2", { mustExist: true }, "NONE", 3],
      ["replace", "absent", { ifRev: 1 }, "DOCUMENTS_REVISION_CONFLICT"],
      ["replace", "at 2", { ifRev: 1 }, "DOCUMENTS_REVISION_CONFLICT"],
      ["replace", "at 2", { ifRev: 3 }, "DOCUMENTS_REVISION_CONFLICT"],
      ["replace", "at 2", { ifRev: 2 }, "NONE", 3],
      ["patch", "absent", {}, "DOCUMENTS_NOT_FOUND"],
      ["patch", "absent", { ifRev: 1 }, "DOCUMENTS_NOT_FOUND"],
      ["patch", "at 2", {}, "NONE", 3],
      ["patch", "at 2", { ifRev: 1 }, "DOCUMENTS_REVISION_CONFLICT"],
      ["patch", "at 2", { ifRev: 2 }, "NONE", 3],
      ["delete", "absent", {}, "DOCUMENTS_NOT_FOUND"],
      ["delete", "at 2", { ifRev: 1 }, "DOCUMENTS_REVISION_CONFLICT"],
      ["delete", "at 2", { ifRev: 2 }, "NONE"],
      ["delete", "at 2", {}, "NONE"],
    ]
    for (const [work, state, pre, code, rev] of rows) {
      test(`${work} of one ${state} with ${JSON.stringify(pre)}: ${code}`, async () => {
        const collection = await create()
        if (state === "at 2") {
          await collection.replace("d", { n: 1 })
          await collection.replace("d", { n: 2 })
        }
        const before = await collection.get("d")
        project.clock.advance(1000)
        const run = {
          replace: () => collection.replace("d", { n: 9 }, pre),
          patch: () => collection.patch("d", parseUpdate({ n: 9 }), pre),
          delete: () => collection.delete("d", pre),
        }[work]
        const refused = await refusal(run)
        expect(refused.code).toBe(code)
        if (code === "DOCUMENTS_REVISION_CONFLICT") {
          const current = state === "at 2" ? 2 : null
          expect(refused.details).toEqual({ expected: pre.mustNotExist ? null : pre.ifRev, current })
        }
        const after = await collection.get("d")
        if (code !== "NONE") expect(after).toEqual(before)
        else if (work === "delete") expect(after).toBe(undefined)
        else {
          expect(after).toMatchObject({ rev, data: { n: 9 } })
          if (before) expect([after!.createdAt, after!.updatedAt > before.updatedAt]).toEqual([before.createdAt, true])
        }
      })
    }
  })

  test("that eight callers increment lose none", async () => {
    const collection = await create({ indexes: ["n"] })
    await collection.replace("counter", { n: 0, log: [] })
    const revs = await Promise.all(
      Array.from({ length: 8 }, async (_, caller) => {
        const seen: number[] = []
        for (let i = 0; i < 25; i++) {
          const update = parseUpdate({ $inc: { n: 1 }, $push: { log: caller } })
          seen.push((await collection.patch("counter", update)).rev)
        }
        return seen
      }),
    )
    const { rev, data } = (await collection.get("counter"))!
    expect([rev, data.n, (data.log as number[]).length]).toEqual([201, 200, 200])
    expect(new Set(revs.flat()).size).toBe(200)
  })

  test("that eight callers replace by revision: one wins each round", async () => {
    const collection = await create()
    await collection.replace("d", { by: -1 })
    for (let rev = 1; rev <= 5; rev++) {
      const codes = await Promise.all(
        Array.from(
          { length: 8 },
          async (_, by) => (await refusal(() => collection.replace("d", { by }, { ifRev: rev }))).code,
        ),
      )
      expect(codes.filter((code) => code === "NONE").length).toBe(1)
      expect(codes.filter((code) => code === "DOCUMENTS_REVISION_CONFLICT").length).toBe(7)
    }
  })

  test("have ids that fit into a URL", async () => {
    const collection = await create()
    for (const id of ["a", "A-b_c.d~9", "-", "x".repeat(128), "019b76da-a800-73a6-bd77-0b44a6e1c72d"]) {
      expect((await collection.replace(id, {})).id).toBe(id)
    }
    for (const id of ["", ".", "..", "~a", "a/b", "a b", "é", "a\0", "x".repeat(129)]) {
      expect((await refusal(() => collection.replace(id, {}))).code).toBe("DOCUMENTS_ID_INVALID")
    }
  })

  test("are answered with the selected parts only", async () => {
    const collection = await create()
    await collection.insert({ a: 1, b: { c: 2, d: 3 } })
    const { items } = await collection.query(parseQuery({ select: ["b.c"] }))
    expect(items[0]!.data).toEqual({ b: { c: 2 } })
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

describe("writes that share a commit", () => {
  const codes = (works: readonly Promise<unknown>[]): Promise<string[]> =>
    Promise.all(works.map((work) => refusal(() => work).then(({ code }) => code)))

  test("fail alone, and the count stays exact", async () => {
    const collection = await create({ indexes: [{ fields: "v", unique: true }] })
    const { name } = collection
    const other = await create()
    for (const [round, already] of [
      ["a", 0],
      ["b", 6],
    ] as const) {
      const works = [
        collection.insert({ v: `${round}1`, text: "é".repeat(10) }),
        collection.insert({ v: `${round}1` }),
        other.insert({ v: 1 }),
        project.store.collection("missing").insert({}),
        collection.insertMany([{ v: `${round}2` }, { v: `${round}3` }]),
        collection.insertMany([{ v: `${round}4` }, { v: `${round}2` }]),
        collection.replace(`id-${round}`, { v: `${round}4` }),
        collection.delete(`id-${round}`, { ifRev: 2 }),
        collection.insert({ v: `${round}5` }),
        collection.replace(`id-${round}`, { v: `${round}6` }, { ifRev: 1 }),
        collection.insert({ v: `${round}4` }),
        collection.delete(`id-${round}`, { ifRev: 2 }),
        collection.insert({ v: `${round}6` }),
        collection.delete("nobody"),
      ]
      expect(await codes(works)).toEqual([
        "NONE",
        "DOCUMENTS_UNIQUE_CONFLICT",
        "NONE",
        "DOCUMENTS_COLLECTION_NOT_FOUND",
        "NONE",
        "DOCUMENTS_UNIQUE_CONFLICT",
        "NONE",
        "DOCUMENTS_REVISION_CONFLICT",
        "NONE",
        "NONE",
        "NONE",
        "NONE",
        "NONE",
        "DOCUMENTS_NOT_FOUND",
      ])
      expect(await collection.count()).toEqual({ value: already + 6, exact: true })
    }
    for (const each of [collection, other]) {
      const { items } = await each.query(parseQuery({}))
      const row = project.file.get("SELECT count, bytes FROM documents_collections WHERE name=?", [each.name])
      const bytes = items.reduce((sum, { data }) => sum + Buffer.byteLength(JSON.stringify(data)), 0)
      expect(row).toEqual({ count: items.length, bytes })
    }
    expect(name).not.toBe(other.name)
  })

  test("count for the collection that was there at their turn", async () => {
    const { name } = await create()
    const { collections } = project.store
    const insert = (): Promise<unknown> => project.store.collection(name).insert({})
    const works = [insert(), collections.delete(name), insert(), collections.create({ name }), insert(), insert()]
    expect(await codes(works)).toEqual(["NONE", "NONE", "DOCUMENTS_COLLECTION_NOT_FOUND", "NONE", "NONE", "NONE"])
    expect((await collections.get(name)).count).toBe(2)
  })

  test("answer with data that is neither the caller's nor what is stored", async () => {
    const collection = await create()
    const data = { list: [1], 10: "x", 9: "y" }
    const work = collection.insert(data)
    data.list.push(2)
    const document = await work
    expect(document.data).toEqual({ 9: "y", 10: "x", list: [1] })
    ;(document.data.list as number[]).push(3)
    expect((await collection.get(document.id))?.data.list).toEqual([1])
  })
})

describe("a query whose ground moves while it waits for a reader", () => {
  /** A store whose first scan finds that something else was done before it. */
  function overtaken(meanwhile: () => Promise<unknown>): DocumentStore {
    const { file, clock } = project
    let scans = 0
    const racing: SqliteFile = {
      path: file.path,
      write: (statements) => file.write(statements),
      call: (procedure, args, options) => file.call(procedure, args, options),
      get: (sql, params) => file.get(sql, params),
      all: (sql, params) => file.all(sql, params),
      async scan(sql, params, options) {
        if (scans++ === 0) await meanwhile()
        return file.scan(sql, params, options)
      },
    }
    return openDocuments({ file: racing, clock, ids: () => "x", cursorKey: new Uint8Array(32) })
  }
  const filler = "x".repeat(1100)
  const documents = Array.from({ length: 1000 }, (_, i) => ({ t: [i], filler }))
  const query = parseQuery({ where: { t: 500 } })

  test("is answered without the index that was dropped", async () => {
    const { name } = await create({ indexes: [{ fields: "t", kind: "members" }] })
    await project.store.collection(name).insertMany(documents)
    const store = overtaken(() => project.store.collections.update(name, { indexes: [] }))
    expect((await store.collection(name).query(query)).items.length).toBe(1)
    expect((await store.collection(name).explain(query)).scan).toBe(true)
  })

  test("says that the collection was deleted", async () => {
    const { name } = await create()
    await project.store.collection(name).insertMany(documents)
    const store = overtaken(() => project.store.collections.delete(name))
    expect((await refusal(() => store.collection(name).query(query))).code).toBe("DOCUMENTS_COLLECTION_NOT_FOUND")
  })
})

describe("a count", () => {
  test("is exact up to its limits, and then at least", async () => {
    const collection = await create({ indexes: ["v"] })
    await collection.insertMany(Array.from({ length: 100 }, (_, i) => ({ v: i, w: i })))
    const limited = project
      .reopen({ limits: { maxCountedDocuments: 50, maxScannedDocuments: 80 } })
      .collection(collection.name)
    const count = (where: unknown) => limited.count(parseFilter(where))
    expect(await count({ v: { $lt: 50 } })).toEqual({ value: 50, exact: true })
    expect(await count({ v: { $lt: 51 } })).toEqual({ value: 50, exact: false })
    expect(await count({ w: { $lt: 10 } })).toEqual({ value: 10, exact: false })
    expect(await count({ w: { $gte: 90 } })).toEqual({ value: 0, exact: false })
    expect(await count({})).toEqual({ value: 100, exact: true })
    expect(await limited.count()).toEqual({ value: 100, exact: true })
    expect(await count({ v: { $gt: 1, $lt: 1 } })).toEqual({ value: 0, exact: true })
    const whole = await collection.query(parseQuery({ where: { w: { $gte: 90 } }, limit: 2, count: true }))
    expect(whole.count).toEqual({ value: 10, exact: true })
    expect((await collection.query(parseQuery({}))).count).toBe(undefined)
  })
})

describe("limits of the store", () => {
  test("refuse what is larger", async () => {
    const collection = await create()
    const tight = project.reopen({ limits: { maxDocumentBytes: 20, maxBatch: 2 } }).collection(collection.name)
    expect((await tight.insert({ a: "é".repeat(6) })).rev).toBe(1)
    const { code, details } = await refusal(() => tight.insert({ a: "é".repeat(7) }))
    expect([code, details]).toEqual(["DOCUMENTS_TOO_LARGE", { pointer: "", sizeBytes: 22, maxDocumentBytes: 20 }])
    expect((await refusal(() => tight.insertMany([{}, {}, {}]))).code).toBe("DOCUMENTS_TOO_LARGE")
    expect((await refusal(() => tight.insertMany([]))).code).toBe("DOCUMENTS_VALUE_INVALID")
    await tight.replace("d", { a: [1] })
    expect((await refusal(() => tight.patch("d", parseUpdate({ $push: { a: "x".repeat(20) } })))).code).toBe(
      "DOCUMENTS_TOO_LARGE",
    )
    expect((await tight.get("d"))!.rev).toBe(1)
  })

  test("a document of a megabyte is taken, and one byte more is not", async () => {
    const collection = await create()
    const text = "x".repeat(1024 * 1024 - 8)
    const { id } = await collection.insert({ t: text })
    expect((await collection.get(id))!.data.t).toBe(text)
    expect((await refusal(() => collection.insert({ t: `${text}x` }))).code).toBe("DOCUMENTS_TOO_LARGE")
    expect((await collection.query(parseQuery({ limit: 1000 }))).items[0]!.data.t).toBe(text)
  })

  test("a query that takes too long is stopped, by name", async () => {
    const collection = await create()
    const filler = "x".repeat(1100)
    await collection.insertMany(Array.from({ length: 1000 }, (_, i) => ({ i, filler })))
    const hasty = project.reopen({ limits: { scanTimeoutMs: 1 } }).collection(collection.name)
    const { code, message } = await refusal(() => hasty.query(parseQuery({ where: { filler: { $regex: "y.*y.*y" } } })))
    expect(code).toBe("DOCUMENTS_QUERY_TIMEOUT")
    expect(message).toContain("index")
  })

  test("a query at every limit of the language runs", async () => {
    const collection = await create({ indexes: ["p0"] })
    await collection.insertMany([{ p0: 1, p200: 5 }, { p1: ["x"] }, {}])
    const count = async (where: unknown) => (await collection.count(parseFilter(where))).value
    expect(await count({ $or: Array.from({ length: 255 }, (_, i) => ({ [`p${i}`]: 5 })) })).toBe(1)
    expect(await count({ $nor: Array.from({ length: 254 }, (_, i) => ({ [`p${i}`]: "x" })) })).toBe(2)
    let deep: unknown = { p0: 1 }
    for (let level = 0; level < 15; level++) deep = { $not: deep }
    expect(await count(deep)).toBe(2)
    expect(await count({ "a.b.c.d.e.f.g.h": null })).toBe(3)
    const many = Array.from({ length: 1000 }, (_, i) => (i % 2 ? i : `x${i}`))
    expect(await count({ p0: { $in: many }, p200: { $nin: ["x", null] } })).toBe(1)
    const texts = Array.from({ length: 1000 }, (_, i) => `${"é".repeat(100)}${i}`)
    expect(await count({ p1: { $in: [...texts.slice(1), "x"] } })).toBe(1)
  })

  test("a query whose SQL would be too long is refused before it is planned", async () => {
    const collection = await create()
    const where = Object.fromEntries(Array.from({ length: 120 }, (_, i) => [`a.b.c.d.e.f.g.h${i}`, i]))
    const { code, details } = await refusal(() => collection.query(parseQuery({ where })))
    expect([code, details.limit]).toEqual(["DOCUMENTS_QUERY_TOO_COMPLEX", 262_144])
  })

  test("a short cursor key is a defect", async () => {
    const { file, clock } = project
    const open = () => openDocuments({ file, clock, ids: () => "x", cursorKey: new Uint8Array(15) })
    expect((await refusal(open)).code).toBe("INTERNAL")
  })
})
