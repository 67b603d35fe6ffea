import type { Policies, RunCause } from "./schedule.ts"
import type { Outcome } from "./state.ts"
import type { When } from "./timing.ts"

/** A run that goes on. */
export interface RunningInfo {
  readonly id: string
  readonly at: Date
  readonly startedAt: Date
  readonly node: string
  readonly attempt: number
}

/** What is known of a schedule, whichever node has it. */
export interface ScheduleInfo {
  readonly name: string
  readonly when: When
  readonly policies: Policies
  readonly isPaused: boolean
  /** The next time, jitter included; `undefined` while it is paused, or when there is none. */
  readonly next: Date | undefined
  readonly running: readonly RunningInfo[]
  /** Runs that are to begin as soon as they may. */
  readonly waiting: number
  readonly last: RunRecord | undefined
}

/** What is kept of a run that has ended, or of times without one. */
export interface RunRecord {
  readonly id: string
  readonly schedule: string
  /** The time that it was for. */
  readonly at: Date
  readonly cause: RunCause
  /**
   * `"succeeded"`, `"failed"`, `"timed-out"`; `"cancelled"` by the next one; `"interrupted"`: its node was stopped; `"lost"`: its node
   * died; `"skipped"`: another run went on; `"missed"`: nobody was there.
   */
  readonly outcome: Outcome
  readonly startedAt?: Date
  readonly endedAt: Date
  readonly durationMs?: number
  /** The code of the error that it failed with, or the error's name. Never its message. */
  readonly errorCode?: string
  readonly node?: string
  readonly attempt: number
  readonly fence?: number
  /** How many times were left out, where it is more than one; of missed ones at most 200 are counted. */
  readonly count?: number
}

export interface StopOptions {
  /** How long runs may go on. Then their signals are aborted, and they are handed on. 0 to 86,400,000. Default 10,000. */
  readonly graceMs?: number
}

/** Schedules that are kept together, and the part of them that runs here. */
export interface Scheduler {
  /** This process, in the history: `host:pid:…`. */
  readonly node: string
  /**
   * Makes its schedules known, and begins to run them. Twice does nothing.
   *
   * @throws {SCHEDULER_STORE_FAILED} {SCHEDULER_CLOSED}
   */
  start(): Promise<void>
  /** All that are known, those of other nodes and other versions of the app too. @throws {SCHEDULER_STORE_FAILED} {SCHEDULER_CLOSED} */
  list(): Promise<readonly ScheduleInfo[]>
  /**
   * The next times of a schedule, without jitter.
   *
   * @param count 1 to 1,000. Default 5.
   * @throws {SCHEDULER_UNKNOWN} {SCHEDULER_OPTION_INVALID} {SCHEDULER_STORE_FAILED} {SCHEDULER_CLOSED}
   */
  next(name: string, count?: number): Promise<readonly Date[]>
  /**
   * The last runs, the latest first.
   *
   * @param limit 1 to 10,000. Default 20.
   * @throws {SCHEDULER_UNKNOWN} {SCHEDULER_OPTION_INVALID} {SCHEDULER_STORE_FAILED} {SCHEDULER_CLOSED}
   */
  history(name: string, limit?: number): Promise<readonly RunRecord[]>
  /**
   * Has it run as soon as it may, on any node, also while it is paused. With `overlap: "allow"` at once, else when no other run goes on.
   *
   * @returns the run's id, which its record in the history will have.
   * @throws {SCHEDULER_UNKNOWN} {SCHEDULER_BUSY} when ten wait already. {SCHEDULER_STORE_FAILED} {SCHEDULER_CLOSED}
   */
  runNow(name: string): Promise<string>
  /** Runs go on, but none begins. Kept: a restart changes nothing. @throws {SCHEDULER_UNKNOWN} {SCHEDULER_STORE_FAILED} {SCHEDULER_CLOSED} */
  pause(name: string): Promise<void>
  /** Goes on with the next time; those that passed meanwhile are not missed. @throws {SCHEDULER_UNKNOWN} {SCHEDULER_STORE_FAILED} {SCHEDULER_CLOSED} */
  resume(name: string): Promise<void>
  /** Forgets a schedule that no node has any more, with its history. @throws {SCHEDULER_UNKNOWN} {SCHEDULER_STORE_FAILED} {SCHEDULER_CLOSED} */
  remove(name: string): Promise<void>
  /** @throws {SCHEDULER_STORE_FAILED} when the store was not heard of for longer than it should be. */
  check(): Promise<void>
  /** Begins nothing more, and waits for what goes on. @param signal Ends the wait. */
  drain(signal?: AbortSignal): Promise<void>
  /** Drains, hands on what does not end in time, and closes the store. Twice does nothing. @throws {SCHEDULER_OPTION_INVALID} */
  stop(options?: StopOptions): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
