import type { StandardInput, StandardOutput, StandardSchemaV1 } from "@ashlar/core"
import type { Queryable } from "@ashlar/orm"
import { checkInteger, checkName } from "./check.ts"

/** What a step knows. */
export interface StepContext {
  /** The same for every attempt of this step of this run: send it along to whatever the step asks, so that it acts once. */
  readonly idempotencyKey: string
  /** From 1. Attempts whose worker died may not be counted. */
  readonly attempt: number
  /** Aborts when the step takes too long, when the run is cancelled, or when its worker stops or has lost it. */
  readonly signal: AbortSignal
}

export interface StepOptions<T> {
  /** How often it is tried again after a failure: 0 to 1,000. Default: 3. */
  readonly retries?: number
  /**
   * How long one attempt may take: 1 to 86,400,000 ms. Default: 60,000. Its signal then aborts, and the attempt has failed; in a transaction it
   * is undone.
   */
  readonly timeoutMs?: number
  /** The first pause; each one after is twice as long, up to an hour, with a tenth left to chance. 0 to 3,600,000 ms. Default: 1,000. */
  readonly backoffMs?: number
  /** Whether an error is worth another try. Default: every error is. */
  readonly retryIf?: (error: unknown) => boolean
  /**
   * Takes back what the step did, when the run fails or is cancelled: the last step's first, each once as steps are, with ten retries. One that then
   * still fails does not keep the others from it, and stalls the run.
   */
  readonly undo?: (result: T, step: StepContext) => unknown
}

export interface TransactionOptions<T> extends Omit<StepOptions<T>, "undo"> {
  /** The same in a transaction of its own, together with the note that it is done. */
  readonly undo?: (tx: Queryable, result: T, step: StepContext) => unknown
}

export interface WaitOptions {
  /** How long to wait, in milliseconds: up to 10 years. */
  readonly timeoutMs: number
}

export interface ChildOptions<O> {
  /** Default: the run's id with the child's name. */
  readonly id?: string
  readonly timeoutMs?: number
  readonly undo?: (result: O, step: StepContext) => unknown
}

/** A kind of message that runs wait for. */
export interface Signal<T = unknown> {
  readonly name: string
  readonly schema: StandardSchemaV1<unknown, T> | undefined
}

/**
 * What a workflow does its work through. Its code is run again from the start whenever the run goes on, and each of these gives what it gave
 * before: so whatever reads the world or changes it (time, chance, requests) belongs into a step. Names say which is which; used again, as in
 * a loop, the first is the first.
 */
export interface WorkflowContext {
  readonly runId: string
  /** The version of the code that the run began with. */
  readonly version: number
  /**
   * Does something, and keeps what it gave. Done **at least once**: when a worker dies after the work and before it is noted, the work is done
   * again, with the same `idempotencyKey`.
   *
   * @returns what `work` gave, as JSON reads it.
   * @throws {WORKFLOW_STEP_FAILED} when it failed as often as it may.
   * @example
   * const charge = await ctx.step("charge", ({ idempotencyKey }) => payments.charge(order, { idempotencyKey }), {
   *   retries: 5, undo: (charge) => payments.refund(charge.id) })
   */
  step<T>(name: string, work: (step: StepContext) => T | Promise<T>, options?: StepOptions<T>): Promise<T>
  /**
   * Does something in the database of the workflows, in one transaction with the note that it is done: **exactly once**, whatever dies.
   *
   * @throws {WORKFLOW_STEP_FAILED}
   * @example
   * await ctx.transaction("reserve", (tx) => tx.sql`update stock set left = left - 1 where item = ${item}`.run().then(() => null))
   */
  transaction<T>(
    name: string,
    work: (tx: Queryable, step: StepContext) => T | Promise<T>,
    options?: TransactionOptions<T>,
  ): Promise<T>
  /** Waits, for up to ten years, in no memory. */
  sleep(name: string, ms: number): Promise<void>
  sleepUntil(name: string, time: Date): Promise<void>
  /** Waits for a signal, or takes the first that came before. Each signal is taken by one wait. */
  waitFor<T>(signal: Signal<T>): Promise<T>
  waitFor(signal: string): Promise<unknown>
  /** @returns `undefined` when none came in time. */
  waitFor<T>(signal: Signal<T>, options: WaitOptions): Promise<T | undefined>
  waitFor(signal: string, options: WaitOptions): Promise<unknown>
  /**
   * Starts another run, and waits for what it gives. It is cancelled when this one fails or is cancelled.
   * @throws {WORKFLOW_CHILD_FAILED}
   */
  child<I, P, O>(name: string, workflow: Workflow<I, P, O>, input: I, options?: ChildOptions<O>): Promise<O>
  /** Whether the run is to do what was added to the code under this name: not if it was further already when that was added. */
  patched(name: string): Promise<boolean>
}

export interface WorkflowOptions<I extends StandardSchemaV1 | undefined> {
  /** What it takes: checked at the start, and read again by the code, which gets what the schema gives. */
  readonly input?: I
  /** Of the code: a positive integer. A run keeps that which it began with. Default: 1. */
  readonly version?: number
  /** How long a run may take in all, from its start: then it has failed, and is undone. Up to 10 years. Default: any time. */
  readonly timeoutMs?: number
}

/** A kind of run. */
export interface Workflow<Input = unknown, Parsed = unknown, Output = unknown> {
  readonly name: string
  readonly version: number
  readonly timeoutMs: number | undefined
  readonly input: StandardSchemaV1 | undefined
  run(ctx: WorkflowContext, input: Parsed): Output | Promise<Output>
  /** Never there at run time. */
  readonly types?: { input(value: Input): void; readonly output: Output }
}

/** Any workflow. */
export interface AnyWorkflow {
  readonly name: string
  readonly version: number
  readonly timeoutMs: number | undefined
  readonly input: StandardSchemaV1 | undefined
  run(ctx: WorkflowContext, input: never): unknown
}

type InputOf<I> = I extends StandardSchemaV1 ? StandardInput<I> : undefined
type ParsedOf<I> = I extends StandardSchemaV1 ? StandardOutput<I> : undefined

export const TEN_YEARS_MS: number = 10 * 366 * 86_400_000

/**
 * Defines a workflow: a function whose steps are kept, so that it goes on where it was, on whatever machine, after whatever happened.
 *
 * @param name Stable: runs are known by it. 1 to 100 characters.
 * @throws {WORKFLOW_OPTION_INVALID}
 * @example
 * export const order = defineWorkflow("order", { input: v.object({ item: v.string() }) }, async (ctx, { item }) => {
 *   await ctx.transaction("reserve", (tx) => reserve(tx, item), { undo: (tx) => release(tx, item) })
 *   const payment = await ctx.waitFor(Paid, { timeoutMs: 3 * 86_400_000 })
 *   if (payment === undefined) throw new errors.Gone("Nobody paid.") // undoes the reservation
 *   await ctx.step("ship", ({ idempotencyKey }) => carrier.ship(item, { idempotencyKey }))
 * })
 */
export function defineWorkflow<I extends StandardSchemaV1 | undefined = undefined, O = unknown>(
  name: string,
  options: WorkflowOptions<I>,
  run: (ctx: WorkflowContext, input: ParsedOf<I>) => O | Promise<O>,
): Workflow<InputOf<I>, ParsedOf<I>, O> {
  checkName("workflow", name)
  const { timeoutMs } = options
  return Object.freeze({
    name,
    version: checkInteger("version", options.version ?? 1, 1, 2_147_483_647),
    timeoutMs: timeoutMs === undefined ? undefined : checkInteger("timeoutMs", timeoutMs, 1, TEN_YEARS_MS),
    input: options.input,
    run,
  })
}

/**
 * Defines a signal, for those who send it and those who wait for it.
 * @example
 * export const Paid = defineSignal("paid", v.object({ amount: v.number() }))
 */
export function defineSignal<T>(name: string, schema?: StandardSchemaV1<unknown, T>): Signal<T> {
  return Object.freeze({ name: checkName("signal", name), schema })
}
