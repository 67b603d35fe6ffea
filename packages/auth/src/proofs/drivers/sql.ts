import { createHash } from "node:crypto"
import { type Clock, detach } from "@ashlar/core"
import {
  type Database,
  type Dialect,
  type FeatureTables,
  OrmUniqueViolation,
  openTables,
  type Sql,
  sql,
} from "@ashlar/orm"
import { AuthClosed, AuthSetupInvalid, AuthStoreFailed } from "../../errors.ts"
import { checkProof } from "../check-proof.ts"
import type { Proof, ProofStore } from "../proof-store.ts"

/** Proofs added between two looks for what is over, and how much then goes at most. */
const SWEEP_EVERY = 200
const SWEEP_ROWS = 1_000
const MAX_LISTED = 1_000
/** Later than any time that is told: what stays. */
const NEVER_MS = Number.MAX_SAFE_INTEGER

const TEXT: Readonly<Record<Dialect, Sql>> = {
  sqlite: sql`text`,
  postgres: sql`text`,
  mysql: sql`longtext character set utf8mb4`,
}

interface Row {
  kind: string
  id: string
  user_id: string
  counter: number | string | bigint
  data: string
  created_ms: number | string | bigint
  expires_ms: number | string | bigint
}

/** Opens proofs as rows of the table `ashlar_auth_proofs`, which is made when it is missing. */
export async function openSqlProofs(url: string, clock: Clock): Promise<ProofStore> {
  const database = await openTables(url, {
    tables,
    isShared: true,
    toError: (cause) => new AuthStoreFailed("The table ashlar_auth_proofs could not be made", { cause }),
  })
  return new SqlProofs(database, clock)
}

function tables(dialect: Dialect): FeatureTables {
  const text = TEXT[dialect]
  // Ids are told apart letter for letter, which MySQL does in binary collations only.
  const binary = dialect === "mysql" ? sql`character set ascii collate ascii_bin` : sql``
  return {
    tables: [
      sql`create table if not exists ashlar_auth_proofs
        (kind varchar(32) ${binary} not null, id varchar(64) ${binary} not null, user_key varchar(64) ${binary} not null,
        user_id ${text} not null, counter bigint not null, data ${text} not null, created_ms bigint not null,
        expires_ms bigint not null, primary key (kind, id))`,
    ],
    indexes: [
      ["ashlar_auth_proofs_user_key", "ashlar_auth_proofs", sql`user_key`],
      ["ashlar_auth_proofs_expires_ms", "ashlar_auth_proofs", sql`expires_ms`],
    ],
  }
}

class SqlProofs implements ProofStore {
  readonly #database: Database
  readonly #clock: Clock
  readonly #outside: <T>(work: () => T) => T = detach()
  #adds = 0
  #isClosed = false

  constructor(database: Database, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  async add(proof: Proof): Promise<boolean> {
    checkProof(proof)
    const { kind, id, userId, counter, data, createdMs, expiresMs } = proof
    return await this.#do(async (db) => {
      if (++this.#adds % SWEEP_EVERY === 0) await this.#sweep(db)
      // The name of one that is over is free.
      await db.sql`delete from ashlar_auth_proofs
        where kind = ${kind} and id = ${id} and expires_ms <= ${this.#clock.now()}`.run()
      try {
        await db.sql`insert into ashlar_auth_proofs (kind, id, user_key, user_id, counter, data, created_ms, expires_ms)
          values (${kind}, ${id}, ${keyOf(userId)}, ${userId}, ${counter}, ${data}, ${createdMs}, ${expiresMs ?? NEVER_MS})`.run()
        return true
      } catch (error) {
        if (error instanceof OrmUniqueViolation) return false
        throw error
      }
    })
  }
  async find(kind: string, id: string): Promise<Proof | undefined> {
    return await this.#do(async () => {
      const row = await this.#database.primary.sql<Row>`select * from ashlar_auth_proofs
        where ${this.#alive(kind, id)}`.first()
      return row && toProof(row)
    })
  }
  async list(userId: string, kind?: string): Promise<readonly Proof[]> {
    return await this.#do(async () => {
      const one = kind === undefined ? sql`` : sql`and kind = ${kind}`
      const rows = await this.#database.primary.sql<Row>`select * from ashlar_auth_proofs
        where user_key = ${keyOf(userId)} ${one} and expires_ms > ${this.#clock.now()}
        order by created_ms, id limit ${MAX_LISTED}`.all()
      return rows.map(toProof)
    })
  }
  async raise(kind: string, id: string, counter: number): Promise<boolean> {
    return await this.#change(sql`update ashlar_auth_proofs set counter = ${counter}
      where ${this.#alive(kind, id)} and counter < ${counter}`)
  }
  async count(kind: string, id: string, max: number): Promise<boolean> {
    return await this.#change(sql`update ashlar_auth_proofs set counter = counter + 1
      where ${this.#alive(kind, id)} and counter < ${max}`)
  }
  async replace(kind: string, id: string, { from, to }: { from: string; to: string }): Promise<boolean> {
    if (from === to) return (await this.find(kind, id))?.data === from
    return await this.#do(async (db) => {
      const row = await db.sql<Row>`select * from ashlar_auth_proofs where ${this.#alive(kind, id)}`.first()
      if (row === undefined || row.data !== from) return false
      checkProof({ ...toProof(row), data: to })
      const same = db.dialect === "mysql" ? sql`binary data = binary ${from}` : sql`data = ${from}`
      const { changes } = await db.sql`update ashlar_auth_proofs set data = ${to}
        where ${this.#alive(kind, id)} and ${same}`.run()
      return changes > 0
    })
  }
  async take(kind: string, id: string): Promise<Proof | undefined> {
    return await this.#do(async (db) => {
      const row = await this.#database.primary.sql<Row>`select * from ashlar_auth_proofs
        where ${this.#alive(kind, id)}`.first()
      if (row === undefined) return undefined
      const { changes } = await db.sql`delete from ashlar_auth_proofs where ${this.#alive(kind, id)}`.run()
      return changes > 0 ? toProof(row) : undefined
    })
  }
  async removeAll(userId: string, kinds?: readonly string[]): Promise<number> {
    if (kinds?.length === 0) return 0
    return await this.#do(async (db) => {
      const some = kinds === undefined ? sql`` : sql`and kind in (${sql.join(kinds.map((kind) => sql`${kind}`))})`
      const { changes } = await db.sql`delete from ashlar_auth_proofs
        where user_key = ${keyOf(userId)} ${some} and expires_ms > ${this.#clock.now()}`.run()
      return changes
    })
  }
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#database.close()
  }

  #alive(kind: string, id: string): Sql {
    return sql`kind = ${kind} and id = ${id} and expires_ms > ${this.#clock.now()}`
  }
  async #change(statement: Sql): Promise<boolean> {
    return await this.#do(async (db) => (await db.sql`${statement}`.run()).changes > 0)
  }
  async #sweep(db: Database): Promise<void> {
    const nowMs = this.#clock.now()
    if (db.dialect === "mysql")
      await db.sql`delete from ashlar_auth_proofs where expires_ms <= ${nowMs} limit ${SWEEP_ROWS}`.run()
    else
      await db.sql`delete from ashlar_auth_proofs where expires_ms <= ${nowMs} and (kind, id) in
        (select kind, id from ashlar_auth_proofs where expires_ms <= ${nowMs} limit ${SWEEP_ROWS})`.run()
  }
  async #do<T>(work: (db: Database) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new AuthClosed()
    try {
      return await this.#outside(() => work(this.#database))
    } catch (cause) {
      if (cause instanceof AuthSetupInvalid) throw cause
      throw new AuthStoreFailed("The database that keeps proofs did not do its work", { cause })
    }
  }
}

/** Databases differ in which texts they take for one: a hash is itself only. */
function keyOf(userId: string): string {
  return createHash("sha256").update(userId).digest("hex")
}

function toProof({ kind, id, user_id, counter, data, created_ms, expires_ms }: Row): Proof {
  const expiresMs = Number(expires_ms)
  return {
    kind,
    id,
    userId: user_id,
    counter: Number(counter),
    data,
    createdMs: Number(created_ms),
    expiresMs: expiresMs === NEVER_MS ? undefined : expiresMs,
  }
}
