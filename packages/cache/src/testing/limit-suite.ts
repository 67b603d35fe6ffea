import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { type Clock, type ManualClock, manualClock } from "@ashlar/core"
import { take } from "../rate-limits/algorithms.ts"
import type { LimitStore } from "../rate-limits/limit-store.ts"
import { openRateLimits } from "../rate-limits/open-rate-limits.ts"
import type { RateLimits } from "../rate-limits/rate-limits.ts"

export interface LimitSuiteOptions {
  /** Opens the store once more, as another process would, with the time of this clock. */
  readonly open: (clock: Clock) => Promise<LimitStore>
  /** Whether two that were opened count together. */
  readonly crossProcess: boolean
}

interface Stage {
  here: RateLimits
  there: RateLimits
  clock: ManualClock
  name: string
}

/** The suite that every store of rate limits passes. */
export function describeLimitStore(what: string, { open, crossProcess }: LimitSuiteOptions): void {
  describe(`rate limits in ${what}`, () => {
    const stage = {} as Stage
    beforeEach(async () => {
      const clock = manualClock()
      const store = await open(clock)
      const other = crossProcess ? await open(clock) : store
      Object.assign(stage, {
        clock,
        here: openRateLimits(store),
        there: openRateLimits(other),
        name: crypto.randomUUID(),
      })
    })
    afterEach(async () => {
      await Promise.all([stage.here.close(), stage.there.close()])
    })
    describeRules(stage)
    describeAgreement(stage)
  })
}

function describeRules(stage: Stage): void {
  test("a window lets so many through, says when more may come, and counts all who share it", async () => {
    const { here, there, clock, name } = stage
    const rule = { limit: 3, window: "16s" } as const
    const [a, b] = [here.slidingWindow(name, rule), there.slidingWindow(name, rule)]
    expect(await a.take("é k")).toEqual({ allowed: true, limit: 3, remaining: 2, resetMs: 17_000, retryAfterMs: 0 })
    clock.advance(4_500)
    expect(await b.take("é k", 2)).toMatchObject({ allowed: true, remaining: 0 })
    expect(await a.take("é k")).toEqual({
      allowed: false,
      limit: 3,
      remaining: 0,
      resetMs: 16_500,
      retryAfterMs: 12_500,
    })
    expect(await b.take("other")).toMatchObject({ allowed: true, remaining: 2 })
    clock.advance(12_499)
    expect(await a.take("é k")).toMatchObject({ allowed: false, retryAfterMs: 1 })
    clock.advance(1)
    expect(await a.take("é k")).toMatchObject({ allowed: true, remaining: 0 })
    clock.advance(60_000)
    expect(await b.take("é k", 0)).toEqual({ allowed: true, limit: 3, remaining: 3, resetMs: 0, retryAfterMs: 0 })
    await a.reset("é k")
    expect(await b.take("é k", 3)).toMatchObject({ allowed: true, remaining: 0 })
    await a.reset("é k")
    expect(await b.take("é k", 3)).toMatchObject({ allowed: true, remaining: 0 })
  })
  test("a bucket lets a burst through, and then what comes back", async () => {
    const { here, there, clock, name } = stage
    const rule = { capacity: 10, refill: 2, every: "1s" } as const
    const [a, b] = [here.tokenBucket(name, rule), there.tokenBucket(name, rule)]
    expect(await a.take("k", 9)).toEqual({ allowed: true, limit: 10, remaining: 1, resetMs: 4_500, retryAfterMs: 0 })
    expect(await b.take("k", 3)).toEqual({
      allowed: false,
      limit: 10,
      remaining: 1,
      resetMs: 4_500,
      retryAfterMs: 1_000,
    })
    clock.advance(1_000)
    expect(await a.take("k", 3)).toMatchObject({ allowed: true, remaining: 0 })
    clock.advance(250)
    expect(await b.take("k")).toMatchObject({ allowed: false, retryAfterMs: 250 })
    clock.advance(3_600_000)
    expect(await b.take("k", 10)).toMatchObject({ allowed: true, remaining: 0 })
    await a.reset("k")
    expect(await b.take("k", 10)).toMatchObject({ allowed: true })
  })
}

function describeAgreement(stage: Stage): void {
  test("of many who ask at once no more get through than may", async () => {
    const { here, there, name } = stage
    const [a, b] = [here, there].map((limits) => limits.slidingWindow(name, { limit: 20, window: "1m" })) as never as [
      never,
      never,
    ]
    const asked = Array.from({ length: 100 }, (_, at) =>
      ((at % 2 ? a : b) as ReturnType<RateLimits["slidingWindow"]>).take("k"),
    )
    const results = await Promise.all(asked)
    expect(results.filter(({ allowed }) => allowed)).toHaveLength(20)
    expect(results.filter(({ allowed }) => !allowed).every(({ retryAfterMs }) => retryAfterMs > 0)).toBe(true)
    const buckets = [here, there].map((limits) =>
      limits.tokenBucket(`${name} b`, { capacity: 20, refill: 1, every: "1h" }),
    )
    const taken = await Promise.all(Array.from({ length: 100 }, (_, at) => buckets[at % 2]!.take("k")))
    expect(taken.filter(({ allowed }) => allowed)).toHaveLength(20)
  })
  test("every store answers as the algorithm does", async () => {
    const { here, clock, name } = stage
    const limit = here.slidingWindow(name, { limit: 7, window: "1s" })
    const bucket = here.tokenBucket(`${name} b`, { capacity: 7, refill: 3, every: "1s" })
    let windowState: Parameters<typeof take>[1]
    let bucketState: Parameters<typeof take>[1]
    for (let step = 0; step < 60; step++) {
      clock.advance((step * 37) % 211)
      const cost = (step * 5) % 4
      const inWindow = take({ rule: { kind: "window", limit: 7, windowMs: 1_000 }, cost }, windowState, clock.now())
      windowState = inWindow.next?.state ?? windowState
      expect(await limit.take("k", cost)).toEqual(inWindow.answer)
      const inBucket = take({ rule: { kind: "bucket", limit: 7, perMs: 0.003 }, cost }, bucketState, clock.now())
      bucketState = inBucket.next?.state ?? bucketState
      expect(await bucket.take("k", cost)).toEqual(inBucket.answer)
    }
  })
}
