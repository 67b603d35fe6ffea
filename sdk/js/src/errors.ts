import type { Problem, ProblemError } from "./wire.ts"

/** The codes this client raises by itself, each with its line for the catalogue. Every other code is the server's. */
export const clientErrors = {
  SDK_UNREACHABLE: "The server could not be reached. Check the URL, and that the server is running.",
  SDK_TIMEOUT: "The server did not answer in time. Try again, or give the call a larger `timeoutMs`.",
  SDK_BAD_RESPONSE: "The answer is not what an Ashlar server sends. Check that the URL is an Ashlar server's.",
  SDK_BAD_OPTIONS: "An argument of the call is not usable. The message names it.",
  SDK_SIGNED_OUT: "The call needs a signed-in person. Sign in first.",
  SDK_TOO_MANY_DOCUMENTS: "More documents match than `all()` may collect. Raise its `max`, or iterate instead.",
} as const

/** A code of {@link clientErrors}. */
export type ClientErrorCode = keyof typeof clientErrors

export interface RequestErrorOptions {
  /** 0 when no answer came. */
  readonly status?: number
  readonly requestId?: string | undefined
  readonly details?: Readonly<Record<string, unknown>> | undefined
  readonly errors?: readonly ProblemError[] | undefined
  /** From `Retry-After`. */
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/**
 * The one error that a call of this client throws: what the server refused, or why no usable answer came.
 * Match on `code`, which is stable; show `message`, which says what to do.
 *
 * @example
 * try {
 *   await todos.insert({ title: "cut stone" })
 * } catch (error) {
 *   if (isRequestError(error, "DOCUMENTS_FORBIDDEN")) showSignIn()
 *   else throw error
 * }
 */
export class AshlarRequestError extends Error {
  override readonly name = "AshlarRequestError"
  readonly code: string
  /** The HTTP status, or 0 when no answer came. */
  readonly status: number
  /** The server's name for this request: what its log has the cause under. */
  readonly requestId: string | undefined
  /** Facts for programs, for example `{ expected, current }` of a revision conflict. */
  readonly details: Readonly<Record<string, unknown>> | undefined
  /** Which fields were refused, when the request was invalid. */
  readonly errors: readonly ProblemError[]
  /** How long the server asks to wait before another try. */
  readonly retryAfterMs: number | undefined

  constructor(code: string, message: string, options: RequestErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = options.status ?? 0
    this.requestId = options.requestId
    this.details = options.details
    this.errors = options.errors ?? []
    this.retryAfterMs = options.retryAfterMs
  }
}

/** True for an error of this client, and, when `code` is given, only for that code. */
export function isRequestError(error: unknown, code?: string): error is AshlarRequestError {
  return error instanceof AshlarRequestError && (code === undefined || error.code === code)
}

/** An error of the client's own, with the message of the catalogue unless a better one is known. */
export function clientError(
  code: ClientErrorCode,
  message: string = clientErrors[code],
  options?: RequestErrorOptions,
): AshlarRequestError {
  return new AshlarRequestError(code, message, options)
}

/** Reads a refusal of the server; undefined when the body is no problem document. */
export function fromProblem(body: unknown, response: Response): AshlarRequestError | undefined {
  if (typeof body !== "object" || body === null || !("code" in body)) return undefined
  const problem = body as Partial<Problem>
  if (typeof problem.code !== "string") return undefined
  return new AshlarRequestError(problem.code, problem.detail ?? problem.title ?? problem.code, {
    status: response.status,
    requestId: problem.requestId ?? response.headers.get("x-request-id") ?? undefined,
    details: problem.details,
    errors: Array.isArray(problem.errors) ? problem.errors : undefined,
    retryAfterMs: readRetryAfter(response.headers.get("retry-after")),
  })
}

function readRetryAfter(value: string | null): number | undefined {
  if (value === null) return undefined
  const seconds = Number(value)
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000)
  const at = Date.parse(value)
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}
