import { AshlarError } from "@ashlar/core"
import type { Queryable } from "@ashlar/orm"
import { checkInteger } from "./check.ts"
import { WorkflowLeaseLost, WorkflowStepTimeout } from "./errors.ts"
import type { StepRow } from "./rows.ts"
import { writeError } from "./value.ts"
import type { StepContext, StepOptions } from "./workflow.ts"

/** How a step is tried. */
export interface StepPlan {
  readonly retries: number
  readonly timeoutMs: number
  readonly backoffMs: number
  readonly retryIf: (error: unknown) => boolean
}

const MAX_BACKOFF_MS = 3_600_000
const JITTER = 0.1

/** @throws {WORKFLOW_OPTION_INVALID} */
export function planStep(
  options: Pick<StepOptions<never>, "retries" | "timeoutMs" | "backoffMs" | "retryIf">,
  retries: number,
): StepPlan {
  return {
    retries: checkInteger("retries", options.retries ?? retries, 0, 1_000),
    timeoutMs: checkInteger("timeoutMs of a step", options.timeoutMs ?? 60_000, 1, 86_400_000),
    backoffMs: checkInteger("backoffMs", options.backoffMs ?? 1_000, 0, MAX_BACKOFF_MS),
    retryIf: options.retryIf ?? (() => true),
  }
}

/** Work of one attempt: outside of any transaction, or in one that it shares with its note. */
export type StepWork =
  | { readonly kind: "free"; readonly work: (step: StepContext) => unknown }
  | { readonly kind: "bound"; readonly work: (tx: Queryable, step: StepContext) => unknown }

/** What an attempt needs of the run that it is of. */
export interface StepHome {
  readonly idempotencyKey: string
  readonly signal: AbortSignal
  /** Told to the work, which may end early; what comes of it is kept all the same. */
  readonly leaving: AbortSignal
  readonly nowMs: () => number
  /** Writes what the work gave as text. */
  readonly write: (value: unknown) => string
  /** Keeps rows of steps in one transaction that proves that the run is ours. */
  readonly keep: (
    rows: (tx: Queryable) => Promise<readonly StepRow[]>,
    options?: { timeoutMs: number; signal: AbortSignal },
  ) => Promise<void>
}

/**
 * Makes one attempt, and keeps what came of it.
 *
 * @param row As it was kept last, or as it would be.
 * @returns the row as it is kept now: pending means that there is another attempt when it is due.
 * @throws {WORKFLOW_LEASE_LOST} and what the database throws: then nothing was kept.
 */
export async function attemptStep(
  row: StepRow,
  { work, plan, home, ended }: { work: StepWork; plan: StepPlan; home: StepHome; ended: () => number },
): Promise<StepRow> {
  const attempt = row.attempts + 1
  const timeout = new AbortController()
  const signal = AbortSignal.any([timeout.signal, home.signal])
  const late = new WorkflowStepTimeout(`The step "${row.step}" took longer than ${plan.timeoutMs} ms (timeoutMs).`)
  const timer = setTimeout(() => timeout.abort(late), plan.timeoutMs)
  const told = AbortSignal.any([signal, home.leaving])
  const step: StepContext = { idempotencyKey: home.idempotencyKey, attempt, signal: told }
  const done = (value: unknown): StepRow => ({
    ...row,
    state: "done",
    attempts: attempt,
    due_ms: null,
    output: home.write(value),
    error: null,
    ended: ended(),
    ended_ms: home.nowMs(),
  })
  let result: StepRow | undefined
  let thrown: unknown
  try {
    if (work.kind === "bound") {
      // Its time is the transaction's too: what is late is undone.
      const options = { timeoutMs: Math.min(plan.timeoutMs + 1_000, 86_400_000), signal }
      await home.keep(async (tx) => {
        thrown = undefined
        try {
          result = done(
            await orAbort(
              call(() => work.work(tx, step)),
              signal,
            ),
          )
        } catch (error) {
          thrown = error
          throw error
        }
        return [result]
      }, options)
      return result!
    }
    result = done(
      await orAbort(
        call(() => work.work(step)),
        signal,
      ),
    )
  } catch (error) {
    if (error instanceof WorkflowLeaseLost || home.signal.aborted) throw error
    if (work.kind === "bound" && result !== undefined) throw error // the database failed, not the work
    const failed = failure(row, { attempt, error: thrown ?? error, plan, home, ended })
    await home.keep(async () => [failed])
    return failed
  } finally {
    clearTimeout(timer)
  }
  await home.keep(async () => [result!])
  return result
}

function failure(
  row: StepRow,
  {
    attempt,
    error,
    plan,
    home,
    ended,
  }: { attempt: number; error: unknown; plan: StepPlan; home: StepHome; ended: () => number },
): StepRow {
  const isLast = attempt > plan.retries || !plan.retryIf(error)
  const nowMs = home.nowMs()
  const pause = Math.min(plan.backoffMs * 2 ** (attempt - 1), MAX_BACKOFF_MS) * (1 + JITTER * Math.random())
  return {
    ...row,
    state: isLast ? "failed" : "pending",
    attempts: attempt,
    due_ms: isLast ? null : Math.ceil(nowMs + pause),
    output: null,
    error: writeError(error),
    ended: isLast ? ended() : null,
    ended_ms: isLast ? nowMs : null,
  }
}

/** What throws at once is a rejection too. */
async function call<T>(work: () => T | Promise<T>): Promise<T> {
  return await work()
}

/** Does not wait for work that takes no notice of its signal. */
async function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw signal.reason
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener("abort", abort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener("abort", abort)
    work.catch(() => undefined)
  }
}

/** Whether an error says that the run is another worker's now, or that the database is away: nobody knows then what was kept. */
export function isOurs(error: unknown): boolean {
  return (
    error instanceof AshlarError && (error.code === "WORKFLOW_LEASE_LOST" || error.code === "WORKFLOW_STORE_FAILED")
  )
}
