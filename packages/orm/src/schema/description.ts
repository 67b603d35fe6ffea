import type { Dialect } from "../driver.ts"

/** A dialect, with MariaDB told from MySQL: they differ in types, checks and what they say of themselves. */
export type Flavour = Dialect | "mariadb"

/**
 * The type of a column. The words are the same for every database; each writes a word its own way (`boolean` is `tinyint(1)` on MySQL).
 * What none of the words says exactly is `native`, in the database's own.
 */
export type ColumnType =
  | { readonly kind: "integer"; readonly bits: 8 | 16 | 24 | 32 | 64; readonly unsigned?: boolean }
  | { readonly kind: "float"; readonly bits: 32 | 64 }
  | { readonly kind: "decimal"; readonly precision?: number; readonly scale?: number }
  /** Without a length: of any length. `fixed` pads with spaces to it. */
  | { readonly kind: "text"; readonly length?: number; readonly fixed?: boolean }
  | { readonly kind: "bytes"; readonly length?: number }
  | { readonly kind: "boolean" | "uuid" | "date" | "time" | "json" }
  /** A moment; `local` is a time on the wall, without a zone. `precision`: digits after the second. */
  | { readonly kind: "timestamp"; readonly precision?: number; readonly local?: boolean }
  /** With a name it is a type of PostgreSQL's own; without, PostgreSQL and SQLite take text and a check. */
  | { readonly kind: "enumeration"; readonly values: readonly string[]; readonly name?: string }
  /** PostgreSQL's; JSON elsewhere. */
  | { readonly kind: "array"; readonly of: ColumnType }
  | { readonly kind: "native"; readonly text: string }

export type ColumnDefault =
  | { readonly kind: "literal"; readonly value: string | number | boolean }
  /** The moment at which the row is written. */
  | { readonly kind: "now" }
  | { readonly kind: "expression"; readonly sql: string }

export interface ColumnDescription {
  readonly name: string
  readonly type: ColumnType
  readonly nullable: boolean
  readonly default?: ColumnDefault
  readonly generated?: { readonly expression: string; readonly stored: boolean }
  /** The database counts: AUTOINCREMENT, an identity, AUTO_INCREMENT. */
  readonly autoIncrement?: boolean
  readonly collation?: string
  readonly comment?: string
}

export interface PrimaryKeyDescription {
  readonly name?: string
  readonly columns: readonly string[]
}

export interface IndexColumn {
  /** A column, or an expression in its place. */
  readonly column?: string
  readonly expression?: string
  readonly descending?: boolean
  /** MySQL: only the first so many characters. */
  readonly prefix?: number
  /** PostgreSQL: `jsonb_path_ops` and its kin. SQLite: a collation. */
  readonly modifier?: string
}

export interface IndexDescription {
  readonly name: string
  readonly columns: readonly IndexColumn[]
  readonly unique: boolean
  /** How it is built, where it is not the usual tree: `gin`, `gist`, `brin`, `hash`, `fulltext`, `spatial`. */
  readonly method?: string
  /** Only rows for which this is true: PostgreSQL and SQLite. */
  readonly where?: string
  /** Columns that it only carries along: PostgreSQL. */
  readonly include?: readonly string[]
  /** It is there for a UNIQUE of the table, and goes with that. */
  readonly constraint?: boolean
}

export type ReferenceAction = "no action" | "restrict" | "cascade" | "set null" | "set default"

export interface ForeignKeyDescription {
  readonly name: string
  readonly columns: readonly string[]
  readonly table: string
  readonly references: readonly string[]
  readonly onDelete: ReferenceAction
  readonly onUpdate: ReferenceAction
  /** Looked at when the transaction ends: PostgreSQL and SQLite. */
  readonly deferred?: boolean
  /** MySQL made an index of the key's name for it, which stays when the key goes. */
  readonly hasOwnIndex?: boolean
}

export interface CheckDescription {
  readonly name: string
  readonly expression: string
}

export interface TableOptions {
  /** SQLite: values must be of the column's type. */
  readonly strict?: boolean
  /** SQLite: the primary key is where rows are. */
  readonly withoutRowid?: boolean
  /** MySQL and MariaDB. */
  readonly engine?: string
  readonly collation?: string
  readonly comment?: string
}

export interface TableDescription {
  readonly name: string
  readonly columns: readonly ColumnDescription[]
  readonly primaryKey?: PrimaryKeyDescription
  readonly indexes: readonly IndexDescription[]
  readonly foreignKeys: readonly ForeignKeyDescription[]
  readonly checks: readonly CheckDescription[]
  readonly options: TableOptions
}

/** PostgreSQL: a type of a few words. */
export interface EnumDescription {
  readonly name: string
  readonly values: readonly string[]
}

/** A view, a trigger or a virtual table: its SQL as the database says it, kept and replayed as it is. */
export interface OpaqueDescription {
  readonly kind: "view" | "trigger" | "virtual"
  readonly name: string
  /** Of a trigger: what it is on. */
  readonly table?: string
  readonly sql: string
}

/** All that a database is made of, without what is in it. Lists are in the order of their names, columns in the order of the table. */
export interface DatabaseDescription {
  readonly flavour: Flavour
  readonly tables: readonly TableDescription[]
  readonly enums: readonly EnumDescription[]
  readonly opaque: readonly OpaqueDescription[]
}

/** The table of a name, if there is one. */
export function tableOf(database: DatabaseDescription, name: string): TableDescription | undefined {
  return database.tables.find((table) => table.name === name)
}

/** A table with nothing in it but its columns. */
export function emptyTable(name: string, columns: readonly ColumnDescription[] = []): TableDescription {
  return { name, columns, indexes: [], foreignKeys: [], checks: [], options: {} }
}

/** The dialect whose words a flavour writes. */
export function dialectOf(flavour: Flavour): Dialect {
  return flavour === "mariadb" ? "mysql" : flavour
}
