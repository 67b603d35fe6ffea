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
  PiiCategory,
  PiiTag,
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
export type {
  BoundValue,
  ChannelListener,
  Connection,
  Dialect,
  Engine,
  Isolation,
  QueryResult,
  Row,
  Statement,
  StopListening,
} from "./driver.ts"
export {
  OrmAfterCommitFailed,
  OrmClosed,
  OrmConflict,
  OrmConnectFailed,
  OrmConnectionLost,
  OrmConstraintViolation,
  OrmCursorInvalid,
  OrmDeadlock,
  OrmDiskFull,
  OrmEncryptionFailed,
  OrmForeignKeyViolation,
  OrmIdentifierInvalid,
  OrmLockTimeout,
  OrmModelInvalid,
  OrmModelUnbound,
  OrmNotFound,
  OrmOptionsInvalid,
  OrmOutcomeUnknown,
  OrmPoolExhausted,
  OrmQueryFailed,
  OrmQueryInvalid,
  OrmReadOnly,
  OrmRelationNotLoaded,
  OrmSchemaChanged,
  OrmScopeMissing,
  OrmScopeViolated,
  OrmSerializationFailed,
  OrmStatementInvalid,
  OrmTimeout,
  OrmTransactionAborted,
  OrmTransactionClosed,
  OrmTransactionMisused,
  OrmUniqueViolation,
  OrmUnsupported,
  OrmValueInvalid,
  OrmVetoed,
} from "./errors.ts"
export type { ExplainOptions, PlanStep, PlanStepKind, QueryPlan } from "./explain.ts"
export type { ModelDatabase } from "./model/home.ts"
export type { UpsertOptions } from "./model/many-rows.ts"
export { Model } from "./model/model.ts"
export type { ModelEntry } from "./model/model-entry.ts"
export type { ModelSchema } from "./model/model-schema.ts"
export type { Observer, RowEvent } from "./model/observers.ts"
export { type AnyScope, allScopes, anyScope, type ScopeOperator, scope } from "./model/scopes.ts"
export { type ModelStatics, type Table, type TableColumn, tableOf } from "./model/table.ts"
export type {
  Attributes,
  Changes,
  ColumnName,
  ColumnValue,
  KeyOf,
  ModelClass,
  NewRow,
  RowMark,
  RowOf,
  ValuesOf,
} from "./model/types.ts"
export type { DatabaseOptions, DatabaseServiceOptions } from "./open-database.ts"
export { defineDatabase, openDatabase } from "./open-database.ts"
export type { PoolStatus } from "./pool.ts"
export type { ArrayOperator } from "./query/array-conditions.ts"
export type { Direction } from "./query/clause.ts"
export type { Comparison, Operator, TextOperator } from "./query/conditions.ts"
export type { Aggregate, GroupedQuery, GroupRow } from "./query/groups.ts"
export type { JsonOperator, JsonPath, JsonScalar } from "./query/json-conditions.ts"
export type { Listing, ListRequest } from "./query/listing.ts"
export { type KyselyTables, kyselyOf } from "./query/model-kysely.ts"
export type { ModelQuery } from "./query/model-query.ts"
export type { CursorPage, CursorPageOptions, OffsetPage, OffsetPageOptions } from "./query/pages.ts"
export type { CursorValues } from "./query/paging.ts"
export type { LockOptions } from "./query/shaped-query.ts"
export type { Ties } from "./query/subqueries.ts"
export type { Operand, RelatedWhere, Subquery, Where } from "./query/where.ts"
export { Query, type WriteResult } from "./query.ts"
export type { QueryEvent, QueryEventOptions, RepeatedQuery } from "./query-event.ts"
export {
  type BelongsToOptions,
  belongsTo,
  type HasOptions,
  hasMany,
  hasManyThrough,
  hasOne,
  hasOneThrough,
  type MorphThroughOptions,
  type MorphToOptions,
  manyToMany,
  morphedByMany,
  morphMany,
  morphOne,
  morphTo,
  morphToMany,
  type Relation,
  type RelationKind,
  type RelationOptions,
  type ThroughOptions,
} from "./relations/relation.ts"
export type {
  CheckName,
  CheckPath,
  CountName,
  ModelAt,
  NameOf,
  PivotQueries,
  RelatedModel,
  RelatedRow,
  RelationName,
  RelationValue,
  ValueName,
  With,
  WithQuery,
  WithRows,
} from "./relations/types.ts"
export type { ReplicaStatus } from "./replicas/replica.ts"
export { Sql, type SqlTag, sql } from "./sql.ts"
export { type FeatureTables, inSpiteOfOthers, makeTables, type OpenTablesOptions, openTables } from "./tables.ts"
export type { TransactionOptions } from "./transaction.ts"
export { isInTransaction, sharesTransactions } from "./transaction-of.ts"
