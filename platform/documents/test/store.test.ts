import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type { SqliteFile } from "@ashlar/sqlite"
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
    for (let batch = 0; batch < 5; batch++) {
      await collection.insertMany(Array.from({ length: 1000 }, (_, i) => ({ i, filler })))
    }
    const hasty = project.reopen({ limits: { scanTimeoutMs: 1 } }).collection(collection.name)
    // Matches nothing, and backtracks in every document: far longer than any delay of the timer that stops it.
    const where = { filler: { $regex: "x.*x.*x.*xy" } }
    const { code, message } = await refusal(() => hasty.query(parseQuery({ where })))
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
