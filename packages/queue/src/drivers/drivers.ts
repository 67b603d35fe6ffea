import { createDrivers, type Driver, type Drivers, defineDriver } from "@ashlar/core"
import { v } from "@ashlar/validation"
import type { QueueGuarantees } from "../guarantees.ts"
import type { OpenStore } from "../store.ts"
import { remoteDrivers } from "./remote.ts"

const MiB = 1024 * 1024
const TEN_YEARS_MS = 10 * 366 * 86_400_000

/** What a store promises that does all there is. */
const EVERYTHING = {
  atLeastOnce: true,
  durable: true,
  crossProcess: true,
  delay: true,
  maxDelayMs: TEN_YEARS_MS,
  priority: true,
  unique: true,
  transactional: true,
  fairGroups: true,
  rateLimits: true,
  flows: true,
  pause: true,
  inspect: true,
  remove: true,
  deadLetters: true,
  retention: true,
  exactAttempts: true,
  maxPayloadBytes: MiB,
} as const satisfies QueueGuarantees

export const MEMORY_GUARANTEES: QueueGuarantees = {
  ...EVERYTHING,
  durable: false,
  crossProcess: false,
  transactional: false,
}

const memory: Driver<OpenStore> = defineDriver<OpenStore>()({
  schemes: ["memory"],
  options: {
    /** Jobs at most, of all states. */
    maxJobs: v.integer().min(1).max(100_000_000).default(1_000_000),
  },
  guarantees: MEMORY_GUARANTEES,
  load: () => import("./memory.ts"),
})

export const SQL_GUARANTEES: QueueGuarantees = EVERYTHING

/** Takes the database's own options, so that the same URL means the same pool and the same transactions. */
function sqlDriver(schemes: readonly [string, ...string[]]): Driver<OpenStore> {
  return {
    schemes,
    guarantees: SQL_GUARANTEES,
    optionNames: [],
    open: async (url) => (await import("./sql.ts")).open(url.reveal()),
  }
}

/** The drivers of a queue, by the scheme of their URL. */
export const queueDrivers: Drivers<OpenStore> = createDrivers("queue", [
  memory,
  sqlDriver(["sqlite"]),
  sqlDriver(["postgres", "postgresql"]),
  sqlDriver(["mysql", "mariadb"]),
  ...remoteDrivers,
])
