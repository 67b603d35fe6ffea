import type { Queryable } from "../../database.ts"
import { byName } from "../changes/apply-change.ts"
import { readSearchTable } from "../changes/full-text-sql.ts"
import { constraintName } from "../constraint-name.ts"
import type {
  CheckDescription,
  ColumnDescription,
  DatabaseDescription,
  ForeignKeyDescription,
  IndexColumn,
  IndexDescription,
  OpaqueDescription,
  ReferenceAction,
  TableDescription,
} from "../description.ts"
import { parseType } from "../parse-type.ts"
import { sqlTokens } from "../sql-tokens.ts"
import { type CreateTableText, readCreateIndex, readCreateTable } from "./create-table.ts"
import { parseDefault } from "./default-text.ts"

interface MasterRow {
  readonly type: string
  readonly name: string
  readonly tbl_name: string
  readonly sql: string | null
}

interface TableRow {
  readonly name: string
  readonly type: "table" | "view" | "virtual" | "shadow"
  readonly wr: number
  readonly strict: number
}

/** Reads what a file is made of: the catalogue's tables where it has them, and the text of CREATE TABLE for the rest. */
export async function introspectSqlite(db: Queryable): Promise<DatabaseDescription> {
  const master = await db.sql<MasterRow>`select type, name, tbl_name, sql from sqlite_master order by rowid`.all()
  const rows = await db.sql<TableRow>`select name, type, wr, strict from pragma_table_list where schema = 'main'
    and name not like 'sqlite\\_%' escape '\\' order by name`.all()
  const tables: TableDescription[] = []
  for (const row of rows) if (row.type === "table") tables.push(await readTable(db, row, master))
  const virtual = new Set(rows.filter(({ type }) => type === "virtual").map(({ name }) => name))
  const opaque = master.flatMap(({ type, name, tbl_name, sql }): OpaqueDescription[] => {
    if (sql === null) return []
    if (type === "view") return [{ kind: "view", name, sql }]
    if (type === "trigger") return [{ kind: "trigger", name, table: tbl_name, sql }]
    return virtual.has(name) ? [{ kind: "virtual", name, sql }] : []
  })
  const searches = tables.flatMap((table) => {
    const search = readSearchTable(table.name, opaque)
    return search === undefined ? [] : [{ table, ...search }]
  })
  const own = new Set(searches.flatMap(({ parts }) => parts))
  return {
    flavour: "sqlite",
    tables: tables.map((table) => {
      const search = searches.find((one) => one.table === table)
      return search === undefined ? table : { ...table, indexes: [...table.indexes, search.index].sort(byName) }
    }),
    enums: [],
    opaque: opaque.filter((one) => !own.has(one)),
  }
}

async function readTable(db: Queryable, row: TableRow, master: readonly MasterRow[]): Promise<TableDescription> {
  const { name } = row
  const own = master.find((one) => one.type === "table" && one.name === name)
  const text = readCreateTable(own?.sql ?? "")
  const { columns, keys } = await readColumns(db, row, text)
  return {
    name,
    columns,
    ...(keys.length === 0
      ? {}
      : { primaryKey: { ...(text.primaryKeyName === undefined ? {} : { name: text.primaryKeyName }), columns: keys } }),
    indexes: await readIndexes(db, name, text, master),
    foreignKeys: await readForeignKeys(db, name, text),
    checks: readChecks(name, text),
    options: { ...(row.strict ? { strict: true } : {}), ...(row.wr ? { withoutRowid: true } : {}) },
  }
}

async function readColumns(
  db: Queryable,
  { name: table, strict }: TableRow,
  text: CreateTableText,
): Promise<{ columns: ColumnDescription[]; keys: string[] }> {
  const rows = await db.sql<{
    name: string
    type: string
    notnull: number
    value: string | null
    pk: number
    hidden: number
  }>`
    select name, type, "notnull", dflt_value as value, pk, hidden from pragma_table_xinfo(${table}) order by cid`.all()
  const columns = rows.map((row): ColumnDescription => {
    const type = parseType(row.type, "sqlite", strict === 1)
    const written = text.columns.get(row.name.toLowerCase())
    const fallback = row.value === null ? undefined : parseDefault(row.value, type, "sqlite")
    return {
      name: row.name,
      type,
      // A row of a table without a NOT NULL of its own may have no key, but only where the key is not the row's number.
      nullable: row.notnull === 0 && row.pk === 0,
      ...(fallback === undefined ? {} : { default: fallback }),
      ...(row.hidden < 2 || written?.generated === undefined
        ? {}
        : { generated: { expression: written.generated, stored: row.hidden === 3 } }),
      ...(written?.autoIncrement ? { autoIncrement: true } : {}),
      ...(written?.collation === undefined ? {} : { collation: written.collation }),
    }
  })
  const keys = rows.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk)
  return { columns, keys: keys.map(({ name }) => name) }
}

async function readIndexes(
  db: Queryable,
  table: string,
  text: CreateTableText,
  master: readonly MasterRow[],
): Promise<IndexDescription[]> {
  const rows = await db.sql<{ name: string; unique: number; origin: string }>`
    select name, "unique", origin from pragma_index_list(${table})`.all()
  const indexes: IndexDescription[] = []
  for (const { name, unique, origin } of rows) {
    if (origin === "pk") continue
    const parts = await db.sql<{ cid: number; name: string | null; desc: number; coll: string | null }>`
      select cid, name, "desc", coll from pragma_index_xinfo(${name}) where "key" = 1 order by seqno`.all()
    const sql = master.find((one) => one.type === "index" && one.name === name)?.sql
    const written = sql == null ? undefined : readCreateIndex(sql)
    const columns = parts.map((part, at): IndexColumn => {
      const own = written?.columns[at] ?? ""
      const collation = /\bcollate\s+("?)([\w]+)\1/i.exec(own)?.[2]
      return {
        ...(part.name === null ? { expression: withoutOrder(own) } : { column: part.name }),
        ...(part.desc ? { descending: true } : {}),
        ...(collation !== undefined && part.name !== null ? { modifier: collation } : {}),
      }
    })
    const names = columns.map(({ column = "" }) => column)
    indexes.push({
      name: origin === "u" ? uniqueName(table, names, text) : name,
      columns,
      unique: unique === 1,
      ...(written?.where === undefined ? {} : { where: written.where }),
      ...(origin === "u" ? { constraint: true } : {}),
    })
  }
  return indexes.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function withoutOrder(text: string): string {
  const tokens = sqlTokens(text, "sqlite")
  const last = tokens.at(-1)
  return last?.value === "desc" || last?.value === "asc" ? text.slice(0, last.start).trim() : text
}

function uniqueName(table: string, columns: readonly string[], text: CreateTableText): string {
  const same = text.uniques.find((one) => one.columns.join("\0").toLowerCase() === columns.join("\0").toLowerCase())
  return same?.name ?? constraintName(table, columns, "unique")
}

async function readForeignKeys(db: Queryable, table: string, text: CreateTableText): Promise<ForeignKeyDescription[]> {
  const rows = await db.sql<{
    id: number
    parent: string
    from: string
    to: string | null
    on_update: string
    on_delete: string
  }>`select id, "table" as parent, "from", "to", on_update, on_delete from pragma_foreign_key_list(${table})
    order by id desc, seq`.all()
  const keys: ForeignKeyDescription[] = []
  for (const [id, parts] of Map.groupBy(rows, (row) => row.id)) {
    const { parent, on_delete: onDelete, on_update: onUpdate } = parts[0]!
    // The last one that is written has the number 0.
    const written = text.foreignKeys[text.foreignKeys.length - 1 - id]
    const columns = parts.map(({ from }) => from)
    const references = parts.every(({ to }) => to !== null)
      ? parts.map(({ to }) => to!)
      : (
          await db.sql<{ name: string }>`select name from pragma_table_info(${parent}) where pk > 0 order by pk`.all()
        ).map(({ name }) => name)
    keys.push({
      name: written?.name ?? constraintName(table, columns, "foreign"),
      columns,
      table: parent,
      references,
      onDelete: onDelete.toLowerCase() as ReferenceAction,
      onUpdate: onUpdate.toLowerCase() as ReferenceAction,
      ...(written?.deferred ? { deferred: true } : {}),
    })
  }
  return keys.sort((a, b) => (a.name < b.name ? -1 : 1))
}

function readChecks(table: string, text: CreateTableText): CheckDescription[] {
  const checks = text.checks.map(({ name, expression }, at) => ({
    name: name ?? constraintName(table, [String(at + 1)], "check"),
    expression,
  }))
  return checks.sort((a, b) => (a.name < b.name ? -1 : 1))
}
