import type { Queryable } from "@ashlar/orm"
import { checkName } from "./check.ts"
import { WorkflowHistoryFull, WorkflowNondeterministic, WorkflowStepFailed } from "./errors.ts"
import type { Emitter } from "./events.ts"
import type { WorkflowsPlan } from "./plan.ts"
import type { RunRow, StepRow } from "./rows.ts"
import { attemptStep, isOurs, type StepHome, type StepPlan, type StepWork } from "./step-run.ts"
import type { Store } from "./store.ts"
import { read, readError, write } from "./value.ts"
import type { StepKind } from "./workflows.ts"

/** What an activation works with. */
export interface ActivationHome {
  readonly store: Store
  readonly plan: WorkflowsPlan
  readonly emitter: Emitter
  /** Aborts when the run is another worker's, or the worker waits no longer: nothing is kept after that. */
  readonly signal: AbortSignal
  /** Aborts when the run is to end, or the worker to stop: no step is begun after that, and those under way may end. */
  readonly leaving: AbortSignal
  /** Aborts when the worker is to stop. */
  readonly stopping: AbortSignal
}

/** Why the code was left. */
export type Halt =
  /** All that it waits for is waited for in no memory. `Infinity`: for a signal or a child. */
  | { readonly kind: "parked"; readonly dueMs: number }
  /** The code does not fit what was done. */
  | { readonly kind: "stalled"; readonly error: unknown }
  /** The run is another's, the database away, or the worker stops. */
  | { readonly kind: "broken"; readonly error: unknown }
  /** All that was done before is known again; no more was asked for. */
  | { readonly kind: "collected" }

/** Takes back what a step did. */
export interface Undo {
  readonly row: StepRow
  readonly plan: StepPlan
  readonly work: StepWork
}

type Pending = () => Promise<void>

/** How long code may take between two steps until what it did not ask for counts as changed code. Real milliseconds. */
const PATIENCE_MS = 2_000
const MAX_PARALLEL = 100

/**
 * One time that a run goes on in one worker: what was done before is given again, and what is new is done once the code has asked for all
 * that it had asked for before.
 */
export class Activation {
  readonly run: RunRow
  readonly rows: Map<string, StepRow>
  readonly home: ActivationHome
  /** Nothing new is done: only what was done before is asked for again, to learn how it is undone. */
  readonly isCollecting: boolean
  readonly halted: Promise<Halt>
  readonly undos: Map<string, (row: StepRow) => Undo> = new Map()
  readonly #halt: (halt: Halt) => void
  readonly #names = new Map<string, number>()
  readonly #visited = new Set<string>()
  readonly #queue: Pending[] = []
  readonly #parked = new Map<string, number>()
  #executing = 0
  /** How many of those that were done before were not asked for yet. */
  #missing: number
  #settled: (() => void)[] = []
  #ended: number
  #isClosed = false
  #isLooking = false

  constructor(run: RunRow, rows: readonly StepRow[], home: ActivationHome, isCollecting: boolean) {
    this.run = run
    this.rows = new Map(rows.map((row) => [row.step, row]))
    this.home = home
    this.isCollecting = isCollecting
    this.#missing = rows.filter(({ kind }) => kind !== "undo").length
    this.#ended = rows.reduce((most, { ended }) => Math.max(most, ended ?? 0), 0)
    const { promise, resolve } = Promise.withResolvers<Halt>()
    this.halted = promise
    this.#halt = (halt) => {
      this.#isClosed = true
      resolve(halt)
    }
    for (const signal of [home.signal, home.leaving]) {
      if (signal.aborted) this.#halt({ kind: "broken", error: signal.reason })
      signal.addEventListener("abort", () => this.#halt({ kind: "broken", error: signal.reason }), { once: true })
    }
    if (isCollecting) this.#lookLater()
  }

  /** The step that was asked for last. */
  lastAsked: string | undefined
  /** Whether more was done before than was asked for again by now. */
  get isReplaying(): boolean {
    return this.#missing > 0
  }
  get isClosed(): boolean {
    return this.#isClosed
  }
  close(): void {
    this.#isClosed = true
  }
  nextEnded(): number {
    return ++this.#ended
  }
  nowMs(): number {
    return this.home.store.clock.now()
  }
  write(value: unknown, what: string): string {
    return write(value, what, this.home.plan.maxValueBytes)
  }
  /** What was done before and was not asked for again. */
  get unvisited(): readonly string[] {
    return [...this.rows.values()]
      .filter(({ step, kind }) => kind !== "undo" && !this.#visited.has(step))
      .map(({ step }) => step)
  }
  /** Waits until all that was done before was asked for again. Code that waits for something else between two steps is given some time. */
  async caughtUp(): Promise<void> {
    const until = performance.now() + PATIENCE_MS
    let pauseMs = 0
    while (!this.#isClosed && this.#missing > 0 && performance.now() < until) {
      pauseMs = Math.min(pauseMs + 1, 20)
      await new Promise((done) => setTimeout(done, pauseMs))
    }
  }
  /** Resolves when no step is under way. */
  async settled(): Promise<void> {
    while (this.#executing > 0) await new Promise<void>((resolve) => this.#settled.push(resolve))
  }

  /**
   * Asks for one thing by its name.
   *
   * @param live Does it, when it was not done before. What it gives is the row as it is kept now: one that is pending is waited for.
   */
  ask<T>(
    kind: StepKind,
    name: string,
    { live, toValue = (row) => read(row.output) as T, patience = () => Number.POSITIVE_INFINITY }: Asked<T>,
  ): Promise<T> {
    this.lastAsked = undefined
    if (this.#isClosed) return never()
    checkName("step", name)
    const count = (this.#names.get(`${name}`) ?? 0) + 1
    this.#names.set(name, count)
    const step = count === 1 ? name : `${name}#${count}`
    const known = this.rows.get(step)
    this.lastAsked = step
    this.#visited.add(step)
    if (known !== undefined) this.#missing--
    if (known !== undefined && known.kind !== kind)
      return this.#stall(`the run did a ${known.kind} named "${step}" before, and its code asks for a ${kind}`)
    if (known?.state === "done") return Promise.resolve(toValue(known))
    if (known?.state === "failed") return Promise.reject(stepError(known))
    if (this.isCollecting) return never()
    if (known === undefined && this.rows.size >= this.home.plan.maxSteps) {
      const { maxSteps } = this.home.plan
      return Promise.reject(new WorkflowHistoryFull(undefined, { details: { maxSteps } }))
    }
    const row = known ?? this.#newRow(step, kind)
    this.rows.set(step, row)
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    promise.catch(() => undefined) // it may be asked for and not yet awaited
    this.#queue.push(async () => {
      const now = await live(row, known !== undefined).catch((error) => {
        if (isOurs(error) || this.home.signal.aborted) throw error
        reject(error) // the code's own mistake, for the code to see
        return undefined
      })
      if (now === undefined) return
      this.rows.set(step, now)
      if (now.state === "pending") this.#parked.set(step, now.due_ms ?? patience(now))
      else if (now.state === "done") resolve(toValue(now))
      else reject(stepError(now))
      if (now.state !== "pending") this.#tell(now)
    })
    this.#lookLater()
    return promise
  }

  /** Keeps rows, in a transaction that proves that the run is ours. @throws {WORKFLOW_LEASE_LOST} */
  async keep(
    rows: (tx: Queryable) => Promise<readonly StepRow[]>,
    options: { timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<void> {
    const { store } = this.home
    await store.own((db) =>
      db.transaction(async (tx) => {
        const made = await rows(tx)
        for (const row of made) await store.putStep(tx, row)
        // Last: what holds the row of the run holds up its heartbeat.
        await store.prove(tx, this.run)
      }, options),
    )
  }
  async attempt(row: StepRow, work: StepWork, plan: StepPlan): Promise<StepRow> {
    const home: StepHome = {
      idempotencyKey: `${this.run.id}:${row.step}`,
      signal: this.home.signal,
      leaving: this.home.leaving,
      nowMs: () => this.nowMs(),
      write: (value) => this.write(value, `what the step "${row.step}" gives`),
      keep: (rows, options) => this.keep(rows, options),
    }
    return await attemptStep(row, { work, plan, home, ended: () => this.nextEnded() })
  }

  #newRow(step: string, kind: StepKind): StepRow {
    const created_ms = this.nowMs()
    const rest = { attempts: 0, due_ms: null, output: null, error: null, ended: null, ended_ms: null }
    return { run: this.run.id, step, kind, state: "pending", ...rest, position: this.rows.size, created_ms }
  }
  #stall(why: string): Promise<never> {
    this.#halt({ kind: "stalled", error: new WorkflowNondeterministic(`The code does not fit its run: ${why}.`) })
    return never()
  }
  #tell({ step, kind, state, error }: StepRow): void {
    const { emitter } = this.home
    const isDone = state === "done"
    if (isDone) emitter.counts.stepsDone++
    else emitter.counts.stepsFailed++
    emitter.emit("step", { run: this.run.id, workflow: this.run.workflow, step, kind, isDone, error: readError(error) })
  }

  /** Looks once the code has run as far as it gets by what it knows. */
  #lookLater(): void {
    if (this.#isLooking || this.#isClosed) return
    this.#isLooking = true
    setTimeout(() => void this.#look(), 0)
  }
  async #look(): Promise<void> {
    await this.caughtUp()
    this.#isLooking = false
    if (this.#isClosed) return
    if (this.isCollecting) return this.#halt({ kind: "collected" })
    const [missing] = this.#missing > 0 ? this.unvisited : []
    if (missing !== undefined && this.#queue.length > 0)
      return void this.#stall(`it did "${missing}" before, and its code goes on without asking for that`)
    this.#begin()
    this.#rest()
  }
  #begin(): void {
    while (this.#queue.length > 0 && this.#executing < MAX_PARALLEL && !this.#isClosed) {
      const work = this.#queue.shift()!
      this.#executing++
      work()
        .catch((error) => this.#halt({ kind: "broken", error }))
        .finally(() => {
          this.#executing--
          for (const tell of this.#settled.splice(0)) tell()
          this.#lookLater()
        })
    }
  }
  /** Leaves the code when all that it waits for takes time. */
  #rest(): void {
    if (this.#executing > 0 || this.#queue.length > 0 || this.#parked.size === 0 || this.#isClosed) return
    this.#halt({ kind: "parked", dueMs: Math.min(...this.#parked.values()) })
  }
}

export interface Asked<T> {
  readonly live: (row: StepRow, isKnown: boolean) => Promise<StepRow>
  readonly toValue?: (row: StepRow) => T
  /** Until when a pending row without a time of its own is waited for. */
  readonly patience?: (row: StepRow) => number
}

function stepError(row: StepRow): InstanceType<typeof WorkflowStepFailed> {
  const { code = "INTERNAL", message = "" } = readError(row.error) ?? {}
  return new WorkflowStepFailed(`The step "${row.step}" failed after ${row.attempts} attempts: ${message}`, {
    details: { step: row.step, attempts: row.attempts, code, message },
  })
}

/** For code that nobody waits for any more. */
function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined)
}
