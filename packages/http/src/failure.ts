import { AshlarError, type ErrorClass } from "@ashlar/core"

/**
 * An error as a value: what it says, without the stack that an `Error` captures (3 to 8 µs on V8). The kernel answers
 * unknown paths and bad input with it, and handlers may return one: `return fail(errors.NotFound, "No such user")`.
 */
export class Failure<E extends ErrorClass = ErrorClass> {
  readonly kind: E
  readonly message: string
  readonly details: Readonly<Record<string, unknown>> | undefined

  constructor(kind: E, message: string, details?: Readonly<Record<string, unknown>>) {
    this.kind = kind
    this.message = message
    this.details = details
  }

  get code(): string {
    return this.kind.code
  }
  get status(): number {
    return this.kind.status
  }
  get [Symbol.toStringTag](): string {
    return "Failure"
  }

  /** The error it stands for, for those who look at errors: `error` hooks and logs. */
  toError(): InstanceType<E> {
    const Kind: ErrorClass = this.kind
    return new Kind(this.message, this.details && { details: this.details }) as InstanceType<E>
  }
}

/**
 * Makes an error to return in place of throwing it: the same answer, cheaper.
 * @example
 * app.get("/users/:id", { errors: [errors.NotFound] }, (ctx) => users.get(ctx.params.id) ?? fail(errors.NotFound))
 */
export function fail<E extends ErrorClass>(
  kind: E,
  message: string = kind.summary,
  details?: Readonly<Record<string, unknown>>,
): Failure<E> {
  return new Failure(kind, message, details)
}

/** Whether a handler's result is an error: a {@link Failure}, or an `AshlarError` returned and not thrown. */
export function isFailure(value: unknown): value is Failure | AshlarError {
  return value instanceof Failure || value instanceof AshlarError
}

/** As an error that can be thrown on. */
export function toError(value: Failure | AshlarError): AshlarError {
  return value instanceof Failure ? value.toError() : value
}
