export type { RateLimitResult } from "./algorithms.ts"
export type { LimitStore } from "./limit-store.ts"
export { defineRateLimits, openRateLimits, rateLimitGuarantees } from "./open-rate-limits.ts"
export type { BucketOptions, RateLimit, RateLimits, WindowOptions } from "./rate-limits.ts"
