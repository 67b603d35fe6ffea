import { afterAll } from "bun:test"
import { openIoredisClient } from "@ashlar/cache/redis/ioredis"
import { findServer } from "@ashlar/cache/testing/servers"
import { parseDriverUrl } from "@ashlar/core"
import { queueDrivers } from "../drivers/drivers.ts"
import { redisStores } from "../drivers/redis.ts"
import { openQueue } from "../open-queue.ts"
import { deleteKeys } from "../testing/brokers.ts"
import { describeQueue, describeQueueStore } from "../testing/queue-suite.ts"

const redis = await findServer("Redis")
if (redis !== undefined) {
  const prefix = `ashlar-test-${crypto.randomUUID().slice(0, 8)}`
  const url = `redis://127.0.0.1:${redis}?prefix=${prefix}`
  afterAll(() => deleteKeys(redis, prefix))
  describeQueueStore("Redis, by Bun's client", {
    open: async (settings) => await (await queueDrivers.open(url))(settings),
  })
  const options = { prefix: `${prefix}-io`, connectTimeoutMs: 5_000, commandTimeoutMs: 5_000 }
  const openStore = redisStores(parseDriverUrl(`redis://127.0.0.1:${redis}`), options, openIoredisClient)
  describeQueueStore("Redis, by ioredis", { open: openStore })
  describeQueue("Redis", { open: (name) => openQueue(url, { name }) })
}
