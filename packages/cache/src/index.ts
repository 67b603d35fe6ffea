export type { Cache, CacheStats, Make, Making, Warming } from "./cache.ts"
export type { Duration } from "./duration.ts"
export {
  CacheClosed,
  CacheKeyInvalid,
  CacheMakeTimeout,
  CacheOptionInvalid,
  CacheStoreFailed,
  CacheValueInvalid,
  CacheValueTooLarge,
} from "./errors.ts"
export { cacheGuarantees, defineCache, openCache } from "./open-cache.ts"
export type { CacheOptions, RememberOptions, SetOptions } from "./options.ts"
export type { CacheStore, ChangeBus, Entry, Lease, MaybePromise } from "./store.ts"
