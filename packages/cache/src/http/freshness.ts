import { type Directives, seconds } from "./directives.ts"
import { parseDate } from "./http-date.ts"
import { isTargeted, responseDirectives } from "./response-directives.ts"
import type { StoredResponse } from "./stored-response.ts"

/** What a shared cache may do with a response, and for how long. Times in seconds. */
export interface Freshness {
  readonly directives: Directives
  readonly lifetime: number
  readonly age: number
  /** Whether it may be served at all once it is stale. */
  readonly mayBeStale: boolean
  readonly staleWhileRevalidate: number
  readonly staleIfError: number
}

/** Statuses that may be kept though nothing says for how long. @see https://www.rfc-editor.org/rfc/rfc9110#section-15.1 */
export const HEURISTIC_STATUSES: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])
/** The part of the time since the last change that is taken for fresh, and the most of it. */
const HEURISTIC = { share: 0.1, mostSeconds: 86_400 } as const

/** @see https://www.rfc-editor.org/rfc/rfc9111#section-4.2 */
export function freshnessOf(stored: StoredResponse, nowMs: number): Freshness {
  const headers = new Headers(stored.headers as [string, string][])
  const directives = responseDirectives(headers)
  const isStrict = ["must-revalidate", "proxy-revalidate", "s-maxage", "no-cache"].some((name) => directives.has(name))
  return {
    directives,
    lifetime: lifetimeOf(stored, headers, directives),
    age: ageOf(stored, headers, nowMs),
    mayBeStale: !isStrict,
    staleWhileRevalidate: isStrict ? 0 : (seconds(directives, "stale-while-revalidate") ?? 0),
    staleIfError: isStrict ? 0 : (seconds(directives, "stale-if-error") ?? 0),
  }
}

function lifetimeOf({ status, responseMs }: StoredResponse, headers: Headers, directives: Directives): number {
  const explicit = explicitLifetime(headers, directives, responseMs)
  if (explicit !== undefined) return explicit
  const changed = parseDate(headers.get("last-modified"))
  const canGuess = HEURISTIC_STATUSES.has(status) || directives.has("public")
  if (changed === undefined || !canGuess) return 0
  const since = ((parseDate(headers.get("date")) ?? responseMs) - changed) / 1000
  return Math.min(Math.max(0, since * HEURISTIC.share), HEURISTIC.mostSeconds)
}

/** What the origin says itself; undefined when it says nothing. */
export function explicitLifetime(headers: Headers, directives: Directives, responseMs: number): number | undefined {
  const said = seconds(directives, "s-maxage") ?? seconds(directives, "max-age")
  if (said !== undefined) return said
  if (isTargeted(headers)) return undefined // then what is said to all counts for nothing
  const expires = headers.get("expires")
  if (expires === null) return undefined
  // What is no date, `0` above all, means that it is over.
  const until = parseDate(expires)
  return until === undefined ? 0 : Math.max(0, (until - (parseDate(headers.get("date")) ?? responseMs)) / 1000)
}

/** @see https://www.rfc-editor.org/rfc/rfc9111#section-4.2.3 */
function ageOf({ requestMs, responseMs }: StoredResponse, headers: Headers, nowMs: number): number {
  const date = parseDate(headers.get("date")) ?? responseMs
  const apparent = Math.max(0, responseMs - date)
  const said = /^\s*(\d+)\s*(?:,|$)/.exec(headers.get("age") ?? "")?.[1]
  const corrected = Math.min(Number(said ?? 0), 2 ** 31) * 1000 + (responseMs - requestMs)
  return (Math.max(apparent, corrected) + Math.max(0, nowMs - responseMs)) / 1000
}
