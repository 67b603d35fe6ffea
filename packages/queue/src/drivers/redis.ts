import type { DriverUrl } from "@ashlar/core"
import { openBunRedis, openIoredis, openRedis, type RedisOptions } from "../redis/redis-client.ts"
import { RedisStore } from "../redis/redis-store.ts"
import type { OpenStore } from "../store.ts"
import { REDIS_GUARANTEES } from "./remote.ts"

/** Opens queues in Redis or Valkey, kept by BullMQ. */
export function open(url: DriverUrl, options: RedisOptions): OpenStore {
  // Bun has a client of its own, which needs no package.
  return redisStores(url, options, "Bun" in globalThis ? openBunRedis : openIoredis)
}

export function redisStores(url: DriverUrl, options: RedisOptions, client: typeof openIoredis): OpenStore {
  return async (settings) => {
    const connection = await openRedis(url, options, client)
    return new RedisStore(REDIS_GUARANTEES, connection, { ...settings, ...options })
  }
}
