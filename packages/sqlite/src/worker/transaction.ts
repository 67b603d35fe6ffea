import type { Connection } from "../connection.ts"
import type { SqlValue, Transaction } from "../definition.ts"
import { SqliteProcedureInvalid } from "../errors.ts"

/** What consecutive calls of one procedure keep in common, until it is ended. */
export interface Shared {
  readonly procedure: string
  readonly value: unknown
  end(tx: Transaction): void
}

/**
 * The transaction as one procedure sees it.
 *
 * When SQLite rolls back by itself (a full disk), later statements would run and commit one by one. So the first such
 * error is kept and thrown again by every later call, whatever the procedure catches.
 */
export class GuardedTransaction implements Transaction {
  readonly #connection: Connection
  readonly #procedure: string
  /** True once there may be something to undo. */
  changed = false
  shared: Shared | undefined
  #lost: { readonly error: unknown } | undefined
  #ended = false

  constructor(connection: Connection, procedure: string, shared: Shared | undefined) {
    this.#connection = connection
    this.#procedure = procedure
    this.shared = shared
  }

  all<T>(sql: string, params?: readonly SqlValue[]): T[] {
    this.#check()
    try {
      if (!this.#connection.isRead(sql)) this.changed = true
      return this.#connection.all<T>(sql, params)
    } catch (error) {
      throw this.#noted(error)
    }
  }

  get<T>(sql: string, params?: readonly SqlValue[]): T | undefined {
    this.#check()
    try {
      if (!this.#connection.isRead(sql)) this.changed = true
      return this.#connection.get<T>(sql, params)
    } catch (error) {
      throw this.#noted(error)
    }
  }

  run(sql: string, params?: readonly SqlValue[]): { changes: number; lastInsertRowid: number } {
    this.#check()
    this.changed = true
    try {
      return this.#connection.run(sql, params)
    } catch (error) {
      throw this.#noted(error)
    }
  }

  share<T>(begin: () => T, end: (tx: Transaction, shared: T) => void): T {
    this.#check()
    this.shared ??= { procedure: this.#procedure, ...begun(begin(), end) }
    // What it holds may count on a statement that has to be undone.
    this.changed = true
    return this.shared.value as T
  }

  /** @throws what ended the transaction, if a procedure caught it */
  end(): void {
    this.#ended = true
    if (this.#lost !== undefined) throw this.#lost.error
  }

  #check(): void {
    if (this.#lost !== undefined) throw this.#lost.error
    if (this.#ended) {
      throw new SqliteProcedureInvalid(
        "Expected a procedure to use its transaction before it returns, got a later use.",
      )
    }
  }

  #noted(error: unknown): unknown {
    if (!this.#connection.inTransaction) this.#lost = { error }
    return error
  }
}

function begun<T>(value: T, end: (tx: Transaction, shared: T) => void): Pick<Shared, "value" | "end"> {
  return { value, end: (tx) => end(tx, value) }
}
