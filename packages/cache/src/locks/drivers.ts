import { createDrivers, type Driver, type Drivers, defineDriver } from "@ashlar/core"
import { MemoryCells } from "../cells/memory-cells.ts"
import { redisOptions } from "../redis/redis-options.ts"
import { CellLocks, type LockState } from "./cell-locks.ts"
import { CLOCK_DRIFT } from "./held-lock.ts"
import type { LockStore } from "./lock-store.ts"

/** Far more locks than a process holds: those beyond would be forgotten while they are held. */
const MAX_LOCKS = 1_000_000
const bounds = { fencing: true, maxClockDriftPercent: 100 * CLOCK_DRIFT } as const

const memory: Driver<LockStore> = defineDriver<LockStore>()({
  schemes: ["memory"],
  options: {},
  guarantees: { ...bounds, crossProcess: false, durable: false },
  load: async () => ({ open: ({ name }) => memoryLocks(name) }),
})

/** Those who say the same name share their locks; `memory:` is its opener's own. */
const shared = new Map<string, CellLocks>()
function memoryLocks(name: string): LockStore {
  if (name === "") return new CellLocks(new MemoryCells<LockState>(MAX_LOCKS))
  const known = shared.get(name) ?? new CellLocks(new MemoryCells<LockState>(MAX_LOCKS))
  shared.set(name, known)
  // It may be used by others, and is gone with the process.
  return {
    attempt: (...args) => known.attempt(...args),
    extend: (...args) => known.extend(...args),
    release: (...args) => known.release(...args),
    close: async () => undefined,
  }
}

const redis: Driver<LockStore> = defineDriver<LockStore>()({
  schemes: ["redis", "rediss", "valkey"],
  options: redisOptions,
  guarantees: { ...bounds, crossProcess: true, durable: false },
  package: "ioredis@6.0.0",
  load: () => import("./redis-locks.ts"),
})

/** Takes the database's own options. */
function sqlDriver(schemes: readonly [string, ...string[]]): Driver<LockStore> {
  return {
    schemes,
    guarantees: { ...bounds, crossProcess: true, durable: true },
    optionNames: [],
    async open(url) {
      const { SqlCells } = await import("../cells/sql-cells.ts")
      return new CellLocks(await SqlCells.open<LockState>(url.reveal(), "ashlar_locks"))
    },
  }
}

/** The stores of locks, by the scheme of their URL. */
export const lockDrivers: Drivers<LockStore> = createDrivers("lock", [
  memory,
  redis,
  sqlDriver(["sqlite"]),
  sqlDriver(["postgres", "postgresql"]),
  sqlDriver(["mysql", "mariadb"]),
])
