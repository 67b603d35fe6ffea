import { AshlarError, type IdSource, Internal } from "@ashlar/core"
import { Cancelled } from "./errors.ts"
import type { InvocationEnd } from "./invocation.ts"
import type { Logs } from "./logs.ts"
import type { Counter } from "./metrics.ts"
import type { ActiveVersion, FunctionStore } from "./store.ts"

export interface CallRecordOptions {
  readonly store: FunctionStore
  readonly active: ActiveVersion
  readonly request: Request
  readonly counter: Counter
  readonly logs: Logs
  readonly ids: IdSource
}

/** What is written down about one call, whatever becomes of it: one "request" line, and a "kill" line if it was stopped. */
export class CallRecord {
  readonly invocation: string
  readonly request: Request
  /** The version that answers. */
  active: ActiveVersion
  cold = false
  readonly #options: CallRecordOptions
  readonly #startedMs = performance.now()
  #written = false

  constructor(options: CallRecordOptions) {
    this.#options = options
    this.request = options.request
    this.active = options.active
    this.invocation = options.ids()
  }

  /** The call ended. */
  end(end: InvocationEnd): void {
    if (this.#written) return
    this.#written = true
    const { active } = this
    const { store, counter, logs } = this.#options
    const durationMs = performance.now() - this.#startedMs
    const { status, error, stopped } = end
    const line = { invocation: this.invocation, version: active.version }
    const code = error === undefined ? {} : { code: error.code }
    if (error && stopped)
      logs.append(store, active.functionId, {
        ...line,
        kind: "kill",
        level: "error",
        message: error.message,
        fields: { ...code, ...causeOf(error) },
      })
    logs.append(store, active.functionId, {
      ...line,
      kind: "request",
      level: status >= 500 ? "error" : status >= 400 ? "warn" : "info",
      message: `${this.request.method} ${pathOf(this.request.url)} ${status}`,
      fields: {
        method: this.request.method,
        path: pathOf(this.request.url),
        status,
        durationMs: Math.round(durationMs * 100) / 100,
        cold: this.cold,
        ...code,
      },
    })
    const failed = status >= 500 || (error !== undefined && !(error instanceof Cancelled))
    counter.count({ durationMs, failed, cold: this.cold, killedBy: error && stopped ? error.code : undefined })
  }

  /** The error for the caller, with the invocation by which the log names it. */
  refuse(error: unknown): AshlarError {
    const known = error instanceof AshlarError ? error : new Internal(undefined, { cause: error })
    this.end({ status: known.status, error: known, stopped: false })
    return withInvocation(known, this.invocation)
  }
}

/** The same error for one caller: a reason is shared by all calls of a process that was ended. */
function withInvocation(error: AshlarError, invocation: string): AshlarError {
  return new AshlarError(error.code, error.status, error.message, {
    details: { ...error.details, invocation },
    cause: error,
  })
}

function causeOf(error: AshlarError): Record<string, unknown> {
  return typeof error.cause === "string" && error.cause !== "" ? { detail: error.cause } : {}
}

function pathOf(url: string): string {
  return URL.parse(url)?.pathname ?? url
}
