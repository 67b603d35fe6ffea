import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { type Clock, manualClock, parseDriverUrl } from "@ashlar/core"
import fc from "fast-check"
import { MemoryCells } from "../cells/memory-cells.ts"
import { SqlCells } from "../cells/sql-cells.ts"
import { openBunClient } from "../redis/bun-client.ts"
import { openIoredisClient } from "../redis/ioredis-client.ts"
import { describeLimitStore } from "../testing/limit-suite.ts"
import { temporaryDatabase, temporaryFolder } from "../testing/test-database.ts"
import { findServer } from "../testing/test-servers.ts"
import { type LimitState, take } from "./algorithms.ts"
import { CellLimits } from "./limit-store.ts"
import { openRateLimits, rateLimitGuarantees } from "./open-rate-limits.ts"
import { openRedisLimits } from "./redis-limits.ts"

const folder = temporaryFolder()
let handle = 0
const sqlLimits = async (url: string, clock: Clock) =>
  new CellLimits(await SqlCells.open<LimitState>(url, "ashlar_rate_limits", clock))
describeLimitStore("memory", {
  open: async (clock) => new CellLimits(new MemoryCells<LimitState>(1_000, clock)),
  crossProcess: false,
})
const sqliteUrl = () =>
  `sqlite:${join(folder, "limits.db")}?synchronous=NORMAL&acquireTimeoutMs=${10_000 + (handle++ % 2)}`
describeLimitStore("SQLite", { open: (clock) => sqlLimits(sqliteUrl(), clock), crossProcess: true })

const [postgres, mariadb, redis] = [
  await findServer("PostgreSQL"),
  await findServer("MariaDB"),
  await findServer("Redis"),
]
if (postgres !== undefined) {
  const url = await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres")
  describeLimitStore("PostgreSQL", {
    open: (clock) => sqlLimits(`${url}?max=${5 + (handle++ % 2)}`, clock),
    crossProcess: true,
  })
}
if (mariadb !== undefined) {
  const url = await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")
  describeLimitStore("MariaDB", {
    open: (clock) => sqlLimits(`${url}?max=${5 + (handle++ % 2)}`, clock),
    crossProcess: true,
  })
}
if (redis !== undefined) {
  const url = parseDriverUrl(`redis://127.0.0.1:${redis}`)
  const options = { prefix: "ashlar-test", connectTimeoutMs: 2_000, commandTimeoutMs: 2_000 }
  for (const [what, openClient] of [
    ["Bun's client", openBunClient],
    ["ioredis", openIoredisClient],
  ] as const)
    describeLimitStore(`Redis, by ${what}`, {
      open: (clock) => openRedisLimits(url, options, { openClient, clock }),
      crossProcess: true,
    })
  test("limits in Redis go by the server's time where there is no clock", async () => {
    const limit = openRateLimits(`redis://127.0.0.1:${redis}?prefix=ashlar-test`).slidingWindow("time", {
      limit: 1,
      window: "150ms",
    })
    const key = crypto.randomUUID()
    expect([(await limit.take(key)).allowed, (await limit.take(key)).allowed]).toEqual([true, false])
    await Bun.sleep(180)
    expect((await limit.take(key)).allowed).toBe(true)
  })
}

describe("a sliding window", () => {
  const uses = fc.array(fc.record({ waitMs: fc.integer({ min: -50, max: 700 }), cost: fc.nat(4) }), { maxLength: 120 })
  test("never lets more through in any window than its limit, and what it says of later is true", () => {
    fc.assert(
      fc.property(
        uses,
        fc.integer({ min: 4, max: 9 }),
        fc.constantFrom(1_000, 777, 60, 5),
        (steps, limit, windowMs) => {
          const rule = { kind: "window", limit, windowMs } as const
          let state: LimitState | undefined
          let nowMs = 1_000_000
          let keptMs = Number.NEGATIVE_INFINITY
          const taken: { atMs: number; cost: number }[] = []
          for (const { waitMs, cost } of steps) {
            nowMs += waitMs
            // A clock that goes back counts for the latest time that was kept.
            const atMs = Math.max(keptMs, nowMs)
            const before = state === undefined ? undefined : structuredClone(state)
            const { answer, next } = take({ rule, cost }, state, nowMs)
            if (next !== undefined) [state, keptMs] = [next.state, atMs]
            if (answer.allowed) taken.push({ atMs, cost })
            const recent = taken.reduce((sum, use) => sum + (use.atMs > atMs - windowMs ? use.cost : 0), 0)
            expect(recent).toBeLessThanOrEqual(limit)
            expect([answer.remaining >= 0, answer.remaining <= limit]).toEqual([true, true])
            if (!answer.allowed) {
              const later = take({ rule, cost }, structuredClone(before), nowMs + answer.retryAfterMs + 0.001)
              expect(later.answer.allowed).toBe(true)
            }
          }
        },
      ),
    )
  })
})
describe("a token bucket", () => {
  test("never gives more than it held and got back, whatever the clock does", () => {
    const uses = fc.array(fc.record({ waitMs: fc.integer({ min: -500, max: 2_000 }), cost: fc.nat(5) }), {
      maxLength: 80,
    })
    fc.assert(
      fc.property(uses, (steps) => {
        const rule = { kind: "bucket", limit: 5, perMs: 0.002 } as const
        let state: LimitState | undefined
        let [nowMs, taken] = [1_000_000, 0]
        // A bucket begins with the first use that takes something from it: who only asks leaves nothing behind.
        let beganMs: number | undefined
        let latestMs = 0
        for (const { waitMs, cost } of steps) {
          nowMs += waitMs
          latestMs = Math.max(latestMs, nowMs)
          const { answer, next } = take({ rule, cost }, state, nowMs)
          state = next?.state ?? state
          if (answer.allowed) taken += cost
          if (taken === 0) continue
          beganMs ??= nowMs
          expect(taken).toBeLessThanOrEqual(5 + (latestMs - beganMs) * 0.002 + 1e-6)
        }
      }),
    )
  })
})

test("in memory the number of keys is bounded, and those whose time is over go first", async () => {
  const clock = manualClock()
  const store = new CellLimits(new MemoryCells<LimitState>(100, clock))
  const limit = openRateLimits(store).slidingWindow("a", { limit: 1, window: "1s" })
  await limit.take("first")
  for (let at = 0; at < 99; at++) await limit.take(`k${at}`)
  expect((await limit.take("first")).allowed).toBe(false)
  await limit.take("one more")
  expect((await limit.take("first")).allowed).toBe(true)
})

test("what they promise is data, and what is wrong is said", async () => {
  expect(rateLimitGuarantees("redis://h")).toEqual({ crossProcess: true, durable: false, atomic: true })
  expect(() => openRateLimits("file:x")).toThrow(expect.objectContaining({ code: "CORE_DRIVER_UNKNOWN" }))
  const limits = openRateLimits("memory:")
  for (const make of [
    () => limits.slidingWindow("a", { limit: 0, window: "1s" }),
    () => limits.slidingWindow("a", { limit: 1, window: "0ms" }),
    () => limits.slidingWindow("a", { limit: 1.5, window: "1s" }),
    () => limits.tokenBucket("a", { capacity: 1, refill: 0, every: "1s" }),
  ])
    expect(make).toThrow(expect.objectContaining({ code: "CACHE_OPTION_INVALID" }))
  const limit = limits.slidingWindow("a", { limit: 2, window: "1s" })
  for (const cost of [-1, 0.5, 3, Number.NaN])
    expect(await limit.take("k", cost).catch((error) => error)).toMatchObject({ code: "CACHE_OPTION_INVALID" })
  expect(await limit.take("").catch((error) => error)).toMatchObject({ code: "CACHE_KEY_INVALID" })
  await limits.close()
  expect(await limit.take("k").catch((error) => error)).toMatchObject({ code: "CACHE_CLOSED" })
})
