import { type OpenClient, type RedisOptions, redisClients } from "@ashlar/cache/redis"
import type { DriverUrl } from "@ashlar/core"
import { RedisHome } from "../redis/redis-home.ts"
import { RedisStore } from "../redis/redis-store.ts"
import type { OpenStore } from "../store.ts"
import { REDIS_GUARANTEES } from "./remote.ts"

/** Opens queues in Redis or Valkey. */
export async function open(url: DriverUrl, options: RedisOptions): Promise<OpenStore> {
  return redisStores(url, options, await redisClients())
}

export function redisStores(url: DriverUrl, options: RedisOptions, client: OpenClient): OpenStore {
  return async (settings) =>
    new RedisStore(REDIS_GUARANTEES, await RedisHome.open(url, options, { client, settings }), settings)
}
