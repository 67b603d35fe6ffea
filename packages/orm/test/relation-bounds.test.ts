import { afterEach, beforeEach, expect, test } from "bun:test"
import { belongsTo, type Database, hasMany, integer, Model, openDatabase, text } from "../src/index.ts"
import { Where } from "../src/query/where.ts"
import { makeTable } from "../src/testing/model-tables.ts"

let db: Database
beforeEach(async () => {
  db = await openDatabase("sqlite::memory:")
})
afterEach(() => db.close())

async function people() {
  class Person extends Model {
    static database = db
    static table = "people"
    static columns = {
      id: integer().primary(),
      name: text(),
      bossId: integer()
        .nullable()
        .references(() => Person),
    }
    static relations = { boss: belongsTo(() => Person), staff: hasMany(() => Person, { foreignKey: "bossId" }) }
  }
  await makeTable(db, Person)
  const boss = await Person.create({ name: "Ada" })
  await boss.related("staff").create({ name: "Bob" })
  return Person
}

test("paths and names that keep changing are answered right, and not kept for ever", async () => {
  const Person = await people()
  const path = (at: number) => Array.from({ length: 14 }, (_, bit) => ((at >> bit) & 1 ? "boss" : "staff")).join(".")
  const { shape } = Where.partsOf(Person.query())
  for (let at = 0; at < 6_000; at++) {
    const query = Person.query() as unknown as {
      whereHas(path: string): { withCount(name: string): { toSql(): { text: string } } }
    }
    query.whereHas(path(at)).withCount(`staff as n${at}`)
  }
  // Beyond their bound the nodes of a trie are dropped, and begin anew: what is beside them has to be little by itself.
  expect(shape.plans?.size ?? 0).toBeLessThan(10)
  expect(Where.partsOf(Person.query()).shape).not.toBe(shape)
  const rows = await Person.with("boss.staff").withCount("staff as n").orderBy("id").get()
  expect(rows.map((row) => [row.n, row.boss?.staff.length])).toEqual([
    [1, undefined],
    [0, 1],
  ])
})

test("a path has an end, and so has what one query loads", async () => {
  const Person = await people()
  const long = (length: number) => Array.from({ length }, () => "boss").join(".") as "boss"
  expect(await Person.with(long(16)).get()).toHaveLength(2)
  expect(() => Person.with(long(17))).toThrow(expect.objectContaining({ code: "ORM_QUERY_INVALID" }))
  expect(() => Person.whereHas(long(17))).toThrow(expect.objectContaining({ code: "ORM_QUERY_INVALID" }))
})
