import type { Index } from "../../indexes.ts"
import { keySql, missingKey, nameSql } from "./key.ts"
import { columnsSql, indexName, tableName } from "./names.ts"

/** The table of a collection. `n` is what indexes carry: a row number is 36 bytes shorter than an id. */
export function createTableSql(collection: string): string {
  return (
    `CREATE TABLE ${nameSql(tableName(collection))} (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, ` +
    "doc TEXT NOT NULL, rev INTEGER NOT NULL, created INTEGER NOT NULL, updated INTEGER NOT NULL)"
  )
}

export function dropTableSql(collection: string): string {
  return `DROP TABLE ${nameSql(tableName(collection))}`
}

/** Builds a declared index: an index of keys, or, for `members`, a table that the writer fills. */
export function createIndexSql(collection: string, index: Index): string {
  const name = nameSql(indexName(collection, index))
  return index.kind === "members"
    ? `CREATE TABLE ${name} (k, n INTEGER NOT NULL, PRIMARY KEY (k, n)) WITHOUT ROWID`
    : `CREATE INDEX ${name} ON ${nameSql(tableName(collection))} (${columnsSql(index)})`
}

/** What is built for a collection besides its table: the names of its indexes and of its tables of members. */
export function builtIndexesSql(): string {
  return "SELECT name, type FROM sqlite_schema WHERE name >= ?1 || '/' AND name < ?1 || '0'"
}

export function dropIndexSql(built: { readonly name: string; readonly type: string }): string {
  return `DROP ${built.type === "table" ? "TABLE" : "INDEX"} ${nameSql(built.name)}`
}

/** Two documents that hold the same values of a unique index, or no row. */
export function duplicateSql(collection: string, { fields }: Index): string {
  const keys = fields.map(({ path }) => keySql(path))
  const present = keys.map((key) => `${key}>${missingKey}`).join(" AND ")
  return (
    `SELECT min(id) AS first, max(id) AS second FROM ${nameSql(tableName(collection))} WHERE ${present} ` +
    `GROUP BY ${keys.join(", ")} HAVING count(*) > 1 LIMIT 1`
  )
}

/** Another document than `n` with these keys; bound are the keys in the order of the fields, then `n`. */
export function holderSql(collection: string, { fields }: Index): string {
  const equal = fields.map(({ path }) => `${keySql(path)}=?`).join(" AND ")
  return `SELECT id FROM ${nameSql(tableName(collection))} WHERE ${equal} AND n<>? LIMIT 1`
}

/** Statistics, which the planner needs to tell a good index from a poor one. Bounded: it looks at a part of each index. */
export function analyzeSql(collection: string): string {
  return `ANALYZE ${nameSql(tableName(collection))}`
}
