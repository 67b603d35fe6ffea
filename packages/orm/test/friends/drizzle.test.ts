/** Drizzle and Ashlar on one connection: one commit, one rollback, the same rows. */
import { beforeEach, describe, expect, test } from "bun:test"
import { eq, sql as raw } from "drizzle-orm"
import * as my from "drizzle-orm/mysql-core"
import * as pg from "drizzle-orm/pg-core"
import * as lite from "drizzle-orm/sqlite-core"
import { drizzleMysql, drizzlePostgres, drizzleSqlite } from "../../src/friends/drizzle.ts"
import { openDatabase } from "../../src/index.ts"
import { describeFriend, type Stage } from "./stage.ts"

const at = new Date("2020-01-02T03:04:05.678Z")

const postgresNotes = pg.pgTable("notes", {
  id: pg.serial().primaryKey(),
  title: pg.text().notNull(),
  big: pg.bigint({ mode: "bigint" }),
  at: pg.timestamp({ precision: 3 }),
  price: pg.numeric(),
  json: pg.jsonb(),
  ok: pg.boolean(),
  authorId: pg.integer("author_id"),
})
const postgresAuthors = pg.pgTable("authors", { id: pg.serial().primaryKey(), name: pg.text().notNull() })
const sqliteNotes = lite.sqliteTable("notes", {
  id: lite.integer().primaryKey(),
  title: lite.text().notNull(),
  big: lite.integer(),
  at: lite.integer({ mode: "timestamp_ms" }),
  price: lite.numeric(),
  json: lite.text({ mode: "json" }),
  ok: lite.integer({ mode: "boolean" }),
  authorId: lite.integer("author_id"),
})
const sqliteAuthors = lite.sqliteTable("authors", { id: lite.integer().primaryKey(), name: lite.text().notNull() })
const mysqlNotes = my.mysqlTable("notes", {
  id: my.int().primaryKey().autoincrement(),
  title: my.text().notNull(),
  big: my.bigint({ mode: "bigint" }),
  at: my.datetime({ fsp: 3 }),
  price: my.decimal(),
  json: my.json(),
  ok: my.boolean(),
  authorId: my.int("author_id"),
})
const mysqlAuthors = my.mysqlTable("authors", { id: my.int().primaryKey().autoincrement(), name: my.text().notNull() })

/** What the tests do with each, in one form: the three have types of their own. */
function open(dialect: Stage["db"]["dialect"], db: Stage["db"]) {
  const postgres = { drizzle: () => drizzlePostgres(db), notes: postgresNotes, authors: postgresAuthors }
  const sqlite = { drizzle: () => drizzleSqlite(db), notes: sqliteNotes, authors: sqliteAuthors }
  const mysql = { drizzle: () => drizzleMysql(db), notes: mysqlNotes, authors: mysqlAuthors }
  const { drizzle, notes, authors } = { postgres, sqlite, mysql }[dialect] as unknown as typeof postgres
  return { drizzle: drizzle(), notes, authors }
}

await describeFriend(["sqlite", "postgres", "mysql"], (dialect, stage) => {
  beforeEach(async () => {
    await stage().db.sql`delete from notes`.run()
    await stage().db.sql`delete from authors`.run()
  })

  test("both write in one transaction, which keeps all or nothing", async () => {
    const { db, titles } = stage()
    const { drizzle, notes } = open(dialect, db)
    await db.transaction(async (tx) => {
      await drizzle.insert(notes).values({ title: "a" })
      await tx.sql`insert into notes (title) values (${"b"})`.run()
      expect((await drizzle.select({ title: notes.title }).from(notes)).length).toBe(2)
    })
    const undone = db.transaction(async () => {
      await drizzle.insert(notes).values({ title: "c" })
      await db.sql`insert into notes (title) values ('d')`.run()
      throw new RangeError("undo")
    })
    await expect(undone).rejects.toThrow("undo")
    expect(await titles()).toEqual(["a", "b"])
  })

  test("Drizzle's transaction is the database's, nested ones are savepoints, and rollback undoes", async () => {
    const { db, titles } = stage()
    const { drizzle, notes } = open(dialect, db)
    await drizzle.transaction(async (tx) => {
      await tx.insert(notes).values({ title: "a" })
      await db.sql`insert into notes (title) values ('b')`.run()
      const inner = tx.transaction(async (nested) => {
        await nested.insert(notes).values({ title: "c" })
        nested.rollback()
      })
      await expect(inner).rejects.toThrow()
    })
    await expect(
      drizzle.transaction(async (tx) => {
        await tx.insert(notes).values({ title: "d" })
        tx.rollback()
      }),
    ).rejects.toThrow()
    expect(await titles()).toEqual(["a", "b"])
  })

  test("concurrent transactions stay apart, and what is written outside is no part of them", async () => {
    const { db, titles } = stage()
    const { drizzle, notes } = open(dialect, db)
    const all = ["1", "2", "3", "4", "5", "6"].map((title) =>
      db
        .transaction(async () => {
          await drizzle.insert(notes).values({ title })
          if (Number(title) % 2 === 0) throw new RangeError("undo")
        })
        .catch(() => undefined),
    )
    await Promise.all([...all, drizzle.insert(notes).values({ title: "out" })])
    expect(await titles()).toEqual(["1", "3", "5", "out"])
  })

  test("values come back as they went, and columns of one name in a join are two", async () => {
    const { db } = stage()
    const { drizzle, notes, authors } = open(dialect, db)
    const big = (dialect === "sqlite" ? 7 : 2n ** 53n + 1n) as bigint
    const note = { title: "n", big, at, price: "1.5", json: { a: [1, null] }, ok: true }
    await drizzle.insert(authors).values({ name: "Ada" })
    const [author] = await drizzle.select().from(authors)
    await drizzle.insert(notes).values({ ...note, authorId: author?.id ?? 0 })
    const [row] = await drizzle.select().from(notes).innerJoin(authors, eq(notes.authorId, authors.id))
    expect(row?.authors).toEqual({ id: author?.id ?? 0, name: "Ada" })
    expect({ ...row?.notes, price: Number(row?.notes.price) }).toMatchObject({ ...note, price: 1.5 } as object)
    expect(row?.notes.id).not.toBe(undefined as never)
    await drizzle.update(notes).set({ title: "changed" }).where(eq(notes.title, "n"))
    expect((await drizzle.select({ title: notes.title }).from(notes))[0]).toEqual({ title: "changed" })
  })
})

describe("Drizzle", () => {
  test("for another kind of database is refused, and so is what a transaction cannot be", async () => {
    await using db = await openDatabase("sqlite::memory:")
    expect(() => drizzlePostgres(db)).toThrow(expect.objectContaining({ code: "ORM_OPTIONS_INVALID" }))
    expect(() => drizzleSqlite({} as never)).toThrow(expect.objectContaining({ code: "ORM_OPTIONS_INVALID" }))
    const drizzle = drizzleSqlite(db) as unknown as ReturnType<typeof drizzlePostgres>
    for (const config of [{ accessMode: "read only" }, { isolationLevel: "read uncommitted" }] as const)
      await expect(drizzle.transaction(async () => undefined, config)).rejects.toMatchObject({
        code: "ORM_OPTIONS_INVALID",
      })
    expect(await drizzleSqlite(db).all(raw`select 1 as one`)).toHaveLength(1)
  })
})
