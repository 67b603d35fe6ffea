import { expect, test } from "bun:test"
import { integer, Model, openDatabase, sql, text } from "../index.ts"
import { Where } from "./where.ts"

async function things() {
  const db = await openDatabase("sqlite::memory:")
  class Thing extends Model {
    static database = db
    static table = "things"
    static columns = { id: integer().primary(), a: integer(), b: text() }
  }
  await db.sql`create table things (id integer primary key, a integer not null, b text not null)`.run()
  await Thing.insertMany([
    { a: 1, b: "x" },
    { a: 2, b: "y" },
  ])
  return { db, Thing }
}

test("a query that was built before is the same shape, with the plan it had, whatever its values are", async () => {
  const { db, Thing } = await things()
  const build = (a: number, b: string, ids: number[]) =>
    Thing.where("a", a)
      .orWhere((query) => query.where("b", "like", b).where("id", "in", ids))
      .orderBy("id")
      .limit(a)
  const [one, other] = [build(1, "x", [1, 2]), build(2, "y%", [3, 4])]
  const { shape } = Where.partsOf(one)
  expect(Where.partsOf(other).shape).toBe(shape)
  expect(await one.get()).toHaveLength(1)
  const plan = shape.rows
  expect(plan).toBeDefined()
  expect(await other.get()).toHaveLength(1)
  expect(shape.rows).toBe(plan)
  expect(Where.partsOf(build(1, "x", [1])).shape).not.toBe(shape)
  await db.close()
})

test("a step gives a new query, and leaves the old one as it was", async () => {
  const { db, Thing } = await things()
  const all = Thing.query()
  const some = all.where("a", 1)
  expect(await some.where("b", "y").get()).toEqual([])
  expect(await some.count()).toBe(1)
  expect(await all.count()).toBe(2)
  expect("then" in all).toBe(false)
  await db.close()
})

test("more shapes than are kept give the right rows, and the trie stays small", async () => {
  const { db, Thing } = await things()
  for (let n = 0; n < 3_000; n++) {
    let query = Thing.query()
    for (let bit = 0; bit < 12; bit++) query = n & (1 << bit) ? query.where("a", ">", 0) : query.where("a", "<", 9)
    if (n % 100 === 0) expect(await query.count()).toBe(2)
  }
  // Begun anew in between: what was built first is another node now, and works.
  expect(await Thing.where("a", 2).pluck("b")).toEqual(["y"])
  await db.close()
})

test("what is SQL of the caller's is told apart by its text, and its values are bound", async () => {
  const { db, Thing } = await things()
  const find = (b: string) => Thing.query().whereSql(sql`${sql.id("b")} = ${b}`)
  expect(Where.partsOf(find("x")).shape).toBe(Where.partsOf(find("y")).shape)
  expect(await find("x' or '1'='1").get()).toEqual([])
  expect(() => Thing.query().whereSql("1 = 1" as never)).toThrow(expect.objectContaining({ code: "ORM_QUERY_INVALID" }))
  await db.close()
})
