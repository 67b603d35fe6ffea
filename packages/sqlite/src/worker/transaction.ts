import type { Connection } from "../connection.ts"
import type { SqlValue, Transaction } from "../definition.ts"
import { SqliteProcedureInvalid } from "../errors.ts"

/**
 * The transaction as one procedure sees it.
 *
 * When SQLite rolls back by itself (a full disk), later statements would run and commit one by one. So the first such
 * error is kept and thrown again by every later call, whatever the procedure catches.
 */
export class GuardedTransaction implements Transaction {
  readonly #connection: Connection
  #lost: { readonly error: unknown } | undefined
  #ended = false

  constructor(connection: Connection) {
    this.#connection = connection
  }

  all<T>(sql: string, params?: readonly SqlValue[]): T[] {
    return this.#guard(() => this.#connection.all<T>(sql, params))
  }

  get<T>(sql: string, params?: readonly SqlValue[]): T | undefined {
    return this.#guard(() => this.#connection.get<T>(sql, params))
  }

  run(sql: string, params?: readonly SqlValue[]): { changes: number; lastInsertRowid: number } {
    return this.#guard(() => this.#connection.run(sql, params))
  }

  /** @throws what ended the transaction, if a procedure caught it */
  end(): void {
    this.#ended = true
    if (this.#lost !== undefined) throw this.#lost.error
  }

  #guard<T>(work: () => T): T {
    if (this.#lost !== undefined) throw this.#lost.error
    if (this.#ended) {
      throw new SqliteProcedureInvalid(
        "Expected a procedure to use its transaction before it returns, got a later use.",
      )
    }
    try {
      return work()
    } catch (error) {
      if (!this.#connection.inTransaction) this.#lost = { error }
      throw error
    }
  }
}
