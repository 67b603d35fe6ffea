export type { Cast, ColumnPlace } from "./columns/cast.ts"
export type {
  AnyColumn,
  Column,
  ColumnDefault,
  ColumnDefinition,
  ColumnFlag,
  ColumnKind,
  ColumnReference,
  ColumnRole,
  Columns,
  EncryptionKey,
  EncryptionKeys,
  ReferenceTarget,
  ReferentialAction,
} from "./columns/column.ts"
export { isColumn } from "./columns/column.ts"
export {
  array,
  bigint,
  boolean,
  bytes,
  createdAt,
  date,
  decimal,
  deletedAt,
  double,
  encrypted,
  enumeration,
  fullText,
  type IndexDefinition,
  index,
  integer,
  json,
  text,
  timestamp,
  uniqueIndex,
  updatedAt,
  uuid,
  version,
} from "./columns/columns.ts"
export type { Compilable, Database, DatabaseStatus, Queryable, StreamOptions } from "./database.ts"
export type { BoundValue, Connection, Dialect, Engine, Isolation, QueryResult, Row, Statement } from "./driver.ts"
export {
  OrmAfterCommitFailed,
  OrmClosed,
  OrmConnectFailed,
  OrmConnectionLost,
  OrmConstraintViolation,
  OrmDeadlock,
  OrmDiskFull,
  OrmEncryptionFailed,
  OrmForeignKeyViolation,
  OrmIdentifierInvalid,
  OrmLockTimeout,
  OrmModelInvalid,
  OrmOptionsInvalid,
  OrmOutcomeUnknown,
  OrmPoolExhausted,
  OrmQueryFailed,
  OrmReadOnly,
  OrmSchemaChanged,
  OrmSerializationFailed,
  OrmStatementInvalid,
  OrmTimeout,
  OrmTransactionAborted,
  OrmTransactionClosed,
  OrmTransactionMisused,
  OrmUniqueViolation,
  OrmValueInvalid,
} from "./errors.ts"
export type { ExplainOptions, PlanStep, PlanStepKind, QueryPlan } from "./explain.ts"
export type { DatabaseOptions } from "./open-database.ts"
export { defineDatabase, openDatabase } from "./open-database.ts"
export type { PoolStatus } from "./pool.ts"
export { Query, type WriteResult } from "./query.ts"
export type { QueryEvent, QueryEventOptions } from "./query-event.ts"
export type { ReplicaStatus } from "./replicas/replica.ts"
export { Sql, type SqlTag, sql } from "./sql.ts"
export type { TransactionOptions } from "./transaction.ts"
