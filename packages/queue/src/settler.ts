import type { Outcome, QueueStore } from "./store.ts"

/** An outcome, and who is told what became of it. */
export interface Settling {
  readonly outcome: Outcome
  /** `false`: the hold on the job was lost before. */
  readonly done: (isKept: boolean) => void
}

const MAX_GROUP = 1_000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2_000

/** Tells the store how jobs ended: together what ended while it was at work, and again when it failed. */
export class Settler {
  readonly #store: QueueStore
  /** How long it is tried: after that the jobs are given to others anyway. */
  readonly #patienceMs: number
  readonly #onError: (error: unknown) => void
  #pending: Settling[] = []
  #flushing: Promise<void> | undefined

  constructor(store: QueueStore, patienceMs: number, onError: (error: unknown) => void) {
    this.#store = store
    this.#patienceMs = patienceMs
    this.#onError = onError
  }

  add(settling: Settling): void {
    this.#pending.push(settling)
    this.#flushing ??= this.#flush()
  }

  /** Resolves when nothing is left to tell. */
  async done(): Promise<void> {
    while (this.#flushing !== undefined) await this.#flushing
  }

  async #flush(): Promise<void> {
    await undefined // what ends in the same turn goes together
    while (this.#pending.length > 0) {
      const group = this.#pending.splice(0, MAX_GROUP)
      const kept = await this.#settle(group.map(({ outcome }) => outcome))
      for (const [at, { done }] of group.entries()) done(kept?.[at] ?? false)
    }
    this.#flushing = undefined
  }

  async #settle(outcomes: readonly Outcome[]): Promise<readonly boolean[] | undefined> {
    const deadline = performance.now() + this.#patienceMs
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        const kept = this.#store.settle(outcomes)
        return kept instanceof Promise ? await kept : kept
      } catch (error) {
        this.#onError(error)
        if (performance.now() + pauseMs > deadline) return undefined
        await new Promise((done) => setTimeout(done, pauseMs))
      }
    }
  }
}
