import { defineService, type Guarantees, type Service, type Services } from "@ashlar/core"
import { limitDrivers } from "./drivers.ts"
import type { LimitStore } from "./limit-store.ts"
import { LiveRateLimits, type RateLimits } from "./rate-limits.ts"

/**
 * Opens rate limits: `memory:` for this process, `redis://…`, `sqlite:path`, `postgres://…` or `mysql://…` for all that share it. The
 * store is opened at the first use.
 *
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN}
 * @example
 * const logins = openRateLimits("memory:").slidingWindow("login", { limit: 5, window: "1m" })
 * const { allowed, retryAfterMs } = await logins.take(address)
 */
export function openRateLimits(url: string | LimitStore): RateLimits {
  if (typeof url !== "string") {
    const limits = new LiveRateLimits(async () => url)
    void limits.use() // so that it is closed with them, also when nobody asked
    return limits
  }
  limitDrivers.guarantees(url) // a mistake in it should not wait
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
  { name = "rate limits" }: { readonly name?: string } = {},
): Service<RateLimits> {
  return defineService<RateLimits>({
    name,
    open: async (services) => openRateLimits(await url(services)),
    close: (limits) => limits.close(),
  })
}
