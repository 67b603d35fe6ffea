import type { Clock, Guarantees } from "@ashlar/core"
import { checkInteger, checkNames } from "./check.ts"
import { QueueOptionInvalid } from "./errors.ts"

export interface QueueOptions {
  /** Queues of one URL are told apart by it: 1 to 50 characters of `a-z0-9_-`. Default: `default`. */
  readonly name?: string
  /** What the caller relies on: `{ durable: true, flows: true }`. A URL whose driver does not promise it is refused at once. */
  readonly needs?: Guarantees
  /** How many jobs may wait before pushes are refused with QUEUE_FULL; looked at once a second. Default: any number. Needs `inspect`. */
  readonly maxDepth?: number
  /** How many jobs may be on their way to the store before pushes are refused with QUEUE_FULL. Default: 100,000. */
  readonly maxPending?: number
  /** How often jobs of other processes are looked for, where the store is not told of them: 1 to 60,000 ms, default 250. */
  readonly pollMs?: number
  /** Told of what went wrong where nobody could be told by a rejection. */
  readonly onError?: (error: unknown) => void
  /** For tests. */
  readonly clock?: Clock
}

const NAMES: ReadonlySet<string> = new Set<keyof QueueOptions>([
  "name",
  "needs",
  "maxDepth",
  "maxPending",
  "pollMs",
  "onError",
  "clock",
])
const NAME_FORM = /^[a-z0-9_-]{1,50}$/

/** Those options, read. */
export interface QueuePlan {
  readonly name: string
  readonly maxDepth: number | undefined
  readonly maxPending: number
  readonly pollMs: number
  readonly onError: (error: unknown) => void
  readonly clock: Clock | undefined
}

/** @throws {QUEUE_OPTION_INVALID} */
export function planQueue(options: QueueOptions): QueuePlan {
  checkNames("a queue", options, NAMES)
  const { name = "default", maxDepth, onError = () => undefined, clock } = options
  if (!NAME_FORM.test(name))
    throw new QueueOptionInvalid("Expected the name of a queue to be 1 to 50 characters of a-z0-9_- only.")
  return {
    name,
    maxDepth: maxDepth === undefined ? undefined : checkInteger("maxDepth", maxDepth, 1, Number.MAX_SAFE_INTEGER),
    maxPending: checkInteger("maxPending", options.maxPending ?? 100_000, 1, 10_000_000),
    pollMs: checkInteger("pollMs", options.pollMs ?? 250, 1, 60_000),
    onError,
    clock,
  }
}
