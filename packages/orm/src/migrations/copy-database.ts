import { type Cast, castOf } from "../columns/cast.ts"
import { type AnyColumn, createColumn } from "../columns/column.ts"
import type { Database, Queryable } from "../database.ts"
import type { Row } from "../driver.ts"
import { OrmSchemaInvalid, OrmSchemaUnsafe } from "../errors.ts"
import { fitTable } from "../schema/changes/fit-table.ts"
import {
  type ColumnDescription,
  type ColumnType,
  type DatabaseDescription,
  emptyTable,
  type Flavour,
  type TableDescription,
  tableOf,
} from "../schema/description.ts"
import { diffDatabases } from "../schema/diff.ts"
import { flavourOf, introspect } from "../schema/introspect.ts"
import { portableType } from "../schema/portable-type.ts"
import { runChange } from "../schema/run-change.ts"
import { nameSql, statement, textSql } from "../schema/sql-text.ts"
import { sql } from "../sql.ts"
import { withoutOwnTables } from "./journal.ts"

export interface CopyOptions {
  readonly onProgress?: (progress: { readonly table: string; readonly rows: number; readonly total: number }) => void
}

export interface CopyResult {
  /** Rows of each table, as they were counted on both sides. */
  readonly tables: Readonly<Record<string, number>>
  /** What the other database has no words for, and was not copied. */
  readonly left: readonly string[]
}

const BATCH_ROWS = 500
const MAX_VALUES = 30_000
const TIMEOUT_MS = 86_400_000

/**
 * Copies tables with their rows into an empty database, of the same kind or another. Between kinds, what is written in SQL is left:
 * views, triggers, conditions, expressions; types become the nearest that loses nothing. Timestamps are copied to the millisecond.
 * Tables that are there already, made by migrations, only get the rows, and must be empty. Nothing of the source is changed.
 *
 * @throws {ORM_SCHEMA_INVALID} when a table is not empty or lacks a column. {ORM_SCHEMA_UNSAFE} when counts differ afterwards.
 * @throws {ORM_VALUE_INVALID} naming the column whose value the other database cannot keep.
 */
export async function copyDatabase(
  from: Database,
  to: Database,
  { onProgress }: CopyOptions = {},
): Promise<CopyResult> {
  const source = withoutOwnTables(await introspect(from))
  const target = await introspect(to)
  const flavour = await flavourOf(to)
  const { tables, left } = translate(source, flavour)
  for (const { name } of tables) await refuseRows(to, name, target)
  const missing = tables.filter(({ name }) => tableOf(target, name) === undefined)
  // Keys and indexes follow the rows, which come in any order; SQLite makes its keys with the table.
  const first = missing.map((table) => (flavour === "sqlite" ? { ...table, indexes: inline(table) } : bare(table)))
  const begun = { ...target, tables: [...target.tables, ...first].sort((a, b) => (a.name < b.name ? -1 : 1)) }
  for (const change of diffDatabases(target, begun)) await runChange(to, change)
  const made = await introspect(to)
  const work = async (db: Queryable) => {
    for (const table of source.tables)
      await copyRows(from, db, { table, into: tableOf(made, table.name)!, source, flavour, onProgress })
  }
  await to.transaction(work, {
    timeoutMs: TIMEOUT_MS,
    retries: 0,
    ...(flavour === "sqlite" ? { foreignKeys: "unchecked" } : {}),
  })
  const whole = {
    ...made,
    tables: made.tables.map((table) => missing.find(({ name }) => name === table.name) ?? table),
  }
  for (const change of diffDatabases(made, whole)) await runChange(to, change)
  return { tables: await compareCounts(from, to, source), left }
}

function bare(table: TableDescription): TableDescription {
  const { primaryKey } = table
  return {
    ...emptyTable(table.name, table.columns),
    ...(primaryKey === undefined ? {} : { primaryKey }),
    options: table.options,
  }
}

const inline = ({ indexes }: TableDescription) => indexes.filter(({ constraint }) => constraint)

async function refuseRows(to: Database, name: string, target: DatabaseDescription): Promise<void> {
  if (tableOf(target, name) === undefined) return
  const row = await to.sql`select 1 as one from ${sql.id(name)} limit 1`.first()
  if (row !== undefined) throw new OrmSchemaInvalid(`Table ${name} has rows already. Copy into an empty database.`)
}

/** The tables in the words of another database, and what it has none for. */
function translate(source: DatabaseDescription, flavour: Flavour): { tables: TableDescription[]; left: string[] } {
  if (source.flavour === flavour)
    return { tables: [...source.tables], left: source.opaque.map(({ kind, name }) => `${kind} ${name}`) }
  const left = source.opaque.map(({ kind, name }) => `${kind} ${name}`)
  const tables = source.tables.map((table): TableDescription => {
    const isPlain = (index: TableDescription["indexes"][number]) =>
      index.where === undefined &&
      (index.method === undefined || index.method === "fulltext") &&
      index.columns.every(({ column }) => column)
    left.push(...table.checks.map(({ name }) => `check ${table.name}.${name}`))
    left.push(...table.indexes.filter((index) => !isPlain(index)).map(({ name }) => `index ${name}`))
    return fitTable(
      {
        ...table,
        columns: table.columns.map((column) => translateColumn(column, table, { source: source.flavour, left })),
        indexes: table.indexes.filter(isPlain).map((index) => ({
          ...index,
          columns: index.columns.map(({ column, descending }) => ({
            ...(column === undefined ? {} : { column }),
            ...(descending ? { descending } : {}),
          })),
        })),
        checks: [],
        options: {},
      },
      flavour,
    )
  })
  return { tables, left }
}

function translateColumn(
  { name, type, nullable, default: fallback, autoIncrement, generated }: ColumnDescription,
  table: TableDescription,
  { source, left }: { readonly source: Flavour; readonly left: string[] },
): ColumnDescription {
  if (generated !== undefined) left.push(`expression of ${table.name}.${name}`)
  if (fallback?.kind === "expression" && !isNow(fallback.sql)) left.push(`default of ${table.name}.${name}`)
  const own = portableType(type, source)
  // An INTEGER of SQLite holds 64 bits, whatever it is called; and where it is the key, it counts.
  const isWide = source === "sqlite" && own.kind === "integer"
  const counts =
    autoIncrement || (isWide && table.primaryKey?.columns.length === 1 && table.primaryKey.columns[0] === name)
  return {
    name,
    type: isWide ? { kind: "integer", bits: 64 } : own,
    nullable,
    ...(fallback === undefined || (fallback.kind === "expression" && !isNow(fallback.sql))
      ? {}
      : { default: fallback.kind === "expression" ? { kind: "now" } : fallback }),
    ...(counts ? { autoIncrement: true } : {}),
  }
}

const isNow = (text: string): boolean => /^\(?current_timestamp(?:\(\d\))?\)?$/i.test(text)

interface CopyRows {
  readonly table: TableDescription
  readonly into: TableDescription
  readonly source: DatabaseDescription
  readonly flavour: Flavour
  readonly onProgress: CopyOptions["onProgress"]
}

async function copyRows(
  from: Database,
  to: Queryable,
  { table, into, source, flavour, onProgress }: CopyRows,
): Promise<void> {
  const columns = table.columns.filter(
    ({ name }) => into.columns.find((one) => one.name === name)?.generated === undefined,
  )
  for (const { name } of columns)
    if (!into.columns.some((one) => one.name === name))
      throw new OrmSchemaInvalid(`Table ${table.name} has no column ${name} in the other database.`)
  const converters = columns.map((column) => converter(table.name, column, { from, to, source: source.flavour }))
  const total = await count(from, table.name)
  const batchRows = Math.max(1, Math.min(BATCH_ROWS, Math.floor(MAX_VALUES / columns.length)))
  const names = sql.join(columns.map(({ name }) => sql`${sql.id(name)}`))
  let rows = 0
  let batch: Row[] = []
  const flush = async () => {
    if (batch.length === 0) return
    const values = batch.map(
      (row) => sql`(${sql.join(columns.map(({ name }, at) => sql`${converters[at]!(row[name])}`))})`,
    )
    await to.sql`insert into ${sql.id(table.name)} (${names}) values ${sql.join(values)}`.run()
    rows += batch.length
    batch = []
    onProgress?.({ table: table.name, rows, total })
  }
  for await (const row of from.stream(from.sql`select ${names} from ${sql.id(table.name)}`, { chunkRows: batchRows })) {
    batch.push(row)
    if (batch.length >= batchRows) await flush()
  }
  await flush()
  if (flavour === "postgres") await countOn(to, into)
}

type Convert = (raw: unknown) => unknown

/** What one driver gives as what the other takes: by the casts of models, through what a model would show. */
function converter(
  table: string,
  { name, type }: ColumnDescription,
  { from, to, source }: { readonly from: Queryable; readonly to: Queryable; readonly source: Flavour },
): Convert {
  const portable = portableType(type, source)
  if (portable.kind === "integer") return exactInteger
  const column = columnOf(portable, source)
  if (column === undefined) return (raw) => (raw instanceof Date ? raw.toISOString() : raw)
  const place = { table, property: name }
  const read: Cast = castOf(column.definition, from.dialect, place)
  const write = castOf(column.definition, to.dialect, place)
  return (raw) =>
    raw === null || raw === undefined ? null : write.write(read.read === undefined ? raw : read.read(raw))
}

/** A column of SQLite's may hold what is no integer: the other database says what it thinks of that. */
function exactInteger(raw: unknown): unknown {
  return typeof raw === "number" && Number.isInteger(raw) ? BigInt(raw) : raw
}

function columnOf(type: ColumnType, source: Flavour): AnyColumn | undefined {
  switch (type.kind) {
    case "integer":
      return createColumn("bigint")
    case "float":
      return createColumn("double")
    case "decimal":
      return type.precision !== undefined && type.precision <= 38
        ? createColumn("decimal", { precision: 38, scale: type.scale ?? 0 })
        : undefined
    case "array": {
      const element = columnOf(type.of, source)?.definition
      return element === undefined ? undefined : createColumn("array", { element })
    }
    case "boolean":
    case "uuid":
    case "date":
    case "timestamp":
    case "json":
    case "bytes":
      return createColumn(type.kind)
    default:
      return undefined
  }
}

/** PostgreSQL goes on counting where the rows end. */
async function countOn(db: Queryable, { name, columns }: TableDescription): Promise<void> {
  for (const column of columns) {
    if (!column.autoIncrement) continue
    const [table, own] = [textSql(nameSql(name, "postgres"), "postgres"), textSql(column.name, "postgres")]
    const max = `(select max(${nameSql(column.name, "postgres")}) from ${nameSql(name, "postgres")})`
    await db.sql`${statement(`select setval(pg_get_serial_sequence(${table}, ${own}), coalesce(${max}, 1), ${max} is not null)`)}`.all()
  }
}

async function count(db: Queryable, table: string): Promise<number> {
  return Number((await db.sql<{ c: number }>`select count(*) as c from ${sql.id(table)}`.first())?.c ?? 0)
}

async function compareCounts(
  from: Database,
  to: Database,
  { tables }: DatabaseDescription,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { name } of tables) {
    const [a, b] = [await count(from, name), await count(to, name)]
    if (a !== b)
      throw new OrmSchemaUnsafe(`Table ${name} has ${a} rows, and ${b} in the copy. Was it written to meanwhile?`)
    counts[name] = a
  }
  return counts
}
