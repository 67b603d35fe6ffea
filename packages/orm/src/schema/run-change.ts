import type { Queryable } from "../database.ts"
import { OrmSchemaUnsafe } from "../errors.ts"
import type { SchemaChange } from "./changes/change.ts"
import { changeSql } from "./changes/change-sql.ts"
import { type DatabaseDescription, tableOf } from "./description.ts"
import { introspect } from "./introspect.ts"
import { nameSql, runText, statement } from "./sql-text.ts"

/**
 * Makes a change to a database as it is now.
 *
 * On SQLite a change that drops a table, also to make it anew, belongs in a transaction with `foreignKeys: "unchecked"`: with them
 * on, SQLite deletes the rows of other tables that belong to it. Afterwards all rows are counted, keys are checked, and views
 * asked.
 *
 * @throws {ORM_SCHEMA_UNSAFE} where that is not so, or rows would be lost. {ORM_SCHEMA_INVALID} and what queries throw.
 */
export async function runChange(db: Queryable, change: SchemaChange): Promise<void> {
  const before = await introspect(db)
  const { statements, dropsRows } = changeSql(change, before)
  const run = async () => {
    for (const text of statements) await runText(db, text)
  }
  if (before.flavour === "sqlite" && dropsRows) await carefully(db, change, before, run)
  else await run()
}

async function carefully(
  db: Queryable,
  change: SchemaChange,
  before: DatabaseDescription,
  run: () => Promise<void>,
): Promise<void> {
  const row = await db.sql<{ foreign_keys: number }>`select foreign_keys from pragma_foreign_keys`.first()
  if (row?.foreign_keys !== 0)
    throw new OrmSchemaUnsafe(
      'SQLite deletes the rows that belong to a table it drops. Run the change in db.transaction(work, { foreignKeys: "unchecked" }).',
    )
  const broken = await countBrokenKeys(db)
  const watched = relatedTables(
    before,
    change.kind === "dropTable" ? change.name : "table" in change ? String(change.table) : "",
  )
  const counts = await countRows(db, watched)
  await run()
  const now = await introspect(db)
  const after = await countRows(
    db,
    watched.filter((name) => tableOf(now, name) !== undefined),
  )
  for (const [table, count] of counts) {
    const isGone = change.kind === "dropTable" && change.name === table
    if (!isGone && after.get(table) !== count)
      throw new OrmSchemaUnsafe(
        `Table ${table} had ${count} rows before the change, and ${after.get(table) ?? "none"} after it.`,
      )
  }
  if ((await countBrokenKeys(db)) > broken)
    throw new OrmSchemaUnsafe("Rows would belong to others that are not there. Correct them before the change.")
  await checkViews(db, now)
}

/** A table, and those whose rows could go with its own. */
function relatedTables({ tables }: DatabaseDescription, name: string): readonly string[] {
  const found = new Set([name])
  for (const parent of found)
    for (const child of tables) if (child.foreignKeys.some(({ table }) => table === parent)) found.add(child.name)
  return [...found].filter((one) => tables.some((table) => table.name === one))
}

/** SQLite: rows whose foreign key leads nowhere. */
export async function countBrokenKeys(db: Queryable): Promise<number> {
  const row = await db.sql<{ count: number }>`select count(*) as count from pragma_foreign_key_check`.first()
  return row?.count ?? 0
}

async function countRows(db: Queryable, tables: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const name of tables) {
    const count = statement(`select count(*) as count from ${nameSql(name, "sqlite")}`)
    counts.set(name, (await db.sql<{ count: number }>`${count}`.first())?.count ?? 0)
  }
  return counts
}

/** SQLite makes a view of what is not there, and says so only when it is read. */
async function checkViews(db: Queryable, database: DatabaseDescription): Promise<void> {
  for (const { kind, name } of database.opaque) {
    if (kind !== "view") continue
    try {
      await db.sql`${statement(`select 1 from ${nameSql(name, "sqlite")} limit 0`)}`.all()
    } catch (cause) {
      throw new OrmSchemaUnsafe(`View ${name} reads what the change takes away. Change or drop the view first.`, {
        cause,
      })
    }
  }
}
