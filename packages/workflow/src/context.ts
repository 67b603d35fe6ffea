import type { Queryable } from "@ashlar/orm"
import type { Activation } from "./activation.ts"
import { checkId, checkInteger, checkName } from "./check.ts"
import { WorkflowChildFailed, WorkflowOptionInvalid } from "./errors.ts"
import type { RunRow, StepRow } from "./rows.ts"
import { ENDED } from "./rows.ts"
import { planStep } from "./step-run.ts"
import { checked, read, readError } from "./value.ts"
import {
  type ChildOptions,
  type Signal,
  type StepContext,
  type StepOptions,
  TEN_YEARS_MS,
  type TransactionOptions,
  type WaitOptions,
  type Workflow,
  type WorkflowContext,
} from "./workflow.ts"

const RETRIES = 3
/** What takes back is tried longer: nothing comes after it. */
const UNDO_RETRIES = 10

/** What the code of a run sees of its activation. */
export class LiveContext implements WorkflowContext {
  readonly runId: string
  readonly version: number
  readonly #at: Activation

  constructor(activation: Activation) {
    this.#at = activation
    this.runId = activation.run.id
    this.version = activation.run.version
  }

  step<T>(name: string, work: (step: StepContext) => T | Promise<T>, options: StepOptions<T> = {}): Promise<T> {
    const plan = planStep(options, RETRIES)
    const { undo } = options
    const done = this.#at.ask<T>("step", name, { live: (row) => this.#tried(row, { kind: "free", work }, plan) })
    if (undo !== undefined)
      this.#undo(done, (row) => ({ kind: "free", work: (step) => undo(read(row.output) as T, step) }))
    return done
  }
  transaction<T>(
    name: string,
    work: (tx: Queryable, step: StepContext) => T | Promise<T>,
    options: TransactionOptions<T> = {},
  ): Promise<T> {
    const plan = planStep(options, RETRIES)
    const { undo } = options
    const done = this.#at.ask<T>("transaction", name, {
      live: (row) => this.#tried(row, { kind: "bound", work }, plan),
    })
    if (undo !== undefined)
      this.#undo(done, (row) => ({ kind: "bound", work: (tx, step) => undo(tx, read(row.output) as T, step) }))
    return done
  }
  sleep(name: string, ms: number): Promise<void> {
    checkInteger("ms of a sleep", ms, 0, TEN_YEARS_MS)
    return this.#sleep(name, () => this.#at.nowMs() + ms)
  }
  sleepUntil(name: string, time: Date): Promise<void> {
    const untilMs = time.getTime()
    if (Number.isNaN(untilMs)) throw new WorkflowOptionInvalid("Expected the time of sleepUntil to be a valid Date.")
    return this.#sleep(name, () => untilMs)
  }
  waitFor<T>(signal: Signal<T> | string, options?: WaitOptions): Promise<T> {
    const { name, schema } =
      typeof signal === "string" ? { name: checkName("signal", signal), schema: undefined } : signal
    const timeoutMs = options && checkInteger("timeoutMs of a wait", options.timeoutMs, 0, TEN_YEARS_MS)
    const raw = this.#at.ask<unknown>("signal", name, {
      live: async (row, isKnown) => {
        const nowMs = this.#at.nowMs()
        const deadlineMs = isKnown ? row.due_ms : timeoutMs === undefined ? null : nowMs + timeoutMs
        let now = { ...row, due_ms: deadlineMs }
        await this.#at.keep(async (tx) => {
          const value = await this.#at.home.store.takeSignal(tx, this.runId, name)
          if (value !== undefined) now = this.#done(row, value)
          else if (deadlineMs !== null && deadlineMs <= nowMs) now = this.#done(row, "")
          return [now]
        })
        return now
      },
    })
    return schema === undefined
      ? (raw as Promise<T>)
      : raw.then((value) => (value === undefined ? (value as T) : checked(schema, value, name)))
  }
  child<I, P, O>(name: string, workflow: Workflow<I, P, O>, input: I, options: ChildOptions<O> = {}): Promise<O> {
    const { undo, timeoutMs = workflow.timeoutMs } = options
    const id = (row: StepRow) =>
      options.id === undefined ? `${this.runId}/${encodeURIComponent(row.step)}` : options.id
    const done = this.#at.ask<O>("child", name, {
      live: async (row, isKnown) => {
        checkId(id(row))
        const { store } = this.#at.home
        // Checked before it is started; the child reads it again by the same schema.
        if (!isKnown) await checked(workflow.input, input, "The input of a child")
        let now = row
        await this.#at.keep(async (tx) => {
          const nowMs = this.#at.nowMs()
          if (!isKnown)
            await store.addRun(tx, {
              id: id(row),
              workflow,
              input: this.#at.write(input, "the input of a child"),
              dueMs: nowMs,
              deadlineMs: timeoutMs === undefined ? null : nowMs + timeoutMs,
              parent: this.runId,
            })
          const child = await store.run(tx, id(row))
          if (child !== undefined && ENDED.has(child.state)) now = this.#childEnded(row, child)
          return [now]
        })
        return now
      },
    })
    if (undo !== undefined)
      this.#undo(done, (row) => ({ kind: "free", work: (step) => undo(read(row.output) as O, step) }))
    return done.catch((error) => {
      throw new WorkflowChildFailed(`The child "${name}" did not complete.`, { details: error.details, cause: error })
    })
  }
  patched(name: string): Promise<boolean> {
    // Where there is more that was done before, the run was further than this already when the code was changed.
    // What was done after it stays done, so the answer stays the same without a note.
    if (this.#at.isReplaying && !this.#at.rows.has(name)) return Promise.resolve(false)
    return this.#at.ask<boolean>("patch", name, {
      live: async (row) => {
        const now = this.#done(row, "true")
        await this.#at.keep(async () => [now])
        return now
      },
    })
  }

  #sleep(name: string, until: () => number): Promise<void> {
    return this.#at.ask<undefined>("sleep", name, {
      live: async (row, isKnown) => {
        const untilMs = isKnown ? (row.due_ms ?? 0) : until()
        const now = untilMs <= this.#at.nowMs() ? this.#done(row, "") : { ...row, due_ms: untilMs }
        if (!isKnown || now.state === "done") await this.#at.keep(async () => [now])
        return now
      },
    })
  }
  async #tried(
    row: StepRow,
    work: Parameters<Activation["attempt"]>[1],
    plan: ReturnType<typeof planStep>,
  ): Promise<StepRow> {
    if (row.due_ms !== null && row.due_ms > this.#at.nowMs()) return row
    return await this.#at.attempt(row, work, plan)
  }
  #done(row: StepRow, output: string): StepRow {
    return { ...row, state: "done", due_ms: null, output, ended: this.#at.nextEnded(), ended_ms: this.#at.nowMs() }
  }
  #childEnded(row: StepRow, child: RunRow): StepRow {
    const end = { due_ms: null, attempts: 1, ended: this.#at.nextEnded(), ended_ms: this.#at.nowMs() }
    if (child.state === "completed") return { ...row, ...end, state: "done", output: child.output }
    const { code = "WORKFLOW_CANCELLED", message = "It was cancelled." } = readError(child.error) ?? {}
    return { ...row, ...end, state: "failed", error: JSON.stringify({ code, message }) }
  }
  /** Notes how what was asked for last is undone, should it come to that. */
  #undo(_done: Promise<unknown>, work: (row: StepRow) => Parameters<Activation["attempt"]>[1]): void {
    const plan = planStep({}, UNDO_RETRIES)
    const step = this.#at.lastAsked
    if (step !== undefined) this.#at.undos.set(step, (row) => ({ row, plan, work: work(row) }))
  }
}
