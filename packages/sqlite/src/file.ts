import type { SqlValue, Statement, WriteResult } from "./definition.ts"
import type { ScanOptions } from "./scanner.ts"

/** One database file. Stays valid when the engine closed it to save descriptors: it reopens by itself. */
export interface SqliteFile {
  /** Absolute. */
  readonly path: string

  /**
   * Runs the statements as one operation, all or none, in the next group of this file. Resolves only after the group's
   * COMMIT returned, so the write survives kill -9 and power loss. Operations of one file run in the order of the calls.
   *
   * @returns one result per statement
   * @throws {SQLITE_PRECONDITION} when a statement changed another number of rows than its `expectChanges`
   * @throws {SQLITE_CONSTRAINT} when a constraint refuses a row
   * @throws {SQLITE_STATEMENT_REFUSED | SQLITE_STATEMENT_INVALID} when the SQL or its parameters are wrong
   * @throws {SQLITE_BUSY_QUEUE | SQLITE_OP_TOO_LARGE} at the bounds of the queue
   * @throws {SQLITE_FULL} when the disk is full. Writes made only of DELETE and DROP still run
   * @throws {SQLITE_OUTCOME_UNKNOWN} when the commit failed midway: it may or may not be there
   * @throws {SQLITE_READ_ONLY} after the storage failed twice
   * @throws {SQLITE_CLOSED} after `remove` or the engine's `close`
   */
  write(statements: readonly Statement[]): Promise<readonly WriteResult[]>

  /**
   * Runs a named procedure, `<feature>.<export>`, in the writer, in the group's transaction: all of it holds, or nothing.
   * Arguments and result are plain data; flat arrays of strings and numbers cross fastest.
   *
   * @param options.makesRoom the procedure deletes, so it may run on a full disk. Default false
   * @throws what the procedure throws, as an AshlarError with its code; and as {@link SqliteFile.write}
   * @throws {SQLITE_PROCEDURE_UNKNOWN | SQLITE_PROCEDURE_INVALID} when there is none, or it breaks its rules
   */
  call<T>(procedure: string, args: unknown, options?: { readonly makesRoom?: boolean }): Promise<T>

  /**
   * All rows of a read, on this thread, at once: for point reads and pages. Sees every write acknowledged before.
   *
   * @throws {SQLITE_STATEMENT_REFUSED | SQLITE_STATEMENT_INVALID} when it is not one statement that reads
   */
  all<T>(sql: string, params?: readonly SqlValue[]): T[]

  /** The first row, or undefined. As {@link SqliteFile.all}. */
  get<T>(sql: string, params?: readonly SqlValue[]): T | undefined

  /**
   * A long read, in another process, killed when it takes too long.
   *
   * @throws {SQLITE_SCAN_TIMEOUT} after `timeoutMs`, counted from this call
   * @throws {SQLITE_SCAN_TOO_MANY_ROWS} when there are more than `maxRows`
   * @throws {SQLITE_BUSY_QUEUE} when too many scans wait
   */
  scan<T>(sql: string, params?: readonly SqlValue[], options?: ScanOptions): Promise<T[]>
}
