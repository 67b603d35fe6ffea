import { describe, expect, test } from "bun:test"
import { createApp, errors, fail } from "@ashlar/http"
import { AdaptiveLimit, type AdaptiveOptions } from "./adaptive-limit.ts"
import { shedLoad } from "./shed-load.ts"

/** What takes requests, or not. */
type Gate = Pick<AdaptiveLimit, "begin" | "end">

function fixed(limit: number): Gate {
  let running = 0
  return {
    begin: () => running < limit && ++running > 0,
    end: () => {
      running--
    },
  }
}

interface Phase {
  readonly seconds: number
  /** Requests that the server works on at full speed; more of them share it, and get in each other's way. */
  readonly capacity: number
  readonly perSecond: number
}
const WORK_MS = 10
/** Nobody waits for longer: the work of such a request was for nothing. */
const PATIENCE_MS = 40
const STEP_MS = 0.5

/** A server and its callers, in steps of half a millisecond, the same each time. @returns answers in time, of each phase. */
function simulate(create: (nowMs: () => number) => Gate, phases: readonly Phase[]): number[] {
  let nowMs = 0
  const gate = create(() => nowMs)
  let running: { leftMs: number; tookMs: number }[] = []
  return phases.map(({ seconds, capacity, perSecond }) => {
    let good = 0
    let due = 0
    for (let step = 0; step < (seconds * 1_000) / STEP_MS; step++) {
      nowMs += STEP_MS
      due += (perSecond * STEP_MS) / 1_000
      for (; due >= 1; due--) if (gate.begin()) running.push({ leftMs: WORK_MS, tookMs: 0 })
      const over = Math.max(0, running.length - capacity)
      const speed = Math.min(1, capacity / Math.max(1, running.length)) / (1 + over / (4 * capacity))
      for (const one of running) {
        one.leftMs -= speed * STEP_MS
        one.tookMs += STEP_MS
      }
      for (const { tookMs } of running.filter(({ leftMs }) => leftMs <= 0)) {
        gate.end(tookMs)
        if (tookMs <= PATIENCE_MS) good++
      }
      running = running.filter(({ leftMs }) => leftMs > 0)
    }
    return good
  })
}

/** Quiet, then three times too much, then a server of a quarter, then all of it again. */
const PHASES: readonly Phase[] = [
  { seconds: 5, capacity: 40, perSecond: 1_000 },
  { seconds: 5, capacity: 40, perSecond: 12_000 },
  { seconds: 20, capacity: 10, perSecond: 3_000 },
  { seconds: 5, capacity: 40, perSecond: 12_000 },
]
const total = (goods: readonly number[]) => goods.reduce((sum, good) => sum + good, 0)
/** What a limit that always knew the capacity would let through. */
const BEST = total(
  PHASES.map(({ seconds, capacity, perSecond }) => seconds * Math.min(perSecond, (capacity * 1_000) / WORK_MS)),
)

describe("under more than it can do", () => {
  const adaptive: [string, AdaptiveOptions][] = [
    ["gradient", { algorithm: "gradient" }],
    ["aimd", { algorithm: "aimd", targetMs: 15 }],
  ]
  test.each(adaptive)("the limit of %s lets more answers be in time than any fixed one", (_name, options) => {
    const own = simulate((nowMs) => new AdaptiveLimit({ ...options, nowMs }), PHASES)
    const others = [2, 5, 10, 15, 20, 24, 26, 27, 28, 30, 35, 40, 60, 80, 200].map((limit) =>
      total(simulate(() => fixed(limit), PHASES)),
    )
    expect(total(own)).toBeGreaterThan(Math.max(...others))
    expect(total(own)).toBeGreaterThan(0.85 * BEST)
    // Nobody is refused while there is room: all of the first, quiet phase.
    expect(own[0]).toBeGreaterThan(4_900)
    // A fixed limit is too much for the small server, or too little for the large one.
    expect(Math.max(...others)).toBeLessThan(0.8 * BEST)
  })
})

describe("a limit", () => {
  let nowMs = 0
  const create = (options: AdaptiveOptions) => new AdaptiveLimit({ nowMs: () => nowMs, ...options })
  const feed = (limit: AdaptiveLimit, tookMs: number, rounds: number) => {
    for (let round = 0; round < rounds; round++) {
      nowMs += 200
      let begun = 0
      while (limit.begin()) begun++
      for (; begun > 0; begun--) limit.end(tookMs)
    }
  }
  test("grows while requests stay quick, up to its end, and shrinks down to its other one", () => {
    const limit = create({ initial: 10, min: 3, max: 50, samples: 2 })
    feed(limit, 10, 50)
    expect(limit.limit).toBe(50)
    feed(limit, 400, 8)
    expect(limit.limit).toBeLessThan(10)
    const target = create({ algorithm: "aimd", targetMs: 100, initial: 10, min: 3, max: 50, samples: 2 })
    feed(target, 99, 100)
    expect(target.limit).toBe(50)
    feed(target, 101, 20)
    expect([target.limit, target.running]).toEqual([3, 0])
  })
  test("does not grow of what nobody used", () => {
    const limit = create({ initial: 40, algorithm: "aimd", targetMs: 100 })
    for (let round = 0; round < 1_000; round++) {
      nowMs += 20
      limit.begin()
      limit.end(10)
    }
    expect(limit.limit).toBe(40)
  })
  test("shrinks for what was given up, once for those that were together", () => {
    const limit = create({ initial: 40 })
    for (let at = 0; at < 5; at++) limit.begin()
    nowMs += 200
    for (let at = 0; at < 5; at++) limit.end(10, true)
    expect(limit.limit).toBe(28)
  })
  test("believes a service that became slower for good", () => {
    const limit = create({ initial: 20, max: 200, samples: 2 })
    feed(limit, 10, 100)
    feed(limit, 100, 500)
    expect(limit.limit).toBeGreaterThan(90)
  })
  const wrong: AdaptiveOptions[] = [
    { min: 0 },
    { min: 10, max: 5 },
    { min: 10, initial: 5 },
    { samples: 0 },
    { tolerance: 0.5 },
    { algorithm: "aimd" },
    { algorithm: "vegas" as never },
  ]
  test.each(wrong)("of %p is refused when it is made", (options) => {
    expect(() => new AdaptiveLimit(options)).toThrow(expect.objectContaining({ code: "SECURITY_LIMIT_INVALID" }))
  })
})

test("the layer refuses what is too much at once, and takes it when there is room", async () => {
  const go = Promise.withResolvers<void>()
  const app = createApp({
    layers: [shedLoad({ min: 2, initial: 2, max: 2, retryAfterSeconds: 7, skip: ({ path }) => path === "/health" })],
    onError: () => undefined,
  })
  app.get("/", async () => {
    await go.promise
    return "done"
  })
  app.get("/none", () => fail(errors.NotFound))
  app.get("/broken", () => {
    throw new TypeError("broken")
  })
  app.get("/health", () => "well")
  const ask = (path: string) => app.fetch(new Request(`https://x.test${path}`))
  const going = [ask("/"), ask("/")]
  const refused = await ask("/")
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "7"])
  expect((await ask("/health")).status).toBe(200)
  go.resolve()
  expect((await Promise.all(going)).map(({ status }) => status)).toEqual([200, 200])
  // Whatever became of them, none is still counted.
  for (const path of ["/none", "/broken", "/none", "/broken", "/nowhere", "/nowhere", "/"]) {
    await Bun.sleep(0)
    expect((await ask(path)).status).not.toBe(503)
  }
  expect(() => shedLoad({ retryAfterSeconds: 0 })).toThrow(expect.objectContaining({ code: "SECURITY_LIMIT_INVALID" }))
})
