import type { Queryable } from "../database.ts"
import type { DatabaseDescription, Flavour } from "./description.ts"
import { introspectMysql } from "./introspection/mysql.ts"
import { introspectPostgres } from "./introspection/postgres.ts"
import { introspectSqlite } from "./introspection/sqlite.ts"

/** What is behind a connection: MariaDB says so in its version. */
export async function flavourOf(db: Queryable): Promise<Flavour> {
  if (db.dialect !== "mysql") return db.dialect
  const row = await db.sql<{ version: string }>`select version() as version`.first()
  return String(row?.version).includes("MariaDB") ? "mariadb" : "mysql"
}

/**
 * Reads what a database is made of: tables with their columns, keys, indexes and checks, types of PostgreSQL, and views and
 * triggers as text. Names of schemas are not looked at: it is the current one of PostgreSQL, the database of MySQL.
 *
 * @throws what queries throw.
 */
export async function introspect(db: Queryable): Promise<DatabaseDescription> {
  const flavour = await flavourOf(db)
  if (flavour === "sqlite") return await introspectSqlite(db)
  return flavour === "postgres" ? await introspectPostgres(db) : await introspectMysql(db, flavour)
}
