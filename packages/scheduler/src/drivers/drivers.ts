import { redisOptions } from "@ashlar/cache/redis"
import { createDrivers, type Driver, type Drivers, defineDriver } from "@ashlar/core"
import type { SchedulerStore } from "../store.ts"

/** The part of a lease that a node does not use: by so much may the rates of its clock and the store's differ. */
export const CLOCK_DRIFT = 0.02
const bounds = { atLeastOnce: true, fencing: true, maxClockDriftPercent: 100 * CLOCK_DRIFT } as const

const memory: Driver<SchedulerStore> = defineDriver<SchedulerStore>()({
  schemes: ["memory"],
  options: {},
  guarantees: { ...bounds, crossProcess: false, durable: false },
  load: async () => {
    const { openMemory } = await import("./memory.ts")
    return { open: ({ name }) => openMemory(name) }
  },
})

const redis: Driver<SchedulerStore> = defineDriver<SchedulerStore>()({
  schemes: ["redis", "rediss", "valkey"],
  options: redisOptions,
  guarantees: { ...bounds, crossProcess: true, durable: false },
  package: "ioredis@6.0.0",
  load: () => import("./redis.ts"),
})

/** Takes the database's own options. */
function sqlDriver(schemes: readonly [string, ...string[]]): Driver<SchedulerStore> {
  return {
    schemes,
    guarantees: { ...bounds, crossProcess: true, durable: true },
    optionNames: [],
    async open(url) {
      const { openSql } = await import("./sql.ts")
      return await openSql(url.reveal())
    },
  }
}

/** What keeps schedules, by the scheme of its URL. */
export const schedulerDrivers: Drivers<SchedulerStore> = createDrivers("scheduler", [
  memory,
  redis,
  sqlDriver(["sqlite"]),
  sqlDriver(["postgres", "postgresql"]),
  sqlDriver(["mysql", "mariadb"]),
])
