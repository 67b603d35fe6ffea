import { type Queryable, sessionOf } from "../database.ts"
import { OrmOptionsInvalid } from "../errors.ts"
import type { Session } from "../session.ts"

/** @throws {ORM_OPTIONS_INVALID} for what is no open database and no transaction in one. */
export function requireSession(db: Queryable): Session {
  const session = sessionOf(db)
  if (session === undefined) throw new OrmOptionsInvalid("Expected what openDatabase gave, or a transaction in it.")
  return session
}
