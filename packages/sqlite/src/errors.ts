import { type AshlarError, defineError, type ErrorClass, type ErrorReport, fromReport } from "@ashlar/core"

/*
 * Messages may reach an HTTP caller, so they name a file by its last part only. The whole path is in the cause, for the log.
 */

/** The write queue is at its bound. Nothing was written; the same call may be made again. */
export const SqliteBusyQueue: ErrorClass<"SQLITE_BUSY_QUEUE", 503> = defineError(
  "SQLITE_BUSY_QUEUE",
  503,
  "Too many writes are waiting for this database. Nothing was written; try again in a moment.",
)

/** One operation is larger than the engine takes. */
export const SqliteOpTooLarge: ErrorClass<"SQLITE_OP_TOO_LARGE", 413> = defineError(
  "SQLITE_OP_TOO_LARGE",
  413,
  "This write is larger than one operation may be. Split it into smaller ones.",
)

/** The disk is full. Nothing was written; operations that make room still run. */
export const SqliteFull: ErrorClass<"SQLITE_FULL", 507> = defineError(
  "SQLITE_FULL",
  507,
  "The disk is full (less than 16 MB are free), so nothing was written. Delete data in small steps (deletes still work), or free space on the volume.",
)

/** The write may or may not have happened. */
export const SqliteOutcomeUnknown: ErrorClass<"SQLITE_OUTCOME_UNKNOWN", 503> = defineError(
  "SQLITE_OUTCOME_UNKNOWN",
  503,
  "The storage failed during the commit: the write may or may not be there. Read before repeating it, or repeat it with the same Idempotency-Key.",
)

/** A read, write or sync of the file failed while nothing was being written; the cause is in the log. */
export const SqliteStorageFailed: ErrorClass<"SQLITE_STORAGE_FAILED", 503> = defineError(
  "SQLITE_STORAGE_FAILED",
  503,
  "The storage failed, and nothing was written. Check the disk; the log has the cause.",
)

/** The file takes no more writes until the process restarts. */
export const SqliteReadOnly: ErrorClass<"SQLITE_READ_ONLY", 503> = defineError(
  "SQLITE_READ_ONLY",
  503,
  "The storage of this database failed repeatedly, so it only answers reads. Check the disk, then restart.",
)

/** Another process holds the file's write lock. */
export const SqliteLocked: ErrorClass<"SQLITE_LOCKED_BY_OTHER", 503> = defineError(
  "SQLITE_LOCKED_BY_OTHER",
  503,
  "Another process is writing to this database. Run only one server on a data folder; nothing was written.",
)

/** A UNIQUE, NOT NULL, CHECK or FOREIGN KEY constraint refused the operation; `details.constraint` says which kind. */
export const SqliteConstraint: ErrorClass<"SQLITE_CONSTRAINT", 409> = defineError(
  "SQLITE_CONSTRAINT",
  409,
  "A constraint of the database refused this write. Nothing of it was kept.",
)

/** A statement changed another number of rows than its `expectChanges` asked for; the whole operation was undone. */
export const SqlitePrecondition: ErrorClass<"SQLITE_PRECONDITION", 412> = defineError(
  "SQLITE_PRECONDITION",
  412,
  "The data is not in the state this write expects. Nothing of it was kept; read again and retry.",
)

/** The SQL is of a kind that would break the shared transaction, or is not one statement. */
export const SqliteStatementRefused: ErrorClass<"SQLITE_STATEMENT_REFUSED", 500> = defineError(
  "SQLITE_STATEMENT_REFUSED",
  500,
  "This kind of SQL is not allowed here. Give one statement that neither begins nor ends a transaction.",
)

/** The SQL does not compile, or its parameters do not fit. */
export const SqliteStatementInvalid: ErrorClass<"SQLITE_STATEMENT_INVALID", 500> = defineError(
  "SQLITE_STATEMENT_INVALID",
  500,
  "The SQL statement or its parameters are wrong.",
)

/** No feature of the file exports this procedure. */
export const SqliteProcedureUnknown: ErrorClass<"SQLITE_PROCEDURE_UNKNOWN", 500> = defineError(
  "SQLITE_PROCEDURE_UNKNOWN",
  500,
  "No feature of this file exports that procedure. Call it as <feature>.<export>.",
)

/** A procedure returned a promise, or its arguments or result are not plain data. */
export const SqliteProcedureInvalid: ErrorClass<"SQLITE_PROCEDURE_INVALID", 500> = defineError(
  "SQLITE_PROCEDURE_INVALID",
  500,
  "A procedure must be synchronous, and take and return plain data.",
)

/** A scan ran past its time limit and was killed. */
export const SqliteScanTimeout: ErrorClass<"SQLITE_SCAN_TIMEOUT", 504> = defineError(
  "SQLITE_SCAN_TIMEOUT",
  504,
  "The query took longer than its time limit and was stopped. Narrow it, or give it an index.",
)

/** A scan found more rows than `maxRows`. */
export const SqliteScanTooManyRows: ErrorClass<"SQLITE_SCAN_TOO_MANY_ROWS", 422> = defineError(
  "SQLITE_SCAN_TOO_MANY_ROWS",
  422,
  "The query has more rows than it may return at once. Add a LIMIT and page through them.",
)

/** The file was written by a newer version of the software. */
export const SqliteFileNewer: ErrorClass<"SQLITE_FILE_NEWER", 500> = defineError(
  "SQLITE_FILE_NEWER",
  500,
  "This database was written by a newer version. Start that version or a later one; the file was left as it is.",
)

/** A migration failed, or is not the one that was applied to this file. */
export const SqliteMigration: ErrorClass<"SQLITE_MIGRATION", 500> = defineError(
  "SQLITE_MIGRATION",
  500,
  "A migration of this database cannot be applied. The file was left as it is.",
)

/** The file's definition contradicts itself or an earlier one. */
export const SqliteDefinition: ErrorClass<"SQLITE_DEFINITION", 500> = defineError(
  "SQLITE_DEFINITION",
  500,
  "The definition of this database is wrong: feature names are unique and migration ids rise.",
)

/** The folder or the file cannot be written. */
export const SqliteNotWritable: ErrorClass<"SQLITE_NOT_WRITABLE", 500> = defineError(
  "SQLITE_NOT_WRITABLE",
  500,
  "The data folder or a file in it cannot be written. Give the server's user write permission on it.",
)

/** The file or its folder is not there. */
export const SqliteMissing: ErrorClass<"SQLITE_MISSING", 500> = defineError(
  "SQLITE_MISSING",
  500,
  "The database file or its folder is not there. Put it back, or restore a backup.",
)

/** The file is something else than a database of this software. */
export const SqliteNotADatabase: ErrorClass<"SQLITE_NOT_A_DATABASE", 500> = defineError(
  "SQLITE_NOT_A_DATABASE",
  500,
  "The file is not a database of this software. Move it away, or restore a backup.",
)

/** The file is damaged. */
export const SqliteCorrupt: ErrorClass<"SQLITE_FILE_CORRUPT", 500> = defineError(
  "SQLITE_FILE_CORRUPT",
  500,
  "The database file is damaged. Keep a copy of it, then restore a backup.",
)

/** The file does not run with the settings that durability needs. */
export const SqliteSettings: ErrorClass<"SQLITE_SETTINGS", 500> = defineError(
  "SQLITE_SETTINGS",
  500,
  "The database file does not take a setting that durability needs.",
)

/** The engine or the file was closed or removed. */
export const SqliteClosed: ErrorClass<"SQLITE_CLOSED", 503> = defineError(
  "SQLITE_CLOSED",
  503,
  "This database was closed or removed. Nothing was written.",
)

/** SQLite failed in a way that has no code of its own here; the cause is in the log. */
export const SqliteFailed: ErrorClass<"SQLITE_FAILED", 500> = defineError(
  "SQLITE_FAILED",
  500,
  "The database failed. The log has the cause.",
)

const byCode: ReadonlyMap<string, ErrorClass> = new Map(
  [
    SqliteBusyQueue,
    SqliteOpTooLarge,
    SqliteFull,
    SqliteOutcomeUnknown,
    SqliteStorageFailed,
    SqliteReadOnly,
    SqliteLocked,
    SqliteConstraint,
    SqlitePrecondition,
    SqliteStatementRefused,
    SqliteStatementInvalid,
    SqliteProcedureUnknown,
    SqliteProcedureInvalid,
    SqliteScanTimeout,
    SqliteScanTooManyRows,
    SqliteFileNewer,
    SqliteMigration,
    SqliteDefinition,
    SqliteNotWritable,
    SqliteMissing,
    SqliteNotADatabase,
    SqliteCorrupt,
    SqliteSettings,
    SqliteClosed,
    SqliteFailed,
  ].map((kind) => [kind.code, kind]),
)

/** An error that crossed a thread, as an instance of its class again, so that `instanceof` works on the calling side. */
export function rebuildError(report: ErrorReport, cause: unknown): AshlarError {
  const kind = byCode.get(report.code)
  const options = { ...(report.details && { details: report.details }), cause }
  if (kind !== undefined) return new kind(report.message, options)
  const error = fromReport(report)
  if (cause !== undefined) error.cause = cause
  return error
}
