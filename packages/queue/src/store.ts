import type { Clock } from "@ashlar/core"
import type { QueueGuarantees } from "./guarantees.ts"

export type MaybePromise<T> = T | Promise<T>

/** Where a job is. */
export type JobState =
  /** A worker may have it now. */
  | "waiting"
  /** Its time has not come: it was pushed with a delay, or tries again later. */
  | "delayed"
  /** Its group runs as many as it may. */
  | "held"
  /** What it continues has not ended. */
  | "blocked"
  /** A worker has it. */
  | "active"
  /** Done, and kept for a while. */
  | "completed"
  /** Failed for good: a dead letter. */
  | "failed"

/** That only one job of a key is there at a time. */
export interface UniqueRule {
  /** 1 to 255 characters. Of one queue, whatever the jobs' names. */
  readonly key: string
  /**
   * How long another of the key is refused: until this one is `finished` (completed, failed for good or removed), until it is `started`
   * the first time, or for so many milliseconds from now, whatever becomes of it.
   */
  readonly until: "finished" | "started" | number
}

/** A job as it is given to a store: the semantics are done with, times are relative to the store's own clock. */
export interface NewJob {
  /** A UUIDv7. */
  readonly id: string
  /** Of the kind of job: workers ask by it. 1 to 100 characters of `A-Za-z0-9._:-`. */
  readonly name: string
  /** JSON, or `""` where there is none. */
  readonly input: string
  /** How often it may be begun. */
  readonly attempts: number
  /** -100 to 100: greater ones first. */
  readonly priority: number
  /** 0: at once. */
  readonly delayMs: number
  /** Whose turn it is: groups of a job's name take turns. 1 to 255 characters. */
  readonly group?: string
  /** How many of the group run at a time; absent: any number. */
  readonly groupConcurrency?: number
  readonly unique?: UniqueRule
  /** Small texts that travel with it: a trace's headers. JSON of an object of strings. */
  readonly meta?: string
  /** How long it is kept once it is completed; 0: it is gone at once. */
  readonly keepCompletedMs: number
  /** How long it is kept once it has failed for good. */
  readonly keepFailedMs: number
  /** The batch that waits for it. */
  readonly batch?: string
  /** The batch that it continues, and whose children it may ask for. */
  readonly continues?: string
}

/**
 * Jobs that are counted together, and what follows. All jobs of it are added in the same call. What follows is added with it in the
 * state `blocked`; once released it is a job like any other, and once it is clear that it will not run it is dropped.
 */
export interface NewBatch {
  readonly id: string
  /** How many jobs, of the same call, have it as their `batch`. At least 1. */
  readonly total: number
  /** Released when all have completed. */
  readonly success?: NewJob
  /** Released when the first one fails for good. */
  readonly failure?: NewJob
  /** Released when all have ended, one way or the other. */
  readonly end?: NewJob
  /** What becomes of `success` once one failed: `"drop"` it is taken away, `"fail"` it fails for good too, once all have ended. */
  readonly ifFailed: "drop" | "fail"
  /** How long the counts and the outputs are kept once it has ended. */
  readonly keepMs: number
}

export interface Added {
  /** The job's own, or that of the job that is there already under its unique key. */
  readonly id: string
  readonly isNew: boolean
}

/** One kind of job that a worker asks for. */
export interface ClaimLane {
  readonly name: string
  /** How many of this kind at most. */
  readonly max: number
  /** How many may begin in a time, over all processes. */
  readonly rate?: RateRule
}

export interface RateRule {
  readonly max: number
  readonly perMs: number
}

export interface ClaimRequest {
  readonly lanes: readonly ClaimLane[]
  /** How many of all kinds at most. */
  readonly max: number
  /** How long the worker's hold on a job lasts, unless it is extended. */
  readonly leaseMs: number
  /** How long to wait for the first one. 0: not at all. */
  readonly waitMs: number
  /** How many of the whole queue may begin in a time, over all processes. */
  readonly rate?: RateRule
  /** Who asks, for those who look. */
  readonly worker: string
  /** Ends the wait: what is claimed already is given all the same. */
  readonly signal?: AbortSignal
}

/** A job in the hands of a worker. Stores may put more into it: it is given back as it was. */
export interface ClaimedJob {
  readonly id: string
  readonly name: string
  readonly input: string
  /** Which time it is begun, from 1; times whose worker crashed are counted. */
  readonly attempt: number
  readonly attempts: number
  readonly group?: string
  readonly meta?: string
  /** The batch that it continues. */
  readonly continues?: string
  readonly batch?: string
  /** When it was pushed. */
  readonly createdMs: number
}

/** How a job's run ended. */
export type Outcome =
  /** Done. The output is JSON, or `""`. */
  | { readonly kind: "complete"; readonly job: ClaimedJob; readonly output: string }
  /** To be tried again. The attempt is used up. */
  | { readonly kind: "retry"; readonly job: ClaimedJob; readonly delayMs: number; readonly error: string }
  /** Failed for good. */
  | { readonly kind: "fail"; readonly job: ClaimedJob; readonly error: string }
  /** Not run after all: given back at once, and the attempt with it. */
  | { readonly kind: "release"; readonly job: ClaimedJob }

export interface SettledAndClaimed {
  /** What `settle` gives. */
  readonly kept: readonly boolean[]
  readonly claimed: readonly ClaimedJob[]
}

/** A job as it is shown. Times in milliseconds since 1970. */
export interface StoredJob {
  readonly id: string
  readonly name: string
  readonly state: JobState
  readonly input: string
  readonly attempt: number
  readonly attempts: number
  readonly priority: number
  readonly group?: string
  readonly batch?: string
  /** JSON, the last that the handler told. */
  readonly progress?: string
  /** JSON. */
  readonly output?: string
  /** JSON of a `JobFailure`: of the last attempt. */
  readonly error?: string
  readonly createdMs: number
  /** When a delayed one may begin. */
  readonly runAtMs?: number
  readonly finishedMs?: number
}

export interface ListRequest {
  readonly state: JobState
  readonly name?: string
  /** The id after which to go on. */
  readonly after?: string
  /** 1 to 1,000. */
  readonly limit: number
}

/** How many of a kind are in each state. */
export interface LaneCounts {
  readonly name: string
  readonly waiting: number
  readonly delayed: number
  readonly held: number
  readonly blocked: number
  readonly active: number
  readonly completed: number
  readonly failed: number
  /** How long the longest waiting one has waited. */
  readonly oldestWaitingMs: number
  readonly isPaused: boolean
}

export interface BatchCounts {
  readonly id: string
  readonly total: number
  readonly completed: number
  readonly failed: number
  /** Neither completed nor failed. */
  readonly pending: number
  readonly createdMs: number
  /** When the last one ended. */
  readonly settledMs?: number
}

/** How one job of a batch ended. */
export interface ChildOutcome {
  readonly id: string
  readonly name: string
  readonly state: "completed" | "failed"
  /** JSON, or `""`. */
  readonly output: string
  readonly error?: string
}

/** Which jobs to change: those of the ids, or all of a name, or all. */
export interface JobSelection {
  readonly ids?: readonly string[]
  readonly name?: string
}

/** Takes new jobs. */
export interface JobSink {
  /**
   * Keeps the jobs, all or none. Resolves once they are as safe as the guarantees say.
   *
   * @param batches Only where the store promises `flows`.
   * @returns in the order of the jobs; what follows of batches is not among them.
   */
  add(jobs: readonly NewJob[], batches?: readonly NewBatch[]): MaybePromise<readonly Added[]>
}

/**
 * Keeps the jobs of one queue. What every driver must do is held by `describeQueueStore`; the guarantees say which of the optional
 * members are there, and nothing else is asked of a store.
 *
 * - Whatever `add` was told of is given to a worker at some time, unless it is removed, also after a crash where the store is `durable`.
 * - A claimed job is given to nobody else until its lease has ended, and is `waiting` again at the latest one second and a quarter of the
 *   lease after. The attempt is counted when it is claimed.
 * - `settle` and `extend` do nothing for who has lost the lease, and say so with `false`.
 * - Among the jobs of one name that wait: greater priority first, then groups in turn, then in the order in which they were added; a
 *   released or retried one anywhere in its priority.
 * - What cannot be done rejects with QUEUE_STORE_FAILED.
 */
export interface QueueStore extends JobSink {
  readonly guarantees: QueueGuarantees
  /** Makes what is missing, and connects. Called once, before all else. */
  ready?(): MaybePromise<void>
  /** Waits up to `waitMs` for the first job, and takes what is there. Several may be under way. */
  claim(request: ClaimRequest): MaybePromise<readonly ClaimedJob[]>
  /** @param progress In the order of the jobs: JSON to be shown, where there is news. */
  extend(
    jobs: readonly ClaimedJob[],
    leaseMs: number,
    progress?: readonly (string | undefined)[],
  ): MaybePromise<readonly boolean[]>
  settle(outcomes: readonly Outcome[]): MaybePromise<readonly boolean[]>
  /**
   * Settles, and takes jobs in the place of those that are done, where that costs less than to ask twice. It does not wait for any, and
   * where there are none it gives none.
   *
   * @param next What a claim would ask for, without rates.
   */
  settleAndClaim?(outcomes: readonly Outcome[], next: ClaimRequest): MaybePromise<SettledAndClaimed>
  /**
   * `transactional`: adds within a transaction of the same database. The jobs are there for workers when it has committed, and never if it
   * does not.
   *
   * @throws {QUEUE_TRANSACTION_FOREIGN}
   */
  in?(transaction: unknown): JobSink
  /** `pause`: no job of the name, or of the queue, is claimed from now on, by any process. */
  pause?(name: string | undefined): MaybePromise<void>
  resume?(name: string | undefined): MaybePromise<void>
  /** `inspect`. */
  get?(id: string): MaybePromise<StoredJob | undefined>
  /** In the order of the ids. */
  list?(request: ListRequest): MaybePromise<readonly StoredJob[]>
  counts?(): MaybePromise<readonly LaneCounts[]>
  /** `remove`: takes away jobs that are not active. A child that is taken away counts as failed. @returns how many. */
  remove?(selection: JobSelection & { readonly state?: JobState }): MaybePromise<number>
  /** `deadLetters`: lets failed jobs begin anew, with all their attempts. @returns how many. */
  redrive?(selection: JobSelection): MaybePromise<number>
  /** `flows`. */
  batch?(id: string): MaybePromise<BatchCounts | undefined>
  children?(batch: string): MaybePromise<readonly ChildOutcome[]>
  /** Takes away what was kept long enough. Called every few seconds while a worker runs. */
  sweep?(): MaybePromise<void>
  /** What is claimed and not settled is given back when its lease ends. */
  close(): Promise<void>
}

/** What a driver needs to know of the queue that opens it. */
export interface StoreSettings {
  /** The queue's name: two queues of one URL share nothing. 1 to 50 characters of `a-z0-9_-`. */
  readonly queue: string
  /** Set by tests. A store of several machines uses its server's clock otherwise. */
  readonly clock?: Clock
  /** How often a store that is not told of jobs of other processes looks for them. */
  readonly pollMs: number
  /** Told of what went wrong where the store went on without it. */
  readonly onError: (error: unknown) => void
}

/** What the driver of a URL gives: opens the store of one queue. */
export type OpenStore = (settings: StoreSettings) => MaybePromise<QueueStore>
