/** What is SQLite's alone: the file, other processes that write to it, and a disk without room. */
import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase } from "../src/index.ts"

const folder = mkdtempSync(join(tmpdir(), "orm-sqlite-"))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
const freshUrl = (options = "") => `sqlite:${join(folder, `${++files}.db`)}${options}`

test("the file is in WAL, every commit is synced, and foreign keys hold", async () => {
  await using db = await openDatabase(freshUrl())
  const value = async (query: Promise<object | undefined>) => Object.values((await query) ?? {})[0]
  await db.transaction(async (tx) => {
    expect(await value(tx.sql`pragma journal_mode`.first())).toBe("wal")
    expect(await value(tx.sql`pragma synchronous`.first())).toBe(2)
    expect(await value(tx.sql`pragma foreign_keys`.first())).toBe(1)
  })
})

test("a transaction is not in the way of those who read, and they do not see it", async () => {
  await using db = await openDatabase(freshUrl())
  await db.sql`create table t (n integer)`.run()
  const { promise, resolve } = Promise.withResolvers<void>()
  const writing = db.transaction(async (tx) => {
    await tx.sql`insert into t values (1)`.run()
    await promise
  })
  expect(await db.sql`select count(*) as c from t`.first()).toEqual({ c: 0 })
  resolve()
  await writing
  expect(await db.sql`select count(*) as c from t`.first()).toEqual({ c: 1 })
})

test("an open stream does not hide what is written meanwhile from other readers", async () => {
  await using db = await openDatabase(freshUrl())
  await db.sql`create table t (n integer)`.run()
  await db.sql`insert into t values (1), (2), (3)`.run()
  const stream = db.stream(db.sql`select n from t`, { chunkRows: 1 })
  await stream.next()
  await db.sql`insert into t values (4)`.run()
  expect(await db.sql`select count(*) as c from t`.first()).toEqual({ c: 4 })
  expect((await Array.fromAsync(stream)).length).toBe(2)
})

test("another process that writes is waited for, without stopping the event loop, and for a time only", async () => {
  const url = freshUrl()
  await using db = await openDatabase(url)
  await db.sql`create table t (n integer)`.run()
  await using impatient = await openDatabase(`${url}?busyTimeoutMs=50`)
  await using patient = await openDatabase(`${url}?busyTimeoutMs=10000`)
  const { promise, resolve } = Promise.withResolvers<void>()
  const writing = db.transaction(async (tx) => {
    await tx.sql`insert into t values (1)`.run()
    await promise
  })
  await Bun.sleep(5)
  await expect(impatient.sql`insert into t values (2)`.run()).rejects.toMatchObject({ code: "ORM_LOCK_TIMEOUT" })
  let turns = 0
  const ticking = setInterval(() => turns++, 1)
  const waiting = patient.transaction((tx) => tx.sql`insert into t values (3)`.run())
  await Bun.sleep(100)
  clearInterval(ticking)
  expect(turns).toBeGreaterThan(5)
  resolve()
  await Promise.all([writing, waiting])
  expect(await db.sql`select n from t order by n`.all()).toEqual([{ n: 1 }, { n: 3 }])
})

test("a BEGIN that is called off while it waits begins nothing later", async () => {
  const url = freshUrl()
  await using db = await openDatabase(url)
  await db.sql`create table t (n integer)`.run()
  await using other = await openDatabase(`${url}?busyTimeoutMs=10000`)
  const { promise, resolve } = Promise.withResolvers<void>()
  const writing = db.transaction(async (tx) => {
    await tx.sql`insert into t values (1)`.run()
    await promise
  })
  await Bun.sleep(5)
  const late = other.transaction((tx) => tx.sql`insert into t values (2)`.run(), { timeoutMs: 50 })
  await expect(late).rejects.toMatchObject({ code: "ORM_TIMEOUT" })
  resolve()
  await writing
  await Bun.sleep(120)
  await other.sql`insert into t values (3)`.run()
  await db.sql`insert into t values (4)`.run()
  expect(await db.sql`select n from t order by n`.all()).toEqual([{ n: 1 }, { n: 3 }, { n: 4 }])
})

test("a full disk undoes the transaction, says so, and is got over", async () => {
  await using db = await openDatabase(freshUrl())
  await db.sql`create table t (n integer, b blob)`.run()
  await db.sql`pragma max_page_count = 20`.run()
  const fill = db.transaction(async (tx) => {
    await tx.sql`insert into t values (1, null)`.run()
    await tx.sql`insert into t values (2, zeroblob(1000000))`.run().catch(() => undefined)
    await tx.sql`insert into t values (3, null)`.run().catch(() => undefined)
  })
  await expect(fill).rejects.toMatchObject({ code: "ORM_DISK_FULL", status: 507 })
  await db.sql`insert into t values (4, null)`.run()
  expect(await db.sql`select n from t`.all()).toEqual([{ n: 4 }])
})

test("more texts than are kept prepared give the right rows", async () => {
  await using db = await openDatabase(freshUrl("?preparedStatements=2&max=1"))
  for (let round = 0; round < 3; round++)
    for (let n = 0; n < 6; n++) {
      const kysely = db.kysely()
      const text = kysely.selectNoFrom((e) => e.val(n).as(`c${n}`)).compile()
      expect(await Array.fromAsync(db.stream({ compile: () => text }))).toEqual([{ [`c${n}`]: n }])
      expect((await kysely.executeQuery(text)).rows).toEqual([{ [`c${n}`]: n }])
    }
  await db.sql`create table t (n integer)`.run()
  expect(
    (
      await db
        .kysely<{ t: { n: number } }>()
        .insertInto("t")
        .values([{ n: 1 }, { n: 2 }])
        .returning("n")
        .executeTakeFirstOrThrow()
    ).n,
  ).toBe(1)
  expect((await db.sql`insert into t values (3), (4) returning n`.run()).changes).toBe(2)
})

test("what cannot be opened is said at once", async () => {
  const notes = join(folder, "notes.txt")
  writeFileSync(notes, "This is no database. ".repeat(200))
  for (const url of [`sqlite:${folder}/nowhere/a.db`, `sqlite:${notes}`])
    await expect(openDatabase(url)).rejects.toMatchObject({ code: "ORM_CONNECT_FAILED" })
})
