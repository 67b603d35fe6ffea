export type { OpenClient, RedisClient, RedisOptions, Reply, Script } from "./redis-link.ts"
export { RedisLink, redisClients, script } from "./redis-link.ts"
export { redisOptions } from "./redis-options.ts"
