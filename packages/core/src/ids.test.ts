import { describe, expect, test } from "bun:test"
import { manualClock } from "./clock.ts"
import { createUuidv7, uuidv7 } from "./ids.ts"

const SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}

describe("uuidv7", () => {
  test("has the version, the variant and the time of RFC 9562's example", () => {
    // RFC 9562, A.6: 2022-02-22T14:22:22.00-05:00 is 0x017F22E279B0.
    const id = uuidv7(manualClock(0x017f22e279b0))
    expect(id).toStartWith("017f22e2-79b0-7")
    expect(id).toMatch(SHAPE)
  })

  test("keeps shape and time for any 48-bit millisecond", () => {
    const times = [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 12_345, 2 ** 48 - 1]
    for (let i = 0; i < 500; i++) times.push(Math.floor(Math.random() * 2 ** 48))
    for (const ms of times) {
      const id = uuidv7(manualClock(ms))
      expect(id).toMatch(SHAPE)
      expect(timeOf(id)).toBe(ms)
    }
  })

  test("sorts in the order of the calls, within a millisecond and across it", () => {
    const clock = manualClock()
    const ids: string[] = []
    for (let i = 0; i < 20_000; i++) {
      if (i % 3_000 === 2_999) clock.advance(1)
      ids.push(uuidv7(clock))
    }
    expect(new Set(ids).size).toBe(ids.length)
    expect([...ids].sort()).toEqual(ids)
  })

  test("keeps the order when the clock steps back, and follows it again once it has caught up", () => {
    let nowMs = 5_000
    const next = createUuidv7({ now: () => nowMs })
    const first = next()
    nowMs = 1_000
    const second = next()
    nowMs = 6_000
    const third = next()
    expect([first, second, third].map(timeOf)).toEqual([5_000, 5_000, 6_000])
    expect(second > first && third > second).toBe(true)
  })

  test("goes on in the next millisecond when the counter of this one is full", () => {
    const next = createUuidv7(manualClock(1_000), () => 2 ** 32 - 2)
    const ids = [next(), next(), next()]
    expect(ids.map(timeOf)).toEqual([1_000, 1_000, 1_001])
    expect([...ids].sort()).toEqual(ids)
  })

  test("starts each millisecond at a random count and ends each id at random", () => {
    const clock = manualClock()
    const starts = new Set<string>()
    const ends = new Set<string>()
    for (let i = 0; i < 200; i++) {
      clock.advance(1)
      const id = uuidv7(clock)
      starts.add(id.slice(14, 23))
      ends.add(id.slice(24))
    }
    expect(starts.size).toBeGreaterThan(190)
    expect(ends.size).toBe(200)
  })

  test("gives each clock a sequence of its own", () => {
    const future = manualClock(2 ** 47)
    uuidv7(future)
    expect(Math.abs(timeOf(uuidv7()) - Date.now())).toBeLessThan(5_000)
  })
})
