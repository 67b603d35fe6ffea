import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import {
  comparePositions,
  type Document,
  type DocumentCollection,
  parseQuery,
  parseSort,
  sortPosition,
} from "../src/index.ts"
import type { Json, JsonObject } from "../src/value.ts"
import * as generate from "./generate.ts"
import { openProject, type Project, refusal } from "./project.ts"
import { createRandom } from "./random.ts"

let project: Project
beforeAll(async () => {
  project = await openProject()
})
afterAll(() => project.close())

/** All pages of a query, joined; checks that each page but the last is full. */
async function allPages(collection: DocumentCollection, query: JsonObject, limit = 7): Promise<Document[]> {
  const items: Document[] = []
  let cursor: string | null = null
  do {
    const page = await collection.query(parseQuery({ ...query, limit, ...(cursor === null ? {} : { cursor }) }))
    if (page.next !== null) expect(page.items.length).toBe(limit)
    items.push(...page.items)
    cursor = page.next
  } while (cursor !== null)
  return items
}

const ids = (documents: readonly Document[]): string => documents.map(({ id }) => id).join(" ")

/** Few values of every class, so that most documents tie with others. */
const mixed: readonly Json[] = [
  null,
  -1,
  0,
  1.5,
  1e21,
  "",
  "a",
  "b",
  "\uffff",
  "😀",
  false,
  true,
  [],
  [1],
  {},
  { x: 1 },
]

function mixedDocuments(random: ReturnType<typeof createRandom>, count: number): JsonObject[] {
  return Array.from({ length: count }, () => {
    const document: Record<string, Json> = {}
    if (random.chance(0.9)) document.a = random.pick(mixed)
    if (random.chance(0.9)) document.b = random.chance(0.3) ? { c: random.pick(mixed) } : random.pick(mixed)
    return document
  })
}

const orders = ["a", "-a", "b.c"].flatMap((first) => [[first], [first, "b"], [first, "-b"], [first, "-b", "z"]])
const sets: readonly [name: string, indexes: Json[], scalar: boolean][] = [
  ["without an index", [], false],
  [
    "with indexes that allow arrays",
    [
      { fields: ["a", "b"], kind: "any" },
      { fields: ["-a", "b"], kind: "any" },
    ],
    false,
  ],
  ["with scalar indexes", [["a", "b"], ["a", "-b"], "b.c"], true],
]

for (const [i, [name, indexes, scalar]] of sets.entries()) {
  describe(`paging ${name}`, () => {
    let collection: DocumentCollection
    let stored: readonly Document[]
    beforeAll(async () => {
      const random = createRandom(7)
      await project.store.collections.create({ name: `mixed-${i}`, indexes })
      collection = project.store.collection(`mixed-${i}`)
      const documents = mixedDocuments(random, 160)
      const scalars = documents.filter(({ a, b }) => !Array.isArray(a) && !hasArray(b))
      stored = await collection.insertMany(scalar ? scalars : documents)
    })
    for (const order of orders) {
      test(`by ${order.join(", ")} gives each document once, in the order of memory`, async () => {
        const sort = parseSort(order)
        const expected = stored.toSorted((x, y) => comparePositions(sort, sortPosition(sort, x), sortPosition(sort, y)))
        expect(ids(await allPages(collection, { sort: order }))).toBe(ids(expected))
      })
    }

    test("with a filter, on the path of the order and on another", async () => {
      for (const where of [
        { a: { $gte: 0 } },
        { a: { $lt: "b" } },
        { b: { $ne: null } },
        { a: { $in: [1.5, "a", null] } },
      ]) {
        for (const sort of [["a", "b"], ["-a"], ["b", "a"]]) {
          const whole = await collection.query(parseQuery({ where, sort, limit: 1000 }))
          expect(whole.next).toBe(null)
          expect(whole.items.length).toBeGreaterThan(7)
          expect(ids(await allPages(collection, { where, sort }))).toBe(ids(whole.items))
        }
      }
    })
  })
}

function hasArray(value: Json | undefined): boolean {
  return Array.isArray(value) || (typeof value === "object" && value !== null && Object.values(value).some(hasArray))
}

test("writes between pages skip no document that stayed, and repeat none", async () => {
  await project.store.collections.create({ name: "moving", indexes: ["v"] })
  const collection = project.store.collection("moving")
  const random = createRandom(11)
  const stayed = new Set(
    (await collection.insertMany(Array.from({ length: 100 }, (_, i) => ({ v: i % 10 })))).map(({ id }) => id),
  )
  for (const sort of [["v"], ["-v"], []]) {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await collection.query(parseQuery({ sort, limit: 9, ...(cursor === null ? {} : { cursor }) }))
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.next
      await collection.insertMany(Array.from({ length: 5 }, () => ({ v: random.below(10) })))
      // The document that the cursor stands on goes away.
      const last = page.items.at(-1)
      if (last && !stayed.has(last.id)) await collection.delete(last.id)
    } while (cursor !== null && seen.length < 1000)
    expect(new Set(seen).size).toBe(seen.length)
    expect([...stayed].filter((id) => !seen.includes(id))).toEqual([])
  }
})

test("a page ends early at its bytes, and goes on", async () => {
  await project.store.collections.create({ name: "heavy" })
  const store = project.reopen({ limits: { maxPageBytes: 10_000 } })
  const collection = store.collection("heavy")
  const sizes = [100, 4000, 9000, 20_000, 20_000, 10, 10, 3000]
  const stored = await collection.insertMany(sizes.map((size) => ({ text: "x".repeat(size) })))
  const pages: number[] = []
  const seen: Document[] = []
  let cursor: string | null = null
  do {
    const page = await collection.query(parseQuery({ limit: 5, ...(cursor === null ? {} : { cursor }) }))
    pages.push(page.items.length)
    seen.push(...page.items)
    cursor = page.next
  } while (cursor !== null)
  expect(seen).toEqual([...stored])
  expect(pages).toEqual([2, 1, 1, 1, 3])
})

test("a page that ends at a long string is refused, and the whole at once is not", async () => {
  await project.store.collections.create({ name: "long" })
  const collection = project.store.collection("long")
  await collection.insertMany([{ t: "é".repeat(513) }, { t: "é".repeat(514) }])
  expect((await refusal(() => collection.query(parseQuery({ sort: "t", limit: 1 })))).code).toBe(
    "DOCUMENTS_SORT_KEY_TOO_LONG",
  )
  expect((await collection.query(parseQuery({ sort: "t" }))).items.length).toBe(2)
})

test("a cursor is good for its own query and collection", async () => {
  const collection = project.store.collection("mixed-0")
  const { next } = await collection.query(parseQuery({ sort: "a", limit: 2 }))
  const other = { sort: "-a", limit: 2, cursor: next }
  expect((await refusal(() => collection.query(parseQuery(other)))).code).toBe("DOCUMENTS_CURSOR_INVALID")
  const same = { sort: "a", limit: 2, cursor: next }
  expect((await refusal(() => project.store.collection("moving").query(parseQuery(same)))).code).toBe(
    "DOCUMENTS_CURSOR_INVALID",
  )
  const foreign = project.reopen({ cursorKey: new Uint8Array(32).fill(9) }).collection("mixed-0")
  expect((await refusal(() => foreign.query(parseQuery(same)))).code).toBe("DOCUMENTS_CURSOR_INVALID")
  expect((await collection.query(parseQuery(same))).items.length).toBe(2)
})

test("random documents page in the order of memory by random paths", async () => {
  await project.store.collections.create({ name: "random" })
  const collection = project.store.collection("random")
  const random = createRandom(5)
  const stored = await collection.insertMany(Array.from({ length: 120 }, () => generate.document(random)))
  for (let i = 0; i < 20; i++) {
    const order = [...new Set([generate.path(random), generate.path(random)])].map((path) =>
      random.chance(0.5) ? path : `-${path}`,
    )
    const sort = parseSort(order)
    const expected = stored.toSorted((x, y) => comparePositions(sort, sortPosition(sort, x), sortPosition(sort, y)))
    expect(ids(await allPages(collection, { sort: order }, 11))).toBe(ids(expected))
  }
})
