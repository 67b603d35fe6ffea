import { AshlarError, Internal } from "@ashlar/core"
import type { BaseContext } from "./context.ts"
import { TooManyRequests } from "./errors.ts"
import type { RequestIssue } from "./schema.ts"

/** An error on the wire. @see https://www.rfc-editor.org/rfc/rfc9457 */
export interface Problem {
  /** `urn:ashlar:error:<code>` */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  /** What was expected, what was got, what to do. For people. */
  readonly detail: string
  readonly requestId: string
  readonly details?: Readonly<Record<string, unknown>>
  /** Where the request's values are not acceptable; present with `HTTP_INVALID`. */
  readonly errors?: readonly RequestIssue[]
}

/** What callers are told: an {@link AshlarError} as it is, anything else as `INTERNAL` with the request's id. */
export function toProblem(error: unknown, ctx: BaseContext): Problem {
  const known = error instanceof AshlarError && error.code !== Internal.code ? error : undefined
  const { code, status, message, details } = known ?? new Internal()
  const { errors, ...rest } = (details ?? {}) as { errors?: readonly RequestIssue[] }
  return {
    type: `urn:ashlar:error:${code}`,
    title: TITLES[status] ?? "Error",
    status,
    code,
    detail: message,
    requestId: ctx.id,
    ...(Object.keys(rest).length > 0 && { details: rest }),
    ...(errors !== undefined && { errors }),
  }
}

/** The problem as an answer. Nothing about an error may be cached. */
export function problemResponse(error: unknown, ctx: BaseContext): Response {
  const problem = toProblem(error, ctx)
  const headers = new Headers({ "content-type": "application/problem+json", "cache-control": "no-store" })
  const retryAfter = problem.details?.retryAfterSeconds
  if (typeof retryAfter === "number") headers.set("retry-after", String(Math.max(1, Math.ceil(retryAfter))))
  else if (problem.status === TooManyRequests.status) headers.set("retry-after", "1")
  if (problem.status === 401) headers.set("www-authenticate", "Bearer")
  const allow = problem.details?.allow
  if (Array.isArray(allow)) headers.set("allow", allow.join(", "))
  return new Response(JSON.stringify(problem), { status: problem.status, headers })
}

/** The reason phrases of RFC 9110, for the statuses that errors use. */
const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  412: "Precondition Failed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  428: "Precondition Required",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  507: "Insufficient Storage",
}
