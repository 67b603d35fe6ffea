import { Database, type Statement as NativeStatement, SQLiteError, type SQLQueryBindings } from "bun:sqlite"
import type { AshlarError } from "@ashlar/core"
import type { SqlValue } from "./definition.ts"
import { SqliteStatementInvalid, SqliteStatementRefused } from "./errors.ts"
import { toAshlarError, toOpenError } from "./faults.ts"
import { inspectRead, inspectStatement } from "./sql-guard.ts"

/** Beyond this many distinct SQL texts, the oldest prepared statement is dropped; preparing one again costs microseconds. */
const maxPrepared = 256
/** Characters. Longer SQL is made for one occasion, and its program takes many times its length in memory. */
export const maxKeptLength: number = 16 * 1024
const minInt64 = -(2n ** 63n)
const maxInt64 = 2n ** 63n - 1n

/** A prepared statement with what the guard learnt about its SQL. */
interface Prepared {
  readonly native: NativeStatement<unknown, SQLQueryBindings[]>
  readonly paramsCount: number
  /** True when it gives rows: SELECT and RETURNING. */
  readonly givesRows: boolean
  readonly readonly: boolean
  /** False when it is to be finalized after use. */
  readonly kept: boolean
}

/** What a statement did. `rows` is undefined when it is of a kind that gives none. */
interface Execution {
  readonly changes: number
  readonly lastInsertRowid: number
  readonly rows: unknown[] | undefined
}

const noParams: readonly SqlValue[] = []

/**
 * One connection to one file: guarded SQL, checked parameters, prepared statements kept and bounded, typed errors.
 * Synchronous, and for one thread.
 */
export class Connection {
  readonly path: string
  readonly #database: Database
  readonly #readsOnly: boolean
  readonly #prepared: Map<string, Prepared> = new Map()
  /** A handful of fixed texts, so it needs no bound. */
  readonly #control: Map<string, NativeStatement> = new Map()

  /** @throws the typed error of {@link toAshlarError} when the file cannot be opened */
  constructor(path: string, mode: "read" | "write" | "create") {
    this.path = path
    this.#readsOnly = mode === "read"
    try {
      this.#database = new Database(
        path,
        mode === "read" ? { readonly: true } : { readwrite: true, create: mode === "create" },
      )
    } catch (error) {
      throw isCannotOpen(error) ? toOpenError(error, path, mode === "create") : toAshlarError(error, path)
    }
  }

  /** False once SQLite rolled the transaction back by itself, as it does when the disk is full. */
  get inTransaction(): boolean {
    return this.#database.inTransaction
  }

  all<T>(sql: string, params: readonly SqlValue[] = noParams): T[] {
    const prepared = this.#prepare(sql)
    try {
      return this.#all(prepared, sql, params) as T[]
    } finally {
      release(prepared)
    }
  }

  get<T>(sql: string, params: readonly SqlValue[] = noParams): T | undefined {
    const prepared = this.#prepare(sql)
    checkParams(prepared, sql, params)
    try {
      return (
        ((params.length === 0 ? prepared.native.get() : prepared.native.get(params as never)) as T | undefined) ??
        undefined
      )
    } catch (error) {
      throw toAshlarError(error, this.path)
    } finally {
      release(prepared)
    }
  }

  run(sql: string, params: readonly SqlValue[] = noParams): { changes: number; lastInsertRowid: number } {
    const prepared = this.#prepare(sql)
    try {
      return this.#run(prepared, sql, params)
    } finally {
      release(prepared)
    }
  }

  /** Runs a statement of either kind. */
  execute(sql: string, params: readonly SqlValue[]): Execution {
    const prepared = this.#prepare(sql)
    try {
      if (!prepared.givesRows) return { ...this.#run(prepared, sql, params), rows: undefined }
      const rows = this.#all(prepared, sql, params)
      return { ...this.#lastChange(prepared.readonly), rows }
    } finally {
      release(prepared)
    }
  }

  /** Rows one by one, so that the caller can stop; reads only. */
  *iterate<T>(sql: string, params: readonly SqlValue[]): Generator<T, void> {
    const prepared = this.#prepare(sql)
    try {
      checkParams(prepared, sql, params)
      yield* prepared.native.iterate(...(params as SQLQueryBindings[])) as IterableIterator<T>
    } finally {
      release(prepared)
    }
  }

  /** Whether a statement leaves the file as it is. @throws as {@link Connection.check} */
  isRead(sql: string): boolean {
    const prepared = this.#prepare(sql)
    release(prepared)
    return prepared.readonly
  }

  /**
   * Prepares a statement, to know that it can be.
   *
   * @throws {SQLITE_STATEMENT_REFUSED} by the guard. @throws {SQLITE_STATEMENT_INVALID} when it does not compile.
   */
  check(sql: string): void {
    release(this.#prepare(sql))
  }

  #all(prepared: Prepared, sql: string, params: readonly SqlValue[]): unknown[] {
    checkParams(prepared, sql, params)
    try {
      return params.length === 0 ? prepared.native.all() : prepared.native.all(params as never)
    } catch (error) {
      throw toAshlarError(error, this.path)
    }
  }

  #run(prepared: Prepared, sql: string, params: readonly SqlValue[]): { changes: number; lastInsertRowid: number } {
    checkParams(prepared, sql, params)
    try {
      const ran = params.length === 0 ? prepared.native.run() : prepared.native.run(params as never)
      return ran as { changes: number; lastInsertRowid: number }
    } catch (error) {
      throw toAshlarError(error, this.path)
    }
  }

  /** What a statement that gave rows changed: bun:sqlite reports that for the others only. */
  #lastChange(readonly: boolean): { changes: number; lastInsertRowid: number } {
    const last = this.get<{ changes: number; lastInsertRowid: number }>(
      "SELECT changes() AS changes, last_insert_rowid() AS lastInsertRowid",
    )
    return { changes: readonly ? 0 : (last?.changes ?? 0), lastInsertRowid: last?.lastInsertRowid ?? 0 }
  }

  /** The engine's own SQL, which the guard refuses to everybody else: BEGIN, COMMIT, savepoints. */
  control(sql: string): void {
    try {
      let statement = this.#control.get(sql)
      if (statement === undefined) {
        statement = this.#database.prepare(sql)
        this.#control.set(sql, statement)
      }
      statement.run()
    } catch (error) {
      throw toAshlarError(error, this.path)
    }
  }

  /** The first value of an engine's own query, as a pragma gives it. */
  controlValue(sql: string): SqlValue {
    let statement: NativeStatement<unknown, SQLQueryBindings[]> | undefined
    try {
      statement = this.#database.prepare(sql)
      return (statement.values()[0]?.[0] ?? null) as SqlValue
    } catch (error) {
      throw toAshlarError(error, this.path)
    } finally {
      statement?.finalize()
    }
  }

  #prepare(sql: string): Prepared {
    return this.#prepared.get(sql) ?? this.#prepareNew(sql)
  }

  #prepareNew(sql: string): Prepared {
    const { verb } = this.#readsOnly ? inspectRead(sql) : inspectStatement(sql)
    try {
      const native = this.#database.prepare<unknown, SQLQueryBindings[]>(sql)
      if (this.#readsOnly && !native.readonly) {
        native.finalize()
        throw new SqliteStatementRefused(`Expected a statement that only reads, got: ${sql.slice(0, 80)}`)
      }
      // bun:sqlite leaves an EXPLAIN unfinished after `all`: kept, it would hold the snapshot of every later read.
      const kept = sql.length <= maxKeptLength && verb !== "EXPLAIN"
      const { paramsCount, readonly } = native
      const prepared = { native, paramsCount, givesRows: native.columnNames.length > 0, readonly, kept }
      if (!kept) return prepared
      if (this.#prepared.size >= maxPrepared) this.#dropOldest()
      this.#prepared.set(sql, prepared)
      return prepared
    } catch (error) {
      throw toAshlarError(error, this.path)
    }
  }

  #dropOldest(): void {
    const oldest = this.#prepared.entries().next().value
    if (oldest === undefined) return
    oldest[1].native.finalize()
    this.#prepared.delete(oldest[0])
  }

  /**
   * Finalizes every statement first: bun:sqlite closes a database with a live statement only in name, and that statement
   * goes on writing.
   */
  close(): void {
    for (const { native } of this.#prepared.values()) native.finalize()
    for (const statement of this.#control.values()) statement.finalize()
    this.#control.clear()
    this.#prepared.clear()
    try {
      this.#database.close(true)
    } catch (error) {
      throw toAshlarError(error, this.path)
    }
  }
}

function release({ native, kept }: Prepared): void {
  if (!kept) native.finalize()
}

function isCannotOpen(error: unknown): boolean {
  return error instanceof SQLiteError && (error.errno & 0xff) === 14
}

/**
 * bun:sqlite binds `undefined` and NaN as NULL and cuts a bigint to 64 bits without a word, so values are checked here.
 *
 * @throws {SQLITE_STATEMENT_INVALID} naming the first parameter that does not fit
 */
function checkParams(prepared: Prepared, sql: string, params: readonly SqlValue[]): void {
  if (params.length !== prepared.paramsCount) {
    throw invalid(`${prepared.paramsCount} parameters, got ${params.length}`, sql)
  }
  for (let index = 0; index < params.length; index++) {
    const value: unknown = params[index]
    if (typeof value === "string" || value === null) continue
    if (typeof value === "number" && !Number.isNaN(value)) continue
    if (typeof value === "bigint" && value >= minInt64 && value <= maxInt64) continue
    if (value instanceof Uint8Array) continue
    throw invalid(
      `parameter ${index + 1} to be a string, number, 64-bit bigint, bytes or null, got ${typeof value}`,
      sql,
    )
  }
}

function invalid(what: string, sql: string): AshlarError {
  return new SqliteStatementInvalid(`Expected ${what}, in: ${sql.slice(0, 80)}`)
}
