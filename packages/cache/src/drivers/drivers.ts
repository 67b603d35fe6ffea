import { createDrivers, type Driver, type Drivers, defineDriver } from "@ashlar/core"
import { v } from "@ashlar/validation"
import { redisOptions } from "../redis/redis-options.ts"
import type { CacheStore } from "../store.ts"

const KiB = 1024
const MiB = 1024 * KiB

const memory: Driver<CacheStore> = defineDriver<CacheStore>()({
  schemes: ["memory"],
  options: {
    maxEntries: v.integer().min(1).max(100_000_000).default(100_000),
    /** Of keys and values together, as estimated. */
    maxBytes: v
      .integer()
      .min(KiB)
      .max(1024 * 1024 * MiB)
      .default(64 * MiB),
  },
  guarantees: {
    crossProcess: false,
    durable: false,
    atomicTags: true,
    atomicFlush: true,
    exactLease: true,
    maxPayloadBytes: 64 * MiB,
  },
  load: () => import("./memory.ts"),
})

const file: Driver<CacheStore> = defineDriver<CacheStore>()({
  schemes: ["file"],
  options: { maxEntries: v.integer().min(1).max(10_000_000).default(100_000) },
  guarantees: {
    crossProcess: true,
    durable: true,
    atomicTags: false,
    atomicFlush: false,
    exactLease: false,
    maxPayloadBytes: 8 * MiB,
  },
  load: () => import("./file.ts"),
})

const redis: Driver<CacheStore> = defineDriver<CacheStore>()({
  schemes: ["redis", "rediss", "valkey"],
  options: redisOptions,
  guarantees: {
    crossProcess: true,
    durable: false,
    atomicTags: true,
    atomicFlush: false,
    exactLease: true,
    maxPayloadBytes: 8 * MiB,
  },
  package: "ioredis@6.0.0",
  load: () => import("./redis.ts"),
})

/** Takes the database's own options, so that the same URL means the same pool and the same transactions. */
function sqlDriver(schemes: readonly [string, ...string[]]): Driver<CacheStore> {
  return {
    schemes,
    guarantees: {
      crossProcess: true,
      durable: true,
      atomicTags: true,
      atomicFlush: true,
      exactLease: true,
      maxPayloadBytes: 8 * MiB,
    },
    optionNames: [],
    open: async (url) => await (await import("./sql.ts")).open(url.reveal()),
  }
}

/** The drivers of a cache, by the scheme of their URL. `tiered:` is made of two of them. */
export const cacheDrivers: Drivers<CacheStore> = createDrivers("cache", [
  memory,
  file,
  redis,
  sqlDriver(["sqlite"]),
  sqlDriver(["postgres", "postgresql"]),
])
