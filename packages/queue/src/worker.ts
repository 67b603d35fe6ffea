import type { RateRule } from "./store.ts"

/** How a worker works. */
export interface WorkerOptions {
  /** How many jobs run at a time: 1 to 10,000. Default 10. */
  readonly concurrency?: number
  /** How many more are fetched ahead, so that the store is asked seldom: 0 to 10,000. Default: as many as `concurrency`, at most 1,000. */
  readonly prefetch?: number
  /**
   * For how long a job is this worker's own without a word of it, in milliseconds: after a crash it is run again when that has passed. It is
   * renewed three times as often. 500 to 43,200,000; default 30,000.
   */
  readonly leaseMs?: number
  /** How many jobs of the whole queue may begin in a time, over all processes that say the same. */
  readonly rate?: RateRule
  /** How long `stop` waits for handlers when it is not told. Default 10,000. */
  readonly graceMs?: number
  /** Shown to those who look. Default: the host's and the process's. */
  readonly id?: string
}

export interface StopOptions {
  /** How long handlers may go on. Then their signals abort, and what does not end is given back. Default: the worker's. */
  readonly graceMs?: number
}

/** How a stop went. */
export interface WorkerStopReport {
  /** Every handler ended in time. */
  readonly clean: boolean
  /** Jobs that were given back: fetched and not begun, or not ended in time. */
  readonly released: number
}

/** Works on jobs until it is stopped. */
export interface Worker {
  readonly id: string
  /** Jobs whose handlers run now. */
  readonly running: number
  /** Begins no further job in this process, until it is resumed. Those that run go on. */
  pause(): void
  resume(): void
  /** Resolves when nothing is left that it could begin now, and nothing runs. For tests, and for work that ends. */
  idle(): Promise<void>
  /** Takes no new job, lets those that run end, and gives back the others. Never rejects. Later calls share the first one's promise. */
  stop(options?: StopOptions): Promise<WorkerStopReport>
  /**
   * As a part of a process's lifecycle: its `drain` stops the worker within the lifecycle's grace.
   *
   * @example lifecycle.add(worker.part())
   */
  part(): { readonly name: string; drain(signal: AbortSignal): Promise<void>; stop(): Promise<void> }
}
