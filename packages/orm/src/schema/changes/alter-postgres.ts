import { OrmSchemaInvalid } from "../../errors.ts"
import { typeSql } from "../column-type.ts"
import type { ColumnDescription, DatabaseDescription, TableDescription } from "../description.ts"
import { nameSql, textSql } from "../sql-text.ts"
import { mentions } from "../sql-tokens.ts"
import { isIndexOf } from "./apply-change.ts"
import type { TableOperation } from "./change.ts"
import { viewsOn } from "./dependants.ts"
import {
  checkSql,
  columnCommentSql,
  columnSql,
  createIndexSql,
  defaultSql,
  foreignKeySql,
  primaryKeySql,
} from "./table-sql.ts"

const name = (text: string): string => nameSql(text, "postgres")

/** SQL of one operation on a table that is as described. */
export function alterPostgres(
  table: TableDescription,
  operation: TableOperation,
  database: DatabaseDescription,
): readonly string[] {
  const alter = `alter table ${name(table.name)}`
  switch (operation.kind) {
    case "addColumn": {
      const { column } = operation
      const comment = column.comment === undefined ? [] : [columnCommentSql(table.name, column)]
      return [`${alter} add column ${columnSql(column, "postgres", { table })}`, ...comment]
    }
    case "dropColumn":
      return [`${alter} drop column ${name(operation.name)}`]
    case "renameColumn":
      return [`${alter} rename column ${name(operation.from)} to ${name(operation.to)}`]
    case "alterColumn":
      return alterColumn(table, operation.column, operation.using, database)
    case "addIndex": {
      const { index, concurrently = false } = operation
      if (index.constraint) {
        const columns = index.columns.map(({ column = "" }) => name(column)).join(", ")
        return [`${alter} add constraint ${name(index.name)} unique (${columns})`]
      }
      return [createIndexSql(table.name, index, "postgres", { concurrently })]
    }
    case "dropIndex": {
      const isConstraint = table.indexes.find((index) => index.name === operation.name)?.constraint === true
      if (isConstraint) return [`${alter} drop constraint ${name(operation.name)}`]
      return [`drop index ${operation.concurrently ? "concurrently " : ""}${name(operation.name)}`]
    }
    case "addForeignKey":
      return [`${alter} add ${foreignKeySql(operation.key, "postgres")}`]
    case "dropForeignKey":
    case "dropCheck":
      return [`${alter} drop constraint ${name(operation.name)}`]
    case "addCheck":
      return [`${alter} add ${checkSql(operation.check, "postgres")}`]
    case "setPrimaryKey":
      return [
        ...(table.primaryKey === undefined
          ? []
          : [`${alter} drop constraint ${name(table.primaryKey.name ?? `${table.name}_pkey`)}`]),
        ...(operation.key === undefined ? [] : [`${alter} add ${primaryKeySql(operation.key, "postgres")}`]),
      ]
    case "setOptions": {
      const { comment } = operation.options
      return [
        `comment on table ${name(table.name)} is ${comment === undefined ? "null" : textSql(comment, "postgres")}`,
      ]
    }
  }
}

function alterColumn(
  table: TableDescription,
  next: ColumnDescription,
  using: string | undefined,
  database: DatabaseDescription,
): readonly string[] {
  const old = table.columns.find((column) => column.name === next.name)
  if (old === undefined) throw new OrmSchemaInvalid(`There is no column ${table.name}.${next.name} to change.`)
  const alter = `alter table ${name(table.name)}`
  const column = `${alter} alter column ${name(next.name)}`
  if (old.generated?.expression !== next.generated?.expression) {
    // PostgreSQL 15 cannot change an expression; what it kept can be worked out again.
    if (next.generated === undefined) return [`${column} drop expression`]
    return [`${alter} drop column ${name(next.name)}`, `${alter} add column ${columnSql(next, "postgres", { table })}`]
  }
  const [from, to] = [typeSql(old.type, "postgres"), typeSql(next.type, "postgres")]
  const isRetyped = from !== to || old.collation !== next.collation
  const text = (one: ColumnDescription) => (one.default === undefined ? undefined : defaultSql(one.default, "postgres"))
  const isNewDefault = text(old) !== text(next)
  const statements: string[] = []
  // The old default may be no value of the new type.
  if (text(old) !== undefined && (isRetyped || isNewDefault)) statements.push(`${column} drop default`)
  if (isRetyped) statements.push(...retype(column, next, using, table, database))
  if (text(next) !== undefined && (isRetyped || isNewDefault)) statements.push(`${column} set default ${text(next)}`)
  if (old.nullable !== next.nullable) statements.push(`${column} ${next.nullable ? "drop" : "set"} not null`)
  if (old.autoIncrement !== next.autoIncrement) statements.push(...countSql(table, next, column))
  if (old.comment !== next.comment) statements.push(columnCommentSql(table.name, next))
  return statements
}

/** Counting begins behind the rows that are there. */
function countSql(table: TableDescription, { name: own, autoIncrement }: ColumnDescription, column: string): string[] {
  if (!autoIncrement) return [`${column} drop identity if exists`]
  const max = `(select max(${name(own)}) from ${name(table.name)})`
  const sequence = `pg_get_serial_sequence(${textSql(name(table.name), "postgres")}, ${textSql(own, "postgres")})`
  return [
    `${column} add generated by default as identity`,
    `select setval(${sequence}, coalesce(${max}, 1), ${max} is not null)`,
  ]
}

/**
 * Views of the table and columns that are worked out of this one are in the way, and come back as they were. Whoever may read a view
 * has to be told again.
 */
function retype(
  column: string,
  { name: own, type, collation }: ColumnDescription,
  using: string | undefined,
  table: TableDescription,
  database: DatabaseDescription,
): string[] {
  const views = viewsOn(database, table.name)
  const alter = `alter table ${name(table.name)}`
  const workedOut = table.columns.filter(
    ({ generated }) => generated && mentions(generated.expression, own, "postgres"),
  )
  const indexes = table.indexes.filter((index) => workedOut.some((one) => isIndexOf(index, one.name, database)))
  const to = typeSql(type, "postgres")
  const through = type.kind === "enumeration" ? "::text" : ""
  const collate = collation === undefined ? "" : ` collate ${name(collation)}`
  return [
    ...views.toReversed().map((view) => `drop view ${name(view.name)}`),
    ...workedOut.map((one) => `${alter} drop column ${name(one.name)}`),
    `${column} type ${to}${collate} using ${using ?? `${name(own)}${through}::${to}`}`,
    ...workedOut.map((one) => `${alter} add column ${columnSql(one, "postgres", { table })}`),
    ...indexes.map((index) => createIndexSql(table.name, index, "postgres")),
    ...views.map(({ sql }) => sql),
  ]
}
