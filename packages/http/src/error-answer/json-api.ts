import type { Problem } from "../problem.ts"
import type { RequestIssue } from "../request-issue.ts"

export const JSON_API_TYPE = "application/vnd.api+json"

/** One error of a JSON:API document. @see https://jsonapi.org/format/1.1/#error-objects */
export interface JsonApiError {
  /** The request's id, where the problem has one. */
  readonly id?: string
  readonly status: string
  readonly code: string
  readonly title: string
  readonly detail: string
  readonly links: { readonly type: string }
  readonly source?: { readonly pointer: string } | { readonly parameter: string } | { readonly header: string }
  readonly meta?: Readonly<Record<string, unknown>>
}

/** A problem as a JSON:API document: one error, or one for each value that is not acceptable. */
export function toJsonApi(problem: Problem): { readonly errors: readonly JsonApiError[] } {
  const { type, title, status, code, detail, requestId, details, errors, hint, debug } = problem
  const meta = { ...details, ...(hint !== undefined && { hint }), ...(debug !== undefined && { debug }) }
  const common = { ...(requestId !== undefined && { id: requestId }), status: String(status), code, title }
  const links = { type }
  const rest = Object.keys(meta).length > 0 ? { meta } : {}
  if (errors === undefined) return { errors: [{ ...common, detail, links, ...rest }] }
  return { errors: errors.map((issue) => ({ ...common, detail: issue.message, links, ...sourceOf(issue), ...rest })) }
}

function sourceOf({ in: part, pointer }: RequestIssue): Pick<JsonApiError, "source" | "meta"> {
  const name = pointer.split("/")[1]?.replaceAll("~1", "/").replaceAll("~0", "~") ?? ""
  if (part === "query") return { source: { parameter: name } }
  if (part === "headers") return { source: { header: name } }
  return part === "params" ? { meta: { in: "params", name } } : { source: { pointer } }
}
