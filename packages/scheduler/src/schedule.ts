import { didYouMean } from "@ashlar/core"
import { SchedulerOptionInvalid } from "./errors.ts"
import { createCron, type When } from "./timing.ts"

/** What becomes of a time at which an earlier run still goes on. */
export type OverlapPolicy = "skip" | "queue" | "allow" | "cancel"
/** What becomes of times at which no node ran. */
export type MissedPolicy = "skip" | "once" | "all"
/** What becomes of a run whose node died. */
export type LostPolicy = "rerun" | "skip"

/** How a schedule's runs are treated. */
export interface RunPolicies {
  /**
   * When a time comes while a run goes on, on whatever node. `"skip"`: it is left out. `"queue"`: it runs afterwards; of those
   * beyond `maxWaiting` none. `"allow"`: it runs beside it, up to `maxConcurrent`. `"cancel"`: the earlier run's signal is aborted, and
   * it runs as soon as that one has ended. Default `"skip"`.
   */
  readonly overlap?: OverlapPolicy
  /** Times that may wait with `overlap: "queue"`, 1 to 100. Default 1. */
  readonly maxWaiting?: number
  /** Runs at once, on all nodes together, with `overlap: "allow"`, 1 to 100. Default 10. */
  readonly maxConcurrent?: number
  /**
   * When times passed without a run, for nobody was there. `"skip"`: they are left out. `"once"`: one run stands in for all of them.
   * `"all"`: each is run, one after the other; of more than `maxMissed` the latest. Default `"once"`.
   */
  readonly missed?: MissedPolicy
  /** Times that are made up for with `missed: "all"`, 1 to 100. Default 10. */
  readonly maxMissed?: number
  /** How late a run may begin without its time being called missed, 1,000 to 86,400,000. Default 60,000. */
  readonly lateMs?: number
  /** How long one run may take; then its signal is aborted. 1 to 86,400,000. Default 3,600,000. */
  readonly timeoutMs?: number
  /** Each time is put off by something between 0 and this, the same on every node, 0 to 86,400,000. Default 0. */
  readonly jitterMs?: number
  /**
   * When a node dies in the middle of a run. `"rerun"`: another one runs it again, so it runs at least once. `"skip"`: nobody does, so
   * it runs at most once. Default `"rerun"`.
   */
  readonly lost?: LostPolicy
  /** How often one time is begun, with `lost: "rerun"`, 1 to 100. Default 3. */
  readonly maxAttempts?: number
}

/** One of three ways to say when. */
export type Times =
  | {
      /** Five fields, or six with seconds in front: `"30 3 * * *"`, `"0 9 * * MON-FRI"`, `"@hourly"`. */
      readonly cron: string
      /** The zone whose wall clock the fields are about. Default `"UTC"`. */
      readonly timeZone?: string
      readonly everyMs?: never
      readonly at?: never
    }
  | {
      /** Milliseconds between two times, 100 to 31,622,400,000, counted from when the schedule was first known. */
      readonly everyMs: number
      readonly cron?: never
      readonly timeZone?: never
      readonly at?: never
    }
  | {
      /** Dates, at most 1,000. Those that were past when the schedule was first known do not count. */
      readonly at: Date | readonly Date[]
      readonly cron?: never
      readonly timeZone?: never
      readonly everyMs?: never
    }

export type ScheduleOptions = Times & RunPolicies

/** What a run is told. */
export interface Run {
  /** The same for every attempt at one time. */
  readonly id: string
  readonly schedule: string
  /** The time that it is for. It begins later: by jitter, by waiting, or for it was missed. */
  readonly at: Date
  /** `"tick"`: its time came. `"missed"`: it makes up for one that passed. `"manual"`: by `runNow`. */
  readonly cause: RunCause
  /** 1, and more when nodes died that had begun it. */
  readonly attempt: number
  /** Larger than that of every run of this schedule that began earlier: what stores the work can refuse a smaller one. */
  readonly fence: number
  /** Aborts when the run should end: it took too long, was cancelled or lost, or its node stops. The reason says which. */
  readonly signal: AbortSignal
}
export type RunCause = "tick" | "missed" | "manual"
export type RunHandler = (run: Run) => unknown | Promise<unknown>

/** Policies with their defaults. */
export type Policies = Required<RunPolicies>

/** A schedule as data: what nodes compare, and what whoever looks from outside sees. */
export interface Definition {
  readonly when: When
  readonly policies: Policies
}

/** Work at set times. Made by {@link defineSchedule}. */
export interface Schedule {
  readonly name: string
  readonly definition: Definition
  readonly handler: RunHandler
}

const DEFAULTS: Policies = {
  overlap: "skip",
  maxWaiting: 1,
  maxConcurrent: 10,
  missed: "once",
  maxMissed: 10,
  lateMs: 60_000,
  timeoutMs: 3_600_000,
  jitterMs: 0,
  lost: "rerun",
  maxAttempts: 3,
}
const DAY_MS = 86_400_000
const CHOICES: { readonly [name: string]: readonly string[] } = {
  overlap: ["skip", "queue", "allow", "cancel"],
  missed: ["skip", "once", "all"],
  lost: ["rerun", "skip"],
}
const RANGES: { readonly [name: string]: readonly [number, number] } = {
  maxWaiting: [1, 100],
  maxConcurrent: [1, 100],
  maxMissed: [1, 100],
  lateMs: [1_000, DAY_MS],
  timeoutMs: [1, DAY_MS],
  jitterMs: [0, DAY_MS],
  maxAttempts: [1, 100],
}
const EVERY: readonly [number, number] = [100, 366 * DAY_MS]
const MAX_DATES = 1_000

/**
 * Defines work at set times. It runs once a scheduler that has it was started.
 *
 * @param name 1 to 80 of `A-Z a-z 0-9 . _ : -`, one for each schedule of an app. What is known of it is kept under this name.
 * @throws {SCHEDULER_OPTION_INVALID}
 * @see https://croner.56k.guru for all that a cron expression may say.
 * @example
 * export const nightly = defineSchedule("nightly-report", { cron: "30 3 * * *", timeZone: "Europe/Berlin" }, async ({ at, signal }) => {
 *   await sendReport(at, { signal })
 * })
 */
export function defineSchedule(name: string, options: ScheduleOptions, handler: RunHandler): Schedule {
  checkName(name, "the schedule's name")
  const { cron, timeZone, everyMs, at, ...rest } = options
  const policies: Record<string, unknown> = { ...DEFAULTS }
  for (const [key, value] of Object.entries(rest)) {
    if (!Object.hasOwn(DEFAULTS, key))
      throw new SchedulerOptionInvalid(
        `Unknown option "${key}" of the schedule "${name}". ${didYouMean(key, ["cron", "timeZone", "everyMs", "at", ...Object.keys(DEFAULTS)])}`,
      )
    if (value === undefined) continue
    checkChoice(key, value, name)
    if (RANGES[key] !== undefined) checkWhole(value, RANGES[key], `${key} of the schedule "${name}"`)
    policies[key] = value
  }
  const when = readWhen(name, { cron, timeZone, everyMs, at })
  return Object.freeze({ name, definition: { when, policies: policies as unknown as Policies }, handler })
}

/** @throws {SCHEDULER_OPTION_INVALID} */
export function checkName(name: string, what: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$/.test(name))
    throw new SchedulerOptionInvalid(
      `Expected ${what} to be 1 to 80 of A-Z a-z 0-9 . _ : -, beginning with a letter or digit, got ${JSON.stringify(name)}.`,
    )
}

/** @throws {SCHEDULER_OPTION_INVALID} */
export function checkWhole(value: unknown, [least, most]: readonly [number, number], what: string): void {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
    throw new SchedulerOptionInvalid(
      `Expected ${what} to be a whole number from ${least} to ${most}, got ${String(value)}.`,
    )
}

function checkChoice(key: string, value: unknown, name: string): void {
  const choices = CHOICES[key]
  if (choices !== undefined && !choices.includes(value as string))
    throw new SchedulerOptionInvalid(
      `Expected ${key} of the schedule "${name}" to be one of ${choices.join(", ")}, got ${JSON.stringify(value)}.`,
    )
}

interface GivenTimes {
  readonly cron: string | undefined
  readonly timeZone: string | undefined
  readonly everyMs: number | undefined
  readonly at: Date | readonly Date[] | undefined
}

function readWhen(name: string, { cron, timeZone, everyMs, at }: GivenTimes): When {
  if ([cron, everyMs, at].filter((given) => given !== undefined).length !== 1)
    throw new SchedulerOptionInvalid(`Expected the schedule "${name}" to have one of cron, everyMs and at.`)
  if (timeZone !== undefined && cron === undefined)
    throw new SchedulerOptionInvalid(`The timeZone of the schedule "${name}" says nothing without cron.`)
  if (cron !== undefined) return readCron(name, cron, timeZone ?? "UTC")
  if (at !== undefined) return readDates(name, at)
  checkWhole(everyMs, EVERY, `everyMs of the schedule "${name}"`)
  return { everyMs: everyMs! }
}

function readCron(name: string, cron: string, timeZone: string): When {
  let next: Date | null
  try {
    if (typeof cron !== "string" || cron.length > 200 || /^\s*\d{4}-/.test(cron))
      throw new SchedulerOptionInvalid("it is no pattern")
    new Intl.DateTimeFormat("en", { timeZone })
    next = createCron(cron, timeZone).nextRun(new Date(0))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/^Cron\w+: /, "") : String(cause)
    throw new SchedulerOptionInvalid(
      `Expected cron and timeZone of the schedule "${name}" to read like "30 3 * * *" and "Europe/Berlin", got ${JSON.stringify(cron)} and ${JSON.stringify(timeZone)}: ${why}`,
      { cause },
    )
  }
  if (next === null)
    throw new SchedulerOptionInvalid(
      `The cron of the schedule "${name}", ${JSON.stringify(cron)}, names no day that exists.`,
    )
  return { cron, timeZone }
}

function readDates(name: string, at: Date | readonly Date[]): When {
  const dates = (Array.isArray(at) ? (at as readonly Date[]) : [at as Date]).map((date) => Number(date))
  if (dates.length === 0 || dates.length > MAX_DATES || dates.some((date) => !Number.isInteger(date)))
    throw new SchedulerOptionInvalid(`Expected at of the schedule "${name}" to be 1 to ${MAX_DATES} valid dates.`)
  return { at: [...new Set(dates)].toSorted((a, b) => a - b) }
}
