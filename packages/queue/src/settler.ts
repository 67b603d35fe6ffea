import type { JobRun } from "./job-run.ts"
import type { ClaimedJob, ClaimRequest, Outcome, QueueStore, SettledAndClaimed } from "./store.ts"

/** An outcome, and the run that it is of: none where the job was given back before it was begun. */
export interface Settling {
  readonly outcome: Outcome
  readonly run: JobRun | undefined
}

/** What a worker has to do with it. */
export interface SettlerHome {
  /** How long it is tried: after that the jobs are given to others anyway. */
  readonly patienceMs: number
  readonly onError: (error: unknown) => void
  /** What it would take in the place of jobs that are done, if anything. */
  readonly next: (done: readonly ClaimedJob[]) => ClaimRequest | undefined
  readonly take: (claimed: readonly ClaimedJob[], askedMs: number) => void
  /** Is told what became of it. Not `isKept`: the hold on the job was lost before. */
  readonly settled: (settling: Settling, isKept: boolean) => void
}

const MAX_GROUP = 1_000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2_000

/** Tells the store how jobs ended: together what ended while it was at work, and again when it failed. */
export class Settler {
  readonly #store: QueueStore
  readonly #home: SettlerHome
  #pending: Settling[] = []
  #flushing: Promise<void> | undefined

  constructor(store: QueueStore, home: SettlerHome) {
    this.#store = store
    this.#home = home
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
      for (let at = 0; at < group.length; at++) this.#home.settled(group[at]!, kept?.[at] ?? false)
    }
    this.#flushing = undefined
  }

  async #settle(outcomes: readonly Outcome[]): Promise<readonly boolean[] | undefined> {
    const { patienceMs, onError } = this.#home
    const deadline = performance.now() + patienceMs
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        const kept = this.#store.settleAndClaim === undefined ? this.#store.settle(outcomes) : this.#replace(outcomes)
        return kept instanceof Promise ? await kept : kept
      } catch (error) {
        onError(error)
        if (performance.now() + pauseMs > deadline) return undefined
        await new Promise((done) => setTimeout(done, pauseMs))
      }
    }
  }

  async #replace(outcomes: readonly Outcome[]): Promise<readonly boolean[]> {
    const done = outcomes.filter(({ kind }) => kind === "complete").map(({ job }) => job)
    const next = done.length === 0 ? undefined : this.#home.next(done)
    if (next === undefined) return await this.#store.settle(outcomes)
    const askedMs = performance.now()
    const { kept, claimed }: SettledAndClaimed = await this.#store.settleAndClaim!(outcomes, next)
    this.#home.take(claimed, askedMs)
    return kept
  }
}
