import type { Decision, Ended, ScheduleState } from "./state.ts"

/** Decides by the state and the time alone: it runs again when another was faster. */
export type Decide<R> = (state: ScheduleState | undefined, nowMs: number) => Decision<R>

/** What is known of schedules at one moment, by the store's own clock. */
export interface Snapshot {
  readonly nowMs: number
  readonly states: ReadonlyMap<string, ScheduleState>
}

/**
 * Keeps what is known of schedules. What every driver must do is held by `describeSchedulerStore`:
 *
 * - Changes of one schedule happen one after the other, whoever makes them and wherever they are: a run is claimed once.
 * - The state and what is added to the history with it are kept together, or not at all.
 * - The time is the store's own, one for all nodes.
 * - A change is made outside of any transaction that its caller is in.
 */
export interface SchedulerStore {
  /** All whose key begins so. */
  read(prefix: string): Promise<Snapshot>
  /** @param keep How many records of its history stay. */
  change<R>(key: string, keep: number, decide: Decide<R>): Promise<R>
  /** The last records, the newest first. */
  history(key: string, limit: number): Promise<readonly Ended[]>
  /** Forgets it with its history. @returns whether there was one. */
  remove(key: string): Promise<boolean>
  close(): Promise<void>
}
