import { createDrivers, type Driver, type Drivers, defineDriver } from "@ashlar/core"
import { v } from "@ashlar/validation"
import type { Engine } from "../driver.ts"
import { OrmOptionsInvalid } from "../errors.ts"

/** The options of a URL that every database takes. Times in milliseconds. */
const poolOptions = {
  /** Connections at most; for SQLite, those that read. */
  max: v.integer().min(1).max(1_000).default(10),
  /** Callers that may wait for a connection at once. */
  maxWaiting: v.integer().min(0).max(100_000).default(1_000),
  /** How long one of them waits. */
  acquireTimeoutMs: v.integer().min(1).max(600_000).default(5_000),
  /** A connection that nobody used for so long is closed. */
  idleTimeoutMs: v.integer().min(100).max(86_400_000).default(30_000),
  /** A connection of this age is closed after its use. */
  maxLifetimeMs: v.integer().min(100).max(86_400_000).default(1_800_000),
  /** Statements that one connection keeps prepared; 0 for a proxy that gives each transaction another connection. */
  preparedStatements: v.integer().min(0).max(1_000).default(100),
  /** Whether the database refuses to write through it. */
  readOnly: v.boolean().default(false),
}

/** Those of servers beside. */
const serverOptions = {
  ...poolOptions,
  connectTimeoutMs: v.integer().min(1).max(600_000).default(5_000),
  /** What the server stops after this time; 0 for no limit. */
  statementTimeoutMs: v.integer().min(0).max(86_400_000).default(30_000),
  /**
   * `verify`: encrypted, and the server shows a certificate for its name. `require`: encrypted, whoever it is. `off`.
   * By default `verify`, and `off` for this machine itself.
   */
  tls: v.enum(["off", "require", "verify"]).optional(),
  /** A file of certificates in PEM to trust in place of the system's. */
  tlsCaFile: v.string().optional(),
  /** Copies that only answer reads: `replicas=db-2,db-3:5433`, with the login, name and options of this URL. */
  replicas: v.string().optional(),
  /** For so long after a write, its flow of calls reads from the primary. */
  readYourWritesMs: v.integer().min(0).max(86_400_000).default(1_000),
  /** A replica that is further behind is not read from. */
  maxReplicaLagMs: v.integer().min(0).max(86_400_000).default(10_000),
  /** How often replicas are looked at. */
  replicaCheckMs: v.integer().min(10).max(3_600_000).default(2_000),
}

const sqlite: Driver<Engine> = defineDriver<Engine>()({
  schemes: ["sqlite"],
  options: {
    ...poolOptions,
    max: v.integer().min(1).max(64).default(4),
    /** How long a statement waits for another process that writes. */
    busyTimeoutMs: v.integer().min(0).max(600_000).default(5_000),
    /** `FULL`: a commit survives a power cut. `NORMAL`: the last ones may not. */
    synchronous: v.enum(["FULL", "NORMAL"]).default("FULL"),
  },
  guarantees: { crossProcess: false, rowLocks: false, streaming: true },
  load: () => import("./sqlite.ts"),
})

const onPostgres = {
  options: {
    ...serverOptions,
    /** The library that speaks to the server. Bun's own by default on Bun; it needs no package. */
    driver: v.enum(["bun", "pg"]).optional(),
  },
  guarantees: { crossProcess: true, rowLocks: true, streaming: true },
}

const byPg: Driver<Engine> = defineDriver<Engine>()({
  ...onPostgres,
  schemes: ["postgres", "postgresql"],
  package: "pg@8.23.1",
  load: () => import("./postgres-pg.ts"),
})

const byBun: Driver<Engine> = defineDriver<Engine>()({
  ...onPostgres,
  schemes: ["postgres", "postgresql"],
  load: () => import("./postgres-bun.ts"),
})

const postgres: Driver<Engine> = {
  ...byPg,
  open(url) {
    const isBun = "Bun" in globalThis
    const driver = url.options.get("driver") ?? (isBun ? "bun" : "pg")
    if (driver === "bun" && !isBun)
      throw new OrmOptionsInvalid("driver=bun is for Bun: leave it out on this runtime, or write driver=pg.")
    return (driver === "bun" ? byBun : byPg).open(url)
  },
}

const mysql: Driver<Engine> = defineDriver<Engine>()({
  schemes: ["mysql", "mariadb"],
  options: serverOptions,
  guarantees: { crossProcess: true, rowLocks: true, streaming: true },
  package: "mysql2@3.24.6",
  load: () => import("./mysql.ts"),
})

/** The databases that a URL may name. */
export const databases: Drivers<Engine> = createDrivers("database", [sqlite, postgres, mysql])
