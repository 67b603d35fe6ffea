import type { Ambient } from "@ashlar/core"
import type { Connection, Engine, Isolation } from "./driver.ts"
import {
  isRetryable,
  OrmAfterCommitFailed,
  OrmOptionsInvalid,
  OrmOutcomeUnknown,
  OrmTimeout,
  OrmTransactionMisused,
} from "./errors.ts"
import { Scope } from "./scope.ts"

export interface TransactionOptions {
  /** Default: the database's own. SQLite's is always `serializable`. Not for nested ones. */
  readonly isolation?: Isolation
  /** How often it is run again after a deadlock or a failed serialization, 0 to 20. Default: 3. Not for nested ones. */
  readonly retries?: number
  /** How long one run may take, from its BEGIN; then its connection is ended, and nothing of it kept. Default: 30,000. */
  readonly timeoutMs?: number
  /** Ends it as the timeout does, with the signal's reason. */
  readonly signal?: AbortSignal
  /**
   * SQLite only: keys to other tables are not looked at within, so that a table can be made anew. Whoever says so checks with
   * `pragma foreign_key_check`. Not for nested ones.
   */
  readonly foreignKeys?: "unchecked"
}

const MAX_TIMEOUT_MS = 86_400_000
const MAX_RETRIES = 20
const MAX_DEPTH = 32

/** Runs transactions: on one connection each, known to all code that is called within. */
export class Transactions {
  readonly #engine: Engine
  readonly #ambient: Ambient<Scope | undefined>

  constructor(engine: Engine, ambient: Ambient<Scope | undefined>) {
    this.#engine = engine
    this.#ambient = ambient
  }

  /** As a savepoint where `outer` is a transaction already. */
  async run<T>(work: (scope: Scope) => Promise<T>, options: TransactionOptions, outer: Scope | undefined): Promise<T> {
    checkOptions(options)
    if (options.foreignKeys !== undefined && this.#engine.dialect !== "sqlite")
      throw new OrmOptionsInvalid("Only SQLite leaves foreign keys unchecked for a transaction.")
    if (outer !== undefined) return await this.#nested(work, options, outer)
    const { retries = 3 } = options
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#attempt(work, options)
      } catch (error) {
        if (!isRetryable(error) || attempt >= retries) throw error
        await pause(2 ** attempt * 10 * (0.5 + Math.random()), options.signal)
      }
    }
  }

  async #attempt<T>(work: (scope: Scope) => Promise<T>, options: TransactionOptions): Promise<T> {
    options.signal?.throwIfAborted()
    const { writers } = this.#engine
    const connection = await writers.acquire(options.signal)
    const scope = new Scope(connection)
    const isUnchecked = options.foreignKeys === "unchecked"
    let value: T
    try {
      // SQLite takes no notice of it once a transaction has begun.
      if (isUnchecked) await connection.control("pragma foreign_keys = off")
      value = await this.#upToCommit(scope, work, options)
      await commit(connection)
    } catch (error) {
      await undo(connection)
      scope.takeBack()
      throw error
    } finally {
      if (isUnchecked) await connection.control("pragma foreign_keys = on").catch(() => connection.kill())
      writers.release(connection)
    }
    await this.#ambient.run(undefined, () => runEffects(scope.effects))
    return value
  }

  async #upToCommit<T>(scope: Scope, work: (scope: Scope) => Promise<T>, options: TransactionOptions): Promise<T> {
    const { isolation, timeoutMs = 30_000, signal } = options
    const { promise: ended, reject } = Promise.withResolvers<never>()
    const end = (reason: unknown) => {
      scope.abandon(reason)
      // Rejects by itself what waits for the server.
      scope.connection.kill().then(() => reject(reason), reject)
    }
    const timer = setTimeout(
      () => end(new OrmTimeout(`The transaction took longer than ${timeoutMs} ms (timeoutMs), and was undone.`)),
      timeoutMs,
    )
    const onAbort = () => end(signal?.reason)
    signal?.addEventListener("abort", onAbort, { once: true })
    try {
      const all = async () => {
        await scope.connection.begin(isolation)
        return await this.#body(scope, work)
      }
      return await Promise.race([all(), ended])
    } catch (error) {
      // A deadlock that the caller's code wrapped or swallowed is still what happened.
      throw scope.broken ?? error
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener("abort", onAbort)
    }
  }

  async #body<T>(scope: Scope, work: (scope: Scope) => Promise<T>): Promise<T> {
    let value: T
    try {
      value = await this.#ambient.run(scope, () => work(scope))
    } finally {
      await scope.close()
    }
    if (scope.broken !== undefined) throw scope.broken
    return value
  }

  async #nested<T>(
    work: (scope: Scope) => Promise<T>,
    { isolation, retries, timeoutMs, signal, foreignKeys }: TransactionOptions,
    parent: Scope,
  ): Promise<T> {
    if ((isolation ?? retries ?? timeoutMs ?? signal ?? foreignKeys) !== undefined)
      throw new OrmTransactionMisused("A nested transaction takes no options: give them to the outermost one.")
    if (parent.depth >= MAX_DEPTH) throw new OrmTransactionMisused(`Transactions nest at most ${MAX_DEPTH} deep.`)
    return await parent.turn(async () => {
      const scope = new Scope(parent.connection, parent)
      const name = `ashlar_${scope.depth}`
      await scope.connection.control(`savepoint ${name}`)
      try {
        const value = await this.#body(scope, work)
        await scope.connection.control(`release savepoint ${name}`)
        scope.joinParent()
        return value
      } catch (error) {
        scope.takeBack()
        if (scope.broken !== undefined) throw error
        await scope.connection.control(`rollback to savepoint ${name}`)
        await scope.connection.control(`release savepoint ${name}`)
        throw error
      }
    })
  }
}

async function commit(connection: Connection): Promise<void> {
  try {
    await connection.commit()
  } catch (cause) {
    if (connection.isUsable) throw cause
    throw new OrmOutcomeUnknown(undefined, { cause })
  }
}

/** A connection whose transaction cannot be undone must not serve another caller. */
async function undo(connection: Connection): Promise<void> {
  if (!connection.isUsable) return
  try {
    await connection.rollback()
  } catch {
    await connection.kill()
  }
}

async function runEffects(effects: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = []
  for (const effect of effects) {
    try {
      await effect()
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw new OrmAfterCommitFailed(undefined, { cause: new AggregateError(failures) })
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise((done) => setTimeout(done, ms))
  signal?.throwIfAborted()
}

function checkOptions({ retries = 3, timeoutMs = 30_000 }: TransactionOptions): void {
  if (!Number.isInteger(retries) || retries < 0 || retries > MAX_RETRIES)
    throw new OrmOptionsInvalid(`Expected retries to be an integer from 0 to ${MAX_RETRIES}.`)
  if (!Number.isFinite(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS)
    throw new OrmOptionsInvalid(`Expected timeoutMs to be from 1 to ${MAX_TIMEOUT_MS}.`)
}
