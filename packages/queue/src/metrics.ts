/** What was done with one kind of job, in this process. */
export interface JobMetrics {
  readonly name: string
  readonly pushed: number
  readonly started: number
  readonly completed: number
  readonly retried: number
  readonly failed: number
  readonly lost: number
  readonly released: number
  /** How many run now. */
  readonly running: number
  /** How long handlers took. */
  readonly durations: Histogram
}

export interface QueueMetrics {
  readonly jobs: readonly JobMetrics[]
  /** Pushes that wait for the store. */
  readonly pendingPushes: number
}

/** Counts by upper bound, as Prometheus takes them: each holds those of the smaller bounds too. */
export interface Histogram {
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly count: number
  readonly sumMs: number
}

const BOUNDS_MS: readonly number[] = [1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000, 300_000]

/** The counters of one kind of job. */
export class Tally {
  pushed = 0
  started = 0
  completed = 0
  retried = 0
  failed = 0
  lost = 0
  released = 0
  running = 0
  readonly #counts: number[] = BOUNDS_MS.map(() => 0)
  #count = 0
  #sumMs = 0

  took(ms: number): void {
    this.#count++
    this.#sumMs += ms
    const at = BOUNDS_MS.findIndex((bound) => ms <= bound)
    if (at >= 0) this.#counts[at]!++
  }

  read(name: string): JobMetrics {
    const { pushed, started, completed, retried, failed, lost, released, running } = this
    let sum = 0
    const counts = this.#counts.map((count) => (sum += count))
    const durations = { bounds: BOUNDS_MS, counts, count: this.#count, sumMs: this.#sumMs }
    return { name, pushed, started, completed, retried, failed, lost, released, running, durations }
  }
}

/** The counters of a queue. */
export class Tallies {
  readonly #byName: Map<string, Tally> = new Map()

  of(name: string): Tally {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const tally = new Tally()
    this.#byName.set(name, tally)
    return tally
  }

  read(pendingPushes: number): QueueMetrics {
    return { jobs: [...this.#byName].map(([name, tally]) => tally.read(name)), pendingPushes }
  }
}
