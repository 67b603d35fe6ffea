import { OrmSchemaInvalid } from "../../errors.ts"
import type { Sql } from "../../sql.ts"
import { constraintName } from "../constraint-name.ts"
import type {
  CheckDescription,
  ColumnDefault,
  ColumnDescription,
  ColumnType,
  ForeignKeyDescription,
  IndexDescription,
  ReferenceAction,
} from "../description.ts"
import { dialectOf, type Flavour } from "../description.ts"
import { plainText } from "../sql-text.ts"

/** What a column brings to its table beside itself. */
export interface ColumnParts {
  readonly column: ColumnDescription
  readonly isPrimary: boolean
  readonly indexes: readonly IndexDescription[]
  readonly foreignKeys: readonly ForeignKeyDescription[]
  readonly checks: readonly CheckDescription[]
  /** SQL that makes the new values of the old ones. */
  readonly using: string | undefined
}

/** A column of a table in a migration. Each method changes it and gives it back. Without `nullable()` it must have a value. */
export class ColumnBuilder {
  readonly #table: string
  readonly #flavour: Flavour
  #column: ColumnDescription
  #isPrimary = false
  #using: string | undefined
  readonly #indexes: IndexDescription[] = []
  readonly #foreignKeys: ForeignKeyDescription[] = []
  readonly #checks: CheckDescription[] = []

  /** @internal Made by the methods of a table. */
  constructor(
    table: string,
    name: string,
    { type, flavour }: { readonly type: ColumnType; readonly flavour: Flavour },
  ) {
    this.#table = table
    this.#flavour = flavour
    this.#column = { name, type, nullable: false }
  }

  #set(settings: Partial<ColumnDescription>): this {
    this.#column = { ...this.#column, ...settings }
    return this
  }

  #name(kind: string): string {
    return constraintName(this.#table, [this.#column.name], kind)
  }

  nullable(): this {
    return this.#set({ nullable: true })
  }

  /** A value for rows that give none. A bigint goes as its digits. */
  default(value: string | number | boolean | bigint): this {
    return this.#set({ default: { kind: "literal", value: typeof value === "bigint" ? String(value) : value } })
  }

  /** The moment of writing, for rows that give none. */
  defaultNow(): this {
    return this.#set({ default: { kind: "now" } })
  }

  /** An expression of the database's for rows that give no value: `sql\`gen_random_uuid()\``. */
  defaultSql(expression: Sql): this {
    const fallback: ColumnDefault = { kind: "expression", sql: this.#text(expression) }
    return this.#set({ default: fallback })
  }

  /** An expression over other columns that the database keeps; with `stored: false` it works it out at each reading. */
  generatedAs(expression: Sql, { stored = true }: { readonly stored?: boolean } = {}): this {
    return this.#set({ nullable: true, generated: { expression: this.#text(expression), stored } })
  }

  primary(): this {
    this.#isPrimary = true
    return this
  }

  /** The database counts it up. */
  autoIncrement(): this {
    return this.#set({ autoIncrement: true })
  }

  /** MySQL: from 0. PostgreSQL takes the next wider type instead. */
  unsigned(): this {
    const { type } = this.#column
    if (type.kind !== "integer") throw new OrmSchemaInvalid("Only integers are unsigned.")
    return this.#set({ type: { ...type, unsigned: true } })
  }

  unique(): this {
    this.#indexes.push({ name: this.#name("unique"), columns: [{ column: this.#column.name }], unique: true })
    return this
  }

  index(): this {
    this.#indexes.push({ name: this.#name("index"), columns: [{ column: this.#column.name }], unique: false })
    return this
  }

  /** A foreign key. What it names must be the primary key of the other table, or unique. */
  references(
    table: string,
    column: string = "id",
    options: {
      readonly onDelete?: ReferenceAction
      readonly onUpdate?: ReferenceAction
      /** PostgreSQL and SQLite: looked at when the transaction ends. */
      readonly deferred?: boolean
    } = {},
  ): this {
    const { onDelete = "no action", onUpdate = "no action", deferred = false } = options
    this.#foreignKeys.push({
      name: this.#name("foreign"),
      columns: [this.#column.name],
      table,
      references: [column],
      onDelete,
      onUpdate,
      ...(deferred ? { deferred } : {}),
    })
    return this
  }

  /** A condition on the row: `sql\`price > 0\``. */
  check(condition: Sql): this {
    this.#checks.push({ name: this.#name("check"), expression: this.#text(condition) })
    return this
  }

  collate(collation: string): this {
    return this.#set({ collation })
  }

  /** Kept by PostgreSQL and MySQL. */
  comment(comment: string): this {
    return this.#flavour === "sqlite" ? this : this.#set({ comment })
  }

  /** When an existing column changes: how the new values are made, where the database cannot tell. */
  using(expression: Sql): this {
    this.#using = this.#text(expression)
    return this
  }

  #text(expression: Sql): string {
    return plainText(expression, dialectOf(this.#flavour))
  }

  /** @internal */
  build(): ColumnParts {
    const column = this.#isPrimary ? { ...this.#column, nullable: false } : this.#column
    return {
      column,
      isPrimary: this.#isPrimary,
      indexes: this.#indexes,
      foreignKeys: this.#foreignKeys,
      checks: this.#checks,
      using: this.#using,
    }
  }
}
