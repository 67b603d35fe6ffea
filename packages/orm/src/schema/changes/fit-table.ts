import { constraintName } from "../constraint-name.ts"
import type {
  CheckDescription,
  ColumnDescription,
  Flavour,
  IndexDescription,
  TableDescription,
} from "../description.ts"
import { nameSql, textSql } from "../sql-text.ts"
import { searchTableName, searchVector } from "./full-text-sql.ts"

/** Characters of a text that MySQL can keep a key of, with four bytes each; its own limit is 768. */
const KEY_LENGTH = 255

/**
 * A table as a database can have it: what one has no word for is said in others. Text without a length is a `varchar(255)`
 * where MySQL has to find it by a key; an enumeration is text and a check on PostgreSQL and SQLite; options of others are left out.
 */
export function fitTable(table: TableDescription, flavour: Flavour): TableDescription {
  const keys = new Set([
    ...(table.primaryKey?.columns ?? []),
    ...table.indexes.flatMap(({ columns, method }) =>
      method === undefined
        ? columns.flatMap(({ column, prefix }) => (column && prefix === undefined ? [column] : []))
        : [],
    ),
    ...table.foreignKeys.flatMap(({ columns }) => columns),
  ])
  return {
    ...table,
    columns: table.columns.map((column) => fitColumn(column, flavour, keys.has(column.name))),
    indexes: table.indexes.map((index) => fitIndex(table.name, index, flavour)),
    checks: [...table.checks, ...table.columns.flatMap((column) => wordsCheck(table.name, column, flavour))].sort(
      (a, b) => (a.name < b.name ? -1 : 1),
    ),
    options: fitOptions(table, flavour),
  }
}

/** A full-text index is over an expression on PostgreSQL, and a table of its own on SQLite. */
export function fitIndex(table: string, index: IndexDescription, flavour: Flavour): IndexDescription {
  if (index.method !== "fulltext" || isMysql(flavour)) return index
  if (flavour === "sqlite") return { ...index, name: searchTableName(table) }
  const expression = searchVector(index.columns.map(({ column = "" }) => column))
  return { ...index, method: "gin", columns: [{ expression }] }
}

function isMysql(flavour: Flavour): boolean {
  return flavour === "mysql" || flavour === "mariadb"
}

/** @param isKey Whether it is to be found by a key. */
export function fitColumn(column: ColumnDescription, flavour: Flavour, isKey: boolean): ColumnDescription {
  const { type } = column
  if (isMysql(flavour) && isKey && type.kind === "text" && type.length === undefined)
    return { ...column, type: { kind: "text", length: KEY_LENGTH } }
  if (flavour === "sqlite" && column.autoIncrement) return { ...column, type: { kind: "integer", bits: 32 } }
  if (!isMysql(flavour) && type.kind === "enumeration" && type.name === undefined)
    return { ...column, type: { kind: "text" } }
  if (flavour !== "postgres" && type.kind === "enumeration" && type.name !== undefined)
    return fitColumn({ ...column, type: { kind: "enumeration", values: type.values } }, flavour, isKey)
  return column
}

/** The check that stands for the words of an enumeration. */
export function wordsCheck(table: string, { name, type }: ColumnDescription, flavour: Flavour): CheckDescription[] {
  if (type.kind !== "enumeration" || isMysql(flavour)) return []
  if (flavour === "postgres" && type.name !== undefined) return []
  const words = type.values.map((value) => textSql(value, flavour)).join(", ")
  return [{ name: constraintName(table, [name], "check"), expression: `${nameSql(name, flavour)} in (${words})` }]
}

function fitOptions({ options }: TableDescription, flavour: Flavour): TableDescription["options"] {
  const { strict, withoutRowid, engine, collation, comment } = options
  if (flavour === "sqlite") return { ...(strict ? { strict } : {}), ...(withoutRowid ? { withoutRowid } : {}) }
  return {
    ...(isMysql(flavour) && engine !== undefined && engine !== "InnoDB" ? { engine } : {}),
    ...(isMysql(flavour) && collation !== undefined ? { collation } : {}),
    ...(comment === undefined ? {} : { comment }),
  }
}
