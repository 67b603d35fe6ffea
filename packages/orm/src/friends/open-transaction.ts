import { OrmTransactionMisused } from "../errors.ts"
import type { Scope } from "../scope.ts"
import type { Session } from "../session.ts"
import type { TransactionOptions } from "../transaction.ts"

/** A transaction that is begun and ended by calls, as other libraries do, and not around a function. */
export interface OpenTransaction {
  readonly session: Session
  commit(): Promise<void>
  rollback(): Promise<void>
}

/** Within a transaction of the code that asks: a savepoint in that, so that all is kept or undone together. */
export async function openTransaction(
  session: Session,
  isolation: TransactionOptions["isolation"],
): Promise<OpenTransaction> {
  const { scope } = session
  if (scope === undefined) return await openOwn(session, isolation)
  if (isolation !== undefined)
    throw new OrmTransactionMisused(
      "A transaction within db.transaction takes no isolation: give it to the outermost one.",
    )
  return await openSavepoint(session, scope)
}

const undone: unique symbol = Symbol("undone")

async function openOwn(session: Session, isolation: TransactionOptions["isolation"]): Promise<OpenTransaction> {
  const began = Promise.withResolvers<Session>()
  const ending = Promise.withResolvers<void>()
  const work = async (inner: Session) => {
    began.resolve(inner)
    await ending.promise
  }
  // Only who began it could run it again.
  const whole = session.transaction(work, { retries: 0, ...(isolation === undefined ? {} : { isolation }) })
  whole.catch((error: unknown) => began.reject(error))
  return {
    session: await began.promise,
    async commit() {
      ending.resolve()
      await whole
    },
    async rollback() {
      ending.reject(undone)
      await whole.catch((error: unknown) => {
        if (error !== undone) throw error
      })
    },
  }
}

let savepoints = 0

/** Not as our own nested ones, for which the outer transaction waits: the code in between uses both. */
async function openSavepoint(session: Session, scope: Scope): Promise<OpenTransaction> {
  const name = `ashlar_friend_${++savepoints}`
  const control = (text: string) => scope.turn(() => scope.connection.control(text))
  await control(`savepoint ${name}`)
  return {
    session,
    commit: () => control(`release savepoint ${name}`),
    async rollback() {
      // Where the whole is lost there is no savepoint any more.
      if (scope.broken !== undefined) return
      await control(`rollback to savepoint ${name}`)
      await control(`release savepoint ${name}`)
    },
  }
}
