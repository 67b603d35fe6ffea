import { Cron } from "croner"

/** When a schedule runs, as plain data. */
export type When =
  | { readonly cron: string; readonly timeZone: string }
  | { readonly everyMs: number }
  | { readonly at: readonly number[] }

/** The times of a schedule, in milliseconds since 1970. */
export interface Timing {
  /** The first one after this moment. */
  next(afterMs: number): number | undefined
  /** The last ones up to this moment, itself included: at most `count`, the earliest first. */
  last(untilMs: number, count: number): readonly number[]
}

/** @param anchorMs From where intervals are counted: when the schedule was first known. */
export function timingOf(when: When, anchorMs: number): Timing {
  if ("cron" in when) return cronTiming(when)
  return "at" in when ? datesTiming(when.at) : everyTiming(when.everyMs, anchorMs)
}

/**
 * croner, told to treat hours that clocks skip or repeat as Vixie cron does: what names its hours and minutes runs right after a gap that
 * swallowed it, and once in an hour that comes twice; what has a wildcard or a step there follows the wall clock.
 *
 * @throws What croner says of a pattern or a time zone that does not read.
 */
export function createCron(cron: string, timeZone: string): Cron {
  return new Cron(cron, {
    timezone: timeZone,
    paused: true,
    mode: "5-or-6-parts",
    fixedTimeRule: "no-wildcard",
  })
}

function cronTiming({ cron, timeZone }: { readonly cron: string; readonly timeZone: string }): Timing {
  const job = createCron(cron, timeZone)
  return {
    next: (afterMs) => job.nextRun(new Date(afterMs))?.getTime(),
    last: (untilMs, count) =>
      // croner looks at what is before a whole second.
      job
        .previousRuns(count, new Date(Math.floor(untilMs / 1000) * 1000 + 1000))
        .map((date) => date.getTime())
        .toReversed(),
  }
}

function everyTiming(everyMs: number, anchorMs: number): Timing {
  const stepsAt = (ms: number): number => Math.floor((ms - anchorMs) / everyMs)
  return {
    next: (afterMs) => anchorMs + Math.max(1, stepsAt(afterMs) + 1) * everyMs,
    last(untilMs, count) {
      const newest = stepsAt(untilMs)
      const oldest = Math.max(1, newest - count + 1)
      return Array.from({ length: Math.max(0, newest - oldest + 1) }, (_, at) => anchorMs + (oldest + at) * everyMs)
    },
  }
}

function datesTiming(dates: readonly number[]): Timing {
  return {
    next: (afterMs) => dates.find((date) => date > afterMs),
    last: (untilMs, count) => dates.filter((date) => date <= untilMs).slice(-count),
  }
}
