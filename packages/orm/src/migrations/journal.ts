import type { Queryable } from "../database.ts"
import { createTableSql } from "../schema/changes/table-sql.ts"
import type { ColumnDescription, DatabaseDescription, Flavour, TableDescription } from "../schema/description.ts"
import { emptyTable } from "../schema/description.ts"
import { statement } from "../schema/sql-text.ts"
import { sql } from "../sql.ts"

/** The tables that belong to this package. */
export const JOURNAL = "ashlar_migrations"
export const LOCK = "ashlar_migration_lock"

/** `running` and `reverting` are states that only a crash leaves behind. */
export type MigrationState = "running" | "applied" | "reverting"

/** What is known of a migration that was begun. */
export interface JournalEntry {
  readonly name: string
  readonly checksum: string
  /** Those of one run have one number. */
  readonly batch: number
  readonly state: MigrationState
  readonly appliedAt: Date
  readonly durationMs: number
  /** Steps that are done, where steps are kept one by one. */
  readonly step: number
  /** The statements of the step that is being done, as JSON, and how many of them are. */
  readonly statements: string | undefined
  readonly position: number
  /** The hash of the schema before the statement at `position`. */
  readonly fingerprint: string | undefined
}

const column = (name: string, length: number | undefined, nullable = false): ColumnDescription => ({
  name,
  type: length === undefined ? { kind: "text" } : { kind: "text", length },
  nullable,
})
const number = (name: string): ColumnDescription => ({ name, type: { kind: "integer", bits: 64 }, nullable: false })

const TABLES: readonly TableDescription[] = [
  {
    ...emptyTable(JOURNAL, [
      column("name", 200),
      column("checksum", 64),
      number("batch"),
      column("state", 20),
      number("applied_at"),
      number("duration_ms"),
      number("step"),
      column("statements", undefined, true),
      number("position"),
      column("fingerprint", 64, true),
    ]),
    primaryKey: { columns: ["name"] },
  },
  { ...emptyTable(LOCK, [number("id"), column("owner", 64, true), number("until")]), primaryKey: { columns: ["id"] } },
]

/** Whether a name is of a table that this package keeps for itself. */
export function isOwnTable(name: string): boolean {
  return name === JOURNAL || name === LOCK
}

/** A database without the tables of this package. */
export function withoutOwnTables(database: DatabaseDescription): DatabaseDescription {
  return { ...database, tables: database.tables.filter(({ name }) => !isOwnTable(name)) }
}

/** Makes both tables where they are missing. Safe for several nodes at once. */
export async function createOwnTables(db: Queryable, flavour: Flavour): Promise<void> {
  if (await isThere(db)) return
  for (const table of TABLES) {
    const [text = ""] = createTableSql(table, flavour)
    const create = statement(text.replace(/^create table /, "create table if not exists "))
    // Two at once: PostgreSQL lets one of them fail on its own catalogue, and then the table is there.
    await db.sql`${create}`.run().catch(async (error) => {
      await db.sql`${create}`.run().catch(() => Promise.reject(error))
    })
  }
  const insert = flavour === "mysql" || flavour === "mariadb" ? sql`insert ignore` : sql`insert`
  const end = flavour === "mysql" || flavour === "mariadb" ? sql`` : sql` on conflict do nothing`
  await db.sql`${insert} into ${sql.id(LOCK)} (${sql.id("id")}, ${sql.id("owner")}, ${sql.id("until")}) values (1, null, 0)${end}`.run()
}

async function isThere(db: Queryable): Promise<boolean> {
  try {
    const rows = await db.sql`select ${sql.id("id")} from ${sql.id(LOCK)}`.all()
    return rows.length === 1
  } catch {
    return false
  }
}

interface JournalRow {
  readonly name: string
  readonly checksum: string
  readonly batch: number
  readonly state: MigrationState
  readonly applied_at: number
  readonly duration_ms: number
  readonly step: number
  readonly statements: string | null
  readonly position: number
  readonly fingerprint: string | null
}

/** All that was begun, in the order of names. None where there is no journal yet. */
export async function readJournal(db: Queryable): Promise<readonly JournalEntry[]> {
  if (!(await isThere(db))) return []
  const rows = await db.sql<JournalRow>`select * from ${sql.id(JOURNAL)}`.all()
  return rows
    .map((row) => ({
      name: row.name,
      checksum: row.checksum,
      batch: Number(row.batch),
      state: row.state,
      appliedAt: new Date(Number(row.applied_at)),
      durationMs: Number(row.duration_ms),
      step: Number(row.step),
      statements: row.statements ?? undefined,
      position: Number(row.position),
      fingerprint: row.fingerprint ?? undefined,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

const id = sql.id

export async function beginEntry(
  db: Queryable,
  { name, checksum, batch, state }: Pick<JournalEntry, "name" | "checksum" | "batch" | "state">,
): Promise<void> {
  await db.sql`insert into ${id(JOURNAL)} (${id("name")}, ${id("checksum")}, ${id("batch")}, ${id("state")}, ${id("applied_at")},
    ${id("duration_ms")}, ${id("step")}, ${id("position")})
    values (${name}, ${checksum}, ${batch}, ${state}, ${Date.now()}, 0, 0, 0)`.run()
}

export async function markEntry(
  db: Queryable,
  name: string,
  changed: Partial<Pick<JournalEntry, "state" | "durationMs" | "step" | "position" | "statements" | "fingerprint">>,
): Promise<void> {
  const columns = {
    state: changed.state,
    duration_ms: changed.durationMs,
    step: changed.step,
    position: changed.position,
    statements: "statements" in changed ? (changed.statements ?? null) : undefined,
    fingerprint: "fingerprint" in changed ? (changed.fingerprint ?? null) : undefined,
  }
  const sets = Object.entries(columns).flatMap(([key, value]) =>
    value === undefined ? [] : [sql`${id(key)} = ${value}`],
  )
  await db.sql`update ${id(JOURNAL)} set ${sql.join(sets)} where ${id("name")} = ${name}`.run()
}

export async function dropEntry(db: Queryable, name: string): Promise<void> {
  await db.sql`delete from ${id(JOURNAL)} where ${id("name")} = ${name}`.run()
}
