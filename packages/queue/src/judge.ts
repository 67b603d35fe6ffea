import { QueueInputInvalid, QueueJobRejected, QueueJobStalled } from "./errors.ts"
import type { JobRun } from "./job-run.ts"

/** What follows an attempt that failed. */
export interface Verdict {
  /** What is told of it. */
  readonly error: unknown
  /** How long until the next one; `"stop"`: there is none. */
  readonly wait: number | "stop"
}

/** Whether an attempt that failed is tried again, and when. */
export function judge({ claimed, job }: JobRun, error: unknown): Verdict {
  const { attempt, attempts } = claimed
  if (attempt >= attempts || isFinal(error)) return { error, wait: "stop" }
  try {
    return { error, wait: job.settings.backoff(attempt, error) }
  } catch (broken) {
    return { error: broken, wait: "stop" } // a backoff that fails must not take the worker with it
  }
}

/** Whether trying the same again cannot end otherwise. */
function isFinal(error: unknown): boolean {
  return error instanceof QueueJobRejected || error instanceof QueueInputInvalid || error instanceof QueueJobStalled
}
