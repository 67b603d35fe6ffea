export type { CachedQueries, CacheQueriesOptions, QueryKey } from "./cache-queries.ts"
export { cacheQueries } from "./cache-queries.ts"
