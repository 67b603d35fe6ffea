import { OrmSchemaInvalid } from "../../errors.ts"
import type { Sql } from "../../sql.ts"
import type { TableOperation } from "../changes/change.ts"
import { constraintName } from "../constraint-name.ts"
import type {
  Flavour,
  ForeignKeyDescription,
  IndexColumn,
  IndexDescription,
  ReferenceAction,
  TableDescription,
  TableOptions,
} from "../description.ts"
import { dialectOf } from "../description.ts"
import { plainText } from "../sql-text.ts"
import type { ColumnBuilder, ColumnParts } from "./column-builder.ts"
import { TableColumns } from "./table-columns.ts"

export interface IndexOptions {
  readonly name?: string
  readonly unique?: boolean
  /** PostgreSQL: `gin`, `gist`, `brin`, `hash`. MySQL: `fulltext`, `spatial`. Default: a tree. */
  readonly using?: string
  /** PostgreSQL and SQLite: only rows for which this holds. */
  readonly where?: Sql
  /** PostgreSQL: columns that are only carried along. */
  readonly include?: readonly string[]
  /** PostgreSQL: while others go on writing, and in no transaction. Of an index that is added to a table, alone in its change. */
  readonly concurrently?: boolean
}

/** A column, or SQL over them: `sql\`lower(email)\``; or with an order or a prefix of so many characters. */
export type IndexPart = string | Sql | IndexColumn

export interface ForeignKeyOptions {
  readonly name?: string
  readonly onDelete?: ReferenceAction
  readonly onUpdate?: ReferenceAction
  readonly deferred?: boolean
}

/** What a new table and a changed one have in common. */
export abstract class TableParts extends TableColumns {
  /** @internal */
  protected abstract add(operation: TableOperation): void

  /** An index over one or several columns or expressions. */
  index(parts: readonly [IndexPart, ...IndexPart[]], options: IndexOptions = {}): void {
    const index = this.describeIndex(parts, options)
    this.add({ kind: "addIndex", index, ...(options.concurrently ? { concurrently: true } : {}) })
  }

  /** An index in which no two rows are alike. */
  unique(parts: readonly [IndexPart, ...IndexPart[]], options: IndexOptions = {}): void {
    this.index(parts, { ...options, unique: true })
  }

  /**
   * An index of the words in texts, which `search()` of a model asks: a FULLTEXT index on MySQL, a GIN index on PostgreSQL, a table
   * of FTS5 on SQLite. One for each table.
   */
  fullText(columns: readonly [string, ...string[]]): void {
    const index = this.describeIndex(columns, {
      name: constraintName(this.name, columns, "fulltext"),
      using: "fulltext",
    })
    this.add({ kind: "addIndex", index })
  }

  foreign(
    columns: readonly [string, ...string[]],
    references: { readonly table: string; readonly columns: readonly [string, ...string[]] },
    options: ForeignKeyOptions = {},
  ): void {
    const key: ForeignKeyDescription = {
      name: options.name ?? constraintName(this.name, columns, "foreign"),
      columns,
      table: references.table,
      references: references.columns,
      onDelete: options.onDelete ?? "no action",
      onUpdate: options.onUpdate ?? "no action",
      ...(options.deferred ? { deferred: true } : {}),
    }
    this.add({ kind: "addForeignKey", key })
  }

  check(name: string, condition: Sql): void {
    this.add({ kind: "addCheck", check: { name, expression: plainText(condition, dialectOf(this.flavour)) } })
  }

  /** The primary key, where it is of several columns. */
  primary(columns: readonly [string, ...string[]]): void {
    this.add({ kind: "setPrimaryKey", key: { columns } })
  }

  /** @internal */
  protected describeIndex(parts: readonly IndexPart[], options: IndexOptions): IndexDescription {
    const { name, unique = false, using, where, include } = options
    const columns = parts.map((part) => this.#part(part))
    const names = columns.map(({ column }) => column ?? "expression")
    return {
      name: name ?? constraintName(this.name, names, unique ? "unique" : "index"),
      columns,
      unique,
      ...(using === undefined ? {} : { method: using }),
      ...(where === undefined ? {} : { where: plainText(where, dialectOf(this.flavour)) }),
      ...(include === undefined ? {} : { include }),
    }
  }

  #part(part: IndexPart): IndexColumn {
    if (typeof part === "string") return { column: part }
    if ("compile" in part) return { expression: plainText(part, dialectOf(this.flavour)) }
    return part
  }
}

/** A table that is being made. */
export class TableBuilder extends TableParts {
  readonly #columns: ColumnBuilder[] = []
  readonly #operations: TableOperation[] = []
  #options: TableOptions = {}

  /** @internal Made by `schema.createTable`. */
  constructor(name: string, flavour: Flavour) {
    super(name, flavour)
  }

  /** What only one database has: `strict` and `withoutRowid` of SQLite, `engine` and `collation` of MySQL. Others take no notice. */
  options(options: TableOptions): void {
    this.#options = { ...this.#options, ...options }
  }

  /** @internal */
  protected override keep(column: ColumnBuilder): void {
    this.#columns.push(column)
  }

  /** @internal */
  protected override add(operation: TableOperation): void {
    if ("concurrently" in operation && operation.concurrently)
      throw new OrmSchemaInvalid("A new table has no rows: make its index without concurrently.")
    this.#operations.push(operation)
  }

  /** @internal */
  build(): TableDescription {
    const parts = this.#columns.map((column) => column.build())
    const keys = parts.filter(({ isPrimary }) => isPrimary).map(({ column }) => column.name)
    const named = this.#operations.flatMap((one) => (one.kind === "setPrimaryKey" ? (one.key?.columns ?? []) : []))
    const columns = [...keys, ...named]
    return {
      name: this.name,
      columns: parts.map(({ column }) => (columns.includes(column.name) ? { ...column, nullable: false } : column)),
      ...(columns.length === 0 ? {} : { primaryKey: { columns } }),
      indexes: [
        ...parts.flatMap(({ indexes }) => indexes),
        ...this.#operations.flatMap((one) => (one.kind === "addIndex" ? [one.index] : [])),
      ],
      foreignKeys: [
        ...parts.flatMap(({ foreignKeys }) => foreignKeys),
        ...this.#operations.flatMap((one) => (one.kind === "addForeignKey" ? [one.key] : [])),
      ],
      checks: [
        ...parts.flatMap(({ checks }) => checks),
        ...this.#operations.flatMap((one) => (one.kind === "addCheck" ? [one.check] : [])),
      ],
      options: this.#options,
    }
  }
}

/** A table that is being changed: columns named here are added, unless they stand in `change`. */
export class TableChanges extends TableParts {
  readonly #steps: (TableOperation | ColumnBuilder)[] = []
  readonly #changed: Set<ColumnBuilder> = new Set()
  #isChanging = false

  /** @internal Made by `schema.alterTable`. */
  constructor(name: string, flavour: Flavour) {
    super(name, flavour)
  }

  /**
   * Columns named within are there already, and are to be as they are described: type, default, whether they may be empty.
   *
   * @example t.change((t) => t.text("title", 200).nullable())
   */
  change(describe: (t: TableColumns) => void): void {
    this.#isChanging = true
    try {
      describe(this)
    } finally {
      this.#isChanging = false
    }
  }

  /** With its values, for good; and what is of it: indexes, keys, checks. */
  dropColumn(...names: readonly [string, ...string[]]): void {
    for (const name of names) this.add({ kind: "dropColumn", name })
  }

  renameColumn(from: string, to: string): void {
    this.add({ kind: "renameColumn", from, to })
  }

  /** @param index Its name, or the columns that named it. */
  dropIndex(index: string | readonly [string, ...string[]], options: { readonly concurrently?: boolean } = {}): void {
    const name = typeof index === "string" ? index : constraintName(this.name, index, "index")
    this.add({ kind: "dropIndex", name, ...(options.concurrently ? { concurrently: true } : {}) })
  }

  dropUnique(index: string | readonly [string, ...string[]]): void {
    const name = typeof index === "string" ? index : constraintName(this.name, index, "unique")
    this.add({ kind: "dropIndex", name })
  }

  dropForeign(key: string | readonly [string, ...string[]]): void {
    const name = typeof key === "string" ? key : constraintName(this.name, key, "foreign")
    this.add({ kind: "dropForeignKey", name })
  }

  dropCheck(name: string): void {
    this.add({ kind: "dropCheck", name })
  }

  dropPrimary(): void {
    this.add({ kind: "setPrimaryKey", key: undefined })
  }

  /** All options anew: `strict` of SQLite, `engine` of MySQL. */
  options(options: TableOptions): void {
    this.add({ kind: "setOptions", options })
  }

  /** @internal */
  protected override keep(column: ColumnBuilder): void {
    this.#steps.push(column)
    if (this.#isChanging) this.#changed.add(column)
  }

  /** @internal */
  protected override add(operation: TableOperation): void {
    this.#steps.push(operation)
  }

  /** @internal */
  build(): readonly TableOperation[] {
    return this.#steps.flatMap((step) =>
      "build" in step ? this.#column(step.build(), this.#changed.has(step)) : [step],
    )
  }

  #column(
    { column, isPrimary, indexes, foreignKeys, checks, using }: ColumnParts,
    isChange: boolean,
  ): TableOperation[] {
    if (isPrimary && !isChange)
      throw new OrmSchemaInvalid("Name the primary key of a table that is there with t.primary([…]).")
    return [
      isChange
        ? { kind: "alterColumn", column, ...(using === undefined ? {} : { using }) }
        : { kind: "addColumn", column },
      ...indexes.map((index): TableOperation => ({ kind: "addIndex", index })),
      ...foreignKeys.map((key): TableOperation => ({ kind: "addForeignKey", key })),
      ...checks.map((check): TableOperation => ({ kind: "addCheck", check })),
    ]
  }
}
