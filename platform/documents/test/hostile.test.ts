import { Database } from "bun:sqlite"
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { labelSql } from "../src/dialects/sqlite/key.ts"
import { parseFilter, parseQuery, parseSort, parseUpdate } from "../src/index.ts"
import type { JsonObject } from "../src/value.ts"
import { openProject, type Project, refusal } from "./project.ts"

/** Keys that mean something to SQL, to JSON paths, to the wire or to JavaScript. */
const keys: readonly string[] = [
  "'",
  '"',
  "\\",
  "\\u0041",
  "$",
  "$.a",
  "[0]",
  "#",
  "#-1",
  "*",
  "a.b",
  "",
  " ",
  "\t",
  "\n",
  "\u007f",
  "\u2028",
  "é",
  "😀",
  "\uffff",
  "__proto__",
  "constructor",
  "toString",
  "0",
  "-1",
  "00",
  "--",
  "/*",
  "?",
  "?1",
  ":a",
  "@a",
  "%s",
  "'; DROP TABLE documents_collections; --",
  '"] = 1 OR 1=1 --',
  `k'$ "\\é\t`,
  "null",
  "x".repeat(256),
]

let project: Project
beforeAll(async () => {
  project = await openProject()
})
afterAll(() => project.close())

const data = (key: string, value: unknown): JsonObject => Object.fromEntries([[key, value]]) as JsonObject

for (const [i, key] of keys.entries()) {
  describe(`the key ${JSON.stringify(key).slice(0, 50)}`, () => {
    test("is stored, sorted by, indexed in each kind, selected and updated", async () => {
      const kinds = ["scalar", "any", "members"].map((kind) => ({ fields: [{ path: [key] }], kind }))
      const { name } = await project.store.collections.create({ name: `h${i}`, indexes: i % 2 ? kinds : [] })
      const collection = project.store.collection(name)
      // The neighbours are what a key would be taken for, if its path were read as something else.
      await collection.insertMany([
        { ...data(key, 2), neighbour: 9 },
        { ...data(key, 1), neighbour: 9 },
        { a: 5, neighbour: 9, ...data(key === "a" ? "b" : "a", 5) },
      ])
      const sorted = await collection.query(parseQuery({ sort: [{ path: [key], direction: "desc" }], select: [[key]] }))
      expect(sorted.items.map((item) => JSON.stringify(item.data))).toEqual([
        JSON.stringify(data(key, 2)),
        JSON.stringify(data(key, 1)),
        "{}",
      ])
      const { id } = sorted.items[0]!
      const unset = parseUpdate({ $unset: [[key]] })
      expect(Object.hasOwn((await collection.patch(id, unset)).data, key)).toBe(false)
    })

    if (key !== "" && !key.includes(".") && !key.startsWith("$")) {
      test("is found by a filter, at the top and inside", async () => {
        const { name } = await project.store.collections.create({ name: `f${i}`, indexes: i % 2 ? [key] : [] })
        const collection = project.store.collection(name)
        await collection.insertMany([data(key, 1), data("o", [data(key, 2)]), data("o", data(key, 2)), { z: 1 }])
        const count = async (where: unknown) => (await collection.count(parseFilter(where))).value
        expect(await count(data(key, 1))).toBe(1)
        expect(await count(data(key, { $exists: true }))).toBe(1)
        expect(await count(data(key, { $ne: 1 }))).toBe(3)
        if (key !== "0") expect(await count(data(`o.${key}`, 2))).toBe(2)
        expect(await count({ o: { $elemMatch: data(key, { $gt: 1 }) } })).toBe(1)
      })
    }
  })
}

test("paths with U+0000 are refused wherever they come", async () => {
  const works: readonly (() => unknown)[] = [
    () => parseFilter({ "a\0": 1 }),
    () => parseSort(["a\0"]),
    () => parseQuery({ select: ["a\0"] }),
    () => parseUpdate({ $set: { "a\0": 1 } }),
    () => project.store.collections.create({ name: "nul", indexes: ["a\0"] }),
  ]
  for (const work of works) expect((await refusal(work)).code).toBe("DOCUMENTS_PATH_INVALID")
})

test("an unquoted label would read another field", () => {
  const database = new Database(":memory:")
  const row = database
    .query(`SELECT '{"$.a":1,"a":2}'->>'$.a' AS bare, '{"$.a":1,"a":2}'->>${labelSql(["$.a"])} AS quoted`)
    .get()
  expect(row).toEqual({ bare: 2, quoted: 1 })
})
