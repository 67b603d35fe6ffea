import type { Plan } from "../driver.ts"

interface Kept<S> {
  readonly statement: S
  /** Since the hand last came by. */
  wasUsed: boolean
}

/** The statements of plans on one connection. When it is full, one gives way that was not used lately. */
export class PlanCache<S extends { finalize(): void }> {
  readonly #max: number
  readonly #kept: Map<Plan, Kept<S>> = new Map()

  constructor(max: number) {
    this.#max = Math.floor(max)
  }

  get(plan: Plan): S | undefined {
    const kept = this.#kept.get(plan)
    if (kept === undefined) return undefined
    kept.wasUsed = true
    return kept.statement
  }

  keep(plan: Plan, statement: S): S {
    if (this.#kept.size >= this.#max) this.#giveWay()
    this.#kept.set(plan, { statement, wasUsed: true })
    return statement
  }

  clear(): void {
    for (const { statement } of this.#kept.values()) statement.finalize()
    this.#kept.clear()
  }

  /** The clock algorithm: nearly the least lately used, for a mark at each use instead of a move. */
  #giveWay(): void {
    for (const [plan, kept] of this.#kept) {
      this.#kept.delete(plan)
      if (!kept.wasUsed) {
        kept.statement.finalize()
        return
      }
      kept.wasUsed = false
      this.#kept.set(plan, kept)
    }
  }
}
