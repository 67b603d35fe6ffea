import { Connection } from "../connection.ts"
import type { FileSchema, SqlValue } from "../definition.ts"
import {
  SqliteFailed,
  SqliteFull,
  SqliteOutcomeUnknown,
  SqlitePrecondition,
  SqliteProcedureInvalid,
  SqliteProcedureUnknown,
} from "../errors.ts"
import { faultOf, toErrorWire } from "../faults.ts"
import { endOfOp, type GroupReply, opTag, resultTag, type WriterRequest } from "../protocol.ts"
import { inspectStatement } from "../sql-guard.ts"
import { isDiskShort, keepBallast, releaseBallast } from "./ballast.ts"
import { checkOwnership, migrate } from "./migrations.ts"
import { applySettings } from "./settings.ts"
import { GuardedTransaction, type Shared } from "./transaction.ts"

type Procedures = ReadonlyMap<string, (tx: GuardedTransaction, args: unknown) => unknown>
type OpenRequest = Extract<WriterRequest, { type: "open" }>

/** Free pages inside the file that count as room: a megabyte of them. */
const roomyFreePages = 256

/** After an operation had to be undone, so many groups give each operation a savepoint. */
const carefulGroups = 100

/** Reads a group's flat array from left to right. */
interface Cursor {
  readonly items: readonly unknown[]
  at: number
}

/**
 * The writer's side of one open file: applies a group of operations in one transaction.
 *
 * A call that fails must undo what it did and nothing else. A savepoint for each costs as much as a small write, and few fail:
 * so calls run without one, and when one has to be undone the whole group is, and runs again with savepoints.
 */
export class Session {
  readonly #connection: Connection
  readonly #procedures: Procedures
  readonly #ballastPath: string
  #diskIsShort = false
  /** For the group under way: refuse what makes no room. */
  #onlyDeletes = false
  /** Groups left that run with savepoints. */
  #carefulLeft = 0
  #shared: Shared | undefined
  /** Whether the call that just failed left something to undo. */
  #unclean = false

  constructor(connection: Connection, procedures: Procedures, ballastPath: string) {
    this.#connection = connection
    this.#procedures = procedures
    this.#ballastPath = ballastPath
  }

  /**
   * Opens, settles and migrates a file.
   *
   * @throws {SQLITE_MISSING | SQLITE_NOT_WRITABLE | SQLITE_NOT_A_DATABASE | SQLITE_FILE_CORRUPT | SQLITE_SETTINGS |
   * SQLITE_FILE_NEWER | SQLITE_MIGRATION | SQLITE_FULL} as each says
   */
  static async open(request: OpenRequest): Promise<Session> {
    const procedures = await loadProcedures(request.schema)
    keepBallast(request.ballastPath)
    const connection = new Connection(request.path, request.create ? "create" : "write")
    try {
      checkOwnership(connection, request.create)
      applySettings(connection, request.synchronous)
      migrate(connection, request.schema)
      // After a failed fsync: the log's pages go to the file and are synced, or this throws and the file stays shut.
      if (request.recover) connection.controlValue("PRAGMA wal_checkpoint(TRUNCATE)")
    } catch (error) {
      try {
        connection.close()
      } catch {
        // The first error is the true one.
      }
      if (faultOf(error) === "full") releaseBallast(request.ballastPath)
      throw error
    }
    return new Session(connection, procedures, request.ballastPath)
  }

  /** Never throws. What it returns may be sent at once: the group is durable, or nothing of it was kept. */
  apply(items: readonly unknown[]): GroupReply {
    const startMs = performance.now()
    try {
      return this.#commit(items, startMs, false)
    } catch (error) {
      this.#rollBack()
      return faultOf(error) === "full" ? this.#applyOnFullDisk(items, startMs, false) : this.#failed(error, startMs)
    }
  }

  /**
   * Nothing of the group was kept. Giving up the ballast and cutting the log may give room for all of it; if that is not
   * enough, only what makes room runs, so that others cannot starve the deletes they share a group with.
   */
  #applyOnFullDisk(items: readonly unknown[], startMs: number, onlyDeletes: boolean): GroupReply {
    try {
      releaseBallast(this.#ballastPath)
      this.#cutLog()
      return this.#commit(items, startMs, onlyDeletes)
    } catch (error) {
      this.#rollBack()
      if (faultOf(error) !== "full" || onlyDeletes) return this.#failed(error, startMs)
      return this.#applyOnFullDisk(items, startMs, true)
    }
  }

  /** @throws what ended the whole group */
  #commit(items: readonly unknown[], startMs: number, onlyDeletes: boolean): GroupReply {
    this.#diskIsShort = isDiskShort(this.#ballastPath, this.#connection.path)
    this.#onlyDeletes = onlyDeletes || (this.#diskIsShort && !this.#hasRoomInside())
    const careful = this.#carefulLeft > 0
    if (careful) this.#carefulLeft--
    let results = this.#applyAll(items, careful)
    if (results === undefined) {
      this.#rollBack()
      this.#carefulLeft = carefulGroups
      results = this.#applyAll(items, true) as unknown[]
    }
    this.#connection.control("COMMIT")
    // What little room there is must not sit in the log.
    if (this.#diskIsShort) this.#cutLog()
    const commitMs = performance.now() - startMs
    return { results, failure: undefined, fault: "none", full: this.#diskIsShort, commitMs }
  }

  #failed(error: unknown, startMs: number): GroupReply {
    const fault = faultOf(error)
    // Refused by this process, yet a log page may have reached the disk: after a crash the write could be there.
    const shown = fault === "io" ? new SqliteOutcomeUnknown(undefined, { cause: error }) : error
    return {
      results: [],
      failure: toErrorWire(shown, this.#connection.path),
      fault,
      full: this.#diskIsShort,
      commitMs: performance.now() - startMs,
    }
  }

  close(): void {
    this.#connection.close()
  }

  /**
   * @returns the results, or undefined when an operation has to be undone that has no savepoint
   * @throws what ended the whole group
   */
  #applyAll(items: readonly unknown[], careful: boolean): unknown[] | undefined {
    const results: unknown[] = []
    const cursor = { items, at: 0 }
    this.#shared = undefined
    this.#connection.control("BEGIN IMMEDIATE")
    while (cursor.at < items.length) if (!this.#applyOp(cursor, results, careful)) return undefined
    return this.#finishShared() ? results : undefined
  }

  /**
   * One operation, all or none; its failure is its own, unless SQLite gave up the transaction.
   *
   * @returns false when something has to be undone that has no savepoint
   * @throws what ended the whole group
   */
  #applyOp(cursor: Cursor, results: unknown[], careful: boolean): boolean {
    const before = results.length
    const start = cursor.at
    const isCall = cursor.items[start] === opTag.call
    if (!(isCall && this.#shared?.procedure === cursor.items[start + 1]) && !this.#finishShared()) return false
    this.#unclean = false
    try {
      if (!isCall) this.#applyStatements(cursor, results)
      else if (careful) this.#underSavepoint(() => this.#applyWholly(cursor, results))
      else this.#applyCall(cursor, results)
    } catch (error) {
      if (!this.#isOwn(error)) throw error
      if (this.#unclean && !careful) return false
      results.length = before
      results.push(resultTag.error, toErrorWire(error, this.#connection.path))
      cursor.at = endOfOp(cursor.items, start)
    }
    return true
  }

  /** Whether an error concerns only what threw it. */
  #isOwn(error: unknown): boolean {
    return this.#connection.inTransaction && faultOf(error) === "none"
  }

  /** @returns false when it failed, so that the calls that shared it have to be undone. @throws what ended the whole group */
  #finishShared(): boolean {
    try {
      this.#endShared()
      return true
    } catch (error) {
      if (!this.#isOwn(error)) throw error
      return false
    }
  }

  #endShared(): void {
    const shared = this.#shared
    if (shared === undefined) return
    this.#shared = undefined
    const tx = new GuardedTransaction(this.#connection, shared.procedure, undefined)
    try {
      shared.end(tx)
    } finally {
      tx.end()
    }
  }

  #applyStatements(cursor: Cursor, results: unknown[]): void {
    const { items } = cursor
    const count = items[cursor.at + 1] as number
    // A failed statement undoes itself; several, or one whose count of changes is judged after the fact, need a savepoint.
    const guarded = count > 1 || items[cursor.at + 3] !== -1
    if (this.#onlyDeletes && !this.#makesRoom(items, cursor.at)) throw new SqliteFull()
    cursor.at += 2
    results.push(resultTag.rows)
    const run = () => {
      for (let index = 0; index < count; index++) this.#applyStatement(cursor, results)
    }
    if (guarded) this.#underSavepoint(run)
    else run()
  }

  #applyStatement(cursor: Cursor, results: unknown[]): void {
    const { items } = cursor
    const sql = items[cursor.at] as string
    const expected = items[cursor.at + 1] as number
    const from = cursor.at + 3
    cursor.at = from + (items[cursor.at + 2] as number)
    const params = items.slice(from, cursor.at) as SqlValue[]
    const ran = this.#connection.execute(sql, params)
    if (expected !== -1 && ran.changes !== expected) {
      throw new SqlitePrecondition(
        `Expected the statement to change ${expected} rows, got ${ran.changes}. Nothing of this write was kept; read again and retry.`,
        { details: { expectedChanges: expected, changes: ran.changes } },
      )
    }
    const rows = ran.rows === undefined || ran.rows.length === 0 ? 0 : ran.rows
    results.push(ran.changes, ran.lastInsertRowid, rows)
  }

  /** With its end, so that one savepoint undoes both. */
  #applyWholly(cursor: Cursor, results: unknown[]): void {
    this.#applyCall(cursor, results)
    this.#endShared()
  }

  #applyCall(cursor: Cursor, results: unknown[]): void {
    const { items, at } = cursor
    const name = items[at + 1] as string
    const count = items[at + 3] as number
    if (this.#onlyDeletes && items[at + 2] === false) throw new SqliteFull()
    const procedure = this.#procedures.get(name)
    if (procedure === undefined) {
      throw new SqliteProcedureUnknown(
        `Expected one of the procedures ${[...this.#procedures.keys()].join(", ") || "(none)"}, got "${name}".`,
      )
    }
    cursor.at = endOfOp(items, at)
    const tx = new GuardedTransaction(this.#connection, name, this.#shared)
    let failed = true
    try {
      const value = procedure(tx, count === -1 ? items[at + 4] : items.slice(at + 4, cursor.at))
      if (value instanceof Promise) {
        value.catch(() => {})
        throw new SqliteProcedureInvalid(`Expected the procedure ${name} to be synchronous, got a promise.`)
      }
      results.push(resultTag.value, value)
      failed = false
    } finally {
      this.#unclean = failed && tx.changed
      tx.end()
    }
    this.#shared = tx.shared
  }

  #underSavepoint(work: () => void): void {
    this.#connection.control("SAVEPOINT op")
    try {
      work()
    } catch (error) {
      if (this.#connection.inTransaction) {
        this.#connection.control("ROLLBACK TO op")
        this.#connection.control("RELEASE op")
      }
      throw error
    }
    this.#connection.control("RELEASE op")
  }

  #rollBack(): void {
    if (!this.#connection.inTransaction) return
    try {
      this.#connection.control("ROLLBACK")
    } catch {
      // The first error is the true one; SQLite answers a ROLLBACK after its own with "no transaction is active".
    }
  }

  #cutLog(): void {
    try {
      this.#connection.controlValue("PRAGMA wal_checkpoint(TRUNCATE)")
    } catch {
      // The disk may be too full even for this; the next operation that makes room tries again.
    }
  }

  /** Deleted rows leave room inside the file, which needs none of the disk. */
  #hasRoomInside(): boolean {
    return Number(this.#connection.controlValue("PRAGMA freelist_count")) >= roomyFreePages
  }

  #makesRoom(items: readonly unknown[], start: number): boolean {
    let at = start + 2
    for (let left = items[start + 1] as number; left > 0; left--) {
      if (!inspectStatement(items[at] as string).frees) return false
      at += 3 + (items[at + 2] as number)
    }
    return true
  }
}

async function loadProcedures(schema: FileSchema): Promise<Procedures> {
  const procedures = new Map<string, (tx: GuardedTransaction, args: unknown) => unknown>()
  for (const feature of schema.features) {
    if (feature.procedures === undefined) continue
    let module: Record<string, unknown>
    try {
      module = await import(feature.procedures)
    } catch (cause) {
      throw new SqliteFailed(`The procedures of "${feature.name}" did not load. The log has the cause.`, { cause })
    }
    for (const [name, value] of Object.entries(module)) {
      if (typeof value === "function") procedures.set(`${feature.name}.${name}`, value as never)
    }
  }
  return procedures
}
