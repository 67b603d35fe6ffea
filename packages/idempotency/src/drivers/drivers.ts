import { redisOptions } from "@ashlar/cache/redis"
import { createDrivers, type Driver, type Drivers, defineDriver } from "@ashlar/core"
import { v } from "@ashlar/validation"
import type { IdempotencyStore } from "../store.ts"

const MiB = 1024 * 1024

const memory: Driver<IdempotencyStore> = defineDriver<IdempotencyStore>()({
  schemes: ["memory"],
  options: {
    maxEntries: v.integer().min(1).max(10_000_000).default(100_000),
    /** Of the answers together. */
    maxBytes: v
      .integer()
      .min(1024)
      .max(1024 * 1024 * MiB)
      .default(64 * MiB),
  },
  guarantees: { crossProcess: false, durable: false, transactional: false },
  async load() {
    const { MemoryStore } = await import("./memory.ts")
    return { open: (_url, bounds) => new MemoryStore(bounds) }
  },
})

const redis: Driver<IdempotencyStore> = defineDriver<IdempotencyStore>()({
  schemes: ["redis", "rediss", "valkey"],
  options: redisOptions,
  guarantees: { crossProcess: true, durable: false, transactional: false },
  package: "ioredis@6.0.0",
  load: () => import("./redis.ts"),
})

/** Takes the database's own options, so that the same URL means the same pool. */
function sqlDriver(schemes: readonly [string, ...string[]]): Driver<IdempotencyStore> {
  return {
    schemes,
    guarantees: { crossProcess: true, durable: true, transactional: true },
    optionNames: [],
    open: async (url) => await (await import("./sql.ts")).openSqlStore(url.reveal()),
  }
}

/** What keeps claims and answers, by the scheme of its URL. */
export const idempotencyDrivers: Drivers<IdempotencyStore> = createDrivers("idempotency", [
  memory,
  redis,
  sqlDriver(["sqlite"]),
  sqlDriver(["postgres", "postgresql"]),
  sqlDriver(["mysql", "mariadb"]),
])
