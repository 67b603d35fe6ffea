import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { type Database, integer, Model, openDatabase, text } from "@ashlar/orm"
import type { Cache } from "../cache.ts"
import { openCache } from "../open-cache.ts"
import { temporaryDatabase, temporaryFolder } from "../testing/test-database.ts"
import { findServer } from "../testing/test-servers.ts"
import { type CachedQueries, cacheQueries } from "./index.ts"
import { tablesOf } from "./statement-tables.ts"

describe("the tables of a statement", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    ["select * from users", ["users"], []],
    [
      'select 1 from "public"."Users" u join `posts` p on p.id = u.id left join tags using (id)',
      ["users", "posts", "tags"],
      [],
    ],
    ["select * from a, b as x, c where a.id = (select max(id) from d)", ["a", "b", "c", "d"], []],
    ["with t as (select * from a) select * from t", ["a", "t"], []],
    ["select 'from secrets' -- from notes\n from a /* join b */", ["a"], []],
    ["insert into a (x) select y from b", ["b"], ["a"]],
    ["insert or ignore into a values (1)", [], ["a"]],
    ['UPDATE "a" SET x = (select 1 from b)', ["b"], ["a"]],
    ["delete from only a using b where a.x = b.x", ["a", "b"], ["a"]],
    ["with gone as (delete from a returning *) insert into log select * from gone", ["a", "gone"], ["a", "log"]],
    ["truncate table a", [], ["a"]],
    ["insert into a values (1) on conflict (x) do update set y = 1", [], ["a", "set"]],
    ["call refresh()", [], []],
  ])("%s", (statement, read, written) => {
    const { isWrite, ...names } = tablesOf(statement)
    expect(names).toEqual({ read: [...read], written: [...written] } as never)
    expect(isWrite).toBe(!/^(?:select|with t)/i.test(statement))
  })
  test("are found in a time that grows with the text only", () => {
    for (const hostile of [
      "from ".repeat(20_000),
      "'".repeat(50_001),
      `from ${"a,".repeat(30_000)}`,
      "/*".repeat(40_000),
      `from a ${'"'.repeat(50_001)}`,
    ])
      expect(tablesOf(hostile)).toBeDefined()
  })
})

class User extends Model {
  static table = "users"
  static columns = { id: integer().primary(), name: text() }
}

const folder = temporaryFolder()
const postgres = await findServer("PostgreSQL")
const urls: Record<string, string> = { SQLite: `sqlite:${folder}/queries.db` }
if (postgres !== undefined)
  urls.PostgreSQL = await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres")

describe.each(Object.entries(urls))("queries that are kept of %s", (_name, url) => {
  let db: Database
  let cache: Cache
  let queries: CachedQueries
  let asked = 0
  beforeEach(async () => {
    db = await openDatabase(url, { onQuery: ({ text: sql }) => void (/^\s*select name/i.test(sql) && asked++) })
    await db.sql`drop table if exists users`.run()
    await db.sql`drop table if exists posts`.run()
    await db.sql`create table users (id integer primary key, name text not null)`.run()
    await db.sql`create table posts (id integer primary key, name text not null)`.run()
    cache = openCache("memory:")
    queries = cacheQueries({ cache, database: db, cascades: { users: ["posts"] } })
    await db.sql`insert into users (id, name) values (1, 'Ana')`.run()
    asked = 0
  })
  afterEach(async () => {
    queries.close()
    await cache.close()
    await db.close()
  })
  const users = () => queries.rows(db.sql<{ name: string }>`select name from users where id > ${0} order by id`, "1h")
  const posts = () => queries.rows(db.sql<{ name: string }>`select name from posts`, "1h")
  const names = async () => (await users()).map(({ name }) => name)

  test("are asked once, until their table is written to, in whichever way", async () => {
    expect([await names(), await names(), asked]).toEqual([["Ana"], ["Ana"], 1])
    await db.sql`insert into users (id, name) values (2, 'Bob')`.run()
    expect([await names(), asked]).toEqual([["Ana", "Bob"], 2])
    await db
      .kysely<{ users: { id: number; name: string } }>()
      .updateTable("users")
      .set({ name: "Eve" })
      .where("id", "=", 2)
      .execute()
    expect(await names()).toEqual(["Ana", "Eve"])
    await User.in(db).create({ id: 3, name: "Zoe" })
    expect(await names()).toEqual(["Ana", "Eve", "Zoe"])
    await db.sql`insert into posts (id, name) values (1, 'first')`.run()
    asked = 0
    expect([await names(), asked]).toEqual([["Ana", "Eve", "Zoe"], 0])
  })
  test("are told apart by their values", async () => {
    const one = (id: unknown) => queries.rows(db.sql<{ name: string }>`select name from users where id = ${id}`, "1h")
    expect([await one(1), await one(2), await one(1), asked]).toEqual([[{ name: "Ana" }], [], [{ name: "Ana" }], 2])
  })
  test("are dropped when a transaction is committed, and never when it is undone", async () => {
    await names()
    await db
      .transaction(async () => {
        await db.sql`insert into users (id, name) values (2, 'Bob')`.run()
        expect(await names()).toEqual(["Ana", "Bob"]) // it sees what it wrote, and keeps nothing of it
        throw new RangeError("undone")
      })
      .catch((error) => expect(error).toBeInstanceOf(RangeError))
    asked = 0
    expect([await names(), asked]).toEqual([["Ana"], 0])
    await db.transaction(async () => void (await db.sql`insert into users (id, name) values (2, 'Bob')`.run()))
    expect([await names(), asked]).toEqual([["Ana", "Bob"], 1])
  })
  test("are dropped when a table is that they hang on, and when nobody knows what changed", async () => {
    await Promise.all([names(), posts()])
    await db.sql`delete from users where id = 9`.run()
    await posts()
    expect(asked).toBe(3)
    await queries.invalidate(User, "posts")
    await Promise.all([names(), posts()])
    expect(asked).toBe(5)
    await db.sql`create table if not exists users (id integer)`.run()
    await posts()
    expect(asked).toBe(6)
  })
  test("may be several statements, with models among them", async () => {
    const all = () =>
      queries.remember({ key: "all", tables: [User, "posts"] }, { ttl: "1h", tags: ["mine"] }, async () => ({
        users: (await User.in(db).query().orderBy("id").get()).map((user) => user.toJSON()),
        posts: await db.sql`select name from posts`.all(),
      }))
    expect(await all()).toEqual({ users: [{ id: 1, name: "Ana" }], posts: [] })
    await all()
    expect(asked).toBe(1)
    await User.in(db).create({ id: 2, name: "Bob" })
    expect((await all()).users).toHaveLength(2)
    await cache.invalidate("mine")
    await all()
    expect(asked).toBe(3)
    await queries.remember(
      { key: "wide", tables: Array.from({ length: 40 }, (_, at) => `t${at}`) },
      "1h",
      async () => asked++,
    )
    const error = await queries
      .remember({ key: "rows", tables: [User] }, "1h", () => User.in(db).query().get())
      .catch((cause) => cause)
    expect(error).toMatchObject({ code: "CACHE_VALUE_INVALID" })
  })
})
