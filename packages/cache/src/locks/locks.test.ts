import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { type ManualClock, manualClock, parseDriverUrl } from "@ashlar/core"
import { startProxy } from "@ashlar/core/testing/proxy"
import { openDatabase } from "@ashlar/orm"
import fc from "fast-check"
import { MemoryCells } from "../cells/memory-cells.ts"
import { openIoredisClient } from "../redis/ioredis-client.ts"
import { describeLockStore } from "../testing/lock-suite.ts"
import { temporaryDatabase, temporaryFolder } from "../testing/test-database.ts"
import { findServer } from "../testing/test-servers.ts"
import { CellLocks, type LockState } from "./cell-locks.ts"
import { lockDrivers } from "./drivers.ts"
import { CLOCK_DRIFT } from "./held-lock.ts"
import { LiveLocks } from "./live-locks.ts"
import type { LockStore } from "./lock-store.ts"
import type { Lock } from "./locks.ts"
import { lockGuarantees, openLocks } from "./open-locks.ts"
import { openRedisLocks } from "./redis-locks.ts"

const folder = temporaryFolder()
let handle = 0
const sqliteUrl = () =>
  `sqlite:${join(folder, "locks.db")}?synchronous=NORMAL&acquireTimeoutMs=${10_000 + (handle++ % 2)}`
describeLockStore("memory", { open: () => lockDrivers.open("memory:suite") })
describeLockStore("SQLite", { open: () => lockDrivers.open(sqliteUrl()) })

const [postgres, mariadb, redis] = [
  await findServer("PostgreSQL"),
  await findServer("MariaDB"),
  await findServer("Redis"),
]
const postgresUrl =
  postgres === undefined
    ? undefined
    : await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres")
if (postgresUrl !== undefined) {
  const url = postgresUrl
  describeLockStore("PostgreSQL", { open: () => lockDrivers.open(`${url}?max=${5 + (handle++ % 2)}`) })
}
if (mariadb !== undefined) {
  const url = await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")
  describeLockStore("MariaDB", { open: () => lockDrivers.open(`${url}?max=${5 + (handle++ % 2)}`) })
}
if (redis !== undefined) {
  const url = `redis://127.0.0.1:${redis}?prefix=ashlar-test`
  describeLockStore("Redis, by Bun's client", { open: () => lockDrivers.open(url) })
  const options = { prefix: "ashlar-test", connectTimeoutMs: 2_000, commandTimeoutMs: 2_000 }
  describeLockStore("Redis, by ioredis", {
    open: () => openRedisLocks(parseDriverUrl(url), options, openIoredisClient),
  })
}

/** A clock that shows something else than the true time, and goes somewhat faster or slower. */
const skewed = (trueTime: ManualClock, offsetMs: number, rate: number) => ({
  now: () => offsetMs + (trueTime.now() - START) * rate,
})
const START = Date.UTC(2026, 0, 1)

describe("whatever the clocks show", () => {
  const TTL_MS = 1_000
  /** Rates of two clocks that differ by no more than is promised. */
  const DRIFT = CLOCK_DRIFT / 2.02
  const drift = fc.oneof(fc.constantFrom(-DRIFT, DRIFT), fc.double({ min: -DRIFT, max: DRIFT, noNaN: true }))
  const client = fc.record({ offsetMs: fc.integer({ min: -1e9, max: 1e9 }), rate: drift })
  const step = fc.record({
    act: fc.constantFrom("try", "try", "extend", "release", "wait", "wait"),
    who: fc.nat(2),
    ms: fc.oneof(fc.integer({ min: 0, max: 1_500 }), fc.integer({ min: 985, max: 1_015 })),
    delayMs: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(60) }),
  })

  test("a lock is never held twice, by what its holders believe, and fences only grow", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(client, client, client),
        drift,
        fc.array(step, { maxLength: 60 }),
        async (clients, storeRate, steps) => {
          const time = manualClock(START)
          const inner = new CellLocks(new MemoryCells<LockState>(100, skewed(time, START, 1 + storeRate)))
          let delayMs = 0
          // The way to the store and back takes time, in which others act.
          const slow = async <T>(answer: () => T | Promise<T>): Promise<T> => {
            time.advance(delayMs)
            const given = await answer()
            time.advance(delayMs)
            return given
          }
          const store: LockStore = {
            attempt: (...args) => slow(() => inner.attempt(...args)),
            extend: (...args) => slow(() => inner.extend(...args)),
            release: (...args) => slow(() => inner.release(...args)),
            close: async () => undefined,
          }
          const parties = clients.map(({ offsetMs, rate }) => {
            const steady = skewed(time, 0, 1 + rate)
            return new LiveLocks(async () => store, { steady, wall: skewed(time, START + offsetMs, 1 + rate) })
          })
          const held: (Lock | undefined)[] = [undefined, undefined, undefined]
          let lastFence = 0
          for (const { act, who, ms, delayMs: delay } of steps) {
            delayMs = delay
            if (act === "wait") time.advance(ms)
            else if (act === "extend") await held[who]?.extend(`${TTL_MS}ms`).catch(() => undefined)
            else if (act === "release") await held[who]?.release()
            else if (!held[who]?.isHeld) {
              const lock = await parties[who]!.try("invoice", { ttl: `${TTL_MS}ms` })
              if (lock !== undefined) {
                expect(lock.fence).toBeGreaterThan(lastFence)
                lastFence = lock.fence
                held[who] = lock
              }
            }
            expect(held.filter((lock) => lock?.isHeld).length).toBeLessThanOrEqual(1)
          }
        },
      ),
      { numRuns: 1_000 },
    )
  })
  test("a jump of the wall clock forward, as after a sleep, loses the lock and never keeps it", async () => {
    const time = manualClock(START)
    const wall = manualClock(START)
    const locks = new LiveLocks(async () => new CellLocks(new MemoryCells<LockState>(10, time)), { steady: time, wall })
    const lock = (await locks.try("a", { ttl: "10s" }))!
    wall.advance(11_000)
    expect(lock.isHeld).toBe(false)
    expect(await lock.release()).toBe(false)
    expect((await locks.try("a"))?.isHeld).toBe(true)
  })
  test("a fence is larger than the last one though that was forgotten", async () => {
    const clock = manualClock(START)
    const fenceOf = async () =>
      (
        (await new CellLocks(new MemoryCells<LockState>(10, clock)).attempt({ name: "a", owner: "b" }, 10)) as {
          fence: number
        }
      ).fence
    const first = await fenceOf()
    clock.advance(1)
    expect(await fenceOf()).toBeGreaterThan(first)
  })
})

test("a lock is taken outside of the transaction that its caller is in", async () => {
  if (postgresUrl === undefined) return
  const url = postgresUrl
  const [database, locks, others] = [await openDatabase(url), openLocks(url), openLocks(url)]
  await database
    .transaction(async () => {
      expect(await locks.try("a")).toBeDefined()
      throw new RangeError("undone")
    })
    .catch((error) => expect(error).toBeInstanceOf(RangeError))
  expect(await others.try("a")).toBe(undefined)
  await Promise.all([locks.close(), others.close()])
  await database.close()
})

describe.if(redis !== undefined)("a connection to Redis that is lost", () => {
  test("fails the try, and tells the holder when the time is over", async () => {
    const proxy = await startProxy(redis!)
    const locks = openLocks(`redis://127.0.0.1:${proxy.port}?prefix=ashlar-test-faults&commandTimeoutMs=200`)
    const name = crypto.randomUUID()
    const error = await locks
      .with(name, { ttl: "400ms" }, async ({ signal }) => {
        proxy.swallow(true)
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()))
      })
      .catch((cause) => cause)
    expect(error).toMatchObject({ code: "CACHE_LOCK_LOST" })
    expect(await locks.try(name).catch((cause) => cause)).toMatchObject({ code: "CACHE_STORE_FAILED" })
    await locks.close()
    await proxy.close()
    expect(await locks.try(name).catch((cause) => cause)).toMatchObject({ code: "CACHE_CLOSED" })
  })
})

test("what they promise is data, and what is wrong is said before anything is opened", async () => {
  expect(lockGuarantees("memory:")).toEqual({
    crossProcess: false,
    durable: false,
    fencing: true,
    maxClockDriftPercent: 2,
  })
  expect(lockGuarantees("mysql://h/d")).toMatchObject({ crossProcess: true, durable: true })
  expect(() => openLocks("file:x")).toThrow(expect.objectContaining({ code: "CORE_DRIVER_UNKNOWN" }))
  const locks = openLocks("memory:")
  for (const [name, options, code] of [
    ["", {}, "CACHE_KEY_INVALID"],
    ["a", { ttl: "1ms" }, "CACHE_OPTION_INVALID"],
    ["a", { ttl: "long" }, "CACHE_OPTION_INVALID"],
  ] as const)
    expect(await locks.try(name, options as never).catch((error) => error)).toMatchObject({ code })
  expect(
    await openLocks("sqlite::memory:")
      .try("a")
      .catch((error) => error),
  ).toMatchObject({ code: "CORE_DRIVER_URL_INVALID" })
})
