import { DriverUrlInvalid } from "@ashlar/core"
import type { Database, Queryable } from "./database.ts"
import type { Dialect } from "./driver.ts"
import { openDatabase } from "./open-database.ts"
import { type Sql, sql } from "./sql.ts"

/** What a feature keeps in a database of the app's, in the words of its dialect. */
export interface FeatureTables {
  /** Statements that begin with `create table if not exists`, run in order. */
  readonly tables: readonly Sql[]
  /** Each its name, the table, and what is in it. */
  readonly indexes?: readonly (readonly [name: string, table: string, columns: Sql])[]
}

const ATTEMPTS = 6

/**
 * Makes the tables and indexes of a feature that are missing, whoever else makes them at once.
 *
 * An index is for speed alone: MySQL has no "if not exists" for indexes, as MariaDB and the others have, and goes without.
 *
 * @throws what the database does.
 */
export async function makeTables(db: Queryable, { tables, indexes = [] }: FeatureTables): Promise<void> {
  await inSpiteOfOthers(async () => {
    for (const table of tables) await db.sql`${table}`.run()
    for (const [name, table, columns] of indexes)
      await db.sql`create index if not exists ${sql.id(name)} on ${sql.id(table)} (${columns})`
        .run()
        .catch((error: unknown) => {
          if (db.dialect !== "mysql") throw error
        })
  })
}

export interface OpenTablesOptions {
  readonly tables: (dialect: Dialect) => FeatureTables
  /** Refuse a database in the memory, which nobody else can open. Default: false. */
  readonly isShared?: boolean
  /** What is thrown where the tables could not be made. */
  readonly toError: (cause: unknown) => Error
}

/**
 * Opens a database for a feature that keeps its tables in it, and makes those that are missing.
 *
 * @throws {CORE_DRIVER_URL_INVALID} for a database in the memory where others are to open it too, what `openDatabase` throws, and what
 * `toError` gives; the database is closed then.
 * @example
 * const database = await openTables(url, { tables, toError: (cause) => new ThingsStoreFailed("The tables could not be made", { cause }) })
 */
export async function openTables(
  url: string,
  { tables, isShared = false, toError }: OpenTablesOptions,
): Promise<Database> {
  if (isShared && /^sqlite::memory:/i.test(url))
    throw new DriverUrlInvalid("Expected a file that others can open, got sqlite::memory:. Use memory: instead.")
  const database = await openDatabase(url)
  try {
    await makeTables(database, tables(database.dialect))
  } catch (cause) {
    await database.close()
    throw toError(cause)
  }
  return database
}

/**
 * Does what may be done twice, such as `create table if not exists`, up to six times: of two processes that make one table at once
 * PostgreSQL refuses the second, after the first is done.
 */
export async function inSpiteOfOthers(make: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      return await make()
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
}
