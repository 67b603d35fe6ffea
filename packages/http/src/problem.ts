import { AshlarError, Internal } from "@ashlar/core"
import type { RequestContext } from "./context/request-context.ts"
import type { CodeFrame } from "./development/code-frame.ts"
import { TooManyRequests } from "./errors.ts"
import { Failure } from "./failure.ts"
import type { RequestIssue } from "./request-issue.ts"

/** An error on the wire. @see https://www.rfc-editor.org/rfc/rfc9457 */
export interface Problem {
  /** `urn:ashlar:error:<code>` */
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  /** What was expected, what was got, what to do. For people. */
  readonly detail: string
  /** The request's id, where a log or a header shows it too. */
  readonly requestId?: string
  readonly details?: Readonly<Record<string, unknown>>
  /** Where the request's values are not acceptable; present with `HTTP_INVALID`. */
  readonly errors?: readonly RequestIssue[]
  /** In development only: what was most likely meant, or forgotten. */
  readonly hint?: string
  /** In development only, with a defect: what the log has too. */
  readonly debug?: Debug
}

/** What a developer sees of a defect. */
export interface Debug {
  /** Its name and message. */
  readonly error: string
  /** Those of what caused it, the nearest first. */
  readonly causes?: readonly string[]
  readonly stack: readonly string[]
  /** The source where it most likely is. */
  readonly frame?: CodeFrame
}

/** What callers are told: an `AshlarError` as it is, anything else as `INTERNAL` with the request's id. */
export function toProblem(error: unknown, requestId?: string): Problem {
  const { code, status, message, details } = told(error)
  const problem = { type: `urn:ashlar:error:${code}`, title: TITLES[status] ?? "Error", status, code, detail: message }
  if (details === undefined && requestId === undefined) return problem
  const { errors, ...rest } = (details ?? {}) as { errors?: readonly RequestIssue[] }
  return {
    ...problem,
    ...(requestId !== undefined && { requestId }),
    ...(Object.keys(rest).length > 0 && { details: rest }),
    ...(errors !== undefined && { errors }),
  }
}

function told(error: unknown): Pick<AshlarError, "code" | "status" | "message" | "details"> {
  if (error instanceof Failure) return error
  return error instanceof AshlarError && error.code !== Internal.code ? error : new Internal()
}

/** What the caller of a request is told of an error in it. */
export function problemOf(error: unknown, ctx: RequestContext): Problem {
  // Who reads the log of a defect has the id; of the caller's own mistakes there is no log to look into.
  return toProblem(error, told(error).status >= 500 || ctx.hasId ? ctx.id : undefined)
}

/** What was set for the answer that did not come: it says how long that one may be kept, and an error may not be. */
const CACHING: ReadonlySet<string> = new Set(["cache-control", "expires", "etag", "last-modified"])

/** The headers of a context, without those that only a good answer may have. */
export function withoutCaching(headers: readonly string[]): string[] {
  const kept: string[] = []
  for (let index = 0; index < headers.length; index += 2)
    if (!CACHING.has(headers[index]!)) kept.push(headers[index]!, headers[index + 1]!)
  return kept
}

/** The headers that belong to a problem, in whatever form it is told. */
export function problemHeaders({ status, details }: Problem): Record<string, string> | undefined {
  if (status !== 401 && status !== 429 && details === undefined) return undefined
  const headers: Record<string, string> = {}
  const retryAfter = details?.retryAfterSeconds
  if (typeof retryAfter === "number") headers["retry-after"] = String(Math.max(1, Math.ceil(retryAfter)))
  else if (status === TooManyRequests.status) headers["retry-after"] = "1"
  if (status === 401) headers["www-authenticate"] = "Bearer"
  if (Array.isArray(details?.allow)) headers.allow = details.allow.join(", ")
  if (typeof details?.upgrade === "string") Object.assign(headers, { upgrade: details.upgrade, connection: "Upgrade" })
  if (typeof details?.version === "string") headers["sec-websocket-version"] = details.version
  return headers
}

/** The reason phrases of RFC 9110, for the statuses that errors use. */
const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  402: "Payment Required",
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
  416: "Range Not Satisfiable",
  422: "Unprocessable Content",
  423: "Locked",
  426: "Upgrade Required",
  428: "Precondition Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  507: "Insufficient Storage",
}
