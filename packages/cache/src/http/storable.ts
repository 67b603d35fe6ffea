import { explicitLifetime, HEURISTIC_STATUSES } from "./freshness.ts"
import { responseDirectives } from "./response-directives.ts"
import { varyNames } from "./stored-response.ts"

/** Statuses that this cache understands: what it may do with them it does by their rules. */
const UNDERSTOOD: ReadonlySet<number> = new Set([
  ...HEURISTIC_STATUSES,
  201,
  202,
  302,
  303,
  307,
  400,
  401,
  403,
  409,
  500,
  502,
  503,
  504,
])

/** Whether a shared cache may keep the response. @see https://www.rfc-editor.org/rfc/rfc9111#section-3 */
export function isStorable(request: Request, response: Response, responseMs: number): boolean {
  const { status, headers } = response
  if (request.method !== "GET" || status < 200 || status === 206 || status === 304) return false
  const directives = responseDirectives(headers)
  const mustUnderstand = directives.has("must-understand")
  if (mustUnderstand && !UNDERSTOOD.has(status)) return false
  // Beside `must-understand` it is for those who do not.
  if (directives.has("no-store") && !mustUnderstand) return false
  if (directives.has("private") || headers.has("set-cookie")) return false
  if (varyNames(headers.get("vary")).includes("*")) return false
  const mayShare = ["public", "must-revalidate", "s-maxage"].some((name) => directives.has(name))
  if (request.headers.has("authorization") && !mayShare) return false
  const isExplicit = directives.has("public") || explicitLifetime(headers, directives, responseMs) !== undefined
  // By a guess nothing is kept that may be one person's.
  return isExplicit || (HEURISTIC_STATUSES.has(status) && !request.headers.has("cookie"))
}
