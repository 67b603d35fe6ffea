import { createDrivers, type Driver, type Drivers, defineDriver } from "@ashlar/core"
import { v } from "@ashlar/validation"
import { redisOptions } from "../redis/redis-options.ts"
import type { LimitState } from "./algorithms.ts"
import { CellLimits, type LimitStore } from "./limit-store.ts"
import { memoryLimits } from "./memory-limits.ts"

const memory: Driver<LimitStore> = defineDriver<LimitStore>()({
  schemes: ["memory"],
  /** Of more keys the first is forgotten. */
  options: { maxKeys: v.integer().min(1).max(100_000_000).default(1_000_000) },
  guarantees: { crossProcess: false, durable: false, atomic: true },
  load: async () => ({
    open: (_url, { maxKeys }) => memoryLimits({ maxKeys }),
  }),
})

const redis: Driver<LimitStore> = defineDriver<LimitStore>()({
  schemes: ["redis", "rediss", "valkey"],
  options: redisOptions,
  guarantees: { crossProcess: true, durable: false, atomic: true },
  package: "ioredis@6.0.0",
  load: () => import("./redis-limits.ts"),
})

/** Takes the database's own options. */
function sqlDriver(schemes: readonly [string, ...string[]]): Driver<LimitStore> {
  return {
    schemes,
    guarantees: { crossProcess: true, durable: true, atomic: true },
    optionNames: [],
    async open(url) {
      const { SqlCells } = await import("../cells/sql-cells.ts")
      return new CellLimits(await SqlCells.open<LimitState>(url.reveal(), "ashlar_rate_limits"))
    },
  }
}

/** The stores of rate limits, by the scheme of their URL. */
export const limitDrivers: Drivers<LimitStore> = createDrivers("rate limit", [
  memory,
  redis,
  sqlDriver(["sqlite"]),
  sqlDriver(["postgres", "postgresql"]),
  sqlDriver(["mysql", "mariadb"]),
])
