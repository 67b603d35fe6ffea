import { OrmSchemaInvalid } from "../../errors.ts"
import type {
  ColumnDescription,
  DatabaseDescription,
  Flavour,
  IndexDescription,
  TableDescription,
} from "../description.ts"
import { nameSql, namesSql, textSql } from "../sql-text.ts"
import { mentions } from "../sql-tokens.ts"
import { isIndexOf } from "./apply-change.ts"
import type { TableOperation } from "./change.ts"
import { checkSql, columnSql, createIndexSql, foreignKeySql, word } from "./table-sql.ts"

/** SQL of one operation on a table that is as described: each statement is kept, or not, as a whole. */
export function alterMysql(
  table: TableDescription,
  operation: TableOperation,
  { flavour }: Pick<DatabaseDescription, "flavour">,
): readonly string[] {
  const name = (text: string) => nameSql(text, flavour)
  const alter = `alter table ${name(table.name)}`
  switch (operation.kind) {
    case "addColumn":
      return [`${alter} add column ${columnSql(operation.column, flavour, { table })}`]
    case "dropColumn":
      return [`${alter} ${dropColumn(table, operation.name, flavour).join(", ")}`]
    case "renameColumn":
      return [`${alter} rename column ${name(operation.from)} to ${name(operation.to)}`]
    case "alterColumn":
      return alterColumn(table, operation.column, operation.using, flavour)
    case "addIndex":
      return [createIndexSql(table.name, operation.index, flavour)]
    case "dropIndex":
      return [`${alter} ${dropIndex(table, operation.name, flavour).join(", ")}`]
    case "addForeignKey":
      return [`${alter} add ${foreignKeySql(operation.key, flavour)}`]
    case "dropForeignKey":
      return [`${alter} ${dropForeignKey(table, operation.name, flavour).join(", ")}`]
    case "addCheck":
      return [`${alter} add ${checkSql(operation.check, flavour)}`]
    case "dropCheck":
      return [`${alter} drop constraint ${name(operation.name)}`]
    case "setPrimaryKey": {
      const { key } = operation
      const steps = [
        ...(table.primaryKey === undefined ? [] : ["drop primary key"]),
        ...(key === undefined ? [] : [`add primary key (${namesSql(key.columns, flavour)})`]),
      ]
      return steps.length === 0 ? [] : [`${alter} ${steps.join(", ")}`]
    }
    case "setOptions": {
      const { engine, collation, comment } = operation.options
      const steps = [
        ...(engine === table.options.engine ? [] : [`engine = ${word(engine ?? "InnoDB")}`]),
        ...(collation === undefined || collation === table.options.collation ? [] : [`collate ${word(collation)}`]),
        ...(comment === table.options.comment ? [] : [`comment ${textSql(comment ?? "", flavour)}`]),
      ]
      return steps.length === 0 ? [] : [`${alter} ${steps.join(" ")}`]
    }
  }
}

/** With the index that came with it. */
function dropForeignKey({ foreignKeys }: TableDescription, key: string, flavour: Flavour): string[] {
  const hasOwnIndex = foreignKeys.find(({ name }) => name === key)?.hasOwnIndex === true
  const name = nameSql(key, flavour)
  return [`drop foreign key ${name}`, ...(hasOwnIndex ? [`drop index ${name}`] : [])]
}

/** A foreign key needs an index, and gets its own where the last one that served it goes. */
function dropIndex({ indexes, foreignKeys, primaryKey }: TableDescription, index: string, flavour: Flavour): string[] {
  const begins = (list: readonly (string | undefined)[], columns: readonly string[]) =>
    columns.every((column, at) => list[at] === column)
  const columnsOf = (one: IndexDescription) => one.columns.map(({ column }) => column)
  const others = [
    ...indexes.filter(({ name, method }) => name !== index && method === undefined).map(columnsOf),
    primaryKey?.columns ?? [],
  ]
  const dropped = indexes.find(({ name }) => name === index)
  const needy = foreignKeys.filter(
    ({ columns, hasOwnIndex }) =>
      !hasOwnIndex &&
      dropped !== undefined &&
      begins(columnsOf(dropped), columns) &&
      !others.some((one) => begins(one, columns)),
  )
  return [
    `drop index ${nameSql(index, flavour)}`,
    ...needy.map((key) => `add index ${nameSql(key.name, flavour)} (${namesSql(key.columns, flavour)})`),
  ]
}

/** In one statement with what is of the column, which MySQL would leave, refuse or cut. */
function dropColumn(table: TableDescription, column: string, flavour: Flavour): string[] {
  const name = (text: string) => nameSql(text, flavour)
  const keys = table.foreignKeys.filter(({ columns }) => columns.includes(column))
  const indexes = table.indexes.filter((index) => isIndexOf(index, column, { flavour }))
  const checks = table.checks.filter(({ expression }) => mentions(expression, column, flavour))
  return [
    ...keys.flatMap((key) => dropForeignKey(table, key.name, flavour)),
    ...checks.map((check) => `drop constraint ${name(check.name)}`),
    ...indexes.map((index) => `drop index ${name(index.name)}`),
    ...(table.primaryKey?.columns.includes(column) ? ["drop primary key"] : []),
    `drop column ${name(column)}`,
  ]
}

function alterColumn(
  table: TableDescription,
  next: ColumnDescription,
  using: string | undefined,
  flavour: Flavour,
): readonly string[] {
  const old = table.columns.find((column) => column.name === next.name)
  if (old === undefined) throw new OrmSchemaInvalid(`There is no column ${table.name}.${next.name} to change.`)
  const alter = `alter table ${nameSql(table.name, flavour)}`
  const written = columnSql(next, flavour, { table })
  const convert =
    using === undefined ? [] : [`update ${nameSql(table.name, flavour)} set ${nameSql(next.name, flavour)} = ${using}`]
  // What a generated column kept can be worked out again; a stored one cannot become another kind in place.
  if (old.generated !== undefined || next.generated !== undefined) {
    if (old.generated?.stored && next.generated === undefined) return [`${alter} modify column ${written}`]
    return [`${alter} drop column ${nameSql(next.name, flavour)}, add column ${written}`]
  }
  return [...convert, `${alter} modify column ${written}`]
}
