/**
 * Reads by replicas. Two databases of one server stand in for a database and its copy, so that each answer tells where it is
 * from; what only a copy that receives changes can show is in `standby.test.ts`.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { AsyncLocalStorage } from "node:async_hooks"
import { startProxy } from "@ashlar/core/testing/proxy"
import { type Database, openDatabase, sql } from "../src/index.ts"
import { ownDatabases } from "./databases.ts"

const sides = { primary: await ownDatabases(), copy: await ownDatabases(), other: await ownDatabases() }
const servers = sides.primary.map((_, index) => index).filter((index) => sides.primary[index]?.name !== "SQLite")

beforeAll(async () => {
  for (const [name, databases] of Object.entries(sides))
    for (const index of servers) {
      await databases[index]?.make()
      await using db = await openDatabase(databases[index]?.url ?? "")
      await db.sql`create table place (name varchar(20))`.run()
      await db.sql`insert into place values (${name})`.run()
    }
})
afterAll(async () => {
  for (const databases of Object.values(sides)) for (const index of servers) await databases[index]?.drop()
})

const where = async (db: Pick<Database, "sql">) =>
  (await db.sql<{ name: string }>`select name from place limit 1`.first())?.name
const places = async (db: Database, count: number) =>
  new Set(await Promise.all(Array.from({ length: count }, () => where(db))))

/** Waits until the replicas are as they should be: how long that takes is the machine's business. */
async function until(db: Database, isUsed: readonly boolean[]): Promise<void> {
  const shown = () => db.status().replicas.map((one) => one.isUsed)
  while (!Bun.deepEquals(shown(), isUsed)) await Bun.sleep(5)
}

for (const index of servers) {
  const url = (side: keyof typeof sides) => sides[side][index]?.url ?? ""
  const port = new URL(url("primary")).port
  const through = (proxyPort: number, side: keyof typeof sides) => url(side).replace(`:${port}/`, `:${proxyPort}/`)
  const open = async (options: string, replicas: readonly string[]) => {
    const db = await openDatabase(`${url("primary")}?replicaCheckMs=20&${options}`, { replicas })
    await until(
      db,
      replicas.map(() => true),
    )
    return db
  }

  describe(sides.primary[index]?.name ?? "", () => {
    test("reads go to the replicas in turn, transactions and writes to the primary", async () => {
      await using db = await open("readYourWritesMs=0", [url("copy"), url("other")])
      expect(await places(db, 8)).toEqual(new Set(["copy", "other"]))
      expect(await db.transaction(() => where(db))).toBe("primary")
      expect(await where(db.primary)).toBe("primary")
      await db.sql`insert into place values ('written')`.run()
      expect((await db.sql`delete from place where name = 'written'`.run()).changes).toBe(1)
      const streamed = await Array.fromAsync(db.stream(db.sql`select name from place`))
      expect(["copy", "other"]).toContain(String(streamed[0]?.name))
      const { replicas, readers } = db.status()
      expect(replicas.every(({ pool, error }) => pool.acquired > 0 && error === undefined)).toBe(true)
      expect(readers.acquired).toBe(replicas.reduce((sum, { pool }) => sum + pool.acquired, 0))
      expect(readers.open - readers.idle).toBe(0)
    })

    test("the least busy replica is asked first", async () => {
      await using db = await open("readYourWritesMs=0", [url("copy"), url("other")])
      const held = db.stream(db.sql`select name from place union all select 'more'`, { chunkRows: 1 })
      const { value } = await held.next()
      const free = (value as { name: string }).name === "copy" ? "other" : "copy"
      for (let round = 0; round < 4; round++) expect(await where(db)).toBe(free)
      await held.return()
    })

    test("after a write, reads are the primary's for a time: of the flow that wrote, and of no other", async () => {
      await using db = await open("readYourWritesMs=60000", [url("copy")])
      const outside = AsyncLocalStorage.snapshot()
      await db.flow(async () => {
        expect(await where(db)).toBe("copy")
        await db.sql`update place set name = name`.run()
        expect(await where(db)).toBe("primary")
        await db.flow(async () => expect(await where(db)).toBe("primary"))
        expect(await outside(() => where(db))).toBe("copy")
      })
      await db.flow(async () => {
        await db.transaction(async (tx) => void (await tx.sql`update place set name = name`.run()))
        expect(await where(db)).toBe("primary")
      })
      expect(await where(db.primary)).toBe("primary")
      expect(await where(db)).toBe("copy")
      await db.sql`update place set name = name`.run()
      expect(await where(db)).toBe("primary")
      expect(await db.flow(() => where(db))).toBe("copy")
    })

    test("a replica that goes away is left out, and comes back", async () => {
      const proxy = await startProxy(Number(port))
      await using db = await open(`readYourWritesMs=0&connectTimeoutMs=200`, [through(proxy.port, "copy")])
      expect(await where(db)).toBe("copy")
      proxy.cut()
      proxy.refuse(true)
      await until(db, [false])
      expect(db.status().replicas[0]?.error).toMatch(/^ORM_CONNECT(ION_LOST|_FAILED)$/)
      expect(await places(db, 5)).toEqual(new Set(["primary"]))
      proxy.refuse(false)
      await until(db, [true])
      expect(await where(db)).toBe("copy")
      await proxy.close()
    })

    test("a read whose replica is lost under it is answered by another", async () => {
      const proxy = await startProxy(Number(port))
      await using reading = await openDatabase(`${url("primary")}?readYourWritesMs=0&replicaCheckMs=3600000`, {
        replicas: [through(proxy.port, "copy")],
      })
      await until(reading, [true])
      expect(await where(reading)).toBe("copy")
      // No check comes within the hour: what is found out here, the query itself finds.
      proxy.cut()
      proxy.refuse(true)
      expect(await where(reading)).toBe("primary")
      expect(reading.status().replicas[0]?.isUsed).toBe(false)
      await proxy.close()
    })

    test("a select that writes is refused by the replica, and the primary runs it", async () => {
      await using db = await open("readYourWritesMs=0", [url("copy")])
      if (db.dialect === "postgres") {
        for (const side of ["primary", "copy"] as const) {
          await using one = await openDatabase(url(side))
          await one.sql`create function note() returns text language sql as $$ insert into place values ('noted') returning name $$`.run()
        }
        expect(await db.sql`select note() as name`.all()).toEqual([{ name: "noted" }])
        expect((await db.sql`select name from place where name = 'noted'`.all()).length).toBe(0)
        expect((await db.primary.sql`select name from place where name = 'noted'`.all()).length).toBe(1)
        await db.sql`delete from place where name = 'noted'`.run()
      }
      await using copy = await openDatabase(`${url("copy")}?readOnly=true`)
      await expect(copy.sql`delete from place`.run()).rejects.toMatchObject({ code: "ORM_READ_ONLY" })
      await expect(copy.transaction((tx) => tx.sql`delete from place`.run())).rejects.toMatchObject({
        code: "ORM_READ_ONLY",
      })
      expect(await where(copy)).toBe("copy")
    })

    test("an error of the query is the query's, wherever it ran", async () => {
      await using db = await open("readYourWritesMs=0", [url("copy")])
      await expect(db.sql`select nothing from place`.all()).rejects.toMatchObject({ code: "ORM_STATEMENT_INVALID" })
      await until(db, [true])
      expect(await where(db)).toBe("copy")
    })

    test("replicas of the same login are named in the URL by their hosts, and no secret is shown", async () => {
      const proxy = await startProxy(Number(port))
      const secret = url("primary").replace(/\/\/(\w+)@/, "//$1:hunter2@")
      await using db = await openDatabase(
        `${url("primary")}?replicas=127.0.0.1:${proxy.port},localhost&replicaCheckMs=20&readYourWritesMs=0`,
      )
      await until(db, [true, true])
      expect(db.status().replicas[0]?.url).toContain(`@127.0.0.1:${proxy.port}/`)
      expect(db.status().replicas[1]?.url).toContain(`@localhost:${port}/`)
      expect(await where(db)).toBe("primary")
      await using hidden = await openDatabase(`${secret}?connectTimeoutMs=200`, { replicas: [secret] })
      expect(JSON.stringify(hidden.status())).not.toContain("hunter2")
      await proxy.close()
    })

    test("a replica that is not there keeps nobody waiting", async () => {
      await using db = await openDatabase(`${url("primary")}?replicas=127.0.0.1:1&connectTimeoutMs=200`)
      expect(await where(db)).toBe("primary")
      await db.health()
    })
  })
}

test.each([
  ["sqlite::memory:", ["sqlite::memory:"], "Replicas are for servers"],
  ["postgres://127.0.0.1/a", ["mysql://127.0.0.1/a"], "same kind"],
  ["postgres://127.0.0.1/a", Array<string>(17).fill("postgres://127.0.0.1/b"), "at most 16"],
])("%s with the replicas %j is refused", async (url, replicas, words) => {
  await expect(openDatabase(url, { replicas })).rejects.toMatchObject({
    code: "ORM_OPTIONS_INVALID",
    message: expect.stringContaining(words),
  })
})

test("a file of SQLite that is opened to be read refuses writes", async () => {
  const own = sides.primary.find(({ name }) => name === "SQLite")
  await own?.make()
  await using db = await openDatabase(own?.url ?? "")
  await db.sql`create table t (n integer)`.run()
  await using reading = await openDatabase(`${own?.url}?readOnly=true`)
  expect(await reading.transaction((tx) => tx.sql`select count(*) as c from t`.all())).toEqual([{ c: 0 }])
  await expect(reading.sql`insert into t values (1)`.run()).rejects.toMatchObject({ code: "ORM_READ_ONLY" })
  await expect(openDatabase("sqlite::memory:?readOnly=true")).rejects.toMatchObject({ code: "CORE_DRIVER_URL_INVALID" })
  expect(await db.sql`select ${sql`1`} as one`.first()).toEqual({ one: 1 })
  await db.close()
  await reading.close()
  await own?.drop()
})
