import { resolve } from "node:path"
import { type DriverUrl, DriverUrlInvalid } from "@ashlar/core"
import {
  type BoundValue,
  BUSY,
  type Connection,
  type Engine,
  type ListResult,
  type Plan,
  type PlanAnswers,
  type PlanUse,
  type QueryResult,
  type Row,
  type Statement,
} from "../driver.ts"
import { OrmConnectFailed } from "../errors.ts"
import { Pool } from "../pool.ts"
import { onlyReads } from "../statement-kind.ts"
import { PlanCache } from "./plan-cache.ts"
import { isBusy, toSqliteFault } from "./sqlite-faults.ts"
import { type NativePlan, type NativeSqlite, type NativeStatement, nativeRowForm, openNative } from "./sqlite-native.ts"

interface SqliteOptions {
  readonly max: number
  readonly maxWaiting: number
  readonly acquireTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly maxLifetimeMs: number
  readonly preparedStatements: number
  readonly busyTimeoutMs: number
  readonly synchronous: "FULL" | "NORMAL"
  readonly readOnly: boolean
}

/** Characters. Longer SQL is made for one occasion, and its program takes many times its length in memory. */
const MAX_KEPT_LENGTH = 16 * 1024
const MEMORY = ":memory:"
/** Plans are a bounded set, of which an app uses more than of texts by hand; one is 4 KB. */
const PLANS_PER_STATEMENT = 2.5

/**
 * A file: one connection that writes, which callers wait for in turn, and several that read what was committed. A database
 * in memory belongs to its one connection, so there all wait for that, and it is never given up.
 */
export async function open(url: DriverUrl, options: SqliteOptions): Promise<Engine> {
  if (url.host !== undefined || url.name === "")
    throw new DriverUrlInvalid(`Expected sqlite:path or sqlite::memory:, got ${url}.`)
  const path = url.name === MEMORY ? MEMORY : resolve(url.name)
  if (options.readOnly) return await openReadOnly(path, options)
  const stays = { ...options, max: 1, idleTimeoutMs: 2_147_483_647, maxLifetimeMs: Number.POSITIVE_INFINITY }
  const writers = new Pool({ ...stays, connect: () => SqliteConnection.open(path, false, options) })
  // A missing folder or a file that is no database is said now, and a new file is there before the first read.
  writers.release(await writers.acquire())
  if (path === MEMORY) return { dialect: "sqlite", rowForm: nativeRowForm, readers: writers, writers }
  const readers = new Pool({ ...options, connect: () => SqliteConnection.open(path, true, options) })
  return { dialect: "sqlite", rowForm: nativeRowForm, readers, writers }
}

async function openReadOnly(path: string, options: SqliteOptions): Promise<Engine> {
  if (path === MEMORY) throw new DriverUrlInvalid("A database in memory that only reads would always be empty.")
  const pool = new Pool({ ...options, connect: () => SqliteConnection.open(path, true, options) })
  pool.release(await pool.acquire())
  return { dialect: "sqlite", rowForm: nativeRowForm, readers: pool, writers: pool }
}

class SqliteConnection implements Connection {
  isUsable = true
  readonly #native: NativeSqlite
  readonly #isMemory: boolean
  readonly #begin: string
  readonly #busyTimeoutMs: number
  readonly #maxPrepared: number
  readonly #prepared: Map<string, NativeStatement> = new Map()
  readonly #plans: PlanCache<NativePlan>

  private constructor(native: NativeSqlite, isMemory: boolean, options: SqliteOptions) {
    this.#isMemory = isMemory
    // A deferred transaction that reads and then writes may fail where no wait helps.
    this.#begin = options.readOnly ? "begin" : "begin immediate"
    this.#native = native
    this.#busyTimeoutMs = options.busyTimeoutMs
    this.#maxPrepared = options.preparedStatements
    this.#plans = new PlanCache(Math.max(1, options.preparedStatements * PLANS_PER_STATEMENT))
  }

  static async open(path: string, readonly: boolean, options: SqliteOptions): Promise<SqliteConnection> {
    try {
      const connection = new SqliteConnection(await openNative(path, readonly), path === MEMORY, options)
      await connection.#setUp(readonly, options.synchronous)
      return connection
    } catch (cause) {
      throw new OrmConnectFailed(undefined, { cause })
    }
  }

  async #setUp(readonly: boolean, synchronous: string): Promise<void> {
    // SQLite's own wait would stop the event loop: `#patiently` waits instead.
    this.#native.exec("pragma busy_timeout = 0")
    this.#native.exec("pragma foreign_keys = on")
    if (readonly) return
    await this.#patiently(() => this.#native.exec("pragma journal_mode = wal"))
    this.#native.exec(`pragma synchronous = ${synchronous}`)
    this.#native.exec("pragma journal_size_limit = 67108864")
  }

  async query({ text, values }: Statement): Promise<QueryResult> {
    const statement = this.#prepare(text)
    try {
      return await this.#patiently(() => this.#execute(statement, { text, values }, (all) => statement.all(all)))
    } finally {
      this.#release(text, statement)
    }
  }

  attempt<U extends PlanUse>(use: U, plan: Plan, values: readonly BoundValue[]): PlanAnswers[U] | typeof BUSY {
    try {
      const statement = this.#plans.get(plan) ?? this.#plans.keep(plan, this.#native.preparePlan(plan))
      return statement[use](values) as PlanAnswers[U]
    } catch (error) {
      if (isBusy(error)) return BUSY
      throw toSqliteFault(error)
    }
  }

  async perform<U extends PlanUse>(use: U, plan: Plan, values: readonly BoundValue[]): Promise<PlanAnswers[U]> {
    return await this.#patiently(() => {
      const statement = this.#plans.get(plan) ?? this.#plans.keep(plan, this.#native.preparePlan(plan))
      return statement[use](values) as PlanAnswers[U]
    })
  }

  async queryLists({ text, values }: Statement): Promise<ListResult> {
    const statement = this.#prepare(text)
    try {
      const lists = (all: readonly BoundValue[]) => statement.lists(all)
      const result = await this.#patiently(() => this.#execute(statement, { text, values }, lists))
      return { columns: statement.givesRows ? statement.columns() : [], ...result }
    } finally {
      this.#release(text, statement)
    }
  }

  #execute<R>(
    statement: NativeStatement,
    { text, values }: Statement,
    read: (values: readonly BoundValue[]) => R[],
  ): Omit<QueryResult, "rows"> & { readonly rows: R[] } {
    if (!statement.givesRows) return { rows: [], ...statement.run(values) }
    if (onlyReads(text)) return { rows: read(values), changes: 0, insertId: undefined }
    const before = this.#changes().total
    const rows = read(values)
    const { total, last } = this.#changes()
    return { rows, changes: total === before ? 0 : last, insertId: undefined }
  }

  /** What statements that give rows changed: SQLite's modules say that for the others only. */
  #changes(): { total: number; last: number } {
    const text = "select total_changes() as total, changes() as last"
    const statement = this.#prepare(text)
    try {
      return statement.all([])[0] as { total: number; last: number }
    } finally {
      this.#release(text, statement)
    }
  }

  async *stream({ text, values }: Statement, chunkRows: number): AsyncGenerator<Row[], void> {
    // Of its own, so that the same text can be run meanwhile.
    const statement = this.#compile(text)
    try {
      let chunk: Row[] = []
      for (const row of statement.iterate(values)) {
        chunk.push(row)
        if (chunk.length < chunkRows) continue
        yield chunk
        chunk = []
      }
      if (chunk.length > 0) yield chunk
    } catch (error) {
      throw toSqliteFault(error)
    } finally {
      statement.finalize()
    }
  }

  async begin(): Promise<void> {
    await this.#patiently(() => this.#native.exec(this.#begin))
  }

  async commit(): Promise<void> {
    await this.#patiently(() => this.#native.exec("commit"))
  }

  async rollback(): Promise<void> {
    // When the disk is full SQLite has rolled back by itself, and another ROLLBACK is an error that hides the first.
    if (this.#native.inTransaction) await this.#patiently(() => this.#native.exec("rollback"))
  }

  async control(text: string): Promise<void> {
    await this.#patiently(() => this.#native.exec(text))
  }

  async kill(): Promise<void> {
    // What still waits for another process must find the file closed, not the next caller's transaction. A database in memory
    // waits for nobody, and would be gone.
    this.isUsable = this.#isMemory
    await this.rollback().catch(() => {
      this.isUsable = false
    })
  }

  async close(): Promise<void> {
    this.isUsable = false
    // bun:sqlite keeps a file open whose statements live, and they go on writing.
    for (const statement of this.#prepared.values()) statement.finalize()
    this.#prepared.clear()
    this.#plans.clear()
    this.#native.close()
  }

  /** Taken out of what is kept, so that no other statement can push it out while it is used. */
  #prepare(text: string): NativeStatement {
    const kept = this.#prepared.get(text)
    if (kept === undefined) return this.#compile(text)
    this.#prepared.delete(text)
    return kept
  }

  #compile(text: string): NativeStatement {
    try {
      return this.#native.prepare(text)
    } catch (error) {
      throw toSqliteFault(error)
    }
  }

  /** Keeps a statement for the next time, the least lately used ones giving way. */
  #release(text: string, statement: NativeStatement): void {
    if (text.length > MAX_KEPT_LENGTH || this.#maxPrepared === 0) {
      statement.finalize()
      return
    }
    this.#prepared.set(text, statement)
    if (this.#prepared.size <= this.#maxPrepared) return
    const [oldest] = this.#prepared
    if (oldest === undefined) return
    oldest[1].finalize()
    this.#prepared.delete(oldest[0])
  }

  /** Again and again while another process writes, without stopping the event loop. A statement that was refused has done nothing. */
  async #patiently<T>(work: () => T): Promise<T> {
    const deadline = Date.now() + this.#busyTimeoutMs
    for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
      try {
        return work()
      } catch (error) {
        if (!isBusy(error) || Date.now() + pause > deadline) throw toSqliteFault(error)
        await new Promise((done) => setTimeout(done, pause))
      }
    }
  }
}
