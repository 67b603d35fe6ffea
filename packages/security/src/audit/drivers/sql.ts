import { AshlarError, DriverUrlInvalid, detach } from "@ashlar/core"
import {
  type Database,
  isInTransaction,
  openDatabase,
  type Queryable,
  type Sql,
  sharesTransactions,
  sql,
} from "@ashlar/orm"
import { AuditClosed, AuditMisused, AuditOptionInvalid, AuditStoreFailed } from "../../errors.ts"
import { type AuditHead, type AuditOutcome, NOTHING } from "../audit-entry.ts"
import type { AuditStore, AuditWrite, EntryFilter, StoredEntry, StreamState } from "../audit-store.ts"
import { type AuditCheckpoint, isCheckpoint } from "../checkpoint.ts"
import { hasAuditTables, makeAuditTables } from "./sql-tables.ts"

const SWEEP_ROWS = 1_000

interface StreamRow {
  sequence: number | string | bigint
  hash: string
  at_ms: number | string | bigint
  base_sequence: number | string | bigint
  base_hash: string
}
interface EntryRow {
  sequence: number | string | bigint
  at_ms: number | string | bigint
  action: string
  actor: string
  target: string | null
  outcome: AuditOutcome
  body: string
  hash: string
}

/** Opens streams as rows of the tables `ashlar_audit_*`, which are made when they are missing. @throws {SECURITY_AUDIT_STORE_FAILED} */
export async function openSqlAuditStore(url: string): Promise<AuditStore> {
  if (/^sqlite::memory:/i.test(url))
    throw new DriverUrlInvalid("Expected a file that others can open, got sqlite::memory:.")
  let database: Database | undefined
  try {
    database = await openDatabase(url)
    return new SqlAuditStore(database, url)
  } catch (cause) {
    await database?.close()
    throw new AuditStoreFailed("The database of the audit log does not answer", { cause })
  }
}

class SqlAuditStore implements AuditStore {
  readonly #database: Database
  readonly #outside: <T>(work: () => T) => T = detach()
  readonly #url: string
  #making: Promise<void> | undefined
  #hasTables = false
  #isMadeWithin = false
  #isClosed = false

  constructor(database: Database, url: string) {
    this.#database = database
    this.#url = url
  }

  async write(
    stream: string,
    make: (state: StreamState) => AuditWrite | Promise<AuditWrite>,
    tx?: Queryable,
  ): Promise<void> {
    if (tx === undefined) return await this.#do((db) => db.transaction((own) => writeIn(own, stream, make)))
    if (this.#isClosed) throw new AuditClosed()
    if (!isInTransaction(tx) || !sharesTransactions(this.#database, tx))
      throw new AuditOptionInvalid("Expected a transaction of the database that keeps the audit log: the same URL.")
    await this.#makeTables(tx)
    // What the database says is for whoever runs the transaction: a deadlock is tried again.
    await writeIn(tx, stream, make)
  }
  async state(stream: string): Promise<StreamState | undefined> {
    return await this.#do(async (db) => {
      const row = await db.primary.sql<StreamRow>`select * from ashlar_audit_streams where stream = ${stream}`.first()
      return row === undefined || Number(row.sequence) === 0 ? undefined : stateOf(row)
    })
  }
  async read(stream: string, filter: EntryFilter): Promise<readonly StoredEntry[]> {
    const conditions = conditionsOf(stream, filter)
    const order = filter.order === "newest" ? sql`desc` : sql`asc`
    const rows = await this.#do((db) =>
      db.primary
        .sql<EntryRow>`select sequence, at_ms, action, actor, target, outcome, body, hash from ashlar_audit_entries
        where ${sql.join(conditions, sql` and `)} order by sequence ${order} limit ${filter.limit}`.all(),
    )
    return rows.map(({ sequence, body, hash, at_ms, action, actor, target, outcome }) => ({
      sequence: Number(sequence),
      body,
      hash,
      columns: { atMs: Number(at_ms), action, actor, target, outcome },
    }))
  }
  async checkpoints(stream: string): Promise<readonly AuditCheckpoint[]> {
    const rows = await this.#do((db) =>
      db.primary.sql<{ sequence: number; body: string }>`select sequence, body from ashlar_audit_checkpoints
        where stream = ${stream} order by sequence`.all(),
    )
    return rows.map(({ sequence, body }) => checkpointOf(body) ?? unreadable(stream, Number(sequence)))
  }
  async streams(): Promise<readonly string[]> {
    const rows = await this.#do((db) =>
      db.primary.sql<{ stream: string }>`select stream from ashlar_audit_streams where sequence > 0`.all(),
    )
    return rows.map(({ stream }) => stream).sort()
  }
  async sweep(stream: string): Promise<number> {
    return await this.#do(async (db) => {
      const base = sql`(select base_sequence from ashlar_audit_streams where stream = ${stream})`
      const first = await db.primary.sql<{
        least: number | null
      }>`select min(sequence) as least from ashlar_audit_entries
        where stream = ${stream} and sequence <= ${base}`.first()
      if (first?.least === null || first === undefined) return 0
      const { changes } = await db.sql`delete from ashlar_audit_entries where stream = ${stream} and sequence <= ${base}
        and sequence < ${Number(first.least) + SWEEP_ROWS}`.run()
      await db.sql`delete from ashlar_audit_checkpoints where stream = ${stream} and sequence < ${base}`.run()
      return changes
    })
  }
  isInTransaction(): boolean {
    return isInTransaction(this.#database)
  }
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#database.close()
  }

  /** Made at the first use. Within a transaction by that itself: to wait for another connection could be to wait for oneself. */
  async #makeTables(tx?: Queryable): Promise<void> {
    if (this.#hasTables) return
    if (tx !== undefined) {
      const isThere = await hasAuditTables(tx)
      // Tables that a transaction made may be undone with it.
      if (isThere) this.#hasTables = !this.#isMadeWithin
      // MySQL would commit the transaction; PostgreSQL would abort it where another process makes them, too.
      else if (tx.dialect !== "sqlite") await this.#makeBeside()
      else {
        this.#isMadeWithin = true
        await makeAuditTables(tx)
      }
      return
    }
    const isThere = await this.#outside(() => hasAuditTables(this.#database.primary))
    if (!isThere && this.#database.dialect === "sqlite" && this.isInTransaction()) throw new AuditMisused()
    if (!isThere) await this.#outside(() => makeAuditTables(this.#database))
    this.#hasTables = true
  }
  /** By a connection of no pool that the caller's transactions may have emptied. */
  #makeBeside(): Promise<void> {
    this.#making ??= this.#outside(async () => {
      const url = new URL(this.#url)
      url.searchParams.set("max", url.searchParams.get("max") === "1" ? "2" : "1")
      const database = await openDatabase(url.href)
      await makeAuditTables(database).finally(() => database.close())
    }).finally(() => {
      this.#making = undefined
    })
    return this.#making
  }
  async #do<T>(work: (db: Database) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new AuditClosed()
    try {
      await this.#makeTables()
      return await this.#outside(() => work(this.#database))
    } catch (cause) {
      if (cause instanceof AshlarError && cause.code.startsWith("SECURITY_AUDIT_")) throw cause
      throw new AuditStoreFailed("The database that keeps the audit log did not do its work", { cause })
    }
  }
}

async function writeIn(
  tx: Queryable,
  stream: string,
  make: (state: StreamState) => AuditWrite | Promise<AuditWrite>,
): Promise<void> {
  const state = await lock(tx, stream)
  const { entries, head, base, checkpoints } = await make(state)
  if (entries.length > 0) {
    const rows = entries.map(
      ({ sequence, body, hash, columns: { atMs, action, actor, target, outcome } }) =>
        sql`(${stream}, ${sequence}, ${atMs}, ${action}, ${actor}, ${target}, ${outcome}, ${body}, ${hash})`,
    )
    await tx.sql`insert into ashlar_audit_entries
      (stream, sequence, at_ms, action, actor, target, outcome, body, hash) values ${sql.join(rows)}`.run()
  }
  for (const checkpoint of checkpoints)
    await tx.sql`insert into ashlar_audit_checkpoints (stream, sequence, id, body)
      values (${stream}, ${checkpoint.sequence}, ${crypto.randomUUID()}, ${JSON.stringify(checkpoint)})`.run()
  if (head !== state.head || base !== undefined) await saveHead(tx, stream, head, base ?? state.base)
}

async function saveHead(tx: Queryable, stream: string, head: AuditHead, base: StreamState["base"]): Promise<void> {
  await tx.sql`update ashlar_audit_streams set sequence = ${head.sequence}, hash = ${head.hash}, at_ms = ${head.atMs},
    base_sequence = ${base.sequence}, base_hash = ${base.hash} where stream = ${stream}`.run()
}

/** The stream's row, which nobody else changes before the transaction ends. */
async function lock(tx: Queryable, stream: string): Promise<StreamState> {
  // SQLite has one transaction that writes at a time.
  const find = () =>
    tx.dialect === "sqlite"
      ? tx.sql<StreamRow>`select * from ashlar_audit_streams where stream = ${stream}`.first()
      : tx.sql<StreamRow>`select * from ashlar_audit_streams where stream = ${stream} for update`.first()
  const row = tx.dialect === "mysql" ? undefined : await find()
  if (row !== undefined) return stateOf(row)
  const fresh = sql`(${stream}, 0, ${NOTHING}, 0, 0, ${NOTHING})`
  const columns = sql`(stream, sequence, hash, at_ms, base_sequence, base_hash)`
  // An update that changes nothing locks the row at once: MySQL would else lock a gap, and wait for others that do the same.
  if (tx.dialect === "mysql")
    await tx.sql`insert into ashlar_audit_streams ${columns} values ${fresh} on duplicate key update stream = stream`.run()
  else await tx.sql`insert into ashlar_audit_streams ${columns} values ${fresh} on conflict (stream) do nothing`.run()
  const made = await find()
  if (made === undefined) throw new AuditStoreFailed("A stream of the audit log is not there after it was made.")
  return stateOf(made)
}

function stateOf(row: StreamRow): StreamState {
  return {
    head: { sequence: Number(row.sequence), hash: row.hash, atMs: Number(row.at_ms) },
    base: { sequence: Number(row.base_sequence), hash: row.base_hash },
  }
}

function conditionsOf(stream: string, filter: EntryFilter): Sql[] {
  const { above, below, sinceMs, untilMs, action, actor, target, outcome } = filter
  return [
    sql`stream = ${stream}`,
    ...(above === undefined ? [] : [sql`sequence > ${above}`]),
    ...(below === undefined ? [] : [sql`sequence < ${below}`]),
    ...(sinceMs === undefined ? [] : [sql`at_ms >= ${sinceMs}`]),
    ...(untilMs === undefined ? [] : [sql`at_ms < ${untilMs}`]),
    ...(action === undefined ? [] : [sql`action = ${action}`]),
    ...(actor === undefined ? [] : [sql`actor = ${actor}`]),
    ...(target === undefined ? [] : [sql`target = ${target}`]),
    ...(outcome === undefined ? [] : [sql`outcome = ${outcome}`]),
  ]
}

function checkpointOf(body: string): AuditCheckpoint | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return isCheckpoint(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What somebody spoiled is signed by nobody. */
function unreadable(stream: string, sequence: number): AuditCheckpoint {
  return { stream, sequence, hash: "", at: "", keyId: "", algorithm: "", signature: "" }
}
