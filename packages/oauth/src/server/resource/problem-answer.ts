import type { AshlarError } from "@ashlar/core"
import { type BaseContext, type Reply, toProblem } from "@ashlar/http"

/** An error with headers that say how to do better (RFC 6750, section 3). */
export function problemAnswer(
  ctx: BaseContext,
  error: AshlarError,
  headers: Readonly<Record<string, string>>,
): Reply<number, string> {
  return ctx
    .text<number>("", error.status)
    .withBody(JSON.stringify(toProblem(error)), "application/problem+json")
    .withHeaders({ ...headers, "cache-control": "no-store" })
}
