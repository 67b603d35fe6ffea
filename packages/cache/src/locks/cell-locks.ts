import type { Cells } from "../cells/cells.ts"
import type { MaybePromise } from "../store.ts"
import type { Attempt, Claim, LockStore } from "./lock-store.ts"

export interface LockState {
  readonly owner: string
  readonly untilMs: number
  readonly fence: number
}

/** How long the last fence is remembered after nobody holds the lock. */
const KEEP_MS = 3_600_000

/** Locks as cells. */
export class CellLocks implements LockStore {
  readonly #cells: Cells<LockState>

  constructor(cells: Cells<LockState>) {
    this.#cells = cells
  }

  attempt({ name, owner }: Claim, ttlMs: number): MaybePromise<Attempt> {
    return this.#cells.change<Attempt>(name, (state, nowMs) => {
      const isHeld = state !== undefined && state.untilMs > nowMs
      if (isHeld && state.owner !== owner) return { answer: { heldForMs: state.untilMs - nowMs } }
      // By the time, in microseconds: larger than the last one even if that was forgotten.
      const fence = isHeld ? state.fence : Math.max(nowMs * 1000, (state?.fence ?? 0) + 1)
      return { answer: { fence }, next: { state: { owner, untilMs: nowMs + ttlMs, fence }, keepMs: ttlMs + KEEP_MS } }
    })
  }
  extend({ name, owner }: Claim, ttlMs: number): MaybePromise<boolean> {
    return this.#cells.change<boolean>(name, (state, nowMs) => {
      if (state === undefined || state.owner !== owner || state.untilMs <= nowMs) return { answer: false }
      return { answer: true, next: { state: { ...state, untilMs: nowMs + ttlMs }, keepMs: ttlMs + KEEP_MS } }
    })
  }
  release({ name, owner }: Claim): MaybePromise<boolean> {
    return this.#cells.change<boolean>(name, (state, nowMs) => {
      if (state === undefined || state.owner !== owner) return { answer: false }
      const wasHeld = state.untilMs > nowMs
      return { answer: wasHeld, next: { state: { ...state, owner: "", untilMs: 0 }, keepMs: KEEP_MS } }
    })
  }
  close(): Promise<void> {
    return this.#cells.close()
  }
}
