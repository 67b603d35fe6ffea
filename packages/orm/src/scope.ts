import { type BoundValue, BUSY, type Connection, type Plan, type PlanAnswers, type PlanUse } from "./driver.ts"
import { endsTransaction, OrmTransactionAborted, OrmTransactionClosed, OrmTransactionMisused } from "./errors.ts"

let transactionCount = 0

/** One transaction, or one savepoint in it: what code inside reaches its connection through. */
export class Scope {
  /** Of the whole transaction, counted for the process. */
  readonly id: number
  readonly connection: Connection
  readonly parent: Scope | undefined
  readonly depth: number
  /** What is to happen when all is committed. */
  readonly effects: (() => unknown)[] = []
  /** What takes back in memory what was taken back in the database. */
  readonly #undoings: (() => void)[] = []
  /** Results that are being read, to be ended before the transaction is. */
  readonly streams: Set<AsyncGenerator> = new Set()
  /** Set while a result takes the whole connection, as MySQL's do. */
  isStreaming = false
  #isOpen = true
  #broken: unknown
  #last: Promise<void> = Promise.resolve()
  /** Work that has its turn, or waits for it. */
  #waiting = 0

  constructor(connection: Connection, parent?: Scope) {
    this.connection = connection
    this.parent = parent
    this.id = parent?.id ?? ++transactionCount
    this.depth = parent === undefined ? 0 : parent.depth + 1
  }

  get root(): Scope {
    return this.parent?.root ?? this
  }

  /** What undid the whole transaction, if something did. */
  get broken(): unknown {
    return this.root.#broken
  }

  /** Notes what is to happen when all is committed. @throws {ORM_TRANSACTION_CLOSED} {ORM_TRANSACTION_ABORTED} */
  follow(effect: () => unknown): void {
    this.#checkOpen()
    this.effects.push(effect)
  }

  /** Notes what is to be done in memory should this be undone in the database. */
  whenUndone(undoing: () => void): void {
    this.#undoings.push(undoing)
  }

  /** Hands what would have to be taken back over to the transaction around. */
  joinParent(): void {
    const { parent } = this
    if (parent === undefined) return
    parent.effects.push(...this.effects)
    parent.#undoings.push(...this.#undoings)
  }

  /** Takes back in memory, the last first. */
  takeBack(): void {
    for (const undoing of this.#undoings.splice(0).reverse()) undoing()
  }

  isWithin(other: Scope): boolean {
    return this === other || (this.parent?.isWithin(other) ?? false)
  }

  /** Takes no more work, and waits for what has begun. */
  async close(): Promise<void> {
    this.#isOpen = false
    await this.#last
    // All of them, and what one throws while it ends is not what the transaction fails by.
    await Promise.allSettled([...this.streams].map((stream) => stream.return(undefined)))
  }

  /** Takes no more work, from this moment, and lets nothing of it be committed. */
  abandon(reason: unknown): void {
    this.#isOpen = false
    this.root.#broken ??= reason
  }

  /** A plan's answer at once, where the database is in this process and nothing has to be waited for. @throws as `turn` does. */
  attempt<U extends PlanUse>(use: U, plan: Plan, values: readonly BoundValue[]): PlanAnswers[U] | typeof BUSY {
    const { connection } = this
    if (this.#waiting > 0 || connection.attempt === undefined) return BUSY
    this.#check()
    try {
      return connection.attempt(use, plan, values)
    } catch (error) {
      if (endsTransaction(error)) this.root.#broken ??= error
      throw error
    }
  }

  /**
   * Runs work on the connection when all asked for before is done: one connection does one thing at a time, and a nested
   * transaction is one thing.
   *
   * @throws {ORM_TRANSACTION_CLOSED} {ORM_TRANSACTION_ABORTED} {ORM_TRANSACTION_MISUSED}
   */
  async turn<T>(work: () => Promise<T>): Promise<T> {
    this.#check()
    const before = this.#last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#last = promise
    this.#waiting++
    try {
      await before
      if (this.broken !== undefined) throw new OrmTransactionAborted(undefined, { cause: this.broken })
      return await work()
    } catch (error) {
      if (endsTransaction(error)) this.root.#broken ??= error
      throw error
    } finally {
      this.#waiting--
      resolve()
    }
  }

  #checkOpen(): void {
    if (this.broken !== undefined) throw new OrmTransactionAborted(undefined, { cause: this.broken })
    if (!this.#isOpen) throw new OrmTransactionClosed()
  }

  #check(): void {
    this.#checkOpen()
    if (this.isStreaming)
      throw new OrmTransactionMisused(
        "MySQL runs no other query in a transaction while a result is streamed in it. Read it to its end first.",
      )
  }
}
