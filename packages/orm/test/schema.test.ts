/** What is made of a description is what is read again, on every database, and one becomes another with its rows kept. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import fc from "fast-check"
import { type Database, openDatabase, sql } from "../src/index.ts"
import type { SchemaChange } from "../src/schema/changes/change.ts"
import { fitTable } from "../src/schema/changes/fit-table.ts"
import type { DatabaseDescription, TableDescription } from "../src/schema/description.ts"
import { diffDatabases } from "../src/schema/diff.ts"
import { flavourOf, introspect } from "../src/schema/introspect.ts"
import { runChange } from "../src/schema/run-change.ts"
import { createAll, settle } from "../src/schema/settle.ts"
import { nameSql, statement } from "../src/schema/sql-text.ts"
import { ownDatabases } from "./databases.ts"
import { databases as arbitraryDatabases } from "./schema-arbitrary.ts"

const RUNS = { sqlite: 60, postgres: 25, mysql: 10 }
const all = await ownDatabases()
beforeAll(async () => void (await Promise.all(all.map(({ make }) => make()))))
afterAll(async () => void (await Promise.all(all.map(({ drop }) => drop()))))

async function dropAll(db: Database): Promise<void> {
  const here = await introspect(db)
  await applyAll(db, diffDatabases(here, { ...here, tables: [], enums: [] }, { dropTables: true }))
}

async function applyAll(db: Database, changes: readonly SchemaChange[]): Promise<void> {
  const run = async () => {
    for (const change of changes) await runChange(db, change)
  }
  if (db.dialect === "sqlite") await db.transaction(run, { foreignKeys: "unchecked" })
  else await run()
}

function fitted(database: DatabaseDescription): DatabaseDescription {
  return { ...database, tables: database.tables.map((table) => fitTable(table, database.flavour)) }
}

/** Without the texts that databases write their own way. */
function plain(table: TableDescription): TableDescription {
  return {
    ...table,
    checks: table.checks.map(({ name }) => ({ name, expression: "" })),
    indexes: table.indexes.map((index) => ({ ...index, ...(index.where === undefined ? {} : { where: "" }) })),
  }
}

describe.each(all)("$name", ({ url }) => {
  test("gives back every description that was made in it", async () => {
    await using db = await openDatabase(url)
    const flavour = await flavourOf(db)
    const property = fc.asyncProperty(arbitraryDatabases(flavour), async (wanted) => {
      await createAll(db, fitted(wanted))
      const found = await introspect(db)
      const structure = (database: DatabaseDescription) => ({ ...database, tables: database.tables.map(plain) })
      expect(diffDatabases(structure(found), structure(fitted(wanted)))).toEqual([])
      // With all texts: what was read makes exactly the same again.
      expect(await settle(db, found)).toEqual(found)
      await dropAll(db)
      expect((await introspect(db)).tables).toEqual([])
    })
    await fc.assert(property, { numRuns: RUNS[db.dialect], endOnFailure: true })
  }, 120_000)

  test("makes one description of another, and keeps the rows", async () => {
    await using db = await openDatabase(url)
    const flavour = await flavourOf(db)
    const random = arbitraryDatabases(flavour, true)
    const property = fc.asyncProperty(random, random, async (first, second) => {
      const to = await settle(db, fitted(second))
      await createAll(db, fitted(first))
      for (const { name } of first.tables)
        await db.sql`${statement(`insert into ${nameSql(name, flavour)} (${nameSql("id", flavour)}) values (7)`)}`
          .run()
          .catch(() => undefined)
      const before = await countRows(db, first)
      const from = await introspect(db)
      await applyAll(db, diffDatabases(from, to, { dropTables: true })).catch((error) => {
        // A new column that must have a value cannot be had where there are rows: then all of it is refused.
        if (before.size > 0 && needsValue(from, to)) return
        throw error
      })
      const found = await introspect(db)
      if (!needsValue(from, to)) expect(diffDatabases(found, to, { dropTables: true })).toEqual([])
      const after = await countRows(db, found)
      for (const [table, count] of before)
        if (after.has(table)) expect([table, after.get(table)]).toEqual([table, count])
      await dropAll(db)
    })
    await fc.assert(property, { numRuns: RUNS[db.dialect], endOnFailure: true })
  }, 120_000)
})

function needsValue(from: DatabaseDescription, to: DatabaseDescription): boolean {
  return to.tables.some((table) => {
    const old = from.tables.find(({ name }) => name === table.name)
    return (
      old !== undefined &&
      table.columns.some(
        (column) => !column.nullable && !old.columns.some(({ name, nullable }) => name === column.name && !nullable),
      )
    )
  })
}

async function countRows(db: Database, { tables }: DatabaseDescription): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>()
  for (const { name } of tables) {
    const row = await db.sql<{ count: number }>`select count(*) as count from ${sql.id(name)}`.first()
    if (row && row.count > 0) counts.set(name, row.count)
  }
  return counts
}
