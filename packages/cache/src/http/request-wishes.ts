import { type Directives, parseDirectives, seconds } from "./directives.ts"
import type { Freshness } from "./freshness.ts"

/** What a request says of caches. @see https://www.rfc-editor.org/rfc/rfc9111#section-5.2.1 */
export function requestDirectives(headers: Headers): Directives {
  const field = headers.get("cache-control")
  if (field === null && /(?:^|,)\s*no-cache\s*(?:,|$)/i.test(headers.get("pragma") ?? ""))
    return parseDirectives("no-cache")
  return parseDirectives(field)
}
/** Whether the caller wants what the origin says now. */
export function isStrict(asked: Directives): boolean {
  return asked.has("no-cache") || seconds(asked, "max-age") === 0
}
export function isFreshFor({ directives, age, lifetime }: Freshness, asked: Directives): boolean {
  if (directives.has("no-cache") || asked.has("no-cache")) return false
  const most = seconds(asked, "max-age")
  if (most !== undefined && age > most) return false
  return lifetime - age > (seconds(asked, "min-fresh") ?? 0)
}
/** What is stale, for a caller who says that it will do. */
export function isStaleFor({ age, lifetime, mayBeStale }: Freshness, asked: Directives): boolean {
  if (!mayBeStale || isStrict(asked) || !asked.has("max-stale") || asked.has("min-fresh")) return false
  const most = seconds(asked, "max-age")
  if (most !== undefined && age > most) return false
  return asked.get("max-stale") === "" || age - lifetime <= (seconds(asked, "max-stale") ?? 0)
}
