import { CacheOptionInvalid } from "./errors.ts"

/** A time with its unit: `"250ms"`, `"30s"`, `"1.5h"`, `"7d"`. */
export type Duration = `${number}${"ms" | "s" | "m" | "h" | "d"}`

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const FORM = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/
/** Nobody means more than ten years, and sums of such times stay exact. */
const MAX_MS = 10 * 366 * 86_400_000

/**
 * Whole milliseconds of a duration.
 *
 * @param what The option's name, for the message.
 * @throws {CACHE_OPTION_INVALID} when it is no duration, or more than ten years.
 */
export function toMs(duration: Duration, what: string): number {
  const known = seen.get(duration)
  if (known !== undefined) return known
  const match = typeof duration === "string" ? FORM.exec(duration) : null
  const ms = match === null ? Number.NaN : Math.round(Number(match[1]) * UNITS[match[2]!]!)
  if (!(ms <= MAX_MS))
    throw new CacheOptionInvalid(
      `Expected ${what} to be a duration such as "250ms", "30s" or "1h", got ${JSON.stringify(String(duration))}.`,
    )
  if (seen.size < MAX_SEEN) seen.set(duration, ms)
  return ms
}

/** As many as a program writes; bounded in case it computes them. */
const MAX_SEEN = 1_000
const seen = new Map<string, number>()
