import type { QueueEvents } from "./events.ts"
import type { JobFailure } from "./failure.ts"
import type { QueueGuarantees } from "./guarantees.ts"
import type { AnyHandledJob, Job, JobItem, PushArguments } from "./job.ts"
import type { ChildResult } from "./job-context.ts"
import type { QueueMetrics } from "./metrics.ts"
import type { BatchCounts, JobState, LaneCounts } from "./store.ts"
import type { Worker, WorkerOptions } from "./worker.ts"

/** What became of a push. */
export interface Pushed {
  /** The job's id; under a unique key that is taken, that of the job which has it. */
  readonly id: string
  /** False when another job has the unique key, and this one was not pushed. */
  readonly isNew: boolean
}

/** What follows a batch. */
export interface BatchOptions {
  /** Pushed when all have completed. */
  readonly onSuccess?: JobItem
  /** Pushed when the first one fails for good. */
  readonly onFailure?: JobItem
  /** Pushed when all have ended, one way or the other. */
  readonly onEnd?: JobItem
  /** How long counts and outputs are kept once all have ended, in milliseconds. Default: a day. */
  readonly keepMs?: number
}

/** A job that waits for others, which may wait for others again. */
export interface FlowNode {
  readonly job: JobItem
  /** At most 1,000 in all of a flow. */
  readonly children?: readonly FlowNode[]
  /** What it does once one of them failed for good. Default `"fail"`: it fails too, without having run. `"continue"`: it runs all the same. */
  readonly onChildFailure?: "fail" | "continue"
}

/** Pushes jobs: a queue, or a transaction of its database. */
export interface JobPusher {
  /**
   * Pushes one job. Resolves when it is as safe as the guarantees of the URL say; then it is run at least once.
   *
   * Within a transaction of the queue's own database it takes part, as {@link Queue.in} does. A queue that is kept elsewhere knows of no
   * transaction, and takes it at once.
   *
   * @throws {QUEUE_INPUT_INVALID} {QUEUE_PAYLOAD_TOO_LARGE} {QUEUE_OPTION_INVALID} before anything is sent.
   * @throws {QUEUE_UNSUPPORTED} when an option needs what the store does not promise.
   * @throws {QUEUE_FULL} {QUEUE_CLOSED}
   * @throws {QUEUE_STORE_FAILED} when it may or may not have been kept.
   */
  push<Input>(job: Job<Input, unknown, unknown>, ...args: PushArguments<Input>): Promise<Pushed>
  /**
   * Pushes up to 10,000 jobs, all or none where the store can.
   *
   * @returns in their order.
   * @throws as `push` does.
   */
  pushMany(items: readonly JobItem[]): Promise<readonly Pushed[]>
  /**
   * Pushes jobs that are counted together, and what follows when all have ended. Needs the guarantee `flows`.
   *
   * @returns the batch's id, for {@link Queue.batch}.
   * @throws as `push` does.
   */
  pushBatch(items: readonly JobItem[], options?: BatchOptions): Promise<{ readonly id: string }>
  /**
   * Pushes jobs of which each begins when the one before has completed; after one that fails for good the others fail too. Needs the
   * guarantee `flows`.
   *
   * @returns the id of the last one.
   * @throws as `push` does.
   */
  pushChain(items: readonly JobItem[]): Promise<{ readonly id: string }>
  /**
   * Pushes a job with those that it waits for. Needs the guarantee `flows`.
   *
   * @returns its id.
   * @throws as `push` does.
   */
  pushFlow(flow: FlowNode): Promise<{ readonly id: string }>
}

/** A job as it is shown. */
export interface JobStatus {
  readonly id: string
  readonly name: string
  readonly state: JobState
  /** As JSON reads it. */
  readonly input: unknown
  readonly attempt: number
  readonly attempts: number
  readonly priority: number
  readonly group: string | undefined
  readonly batch: string | undefined
  readonly progress: unknown
  readonly output: unknown
  /** Of the last attempt that failed. */
  readonly error: JobFailure | undefined
  readonly createdAt: Date
  readonly runAt: Date | undefined
  readonly finishedAt: Date | undefined
}

export interface JobListing {
  readonly state: JobState
  /** Of one kind of job. */
  readonly name?: string
  /** How many: 1 to 1,000, default 100. */
  readonly limit?: number
  /** Where the page before ended. */
  readonly after?: string
}

/** Which jobs: those of the ids, at most 10,000; all of a kind; or all there are. */
export type JobChoice = { readonly ids: readonly string[] } | { readonly name: string } | { readonly all: true }

/** An open queue. */
export interface Queue extends JobPusher {
  readonly name: string
  /** What its URL promises. */
  readonly guarantees: QueueGuarantees
  /** Connects now, and not at the first use. @throws {QUEUE_STORE_FAILED} and what the driver throws. */
  ready(): Promise<void>
  /**
   * Pushes within a transaction of the same database URL: the job is there when the transaction has committed, and never if it does not.
   *
   * @throws {QUEUE_UNSUPPORTED} {QUEUE_TRANSACTION_FOREIGN}
   * @example
   * await db.transaction(async (tx) => {
   *   const user = await User.create({ email })
   *   await queue.in(tx).push(sendWelcome, { userId: user.id })
   * })
   */
  in(transaction: unknown): JobPusher
  /**
   * Begins to work on jobs of these kinds.
   *
   * @throws {QUEUE_OPTION_INVALID} {QUEUE_UNSUPPORTED} {QUEUE_CLOSED}
   */
  work(jobs: readonly AnyHandledJob[], options?: WorkerOptions): Worker
  /** `undefined` when it is not there, or not any more. @throws {QUEUE_UNSUPPORTED} {QUEUE_STORE_FAILED} */
  job(id: string): Promise<JobStatus | undefined>
  /** In the order in which they were pushed. @throws {QUEUE_UNSUPPORTED} {QUEUE_OPTION_INVALID} {QUEUE_STORE_FAILED} */
  list(listing: JobListing): Promise<readonly JobStatus[]>
  /** Of each kind of job that is there. @throws {QUEUE_UNSUPPORTED} {QUEUE_STORE_FAILED} */
  counts(): Promise<readonly LaneCounts[]>
  /** `undefined` when there is none, or none any more. @throws {QUEUE_UNSUPPORTED} {QUEUE_STORE_FAILED} */
  batch(id: string): Promise<BatchCounts | undefined>
  /** How the jobs of a batch ended that have ended. @throws {QUEUE_UNSUPPORTED} {QUEUE_STORE_FAILED} */
  batchResults(id: string): Promise<readonly ChildResult[]>
  /** No worker of any process begins a job of the kind, or any job, until it is resumed. @throws {QUEUE_UNSUPPORTED} {QUEUE_STORE_FAILED} */
  pause(name?: string): Promise<void>
  resume(name?: string): Promise<void>
  /** Lets failed jobs begin anew, with all their attempts. @returns how many. @throws {QUEUE_UNSUPPORTED} {QUEUE_STORE_FAILED} */
  redrive(choice: JobChoice): Promise<number>
  /**
   * Takes jobs away that no worker has; of `state` only, if given. Cancels what waits, and deletes what failed.
   *
   * @returns how many.
   * @throws {QUEUE_UNSUPPORTED} {QUEUE_STORE_FAILED}
   */
  remove(choice: JobChoice, state?: JobState): Promise<number>
  /** Tells of what workers of this process do. Listeners must not throw. @returns a function that ends it. */
  on<E extends keyof QueueEvents>(event: E, listener: (event: QueueEvents[E]) => void): () => void
  /** What was done in this process since it was opened. */
  metrics(): QueueMetrics
  /** Resolves when the store answers. @throws {QUEUE_STORE_FAILED} */
  health(): Promise<void>
  /** Stops its workers with their own grace, waits for pushes under way, and closes the store. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
