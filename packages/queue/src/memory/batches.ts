import { isSettled, stepsAfter } from "../batch-rules.ts"
import type { BatchCounts, ChildOutcome, NewBatch } from "../store.ts"
import type { Entry } from "./entry.ts"

interface Batch {
  readonly batch: NewBatch
  readonly createdMs: number
  readonly success: Entry | undefined
  readonly failure: Entry | undefined
  readonly end: Entry | undefined
  readonly outcomes: Map<string, ChildOutcome>
  completed: number
  failed: number
  settledMs: number | undefined
}

/** What happens to the jobs that follow a batch. */
export interface Followers {
  release(entry: Entry): void
  drop(entry: Entry): void
  /** Since a job that it waited for did. */
  fail(entry: Entry): void
}

/** Counts the jobs of batches, and lets go what follows. */
export class Batches {
  readonly #batches: Map<string, Batch> = new Map()
  readonly #followers: Followers

  constructor(followers: Followers) {
    this.#followers = followers
  }

  add(batch: NewBatch, followers: Pick<Batch, "success" | "failure" | "end">, nowMs: number): void {
    const counts = { outcomes: new Map<string, ChildOutcome>(), completed: 0, failed: 0, settledMs: undefined }
    this.#batches.set(batch.id, { batch, createdMs: nowMs, ...followers, ...counts })
  }

  /** One of its jobs has ended. */
  count(entry: Entry, outcome: ChildOutcome, nowMs: number): void {
    const batch = this.#of(entry)
    if (batch === undefined || !entry.isCounted) return
    entry.isCounted = false
    batch.outcomes.set(outcome.id, outcome)
    if (outcome.state === "completed") batch.completed++
    else batch.failed++
    const { total, ifFailed } = batch.batch
    const state = { total, ifFailed, completed: batch.completed, failed: batch.failed }
    if (isSettled(state)) batch.settledMs = nowMs
    for (const { follower, act } of stepsAfter(state, outcome.state)) {
      const next = batch[follower]
      if (next?.state === "blocked") this.#followers[act](next)
    }
  }

  /** A failed one begins anew: it counts again, unless all is over. */
  revive(entry: Entry): void {
    const batch = this.#of(entry)
    if (batch === undefined || batch.settledMs !== undefined || !batch.outcomes.delete(entry.job.id)) return
    batch.failed--
    entry.isCounted = true
  }

  counts(id: string): BatchCounts | undefined {
    const batch = this.#batches.get(id)
    if (batch === undefined) return undefined
    const { completed, failed, createdMs, settledMs } = batch
    const { total } = batch.batch
    const settled = settledMs === undefined ? {} : { settledMs }
    return { id, total, completed, failed, pending: total - completed - failed, createdMs, ...settled }
  }
  outcomes(id: string): readonly ChildOutcome[] {
    return [...(this.#batches.get(id)?.outcomes.values() ?? [])].toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  sweep(nowMs: number): void {
    for (const [id, { settledMs, batch }] of this.#batches)
      if (settledMs !== undefined && settledMs + batch.keepMs <= nowMs) this.#batches.delete(id)
  }

  #of({ job }: Entry): Batch | undefined {
    return job.batch === undefined ? undefined : this.#batches.get(job.batch)
  }
}
