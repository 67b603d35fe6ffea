import { expect, test } from "bun:test"
import { isNarrowed, toDay, toTimes } from "./audit-filter.ts"

test("days are whole days of the reader", () => {
  const { since, until } = toTimes({ since: "2026-11-29", until: "2026-11-29" })
  expect(new Date(since!).toString()).toContain("Nov 29 2026 00:00:00")
  expect(new Date(until!).toString()).toContain("Nov 30 2026 00:00:00")
  expect(toTimes({ until: "2026-12-31" }).until).toBe(new Date(2027, 0, 1).toISOString())
  expect(toTimes({})).toEqual({})
})

test("a day of an address is one, or is left out", () => {
  expect(toDay("2026-02-28")).toBe("2026-02-28")
  for (const odd of ["2026-13-01", "2026-1-1", "yesterday", "", 7, null, undefined]) expect(toDay(odd)).toBeUndefined()
})

test("a trail alone narrows nothing", () => {
  expect([isNarrowed({}), isNarrowed({ trail: "keys" }), isNarrowed({ who: undefined })]).toEqual([false, false, false])
  expect([isNarrowed({ who: "user:1" }), isNarrowed({ find: "x" })]).toEqual([true, true])
})
