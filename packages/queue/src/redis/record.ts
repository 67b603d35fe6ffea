import type { ClaimedJob, NewJob } from "../store.ts"

/*
 * A job as it is kept: one text, whose first part is the server's and is added there:
 *
 *   <created>/<length of extra>/<attempts>/<keepCompletedMs>/<keepFailedMs>/<priority>/<kind>/<length of more>/<extra><more><input>
 *
 * `extra` is what scripts have to know of few jobs, `more` what only workers do: JSON, or nothing.
 */

/** In ASCII, so that its length is the same here and in Lua. */
interface Extra {
  /** group, and its `groupConcurrency` */
  readonly g?: string
  readonly l?: number
  /** The unique key, and how long it holds: -1 until the job is started, 0 until it has finished. */
  readonly u?: string
  readonly t?: number
  /** batch */
  readonly b?: string
  /** delayMs, of one that is blocked. */
  readonly d?: number
}
interface More {
  /** meta */
  readonly m?: string
  /** continues */
  readonly c?: string
}

export interface JobRecord {
  readonly createdMs: number
  readonly attempts: number
  readonly keepCompletedMs: number
  readonly keepFailedMs: number
  readonly priority: number
  readonly name: string
  readonly input: string
  readonly extra: Extra
  readonly more: More
  /** Whether a completed one leaves nothing, and concerns no other. */
  readonly isPlain: boolean
}

const NONE: Extra & More = {}

export function writeRecord(job: NewJob, isBlocked = false): string {
  const { attempts, keepCompletedMs, keepFailedMs, priority, name, input } = job
  const extra = writeExtra(job, isBlocked)
  const { meta, continues } = job
  const more =
    meta === undefined && continues === undefined
      ? ""
      : JSON.stringify({ ...(meta !== undefined && { m: meta }), ...(continues !== undefined && { c: continues }) })
  return `${extra.length}/${attempts}/${keepCompletedMs}/${keepFailedMs}/${priority}/${name}/${more.length}/${extra}${more}${input}`
}

function writeExtra({ group, groupConcurrency, unique, batch, delayMs }: NewJob, isBlocked: boolean): string {
  const hasDelay = isBlocked && delayMs > 0
  if (group === undefined && unique === undefined && batch === undefined && !hasDelay) return ""
  const extra: Extra = {
    ...(group !== undefined && { g: textOf(group) }),
    ...(group !== undefined && groupConcurrency !== undefined && { l: groupConcurrency }),
    ...(unique !== undefined && { u: textOf(unique.key), t: holdOf(unique.until) }),
    ...(batch !== undefined && { b: batch }),
    ...(hasDelay && { d: Math.ceil(delayMs) }),
  }
  return JSON.stringify(extra).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  )
}

/** As it comes back from UTF-8. */
export function textOf(text: string): string {
  return text.toWellFormed()
}
export function holdOf(until: "finished" | "started" | number): number {
  return until === "finished" ? 0 : until === "started" ? -1 : until
}

export function readRecord(text: string): JobRecord {
  let at = 0
  const next = (): string => {
    const end = text.indexOf("/", at)
    const part = text.slice(at, end)
    at = end + 1
    return part
  }
  const createdMs = Number(next())
  const extraLength = Number(next())
  const attempts = Number(next())
  const keepCompletedMs = Number(next())
  const keepFailedMs = Number(next())
  const priority = Number(next())
  const name = next()
  const moreLength = Number(next())
  const moreAt = at + extraLength
  const inputAt = moreAt + moreLength
  const extra = extraLength === 0 ? NONE : (JSON.parse(text.slice(at, moreAt)) as Extra)
  return {
    createdMs,
    attempts,
    keepCompletedMs,
    keepFailedMs,
    priority,
    name,
    input: text.slice(inputAt),
    extra,
    more: moreLength === 0 ? NONE : (JSON.parse(text.slice(moreAt, inputAt)) as More),
    isPlain: keepCompletedMs === 0 && leavesNothing(extra),
  }
}

/** No place of a group, no batch that counts it, and no key that its end frees. */
function leavesNothing({ l, b, u, t }: Extra): boolean {
  return l === undefined && b === undefined && (u === undefined || t !== 0)
}

/** A job in the hands of this process. */
export interface RedisClaim extends ClaimedJob {
  /** `<attempt>:<token>`: who has lost the job cannot end it. */
  readonly mark: string
  readonly isPlain: boolean
}

export function toClaim(id: string, attempt: number, record: JobRecord, token: string): RedisClaim {
  const { name, input, attempts, createdMs, extra, more, isPlain } = record
  return {
    id,
    name,
    input,
    attempt,
    attempts,
    createdMs,
    mark: `${attempt}:${token}`,
    isPlain,
    ...(extra.g !== undefined && { group: extra.g }),
    ...(extra.b !== undefined && { batch: extra.b }),
    ...(more.m !== undefined && { meta: more.m }),
    ...(more.c !== undefined && { continues: more.c }),
  }
}
