import { nearest } from "@ashlar/core"
import type { RequestContext } from "../context/request-context.ts"
import type { Problem } from "../problem.ts"
import type { RouteRecord } from "../table.ts"

/** What a developer most likely meant, or forgot. */
export function hintFor(
  { code, detail, errors = [] }: Problem,
  ctx: RequestContext,
  records: readonly RouteRecord[],
): string | undefined {
  switch (code) {
    case "HTTP_NOT_FOUND":
      return ctx.route.declaredAt === "" ? nearestRoute(ctx, records) : undefined
    case "HTTP_UNSUPPORTED_MEDIA_TYPE":
      return detail.endsWith("got none") || detail.includes("text/plain")
        ? "Send the header Content-Type: application/json. Without it, fetch() calls a body of text text/plain."
        : undefined
    case "HTTP_BODY_INVALID":
      return detail.includes("empty body") ? "The request has no body. JSON of nothing is null." : undefined
    case "HTTP_INVALID":
      if (errors.some((one) => one.in === "body") && !ctx.hasBody) return "The request has no body."
      return errors.some((one) => TEXT_PARTS.has(one.in) && /\b(?:number|integer|boolean|date)\b/i.test(one.message))
        ? "What comes in a path or a query is text: a schema that converts, such as v.coerce.number(), takes it."
        : undefined
    default:
      return undefined
  }
}

const TEXT_PARTS: ReadonlySet<string> = new Set(["params", "query", "headers"])

function nearestRoute({ path, authority }: RequestContext, records: readonly RouteRecord[]): string | undefined {
  const hosts = new Set(
    records.flatMap((record) => (record.host !== undefined && record.path === path ? record.host : [])),
  )
  if (hosts.size > 0)
    return `It is served for ${[...hosts].join(", ")}, and this request is for ${authority ?? "no host"}.`
  const likely = new Map<string, RouteRecord>()
  for (const record of records) likely.set(filledIn(record, path), record)
  const close = nearest(path, likely.keys())
  if (close === undefined) return undefined
  const found = likely.get(close)!
  const methods = records.filter((one) => one.path === found.path).map((one) => one.method)
  return `Did you mean ${found.path} (${[...new Set(methods)].join(", ")})?`
}

/** A pattern with what the request has where its parameters are: `/users/:id` is near to `/user/7` as `/users/7`. */
function filledIn({ segments, path: pattern }: RouteRecord, path: string): string {
  const parts = path.split("/").slice(1)
  const filled = segments.map((segment, index) => {
    if (segment.kind === "static") return segment.text
    return segment.kind === "rest" ? parts.slice(index).join("/") : parts[index] || `:${segment.name}`
  })
  return segments.length === 0 ? pattern : `/${filled.join("/")}`
}
