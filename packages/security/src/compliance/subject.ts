import type { ModelStatics, Queryable, Table, TableColumn } from "@ashlar/orm"
import { sql } from "@ashlar/orm"
import type { Audit } from "../audit/audit.ts"
import type { AuditParty } from "../audit/audit-entry.ts"
import { ComplianceInvalid, ErasureBlocked } from "../errors.ts"
import { belongsTo, type SubjectTable, subjectTables } from "./subject-tables.ts"

export interface SubjectOptions {
  /** All models whose tables may hold something of a person. */
  readonly models: readonly ModelStatics[]
  /** Whose row is the person's own: `User`. */
  readonly subject: ModelStatics
  /** The key of that row. */
  readonly id: string | number | bigint
  /** Told in the audit log, of the same database: who asked for it. */
  readonly audit?: Audit
  readonly actor?: AuditParty
}

export interface SubjectExport {
  readonly subject: { readonly table: string; readonly id: string }
  /** Rows by table. Credentials are left out, what is encrypted is opened. */
  readonly tables: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>
}

const MAX_ROWS = 100_000

/**
 * All that a database holds of a person, as they may ask for (GDPR, articles 15 and 20): their row, and each that leads to it by foreign keys.
 *
 * @throws {SECURITY_COMPLIANCE_INVALID} beyond 100,000 rows of a table, and what `subjectTables` does.
 */
export async function exportSubject(database: Queryable, options: SubjectOptions): Promise<SubjectExport> {
  const { models, subject, id } = options
  return await database.transaction(async (tx) => {
    const tables: Record<string, Readonly<Record<string, unknown>>[]> = {}
    for (const [table, places] of byTable(subjectTables(models, subject))) {
      const columns = [...table.columns.values()].filter(({ definition }) => definition.pii?.category !== "credential")
      const rows =
        await tx.sql`select ${sql.join(columns.map(({ name }) => sql`${sql.id(name)}`))} from ${sql.id(table.name)}
        where ${whose(places, id, tx)} limit ${MAX_ROWS + 1}`.all()
      if (rows.length > MAX_ROWS)
        throw new ComplianceInvalid(`${table.name} holds more than ${MAX_ROWS} rows of this person.`)
      tables[table.name] = rows.map((row) => readRow(row, columns, tx))
    }
    await tell(tx, options, "subject.exported", counts(tables))
    return { subject: { table: subject.table, id: String(id) }, tables }
  })
}

/** What becomes of rows: all of a row goes; what is tagged `pii` is cleared; nothing is done. */
export type ErasureMode = "delete" | "anonymize" | "keep"

export interface ErasureOptions extends SubjectOptions {
  /** By table. Default: `anonymize` where a column is tagged `pii`, else `keep`. */
  readonly tables?: Readonly<Record<string, ErasureMode>>
  /** Only counts. Default false. */
  readonly dryRun?: boolean
}

export interface ErasureReport {
  readonly subject: { readonly table: string; readonly id: string }
  readonly dryRun: boolean
  readonly tables: readonly {
    readonly table: string
    readonly mode: ErasureMode
    readonly rows: number
    /** The columns that were cleared. */
    readonly cleared: readonly string[]
    /** Tagged columns that stay, as their tags say. */
    readonly kept: readonly string[]
  }[]
}

/**
 * Forgets a person (GDPR, article 17), in one transaction: rows of tables that refer to others go first. What was done is told in the audit
 * log of the same transaction, with counts and no data.
 *
 * @throws {SECURITY_ERASURE_BLOCKED} when rows that stay refer to rows that are to go. Nothing was changed.
 * @throws {SECURITY_COMPLIANCE_INVALID}
 */
export async function eraseSubject(database: Queryable, options: ErasureOptions): Promise<ErasureReport> {
  const { models, subject, id, tables: modes = {}, dryRun = false } = options
  const all = byTable(subjectTables(models, subject))
  const names = new Set([...all.keys()].map(({ name }) => name))
  const unknown = Object.keys(modes).find((name) => !names.has(name))
  if (unknown !== undefined)
    throw new ComplianceInvalid(`The table ${unknown} holds nothing of a person of ${subject.table}.`)
  const modeOf = (table: Table): ErasureMode => modes[table.name] ?? (tagged(table).length > 0 ? "anonymize" : "keep")
  return await database.transaction(async (tx) => {
    const report: ErasureReport["tables"][number][] = []
    // Counted before anything changes: what leads to a person may be cleared on the way.
    const numbers = new Map<Table, number>()
    for (const [table, places] of all) {
      const row = await tx.sql<{
        count: number
      }>`select count(*) as count from ${sql.id(table.name)} where ${whose(places, id, tx)}`.first()
      numbers.set(table, Number(row?.count ?? 0))
    }
    refuseBlocked(all, modeOf, (table) => numbers.get(table) ?? 0)
    for (const [table, places] of [...all].reverse()) {
      const mode = modeOf(table)
      const columns =
        mode === "anonymize" ? tagged(table).filter(({ definition }) => definition.pii?.onErase !== "keep") : []
      const condition = whose(places, id, tx)
      if (!dryRun && mode === "delete") await tx.sql`delete from ${sql.id(table.name)} where ${condition}`.run()
      if (!dryRun && columns.length > 0) await clear(tx, { table, columns, condition })
      const kept = mode === "delete" ? [] : tagged(table).filter((column) => !columns.includes(column))
      report.push({
        table: table.name,
        mode,
        rows: numbers.get(table) ?? 0,
        cleared: columns.map(({ name }) => name),
        kept: kept.map(({ name }) => name),
      })
    }
    const told = Object.fromEntries(report.map(({ table, mode, rows }) => [table, { mode, rows }]))
    if (!dryRun) await tell(tx, options, "subject.erased", told)
    return { subject: { table: subject.table, id: String(id) }, dryRun, tables: report.reverse() }
  })
}

function refuseBlocked(
  all: ReadonlyMap<Table, readonly SubjectTable[]>,
  modeOf: (table: Table) => ErasureMode,
  rowsOf: (table: Table) => number,
): void {
  for (const [table, places] of all) {
    if (modeOf(table) === "delete" || rowsOf(table) === 0) continue
    for (const { path } of places) {
      const [link] = path
      if (link === undefined || modeOf(link.parent) !== "delete") continue
      const { onDelete } = link.column.definition.references ?? {}
      if (onDelete === "set null") continue
      throw new ErasureBlocked(
        `Rows of ${link.parent.name} are to be deleted, and ${table.name}.${link.column.name} refers to them. Delete ${table.name}, too, or anonymize ${link.parent.name}.`,
        { details: { table: table.name, parent: link.parent.name } },
      )
    }
  }
}

async function clear(
  tx: Queryable,
  {
    table,
    columns,
    condition,
  }: { readonly table: Table; readonly columns: readonly TableColumn[]; readonly condition: ReturnType<typeof whose> },
): Promise<void> {
  const [key] = table.primaryKey
  const isAlike = columns.every(({ definition }) => definition.nullable || !definition.unique)
  const set = (mark: string) =>
    sql.join(columns.map((column) => sql`${sql.id(column.name)} = ${clearedValue(column, mark, tx)}`))
  if (isAlike || key === undefined) {
    await tx.sql`update ${sql.id(table.name)} set ${set(crypto.randomUUID())} where ${condition}`.run()
    return
  }
  // What must differ from row to row is replaced row by row.
  const rows = await tx.sql<{
    id: unknown
  }>`select ${sql.id(key.name)} as id from ${sql.id(table.name)} where ${condition}`.all()
  for (const { id } of rows)
    await tx.sql`update ${sql.id(table.name)} set ${set(crypto.randomUUID())} where ${sql.id(key.name)} = ${id}`.run()
}

/** Nothing, where that may be; else a value of its kind that says nothing. */
function clearedValue({ definition, cast, name }: TableColumn, mark: string, { dialect }: Queryable): unknown {
  const { kind, nullable, unique, maxLength } = definition
  if (nullable) return null
  const short = (text: string) => (maxLength === undefined ? text : text.slice(0, maxLength))
  const text = unique ? short(`erased-${mark}`) : short("erased")
  const values: Partial<Record<typeof kind, unknown>> = {
    text,
    encrypted: text,
    integer: 0,
    bigint: 0n,
    double: 0,
    decimal: "0",
    boolean: false,
    uuid: mark,
    date: "1900-01-01",
    timestamp: new Date(0),
    json: null,
    bytes: new Uint8Array(),
    array: [],
  }
  if (!(kind in values) || (unique && !["text", "encrypted", "uuid"].includes(kind)))
    throw new ComplianceInvalid(
      `The column ${name} cannot be cleared: make it nullable, or tag it with onErase: "keep".`,
    )
  return cast[dialect].write(values[kind])
}

function tagged(table: Table): readonly TableColumn[] {
  return [...table.columns.values()].filter(({ definition }) => definition.pii !== undefined && !definition.primary)
}

function byTable(found: readonly SubjectTable[]): ReadonlyMap<Table, readonly SubjectTable[]> {
  return Map.groupBy(found, ({ table }) => table)
}

function whose(places: readonly SubjectTable[], id: unknown, { dialect }: Queryable) {
  return sql`(${sql.join(
    places.map((place) => belongsTo(place, id, dialect)),
    sql` or `,
  )})`
}

function readRow(
  row: object,
  columns: readonly TableColumn[],
  { dialect }: Queryable,
): Readonly<Record<string, unknown>> {
  const entries = columns.map(({ name, property, cast }) => {
    const raw: unknown = Reflect.get(row, name)
    return [property, raw === null || raw === undefined ? null : (cast[dialect].read?.(raw) ?? raw)] as const
  })
  return Object.fromEntries(entries)
}

function counts(tables: Readonly<Record<string, readonly unknown[]>>): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(tables).map(([table, rows]) => [table, rows.length]))
}

async function tell(
  tx: Queryable,
  { audit, actor = { type: "system", id: "compliance" }, subject, id }: SubjectOptions,
  action: string,
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await audit?.in(tx).append({ action, actor, target: { type: subject.table, id: String(id) }, details })
}
