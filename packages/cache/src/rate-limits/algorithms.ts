import type { Decision } from "../cells/cells.ts"

/** What came of a take. Times in milliseconds from now. */
export interface RateLimitResult {
  readonly allowed: boolean
  readonly limit: number
  /** What may be taken now, after this one. */
  readonly remaining: number
  /** Until all of the limit may be taken again. */
  readonly resetMs: number
  /** Until as much as was asked for may be taken; 0 when it was allowed. */
  readonly retryAfterMs: number
}

/** The parts that a window is counted in. A use is counted for a part longer than the window, and never shorter. */
export const PARTS = 16

export interface WindowRule {
  readonly kind: "window"
  readonly limit: number
  readonly windowMs: number
}
export interface BucketRule {
  readonly kind: "bucket"
  readonly limit: number
  /** Tokens that come back in a millisecond. */
  readonly perMs: number
}
export type Rule = WindowRule | BucketRule

/** Uses by part: `counts[0]` are those of part `first`. */
export interface WindowState {
  first: number
  counts: number[]
}
export interface BucketState {
  tokens: number
  atMs: number
}
export type LimitState = WindowState | BucketState

/** What is asked of a limit. */
export interface Wanted {
  readonly rule: Rule
  readonly cost: number
}

/** Asks for so much at a time, and takes it if it may be had. A cost of 0 only looks. */
export function take(
  { rule, cost }: Wanted,
  state: LimitState | undefined,
  nowMs: number,
): Decision<LimitState, RateLimitResult> {
  return rule.kind === "window"
    ? takeFromWindow({ ...rule, cost }, state as WindowState | undefined, nowMs)
    : takeFromBucket({ ...rule, cost }, state as BucketState | undefined, nowMs)
}

function takeFromWindow(
  { limit, windowMs, cost }: WindowRule & { readonly cost: number },
  state: WindowState | undefined,
  nowMs: number,
): Decision<LimitState, RateLimitResult> {
  const partMs = windowMs / PARTS
  // A clock that goes back counts for the latest part that was seen.
  const last = state === undefined ? 0 : state.first + state.counts.length - 1
  const part = Math.max(Math.floor(nowMs / partMs), last)
  const counts = state?.counts ?? []
  let first = state?.first ?? part
  // Nothing is forgotten by who only asks, or is refused: the clock may go back.
  let gone = Math.min(counts.length, Math.max(0, part - PARTS - first))
  let used = 0
  for (let at = gone; at < counts.length; at++) used += counts[at]!
  const allowed = used + cost <= limit
  if (allowed && cost > 0) {
    if (gone > 0) counts.splice(0, gone)
    first = counts.length === 0 ? part : first + gone
    gone = 0
    while (first + counts.length <= part) counts.push(0)
    counts[part - first]! += cost
    used += cost
  }
  const window: CountedWindow = { counts, first, gone }
  const answer: RateLimitResult = {
    allowed,
    limit,
    remaining: limit - used,
    resetMs: used === 0 ? 0 : freeAfter(window, 0) * partMs - nowMs,
    retryAfterMs: allowed ? 0 : Math.max(1, freeAfter(window, limit - cost) * partMs - nowMs),
  }
  if (!allowed || cost === 0) return { answer }
  return { answer, next: { state: { first, counts }, keepMs: windowMs + 2 * partMs } }
}

interface CountedWindow {
  readonly counts: readonly number[]
  readonly first: number
  /** Parts at the front that count no more. */
  readonly gone: number
}

/** The part at whose beginning no more than so much is counted. */
function freeAfter({ counts, first, gone }: CountedWindow, most: number): number {
  let left = 0
  for (let at = counts.length - 1; at >= gone; at--) {
    left += counts[at]!
    if (left > most) return first + at + PARTS + 1
  }
  return first + gone
}

function takeFromBucket(
  { limit, perMs, cost }: BucketRule & { readonly cost: number },
  state: BucketState | undefined,
  nowMs: number,
): Decision<LimitState, RateLimitResult> {
  const atMs = Math.max(nowMs, state?.atMs ?? 0)
  const had = state === undefined ? limit : Math.min(limit, state.tokens + (atMs - state.atMs) * perMs)
  const allowed = had >= cost
  const tokens = allowed ? had - cost : had
  const answer: RateLimitResult = {
    allowed,
    limit,
    remaining: Math.floor(tokens),
    resetMs: Math.ceil((limit - tokens) / perMs),
    retryAfterMs: allowed ? 0 : Math.max(1, Math.ceil((cost - had) / perMs)),
  }
  if (!allowed || cost === 0) return { answer }
  return { answer, next: { state: { tokens, atMs }, keepMs: Math.ceil(limit / perMs) + 1_000 } }
}
