/**
 * Errors are API: each has a stable code, a status, a message that says what to do, and details that are safe to show.
 * The cause is for the log; it never leaves the process.
 */

/** What an error says about itself on the wire. Everything here may be shown to a caller. */
export interface ErrorReport {
  readonly code: string
  readonly status: number
  readonly message: string
  readonly details?: Readonly<Record<string, unknown>>
}

export interface ErrorOptions {
  /** Facts for the caller, as JSON. Never put a secret, a path of the host or a stack in here. */
  readonly details?: Readonly<Record<string, unknown>>
  /** What went wrong underneath. Goes to the log only. */
  readonly cause?: unknown
}

/** The base of every error that Ashlar throws. Make one with {@link defineError}, never with `new AshlarError`. */
export class AshlarError extends Error {
  readonly code: string
  readonly status: number
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(code: string, status: number, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = code
    this.code = code
    this.status = status
    this.details = options.details
  }

  /** The part that may be shown: code, status, message, details. Never the cause, never the stack. */
  report(): ErrorReport {
    const { code, status, message, details } = this
    return details === undefined ? { code, status, message } : { code, status, message, details }
  }

  /** `JSON.stringify(error)` shows the report, so an error that reaches a body by accident leaks nothing. */
  toJSON(): ErrorReport {
    return this.report()
  }
}

/** A kind of error: a class with its code and status as values, so that a route can list it and a client can type it. */
export interface ErrorClass<Code extends string = string, Status extends number = number> {
  new (message?: string, options?: ErrorOptions): AshlarError & { readonly code: Code; readonly status: Status }
  readonly code: Code
  readonly status: Status
  /** One sentence for the catalogue: what happened, and what the person who reads it should do. */
  readonly summary: string
}

/**
 * Defines a kind of error, once, at module level.
 *
 * @param code `PACKAGE_WHAT`; stable for ever; listed in `docs/errors.md`.
 * @param status The HTTP status a caller sees.
 * @param summary The catalogue's line, and the message when a throw gives none.
 * @example
 * export const ProjectNotFound: ErrorClass<"CONTROL_PROJECT_NOT_FOUND", 404> =
 *   defineError("CONTROL_PROJECT_NOT_FOUND", 404, "No project has this name, or you are not a member of it.")
 * throw new ProjectNotFound(`No project "atlas". Run: ashlar projects list`)
 */
export function defineError<const Code extends string, const Status extends number>(
  code: Code,
  status: Status,
  summary: string,
): ErrorClass<Code, Status> {
  return class extends AshlarError {
    static readonly code = code
    static readonly status = status
    static readonly summary = summary
    declare readonly code: Code
    declare readonly status: Status
    constructor(message: string = summary, options?: ErrorOptions) {
      super(code, status, message, options)
    }
  }
}

/** Rebuilds an error that crossed a thread or process border as its report. */
export function fromReport(report: ErrorReport): AshlarError {
  return new AshlarError(
    report.code,
    report.status,
    report.message,
    report.details === undefined ? {} : { details: report.details },
  )
}

/** A defect: something that cannot happen unless the code is wrong. Callers see an id, the log sees the cause. */
export const Internal: ErrorClass<"INTERNAL", 500> = defineError(
  "INTERNAL",
  500,
  "Something failed inside the server. The log has the cause under the same id.",
)
