import type { AnyHandledJob } from "./job.ts"
import type { Tallies, Tally } from "./metrics.ts"

/** One kind of job of a worker, and what the worker has of it. */
export interface Kind {
  readonly job: AnyHandledJob
  readonly tally: Tally
  /** Claimed, and not settled. */
  held: number
  running: number
}

export function toKind(job: AnyHandledJob, tallies: Tallies): Kind {
  return { job, tally: tallies.of(job.name), held: 0, running: 0 }
}
