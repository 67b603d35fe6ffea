import type { DatabaseDescription, TableDescription } from "../description.ts"
import { nameSql, namesSql, textSql } from "../sql-text.ts"
import { applyOperation, isIndexOf } from "./apply-change.ts"
import type { ChangeSql, TableOperation } from "./change.ts"
import { triggersOn, viewsOn } from "./dependants.ts"
import { dropSearchSql } from "./full-text-sql.ts"
import { addIndexSql, columnSql, createTableSql } from "./table-sql.ts"

const name = (text: string): string => nameSql(text, "sqlite")

/** What SQLite can do to a table as it is; undefined for what takes a new table. */
function inPlace(table: TableDescription, operation: TableOperation): readonly string[] | undefined {
  const alter = `alter table ${name(table.name)}`
  switch (operation.kind) {
    case "addColumn": {
      const { nullable, default: fallback, generated, autoIncrement } = operation.column
      const isConstant = fallback === undefined || fallback.kind === "literal"
      const fits = isConstant && (nullable || fallback !== undefined) && generated?.stored !== true && !autoIncrement
      if (!fits || operation.copyFrom !== undefined) return undefined
      return [`${alter} add column ${columnSql(operation.column, "sqlite", { table })}`]
    }
    case "renameColumn":
      // The table of its words would go on under the old name.
      if (
        table.indexes.some(
          (index) => index.method === "fulltext" && isIndexOf(index, operation.from, { flavour: "sqlite" }),
        )
      )
        return undefined
      return [`${alter} rename column ${name(operation.from)} to ${name(operation.to)}`]
    case "addIndex":
      return operation.index.constraint ? undefined : addIndexSql(table.name, operation.index, "sqlite")
    case "dropIndex": {
      const index = table.indexes.find((one) => one.name === operation.name)
      if (index?.constraint) return undefined
      return index?.method === "fulltext" ? dropSearchSql(table.name) : [`drop index ${name(operation.name)}`]
    }
    default:
      return undefined
  }
}

/** SQL of the operations on one table: each in place where SQLite can, else all of them by one new table. */
export function alterSqlite(
  table: TableDescription,
  operations: readonly TableOperation[],
  database: DatabaseDescription,
): ChangeSql {
  const statements: string[] = []
  let current = table
  for (const operation of operations) {
    const done = inPlace(current, operation)
    if (done === undefined) return rebuild(table, operations, database)
    statements.push(...done)
    current = applyOperation(current, operation, database)
  }
  return { statements }
}

/**
 * A new table, the rows, the old one dropped, the new one named: in this order, for renaming the old one first would bend the
 * keys of others to it. Foreign keys MUST be off before the transaction begins. Views and triggers that speak of the table are in
 * the way of the renaming, and come back as they were written.
 *
 * @see https://sqlite.org/lang_altertable.html#otheralter
 */
function rebuild(
  table: TableDescription,
  operations: readonly TableOperation[],
  database: DatabaseDescription,
): ChangeSql {
  const next = operations.reduce((one, operation) => applyOperation(one, operation, database), table)
  const values = columnValues(table, operations)
  const columns = next.columns.filter((column) => column.generated === undefined && values.has(column.name))
  const views = viewsOn(database, table.name)
  const triggers = triggersOn(database, [table.name, ...views.map((view) => view.name)])
  const fresh = freshName(table.name, database)
  const [create, ...indexes] = createTableSql(next, "sqlite", fresh)
  const counts = next.columns.some(({ autoIncrement }) => autoIncrement)
  const copy = `insert into ${name(fresh)} (${namesSql(
    columns.map((column) => column.name),
    "sqlite",
  )}) select ${columns.map((column) => values.get(column.name)!).join(", ")} from ${name(table.name)}`
  return {
    dropsRows: true,
    statements: [
      ...(table.indexes.some(({ method }) => method === "fulltext") ? dropSearchSql(table.name) : []),
      ...triggers.map((trigger) => `drop trigger ${name(trigger.name)}`),
      ...views.toReversed().map((view) => `drop view ${name(view.name)}`),
      create!,
      ...(columns.length === 0 ? [] : [copy]),
      ...(counts && table.columns.some(({ autoIncrement }) => autoIncrement) ? keepCount(table.name, fresh) : []),
      `drop table ${name(table.name)}`,
      `alter table ${name(fresh)} rename to ${name(table.name)}`,
      ...indexes,
      ...views.map(({ sql }) => sql),
      ...triggers.map(({ sql }) => sql),
    ],
  }
}

/** Where the values of each column of the new table come from: SQL over the old one. */
function columnValues(table: TableDescription, operations: readonly TableOperation[]): ReadonlyMap<string, string> {
  const values = new Map(
    table.columns.filter(({ generated }) => generated === undefined).map((column) => [column.name, name(column.name)]),
  )
  for (const operation of operations) {
    if (operation.kind === "dropColumn") values.delete(operation.name)
    if (operation.kind === "addColumn") {
      if (operation.copyFrom === undefined) values.delete(operation.column.name)
      else values.set(operation.column.name, values.get(operation.copyFrom) ?? name(operation.copyFrom))
    }
    if (operation.kind === "renameColumn") {
      const value = values.get(operation.from)
      values.delete(operation.from)
      if (value !== undefined) values.set(operation.to, value)
    }
    if (operation.kind === "alterColumn" && operation.using !== undefined)
      values.set(operation.column.name, operation.using)
  }
  return values
}

/** The number that comes next is not to be one that a deleted row had. */
function keepCount(table: string, fresh: string): string[] {
  const [old, next] = [textSql(table, "sqlite"), textSql(fresh, "sqlite")]
  return [
    `delete from sqlite_sequence where name = ${next}`,
    `insert into sqlite_sequence (name, seq) select ${next}, seq from sqlite_sequence where name = ${old}`,
  ]
}

function freshName(table: string, database: DatabaseDescription): string {
  const taken = new Set([...database.tables, ...database.opaque].map((one) => one.name))
  const start = `ashlar_new_${table}`.slice(0, 50)
  for (let count = 0; ; count++) {
    const candidate = count === 0 ? start : `${start}_${count}`
    if (!taken.has(candidate)) return candidate
  }
}
