import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { createContainer, type ManualClock, manualClock } from "@ashlar/core"
import { openDatabase } from "@ashlar/orm"
import { defineIdempotency, idempotencyGuarantees, openIdempotency } from "../open-idempotency.ts"
import type { Claim, IdempotencyStore } from "../store.ts"
import { describeIdempotencyStore } from "../testing/idempotency-suite.ts"
import { idempotencyDrivers } from "./drivers.ts"
import { MemoryStore } from "./memory.ts"
import { openSqlStore } from "./sql.ts"

const folder = temporaryFolder()
const [postgres, mariadb, redis] = [
  await findServer("PostgreSQL"),
  await findServer("MariaDB"),
  await findServer("Redis"),
]
const claim = (owner: string, id = "a"): Claim => ({ id: id.repeat(64), fingerprint: "f".repeat(64), owner })

let shared: MemoryStore | undefined
let opened = 0
const memoryClock = manualClock()
describeIdempotencyStore("memory", {
  async open() {
    // The two of a case are one: memory has no second connection.
    if (opened++ % 2 === 0 || shared === undefined)
      shared = new MemoryStore({ maxEntries: 100, maxBytes: 10_000_000 }, memoryClock)
    return shared
  },
  pass: (ms) => memoryClock.advance(ms),
})

/** Two pools on one database: a URL that differs is another pool. */
function withClock(name: string, url: string, option: string): void {
  const clock: ManualClock = manualClock()
  let handle = 0
  const open = () => openSqlStore(`${url}${option}${10 + (handle++ % 2)}`, clock)
  describeIdempotencyStore(`${name}, by the test's clock`, { open, pass: (ms) => clock.advance(ms) })
  describeIdempotencyStore(`${name}, by its own clock`, {
    open: () => idempotencyDrivers.open(`${url}${option}${10 + (handle++ % 2)}`),
  })
}
const sqliteUrl = `sqlite:${join(folder, "keys.db")}`
withClock("SQLite", sqliteUrl, "?synchronous=NORMAL&acquireTimeoutMs=100")
const postgresUrl =
  postgres && (await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"))
if (postgresUrl) withClock("PostgreSQL", postgresUrl, "?max=")
const mysqlUrl = mariadb && (await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, ""))
if (mysqlUrl) withClock("MariaDB", mysqlUrl, "?max=")
const redisUrl = redis && `redis://127.0.0.1:${redis}?prefix=ashlar-test-${crypto.randomUUID().slice(0, 8)}`
if (redisUrl) describeIdempotencyStore("Redis", { open: () => idempotencyDrivers.open(redisUrl) })

describe.each([["SQLite", sqliteUrl], ...(postgresUrl ? [["PostgreSQL", postgresUrl]] : [])] as [string, string][])(
  "an answer kept in a transaction on %s",
  (_name, url) => {
    test("is there when it was committed, not when it was undone, and not by one who lost the claim", async () => {
      const clock = manualClock()
      const [database, store] = [await openDatabase(url), await openSqlStore(url, clock)]
      const [id, gone] = [crypto.randomUUID().slice(0, 1), new RangeError("undone")]
      const mine = { ...claim("mine"), id: `${id}${crypto.randomUUID()}` }
      await store.begin(mine, 1_000)
      const undo = async () => {
        expect(await database.transaction((tx) => store.keepIn!(tx, mine, "undone", 60_000))).toBe(true)
        throw gone
      }
      expect(await database.transaction(undo).catch((error) => error)).toBe(gone)
      expect((await store.begin({ ...mine, owner: "other" }, 1_000)).state).toBe("running")
      clock.advance(1_001)
      expect((await store.begin({ ...mine, owner: "other" }, 1_000)).state).toBe("begun")
      expect(await database.transaction((tx) => store.keepIn!(tx, mine, "late", 60_000))).toBe(false)
      await database.transaction((tx) => store.keepIn!(tx, { ...mine, owner: "other" }, "kept", 60_000))
      expect(await store.begin(mine, 1_000)).toMatchObject({ state: "kept", answer: "kept" })
      await Promise.all([store.close(), database.close()])
    })
    test("is swept away when its time is over, and no other", async () => {
      const clock = manualClock()
      const [database, store] = [await openDatabase(url), await openSqlStore(url, clock)]
      await database.sql`delete from ashlar_idempotency`.run()
      await store.begin(claim("a", "1"), 1_000)
      await store.keep(claim("a", "1"), "short", 1_000)
      await store.begin(claim("a", "2"), 1_000)
      await store.keep(claim("a", "2"), "long", 100_000)
      clock.advance(2_000)
      for (let at = 0; at < 200; at++) await store.begin(claim("b", "2"), 1_000)
      const rows = await database.sql<{ id: string }>`select id from ashlar_idempotency`.all()
      expect(rows).toEqual([{ id: "2".repeat(64) }])
      await Promise.all([store.close(), database.close()])
    })
  },
)

describe("memory is bounded", () => {
  test("and refuses what would make it forget: IDEMPOTENCY_STORE_FULL", async () => {
    const clock = manualClock()
    const few = new MemoryStore({ maxEntries: 2, maxBytes: 1e6 }, clock)
    const small = new MemoryStore({ maxEntries: 100, maxBytes: 1_000 }, clock)
    await few.begin(claim("a", "1"), 1_000)
    await few.begin(claim("a", "2"), 1_000)
    await small.begin(claim("a", "1"), 1_000)
    await small.keep(claim("a", "1"), "x".repeat(500), 1_000)
    for (const store of [few, small] as readonly IdempotencyStore[]) {
      const refused = await store.begin(claim("a", "3"), 1_000).catch((error) => error)
      expect(refused).toMatchObject({ code: "IDEMPOTENCY_STORE_FULL", status: 503 })
    }
    clock.advance(1_001)
    for (const store of [few, small]) expect((await store.begin(claim("a", "3"), 1_000)).state).toBe("begun")
  })
})

describe("a store that fails", () => {
  test("says IDEMPOTENCY_STORE_FAILED, and nothing of its address", async () => {
    for (const url of [
      "redis://user:hidden@127.0.0.1:1?connectTimeoutMs=500",
      "postgres://user:hidden@127.0.0.1:1/d",
    ]) {
      const idempotency = openIdempotency(url)
      const error = await idempotency.store().catch((cause) => cause)
      expect([error.code, String(error.message).includes("hidden")]).toEqual(["IDEMPOTENCY_STORE_FAILED", false])
      await idempotency.close()
    }
  })
  test("while it works too", async () => {
    const url = `sqlite:${join(folder, "broken.db")}`
    const [database, store] = [await openDatabase(url), await openSqlStore(url)]
    await database.sql`drop table ashlar_idempotency`.run()
    const acts = [store.begin(claim("a"), 1_000), store.keep(claim("a"), "x", 1_000), store.end(claim("a"))]
    for (const outcome of await Promise.allSettled(acts))
      expect(outcome).toMatchObject({ reason: { code: "IDEMPOTENCY_STORE_FAILED" } })
    await Promise.all([store.close(), database.close()])
  })
})

describe("opening", () => {
  test("refuses before anything is opened what would not do, and what is none", async () => {
    expect(() => openIdempotency("memory:", { needs: { crossProcess: true } })).toThrow(
      expect.objectContaining({ code: "CORE_DRIVER_GUARANTEE_MISSING" }),
    )
    expect(() => openIdempotency("file:x")).toThrow(expect.objectContaining({ code: "CORE_DRIVER_UNKNOWN" }))
    const error = await openIdempotency("sqlite::memory:")
      .store()
      .catch((cause) => cause)
    expect(error).toMatchObject({ code: "CORE_DRIVER_URL_INVALID" })
  })
  test("says as data what is promised", () => {
    expect(idempotencyGuarantees("memory:")).toEqual({ crossProcess: false, durable: false, transactional: false })
    expect(idempotencyGuarantees("mysql://h/d")).toEqual({ crossProcess: true, durable: true, transactional: true })
    expect(idempotencyGuarantees("valkey://h")).toMatchObject({ crossProcess: true, transactional: false })
  })
  test("is a service of an app, closed with it", async () => {
    const container = createContainer()
    const idempotency = await container.get(defineIdempotency(async () => "memory:"))
    await idempotency.store()
    await container.close()
    expect(await idempotency.store().catch((error) => error)).toMatchObject({ code: "IDEMPOTENCY_CLOSED" })
  })
})
