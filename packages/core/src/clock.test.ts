import { expect, test } from "bun:test"
import { manualClock, systemClock } from "./clock.ts"

test("the system clock gives the machine's time in whole milliseconds", () => {
  const before = Date.now()
  const now = systemClock.now()
  expect(Number.isInteger(now)).toBe(true)
  expect(now).toBeGreaterThanOrEqual(before)
  expect(now).toBeLessThanOrEqual(Date.now())
})

test("a manual clock stands still until it is moved", () => {
  const clock = manualClock(1_000)
  expect([clock.now(), clock.now()]).toEqual([1_000, 1_000])
  clock.advance(250)
  clock.advance(0)
  expect(clock.now()).toBe(1_250)
})

test("a manual clock starts at a date of its own, so no test depends on today", () => {
  expect(new Date(manualClock().now()).toISOString()).toBe("2026-01-01T00:00:00.000Z")
})
