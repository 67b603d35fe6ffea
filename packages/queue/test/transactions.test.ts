import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { detach } from "@ashlar/core"
import { openDatabase } from "@ashlar/orm"
import { defineJob, openQueue } from "../src/index.ts"
import { until } from "../src/testing/queue-cases.ts"
import { uniqueName } from "../src/testing/store-stage.ts"

const [postgres, mysql] = [await findServer("PostgreSQL"), await findServer("MariaDB")]

describeTransactions("SQLite", async () => `sqlite:${join(temporaryFolder(), "app.db")}`)
if (postgres !== undefined)
  describeTransactions("PostgreSQL", () =>
    temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"),
  )
if (mysql !== undefined)
  describeTransactions("MariaDB", () => temporaryDatabase((name) => `mysql://root@127.0.0.1:${mysql}/${name}`, "mysql"))

function describeTransactions(engine: string, open: () => Promise<string>): void {
  describe(`a job and a row in ${engine}`, async () => {
    const url = await open()
    const db = await openDatabase(url)
    const first = openQueue(url) // makes the tables
    await first.ready()
    await first.close()
    await db.sql`create table if not exists users (id integer primary key)`.run()
    const rows = async () => (await db.sql`select id from users`.all()).length
    const welcome = defineJob("welcome", {}, () => void runs++)
    let runs = 0
    const setUp = async () => {
      await db.sql`delete from users`.run()
      runs = 0
      const queue = openQueue(url, { name: uniqueName(), pollMs: 20 })
      queue.work([welcome])
      return queue
    }

    test.each([["in(tx)"], ["within"]])(
      "may be the first that a queue is used for (%s), also where it is undone",
      async (how) => {
        const freshUrl = await open()
        await using fresh = await openDatabase(freshUrl)
        await fresh.sql`create table users (id integer primary key)`.run()
        let done = 0
        const greet = defineJob("greet", {}, () => void done++)
        await using queue = openQueue(freshUrl, { pollMs: 20 })
        const push = () =>
          fresh.transaction(async (tx) => {
            await tx.sql`insert into users (id) values (1)`.run()
            await (how === "within" ? queue : queue.in(tx)).push(greet)
            if (done++ === 0) throw new RangeError("undone")
          })
        expect(push()).rejects.toThrow("undone")
        await push()
        done = 0
        queue.work([greet])
        await until(() => done === 1, "run once")
      },
    )
    test.each([["in(tx)"], ["within"]])("are committed together (%s), and the job is not run before", async (how) => {
      const queue = await setUp()
      const pushed = await db.transaction(async (tx) => {
        await tx.sql`insert into users (id) values (1)`.run()
        const added = await (how === "within" ? queue : queue.in(tx)).push(welcome, undefined, {
          group: "g",
          unique: "u",
        })
        await Bun.sleep(100)
        expect(runs).toBe(0)
        return added
      })
      expect(pushed.isNew).toBe(true)
      await until(() => runs === 1, "run")
      expect(await rows()).toBe(1)
      await queue.close()
    })

    test.each([["in(tx)"], ["within"]])("are undone together (%s)", async (how) => {
      const queue = await setUp()
      const other = openQueue(url, { name: queue.name })
      const fails = db.transaction(async (tx) => {
        await tx.sql`insert into users (id) values (1)`.run()
        const pusher = how === "within" ? queue : queue.in(tx)
        await pusher.push(welcome, undefined, { unique: "u" })
        await pusher.pushBatch([welcome.of(undefined, { group: "g" })], { onEnd: welcome.of() })
        throw new RangeError("undo")
      })
      expect(fails).rejects.toThrow("undo")
      await fails.catch(() => undefined)
      expect(await rows()).toBe(0)
      await Bun.sleep(100)
      expect(runs).toBe(0)
      // Nothing of it is left: neither its key nor the number of its kind.
      expect((await other.push(welcome, undefined, { unique: "u" })).isNew).toBe(true)
      await until(() => runs === 1, "run")
      await Promise.all([queue.close(), other.close()])
    })

    // SQLite has one writer, so nobody makes a kind meanwhile.
    if (engine !== "SQLite")
      test("a kind that another made after the transaction began is the same kind", async () => {
        const queue = openQueue(url, { name: uniqueName() })
        const twin = openQueue(url, { name: queue.name })
        const outside = detach()
        await db.transaction(async (tx) => {
          await tx.sql`select id from users`.all() // from now on it sees what was there
          await outside(() => twin.push(welcome))
          await queue.in(tx).push(welcome, undefined, { group: "g", unique: "u" })
        })
        expect(await queue.counts()).toMatchObject([{ name: "welcome", waiting: 2 }])
        await Promise.all([queue.close(), twin.close()])
      })

    test("take part in a savepoint: what is undone with it is gone, the rest is not", async () => {
      const queue = await setUp()
      await db.transaction(async (tx) => {
        await queue.in(tx).push(welcome)
        await tx
          .transaction(async (inner) => {
            await queue.in(inner).push(welcome)
            throw new RangeError("undo")
          })
          .catch(() => undefined)
      })
      await until(() => runs === 1, "run")
      await Bun.sleep(50)
      expect(runs).toBe(1)
      await queue.close()
    })

    test("a transaction of another database, or none, is refused: QUEUE_TRANSACTION_FOREIGN", async () => {
      const queue = await setUp()
      const other = await openDatabase("sqlite::memory:")
      const codes: unknown[] = []
      const note = (error: unknown) => codes.push((error as { code: unknown }).code)
      await other.transaction((tx) => queue.in(tx).push(welcome).catch(note))
      for (const wrong of [db, {}, undefined]) await queue.in(wrong).push(welcome).catch(note)
      expect(codes).toEqual(Array(4).fill("QUEUE_TRANSACTION_FOREIGN"))
      await Promise.all([queue.close(), other.close()])
    })
  })
}
