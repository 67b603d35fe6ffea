import { QueueUnsupported } from "./errors.ts"

/** What a store promises, as data. A member that is absent is not promised. */
export type QueueGuarantees = {
  /** Every job runs to its end at least once, whatever crashes. All stores promise it as far as they are `durable`. */
  readonly atLeastOnce: true
  /** What was pushed survives kill -9 of this process. Where it says more (a power cut), the guide does. */
  readonly durable: boolean
  /** Other processes push to the same queue, and work on it. */
  readonly crossProcess: boolean
  readonly delay: boolean
  /** The longest delay, in milliseconds. */
  readonly maxDelayMs: number
  readonly priority: boolean
  readonly unique: boolean
  /** `queue.in(tx)`: a job and a row are committed together. */
  readonly transactional: boolean
  /** Groups take turns, each with its own concurrency. */
  readonly fairGroups: boolean
  /** Rates hold over all processes. */
  readonly rateLimits: boolean
  /** Batches, chains, and jobs that wait for others. */
  readonly flows: boolean
  readonly pause: boolean
  /** Jobs are looked at, listed and counted; their progress and output are kept. */
  readonly inspect: boolean
  /** Jobs are taken away before they run. */
  readonly remove: boolean
  /** Failed ones are kept, listed and begun anew. */
  readonly deadLetters: boolean
  /** Completed ones are kept for `keepCompletedMs`. */
  readonly retention: boolean
  /** The attempt that a job is in is known exactly, also after a crash and after it was given back. */
  readonly exactAttempts: boolean
  /** Of a job's input, as JSON in UTF-8. */
  readonly maxPayloadBytes: number
}

/** The name of a guarantee that is there or not. */
export type QueueFeature = {
  [K in keyof QueueGuarantees]: QueueGuarantees[K] extends boolean ? K : never
}[keyof QueueGuarantees]

/** @throws {QUEUE_UNSUPPORTED} when the store does not promise it. */
export function requireFeature(guarantees: QueueGuarantees, feature: QueueFeature, what: string): void {
  if (guarantees[feature]) return
  throw new QueueUnsupported(
    `${what} needs the guarantee "${feature}", which what keeps this queue does not give. Use a URL whose driver does.`,
    { details: { guarantee: feature } },
  )
}
