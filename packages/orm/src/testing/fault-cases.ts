import assert from "node:assert/strict"
import { startProxy } from "@ashlar/core/testing/proxy"
import { openDatabase, type Queryable, sql } from "../index.ts"
import { withOptions } from "./database-servers.ts"
import type { DatabaseCase, Stage } from "./database-suite.ts"

const tick = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

function gate(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let missing = count
  return () => {
    if (--missing === 0) resolve()
    return promise
  }
}

async function seed({ db, table }: Stage): Promise<void> {
  for (const id of [1, 2]) await db.sql`insert into ${sql.id(table)} (id, n) values (${id}, ${0})`.run()
}

/** Ends a session of the server from another one, as an operator would. */
async function killSession(by: Queryable, id: unknown): Promise<void> {
  if (by.dialect === "postgres") await by.sql`select pg_terminate_backend(${id}::int)`.all()
  else await by.sql`kill ${Number(id)}`.run()
}

const sessionId = async (on: Queryable): Promise<unknown> =>
  (await on.sql`select ${on.dialect === "postgres" ? sql`pg_backend_pid()` : sql`connection_id()`} as id`.first())?.id

const digits = sql`(select 0 as d union all select 1 union all select 2 union all select 3 union all select 4 union all select 5 union all select 6 union all select 7 union all select 8 union all select 9)`

/** Work for at least half a minute: MariaDB's own `sleep` ends without an error when it is interrupted. */
function slow(on: Queryable) {
  if (on.dialect === "postgres") return on.sql`select pg_sleep(${30})`
  const tables = sql.join("abcdefghijk".split("").map((name) => sql`${digits} ${sql.id(name)}`))
  return on.sql`select sum(a.d * b.d * k.d) as s from ${tables}`
}

const servers = ["postgres", "mysql"] as const

export const faultCases: readonly DatabaseCase[] = [
  {
    name: "says that the pool is exhausted, at once or in time, and recovers",
    async run(stage) {
      const db = await stage.openWith("max=1&acquireTimeoutMs=200&maxWaiting=1")
      await db.transaction(async () => undefined)
      const { promise, resolve } = Promise.withResolvers<void>()
      const holds = db.transaction(() => promise)
      await tick(20)
      const outcomes = await Promise.allSettled([db.transaction(async () => 1), db.transaction(async () => 2)])
      for (const outcome of outcomes) {
        assert.equal(outcome.status, "rejected")
        assert.equal((outcome as PromiseRejectedResult).reason.code, "ORM_POOL_EXHAUSTED")
      }
      resolve()
      await holds
      assert.equal(await db.transaction(async () => 3), 3)
      const { open, idle, waiting, acquired, exhausted, opened, closed, waitedMs } = db.status().writers
      assert.deepEqual(
        { open, idle, waiting, exhausted, closed },
        { open: 1, idle: 1, waiting: 0, exhausted: 2, closed: 0 },
      )
      assert.ok(acquired >= 3 && opened === 1 && waitedMs > 0)
    },
  },
  {
    name: "never has more connections than it may, under many callers",
    async run(stage) {
      const db = await stage.openWith("max=3")
      let most = 0
      const work = Array.from({ length: 60 }, async (_, i) => {
        await db.sql`select ${i} + 0 as i`.all()
        most = Math.max(most, db.status().readers.open)
      })
      await Promise.all(work)
      assert.ok(most <= 3 && most >= 1)
    },
  },
  {
    name: "closes after what was begun, refuses what comes then, and answers health",
    async run(stage) {
      const db = await stage.openWith("max=2")
      await db.health()
      const { promise, resolve } = Promise.withResolvers<void>()
      const holds = db.transaction(async (tx) => {
        await promise
        return await tx.sql`select 1 as one`.all()
      })
      await tick(20)
      const closed = db.close()
      await assert.rejects(db.sql`select 1`.all(), { code: "ORM_CLOSED" })
      await assert.rejects(db.health(), { code: "ORM_CLOSED" })
      resolve()
      assert.deepEqual(await holds, [{ one: 1 }])
      await closed
      assert.deepEqual(await stage.db.sql`select 1 as one`.all(), [{ one: 1 }])
    },
  },
  {
    name: "rejects a query whose connection is killed, and goes on with another",
    only: servers,
    async run(stage) {
      const db = await stage.openWith("max=1")
      const id = await sessionId(db)
      const running = slow(db).all()
      running.catch(() => undefined)
      await tick(50)
      await killSession(stage.db, id)
      await assert.rejects(running, { code: "ORM_CONNECTION_LOST" })
      assert.notEqual(await sessionId(db), id)
      const idle = await sessionId(db)
      await killSession(stage.db, idle)
      await tick(50)
      assert.notEqual(await sessionId(db), idle)
    },
  },
  {
    name: "keeps nothing of a transaction whose connection is killed, and runs it no second time",
    only: servers,
    async run(stage) {
      await seed(stage)
      const { db, table } = stage
      let runs = 0
      const work = db.transaction(async (tx) => {
        runs++
        await tx.sql`update ${sql.id(table)} set n = 7`.run()
        await killSession(await stage.openWith("max=1"), await sessionId(tx)).catch(() => undefined)
        await tick(20)
        await tx.sql`update ${sql.id(table)} set n = 8`.run()
      })
      // The pool that kills must not be in the transaction: it is another database's, so it is not.
      await assert.rejects(work, { code: "ORM_CONNECTION_LOST" })
      assert.equal(runs, 1)
      assert.deepEqual(await db.sql`select n from ${sql.id(table)} order by id`.all(), [{ n: 0 }, { n: 0 }])
    },
  },
  {
    name: "stops a statement that takes too long",
    only: servers,
    async run(stage) {
      const db = await stage.openWith("max=1&statementTimeoutMs=100")
      await assert.rejects(slow(db).all(), { code: "ORM_TIMEOUT" })
      assert.deepEqual(await db.sql`select 1 as one`.all(), [{ one: 1 }])
    },
  },
  {
    name: "runs a transaction again after a deadlock, and both are kept once",
    only: servers,
    async run(stage) {
      await seed(stage)
      const { db, table } = stage
      const both = gate(2)
      let runs = 0
      const cross = (first: number, second: number) =>
        db.transaction(async (tx) => {
          const isFirstRun = runs++ < 2
          await tx.sql`update ${sql.id(table)} set n = n + 1 where id = ${first}`.run()
          if (isFirstRun) await both()
          await tx.sql`update ${sql.id(table)} set n = n + 1 where id = ${second}`.run()
        })
      await Promise.all([cross(1, 2), cross(2, 1)])
      assert.equal(runs, 3)
      assert.deepEqual(await db.sql`select n from ${sql.id(table)} order by id`.all(), [{ n: 2 }, { n: 2 }])
    },
  },
  {
    name: "does not commit what is left of a transaction after a deadlock that was swallowed",
    only: servers,
    async run(stage) {
      await seed(stage)
      const { db, table } = stage
      const both = gate(2)
      const cross = (first: number, second: number) =>
        db.transaction(
          async (tx) => {
            await tx.sql`update ${sql.id(table)} set n = n + 1 where id = ${first}`.run()
            await both()
            await tx.sql`update ${sql.id(table)} set n = n + 1 where id = ${second}`.run().catch(() => undefined)
            await tx.sql`update ${sql.id(table)} set n = n + 10`.run().catch(() => undefined)
          },
          { retries: 0 },
        )
      const outcomes = await Promise.allSettled([cross(1, 2), cross(2, 1)])
      const failed = outcomes.filter(({ status }) => status === "rejected") as PromiseRejectedResult[]
      assert.deepEqual(
        failed.map(({ reason }) => reason.code),
        ["ORM_DEADLOCK"],
      )
      assert.deepEqual(await db.sql`select n from ${sql.id(table)} order by id`.all(), [{ n: 11 }, { n: 11 }])
    },
  },
  {
    name: "lets no write skew through: runs again what failed to be serializable",
    only: servers,
    async run(stage) {
      await seed(stage)
      const { db, table } = stage
      const both = gate(2)
      let runs = 0
      const leave = (id: number, retries: number) =>
        db.transaction(
          async (tx) => {
            const isFirstRun = runs++ < 2
            const row = await tx.sql<{ s: number }>`select sum(n) as s from ${sql.id(table)}`.first()
            if (isFirstRun) await both()
            if (Number(row?.s) === 0) await tx.sql`update ${sql.id(table)} set n = 1 where id = ${id}`.run()
          },
          { isolation: "serializable", retries },
        )
      await Promise.all([leave(1, 3), leave(2, 3)])
      assert.equal(runs, 3)
      const total = await db.sql`select sum(n) as s from ${sql.id(table)}`.first()
      // MySQL's sums are decimals, which come as text.
      assert.equal(Number(total?.s), 1)
      await db.sql`update ${sql.id(table)} set n = 0`.run()
      runs = 0
      const again = gate(2)
      const once = (id: number) =>
        db.transaction(
          async (tx) => {
            await tx.sql`select n from ${sql.id(table)}`.all()
            await again()
            await tx.sql`update ${sql.id(table)} set n = 1 where id = ${id}`.run()
          },
          { isolation: "serializable", retries: 0 },
        )
      const outcomes = await Promise.allSettled([once(1), once(2)])
      const failed = outcomes.filter(({ status }) => status === "rejected") as PromiseRejectedResult[]
      assert.deepEqual(
        failed.map(({ reason }) => reason.code),
        [db.dialect === "postgres" ? "ORM_SERIALIZATION_FAILED" : "ORM_DEADLOCK"],
      )
    },
  },
  {
    name: "does not believe a COMMIT that rolled back",
    only: ["postgres"],
    async run(stage) {
      const { db, table } = stage
      const work = db.transaction(async (tx) => {
        await tx.sql`insert into ${sql.id(table)} (id, n) values (1, 1)`.run()
        await tx.sql`select 1 / ${0}::int`.all().catch(() => undefined)
      })
      await assert.rejects(work, { code: "ORM_TRANSACTION_ABORTED" })
      assert.deepEqual(await db.sql`select id from ${sql.id(table)}`.all(), [])
      await assert.rejects(db.sql`select 1 / ${0}::int`.all(), { code: "ORM_QUERY_FAILED" })
    },
  },
  {
    name: "says that it does not know when the connection is lost in the commit",
    only: ["postgres"],
    async run({ db, table }) {
      const name = sql.id(`${table}_end`)
      await db.sql`create function ${name}() returns trigger language plpgsql as 'begin perform pg_terminate_backend(pg_backend_pid()); return new; end'`.run()
      await db.sql`create constraint trigger ending after insert on ${sql.id(table)} deferrable initially deferred for each row execute function ${name}()`.run()
      let runs = 0
      const work = db.transaction(async (tx) => {
        runs++
        await tx.sql`insert into ${sql.id(table)} (id, n) values (1, 1)`.run()
      })
      await assert.rejects(work, { code: "ORM_OUTCOME_UNKNOWN" })
      assert.equal(runs, 1)
      assert.deepEqual(await db.sql`select id from ${sql.id(table)}`.all(), [])
    },
  },
  {
    name: "goes on when a table changes under a prepared statement",
    only: ["postgres"],
    async run(stage) {
      const db = await stage.openWith("max=1")
      const read = (on: Queryable) => on.sql`select * from ${sql.id(stage.table)}`.all()
      for (let round = 0; round < 3; round++) await read(db)
      await db.sql`alter table ${sql.id(stage.table)} add column more integer`.run()
      assert.deepEqual(await read(db), [])
      await read(db)
      await db.sql`alter table ${sql.id(stage.table)} add column still integer`.run()
      await db.transaction(read)
      await read(db)
      await db.sql`alter table ${sql.id(stage.table)} add column last integer`.run()
      await assert.rejects(db.transaction(read, { retries: 0 }), { code: "ORM_SCHEMA_CHANGED" })
    },
  },
  {
    name: "keeps nothing after a lock that was not to be had",
    only: ["mysql"],
    async run(stage) {
      await seed(stage)
      const { db, table } = stage
      await db.transaction(async (tx) => {
        await tx.sql`update ${sql.id(table)} set n = 1 where id = 1`.run()
        const other = await stage.openWith("max=1")
        const work = other.transaction(async (inner) => {
          await inner.sql`set innodb_lock_wait_timeout = 1`.run()
          await inner.sql`update ${sql.id(table)} set n = 5 where id = 2`.run()
          await inner.sql`update ${sql.id(table)} set n = 5 where id = 1`.run().catch(() => undefined)
        })
        await assert.rejects(work, { code: "ORM_LOCK_TIMEOUT" })
      })
      assert.deepEqual(await db.sql`select n from ${sql.id(table)} order by id`.all(), [{ n: 1 }, { n: 0 }])
    },
  },
  {
    name: "says that a server is not there, or not to be entered, without its secrets",
    only: servers,
    async run({ url }) {
      const nobody = url.replace(/:\/\/\w+@[^/]+/, "://someone:hunter2@127.0.0.1:1")
      const db = await openDatabase(withOptions(nobody, "connectTimeoutMs=500"))
      const error = await db.sql`select 1`.all().catch((thrown) => thrown)
      assert.equal(error.code, "ORM_CONNECT_FAILED")
      assert.equal(`${error.message} ${JSON.stringify(error)} ${db.url}`.includes("hunter2"), false)
      await db.close()
      const strict = await openDatabase(withOptions(url, "tls=verify&connectTimeoutMs=500"))
      await assert.rejects(strict.sql`select 1`.all(), { code: "ORM_CONNECT_FAILED" })
      await strict.close()
    },
  },
  {
    name: "gives up a server that vanished without a word, in a query and in a commit",
    only: servers,
    async run({ url }) {
      const proxy = await startProxy(Number(new URL(url).port))
      const through = new URL(url)
      through.port = String(proxy.port)
      const db = await openDatabase(withOptions(`${through}`, "max=2&statementTimeoutMs=1000&connectTimeoutMs=500"))
      await db.health()
      const { promise, resolve } = Promise.withResolvers<void>()
      const committing = db.transaction(async (tx) => {
        await tx.sql`select 1 as one`.all()
        resolve()
        await tick(50)
      })
      await promise
      proxy.swallow(true)
      const reading = db.sql`select 1 as one`.all()
      await Promise.all([
        assert.rejects(committing, { code: "ORM_OUTCOME_UNKNOWN" }),
        assert.rejects(reading, ({ code }) => code === "ORM_CONNECTION_LOST" || code === "ORM_CONNECT_FAILED"),
      ])
      await proxy.close()
      await db.close()
    },
  },
]
