import type { Queryable } from "../../database.ts"
import type { Dialect } from "../../driver.ts"
import { type Sql, sql } from "../../sql.ts"
import type { SchemaChange, TableOperation } from "../changes/change.ts"
import { dialectOf, type Flavour } from "../description.ts"
import { nameSql, plainText } from "../sql-text.ts"
import { type IndexOptions, type IndexPart, TableBuilder, TableChanges } from "./table-builder.ts"

/** One step of a migration, in the order in which it is to be done. */
export type Step =
  | { readonly kind: "change"; readonly change: SchemaChange }
  | { readonly kind: "sql"; readonly statement: Sql }
  | { readonly kind: "data"; readonly label: string; readonly work: (db: Queryable) => Promise<void> }

/**
 * What a migration says its steps to. Nothing is run while it does: the steps are known, and can be shown and checked, before the
 * first of them.
 */
export class Schema {
  /** For steps that only one database takes. */
  readonly dialect: Dialect
  readonly #flavour: Flavour
  readonly #steps: Step[] = []

  /** @internal */
  constructor(flavour: Flavour) {
    this.#flavour = flavour
    this.dialect = dialectOf(flavour)
  }

  /** @internal */
  get steps(): readonly Step[] {
    return this.#steps
  }

  #change(change: SchemaChange): void {
    this.#steps.push({ kind: "change", change })
  }

  /**
   * @example
   * schema.createTable("posts", (t) => {
   *   t.id()
   *   t.text("title", 200)
   *   t.uuid("author_id").references("users", "id", { onDelete: "cascade" }).index()
   *   t.timestamps()
   * })
   */
  createTable(name: string, describe: (t: TableBuilder) => void): void {
    const table = new TableBuilder(name, this.#flavour)
    describe(table)
    this.#change({ kind: "createTable", table: table.build() })
  }

  /** All that changes about one table. SQLite makes it anew at most once. */
  alterTable(name: string, describe: (t: TableChanges) => void): void {
    const table = new TableChanges(name, this.#flavour)
    describe(table)
    this.#alter(name, table.build())
  }

  #alter(table: string, operations: readonly TableOperation[]): void {
    this.#change({ kind: "alterTable", table, operations })
  }

  /** With its rows, for good. */
  dropTable(name: string): void {
    this.#change({ kind: "dropTable", name })
  }

  dropTableIfExists(name: string): void {
    this.#change({ kind: "dropTable", name, ifExists: true })
  }

  renameTable(from: string, to: string): void {
    this.#change({ kind: "renameTable", from, to })
  }

  renameColumn(table: string, from: string, to: string): void {
    this.alterTable(table, (t) => t.renameColumn(from, to))
  }

  dropColumn(table: string, ...names: readonly [string, ...string[]]): void {
    this.alterTable(table, (t) => t.dropColumn(...names))
  }

  /** @example schema.createIndex("posts", ["tags"], { using: "gin", concurrently: true }) */
  createIndex(table: string, parts: readonly [IndexPart, ...IndexPart[]], options: IndexOptions = {}): void {
    this.alterTable(table, (t) => t.index(parts, options))
  }

  dropIndex(
    table: string,
    index: string | readonly [string, ...string[]],
    options: { readonly concurrently?: boolean } = {},
  ): void {
    this.alterTable(table, (t) => t.dropIndex(index, options))
  }

  /** PostgreSQL: a type of a few words. */
  createEnum(name: string, values: readonly [string, ...string[]]): void {
    this.#change({ kind: "createEnum", enumeration: { name, values } })
  }

  /** PostgreSQL: one word more. It can be used once the migration is over. */
  addEnumValue(name: string, value: string): void {
    this.#change({ kind: "addEnumValue", name, value })
  }

  dropEnum(name: string): void {
    this.#change({ kind: "dropEnum", name })
  }

  /** @param query `sql\`select … from …\`` */
  createView(name: string, query: Sql): void {
    const text = `create view ${nameSql(name, this.#flavour)} as ${plainText(query, this.dialect)}`
    this.#change({ kind: "createView", name, sql: text })
  }

  dropView(name: string): void {
    this.#change({ kind: "dropView", name })
  }

  /** One statement of SQL, with its values bound. */
  sql(strings: TemplateStringsArray, ...parts: readonly unknown[]): void {
    this.#steps.push({ kind: "sql", statement: sql(strings, ...parts) })
  }

  /** @internal For files of SQL. */
  statement(statement: Sql): void {
    this.#steps.push({ kind: "sql", statement })
  }

  /**
   * Code that reads and writes rows between steps. It runs in a transaction, and may run again after a crash on MySQL: write so
   * that twice is once. `--dry-run` only names it.
   *
   * @example schema.data("fill slugs", async (db) => { await db.sql`update posts set slug = lower(title)`.run() })
   */
  data(label: string, work: (db: Queryable) => Promise<void>): void {
    this.#steps.push({ kind: "data", label, work })
  }
}
