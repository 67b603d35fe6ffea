import type { Duration } from "@ashlar/cache"
import { AuthSetupInvalid } from "./errors.ts"

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const FORM = /^(\d{1,12}(?:\.\d{1,6})?)(ms|s|m|h|d)$/
/** Nobody means more than ten years, and sums of such times stay exact. */
const MAX_MS = 10 * 366 * 86_400_000

/** Whole milliseconds of a time such as `"30m"`. @throws {AUTH_SETUP_INVALID} when it is none, is below the least, or is over ten years. */
export function toMs(duration: Duration, what: string, leastMs = 1): number {
  const match = FORM.exec(String(duration))
  const ms = match === null ? Number.NaN : Math.round(Number(match[1]) * UNITS[match[2]!]!)
  if (ms >= leastMs && ms <= MAX_MS) return ms
  throw new AuthSetupInvalid(
    `Expected ${what} to be a time from ${leastMs} ms to ten years, such as "30m" or "7d", got ${JSON.stringify(String(duration).slice(0, 40))}.`,
  )
}
