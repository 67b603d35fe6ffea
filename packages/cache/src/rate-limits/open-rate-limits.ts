import { defineService, type Guarantees, type Service, type Services } from "@ashlar/core"
import { limitDrivers } from "./drivers.ts"
import type { LimitStore } from "./limit-store.ts"
import { LiveRateLimits, type RateLimits } from "./rate-limits.ts"

export interface RateLimitsOptions {
  /** What the caller relies on: `{ crossProcess: true }`. A URL whose driver does not promise it is refused at once. */
  readonly needs?: Guarantees
}

/**
 * Opens rate limits: `memory:` for this process, `redis://…`, `sqlite:path`, `postgres://…` or `mysql://…` for all that share it. The
 * store is opened at the first use.
 *
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_GUARANTEE_MISSING}
 * @example
 * const logins = openRateLimits("memory:").slidingWindow("login", { limit: 5, window: "1m" })
 * const { allowed, retryAfterMs } = await logins.take(address)
 */
export function openRateLimits(url: string | LimitStore, { needs = {} }: RateLimitsOptions = {}): RateLimits {
  if (typeof url !== "string") {
    const limits = new LiveRateLimits(async () => url)
    void limits.use() // so that it is closed with them, also when nobody asked
    return limits
  }
  limitDrivers.require(url, needs, "The rate limits") // a mistake in it should not wait
  return new LiveRateLimits(() => limitDrivers.open(url))
}

/** What rate limits behind a URL promise, as data. @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} */
export function rateLimitGuarantees(url: string): Guarantees {
  return limitDrivers.guarantees(url)
}

/**
 * Rate limits as a service of an app.
 * @example
 * export const AppLimits = defineRateLimits(() => process.env.LIMITS_URL ?? "memory:")
 */
export function defineRateLimits(
  url: (services: Services) => string | Promise<string>,
  { name = "rate limits", ...options }: RateLimitsOptions & { readonly name?: string } = {},
): Service<RateLimits> {
  return defineService<RateLimits>({
    name,
    open: async (services) => openRateLimits(await url(services), options),
    close: (limits) => limits.close(),
  })
}
