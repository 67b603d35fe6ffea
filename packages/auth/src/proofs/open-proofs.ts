import { redisOptions } from "@ashlar/cache/redis"
import {
  type Clock,
  createDrivers,
  type Driver,
  type Drivers,
  defineDriver,
  type Guarantees,
  systemClock,
} from "@ashlar/core"
import { v } from "@ashlar/validation"
import type { ProofStore } from "./proof-store.ts"

export interface ProofsOptions {
  /** By which proofs are over. Default: the system's; several processes on one store should agree within seconds. */
  readonly clock?: Clock
}

function driversOf(clock: Clock): Drivers<ProofStore> {
  return createDrivers("auth proofs", [
    defineDriver<ProofStore>()({
      schemes: ["memory"],
      options: { maxEntries: v.integer().min(1).max(10_000_000).default(100_000) },
      guarantees: { crossProcess: false, durable: false },
      async load() {
        const { MemoryProofs } = await import("./drivers/memory.ts")
        return { open: (_url, { maxEntries }) => new MemoryProofs(maxEntries, clock) }
      },
    }),
    defineDriver<ProofStore>()({
      schemes: ["redis", "rediss", "valkey"],
      options: redisOptions,
      guarantees: { crossProcess: true, durable: false },
      package: "ioredis@6.0.0",
      async load() {
        const { openRedisProofs } = await import("./drivers/redis.ts")
        return { open: (url, options) => openRedisProofs(url, options, { clock }) }
      },
    }),
    sqlDriver(["sqlite"], clock),
    sqlDriver(["postgres", "postgresql"], clock),
    sqlDriver(["mysql", "mariadb"], clock),
  ])
}

/** Takes the database's own options, so that the same URL means the same pool. */
function sqlDriver(schemes: readonly [string, ...string[]], clock: Clock): Driver<ProofStore> {
  return {
    schemes,
    guarantees: { crossProcess: true, durable: true },
    optionNames: [],
    open: async (url) => await (await import("./drivers/sql.ts")).openSqlProofs(url.reveal(), clock),
  }
}

/**
 * Opens what sign-in has to remember: `memory:`, `sqlite:…`, `postgres://…`, `mysql://…`, `redis://…`. Factors belong where nothing is
 * lost, in a database; codes and challenges do well in Redis too.
 *
 * @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} {CORE_DRIVER_OPTION_INVALID} {CORE_DRIVER_PACKAGE_MISSING}
 * @throws {AUTH_STORE_FAILED} when it does not answer.
 * @example
 * const proofs = await openProofs("sqlite:./data/app.db")
 */
export async function openProofs(url: string, { clock = systemClock }: ProofsOptions = {}): Promise<ProofStore> {
  return await driversOf(clock).open(url)
}

/** What is promised behind a URL, as data. @throws {CORE_DRIVER_URL_INVALID} {CORE_DRIVER_UNKNOWN} */
export function proofGuarantees(url: string): Guarantees {
  return driversOf(systemClock).guarantees(url)
}
