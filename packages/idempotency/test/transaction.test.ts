import { afterAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { type BaseContext, createApp, errors, fail, Reply } from "@ashlar/http"
import { type Database, defineDatabase, openDatabase } from "@ashlar/orm"
import { idempotencyDrivers } from "../src/drivers/drivers.ts"
import { idempotent, openIdempotency } from "../src/index.ts"

const [postgres, mariadb] = [await findServer("PostgreSQL"), await findServer("MariaDB")]
const urls: readonly (readonly [string, string])[] = [
  ["SQLite", `sqlite:${join(temporaryFolder(), "shop.db")}`],
  ...(postgres === undefined
    ? []
    : [
        [
          "PostgreSQL",
          await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"),
        ] as const,
      ]),
  ...(mariadb === undefined
    ? []
    : [["MariaDB", await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")] as const]),
]

describe.each(urls)("a request in a transaction on %s", async (_name, url) => {
  const database = await openDatabase(url)
  await database.sql`create table orders (made varchar(100) primary key)`.run()
  const store = await idempotencyDrivers.open(url)
  const Db = defineDatabase(() => url)
  afterAll(() => Promise.all([database.close(), store.close()]))

  function stage(work: (ctx: BaseContext, db: Database, runs: number) => unknown, leaseMs = 30_000) {
    const key = crypto.randomUUID()
    const seen = { runs: 0 }
    const once = idempotent({ store: openIdempotency(store), scope: () => "ana", transaction: Db, leaseMs })
    const app = createApp({ onError: () => undefined })
    app.post("/", { layers: [once] }, async (ctx) => {
      const runs = ++seen.runs
      await database.sql`insert into orders (made) values (${`${key} ${runs}`})`.run()
      return (await work(ctx as BaseContext, database, runs)) as string
    })
    const ask = async () => {
      const init = { method: "POST", body: "{}", headers: { "idempotency-key": key } }
      const response = await app.fetch(new Request("http://localhost/", init))
      return { status: response.status, text: await response.text() }
    }
    const orders = async () =>
      (
        await database.sql<{ made: string }>`select made from orders where made like ${`${key}%`} order by made`.all()
      ).map(({ made }) => made.slice(key.length + 1))
    return { ask, orders, seen, key, app }
  }

  test("is committed with its answer, whatever connection asks", async () => {
    const { ask, orders, app } = stage((_ctx, _db, runs) => new Reply(201, `made ${runs}`))
    expect([await ask(), await ask()]).toEqual([
      { status: 201, text: "made 1" },
      { status: 201, text: "made 1" },
    ])
    expect(await orders()).toEqual(["1"])
    await app.stop()
  })
  test("is undone by what the server is to blame for, and done again", async () => {
    const ends: readonly (() => unknown)[] = [
      () => Promise.reject(new RangeError("a defect")),
      () => new Reply(503, "away"),
      () => fail(errors.Unavailable, "away"),
      () => "done",
    ]
    const { ask, orders, app } = stage((_ctx, _db, runs) => ends[runs - 1]!())
    const statuses: number[] = []
    for (const _ of ends) statuses.push((await ask()).status)
    expect([statuses, (await ask()).text, await orders()]).toEqual([[500, 503, 503, 200], "done", ["4"]])
    await app.stop()
  })
  test.each<[string, () => unknown, string[]]>([
    ["an error that is thrown", () => Promise.reject(new errors.Conflict("sold")), []],
    ["an error that is returned", () => fail(errors.Conflict, "sold"), []],
    ["an answer that says so", () => new Reply(409, "sold"), ["1"]],
  ])("is undone by %s, and not done again", async (_what, work, left) => {
    const { ask, orders, seen, app } = stage(work)
    expect([(await ask()).status, (await ask()).status, seen.runs, await orders()]).toEqual([409, 409, 1, left])
    await app.stop()
  })
  test("keeps the client's error even where the database refused a statement", async () => {
    const { ask, orders, seen, app } = stage(async (_ctx, db) => {
      await db.sql`insert into orders (made) values (null)`.run().catch(() => undefined)
      throw new errors.Conflict("no such")
    })
    expect([(await ask()).status, (await ask()).status, seen.runs, await orders()]).toEqual([409, 409, 1, []])
    await app.stop()
  })
  test("of many at once is done once, and whoever asks meanwhile is told so", async () => {
    const { ask, orders, seen, app } = stage(async () => {
      await Bun.sleep(50)
      return "done"
    })
    const all = await Promise.all(Array.from({ length: 12 }, () => ask()))
    expect(new Set(all.map(({ status }) => status)).difference(new Set([200, 409])).size).toBe(0)
    expect([(await ask()).text, seen.runs, await orders()]).toEqual(["done", 1, ["1"]])
    await app.stop()
  })
  test("is undone when its claim ran out and another try has begun: IDEMPOTENCY_CLAIM_LOST", async () => {
    const gate = Promise.withResolvers<void>()
    const { ask, orders, seen, app } = stage(async (_ctx, _db, runs) => {
      if (runs === 1) await gate.promise
      return `done ${runs}`
    }, 100)
    const extend = store.extend
    store.extend = async () => false // asleep: no sign of life
    try {
      const first = ask()
      while (seen.runs === 0) await Bun.sleep(5)
      await Bun.sleep(400)
      store.extend = extend // the next one is awake
      // SQLite has one transaction at a time: there the other one can only begin once this one has ended.
      const second = url.startsWith("sqlite:") ? undefined : await ask()
      gate.resolve()
      expect(await first).toMatchObject({ status: 503, text: expect.stringContaining("IDEMPOTENCY_CLAIM_LOST") })
      expect((second ?? (await ask())).text).toBe("done 2")
      expect([(await ask()).text, await orders()]).toEqual(["done 2", ["2"]])
    } finally {
      store.extend = extend
    }
    await app.stop()
  })
})

test("a store that is no database cannot: IDEMPOTENCY_OPTION_INVALID", async () => {
  const told: unknown[] = []
  const app = createApp({ onError: (error) => told.push(error) })
  const once = idempotent({
    store: openIdempotency("memory:"),
    scope: () => "ana",
    transaction: defineDatabase(() => "sqlite::memory:"),
  })
  app.post("/", { layers: [once] }, () => "done")
  const init = { method: "POST", headers: { "idempotency-key": "a" } }
  expect((await app.fetch(new Request("http://localhost/", init))).status).toBe(500)
  expect(told).toMatchObject([{ code: "IDEMPOTENCY_OPTION_INVALID" }])
  await app.stop()
})
