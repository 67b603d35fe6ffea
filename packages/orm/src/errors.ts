import { AshlarError, defineError, type ErrorClass } from "@ashlar/core"

/*
 * Messages may reach an HTTP caller: they hold neither SQL, nor values, nor addresses. The database's own error is the cause.
 */

/** A bound value is of a kind that no database stores as it is. */
export const OrmValueInvalid: ErrorClass<"ORM_VALUE_INVALID", 500> = defineError(
  "ORM_VALUE_INVALID",
  500,
  "A value cannot be bound. Give text, a finite number, a 64-bit bigint, a boolean, null, a valid Date or bytes.",
)

/** A name of a table or column is empty, too long or holds a NUL. */
export const OrmIdentifierInvalid: ErrorClass<"ORM_IDENTIFIER_INVALID", 500> = defineError(
  "ORM_IDENTIFIER_INVALID",
  500,
  "A name cannot be an identifier. Give 1 to 63 bytes of text without NUL.",
)

/** An option of `openDatabase`, a transaction or a stream does not fit. */
export const OrmOptionsInvalid: ErrorClass<"ORM_OPTIONS_INVALID", 500> = defineError(
  "ORM_OPTIONS_INVALID",
  500,
  "An option of the database is not valid. The message says which, and what was expected.",
)

/** The database could not be reached or refused the login. */
export const OrmConnectFailed: ErrorClass<"ORM_CONNECT_FAILED", 503> = defineError(
  "ORM_CONNECT_FAILED",
  503,
  "The database could not be opened. Check its address, login, TLS options and file; the log has the cause.",
)

/** The connection ended while it was in use. */
export const OrmConnectionLost: ErrorClass<"ORM_CONNECTION_LOST", 503> = defineError(
  "ORM_CONNECTION_LOST",
  503,
  "The connection to the database ended during the query. A write outside of a transaction may or may not be there.",
)

/** The connection ended during COMMIT. Never retried. */
export const OrmOutcomeUnknown: ErrorClass<"ORM_OUTCOME_UNKNOWN", 503> = defineError(
  "ORM_OUTCOME_UNKNOWN",
  503,
  "The connection ended during the commit: the transaction may or may not be there. Read before repeating it.",
)

/** No connection became free in time, or too many callers wait for one. */
export const OrmPoolExhausted: ErrorClass<"ORM_POOL_EXHAUSTED", 503> = defineError(
  "ORM_POOL_EXHAUSTED",
  503,
  "All connections to the database are in use. Try again in a moment; shorten transactions, or raise max.",
)

/** A statement or a transaction took longer than it may. Nothing of a transaction was kept. */
export const OrmTimeout: ErrorClass<"ORM_TIMEOUT", 503> = defineError(
  "ORM_TIMEOUT",
  503,
  "The database did not answer in time, and the work was stopped.",
)

/** Another transaction holds the lock. */
export const OrmLockTimeout: ErrorClass<"ORM_LOCK_TIMEOUT", 503> = defineError(
  "ORM_LOCK_TIMEOUT",
  503,
  "Another transaction held a lock for too long. Try again in a moment.",
)

/** Two transactions waited for each other, and this one was undone. */
export const OrmDeadlock: ErrorClass<"ORM_DEADLOCK", 503> = defineError(
  "ORM_DEADLOCK",
  503,
  "Two transactions waited for each other, and this one was undone. Try again; lock rows in one order.",
)

/** The transaction could not run as if it were alone, and was undone. */
export const OrmSerializationFailed: ErrorClass<"ORM_SERIALIZATION_FAILED", 503> = defineError(
  "ORM_SERIALIZATION_FAILED",
  503,
  "Another transaction changed the same data, and this one was undone. Try again.",
)

/** A table changed under a prepared statement inside a transaction, which was undone. */
export const OrmSchemaChanged: ErrorClass<"ORM_SCHEMA_CHANGED", 503> = defineError(
  "ORM_SCHEMA_CHANGED",
  503,
  "The columns of a table changed during the transaction, which was undone. Try again.",
)

/** A unique or primary key has the value already; `details.constraint` or `details.columns` where the database says which. */
export const OrmUniqueViolation: ErrorClass<"ORM_UNIQUE_VIOLATION", 409> = defineError(
  "ORM_UNIQUE_VIOLATION",
  409,
  "There is a row with this value already.",
)

/** A foreign key names a row that is not there, or a row is still named by others. */
export const OrmForeignKeyViolation: ErrorClass<"ORM_FOREIGN_KEY_VIOLATION", 409> = defineError(
  "ORM_FOREIGN_KEY_VIOLATION",
  409,
  "The row belongs to one that is not there, or others belong to it.",
)

/** A NOT NULL, CHECK or exclusion constraint refused the row. */
export const OrmConstraintViolation: ErrorClass<"ORM_CONSTRAINT_VIOLATION", 409> = defineError(
  "ORM_CONSTRAINT_VIOLATION",
  409,
  "A constraint of the database refused the row.",
)

/** A write reached a connection that only reads. */
export const OrmReadOnly: ErrorClass<"ORM_READ_ONLY", 500> = defineError(
  "ORM_READ_ONLY",
  500,
  "The connection only reads, and the statement would write. Open the database without readOnly for it.",
)

/** The database has no way to do this. */
export const OrmUnsupported: ErrorClass<"ORM_UNSUPPORTED", 500> = defineError(
  "ORM_UNSUPPORTED",
  500,
  "The database cannot do this. The message says what, and what to do instead.",
)

/** No room on the disk. */
export const OrmDiskFull: ErrorClass<"ORM_DISK_FULL", 507> = defineError(
  "ORM_DISK_FULL",
  507,
  "The disk of the database is full, and nothing was written. Free space, then try again.",
)

/** The SQL does not compile, or names what is not there. */
export const OrmStatementInvalid: ErrorClass<"ORM_STATEMENT_INVALID", 500> = defineError(
  "ORM_STATEMENT_INVALID",
  500,
  "The database does not understand the statement. The log has the cause.",
)

/** Any other refusal of the database. */
export const OrmQueryFailed: ErrorClass<"ORM_QUERY_FAILED", 500> = defineError(
  "ORM_QUERY_FAILED",
  500,
  "The database refused the statement. The log has the cause.",
)

/** The database was closed. */
export const OrmClosed: ErrorClass<"ORM_CLOSED", 503> = defineError(
  "ORM_CLOSED",
  503,
  "The database was closed. Open it again, or close it later.",
)

/** Code went on after its transaction had ended. */
export const OrmTransactionClosed: ErrorClass<"ORM_TRANSACTION_CLOSED", 500> = defineError(
  "ORM_TRANSACTION_CLOSED",
  500,
  "A query came from code whose transaction had ended. Await everything that the transaction starts, or use afterCommit.",
)

/** An earlier error undid the transaction, so it takes no more queries and cannot be committed. */
export const OrmTransactionAborted: ErrorClass<"ORM_TRANSACTION_ABORTED", 500> = defineError(
  "ORM_TRANSACTION_ABORTED",
  500,
  "The transaction was undone after an error in it. Let that error leave the transaction, or put what may fail in a nested one.",
)

/** A call that does not fit where it was made. */
export const OrmTransactionMisused: ErrorClass<"ORM_TRANSACTION_MISUSED", 500> = defineError(
  "ORM_TRANSACTION_MISUSED",
  500,
  "This does not work here. The message says what to write instead.",
)

/** The transaction is there, but what was to happen after it did not all happen. */
export const OrmAfterCommitFailed: ErrorClass<"ORM_AFTER_COMMIT_FAILED", 500> = defineError(
  "ORM_AFTER_COMMIT_FAILED",
  500,
  "The transaction was committed, but something that was to follow it failed. Do not repeat the transaction.",
)

/** A table, a column or a change of them is described in a way that the database has no form of, or names what is not there. */
export const OrmSchemaInvalid: ErrorClass<"ORM_SCHEMA_INVALID", 500> = defineError(
  "ORM_SCHEMA_INVALID",
  500,
  "A change of the schema does not fit the database. The message says what, and what to write.",
)

/** A change of the schema would have lost rows, and was undone. */
export const OrmSchemaUnsafe: ErrorClass<"ORM_SCHEMA_UNSAFE", 500> = defineError(
  "ORM_SCHEMA_UNSAFE",
  500,
  "The change of the schema was undone, for rows would have been lost or left without what they belong to. The message says which.",
)

/** A file of a migration is not one, or its name is not. */
export const OrmMigrationInvalid: ErrorClass<"ORM_MIGRATION_INVALID", 500> = defineError(
  "ORM_MIGRATION_INVALID",
  500,
  "A migration cannot be read. The message names the file, and what was expected.",
)

/** A migration that was applied is another one now, or its file is gone. */
export const OrmMigrationChanged: ErrorClass<"ORM_MIGRATION_CHANGED", 409> = defineError(
  "ORM_MIGRATION_CHANGED",
  409,
  "A migration that was applied has changed since, or its file is gone. Restore it, and write a new migration for what is to change.",
)

/** A migration that was never applied is older than one that was. */
export const OrmMigrationGap: ErrorClass<"ORM_MIGRATION_GAP", 409> = defineError(
  "ORM_MIGRATION_GAP",
  409,
  "A migration that was not applied comes before one that was. Give it a later name, or allow it out of order.",
)

/** A migration would take rows or columns away, and nobody agreed to that. */
export const OrmMigrationDestructive: ErrorClass<"ORM_MIGRATION_DESTRUCTIVE", 409> = defineError(
  "ORM_MIGRATION_DESTRUCTIVE",
  409,
  "A migration takes data away for good. Read it, then allow destructive steps.",
)

/** Another process migrates the same database. */
export const OrmMigrationLocked: ErrorClass<"ORM_MIGRATION_LOCKED", 409> = defineError(
  "ORM_MIGRATION_LOCKED",
  409,
  "Another process migrates this database. Wait for it; if it crashed, its lock ends by itself.",
)

/** A migration cannot be undone: it says nothing of how, or what it needs is not there. */
export const OrmMigrationIrreversible: ErrorClass<"ORM_MIGRATION_IRREVERSIBLE", 409> = defineError(
  "ORM_MIGRATION_IRREVERSIBLE",
  409,
  "A migration has no `down`, so it cannot be undone. Write a new one that does what you want.",
)

/** A step of a migration failed. */
export const OrmMigrationFailed: ErrorClass<"ORM_MIGRATION_FAILED", 500> = defineError(
  "ORM_MIGRATION_FAILED",
  500,
  "A step of a migration failed. The message says which, and what of the migration is there; the cause says why.",
)

const RETRYABLE: ReadonlySet<string> = new Set([OrmSerializationFailed.code, OrmDeadlock.code, OrmSchemaChanged.code])

/** Whether the whole transaction may simply be run again: it was undone, and for no fault of its own. */
export function isRetryable(error: unknown): boolean {
  return error instanceof AshlarError && RETRYABLE.has(error.code)
}

const FATAL: ReadonlySet<string> = new Set([
  ...RETRYABLE,
  OrmLockTimeout.code,
  OrmConnectionLost.code,
  OrmDiskFull.code,
])

/**
 * Whether no transaction survives this error, though a database may pretend so: MariaDB keeps half of it after a lock
 * timeout, and after a deadlock commits each later statement by itself.
 */
export function endsTransaction(error: unknown): boolean {
  return error instanceof AshlarError && FATAL.has(error.code)
}

/** A model, its columns or a query over them are not described rightly. The message says what, and what is known. */
export const OrmModelInvalid: ErrorClass<"ORM_MODEL_INVALID", 500> = defineError(
  "ORM_MODEL_INVALID",
  500,
  "A model or its columns are not described rightly. The message says which, and what was expected.",
)

/** A query names what the model does not have, or asks for what it cannot say. */
export const OrmQueryInvalid: ErrorClass<"ORM_QUERY_INVALID", 500> = defineError(
  "ORM_QUERY_INVALID",
  500,
  "A query names what its model does not have, or asks for what it cannot do. The message says what is known.",
)

/** There is no row with this key, or none that the query may see. */
export const OrmNotFound: ErrorClass<"ORM_NOT_FOUND", 404> = defineError("ORM_NOT_FOUND", 404, "There is no such row.")

/** Another changed the row since it was read, or it is gone: nothing was written. */
export const OrmConflict: ErrorClass<"ORM_CONFLICT", 409> = defineError(
  "ORM_CONFLICT",
  409,
  "The row was changed or deleted by another since it was read. Read it again, and repeat the change.",
)

/** An observer of the model said no. */
export const OrmVetoed: ErrorClass<"ORM_VETOED", 409> = defineError(
  "ORM_VETOED",
  409,
  "An observer of the model refused the change, and nothing was written.",
)

/** A scope has no value here: nobody is signed in, or no tenant is set. */
export const OrmScopeMissing: ErrorClass<"ORM_SCOPE_MISSING", 500> = defineError(
  "ORM_SCOPE_MISSING",
  500,
  "A scope of the model has no value here, so nothing may be read or written. Set it around the call, or lift the scope by name.",
)

/** A row is not for this scope: it would belong to another tenant. */
export const OrmScopeViolated: ErrorClass<"ORM_SCOPE_VIOLATED", 403> = defineError(
  "ORM_SCOPE_VIOLATED",
  403,
  "The row would belong to another scope than the one this code runs in.",
)

/** A model knows no database. */
export const OrmModelUnbound: ErrorClass<"ORM_MODEL_UNBOUND", 500> = defineError(
  "ORM_MODEL_UNBOUND",
  500,
  "The model knows no open database. Set static database on it or on its base class, or write Model.in(db).",
)

/** A relation is asked of a row that was read without it. */
export const OrmRelationNotLoaded: ErrorClass<"ORM_RELATION_NOT_LOADED", 500> = defineError(
  "ORM_RELATION_NOT_LOADED",
  500,
  "A relation of the row was not loaded. Ask for it with the query, by with(), or later by load().",
)

/** An encrypted column has no key, or what it holds was made with another, or elsewhere. */
export const OrmEncryptionFailed: ErrorClass<"ORM_ENCRYPTION_FAILED", 500> = defineError(
  "ORM_ENCRYPTION_FAILED",
  500,
  "An encrypted column could not be read or written. Give the key it was made with, of 32 bytes.",
)

/** A cursor of a page was made for another list, or changed on its way. */
export const OrmCursorInvalid: ErrorClass<"ORM_CURSOR_INVALID", 400> = defineError(
  "ORM_CURSOR_INVALID",
  400,
  "The cursor is not one of this list. Begin with the first page.",
)
