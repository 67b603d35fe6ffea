import { checkInteger, checkNames, MAX_MS } from "./check.ts"
import { QueueOptionInvalid } from "./errors.ts"

/**
 * How long a job waits before it is tried again: always as long, longer each time, or as a function says, given the attempt that failed
 * (from 1) and its error. Where the function gives `"stop"` it is not tried again.
 */
export type Backoff = number | ExponentialBackoff | ((attempt: number, error: unknown) => number | "stop")

export interface ExponentialBackoff {
  /** After the first attempt, in milliseconds. Default: 1,000. */
  readonly delayMs?: number
  /** By what it grows each time. 1 to 100, default: 2. */
  readonly factor?: number
  /** It grows no further than this. Default: 3,600,000, an hour. */
  readonly maxDelayMs?: number
  /** The part that is left to chance, so that those who failed together do not come again together. 0 to 1, default: 0.5. */
  readonly jitter?: number
}

export type BackoffRule = (attempt: number, error: unknown) => number | "stop"

const NAMES: ReadonlySet<string> = new Set<keyof ExponentialBackoff>(["delayMs", "factor", "maxDelayMs", "jitter"])

/** @throws {QUEUE_OPTION_INVALID} */
export function toBackoffRule(backoff: Backoff = {}, random: () => number = Math.random): BackoffRule {
  if (typeof backoff === "function") {
    return (attempt, error) => {
      const wait = backoff(attempt, error)
      return wait === "stop" ? wait : checkInteger("what backoff gives", Math.round(wait), 0, MAX_MS)
    }
  }
  if (typeof backoff === "number") {
    const delayMs = checkInteger("backoff", backoff, 0, MAX_MS)
    return () => delayMs
  }
  checkNames("backoff", backoff, NAMES)
  const { factor = 2, jitter = 0.5 } = backoff
  const delayMs = checkInteger("backoff.delayMs", backoff.delayMs ?? 1_000, 0, MAX_MS)
  const maxDelayMs = checkInteger("backoff.maxDelayMs", backoff.maxDelayMs ?? 3_600_000, 0, MAX_MS)
  if (!(factor >= 1 && factor <= 100)) throw new QueueOptionInvalid("Expected backoff.factor to be from 1 to 100.")
  if (!(jitter >= 0 && jitter <= 1)) throw new QueueOptionInvalid("Expected backoff.jitter to be from 0 to 1.")
  return (attempt) => {
    const full = Math.min(delayMs * factor ** (attempt - 1), maxDelayMs)
    return Math.round(full * (1 - jitter * random()))
  }
}
