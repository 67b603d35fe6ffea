import type {
  CheckDescription,
  ColumnDescription,
  EnumDescription,
  ForeignKeyDescription,
  IndexDescription,
  PrimaryKeyDescription,
  TableDescription,
  TableOptions,
} from "../description.ts"

/** One thing that changes about a table that is there. */
export type TableOperation =
  | { readonly kind: "addColumn"; readonly column: ColumnDescription; readonly copyFrom?: string }
  | { readonly kind: "dropColumn"; readonly name: string }
  | { readonly kind: "renameColumn"; readonly from: string; readonly to: string }
  /** The column is to be as described; `using` says how values become the new type, where the database asks. */
  | { readonly kind: "alterColumn"; readonly column: ColumnDescription; readonly using?: string }
  | { readonly kind: "addIndex"; readonly index: IndexDescription; readonly concurrently?: boolean }
  | { readonly kind: "dropIndex"; readonly name: string; readonly concurrently?: boolean }
  | { readonly kind: "addForeignKey"; readonly key: ForeignKeyDescription }
  | { readonly kind: "dropForeignKey"; readonly name: string }
  | { readonly kind: "addCheck"; readonly check: CheckDescription }
  | { readonly kind: "dropCheck"; readonly name: string }
  | { readonly kind: "setPrimaryKey"; readonly key: PrimaryKeyDescription | undefined }
  | { readonly kind: "setOptions"; readonly options: TableOptions }

/** One step from one description of a database to the next. */
export type SchemaChange =
  | { readonly kind: "createTable"; readonly table: TableDescription; readonly ifNotExists?: boolean }
  | { readonly kind: "dropTable"; readonly name: string; readonly ifExists?: boolean }
  | { readonly kind: "renameTable"; readonly from: string; readonly to: string }
  | { readonly kind: "alterTable"; readonly table: string; readonly operations: readonly TableOperation[] }
  | { readonly kind: "createEnum"; readonly enumeration: EnumDescription }
  | { readonly kind: "addEnumValue"; readonly name: string; readonly value: string }
  | { readonly kind: "dropEnum"; readonly name: string }
  | { readonly kind: "createView"; readonly name: string; readonly sql: string }
  | { readonly kind: "dropView"; readonly name: string }

/** SQL of a change, and how it is to be run. */
export interface ChangeSql {
  readonly statements: readonly string[]
  /** PostgreSQL refuses it in a transaction. */
  readonly outside?: boolean
  /** SQLite: a table is dropped, so foreign keys must be off before the transaction begins, or rows of others go with it. */
  readonly dropsRows?: boolean
}

/** Whether SQLite may have to drop a table for it, be it to make it anew. */
export function mayDropRows(change: SchemaChange): boolean {
  if (change.kind === "dropTable") return true
  return (
    change.kind === "alterTable" && change.operations.some(({ kind }) => kind !== "addIndex" && kind !== "dropIndex")
  )
}
