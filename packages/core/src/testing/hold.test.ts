import { afterEach, expect, test } from "bun:test"
import { manualClock, systemClock } from "../clock.ts"
import { uuidv7 } from "../ids.ts"
import { holdIds, holdSystemClock } from "./hold.ts"

afterEach(() => {
  holdSystemClock(undefined)
  holdIds(undefined)
})

test("time is held, and let go", () => {
  const clock = manualClock()
  holdSystemClock(clock)
  clock.advance(5)
  expect(systemClock.now()).toBe(Date.UTC(2026, 0, 1) + 5)
  holdSystemClock(undefined)
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000)
})
test("ids are held, whatever the clock, and let go", () => {
  let count = 0
  holdIds(() => `id ${++count}`)
  expect([uuidv7(), uuidv7(manualClock())]).toEqual(["id 1", "id 2"])
  holdIds(undefined)
  expect(uuidv7()).toHaveLength(36)
})
