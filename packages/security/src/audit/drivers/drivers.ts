import { createDrivers, type Driver, type Drivers, defineDriver } from "@ashlar/core"
import { v } from "@ashlar/validation"
import type { AuditStore } from "../audit-store.ts"

const memory: Driver<AuditStore> = defineDriver<AuditStore>()({
  schemes: ["memory"],
  options: {
    /** Of all streams together. What does not fit is refused: nothing is forgotten. */
    maxEntries: v.integer().min(1).max(10_000_000).default(100_000),
  },
  guarantees: { crossProcess: false, durable: false, transactional: false },
  async load() {
    const { MemoryAuditStore } = await import("./memory.ts")
    return { open: (_url, bounds) => new MemoryAuditStore(bounds) }
  },
})

/** Takes the database's own options, so that the same URL means the same pool. */
function sqlDriver(schemes: readonly [string, ...string[]]): Driver<AuditStore> {
  return {
    schemes,
    guarantees: { crossProcess: true, durable: true, transactional: true },
    optionNames: [],
    open: async (url) => await (await import("./sql.ts")).openSqlAuditStore(url.reveal()),
  }
}

/** What keeps audit logs, by the scheme of its URL. */
export const auditDrivers: Drivers<AuditStore> = createDrivers("audit", [
  memory,
  sqlDriver(["sqlite"]),
  sqlDriver(["postgres", "postgresql"]),
  sqlDriver(["mysql", "mariadb"]),
])
