import { AshlarError } from "@ashlar/core"
import type { Result } from "@ashlar/http"
import type { Database, Queryable } from "@ashlar/orm"
import { IdempotencyClaimLost } from "./errors.ts"
import { isFailure, type Kept, statusOf } from "./kept-answer.ts"
import type { Claim, IdempotencyStore } from "./store.ts"

export interface RunRules {
  readonly ttlMs: number
  readonly leaseMs: number
  readonly keeps: (status: number) => boolean
  readonly onError: (error: unknown) => void
}
export interface RunOnceRules extends RunRules {
  /** Turns an answer into the text that is kept. */
  readonly write: (result: Result) => Promise<Kept>
}

/** What came of a handler: a result, or what it threw. */
type Came = { readonly result: Result } | { readonly thrown: unknown }

/** Undoes what was done in a transaction, and says what came of it. */
class Undone {
  readonly came: Came
  constructor(came: Came) {
    this.came = came
  }
}

/** Runs a request under its claim, and keeps what came of it. */
export class RunOnce {
  readonly #store: IdempotencyStore
  readonly #claim: Claim
  readonly #rules: RunOnceRules

  constructor(store: IdempotencyStore, claim: Claim, rules: RunOnceRules) {
    this.#store = store
    this.#claim = claim
    this.#rules = rules
  }

  /** The work is done when its answer is kept: a crash in between lets the next try run. */
  async run(work: () => Result): Promise<Result> {
    const came = await this.#alive(() => settle(work))
    if (!this.#keeps(came)) return await this.#giveBack(came)
    try {
      const kept = await this.#rules.write(answerOf(came))
      if (!(await this.#store.keep(this.#claim, kept.text, this.#rules.ttlMs)))
        this.#tell(new IdempotencyClaimLost("A request took longer than its claim was held. Another try may have run."))
      return "thrown" in came ? give(came) : kept.result
    } catch (error) {
      if ("thrown" in came && error === came.thrown) throw error
      // The work is done, and its caller is told: it is the next try that has to run again.
      this.#tell(error)
      return give(came)
    }
  }

  /** The work and its answer are committed together, or neither is. */
  async runIn(database: Database, work: () => Result): Promise<Result> {
    try {
      return await this.#alive(() => database.transaction((tx) => this.#within(tx, work), { retries: 0 }))
    } catch (error) {
      if (error instanceof Undone) return await this.#giveBack(error.came)
      // A commit whose outcome is unknown may have kept the answer: then this ends nothing.
      await this.#end()
      throw error
    }
  }
  async #within(tx: Queryable, work: () => Result): Promise<Result> {
    const came = await tx.transaction(async () => await undoFailures(work)).catch(asCame)
    if (!this.#keeps(came)) throw new Undone(came)
    const kept = await this.#rules.write(answerOf(came))
    if (!(await this.#store.keepIn!(tx, this.#claim, kept.text, this.#rules.ttlMs))) throw new IdempotencyClaimLost()
    return kept.result
  }

  #keeps(came: Came): boolean {
    if ("thrown" in came && !(came.thrown instanceof AshlarError)) return false
    return this.#rules.keeps(statusOf(answerOf(came)))
  }
  async #giveBack(came: Came): Promise<Result> {
    await this.#end()
    return give(came)
  }
  async #end(): Promise<void> {
    await this.#store.end(this.#claim).catch((error) => this.#tell(error))
  }
  /** Holds the claim while the work goes on. */
  async #alive<T>(work: () => Promise<T>): Promise<T> {
    const { leaseMs } = this.#rules
    const timer = setInterval(() => {
      this.#store.extend(this.#claim, leaseMs).catch((error) => this.#tell(error))
    }, leaseMs / 3)
    timer.unref?.()
    try {
      return await work()
    } finally {
      clearInterval(timer)
    }
  }
  #tell(error: unknown): void {
    try {
      this.#rules.onError(error)
    } catch {
      // Whoever is told of errors must not make more of them.
    }
  }
}

async function settle(work: () => Result): Promise<Came> {
  try {
    return { result: await work() }
  } catch (thrown) {
    return { thrown }
  }
}

/** A failure that is returned undoes as one that is thrown does. */
async function undoFailures(work: () => Result): Promise<Came> {
  const result = await work()
  if (isFailure(result)) throw new Undone({ result })
  return { result }
}
function asCame(thrown: unknown): Came {
  return thrown instanceof Undone ? thrown.came : { thrown }
}

function answerOf(came: Came): Result {
  return "thrown" in came ? came.thrown : came.result
}
function give(came: Came): Result {
  if ("thrown" in came) throw came.thrown
  return came.result
}
