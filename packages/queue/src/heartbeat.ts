import { QueueJobLost } from "./errors.ts"
import type { JobRun } from "./job-run.ts"
import type { QueueStore } from "./store.ts"

const MAX_GROUP = 1_000
const PROGRESS_MS = 500

/** Keeps the hold on a worker's jobs, and carries the news of their progress. */
export class Heartbeat {
  readonly #store: QueueStore
  readonly #leaseMs: number
  readonly #runs: Iterable<JobRun>
  readonly #onLost: (run: JobRun) => void
  readonly #onError: (error: unknown) => void
  readonly #timer: ReturnType<typeof setInterval>
  #progress: ReturnType<typeof setTimeout> | undefined
  #beating: Promise<void> | undefined

  constructor(
    store: QueueStore,
    leaseMs: number,
    {
      runs,
      onLost,
      onError,
    }: {
      readonly runs: Iterable<JobRun>
      readonly onLost: (run: JobRun) => void
      readonly onError: (error: unknown) => void
    },
  ) {
    this.#store = store
    this.#leaseMs = leaseMs
    this.#runs = runs
    this.#onLost = onLost
    this.#onError = onError
    this.#timer = setInterval(() => void this.beat(), leaseMs / 3)
  }

  /** Renews all holds now. */
  async beat(): Promise<void> {
    this.#beating ??= this.#extend([...this.#runs]).finally(() => {
      this.#beating = undefined
    })
    await this.#beating
  }

  /** There is news of progress, which need not wait for the next beat. */
  tell(): void {
    this.#progress ??= setTimeout(() => {
      this.#progress = undefined
      void this.#extend([...this.#runs].filter(({ news }) => news !== undefined))
    }, PROGRESS_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    clearTimeout(this.#progress)
  }

  /** Whether it may be another's by now, or so many milliseconds later. */
  isStale(run: JobRun, laterMs = 0): boolean {
    return performance.now() - run.heldSinceMs + laterMs > this.#leaseMs
  }

  async #extend(runs: readonly JobRun[]): Promise<void> {
    for (let at = 0; at < runs.length; at += MAX_GROUP) await this.#extendGroup(runs.slice(at, at + MAX_GROUP))
  }
  async #extendGroup(runs: readonly JobRun[]): Promise<void> {
    const askedMs = performance.now()
    const news = runs.map((run) => run.news)
    try {
      const held = await this.#store.extend(
        runs.map(({ claimed }) => claimed),
        this.#leaseMs,
        news,
      )
      for (const [at, run] of runs.entries()) {
        if (run.isSettled) continue
        if (held[at] === false) {
          this.#lose(run)
          continue
        }
        run.heldSinceMs = askedMs
        if (run.news === news[at]) run.news = undefined
      }
    } catch (error) {
      this.#onError(error)
      // Before another may have it, if the next beat would come after.
      const beforeMs = this.#leaseMs / 3
      for (const run of runs) if (!run.isSettled && this.isStale(run, beforeMs)) this.#lose(run)
    }
  }
  #lose(run: JobRun): void {
    run.abort(new QueueJobLost(`The hold on the job was not renewed within ${this.#leaseMs} ms (leaseMs).`))
    this.#onLost(run)
  }
}
