import type { Connection, Dialect, Engine, Row } from "../driver.ts"
import type { ConnectionSource, PoolStatus } from "../pool.ts"

/** How a replica is. */
export interface ReplicaStatus {
  /** Its URL, without secrets. */
  readonly url: string
  /** Whether reads are sent to it. */
  readonly isUsed: boolean
  /** Milliseconds it is behind at most, as of the last check; `undefined` where the database does not tell. */
  readonly lagMs: number | undefined
  /** The code of what kept it from answering, if something did. */
  readonly error: string | undefined
  readonly pool: PoolStatus
}

/**
 * A standby that receives all there is and has applied all of it is not behind. One that receives nothing may be, by the time
 * since its last transaction. NULL on a server that is no standby, and on one that never applied any.
 *
 * @see https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-RECOVERY-CONTROL
 */
const POSTGRES_LAG = `select case
  when not pg_is_in_recovery() then null
  when pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() and exists (select 1 from pg_stat_wal_receiver) then 0
  else extract(epoch from clock_timestamp() - pg_last_xact_replay_timestamp()) * 1000
end::float8 as lag`

/** One copy of the database: its connections, and what the last look at it said. */
export class Replica {
  readonly pool: ConnectionSource
  readonly #url: string
  readonly #probe: ConnectionSource
  readonly #dialect: Dialect
  readonly #maxLagMs: number
  #isUsed = false
  #lagMs: number | undefined
  #error: string | undefined
  /** Counts what took it out, so that a check that began before does not bring it back. */
  #ejections = 0
  #checking: Promise<void> | undefined

  /** @param probe An engine of its own for the checks: callers that fill the pool must not make the replica look dead. */
  constructor(url: string, { engine, probe }: { engine: Engine; probe: Engine }, maxLagMs: number) {
    this.#url = url
    this.pool = engine.writers
    this.#probe = probe.writers
    this.#dialect = engine.dialect
    this.#maxLagMs = maxLagMs
  }

  get isUsed(): boolean {
    return this.#isUsed
  }

  /** Connections that work, and callers that wait. */
  get load(): number {
    const { open, idle, waiting } = this.pool.status()
    return open - idle + waiting
  }

  status(): ReplicaStatus {
    const { pool } = this
    return { url: this.#url, isUsed: this.#isUsed, lagMs: this.#lagMs, error: this.#error, pool: pool.status() }
  }

  /** Takes it out until a check that begins from now on finds it well. */
  eject(error: unknown): void {
    this.#ejections++
    this.#isUsed = false
    this.#error = codeOf(error)
  }

  /** Looks at it, once at a time. Never rejects. */
  check(): Promise<void> {
    this.#checking ??= this.#look().finally(() => {
      this.#checking = undefined
    })
    return this.#checking
  }

  async #look(): Promise<void> {
    const ejections = this.#ejections
    try {
      const lagMs = await this.#probe.use((connection) => lagOf(connection, this.#dialect))
      if (ejections !== this.#ejections) return
      this.#lagMs = lagMs
      this.#error = undefined
      this.#isUsed = lagMs === undefined || lagMs <= this.#maxLagMs
    } catch (error) {
      this.eject(error)
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.pool.close(), this.#probe.close()])
  }
}

async function lagOf(connection: Connection, dialect: Dialect): Promise<number | undefined> {
  const ask = async (text: string): Promise<Row | undefined> => (await connection.query({ text, values: [] })).rows[0]
  if (dialect === "postgres") {
    const lag = (await ask(POSTGRES_LAG))?.lag
    return typeof lag === "number" ? Math.max(0, lag) : undefined
  }
  // A login without the right to see it, and MariaDB before 10.5, refuse: then nothing is known.
  const row = await ask("show replica status").catch((error: unknown) => {
    if (!connection.isUsable) throw error
    return ask("select 1 as one")
  })
  return secondsBehind(row)
}

/** MySQL and MariaDB tell whole seconds, and NULL while nothing is received: that is not a replica that keeps up. */
function secondsBehind(row: Row | undefined): number | undefined {
  const name = ["Seconds_Behind_Source", "Seconds_Behind_Master"].find((one) => row !== undefined && one in row)
  if (name === undefined) return undefined
  const seconds = row?.[name]
  return seconds === null ? Number.POSITIVE_INFINITY : Number(seconds) * 1_000
}

function codeOf(error: unknown): string {
  return (error as { code?: string }).code ?? "INTERNAL"
}
