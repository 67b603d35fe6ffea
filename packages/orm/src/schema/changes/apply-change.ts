import { OrmSchemaInvalid } from "../../errors.ts"
import type { DatabaseDescription, ForeignKeyDescription, IndexDescription, TableDescription } from "../description.ts"
import { tableOf } from "../description.ts"
import { mentions, renameIn } from "../sql-tokens.ts"
import type { SchemaChange, TableOperation } from "./change.ts"

/**
 * What a database is made of after a change, without asking it: for `--dry-run`, and for SQLite's new tables.
 *
 * @throws {ORM_SCHEMA_INVALID} when the change names what is not there.
 */
export function applyChange(database: DatabaseDescription, change: SchemaChange): DatabaseDescription {
  switch (change.kind) {
    case "createTable":
      if (tableOf(database, change.table.name)) {
        if (change.ifNotExists) return database
        throw new OrmSchemaInvalid(`There is a table ${change.table.name} already.`)
      }
      return withTables(database, [...database.tables, change.table])
    case "dropTable":
      if (!change.ifExists) findTable(database, change.name)
      refuseReferenced(database, change.name)
      return {
        ...withTables(
          database,
          database.tables.filter(({ name }) => name !== change.name),
        ),
        opaque: database.opaque.filter(({ kind, table }) => kind !== "trigger" || table !== change.name),
      }
    case "renameTable":
      findTable(database, change.from)
      return withTables(
        database,
        database.tables.map((table) => renamedTable(table, change, database)),
      )
    case "alterTable": {
      const old = findTable(database, change.table)
      const next = change.operations.reduce((table, one) => applyOperation(table, one, database), old)
      return withTables(
        database,
        database.tables.map((table) =>
          table === old ? next : renamedReferences(table, change.table, change.operations),
        ),
      )
    }
    case "createEnum":
      return { ...database, enums: [...database.enums, change.enumeration].sort(byName) }
    case "addEnumValue":
      return {
        ...database,
        enums: database.enums.map((one) =>
          one.name === change.name ? { ...one, values: [...one.values, change.value] } : one,
        ),
      }
    case "dropEnum":
      return { ...database, enums: database.enums.filter(({ name }) => name !== change.name) }
    case "createView":
      return { ...database, opaque: [...database.opaque, { kind: "view", name: change.name, sql: change.sql }] }
    case "dropView":
      return {
        ...database,
        opaque: database.opaque.filter(({ kind, name }) => kind !== "view" || name !== change.name),
      }
  }
}

/** SQLite would leave the keys that lead nowhere; the others refuse. */
function refuseReferenced(database: DatabaseDescription, name: string): void {
  const child = database.tables.find((one) => one.name !== name && one.foreignKeys.some(({ table }) => table === name))
  if (child !== undefined)
    throw new OrmSchemaInvalid(`Table ${child.name} has a foreign key to ${name}. Drop that key or table first.`)
}

/** @throws {ORM_SCHEMA_INVALID} */
export function findTable(database: DatabaseDescription, name: string): TableDescription {
  const table = tableOf(database, name)
  if (table === undefined) throw new OrmSchemaInvalid(`There is no table ${name} to change.`)
  return table
}

function withTables(database: DatabaseDescription, tables: readonly TableDescription[]): DatabaseDescription {
  return { ...database, tables: [...tables].sort(byName) }
}

/** As the databases sort names here: by their bytes. */
export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

function renamedTable(
  table: TableDescription,
  { from, to }: { readonly from: string; readonly to: string },
  { flavour }: DatabaseDescription,
): TableDescription {
  const isSearch = ({ method }: IndexDescription) => flavour === "sqlite" && method === "fulltext"
  return {
    ...table,
    ...(table.name === from
      ? {
          name: to,
          indexes: table.indexes.map((index) => (isSearch(index) ? { ...index, name: `${to}_search` } : index)),
        }
      : {}),
    foreignKeys: table.foreignKeys.map((key) => (key.table === from ? { ...key, table: to } : key)),
  }
}

/** Keys of other tables to columns that have another name now. */
function renamedReferences(
  table: TableDescription,
  changed: string,
  operations: readonly TableOperation[],
): TableDescription {
  const names = new Map(operations.flatMap((one) => (one.kind === "renameColumn" ? [[one.from, one.to] as const] : [])))
  if (names.size === 0 || !table.foreignKeys.some((key) => key.table === changed)) return table
  const renamed = (key: ForeignKeyDescription) =>
    key.table === changed ? { ...key, references: key.references.map((name) => names.get(name) ?? name) } : key
  return { ...table, foreignKeys: table.foreignKeys.map(renamed) }
}

/** A table after one operation. @throws {ORM_SCHEMA_INVALID} */
export function applyOperation(
  table: TableDescription,
  operation: TableOperation,
  database: Pick<DatabaseDescription, "flavour">,
): TableDescription {
  switch (operation.kind) {
    case "addColumn":
      if (table.columns.some(({ name }) => name === operation.column.name))
        throw new OrmSchemaInvalid(`There is a column ${table.name}.${operation.column.name} already.`)
      return { ...table, columns: [...table.columns, operation.column] }
    case "dropColumn":
      needColumn(table, operation.name)
      return withoutColumn(table, operation.name, database)
    case "renameColumn":
      needColumn(table, operation.from)
      return renamedColumn(table, operation.from, operation.to, database)
    case "alterColumn":
      needColumn(table, operation.column.name)
      return {
        ...table,
        columns: table.columns.map((one) => (one.name === operation.column.name ? operation.column : one)),
      }
    case "addIndex":
      return { ...table, indexes: [...table.indexes, operation.index].sort(byName) }
    case "dropIndex":
      return { ...table, indexes: without(table.indexes, operation.name, "index") }
    case "addForeignKey":
      return { ...table, foreignKeys: [...table.foreignKeys, operation.key].sort(byName) }
    case "dropForeignKey":
      return { ...table, foreignKeys: without(table.foreignKeys, operation.name, "foreign key") }
    case "addCheck":
      return { ...table, checks: [...table.checks, operation.check].sort(byName) }
    case "dropCheck":
      return { ...table, checks: without(table.checks, operation.name, "check") }
    case "setPrimaryKey": {
      const { primaryKey: _, ...rest } = table
      return operation.key === undefined ? rest : { ...rest, primaryKey: operation.key }
    }
    case "setOptions":
      return { ...table, options: operation.options }
  }
}

function needColumn(table: TableDescription, name: string): void {
  if (!table.columns.some((column) => column.name === name))
    throw new OrmSchemaInvalid(`There is no column ${table.name}.${name} to change.`)
}

function without<T extends { readonly name: string }>(list: readonly T[], name: string, what: string): T[] {
  const rest = list.filter((one) => one.name !== name)
  if (rest.length === list.length) throw new OrmSchemaInvalid(`There is no ${what} ${name} to drop.`)
  return rest
}

/** Whether an index is of a column, or says something of it. */
export function isIndexOf(
  index: IndexDescription,
  column: string,
  { flavour }: Pick<DatabaseDescription, "flavour">,
): boolean {
  return (
    index.columns.some(
      (part) => part.column === column || (part.expression && mentions(part.expression, column, flavour)),
    ) ||
    (index.include?.includes(column) ?? false) ||
    (index.where !== undefined && mentions(index.where, column, flavour))
  )
}

/** What is of the column goes with it: its indexes, foreign keys and checks. */
function withoutColumn(
  table: TableDescription,
  name: string,
  database: Pick<DatabaseDescription, "flavour">,
): TableDescription {
  const { primaryKey, ...rest } = table
  const keepsKey = primaryKey !== undefined && !primaryKey.columns.includes(name)
  return {
    ...rest,
    ...(keepsKey ? { primaryKey } : {}),
    columns: table.columns.filter((column) => column.name !== name),
    indexes: table.indexes.filter((index) => !isIndexOf(index, name, database)),
    foreignKeys: table.foreignKeys.filter((key) => !key.columns.includes(name)),
    checks: table.checks.filter(({ expression }) => !mentions(expression, name, database.flavour)),
  }
}

function renamedColumn(
  table: TableDescription,
  from: string,
  to: string,
  { flavour }: Pick<DatabaseDescription, "flavour">,
): TableDescription {
  const name = (one: string) => (one === from ? to : one)
  const text = (sql: string) => renameIn(sql, from, to, flavour)
  return {
    ...table,
    columns: table.columns.map((column) => ({
      ...column,
      name: name(column.name),
      ...(column.generated === undefined
        ? {}
        : { generated: { ...column.generated, expression: text(column.generated.expression) } }),
    })),
    ...(table.primaryKey === undefined
      ? {}
      : { primaryKey: { ...table.primaryKey, columns: table.primaryKey.columns.map(name) } }),
    indexes: table.indexes.map((index) => ({
      ...index,
      columns: index.columns.map((part) => ({
        ...part,
        ...(part.column === undefined ? {} : { column: name(part.column) }),
        ...(part.expression === undefined ? {} : { expression: text(part.expression) }),
      })),
      ...(index.where === undefined ? {} : { where: text(index.where) }),
      ...(index.include === undefined ? {} : { include: index.include.map(name) }),
    })),
    foreignKeys: table.foreignKeys.map((key) => ({
      ...key,
      columns: key.columns.map(name),
      ...(key.table === table.name ? { references: key.references.map(name) } : {}),
    })),
    checks: table.checks.map((check) => ({ ...check, expression: text(check.expression) })),
  }
}
