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

/** What a caller can tell an error by: what the types of a route and of its client carry of it. */
export interface DeclaredError<Code extends string = string, Status extends number = number> {
  readonly code: Code
  readonly status: Status
}

/** What callers see of errors of this kind. */
export type DeclaredBy<E extends ErrorClass> = NonNullable<E["~declared"]>

/** A kind of error: a class with its code and status as values, so that a route can list it and a client can type it. */
export interface ErrorClass<Code extends string = string, Status extends number = number> {
  new (message?: string, options?: ErrorOptions): AshlarError & { readonly code: Code; readonly status: Status }
  readonly code: Code
  readonly status: Status
  /** One sentence for the catalogue: what happened, and what the person who reads it should do. */
  readonly summary: string
  /** For the type checker only: never there at run time. */
  readonly "~declared"?: DeclaredError<Code, Status>
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

export const ConfigInvalid: ErrorClass<"CORE_CONFIG_INVALID", 500> = defineError(
  "CORE_CONFIG_INVALID",
  500,
  "The configuration has unknown keys or values that do not fit. The message names each source and key: correct them and start again.",
)

export const ServiceCycle: ErrorClass<"CORE_SERVICE_CYCLE", 500> = defineError(
  "CORE_SERVICE_CYCLE",
  500,
  "Services wait for each other to open. The message names the circle: take one of them out of another's `open`.",
)

export const ServiceMissing: ErrorClass<"CORE_SERVICE_MISSING", 500> = defineError(
  "CORE_SERVICE_MISSING",
  500,
  "A token was asked for that nothing was provided for. Call `container.override(token, { open })` before it is first used.",
)

export const ServiceMisused: ErrorClass<"CORE_SERVICE_MISUSED", 500> = defineError(
  "CORE_SERVICE_MISUSED",
  500,
  "A service was asked for after its container closed, replaced after it was opened, or shares its name with another.",
)

export const ServiceCloseFailed: ErrorClass<"CORE_SERVICE_CLOSE_FAILED", 500> = defineError(
  "CORE_SERVICE_CLOSE_FAILED",
  500,
  "Some services failed to close. All others were closed; the log has the causes.",
)

export const DeadlineExceeded: ErrorClass<"CORE_DEADLINE_EXCEEDED", 500> = defineError(
  "CORE_DEADLINE_EXCEEDED",
  500,
  "Something took longer than it may. The message names it, and where there is one the option that bounds it.",
)

export const LifecycleMisused: ErrorClass<"CORE_LIFECYCLE_MISUSED", 500> = defineError(
  "CORE_LIFECYCLE_MISUSED",
  500,
  "A lifecycle was started twice, started after it stopped, or given a part after it started.",
)

export const DriverUrlInvalid: ErrorClass<"CORE_DRIVER_URL_INVALID", 500> = defineError(
  "CORE_DRIVER_URL_INVALID",
  500,
  "A driver's URL does not read as `scheme://user:password@host/name?option=value` or `scheme:path`.",
)

export const DriverUnknown: ErrorClass<"CORE_DRIVER_UNKNOWN", 500> = defineError(
  "CORE_DRIVER_UNKNOWN",
  500,
  "No driver of this capability has the URL's scheme. The message names the nearest one that is known.",
)

export const DriverDuplicate: ErrorClass<"CORE_DRIVER_DUPLICATE", 500> = defineError(
  "CORE_DRIVER_DUPLICATE",
  500,
  "Two drivers of one capability claim the same URL scheme. Register only one of them.",
)

export const DriverOptionInvalid: ErrorClass<"CORE_DRIVER_OPTION_INVALID", 500> = defineError(
  "CORE_DRIVER_OPTION_INVALID",
  500,
  "An option in a driver's URL is not known or does not fit. The message names the option and what was expected.",
)

export const DriverPackageMissing: ErrorClass<"CORE_DRIVER_PACKAGE_MISSING", 500> = defineError(
  "CORE_DRIVER_PACKAGE_MISSING",
  500,
  "The URL asks for a driver whose optional package is not installed. The message has the install command.",
)

export const DriverGuaranteeMissing: ErrorClass<"CORE_DRIVER_GUARANTEE_MISSING", 500> = defineError(
  "CORE_DRIVER_GUARANTEE_MISSING",
  500,
  "A feature needs a promise that the URL's driver does not make. The message names drivers that make it.",
)

export const AmbientMissing: ErrorClass<"CORE_AMBIENT_MISSING", 500> = defineError(
  "CORE_AMBIENT_MISSING",
  500,
  "An ambient value was asked for outside the `run` that sets it. Call it inside, or pass the value as a parameter.",
)

export const AmbientUnavailable: ErrorClass<"CORE_AMBIENT_UNAVAILABLE", 500> = defineError(
  "CORE_AMBIENT_UNAVAILABLE",
  500,
  "This runtime has no AsyncLocalStorage. Use Node 20.16, Bun 1.2 or Deno 2 and later, or pass the value as a parameter.",
)
