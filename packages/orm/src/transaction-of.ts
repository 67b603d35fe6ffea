import { type Queryable, sessionOf } from "./database.ts"

/**
 * Whether code that runs a statement through this now takes part in a transaction: it is one, or the code that asks is within one of the
 * database.
 */
export function isInTransaction(database: Queryable): boolean {
  return sessionOf(database)?.scope !== undefined
}

/**
 * Whether `transaction` is of the database that `database` is of: opened with the same URL in this process, so that what either does within a
 * transaction is committed together. False for what is no database at all.
 */
export function sharesTransactions(database: Queryable, transaction: unknown): transaction is Queryable {
  const [one, other] = [sessionOf(database), sessionOf(transaction)]
  return one !== undefined && other !== undefined && one.sharesWith(other)
}
