import { describe, expect, test } from "bun:test"
import { defineSchedule, openScheduler, type SchedulerOptions } from "./index.ts"

const work = (): void => undefined

describe("a schedule is refused when it", () => {
  test.each<[string, string, object, RegExp]>([
    ["has no name", "", { everyMs: 1_000 }, /name/],
    ["has a name with a slash", "a/b", { everyMs: 1_000 }, /name/],
    ["says no time", "a", {}, /one of cron, everyMs and at/],
    ["says two", "a", { everyMs: 1_000, cron: "* * * * *" }, /one of cron, everyMs and at/],
    ["has four fields", "a", { cron: "* * * *" }, /"a" to read like .* got "\* \* \* \*"/],
    ["names a minute that is none", "a", { cron: "61 * * * *" }, /minute: 61/],
    ["has seven fields", "a", { cron: "* * * * * * *" }, /7 parts/],
    ["is a date where a pattern goes", "a", { cron: "2026-01-01T00:00:00" }, /no pattern/],
    ["names a day that never is", "a", { cron: "0 0 30 2 *" }, /no day that exists/],
    ["names a zone that is none", "a", { cron: "* * * * *", timeZone: "Europe/Atlantis" }, /Europe\/Atlantis/],
    ["has a zone for an interval", "a", { everyMs: 1_000, timeZone: "UTC" }, /says nothing without cron/],
    ["is too often", "a", { everyMs: 99 }, /from 100 to/],
    ["is never", "a", { at: [] }, /valid dates/],
    ["is at no date", "a", { at: new Date("soon") }, /valid dates/],
    ["has an option nobody knows", "a", { everyMs: 1_000, overlaps: "skip" }, /Did you mean "overlap"/],
    ["has a policy nobody knows", "a", { everyMs: 1_000, missed: "twice" }, /one of skip, once, all/],
    ["has a bound that is none", "a", { everyMs: 1_000, timeoutMs: 0 }, /from 1 to/],
  ])("%s", (_what, name, options, message) => {
    const define = () => defineSchedule(name, options as never, work)
    expect(define).toThrow(expect.objectContaining({ code: "SCHEDULER_OPTION_INVALID" }))
    expect(define).toThrow(message)
  })
})

test.each<[string, SchedulerOptions]>([
  [
    "two of one name",
    { schedules: [defineSchedule("a", { everyMs: 1_000 }, work), defineSchedule("a", { everyMs: 1_000 }, work)] },
  ],
  ["a lease that is too short", { leaseMs: 1 }],
  ["a namespace with a slash", { namespace: "a/b" }],
])("a scheduler is refused with %s", async (_what, options) => {
  expect(() => openScheduler("memory:", options)).toThrow(expect.objectContaining({ code: "SCHEDULER_OPTION_INVALID" }))
})
test("bounds of questions are checked", async () => {
  const scheduler = openScheduler("memory:", { schedules: [defineSchedule("a", { everyMs: 1_000 }, work)] })
  await scheduler.start()
  for (const act of [
    () => scheduler.next("a", 0),
    () => scheduler.history("a", 1e9),
    () => scheduler.stop({ graceMs: -1 }),
  ])
    expect(await act().catch((error) => error)).toMatchObject({ code: "SCHEDULER_OPTION_INVALID" })
  await scheduler.stop()
})
