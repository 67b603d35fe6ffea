import { OrmSchemaInvalid } from "../../errors.ts"
import type { DatabaseDescription, Flavour, TableDescription } from "../description.ts"
import { nameSql, textSql } from "../sql-text.ts"
import { alterMysql } from "./alter-mysql.ts"
import { alterPostgres } from "./alter-postgres.ts"
import { alterSqlite } from "./alter-sqlite.ts"
import { applyChange, applyOperation, findTable } from "./apply-change.ts"
import type { ChangeSql, SchemaChange, TableOperation } from "./change.ts"
import { fitColumn, fitIndex, fitTable, wordsCheck } from "./fit-table.ts"
import { createSearchSql, dropSearchSql } from "./full-text-sql.ts"
import { createTableSql } from "./table-sql.ts"

/** A change in terms that the database has words for. */
export function fitChange(change: SchemaChange, database: DatabaseDescription): SchemaChange {
  const { flavour } = database
  if (change.kind === "createTable") return { ...change, table: fitTable(change.table, flavour) }
  if (change.kind !== "alterTable") return change
  const table = database.tables.find(({ name }) => name === change.table)
  return { ...change, operations: change.operations.flatMap((one) => fitOperation(one, change, table, flavour)) }
}

function fitOperation(
  operation: TableOperation,
  change: SchemaChange & { kind: "alterTable" },
  table: TableDescription | undefined,
  flavour: Flavour,
): TableOperation[] {
  if (operation.kind === "addIndex") return [{ ...operation, index: fitIndex(change.table, operation.index, flavour) }]
  if (operation.kind !== "addColumn" && operation.kind !== "alterColumn") return [operation]
  const { column } = operation
  const isNamed = (columns: readonly (string | undefined)[]) => columns.includes(column.name)
  const isKey =
    change.operations.some(
      (one) =>
        (one.kind === "addIndex" &&
          one.index.method === undefined &&
          isNamed(one.index.columns.map((part) => part.column))) ||
        (one.kind === "addForeignKey" && isNamed(one.key.columns)),
    ) ||
    (table?.indexes.some(
      ({ columns, method }) => method === undefined && isNamed(columns.map((part) => part.column)),
    ) ??
      false)
  const checks = wordsCheck(change.table, column, flavour)
  const stale = checks.filter(({ name }) => table?.checks.some((check) => check.name === name))
  return [
    ...stale.map(({ name }): TableOperation => ({ kind: "dropCheck", name })),
    { ...operation, column: fitColumn(column, flavour, isKey) },
    ...checks.map((check): TableOperation => ({ kind: "addCheck", check })),
  ]
}

/**
 * The SQL of a change to a database that is as described.
 *
 * @throws {ORM_SCHEMA_INVALID} when it changes what is not there, or says what the database cannot do.
 * @throws {ORM_IDENTIFIER_INVALID} for a name that is none.
 */
export function changeSql(asked: SchemaChange, database: DatabaseDescription): ChangeSql {
  const change = fitChange(asked, database)
  const { flavour } = database
  const name = (text: string) => nameSql(text, flavour)
  // Refuses what does not fit before anything is run.
  if (applyChange(database, change) === database) return { statements: [] }
  switch (change.kind) {
    case "createTable":
      return { statements: createTableSql(change.table, flavour) }
    case "dropTable":
      return { statements: dropTableSql(change, database), dropsRows: true }
    case "renameTable":
      return { statements: renameTableSql(change, database) }
    case "alterTable":
      return alterSql(findTable(database, change.table), change.operations, database)
    case "createEnum":
      return onPostgres(flavour, [
        `create type ${name(change.enumeration.name)} as enum (${change.enumeration.values.map((one) => textSql(one, flavour)).join(", ")})`,
      ])
    case "addEnumValue":
      return {
        ...onPostgres(flavour, [`alter type ${name(change.name)} add value ${textSql(change.value, flavour)}`]),
        outside: true,
      }
    case "dropEnum":
      return onPostgres(flavour, [`drop type ${name(change.name)}`])
    case "createView":
      return { statements: [change.sql] }
    case "dropView":
      return { statements: [`drop view ${name(change.name)}`] }
  }
}

/** A table of words is of a table by its name. */
function renameTableSql(
  { from, to }: SchemaChange & { kind: "renameTable" },
  database: DatabaseDescription,
): readonly string[] {
  const rename = `alter table ${nameSql(from, database.flavour)} rename to ${nameSql(to, database.flavour)}`
  const index = findTable(database, from).indexes.find(({ method }) => method === "fulltext")
  if (database.flavour !== "sqlite" || index === undefined) return [rename]
  return [...dropSearchSql(from), rename, ...createSearchSql(to, index)]
}

function dropTableSql(
  { name, ifExists }: SchemaChange & { kind: "dropTable" },
  { flavour, tables }: DatabaseDescription,
): readonly string[] {
  const table = tables.find((one) => one.name === name)
  const isSearched = flavour === "sqlite" && table?.indexes.some(({ method }) => method === "fulltext")
  const drop = `drop table ${ifExists ? "if exists " : ""}${nameSql(name, flavour)}`
  return [drop, ...(isSearched ? dropSearchSql(name, true) : [])]
}

function onPostgres(flavour: Flavour, statements: readonly string[]): ChangeSql {
  if (flavour !== "postgres") throw new OrmSchemaInvalid("Only PostgreSQL has types of a few words by name.")
  return { statements }
}

function alterSql(
  table: TableDescription,
  operations: readonly TableOperation[],
  database: DatabaseDescription,
): ChangeSql {
  if (database.flavour === "sqlite") return alterSqlite(table, operations, database)
  const alter = database.flavour === "postgres" ? alterPostgres : alterMysql
  let current = table
  const statements = operations.flatMap((operation) => {
    const sql = alter(current, operation, database)
    current = applyOperation(current, operation, database)
    return sql
  })
  const isOutside =
    database.flavour === "postgres" && operations.some((one) => "concurrently" in one && one.concurrently)
  if (isOutside && operations.length > 1)
    throw new OrmSchemaInvalid(
      "An index is made concurrently by a change of its own: PostgreSQL does it in no transaction.",
    )
  return { statements, ...(isOutside ? { outside: true } : {}) }
}
