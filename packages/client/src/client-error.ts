/** The codes that the client raises by itself, each with its line for the catalogue. Every other code is the server's. */
export const clientErrors = {
  CLIENT_NETWORK: "The server could not be reached, or the connection broke off.",
  CLIENT_TIMEOUT: "The answer took longer than `timeoutMs`.",
  CLIENT_ABORTED: "The call was aborted.",
  CLIENT_UNDECLARED:
    "The server answered with an error that the route does not declare. `problem` and `status` have it.",
  CLIENT_ANSWER_INVALID: "The answer is not what the client can read.",
  CLIENT_INPUT_INVALID: "The input makes no request. The message says why.",
  CLIENT_ROUTE_UNKNOWN: "The manifest has no such route.",
} as const

/** A code of {@link clientErrors}. */
export type ClientErrorCode = keyof typeof clientErrors

/** One value of a request that is not acceptable. */
export interface Issue {
  readonly in: string
  /** RFC 6901 pointer into the part. */
  readonly pointer: string
  readonly code: string
  readonly message: string
}

/** An error as servers tell it. @see https://www.rfc-editor.org/rfc/rfc9457 */
export interface Problem {
  readonly code?: string
  readonly title?: string
  readonly detail?: string
  readonly requestId?: string
  readonly details?: Readonly<Record<string, unknown>>
  readonly errors?: readonly Issue[]
}

/** What the client knows of an error beside its code. */
export interface ErrorFacts {
  readonly status?: number
  readonly problem?: Problem | undefined
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/**
 * The one error that a call ends with: what the server refused, or why there is no answer. Tell it by `code`.
 * @example
 * const { ok, data, error } = await api.show({ params: { id } }).result()
 * if (!ok && error.code === "HTTP_NOT_FOUND") …
 */
export class ClientError extends Error {
  readonly code: string
  /** Of the answer; 0 when there was none. */
  readonly status: number
  /** The answer, when it was a problem document. */
  readonly problem: Problem | undefined
  /** The values that are not acceptable, when the server said which. */
  readonly errors: readonly Issue[]
  /** How long the server asks to wait. */
  readonly retryAfterMs: number | undefined

  constructor(code: string, message: string, { status = 0, problem, retryAfterMs, cause }: ErrorFacts = {}) {
    super(message, { cause })
    this.name = "ClientError"
    this.code = code
    this.status = status
    this.problem = problem
    this.errors = problem?.errors ?? []
    this.retryAfterMs = retryAfterMs
  }
}

/** An error that no route declares: of the network, of the client, or of a server that said something else. */
export interface Unexpected extends ClientError {
  readonly code: ClientErrorCode
}

/** The errors of a call: those that its route declares, and those that may always be. */
export type FailureOf<E> = (ClientError & E) | Unexpected

/** An error of the client's own. */
export function clientError(code: ClientErrorCode, message: string, facts?: ErrorFacts): ClientError {
  return new ClientError(code, message, facts)
}

/** What came up, as the error that callers see: `reason` when it came because the call was ended. */
export function toClientError(error: unknown, { reason }: AbortSignal): ClientError {
  const told = error instanceof ClientError ? error : reason
  return told instanceof ClientError ? told : clientError("CLIENT_NETWORK", "No answer.", { cause: error })
}
