import { type Clock, detach, systemClock } from "@ashlar/core"
import { type Database, type Dialect, type FeatureTables, openTables, type Queryable, type Sql, sql } from "@ashlar/orm"
import { OAuthStoreFailed } from "../../errors.ts"
import type { NewRecord, OAuthStore, RecordKind, StoredRecord } from "./store.ts"

/** Records between two looks for what is over, and how much then goes at most. */
const SWEEP_EVERY = 200
const SWEEP_ROWS = 1_000
const MAX_LISTED = 1_000
const TEXT: Readonly<Record<Dialect, Sql>> = { sqlite: sql`text`, postgres: sql`text`, mysql: sql`longtext` }
/** Compared by bytes: MySQL's own ways would take one id for another. */
const ID: Readonly<Record<Dialect, Sql>> = {
  sqlite: sql`varchar(100)`,
  postgres: sql`varchar(100)`,
  mysql: sql`varbinary(100)`,
}

interface Row {
  id: string | Uint8Array
  body: string
  version: number | string | bigint
}

/**
 * Opens the state of a server as rows of the table `ashlar_oauth`, which is made when it is missing.
 * @throws {CORE_DRIVER_URL_INVALID} for a database in the memory. {OAUTH_STORE_FAILED}
 */
export async function openSqlStore(url: string, clock: Clock = systemClock): Promise<OAuthStore> {
  const database = await openTables(url, {
    tables,
    isShared: true,
    toError: (cause) => new OAuthStoreFailed("The table ashlar_oauth could not be made", { cause }),
  })
  return new SqlStore(database, clock)
}

/** Without its index a sweep reads the table. */
function tables(dialect: Dialect): FeatureTables {
  return {
    tables: [
      sql`create table if not exists ashlar_oauth
        (kind varchar(16) not null, id ${ID[dialect]} not null, body ${TEXT[dialect]} not null, version bigint not null,
        until_ms bigint not null, primary key (kind, id))`,
    ],
    indexes: [["ashlar_oauth_until", "ashlar_oauth", sql`until_ms`]],
  }
}

class SqlStore implements OAuthStore {
  readonly #database: Database
  readonly #clock: Clock
  readonly #outside: <T>(work: () => T) => T = detach()
  #adds = 0

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async add({ kind, id, body, untilMs }: NewRecord): Promise<boolean> {
    return await this.#do(async (db) => {
      if (++this.#adds % SWEEP_EVERY === 0) await this.#sweep(db)
      const values = sql`(kind, id, body, version, until_ms) values (${kind}, ${id}, ${body}, 1, ${untilMs})`
      const insert = (): Promise<{ changes: number }> =>
        db.dialect === "mysql"
          ? db.sql`insert ignore into ashlar_oauth ${values}`.run()
          : db.sql`insert into ashlar_oauth ${values} on conflict (kind, id) do nothing`.run()
      if ((await insert()).changes > 0) return true
      const over = await db.sql`delete from ashlar_oauth
        where kind = ${kind} and id = ${id} and until_ms <= ${this.#clock.now()}`.run()
      return over.changes > 0 && (await insert()).changes > 0
    })
  }
  async get(kind: RecordKind, id: string): Promise<StoredRecord | undefined> {
    return await this.#do(async ({ primary }) => {
      const row = await primary.sql<Row>`select id, body, version from ashlar_oauth
        where kind = ${kind} and id = ${id} and until_ms > ${this.#clock.now()}`.first()
      return row && toRecord(row)
    })
  }
  async change({ kind, id, body, untilMs }: NewRecord, version: number): Promise<boolean> {
    return await this.#do(async (db) => {
      const { changes } = await db.sql`update ashlar_oauth
        set body = ${body}, until_ms = ${untilMs}, version = ${version + 1}
        where kind = ${kind} and id = ${id} and version = ${version} and until_ms > ${this.#clock.now()}`.run()
      return changes > 0
    })
  }
  async remove(kind: RecordKind, id: string): Promise<boolean> {
    return await this.#do(async (db) => {
      const { changes } = await db.sql`delete from ashlar_oauth
        where kind = ${kind} and id = ${id} and until_ms > ${this.#clock.now()}`.run()
      return changes > 0
    })
  }
  async list(kind: RecordKind): Promise<readonly StoredRecord[]> {
    return await this.#do(async ({ primary }) => {
      const rows = await primary.sql<Row>`select id, body, version from ashlar_oauth
        where kind = ${kind} and until_ms > ${this.#clock.now()} order by id limit ${MAX_LISTED}`.all()
      return rows.map(toRecord)
    })
  }
  async close(): Promise<void> {
    await this.#database.close()
  }

  async #sweep(db: Queryable): Promise<void> {
    const nowMs = this.#clock.now()
    if (db.dialect === "mysql")
      await db.sql`delete from ashlar_oauth where until_ms <= ${nowMs} limit ${SWEEP_ROWS}`.run()
    else
      await db.sql`delete from ashlar_oauth where until_ms <= ${nowMs} and (kind, id) in
        (select kind, id from ashlar_oauth where until_ms <= ${nowMs} limit ${SWEEP_ROWS})`.run()
  }
  async #do<T>(work: (db: Database) => Promise<T>): Promise<T> {
    try {
      return await this.#outside(() => work(this.#database))
    } catch (cause) {
      throw new OAuthStoreFailed(undefined, { cause })
    }
  }
}

function toRecord({ id, body, version }: Row): StoredRecord {
  return { id: typeof id === "string" ? id : Buffer.from(id).toString(), body, version: Number(version) }
}
