import type { Queryable } from "../database.ts"
import { OrmMigrationLocked } from "../errors.ts"
import { type Sql, sql } from "../sql.ts"
import { LOCK } from "./journal.ts"

/** A lease that nobody renews for so long is free: its holder crashed. */
const LEASE_MS = 15_000
const POLL_MS = 200

/** Milliseconds by the clock of the database, which all nodes share. */
const NOW: Readonly<Record<Queryable["dialect"], Sql>> = {
  sqlite: sql`cast(unixepoch('subsec') * 1000 as integer)`,
  postgres: sql`(extract(epoch from clock_timestamp()) * 1000)::bigint`,
  mysql: sql`cast(unix_timestamp(now(3)) * 1000 as signed)`,
}

const table = sql.id(LOCK)
const owner = sql.id("owner")
const until = sql.id("until")

/**
 * The right to migrate, held by one process at a time: a row with a name and a time until which it is meant. Not an advisory lock,
 * for those are of one connection, and CockroachDB has none.
 */
export class MigrationLock {
  readonly #db: Queryable
  readonly #name: string = crypto.randomUUID()

  private constructor(db: Queryable) {
    this.#db = db
  }

  /** @param waitMs How long another holder is waited for. @throws {ORM_MIGRATION_LOCKED} */
  static async take(db: Queryable, waitMs: number): Promise<MigrationLock> {
    const lock = new MigrationLock(db)
    const deadline = Date.now() + waitMs
    for (;;) {
      if (await lock.#tryTake()) return lock
      if (Date.now() >= deadline)
        throw new OrmMigrationLocked(
          `Another process migrates this database, and was not done in ${waitMs} ms. Its lock ends ${LEASE_MS / 1_000} s after a crash.`,
        )
      await new Promise((done) => setTimeout(done, POLL_MS))
    }
  }

  async #tryTake(): Promise<boolean> {
    const now = NOW[this.#db.dialect]
    const row = await this.#db.sql<{
      free: number | boolean
    }>`select (${owner} is null or ${until} < ${now}) as free from ${table}
      where id = 1`.first()
    // Without asking to write: the holder may have the row locked for as long as its migration takes.
    if (!row || !Number(row.free)) return false
    try {
      const { changes } = await this.#db
        .sql`update ${table} set ${owner} = ${this.#name}, ${until} = ${now} + ${sql`${LEASE_MS}`}
        where id = 1 and (${owner} is null or ${until} < ${now})`.run()
      return changes === 1
    } catch (error) {
      if (isWait(error)) return false
      throw error
    }
  }

  /**
   * Renews the lease. In a transaction it also locks the row, so that nobody takes over before that ends.
   *
   * @throws {ORM_MIGRATION_LOCKED} when another has taken over.
   */
  async renew(db: Queryable = this.#db): Promise<void> {
    const now = NOW[db.dialect]
    const { changes } = await db.sql`update ${table} set ${until} = ${now} + ${sql`${LEASE_MS}`}
      where id = 1 and ${owner} = ${this.#name}`.run()
    if (changes === 1) return
    // MySQL counts rows that changed, and the same millisecond is no change.
    const row = await db.sql<{
      mine: number
    }>`select count(*) as mine from ${table} where id = 1 and ${owner} = ${this.#name}`.first()
    if (Number(row?.mine) !== 1)
      throw new OrmMigrationLocked("Another process took the migration over, for this one gave no sign for too long.")
  }

  /** Renews the lease again and again while work is done that holds no transaction. */
  async keep<T>(work: () => Promise<T>): Promise<T> {
    // One that fails is no loss: the next step renews the lease itself, and stops where another has it.
    const beat = setInterval(() => void this.renew().catch(() => undefined), LEASE_MS / 5)
    try {
      return await work()
    } finally {
      clearInterval(beat)
    }
  }

  async release(): Promise<void> {
    await this.#db
      .sql`update ${table} set ${owner} = null, ${until} = 0 where id = 1 and ${owner} = ${this.#name}`.run()
  }
}

function isWait(error: unknown): boolean {
  const { code } = error as { code?: unknown }
  return code === "ORM_LOCK_TIMEOUT" || code === "ORM_TIMEOUT" || code === "ORM_SERIALIZATION_FAILED"
}
