import { type Clock, detach } from "@ashlar/core"
import { type Database, type Dialect, type FeatureTables, openTables, type Queryable, type Sql, sql } from "@ashlar/orm"
import { IdempotencyClosed, IdempotencyStoreFailed } from "../errors.ts"
import type { Begun, Claim, IdempotencyStore } from "../store.ts"

/** Claims between two looks for what is over, and how much then goes at most. */
const SWEEP_EVERY = 200
const SWEEP_ROWS = 1_000
const ATTEMPTS = 6

/** The database's own time in milliseconds: one clock for all who use it. */
const NOW: Readonly<Record<Dialect, Sql>> = {
  sqlite: sql`cast(unixepoch('subsec') * 1000 as integer)`,
  postgres: sql`cast(extract(epoch from clock_timestamp()) * 1000 as bigint)`,
  mysql: sql`cast(unix_timestamp(sysdate(3)) * 1000 as signed)`,
}
const TEXT: Readonly<Record<Dialect, Sql>> = { sqlite: sql`text`, postgres: sql`text`, mysql: sql`longtext` }

interface ClaimRow {
  fingerprint: string
  owner: string
  answer: string | null
  left_ms: number
}

/** Opens claims and answers as rows of the table `ashlar_idempotency`, which is made when it is missing. */
export async function openSqlStore(url: string, clock?: Clock): Promise<IdempotencyStore> {
  const database = await openTables(url, {
    tables,
    isShared: true,
    toError: (cause) => new IdempotencyStoreFailed("The table ashlar_idempotency could not be made", { cause }),
  })
  return new SqlStore(database, clock)
}

/** Without its index a sweep reads the table. */
function tables(dialect: Dialect): FeatureTables {
  return {
    tables: [
      sql`create table if not exists ashlar_idempotency
        (id varchar(64) primary key, fingerprint varchar(64) not null, owner varchar(36) not null, until_ms bigint not null,
        answer ${TEXT[dialect]})`,
    ],
    indexes: [["ashlar_idempotency_until", "ashlar_idempotency", sql`until_ms`]],
  }
}

class SqlStore implements IdempotencyStore {
  readonly #database: Database
  readonly #clock: Clock | undefined
  readonly #outside: <T>(work: () => T) => T = detach()
  #begins = 0
  #isClosed = false

  constructor(database: Database, clock: Clock | undefined) {
    this.#database = database
    this.#clock = clock
  }

  async begin(claim: Claim, leaseMs: number): Promise<Begun> {
    return await this.#do(async (db) => {
      if (++this.#begins % SWEEP_EVERY === 0) await this.#sweep(db)
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        // Looked at before anything is written: a database with one writer may be busy with the very request that is asked about.
        const row = await this.#look(claim.id)
        if (row?.owner === claim.owner) return { state: "begun" }
        const leftMs = Number(row?.left_ms ?? 0)
        if (row === undefined || leftMs <= 0) await this.#claim(db, claim, leaseMs)
        else if (row.answer === null) return { state: "running", fingerprint: row.fingerprint, leftMs }
        else return { state: "kept", fingerprint: row.fingerprint, answer: row.answer }
      }
      throw new IdempotencyStoreFailed("A claim ended as often as it was looked at. Ask again.")
    })
  }
  async #look(id: string): Promise<ClaimRow | undefined> {
    const { primary } = this.#database
    return await primary.sql<ClaimRow>`select fingerprint, owner, answer, until_ms - ${this.#now(primary)} as left_ms
      from ashlar_idempotency where id = ${id}`.first()
  }
  /** Takes the claim if it is nobody's, or over. */
  async #claim(db: Queryable, { id, fingerprint, owner }: Claim, leaseMs: number): Promise<void> {
    const now = this.#now(db)
    const insert = sql`insert into ashlar_idempotency (id, fingerprint, owner, until_ms, answer)
      values (${id}, ${fingerprint}, ${owner}, ${this.#later(db, leaseMs)}, null)`
    if (db.dialect !== "mysql") {
      await db.sql`${insert} on conflict (id) do update set fingerprint = excluded.fingerprint,
        owner = excluded.owner, answer = null, until_ms = excluded.until_ms
        where ashlar_idempotency.until_ms <= ${now}`.run()
      return
    }
    // Set from left to right: the time, by which the others decide, comes last.
    await db.sql`${insert} on duplicate key update
      fingerprint = if(until_ms <= ${now}, values(fingerprint), fingerprint),
      owner = if(until_ms <= ${now}, values(owner), owner),
      answer = if(until_ms <= ${now}, null, answer),
      until_ms = if(owner = values(owner), values(until_ms), until_ms)`.run()
  }
  async extend(claim: Claim, leaseMs: number): Promise<boolean> {
    return await this.#do(async (db) => {
      const { changes } = await db.sql`update ashlar_idempotency set until_ms = ${this.#later(db, leaseMs)}
        where ${this.#held(db, claim)}`.run()
      return changes > 0
    })
  }
  async keep(claim: Claim, answer: string, ttlMs: number): Promise<boolean> {
    return await this.#do((db) => this.keepIn(db, claim, answer, ttlMs))
  }
  async keepIn(tx: Queryable, claim: Claim, answer: string, ttlMs: number): Promise<boolean> {
    const { changes } = await tx.sql`update ashlar_idempotency
      set answer = ${answer}, until_ms = ${this.#later(tx, ttlMs)}
      where ${this.#held(tx, claim)}`.run()
    return changes > 0
  }
  async end(claim: Claim): Promise<void> {
    await this.#do((db) => db.sql`delete from ashlar_idempotency where ${this.#held(db, claim)}`.run())
  }
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#database.close()
  }

  #held(db: Queryable, { id, owner }: Claim): Sql {
    return sql`id = ${id} and owner = ${owner} and answer is null and until_ms > ${this.#now(db)}`
  }
  #now({ dialect }: Queryable): Sql {
    return this.#clock === undefined ? NOW[dialect] : sql`${this.#clock.now()}`
  }
  #later({ dialect }: Queryable, ms: number): Sql {
    return this.#clock === undefined ? sql`${NOW[dialect]} + ${ms}` : sql`${this.#clock.now() + ms}`
  }
  async #sweep(db: Queryable): Promise<void> {
    const now = this.#now(db)
    if (db.dialect === "mysql")
      await db.sql`delete from ashlar_idempotency where until_ms <= ${now} limit ${SWEEP_ROWS}`.run()
    else
      await db.sql`delete from ashlar_idempotency where id in
        (select id from ashlar_idempotency where until_ms <= ${now} limit ${SWEEP_ROWS}) and until_ms <= ${now}`.run()
  }
  async #do<T>(work: (db: Queryable) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new IdempotencyClosed()
    try {
      return await this.#outside(() => work(this.#database))
    } catch (cause) {
      if (cause instanceof IdempotencyStoreFailed) throw cause
      throw new IdempotencyStoreFailed("The database that keeps the answers of requests did not do its work", { cause })
    }
  }
}
