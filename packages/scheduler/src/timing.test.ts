import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { timingOf, type When } from "./timing.ts"

const HOUR = 3_600_000
const times = (when: When, from: string, count: number): readonly string[] => {
  const timing = timingOf(when, 0)
  const found: string[] = []
  let at: number | undefined = Date.parse(from)
  while (found.length < count) {
    at = timing.next(at)
    if (at === undefined) break
    found.push(new Date(at).toISOString().slice(5, 16))
  }
  return found
}

describe("on the days when clocks are set", () => {
  // Berlin skips 02:00 to 03:00 on 2026-03-29 at 01:00Z, and has it twice on 2026-10-25, until 01:00Z.
  const [SPRING, AUTUMN] = ["2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z"]
  test.each<[string, string, string, string, number, readonly string[]]>([
    ["a time in the gap runs right after it", "30 2 * * *", "Europe/Berlin", SPRING, 2, ["03-29T01:00", "03-30T00:30"]],
    ["two in the gap run once", "0,30 2 * * *", "Europe/Berlin", SPRING, 2, ["03-29T01:00", "03-30T00:00"]],
    ["one after the gap is where it is", "15 3 * * *", "Europe/Berlin", SPRING, 2, ["03-29T01:15", "03-30T01:15"]],
    [
      "every hour has no gap",
      "0 * * * *",
      "Europe/Berlin",
      "2026-03-28T23:30:00Z",
      3,
      ["03-29T00:00", "03-29T01:00", "03-29T02:00"],
    ],
    [
      "every 20 minutes has no gap",
      "*/20 * * * *",
      "Europe/Berlin",
      "2026-03-29T00:30:00Z",
      3,
      ["03-29T00:40", "03-29T01:00", "03-29T01:20"],
    ],
    [
      "a time that comes twice runs at the first",
      "30 2 * * *",
      "Europe/Berlin",
      AUTUMN,
      2,
      ["10-25T00:30", "10-26T01:30"],
    ],
    [
      "every hour runs in both",
      "0 * * * *",
      "Europe/Berlin",
      "2026-10-24T23:30:00Z",
      3,
      ["10-25T00:00", "10-25T01:00", "10-25T02:00"],
    ],
    [
      "a list of hours runs once each",
      "15 2,3 * * *",
      "Europe/Berlin",
      AUTUMN,
      3,
      ["10-25T00:15", "10-25T02:15", "10-26T01:15"],
    ],
    [
      "midnight that does not exist is one o'clock",
      "0 0 * * *",
      "America/Sao_Paulo",
      "2018-11-03T12:00:00Z",
      2,
      ["11-04T03:00", "11-05T02:00"],
    ],
    [
      "a gap of half an hour",
      "10 2 * * *",
      "Australia/Lord_Howe",
      "2026-10-03T00:00:00Z",
      2,
      ["10-03T15:30", "10-04T15:10"],
    ],
    ["New York, the gap", "30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z", 2, ["03-08T07:00", "03-09T06:30"]],
    [
      "New York, the hour that comes twice",
      "30 1 * * *",
      "America/New_York",
      "2026-10-31T12:00:00Z",
      2,
      ["11-01T05:30", "11-02T06:30"],
    ],
    ["UTC knows none of it", "30 2 * * *", "UTC", SPRING, 2, ["03-29T02:30", "03-30T02:30"]],
  ])("%s: %s in %s", (_what, cron, timeZone, from, count, expected) => {
    expect(times({ cron, timeZone }, from, count)).toEqual(expected)
  })
  test("a node that begins within the hour that comes twice runs nothing a second time", () => {
    const timing = timingOf({ cron: "30 2 * * *", timeZone: "Europe/Berlin" }, 0)
    for (const from of ["2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:29:59Z"])
      expect(new Date(timing.next(Date.parse(from))!).toISOString()).toBe("2026-10-26T01:30:00.000Z")
  })
})

test.each<[string, When, string, readonly string[]]>([
  [
    "six fields have seconds",
    { cron: "30 0 9 * * *", timeZone: "UTC" },
    "2026-01-01T09:00:00Z",
    ["01-01T09:00", "01-02T09:00"],
  ],
  [
    "days have names",
    { cron: "0 9 * * MON-FRI", timeZone: "UTC" },
    "2026-01-02T10:00:00Z",
    ["01-05T09:00", "01-06T09:00"],
  ],
  [
    "the last day of a month",
    { cron: "0 0 L * *", timeZone: "UTC" },
    "2026-01-30T10:00:00Z",
    ["01-31T00:00", "02-28T00:00"],
  ],
  ["nicknames", { cron: "@monthly", timeZone: "UTC" }, "2026-01-30T10:00:00Z", ["02-01T00:00", "03-01T00:00"]],
  ["intervals", { everyMs: HOUR }, "2026-01-01T00:30:00Z", ["01-01T01:00", "01-01T02:00"]],
  ["dates", { at: [Date.UTC(2026, 0, 1, 5)] }, "2026-01-01T00:00:00Z", ["01-01T05:00"]],
])("%s", (_what, when, from, expected) => expect(times(when, from, 2)).toEqual(expected))

test("what was last up to a moment is what comes next from before, over clocks that are set", () => {
  const cron = fc.constantFrom(
    "30 2 * * *",
    "*/7 * * * *",
    "0,30 2,3 * * *",
    "0 */2 * * *",
    "15 0 * * *",
    "5 * * * * *",
  )
  const timeZone = fc.constantFrom(
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
  )
  const when: fc.Arbitrary<When> = fc.oneof(
    fc.record({ cron, timeZone }),
    fc.record({ everyMs: fc.integer({ min: 100, max: 10 * HOUR }) }),
  )
  const days = [
    "2026-03-28",
    "2026-10-24",
    "2026-03-07",
    "2026-10-31",
    "2026-04-04",
    "2026-10-03",
    "2018-11-03",
    "2026-06-01",
  ]
  const from = fc
    .tuple(fc.constantFrom(...days), fc.integer({ min: 0, max: 48 * HOUR }))
    .map(([day, ms]) => Date.parse(`${day}T00:00:00Z`) + ms)
  fc.assert(
    fc.property(when, from, fc.integer({ min: 1, max: 30 }), (given, fromMs, count) => {
      const timing = timingOf(given, 12_345)
      const ahead: number[] = []
      for (let at = timing.next(fromMs); at !== undefined && ahead.length < count; at = timing.next(at)) ahead.push(at)
      expect(ahead.every((at, index) => at > (ahead[index - 1] ?? fromMs))).toBe(true)
      const until = ahead.at(-1)!
      expect(timing.last(until, count)).toEqual(ahead)
      expect(timing.last(until - 1, count).at(-1) ?? 0).toBeLessThan(until)
    }),
    { numRuns: 400 },
  )
})
