export type {
  Feature,
  FileDefinition,
  Migration,
  Procedure,
  SqlValue,
  Statement,
  Transaction,
  WriteResult,
} from "./definition.ts"
export type { SqliteEngine, SqliteHealth, SqliteOptions, SqliteProblem } from "./engine.ts"
export { openSqlite } from "./engine.ts"
export {
  SqliteBusyQueue,
  SqliteClosed,
  SqliteConstraint,
  SqliteCorrupt,
  SqliteDefinition,
  SqliteFailed,
  SqliteFileNewer,
  SqliteFull,
  SqliteLocked,
  SqliteMigration,
  SqliteMissing,
  SqliteNotADatabase,
  SqliteNotWritable,
  SqliteOpTooLarge,
  SqliteOutcomeUnknown,
  SqlitePrecondition,
  SqliteProcedureInvalid,
  SqliteProcedureUnknown,
  SqliteReadOnly,
  SqliteScanTimeout,
  SqliteScanTooManyRows,
  SqliteSettings,
  SqliteStatementInvalid,
  SqliteStatementRefused,
  SqliteStorageFailed,
} from "./errors.ts"
export type { SqliteFile } from "./file.ts"
export type { Histogram, SqliteMetrics } from "./metrics.ts"
export type { ScanOptions } from "./scanner.ts"
