import { createHash } from "node:crypto"
import { type Clock, detach } from "@ashlar/core"
import { type Database, type Dialect, openTables, type Queryable, type Sql, sql } from "@ashlar/orm"
import { CacheClosed, CacheStoreFailed } from "../errors.ts"
import type { Cells, Decide } from "./cells.ts"

/** Changes between two looks for what is over. */
const SWEEP_EVERY = 1_000

/** The database's own time in milliseconds: one clock for all who use it. */
const NOW: Readonly<Record<Dialect, Sql>> = {
  sqlite: sql`cast(unixepoch('subsec') * 1000 as integer)`,
  postgres: sql`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`,
  mysql: sql`cast(unix_timestamp(sysdate(3)) * 1000 as signed)`,
}

interface CellRow {
  state: string
  until_ms: number
  now_ms: number
}

/**
 * Cells as rows of a table. They are changed in transactions of their own, never in one that the caller is in: a lock that
 * others see only after a commit would be none.
 */
export class SqlCells<S> implements Cells<S> {
  readonly #database: Database
  readonly #table: Sql
  readonly #clock: Clock | undefined
  readonly #outside: <T>(work: () => T) => T
  #changes = 0
  #isClosed = false

  private constructor(database: Database, table: string, clock: Clock | undefined) {
    this.#database = database
    this.#table = sql`${sql.id(table)}`
    this.#clock = clock
    this.#outside = detach()
  }

  /** @param clock In place of the database's, for tests. @throws {CACHE_STORE_FAILED} */
  static async open<S>(url: string, table: string, clock?: Clock): Promise<SqlCells<S>> {
    const database = await openTables(url, {
      tables: () => ({
        tables: [
          sql`create table if not exists ${sql.id(table)}
            (name varchar(64) primary key, state varchar(2000) not null, until_ms bigint not null)`,
        ],
      }),
      isShared: true,
      toError: (cause) => new CacheStoreFailed(`The table ${table} could not be made`, { cause }),
    })
    return new SqlCells<S>(database, table, clock)
  }

  async change<R>(name: string, decide: Decide<S, R>): Promise<R> {
    if (this.#isClosed) throw new CacheClosed("It was closed")
    try {
      // A hash has one length and one spelling, whatever a database thinks of letters.
      const key = createHash("sha256").update(name).digest("hex")
      const answer = await this.#outside(() => this.#database.transaction((db) => this.#decide(db, key, decide)))
      if (++this.#changes % SWEEP_EVERY === 0) await this.#outside(() => this.#sweep())
      return answer
    } catch (cause) {
      throw new CacheStoreFailed("The database did not do its work", { cause })
    }
  }
  async #decide<R>(db: Queryable, key: string, decide: Decide<S, R>): Promise<R> {
    const row = await this.#lock(db, key)
    const nowMs = this.#clock?.now() ?? Number(row.now_ms)
    const isThere = row.state !== "" && Number(row.until_ms) > nowMs
    const { answer, next } = decide(isThere ? (JSON.parse(row.state) as S) : undefined, nowMs)
    if (next !== undefined)
      await db.sql`update ${this.#table} set state = ${JSON.stringify(next.state)}, until_ms = ${nowMs + Math.ceil(next.keepMs)}
        where name = ${key}`.run()
    return answer
  }
  /** The row, made when it is missing, and held until the commit. */
  async #lock(db: Queryable, key: string): Promise<CellRow> {
    const now = NOW[db.dialect]
    if (db.dialect !== "mysql") {
      const rows = await db.sql<CellRow>`
        insert into ${this.#table} (name, state, until_ms) values (${key}, '', 0)
        on conflict (name) do update set name = excluded.name returning state, until_ms, ${now} as now_ms`.all()
      return rows[0]!
    }
    await db.sql`insert into ${this.#table} (name, state, until_ms) values (${key}, '', 0)
      on duplicate key update name = name`.run()
    const rows = await db.sql<CellRow>`
      select state, until_ms, ${now} as now_ms from ${this.#table} where name = ${key} for update`.all()
    return rows[0]!
  }
  async #sweep(): Promise<void> {
    const now = this.#clock === undefined ? NOW[this.#database.dialect] : sql`${this.#clock.now()}`
    await this.#database.sql`delete from ${this.#table} where until_ms < ${now}`.run()
  }
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#database.close()
  }
}
