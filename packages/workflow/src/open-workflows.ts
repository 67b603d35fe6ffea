import { defineService, type Service, type Services } from "@ashlar/core"
import type { Queryable } from "@ashlar/orm"
import { sql } from "@ashlar/orm"
import { checkId, checkInteger, checkName } from "./check.ts"
import { WorkflowFailed, WorkflowOptionInvalid, WorkflowRunUnknown, WorkflowWaitTimeout } from "./errors.ts"
import { Emitter } from "./events.ts"
import { planWorkflows, type WorkflowsOptions, type WorkflowsPlan } from "./plan.ts"
import { ENDED, type RunRow, type StepRow, toRunRow } from "./rows.ts"
import { newId, Store } from "./store.ts"
import { checked, read, readError, write } from "./value.ts"
import { LiveWorker } from "./worker.ts"
import { type AnyWorkflow, type Signal, TEN_YEARS_MS, type Workflow } from "./workflow.ts"
import type {
  ResumeOptions,
  Run,
  RunListing,
  RunStep,
  Started,
  Starter,
  StartOptions,
  WorkerOptions,
  WorkflowEvents,
  WorkflowMetrics,
  Workflows,
  WorkflowWorker,
} from "./workflows.ts"

/**
 * Opens workflows: `memory:`, `sqlite:path`, `postgres://…` or `mysql://…` keeps the runs. The database is opened at the first use.
 *
 * @throws {WORKFLOW_OPTION_INVALID}
 * @example
 * const workflows = openWorkflows("sqlite:./app.db")
 * const worker = workflows.work([order])
 * const { id } = await workflows.start(order, { item: "chair" }, { id: "order-7" })
 * await workflows.signal(id, Paid, { amount: 7 })
 */
export function openWorkflows(url: string, options: WorkflowsOptions = {}): Workflows {
  return new LiveWorkflows(url, planWorkflows(options))
}

/**
 * The same as a service of an app: opened when it is first asked for, closed with the app.
 * @example
 * export const Flows = defineWorkflows(() => process.env.DATABASE_URL ?? "sqlite:./app.db")
 */
export function defineWorkflows(
  url: (services: Services) => string | Promise<string>,
  { name = "workflows", ...options }: WorkflowsOptions & { readonly name?: string } = {},
): Service<Workflows> {
  return defineService<Workflows>({
    name,
    async open(services) {
      const workflows = openWorkflows(await url(services), options)
      await workflows.ready()
      return workflows
    },
    close: (workflows) => workflows.close(),
  })
}

/** How often the end of a run is looked for. */
const LOOK_MS = 50

class LiveWorkflows implements Workflows {
  readonly #plan: WorkflowsPlan
  readonly #store: Store
  readonly #emitter = new Emitter()
  readonly #workers = new Set<LiveWorker>()

  constructor(url: string, plan: WorkflowsPlan) {
    this.#plan = plan
    this.#store = new Store(url, plan.clock)
  }

  async ready(): Promise<void> {
    await this.#store.use((db) => db.health())
  }
  start<I, P, O>(workflow: Workflow<I, P, O>, input: I, options: StartOptions = {}): Promise<Started> {
    return this.#start(undefined, workflow, { input, options })
  }
  signal<T>(run: string, signal: Signal<T> | string, value: T, options: { readonly id?: string } = {}): Promise<void> {
    return this.#signal(undefined, run, { signal, value, options })
  }
  in(tx: unknown): Starter {
    const db = tx as Queryable
    return {
      start: (workflow, input, options = {}) => this.#start(db, workflow, { input, options }),
      signal: (run, signal, value, options = {}) => this.#signal(db, run, { signal, value, options }),
    }
  }
  async #start<I, P, O>(
    tx: Queryable | undefined,
    workflow: Workflow<I, P, O>,
    { input, options }: { input: I; options: StartOptions },
  ): Promise<Started> {
    const { clock, maxValueBytes } = this.#plan
    const id = options.id === undefined ? newId(clock) : checkId(options.id)
    const delayMs = checkInteger("delayMs", options.delayMs ?? 0, 0, TEN_YEARS_MS)
    const timeoutMs = options.timeoutMs ?? workflow.timeoutMs
    if (timeoutMs !== undefined) checkInteger("timeoutMs", timeoutMs, 1, TEN_YEARS_MS)
    await checked(workflow.input, input, "The input of the run")
    const text = write(input, "the input of the run", maxValueBytes)
    const nowMs = clock.now()
    const deadlineMs = timeoutMs === undefined ? null : nowMs + delayMs + timeoutMs
    const run = { id, workflow, input: text, dueMs: nowMs + delayMs, deadlineMs, parent: null }
    const isNew = await this.#change(tx, (db) => this.#store.addRun(db, run))
    return { id, isNew }
  }
  async #signal<T>(
    tx: Queryable | undefined,
    run: string,
    { signal, value, options }: { signal: Signal<T> | string; value: T; options: { readonly id?: string } },
  ): Promise<void> {
    const { name, schema } =
      typeof signal === "string" ? { name: checkName("signal", signal), schema: undefined } : signal
    await checked(schema, value, `The signal "${name}"`)
    const { clock, maxValueBytes, maxSignals } = this.#plan
    // A wait that gives nothing has timed out, so a signal that brings nothing brings null.
    const text = write(value ?? null, `the signal "${name}"`, maxValueBytes)
    const id = options.id === undefined ? newId(clock) : checkName("signal's id", options.id)
    await this.#change(tx, (db) =>
      db.transaction((inner) => this.#store.addSignal(inner, run, { id, name, value: text }, maxSignals)),
    )
  }
  async #change<T>(tx: Queryable | undefined, work: (db: Queryable) => Promise<T>): Promise<T> {
    const change = async (db: Queryable) => {
      const result = await work(db)
      await db.afterCommit(() => this.#ring())
      return result
    }
    return await (tx === undefined ? this.#store.use(change) : this.#store.within(tx, change))
  }
  #ring(): void {
    for (const worker of this.#workers) worker.ring()
  }

  work(workflows: readonly AnyWorkflow[], options: WorkerOptions = {}): WorkflowWorker {
    const home = { store: this.#store, plan: this.#plan, emitter: this.#emitter }
    const worker = new LiveWorker(home, workflows, options)
    this.#workers.add(worker)
    return worker
  }
  async cancel(run: string, reason = "It was cancelled."): Promise<boolean> {
    const why = reason.toWellFormed().replaceAll("\0", "").slice(0, 500)
    return await this.#changeRun(run, (db) => this.#store.cancel(db, run, why))
  }
  async resume(run: string, { undone = [] }: ResumeOptions = {}): Promise<boolean> {
    return await this.#changeRun(run, (db) => db.transaction((tx) => this.#store.resume(tx, run, undone)))
  }
  async #changeRun(run: string, change: (db: Queryable) => Promise<boolean>): Promise<boolean> {
    return await this.#change(undefined, async (db) => {
      const isChanged = await change(db)
      if (!isChanged && (await this.#store.run(db, run)) === undefined) throw new WorkflowRunUnknown()
      return isChanged
    })
  }
  async result(run: string, { timeoutMs = 60_000 }: { readonly timeoutMs?: number } = {}): Promise<unknown> {
    checkInteger("timeoutMs", timeoutMs, 0, TEN_YEARS_MS)
    const until = performance.now() + timeoutMs
    for (;;) {
      const row = await this.#store.use((db) => this.#store.run(db.primary, run))
      if (row === undefined) throw new WorkflowRunUnknown()
      if (row.state === "completed") return read(row.output)
      if (ENDED.has(row.state)) {
        const { code, message } = readError(row.error) ?? { code: "INTERNAL", message: "" }
        const words = row.state === "cancelled" ? "was cancelled" : "failed"
        throw new WorkflowFailed(`The run ${words}: ${message}`, { details: { state: row.state, code, message } })
      }
      const leftMs = until - performance.now()
      if (leftMs <= 0)
        throw new WorkflowWaitTimeout(`The run did not end within ${timeoutMs} ms (timeoutMs): it is ${row.state}.`)
      await new Promise((done) => setTimeout(done, Math.min(LOOK_MS, leftMs)))
    }
  }
  async get(run: string): Promise<Run | undefined> {
    const row = await this.#store.use((db) => this.#store.run(db, run))
    return row && toRun(row)
  }
  async list({ workflow, state, limit = 100, after }: RunListing = {}): Promise<readonly Run[]> {
    checkInteger("limit", limit, 1, 1_000)
    const conditions = [
      ...(workflow === undefined ? [] : [sql`workflow = ${workflow}`]),
      ...(state === undefined ? [] : [sql`state = ${state}`]),
      ...(after === undefined
        ? []
        : [
            sql`(created_ms < (select created_ms from ashlar_workflow_runs where id = ${after})
            or (created_ms = (select created_ms from ashlar_workflow_runs where id = ${after}) and id < ${after}))`,
          ]),
      sql`1 = 1`,
    ]
    const rows = await this.#store.use((db) =>
      db.sql<RunRow>`select * from ashlar_workflow_runs where ${sql.join(conditions, sql` and `)}
        order by created_ms desc, id desc limit ${limit}`.all(),
    )
    return rows.map((row) => toRun(toRunRow(row)))
  }
  async history(run: string): Promise<readonly RunStep[]> {
    return (await this.#store.use((db) => this.#store.steps(db, run))).map(toStep)
  }
  async sweep(): Promise<number> {
    return await this.#store.sweep(this.#plan.keepMs)
  }
  on<E extends keyof WorkflowEvents>(event: E, listener: (event: WorkflowEvents[E]) => void): () => void {
    if (typeof listener !== "function") throw new WorkflowOptionInvalid("Expected a function to be told.")
    return this.#emitter.on(event, listener)
  }
  metrics(): WorkflowMetrics {
    return { ...this.#emitter.counts }
  }
  async close(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.stop()))
    await this.#store.close()
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function toDate(ms: number | null): Date | undefined {
  return ms === null ? undefined : new Date(ms)
}
function toRun(row: RunRow): Run {
  return {
    id: row.id,
    workflow: row.workflow,
    version: row.version,
    state: row.state,
    input: read(row.input),
    output: read(row.output),
    error: readError(row.error),
    parent: row.parent ?? undefined,
    createdAt: new Date(row.created_ms),
    dueAt: toDate(row.due_ms),
    deadlineAt: toDate(row.deadline_ms),
    endedAt: toDate(row.ended_ms),
  }
}
function toStep(row: StepRow): RunStep {
  return {
    name: row.step,
    kind: row.kind,
    state: row.state,
    attempts: row.attempts,
    output: read(row.output),
    error: readError(row.error),
    createdAt: new Date(row.created_ms),
    dueAt: toDate(row.due_ms),
    endedAt: toDate(row.ended_ms),
  }
}
