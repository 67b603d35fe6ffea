import type { Definition, RunCause } from "./schedule.ts"

/** A time that is to be run as soon as it may. */
export interface Waiting {
  readonly id: string
  readonly atMs: number
  readonly cause: RunCause
  readonly attempt: number
}

/** A run that a node has begun. */
export interface Running extends Waiting {
  readonly fence: number
  readonly node: string
  readonly startedMs: number
  /** When it is taken for lost, unless its node has said by then that it goes on. */
  readonly leaseMs: number
  readonly isCancelled: boolean
}

/** How a run ended, or why there was none. */
export type Outcome = "succeeded" | "failed" | "timed-out" | "cancelled" | "interrupted" | "lost" | "skipped" | "missed"

/** What is kept of a run that has ended, or of times without one. */
export interface Ended {
  readonly id: string
  readonly atMs: number
  readonly cause: RunCause
  readonly outcome: Outcome
  readonly endedMs: number
  readonly attempt: number
  readonly fence?: number
  readonly node?: string
  readonly startedMs?: number
  readonly errorCode?: string
  /** How many times this speaks of, where it is more than one. */
  readonly count?: number
}

/** All that is known of a schedule, but its history: one small value, changed by one caller at a time. */
export interface ScheduleState {
  readonly definition: Definition
  /** When it was first known as it is now. */
  readonly anchorMs: number
  /** What has become of every time up to this one is decided. */
  readonly cursorMs: number
  /** The next time. */
  readonly nextMs: number | null
  readonly pausedMs: number | null
  /** The last one that was given. */
  readonly fence: number
  readonly waiting: readonly Waiting[]
  readonly running: readonly Running[]
  /** How many records were written to its history, those that were dropped since included. */
  readonly records: number
  /** The last of them. */
  readonly last?: Ended
}

/** What becomes of a state: an answer, the state from now on, and what is added to the history with it. */
export interface Decision<R> {
  readonly answer: R
  readonly next?: ScheduleState
  readonly ended?: readonly Ended[]
}
