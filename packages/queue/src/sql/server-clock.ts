import type { Clock } from "@ashlar/core"
import { type Database, sql } from "@ashlar/orm"

const MEASURE_MS = 30_000

const NOW = {
  sqlite: sql`select 0 as now_ms`,
  postgres: sql`select (extract(epoch from clock_timestamp()) * 1000)::bigint as now_ms`,
  mysql: sql`select cast(unix_timestamp(now(3)) * 1000 as signed) as now_ms`,
} as const

/** The time of the server, which all machines that use it agree on: this machine's, put right now and then. */
export class ServerClock implements Clock {
  readonly #database: Database
  #offsetMs = 0
  #measuredAtMs = Number.NEGATIVE_INFINITY

  constructor(database: Database) {
    this.#database = database
  }

  now(): number {
    return Date.now() + this.#offsetMs
  }

  /** Asks the server, when it is long ago that it was asked. */
  async measure(): Promise<void> {
    const { dialect } = this.#database
    if (dialect === "sqlite" || performance.now() - this.#measuredAtMs < MEASURE_MS) return
    this.#measuredAtMs = performance.now()
    const before = Date.now()
    const [row] = await this.#database.primary.sql<{ now_ms: number }>`${NOW[dialect]}`.all()
    this.#offsetMs = Math.round(Number(row!.now_ms) - (before + Date.now()) / 2)
  }
}
