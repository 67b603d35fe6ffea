import type { BucketOptions, RateLimit, RateLimitResult, RateLimits, WindowOptions } from "@ashlar/cache/rate-limits"
import { LimitInvalid } from "../errors.ts"

/**
 * A named limit: so many in any window of time, or a bucket for bursts. Of the same name and store it is the same limit, wherever it is
 * asked.
 */
export type LimitPolicy = { readonly name: string } & (WindowOptions | BucketOptions)

/** Until when a time is told, in seconds: as the standard's integers are. */
const MAX_SECONDS = 999_999_999

/** @throws {CACHE_OPTION_INVALID} */
export function openPolicy(limits: RateLimits, policy: LimitPolicy): RateLimit {
  const name = `http:${policy.name}`
  return "window" in policy ? limits.slidingWindow(name, policy) : limits.tokenBucket(name, policy)
}

/** As `RateLimit-Policy` has it. @throws {SECURITY_LIMIT_INVALID} */
export function policyText(policy: LimitPolicy): string {
  const { name } = policy
  if (typeof name !== "string" || !/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/.test(name))
    throw new LimitInvalid(
      `Expected a policy's name of letters, digits and ._:-, at most 64, got ${JSON.stringify(name)}.`,
    )
  return `"${name}";q=${mostOf(policy)}${windowText(policy)}`
}

/** As `RateLimit` has it. */
export function limitText(
  { name }: LimitPolicy,
  { allowed, remaining, resetMs, retryAfterMs }: RateLimitResult,
): string {
  const ms = allowed || retryAfterMs === Number.POSITIVE_INFINITY ? resetMs : retryAfterMs
  return `"${name}";r=${remaining};t=${Math.min(MAX_SECONDS, Math.ceil(ms / 1_000))}`
}

/** As much as can be taken at once. */
export function mostOf(policy: LimitPolicy): number {
  return "window" in policy ? policy.limit : policy.capacity
}

/** The time in which all of it may be taken again, where it is whole seconds. */
function windowText(policy: LimitPolicy): string {
  const ms = "window" in policy ? msOf(policy.window) : (policy.capacity / policy.refill) * msOf(policy.every)
  return Number.isFinite(ms) && ms >= 1_000 ? `;w=${Math.min(MAX_SECONDS, Math.ceil(ms / 1_000))}` : ""
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function msOf(duration: WindowOptions["window"]): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration)
  return match === null ? Number.NaN : Number(match[1]) * UNITS[match[2]!]!
}
