/**
 * Drizzle over the connections and transactions of an Ashlar database: what both write in one `db.transaction` is kept or
 * undone together. Needs the package `drizzle-orm`.
 */
import type { DrizzleConfig } from "drizzle-orm"
import { TransactionRollbackError } from "drizzle-orm/errors"
import { type MySqlRemoteDatabase, drizzle as mysqlProxy } from "drizzle-orm/mysql-proxy"
import { type PgRemoteDatabase, drizzle as postgresProxy } from "drizzle-orm/pg-proxy"
import { type SqliteRemoteDatabase, drizzle as sqliteProxy } from "drizzle-orm/sqlite-proxy"
import type { Queryable } from "../database.ts"
import type { Dialect, Isolation, ListResult } from "../driver.ts"
import { TYPE } from "../drivers/postgres-values.ts"
import { OrmOptionsInvalid } from "../errors.ts"
import { checkValues } from "../values.ts"
import { requireSession } from "./require-session.ts"

type Schema = Record<string, unknown>

/**
 * Drizzle for a PostgreSQL database. Its queries run on the database's connections, and in the transaction of the code that runs
 * them; `transaction` is `db.transaction`.
 *
 * @throws {ORM_OPTIONS_INVALID} when the database is of another kind.
 * @example
 * const pg = drizzlePostgres(db, { schema })
 * await db.transaction(async () => {
 *   await db.sql`insert into audit (what) values (${"signed up"})`.run()
 *   await pg.insert(schema.users).values({ email })
 * })
 */
export function drizzlePostgres<S extends Schema = Record<string, never>>(
  db: Queryable,
  config: DrizzleConfig<S> = {},
): PgRemoteDatabase<S> {
  const run = runner(db, "postgres")
  const drizzle = postgresProxy<S>(async (text, values, method) => {
    const result = await run(text, values)
    return { rows: method === "all" ? [...result.rows] : objects(result) }
  }, config)
  return sharing(drizzle, db)
}

/** Drizzle for a SQLite database, as {@link drizzlePostgres}. */
export function drizzleSqlite<S extends Schema = Record<string, never>>(
  db: Queryable,
  config: DrizzleConfig<S> = {},
): SqliteRemoteDatabase<S> {
  const run = runner(db, "sqlite")
  const drizzle = sqliteProxy<S>(async (text, values, method) => {
    const { rows, changes, insertId } = await run(text, values)
    if (method === "run") return { rows: [], changes, lastInsertRowid: insertId }
    return { rows: (method === "get" ? rows[0] : rows) as unknown[] }
  }, config)
  return sharing(drizzle, db)
}

/** Drizzle for a MySQL or MariaDB database, as {@link drizzlePostgres}. */
export function drizzleMysql<S extends Schema = Record<string, never>>(
  db: Queryable,
  config: DrizzleConfig<S> = {},
): MySqlRemoteDatabase<S> {
  const run = runner(db, "mysql")
  const drizzle = mysqlProxy<S>(async (text, values, method) => {
    const result = await run(text, values)
    if (method === "all") return { rows: [...result.rows] }
    const { columns, changes, insertId } = result
    // As mysql2 answers: the rows and what they are, or what was written.
    return {
      rows: columns.length > 0 ? [objects(result), columns] : [{ affectedRows: changes, insertId: insertId ?? 0 }],
    }
  }, config)
  return sharing(drizzle, db)
}

function runner(db: Queryable, dialect: Dialect): (text: string, values: readonly unknown[]) => Promise<ListResult> {
  const session = requireSession(db)
  if (session.dialect !== dialect)
    throw new OrmOptionsInvalid(`This Drizzle is for ${dialect}, and the database is ${session.dialect}.`)
  return async (text, values) => {
    const result = await session.executeLists({ text, values: checkValues(values, dialect) })
    return { ...result, rows: result.rows.map((row) => row.map((value, at) => timeAsText(value, result, at, dialect))) }
  }
}

/** Drizzle reads times from the texts that servers send. */
function timeAsText(value: unknown, { columns }: ListResult, at: number, dialect: Dialect): unknown {
  if (!(value instanceof Date)) return value
  const text = value.toISOString().replace("T", " ").replace("Z", "")
  return dialect === "postgres" && columns[at]?.type === TYPE.timestamptz ? `${text}+00` : text
}

function objects({ columns, rows }: ListResult): Record<string, unknown>[] {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }, at) => [name, row[at]])))
}

interface TransactionConfig {
  readonly isolationLevel?: string
  readonly behavior?: string
  readonly accessMode?: string
  readonly deferrable?: boolean
}

const ISOLATIONS: ReadonlySet<string> = new Set<Isolation>(["read committed", "repeatable read", "serializable"])

/** Within the work, the same object is in the transaction: the flow of calls says which one a query belongs to. */
function sharing<D extends object>(drizzle: D, db: Queryable): D {
  const inTransaction = Object.assign(Object.create(drizzle) as D, {
    rollback(): never {
      throw new TransactionRollbackError()
    },
  })
  const transaction = (work: (tx: D) => Promise<unknown>, config: TransactionConfig = {}) => {
    const { isolationLevel, accessMode, deferrable } = config
    if (accessMode === "read only" || deferrable === true)
      throw new OrmOptionsInvalid("db.transaction knows neither accessMode nor deferrable.")
    if (isolationLevel === undefined) return db.transaction(() => work(inTransaction))
    if (!ISOLATIONS.has(isolationLevel))
      throw new OrmOptionsInvalid(`Expected isolationLevel to be one of: ${[...ISOLATIONS].join(", ")}.`)
    return db.transaction(() => work(inTransaction), { isolation: isolationLevel as Isolation })
  }
  return Object.assign(drizzle, {
    transaction: async (...args: Parameters<typeof transaction>) => await transaction(...args),
  })
}
