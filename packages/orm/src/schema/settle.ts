import type { Queryable } from "../database.ts"
import { OrmSchemaInvalid } from "../errors.ts"
import { openDatabase } from "../open-database.ts"
import { applyChange } from "./changes/apply-change.ts"
import { changeSql } from "./changes/change-sql.ts"
import type { DatabaseDescription } from "./description.ts"
import { diffDatabases } from "./diff.ts"
import { introspect } from "./introspect.ts"
import { nameSql, runText, statement } from "./sql-text.ts"

/**
 * What a database makes of a description: it writes types, defaults and conditions its own way, so that only two that it wrote
 * can be compared. The tables are made where nobody else sees them, and are gone afterwards: in memory for SQLite, in a schema of
 * PostgreSQL whose transaction is undone, in a database of their own on MySQL, which takes the right to make one.
 *
 * @throws {ORM_SCHEMA_INVALID} when MySQL does not let this user make a database.
 */
export async function settle(db: Queryable, wanted: DatabaseDescription): Promise<DatabaseDescription> {
  switch (wanted.flavour) {
    case "sqlite": {
      await using memory = await openDatabase("sqlite::memory:")
      await createAll(memory, wanted)
      return await introspect(memory)
    }
    case "postgres":
      return await settleOnPostgres(db, wanted)
    default:
      return await settleOnMysql(db, wanted)
  }
}

/** A few hundred tables take MySQL a while. */
const PATIENT = { timeoutMs: 600_000, retries: 0 }

/** Makes all of it in an empty database. */
export async function createAll(db: Queryable, wanted: DatabaseDescription): Promise<void> {
  let state: DatabaseDescription = { flavour: wanted.flavour, tables: [], enums: [], opaque: [] }
  for (const change of diffDatabases(state, wanted)) {
    for (const text of changeSql(change, state).statements) await runText(db, text)
    state = applyChange(state, change)
  }
}

async function settleOnPostgres(db: Queryable, wanted: DatabaseDescription): Promise<DatabaseDescription> {
  const schema = nameSql(`ashlar_scratch_${crypto.randomUUID().slice(0, 8)}`, "postgres")
  let settled: DatabaseDescription | undefined
  const enough = Symbol("undo")
  try {
    await db.transaction(async (tx) => {
      // The types of extensions, and functions that conditions call, stay in sight.
      const path = await tx.sql<{ search_path: string }>`select current_setting('search_path') as search_path`.first()
      await runText(tx, `create schema ${schema}`)
      await runText(tx, `set local search_path = ${schema}, ${path?.search_path || "public"}`)
      await createAll(tx, wanted)
      settled = await introspect(tx)
      throw enough
    }, PATIENT)
  } catch (error) {
    if (error !== enough) throw error
  }
  return settled!
}

async function settleOnMysql(db: Queryable, wanted: DatabaseDescription): Promise<DatabaseDescription> {
  const scratch = nameSql(`ashlar_scratch_${crypto.randomUUID().slice(0, 8)}`, "mysql")
  // A transaction for its one connection, whose current database is changed and changed back.
  return await db.transaction(async (tx) => {
    const home = await tx.sql<{
      name: string
      collation: string
    }>`select database() as name, default_collation_name as collation
      from information_schema.schemata where schema_name = database()`.first()
    if (home === undefined) throw new OrmSchemaInvalid("The URL names no database to compare with.")
    try {
      await runText(tx, `create database ${scratch} collate ${home.collation}`)
    } catch (cause) {
      throw new OrmSchemaInvalid(
        "To compare models with MySQL, the user must be allowed to make a database for a moment (CREATE on ashlar_scratch_%).",
        { cause },
      )
    }
    try {
      await runText(tx, `use ${scratch}`)
      await createAll(tx, wanted)
      return await introspect(tx)
    } finally {
      await runText(tx, `use ${nameSql(home.name, "mysql")}`)
      await tx.sql`${statement(`drop database ${scratch}`)}`.run()
    }
  }, PATIENT)
}
