import type { IndexDescription, OpaqueDescription } from "../description.ts"
import { nameSql, namesSql, textSql } from "../sql-text.ts"
import { sqlTokens } from "../sql-tokens.ts"

/** The FTS5 table beside a table of SQLite; its rows have the same numbers. */
export function searchTableName(table: string): string {
  return `${table}_search`
}

const name = (text: string): string => nameSql(text, "sqlite")
const columnsOf = ({ columns }: IndexDescription): string[] => columns.map(({ column = "" }) => column)

/** PostgreSQL: what the index is over, and `search()` asks for, word for word. */
export function searchVector(columns: readonly string[]): string {
  const texts = columns.map((column) => `coalesce(${nameSql(column, "postgres")}, '')`)
  return `to_tsvector('simple', ${texts.join(" || ' ' || ")})`
}

/** SQLite: the table of words over the rows that are there, and what keeps it up to date. */
export function createSearchSql(table: string, index: IndexDescription): readonly string[] {
  const columns = columnsOf(index)
  const search = name(searchTableName(table))
  const list = namesSql(columns, "sqlite")
  const values = (row: "new" | "old") =>
    [`${row}.rowid`, ...columns.map((column) => `${row}.${name(column)}`)].join(", ")
  const add = `insert into ${search} (rowid, ${list}) values (${values("new")});`
  const remove = `insert into ${search} (${search}, rowid, ${list}) values ('delete', ${values("old")});`
  const trigger = (event: string, body: string) =>
    `create trigger ${name(`${searchTableName(table)}_${event}`)} after ${event} on ${name(table)} begin ${body} end`
  return [
    `create virtual table ${search} using fts5(${list}, content=${textSql(table, "sqlite")}, content_rowid='rowid')`,
    trigger("insert", add),
    trigger("update", `${remove} ${add}`),
    trigger("delete", remove),
    `insert into ${search} (${search}) values ('rebuild')`,
  ]
}

/** @param isTableGone Whether the triggers went with the table. */
export function dropSearchSql(table: string, isTableGone = false): readonly string[] {
  const search = searchTableName(table)
  const triggers = isTableGone
    ? []
    : ["insert", "update", "delete"].map((event) => `drop trigger ${name(`${search}_${event}`)}`)
  return [...triggers, `drop table ${name(search)}`]
}

/** The index that a table of words is, where this package made it; and what of the catalogue belongs to it. */
export function readSearchTable(
  table: string,
  opaque: readonly OpaqueDescription[],
): { readonly index: IndexDescription; readonly parts: readonly OpaqueDescription[] } | undefined {
  const search = searchTableName(table)
  const virtual = opaque.find((one) => one.kind === "virtual" && one.name === search)
  if (virtual === undefined || !/\busing\s+fts5\b/i.test(virtual.sql)) return undefined
  const triggers = opaque.filter(
    (one) => one.kind === "trigger" && one.table === table && one.name.startsWith(`${search}_`),
  )
  if (triggers.length !== 3) return undefined
  const tokens = sqlTokens(virtual.sql.slice(virtual.sql.indexOf("(")), "sqlite")
  const columns = tokens.flatMap(({ kind, value }, at) =>
    kind === "name" && tokens[at + 1]?.raw !== "=" ? [value] : [],
  )
  const index = { name: search, columns: columns.map((column) => ({ column })), unique: false, method: "fulltext" }
  return { index, parts: [virtual, ...triggers] }
}
