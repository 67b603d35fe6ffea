import { LimitInvalid } from "./errors.ts"

/**
 * Gives a limit back. A comparison with `NaN`, as `Number(process.env.MISSING)` gives, is never true: without this look it
 * would be no limit at all.
 * @throws {HTTP_LIMIT_INVALID}
 */
export function checkLimit(limit: number, what: string, min = 0): number {
  if (typeof limit === "number" && limit >= min) return limit
  throw new LimitInvalid(`Expected ${what} to be a number of at least ${min}, got ${String(limit)}`)
}
