import { AshlarError, type ErrorReport, fromReport } from "@ashlar/core"
import { Failure } from "../failure.ts"

/** What marks a thread of ours, in its `workerData`. */
export const WORKER_MARK = "ashlarOffload"

/** What a pool sends to a thread: one task at a time. */
export interface Order {
  readonly id: number
  readonly url: string
  readonly name: string
  readonly input: unknown
}

/** What a thread sends back. */
export type Outcome =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly refused: ErrorReport; readonly stack: string | undefined }
  | { readonly id: number; readonly thrown: unknown }

/** An error on its way out of a thread. Coded ones keep their code; of others the runtime copies name, message and stack. */
export function describeError(id: number, error: unknown): Outcome {
  if (error instanceof Failure) return { id, refused: error.toError().report(), stack: undefined }
  if (isCoded(error)) return { id, refused: error.report(), stack: error.stack }
  return { id, thrown: error }
}

/** The same error on this side. It is no instance of its class any more: compare codes. */
export function rebuildError(outcome: Exclude<Outcome, { readonly value: unknown }>): unknown {
  if ("thrown" in outcome) return outcome.thrown
  const error = fromReport(outcome.refused)
  if (outcome.stack !== undefined) error.stack = outcome.stack
  return error
}

/** By its shape: a thread may have loaded another copy of the class. */
function isCoded(error: unknown): error is AshlarError {
  if (error instanceof AshlarError) return true
  const { code, status, report } = (error ?? {}) as Partial<AshlarError>
  return typeof code === "string" && typeof status === "number" && typeof report === "function"
}
