import { checkInteger, checkNames, checkText, MAX_MS } from "./check.ts"
import { QueueOptionInvalid } from "./errors.ts"
import { MAX_ATTEMPTS } from "./job-options.ts"
import type { UniqueRule } from "./store.ts"

/** How one job is pushed. */
export interface PushOptions {
  /** How long it waits first, in milliseconds. Default 0. */
  readonly delayMs?: number
  /** Or when it begins. A time that has passed means at once. */
  readonly runAt?: Date
  /** Default: the job's. */
  readonly priority?: number
  /** Default: the job's. */
  readonly attempts?: number
  /**
   * Another job of the same key is not pushed while this one is there: until it is `"finished"` (the default), until it is `"started"`, or for
   * so many milliseconds.
   */
  readonly unique?: string | { readonly key: string; readonly until?: "finished" | "started" | number }
  /** Whose it is: groups take turns, so that a tenant with many jobs does not keep one with few waiting. 1 to 255 characters. */
  readonly group?: string
  /** Texts that travel with it, as the headers of a trace. At most 20, of 500 characters each. */
  readonly meta?: Readonly<Record<string, string>>
}

const NAMES: ReadonlySet<string> = new Set<keyof PushOptions>([
  "delayMs",
  "runAt",
  "priority",
  "attempts",
  "unique",
  "group",
  "meta",
])
const UNIQUE_NAMES: ReadonlySet<string> = new Set(["key", "until"])
const MAX_META = 20
const MAX_META_LENGTH = 500

/** Those options, read, beside what the job says. */
export interface PushPlan {
  readonly delayMs: number
  readonly priority: number | undefined
  readonly attempts: number | undefined
  readonly unique: UniqueRule | undefined
  readonly group: string | undefined
  readonly meta: string | undefined
}

const NOTHING: PushPlan = {
  delayMs: 0,
  priority: undefined,
  attempts: undefined,
  unique: undefined,
  group: undefined,
  meta: undefined,
}

/** @throws {QUEUE_OPTION_INVALID} */
export function planPush(options: PushOptions | undefined, nowMs: () => number): PushPlan {
  if (options === undefined) return NOTHING
  checkNames("push", options, NAMES)
  const { priority, attempts, group, unique, meta } = options
  return {
    delayMs: delayOf(options, nowMs),
    priority: priority === undefined ? undefined : checkInteger("priority", priority, -100, 100),
    attempts: attempts === undefined ? undefined : checkInteger("attempts", attempts, 1, MAX_ATTEMPTS),
    unique: unique === undefined ? undefined : uniqueOf(unique),
    group: group === undefined ? undefined : checkText("group", group),
    meta: meta === undefined ? undefined : metaOf(meta),
  }
}

function delayOf({ delayMs, runAt }: PushOptions, nowMs: () => number): number {
  if (runAt === undefined) return delayMs === undefined ? 0 : checkInteger("delayMs", delayMs, 0, MAX_MS)
  if (delayMs !== undefined) throw new QueueOptionInvalid("Expected delayMs or runAt, got both.")
  if (!(runAt instanceof Date) || Number.isNaN(runAt.getTime()))
    throw new QueueOptionInvalid("Expected runAt to be a valid Date.")
  return checkInteger("the time until runAt", Math.max(0, runAt.getTime() - nowMs()), 0, MAX_MS)
}

function uniqueOf(unique: NonNullable<PushOptions["unique"]>): UniqueRule {
  if (typeof unique === "string") return { key: checkText("unique", unique), until: "finished" }
  checkNames("unique", unique, UNIQUE_NAMES)
  const { until = "finished" } = unique
  if (until !== "finished" && until !== "started") checkInteger("unique.until", until, 1, MAX_MS)
  return { key: checkText("unique.key", unique.key), until }
}

function metaOf(meta: Readonly<Record<string, string>>): string {
  const entries = Object.entries(meta)
  if (entries.length > MAX_META) throw new QueueOptionInvalid(`Expected at most ${MAX_META} texts in meta.`)
  for (const [name, text] of entries)
    if (typeof text !== "string" || name.length + text.length > MAX_META_LENGTH)
      throw new QueueOptionInvalid(
        `Expected meta to hold texts of at most ${MAX_META_LENGTH} characters, name included.`,
      )
  return JSON.stringify(meta)
}
