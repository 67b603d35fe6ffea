import assert from "node:assert/strict"
import { AsyncLocalStorage } from "node:async_hooks"
import { type Queryable, sql } from "../index.ts"
import type { DatabaseCase, Stage } from "./database-suite.ts"

function add(on: Queryable, { table }: Stage, id: number): Promise<unknown> {
  return on.sql`insert into ${sql.id(table)} (id, n) values (${id}, ${0})`.run()
}

async function ids({ db, table }: Stage): Promise<number[]> {
  return (await db.sql<{ id: number }>`select id from ${sql.id(table)} order by id`.all()).map(({ id }) => id)
}

const stop = { code: "STOP" }
const fail = (): Promise<never> => Promise.reject(Object.assign(new assert.AssertionError({ message: "stop" }), stop))
const tick = (ms = 5): Promise<void> => new Promise((done) => setTimeout(done, ms))

export const transactionCases: readonly DatabaseCase[] = [
  {
    name: "keeps all of a transaction or nothing, whoever asks within",
    async run(stage) {
      const { db, table } = stage
      const value = await db.transaction(async (tx) => {
        await add(tx, stage, 1)
        await add(db, stage, 2)
        await db.kysely<Record<string, { id: number; n: number }>>().insertInto(table).values({ id: 3, n: 0 }).execute()
        return "done"
      })
      assert.equal(value, "done")
      const undone = db.transaction(async () => {
        await add(db, stage, 4)
        await tick()
        await add(db, stage, 5)
        return await fail()
      })
      await assert.rejects(undone, stop)
      assert.deepEqual(await ids(stage), [1, 2, 3])
    },
  },
  {
    name: "takes part through its handle also where the flow of calls is another",
    async run(stage) {
      const { db, table } = stage
      const elsewhere = AsyncLocalStorage.snapshot()
      const undone = db.transaction(async (tx) => {
        await elsewhere(async () => {
          await add(tx, stage, 1)
          await tx
            .kysely<Record<string, { id: number; n: number }>>()
            .insertInto(table)
            .values({ id: 2, n: 0 })
            .execute()
          await tx.transaction((inner) => add(inner, stage, 3))
          for await (const row of tx.stream(tx.sql`select count(*) as c from ${sql.id(table)}`))
            assert.deepEqual(row, { c: 3 })
        })
        await fail()
      })
      await assert.rejects(undone, stop)
      assert.deepEqual(await ids(stage), [])
    },
  },
  {
    name: "keeps concurrent requests apart: what one undoes, no other loses",
    async run(stage) {
      const { db } = stage
      const all = Array.from({ length: 20 }, async (_, id) => {
        const work = db.transaction(async () => {
          await add(db, stage, id)
          await tick(1)
          if (id % 2 === 0) await fail()
        })
        await work.catch(() => undefined)
      })
      await Promise.all([...all, add(db, stage, 100), add(db, stage, 101)])
      assert.deepEqual(await ids(stage), [1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 100, 101])
    },
  },
  {
    name: "undoes a nested transaction alone, also beside others at the same time",
    async run(stage) {
      const { db } = stage
      await db.transaction(async (tx) => {
        await add(tx, stage, 1)
        await assert.rejects(
          db.transaction(async (inner) => {
            await add(inner, stage, 2)
            // The outer handle within the inner one belongs to the inner one.
            await add(tx, stage, 3)
            await fail()
          }),
          stop,
        )
        const sides = [4, 5, 6, 7].map((id) =>
          tx.transaction(async (side) => {
            await add(side, stage, id)
            await tick(1)
            if (id % 2 === 0) await fail()
          }),
        )
        await Promise.allSettled([...sides, add(tx, stage, 8)])
      })
      assert.deepEqual(await ids(stage), [1, 5, 7, 8])
    },
  },
  {
    name: "goes on after a violation in a nested transaction",
    async run(stage) {
      const { db } = stage
      await db.transaction(async (tx) => {
        await add(tx, stage, 1)
        await assert.rejects(
          tx.transaction((inner) => add(inner, stage, 1)),
          { code: "ORM_UNIQUE_VIOLATION" },
        )
        await add(tx, stage, 2)
      })
      assert.deepEqual(await ids(stage), [1, 2])
    },
  },
  {
    name: "runs what follows a commit after it, and never for what was undone",
    async run(stage) {
      const { db } = stage
      const seen: unknown[] = []
      await db.transaction(async (tx) => {
        await add(tx, stage, 1)
        tx.afterCommit(async () => seen.push(["outer", await ids(stage)]))
        await tx
          .transaction(async (inner) => {
            inner.afterCommit(() => seen.push("undone"))
            await fail()
          })
          .catch(() => undefined)
        await tx.transaction(async (inner) => void inner.afterCommit(() => seen.push("inner")))
        assert.deepEqual(seen, [])
      })
      const undone = db.transaction(async (tx) => {
        tx.afterCommit(() => seen.push("never"))
        await fail()
      })
      await assert.rejects(undone, stop)
      assert.deepEqual(seen, [["outer", [1]], "inner"])
      await db.afterCommit(() => seen.push("at once"))
      assert.equal(seen.at(-1), "at once")
      const failing = db.transaction(async (tx) => {
        await add(tx, stage, 2)
        tx.afterCommit(fail)
        tx.afterCommit(() => seen.push("still"))
      })
      await assert.rejects(failing, { code: "ORM_AFTER_COMMIT_FAILED" })
      assert.equal(seen.at(-1), "still")
      assert.deepEqual(await ids(stage), [1, 2])
    },
  },
  {
    name: "refuses work that outlives its transaction, and what does not fit in one",
    async run(stage) {
      const { db } = stage
      let late: Promise<unknown> | undefined
      let kept: Queryable | undefined
      await db.transaction(async (tx) => {
        kept = tx
        late = tick(20).then(() => add(db, stage, 1))
        late.catch(() => undefined)
      })
      await assert.rejects(Promise.resolve(late), { code: "ORM_TRANSACTION_CLOSED" })
      await assert.rejects(add(kept!, stage, 1), { code: "ORM_TRANSACTION_CLOSED" })
      assert.throws(() => kept!.afterCommit(fail), { code: "ORM_TRANSACTION_CLOSED" })
      for (const text of [sql`begin`, sql` COMMIT`, sql`rollback`, sql`savepoint a`, sql`start transaction`])
        await assert.rejects(db.sql`${text}`.run(), { code: "ORM_TRANSACTION_MISUSED" })
      await assert.rejects(db.kysely().transaction().execute(fail), { code: "ORM_TRANSACTION_MISUSED" })
      await assert.rejects(
        db.transaction(() => db.transaction(fail, { retries: 1 })),
        { code: "ORM_TRANSACTION_MISUSED" },
      )
      for (const options of [{ retries: -1 }, { retries: 1.5 }, { timeoutMs: 0 }, { timeoutMs: Number.NaN }])
        await assert.rejects(db.transaction(fail, options), { code: "ORM_OPTIONS_INVALID" })
      assert.deepEqual(await ids(stage), [])
    },
  },
  {
    name: "waits for what was begun and not awaited, before it commits",
    async run(stage) {
      const { db } = stage
      await db.transaction(async (tx) => {
        for (const id of [1, 2, 3]) add(tx, stage, id).catch(() => undefined)
      })
      assert.deepEqual(await ids(stage), [1, 2, 3])
    },
  },
  {
    name: "streams within a transaction what only that sees, and ends a stream that is left open",
    async run(stage) {
      const { db, table } = stage
      await db.transaction(async (tx) => {
        for (const id of [1, 2, 3, 4]) await add(tx, stage, id)
        const seen: unknown[] = []
        for await (const { id } of tx.stream(tx.sql`select id from ${sql.id(table)} order by id`, { chunkRows: 2 }))
          seen.push(id)
        assert.deepEqual(seen, [1, 2, 3, 4])
        const open = tx.stream(tx.sql`select id from ${sql.id(table)} order by id`, { chunkRows: 1 })
        assert.deepEqual((await open.next()).value, { id: 1 })
        if (db.dialect === "mysql") await assert.rejects(add(tx, stage, 5), { code: "ORM_TRANSACTION_MISUSED" })
        else await add(tx, stage, 5)
      })
      assert.ok((await ids(stage)).length >= 4)
    },
  },
  {
    name: "ends a transaction that takes too long or is called off, and keeps nothing of it",
    async run(stage) {
      const { db } = stage
      const slow = db.transaction(
        async (tx) => {
          await add(tx, stage, 1)
          await tick(2_000)
          await add(tx, stage, 2)
        },
        { timeoutMs: 100 },
      )
      await assert.rejects(slow, { code: "ORM_TIMEOUT" })
      const controller = new AbortController()
      const called = db.transaction(
        async (tx) => {
          await add(tx, stage, 3)
          controller.abort(Object.assign(new assert.AssertionError({ message: "off" }), { code: "OFF" }))
          await tick(500)
        },
        { signal: controller.signal },
      )
      await assert.rejects(called, { code: "OFF" })
      await assert.rejects(db.transaction(fail, { signal: controller.signal }), { code: "OFF" })
      await add(db, stage, 4)
      assert.deepEqual(await ids(stage), [4])
    },
  },
]
