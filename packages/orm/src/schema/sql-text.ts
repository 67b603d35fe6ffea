import type { Queryable } from "../database.ts"
import type { Dialect } from "../driver.ts"
import { OrmValueInvalid } from "../errors.ts"
import { quoteName, Sql } from "../sql.ts"
import { dialectOf, type Flavour } from "./description.ts"

/** A name, quoted. @throws {ORM_IDENTIFIER_INVALID} */
export function nameSql(name: string, flavour: Flavour): string {
  return quoteName(name, dialectOf(flavour))
}

/** Names, quoted, with commas. */
export function namesSql(names: readonly string[], flavour: Flavour): string {
  return names.map((name) => nameSql(name, flavour)).join(", ")
}

/**
 * Text as a literal, for places where nothing can be bound: defaults, comments, words of an enumeration.
 *
 * @throws {ORM_VALUE_INVALID} for text with a NUL, which none of the databases can write.
 */
export function textSql(text: string, flavour: Flavour): string {
  if (text.includes("\0") || !text.isWellFormed())
    throw new OrmValueInvalid("Text of a schema cannot hold a NUL or half a character.")
  const quoted = text.replaceAll("'", "''")
  if (!text.includes("\\")) return `'${quoted}'`
  // MySQL reads a backslash as an escape, PostgreSQL only where it is told so: told, it is the same under every setting.
  if (flavour === "sqlite") return `'${quoted}'`
  const escaped = quoted.replaceAll("\\", "\\\\")
  return flavour === "postgres" ? `E'${escaped}'` : `'${escaped}'`
}

/**
 * The text of SQL in which nothing is bound.
 *
 * @throws {ORM_VALUE_INVALID} when a value was put into the template: the definition of a table cannot bind any.
 */
export function plainText(sql: Sql, dialect: Dialect): string {
  const { text, values } = sql.compile(dialect)
  if (values.length > 0)
    throw new OrmValueInvalid("SQL of a schema binds no values. Write numbers and 'text' into the template itself.")
  return text
}

/** SQL made by this package, as something to run. */
export function statement(text: string): Sql {
  return new Sql([text], [])
}

/** Runs SQL that this package made. */
export async function runText(db: Queryable, text: string): Promise<void> {
  await db.sql`${statement(text)}`.run()
}
