import type { JobFailure } from "./failure.ts"
import type { JobPusher } from "./queue.ts"

/** What a handler knows of the job that it runs. */
export interface JobContext<Input> {
  readonly id: string
  readonly name: string
  /** What the schema made of it. */
  readonly input: Input
  /** Which time it is begun, from 1. */
  readonly attempt: number
  /** How often it may be. */
  readonly attempts: number
  readonly group: string | undefined
  /** What was pushed with it. */
  readonly meta: Readonly<Record<string, string>>
  /** Aborts when the job has run too long, when its worker stops, or when the hold on it was lost. Its reason is the error that says which. */
  readonly signal: AbortSignal
  /**
   * Tells how far it is, for those who look: any JSON of at most 4 KiB. What is told last is written at the next heartbeat.
   *
   * @throws {QUEUE_UNSUPPORTED} where jobs cannot be looked at. {QUEUE_OPTION_INVALID} when it is too large or no JSON.
   */
  progress(value: unknown): void
  /** How the jobs of the batch ended that this one continues; none where it continues none. */
  children(): Promise<readonly ChildResult[]>
  /** Pushes what follows. It is pushed at once, also when this job fails after. */
  readonly queue: JobPusher
}

/** How one job of a batch ended. */
export interface ChildResult {
  readonly id: string
  readonly name: string
  readonly state: "completed" | "failed"
  /** What its handler gave, as JSON reads it. */
  readonly output: unknown
  readonly error: JobFailure | undefined
}
