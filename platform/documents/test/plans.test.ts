import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { systemClock, uuidv7 } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import { type DocumentStore, openDocuments, parseQuery } from "../src/index.ts"
import { openProject, type Project } from "./project.ts"

/*
 * No SCAN where a SEARCH is promised: SQLite uses an expression index only where the query has the very text of the index, and
 * anything from another quoting to a second bound can lose it. Held for each operator and kind of index, with and without
 * statistics.
 */

let project: Project
beforeAll(async () => {
  project = await openProject()
})
afterAll(() => project.close())

/** `search` promises bounds of an index; `scan` is what no index of this kind can serve. */
type Served = "search" | "scan"
const hostile = `k'$ "\\é`
const long = Array.from({ length: 100 }, (_, i) => i)
const operators: readonly [
  name: string,
  test: unknown,
  promises: Readonly<Record<"scalar" | "any" | "members", Served>>,
][] = [
  ["$eq number", 5, { scalar: "search", any: "search", members: "search" }],
  ["$eq string", "x", { scalar: "search", any: "search", members: "search" }],
  ["$eq boolean", true, { scalar: "search", any: "search", members: "search" }],
  ["$eq null", null, { scalar: "search", any: "search", members: "search" }],
  ["$eq object", { x: 1 }, { scalar: "search", any: "search", members: "scan" }],
  ["$gt", { $gt: 5 }, { scalar: "search", any: "search", members: "search" }],
  ["$gte string", { $gte: "x" }, { scalar: "search", any: "search", members: "search" }],
  ["$lt", { $lt: 5 }, { scalar: "search", any: "search", members: "search" }],
  ["$lte and $gt", { $gt: 1, $lte: 5 }, { scalar: "search", any: "search", members: "search" }],
  ["$gt boolean", { $gt: false }, { scalar: "search", any: "search", members: "search" }],
  ["$in", { $in: [1, "x", null, true] }, { scalar: "search", any: "search", members: "search" }],
  ["$in of 100", { $in: long }, { scalar: "search", any: "search", members: "search" }],
  ["$all", { $all: [5] }, { scalar: "search", any: "search", members: "search" }],
  ["$regex with a prefix", { $regex: "^ab.*c" }, { scalar: "search", any: "search", members: "scan" }],
  ["$size", { $size: 2 }, { scalar: "scan", any: "search", members: "scan" }],
  ["$elemMatch", { $elemMatch: { $gt: 1 } }, { scalar: "scan", any: "search", members: "scan" }],
  ["$ne", { $ne: 5 }, { scalar: "scan", any: "scan", members: "scan" }],
  ["$nin", { $nin: [5] }, { scalar: "scan", any: "scan", members: "scan" }],
  ["$not", { $not: { $gt: 5 } }, { scalar: "scan", any: "scan", members: "scan" }],
  ["$exists", { $exists: true }, { scalar: "scan", any: "scan", members: "scan" }],
  ["$type", { $type: "number" }, { scalar: "scan", any: "scan", members: "scan" }],
  ["$regex without a prefix", { $regex: "b" }, { scalar: "scan", any: "scan", members: "scan" }],
]

for (const kind of ["scalar", "any", "members"] as const) {
  for (const [shape, path, wrap] of [
    ["a top-level path", "v", (value: unknown) => ({ v: value })],
    ["a dotted path", "o.v", (value: unknown) => ({ o: { v: value } })],
    ["a hostile path", hostile, (value: unknown) => ({ [hostile]: value })],
  ] as const) {
    for (const statistics of [false, true]) {
      describe(`${kind} on ${shape}${statistics ? ", with statistics" : ""}`, () => {
        const name = `${kind}-${shape.replaceAll(" ", "-")}-${statistics}`
        beforeAll(async () => {
          await project.store.collections.create({ name, indexes: [{ fields: path, kind }] })
          const documents = Array.from({ length: statistics ? 1000 : 10 }, (_, i) => wrap(i % 3 ? i : `ab${i}`))
          await project.store.collection(name).insertMany(documents)
        })
        for (const [operator, operand, promises] of operators) {
          test(operator, async () => {
            const explanation = await project.store.collection(name).explain(parseQuery({ where: { [path]: operand } }))
            const promised = promises[kind]
            if (promised === "search") expect(explanation.plan.join("\n")).not.toContain(`SCAN documents:${name}`)
            expect([explanation.scan, explanation.index !== null && explanation.index !== "id"]).toEqual([
              promised === "scan",
              promised === "search",
            ])
          })
        }
      })
    }
  }
}

describe("an order", () => {
  const explain = (query: unknown) => project.store.collection("orders").explain(parseQuery(query))
  beforeAll(async () => {
    await project.store.collections.create({
      name: "orders",
      indexes: ["a", ["cat", "-num"], { fields: "any", kind: "any" }],
    })
    await project.store
      .collection("orders")
      .insertMany(Array.from({ length: 50 }, (_, i) => ({ a: i, cat: i % 5, num: i })))
  })
  test("of all by an index is no scan, by none it is", async () => {
    expect((await explain({})).scan).toBe(false)
    expect((await explain({ sort: "-a" })).scan).toBe(false)
    expect((await explain({ sort: "num" })).scan).toBe(true)
    expect((await explain({ where: { num: 5 } })).scan).toBe(true)
    expect((await explain({ where: { a: { $gt: 5, $lt: 1 } } })).scan).toBe(false)
  })

  const rows: readonly [name: string, query: unknown, index: string | null | undefined, sorted: string][] = [
    ["nothing asked", {}, "id", "none"],
    ["by an index", { sort: "a" }, "a", "index"],
    ["by its reverse", { sort: "-a" }, "a", "index"],
    ["a range by the same path", { where: { a: { $gt: 5 } }, sort: "a" }, "a", "index"],
    ["an equality, then the next column", { where: { cat: 1 }, sort: "-num" }, "cat,-num", "index"],
    ["an equality, then the next column in reverse", { where: { cat: 1 }, sort: "num" }, "cat,-num", "index"],
    ["both columns", { sort: ["cat", "-num"] }, "cat,-num", "index"],
    ["both columns in reverse", { sort: ["-cat", "num"] }, "cat,-num", "index"],
    ["another mix of directions", { sort: ["cat", "num"] }, undefined, "memory"],
    ["no index", { sort: "num" }, null, "memory"],
    ["an index that allows arrays, without a condition", { sort: "any" }, "any:any", "index"],
  ]
  for (const [name, query, index, sorted] of rows) {
    test(name, async () => {
      const explanation = await explain(query)
      expect(explanation.sorted).toBe(sorted as never)
      if (index !== undefined) expect(explanation.index).toBe(index)
    })
  }

  test("goes on from a cursor with one search, and one lower bound only", async () => {
    const collection = project.store.collection("orders")
    const { next } = await collection.query(parseQuery({ where: { a: { $gte: 5, $lt: 40 } }, sort: "a", limit: 7 }))
    const { plan } = await explain({ where: { a: { $gte: 5, $lt: 40 } }, sort: "a", limit: 7, cursor: next })
    expect(plan).toEqual(["SEARCH documents:orders USING INDEX a (<expr>>? AND <expr><?)"])
    const second = await collection.query(parseQuery({ where: { cat: 1 }, sort: "-num", limit: 3 }))
    expect((await explain({ where: { cat: 1 }, sort: "-num", limit: 3, cursor: second.next })).plan).toEqual([
      "SEARCH documents:orders USING INDEX cat,-num (<expr>=? AND <expr><?)",
    ])
  })
})

describe("a read runs", () => {
  /** Which of the file's two ways the store took. */
  function recording(file: SqliteFile): { file: SqliteFile; ways: string[] } {
    const ways: string[] = []
    const recorded: SqliteFile = {
      path: file.path,
      write: (statements) => file.write(statements),
      call: (procedure, args, options) => file.call(procedure, args, options),
      get: (sql, params) => file.get(sql, params),
      all: (sql, params) => {
        if (sql.startsWith("SELECT n,") || sql.startsWith("SELECT count")) ways.push("here")
        return file.all(sql, params)
      },
      scan: (sql, params, options) => {
        ways.push("reader")
        return file.scan(sql, params, options)
      },
    }
    return { file: recorded, ways }
  }

  let store: DocumentStore
  let ways: string[]
  let page: string | null
  beforeAll(async () => {
    const recorded = recording(project.file)
    ways = recorded.ways
    store = openDocuments({ file: recorded.file, clock: systemClock, ids: uuidv7, cursorKey: new Uint8Array(32) })
    await store.collections.create({ name: "large", indexes: ["a", { fields: "t", kind: "members" }] })
    const filler = "x".repeat(1100)
    await store.collection("large").insertMany(Array.from({ length: 1000 }, (_, i) => ({ a: i, b: i, t: [i], filler })))
    await store.collections.create({ name: "small" })
    await store.collection("small").insertMany(Array.from({ length: 100 }, (_, i) => ({ b: i })))
    page = (await store.collection("large").query(parseQuery({ sort: "a", limit: 5 }))).next
  })
  const rows: readonly [name: string, collection: string, query: () => unknown, way: string[]][] = [
    ["a first page", "large", () => ({}), ["here"]],
    ["an equality by an index", "large", () => ({ where: { a: 5 } }), ["here"]],
    ["a range in the order of its index", "large", () => ({ where: { a: { $gt: 5 } }, sort: "a" }), ["here"]],
    ["an order by an index", "large", () => ({ sort: "-a" }), ["here"]],
    ["a range in another order", "large", () => ({ where: { a: { $gt: 5 } } }), ["reader"]],
    ["a condition without an index", "large", () => ({ where: { b: 5 } }), ["reader"]],
    ["a condition beside an index", "large", () => ({ where: { a: 5, b: 5 } }), ["reader"]],
    ["an order without an index", "large", () => ({ sort: "b" }), ["reader"]],
    ["a page that may pass many ties", "large", () => ({ sort: "a", limit: 5, cursor: page }), ["reader"]],
    ["members", "large", () => ({ where: { t: 5 } }), ["reader"]],
    ["a count by an index", "large", () => ({ where: { a: 5 }, count: true }), ["here", "here"]],
    ["a count without an index", "large", () => ({ where: { b: 5 }, count: true }), ["reader", "reader"]],
    ["a count of all", "large", () => ({ count: true }), ["here"]],
    [
      "anything on a small collection",
      "small",
      () => ({ where: { b: { $gt: 5 } }, sort: "b", count: true }),
      ["here", "here"],
    ],
  ]
  for (const [name, collection, query, way] of rows) {
    test(`${name}: ${way.join(", ")}`, async () => {
      ways.length = 0
      const { items } = await store.collection(collection).query(parseQuery(query()))
      expect(ways).toEqual(way)
      expect(items.length).toBeGreaterThan(0)
    })
  }
})
