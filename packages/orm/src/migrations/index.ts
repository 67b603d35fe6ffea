export type { ColumnBuilder } from "../schema/builder/column-builder.ts"
export type { Schema } from "../schema/builder/schema-builder.ts"
export type {
  ForeignKeyOptions,
  IndexOptions,
  IndexPart,
  TableBuilder,
  TableChanges,
} from "../schema/builder/table-builder.ts"
export type { TableColumns } from "../schema/builder/table-columns.ts"
export type { ColumnType, DatabaseDescription, TableDescription, TableOptions } from "../schema/description.ts"
export { introspect } from "../schema/introspect.ts"
export { type CopyOptions, type CopyResult, copyDatabase } from "./copy-database.ts"
export type { PlannedMigration } from "./dry-run.ts"
export { loadModels } from "./load-models.ts"
export { defineMigration, type Migration } from "./migration.ts"
export {
  type DownOptions,
  type MigrationProgress,
  type MigrationStatus,
  type Migrator,
  type MigratorOptions,
  openMigrator,
  type UpOptions,
} from "./migrator.ts"
export { defineSeed, runSeeds, type Seed } from "./seed.ts"
