import type { Clock } from "@ashlar/core"
import { type Database, type Dialect, type FeatureTables, openTables, type Queryable, type Sql, sql } from "@ashlar/orm"
import { AuthClosed, AuthStoreFailed } from "../errors.ts"
import { MAX_OWNED, type RecordStore, type StoredRecord } from "./record-store.ts"

/** Inserts between two looks for what is over, and how much then goes at most. */
const SWEEP_EVERY = 100
const SWEEP_ROWS = 1_000

const TEXT: Readonly<Record<Dialect, Sql>> = { sqlite: sql`text`, postgres: sql`text`, mysql: sql`mediumtext` }

interface Row {
  readonly id: string
  readonly owner: string
  readonly value: string
  readonly until_ms: number | string
  readonly version: number
}

/** Opens records as rows of a table, which is made when it is missing. @throws {AUTH_STORE_FAILED} */
export async function openSqlRecords(url: string, table: string, clock: Clock): Promise<RecordStore> {
  const database = await openTables(url, {
    tables: (dialect) => tables(dialect, table),
    toError: (cause) => new AuthStoreFailed(`The table ${table} could not be made`, { cause }),
  })
  return new SqlRecords(database, table, clock)
}

function tables(dialect: Dialect, table: string): FeatureTables {
  return {
    tables: [
      sql`create table if not exists ${sql.id(table)} (id varchar(64) primary key, owner varchar(64) not null,
        value ${TEXT[dialect]} not null, until_ms bigint not null, version integer not null)`,
    ],
    indexes: [
      [`${table}_owner`, table, sql`owner`],
      [`${table}_until_ms`, table, sql`until_ms`],
    ],
  }
}

class SqlRecords implements RecordStore {
  readonly #database: Database
  readonly #table: Sql
  readonly #clock: Clock
  #inserts = 0
  #isClosed = false

  constructor(database: Database, table: string, clock: Clock) {
    this.#database = database
    this.#table = sql`${sql.id(table)}`
    this.#clock = clock
  }

  async insert(record: StoredRecord): Promise<void> {
    await this.#do(async (db) => {
      if (++this.#inserts % SWEEP_EVERY === 0) await this.#sweep(db)
      await this.#insert(db, record)
    })
  }
  async find(key: string): Promise<StoredRecord | undefined> {
    const row = await this.#do(({ primary }) =>
      primary.sql<Row>`select * from ${this.#table} where id = ${key}`.first(),
    )
    return row && fromRow(row)
  }
  async change({ key, value, untilMs, version }: StoredRecord): Promise<boolean> {
    return await this.#do(async (db) => {
      const { changes } = await db.sql`update ${this.#table}
        set value = ${value}, until_ms = ${untilMs}, version = version + 1
        where id = ${key} and version = ${version}`.run()
      return changes > 0
    })
  }
  async replace(key: string, record: StoredRecord): Promise<boolean> {
    return await this.#do((db) =>
      db.transaction(async (tx) => {
        if (!(await this.#remove(tx, key))) return false
        await this.#insert(tx, record)
        return true
      }),
    )
  }
  async remove(key: string): Promise<boolean> {
    return await this.#do((db) => this.#remove(db, key))
  }
  async list(owner: string): Promise<readonly StoredRecord[]> {
    const rows = await this.#do(({ primary }) =>
      primary.sql<Row>`select * from ${this.#table} where owner = ${owner} limit ${MAX_OWNED}`.all(),
    )
    return rows.map(fromRow)
  }
  async removeOwned(owner: string, exceptKey = ""): Promise<number> {
    return await this.#do(async (db) => {
      const { changes } = await db.sql`delete from ${this.#table} where owner = ${owner} and id <> ${exceptKey}`.run()
      return changes
    })
  }
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#database.close()
  }

  async #insert(db: Queryable, { key, owner, value, untilMs, version }: StoredRecord): Promise<void> {
    await db.sql`insert into ${this.#table} (id, owner, value, until_ms, version)
      values (${key}, ${owner}, ${value}, ${untilMs}, ${version})`.run()
  }
  async #remove(db: Queryable, key: string): Promise<boolean> {
    const { changes } = await db.sql`delete from ${this.#table} where id = ${key}`.run()
    return changes > 0
  }
  async #sweep(db: Queryable): Promise<void> {
    const nowMs = this.#clock.now()
    if (db.dialect === "mysql")
      await db.sql`delete from ${this.#table} where until_ms <= ${nowMs} limit ${SWEEP_ROWS}`.run()
    else
      await db.sql`delete from ${this.#table} where id in
        (select id from ${this.#table} where until_ms <= ${nowMs} limit ${SWEEP_ROWS}) and until_ms <= ${nowMs}`.run()
  }
  async #do<T>(work: (db: Database) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new AuthClosed()
    try {
      return await work(this.#database)
    } catch (cause) {
      throw new AuthStoreFailed("The database that keeps what people sign in with did not do its work", { cause })
    }
  }
}

function fromRow({ id, owner, value, until_ms, version }: Row): StoredRecord {
  return { key: id, owner, value, untilMs: Number(until_ms), version: Number(version) }
}
