import type { Cells } from "../cells/cells.ts"
import type { MaybePromise } from "../store.ts"
import { type LimitState, type RateLimitResult, take, type Wanted } from "./algorithms.ts"

/**
 * Counts uses. Each `take` is atomic: however many ask at once, and wherever they are, no more is taken than the rule allows.
 * `describeLimitStore` holds every driver to it.
 */
export interface LimitStore {
  take(name: string, wanted: Wanted): MaybePromise<RateLimitResult>
  /** Forgets the uses. */
  reset(name: string): MaybePromise<void>
  close(): Promise<void>
}

/** Limits as cells. */
export class CellLimits implements LimitStore {
  readonly #cells: Cells<LimitState>

  constructor(cells: Cells<LimitState>) {
    this.#cells = cells
  }

  take(name: string, wanted: Wanted): MaybePromise<RateLimitResult> {
    return this.#cells.change(name, (state, nowMs) => take(wanted, state, nowMs))
  }
  reset(name: string): MaybePromise<void> {
    // Both kinds take this for nothing used: no counts, and a bucket that was full long ago.
    const nothing = { first: 0, counts: [], tokens: Number.MAX_SAFE_INTEGER, atMs: 0 }
    return this.#cells.change<void>(name, () => ({ answer: undefined, next: { state: nothing, keepMs: 0 } }))
  }
  close(): Promise<void> {
    return this.#cells.close()
  }
}
