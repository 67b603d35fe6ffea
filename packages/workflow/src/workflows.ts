import type { KeptError } from "./value.ts"
import type { AnyWorkflow, Signal, Workflow } from "./workflow.ts"

/**
 * `pending`: to be begun, or gone on with, by a worker. `running`: a worker has it. `sleeping`, `waiting`: for a time, for a signal or a child.
 * `undoing`: it failed or was cancelled, and what it did is taken back. `stalled`: its code does not fit it, its workers died again and again, or
 * something that it did cannot be taken back; it goes on when somebody resumes it, and is kept until then. The others are ends.
 */
export type RunState =
  | "pending"
  | "running"
  | "sleeping"
  | "waiting"
  | "undoing"
  | "stalled"
  | "completed"
  | "failed"
  | "cancelled"

/** A run as it is shown. */
export interface Run {
  readonly id: string
  readonly workflow: string
  readonly version: number
  readonly state: RunState
  /** As JSON reads it. */
  readonly input: unknown
  readonly output: unknown
  readonly error: KeptError | undefined
  /** The run that started it. */
  readonly parent: string | undefined
  readonly createdAt: Date
  /** When it goes on at the latest, while it sleeps or waits. */
  readonly dueAt: Date | undefined
  readonly deadlineAt: Date | undefined
  readonly endedAt: Date | undefined
}

export type StepKind = "step" | "transaction" | "sleep" | "signal" | "child" | "patch" | "undo"

/** One step of a run as it is shown. */
export interface RunStep {
  /** Its name; the second of a name has `#2` behind it, and what undoes it `undo:` before. */
  readonly name: string
  readonly kind: StepKind
  readonly state: "pending" | "done" | "failed"
  readonly attempts: number
  readonly output: unknown
  readonly error: KeptError | undefined
  readonly createdAt: Date
  /** When it is tried again, or is over, while it is pending. */
  readonly dueAt: Date | undefined
  readonly endedAt: Date | undefined
}

export interface StartOptions {
  /** A run is started once, however often it is asked for: the second start is told of the first. Default: a new one. */
  readonly id?: string
  /** When it begins: after so many milliseconds. Default: at once. */
  readonly delayMs?: number
  /** Default: the workflow's. */
  readonly timeoutMs?: number
}
export interface Started {
  readonly id: string
  /** False: a run with this id was there. */
  readonly isNew: boolean
}

export interface ResumeOptions {
  /** Steps that were taken back by hand: what undoes them is not tried again. */
  readonly undone?: readonly string[]
}

export interface RunListing {
  readonly workflow?: string
  readonly state?: RunState
  /** 1 to 1,000. Default: 100. */
  readonly limit?: number
  /** The id where the page before ended. */
  readonly after?: string
}

/** Starts runs: workflows, or a transaction of their database. */
export interface Starter {
  /**
   * Starts a run. Resolves when it is kept. Within a transaction of the same database URL it takes part.
   *
   * @throws {WORKFLOW_INPUT_INVALID} {WORKFLOW_VALUE_INVALID} {WORKFLOW_VALUE_TOO_LARGE} {WORKFLOW_OPTION_INVALID} {WORKFLOW_STORE_FAILED}
   */
  start<I, P, O>(workflow: Workflow<I, P, O>, input: I, options?: StartOptions): Promise<Started>
  /**
   * Sends a signal to a run, which may not yet wait for it. Under an `id` it is sent once, however often.
   *
   * @throws {WORKFLOW_RUN_UNKNOWN} {WORKFLOW_RUN_ENDED} {WORKFLOW_SIGNALS_FULL} {WORKFLOW_INPUT_INVALID} {WORKFLOW_VALUE_INVALID}
   */
  signal<T>(run: string, signal: Signal<T> | string, value: T, options?: { readonly id?: string }): Promise<void>
}

/** What happened in this process. Listeners must not throw. */
export interface WorkflowEvents {
  readonly completed: RunEvent
  readonly failed: RunEvent & { readonly error: unknown }
  readonly cancelled: RunEvent
  readonly stalled: RunEvent & { readonly error: unknown }
  readonly step: RunEvent & {
    readonly step: string
    readonly kind: StepKind
    readonly isDone: boolean
    readonly error: unknown
  }
  /** The database did not do its work; the worker goes on trying. */
  readonly error: unknown
}
export interface RunEvent {
  readonly run: string
  readonly workflow: string
}

/** Counts of this process, since it was opened. */
export interface WorkflowMetrics {
  readonly activations: number
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
  readonly stalled: number
  readonly stepsDone: number
  readonly stepsFailed: number
  /** Runs that another worker had meanwhile. */
  readonly lost: number
}

export interface WorkerOptions {
  /** How many runs go on at a time: 1 to 1,000. Default: 20. */
  readonly concurrency?: number
  /** How long a run is this worker's own without a word of it: 500 to 3,600,000 ms. Default: 30,000. */
  readonly leaseMs?: number
  /** How often the database is looked at for what is due: 1 to 60,000 ms. Default: 250. */
  readonly pollMs?: number
}

/** Goes on with runs, until it is stopped. */
export interface WorkflowWorker {
  /** Runs that it goes on with now. */
  readonly running: number
  /** Resolves when nothing is due. For tests. */
  idle(): Promise<void>
  /**
   * Takes no new run, lets steps under way end, and gives the runs back. After `graceMs` (default 10,000) their signals abort, and what does not end is
   * done again by another. Twice is once.
   */
  stop(options?: { readonly graceMs?: number }): Promise<{ readonly clean: boolean }>
}

/** Open workflows. */
export interface Workflows extends Starter {
  /** Opens the database now, and makes its tables. @throws {WORKFLOW_STORE_FAILED} */
  ready(): Promise<void>
  /** Starts and signals when the transaction has committed, and not if it does not. */
  in(tx: unknown): Starter
  /**
   * Begins to work on runs of these workflows, in these versions. Several versions of one workflow may be given: each run goes on with its own.
   * @throws {WORKFLOW_OPTION_INVALID}
   */
  work(workflows: readonly AnyWorkflow[], options?: WorkerOptions): WorkflowWorker
  /**
   * Asks a run to end: what it did is undone, and its children are cancelled. One that is stalled while it is undone is for `resume`.
   * @returns whether it had not ended. @throws {WORKFLOW_RUN_UNKNOWN}
   */
  cancel(run: string, reason?: string): Promise<boolean>
  /**
   * Lets a stalled run go on. Where it was being undone, that goes on: what undoes a step and had failed for good is tried anew, as often as at
   * first, and what was undone is not undone again.
   *
   * @returns whether it was stalled. @throws {WORKFLOW_RUN_UNKNOWN} {WORKFLOW_OPTION_INVALID} for steps that it did not do.
   */
  resume(run: string, options?: ResumeOptions): Promise<boolean>
  /**
   * Waits for the end of a run, and gives its output.
   *
   * @param options.timeoutMs Default: 60,000.
   * @throws {WORKFLOW_FAILED} {WORKFLOW_RUN_UNKNOWN} {WORKFLOW_WAIT_TIMEOUT}
   */
  result(run: string, options?: { readonly timeoutMs?: number }): Promise<unknown>
  get(run: string): Promise<Run | undefined>
  /** The newest first. */
  list(listing?: RunListing): Promise<readonly Run[]>
  /** The steps of a run, in their order. */
  history(run: string): Promise<readonly RunStep[]>
  /** Takes away runs that ended longer ago than `keepMs`, with their steps. Workers do it now and then. @returns how many. */
  sweep(): Promise<number>
  on<E extends keyof WorkflowEvents>(event: E, listener: (event: WorkflowEvents[E]) => void): () => void
  metrics(): WorkflowMetrics
  /** Stops its workers, and gives the database back. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
