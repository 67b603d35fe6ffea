/** What a function did since the platform started. */
export interface FunctionMetrics {
  readonly calls: number
  /** Calls that ended with a refusal, a kill, or a status of 500 and above. */
  readonly errors: number
  /** Ended processes and stopped invocations, by code. */
  readonly kills: Readonly<Record<string, number>>
  /** Half of the calls took at most so long, in milliseconds, to within 10%. `null` before the first. */
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  /** Calls that waited for a process to load the bundle. */
  readonly coldStarts: number
  /** RFC 3339, UTC. */
  readonly since: string
}

const SMALLEST_MS = 0.05
const GROWTH = 1.2
const BUCKETS = 80

/** Counts one function's calls in a bounded space, however many there are. */
export class Counter {
  readonly #sinceMs: number
  readonly #buckets = new Uint32Array(BUCKETS)
  readonly #kills: Record<string, number> = {}
  #calls = 0
  #errors = 0
  #coldStarts = 0

  constructor(sinceMs: number) {
    this.#sinceMs = sinceMs
  }

  /** One call is over. */
  count(call: { durationMs: number; failed: boolean; cold: boolean; killedBy: string | undefined }): void {
    this.#calls++
    if (call.failed) this.#errors++
    if (call.cold) this.#coldStarts++
    if (call.killedBy !== undefined) this.kill(call.killedBy)
    const bucket = Math.ceil(Math.log(Math.max(call.durationMs, SMALLEST_MS) / SMALLEST_MS) / Math.log(GROWTH))
    this.#buckets[Math.min(BUCKETS - 1, bucket)]!++
  }

  /** A process was ended. */
  kill(code: string): void {
    this.#kills[code] = (this.#kills[code] ?? 0) + 1
  }

  read(): FunctionMetrics {
    return {
      calls: this.#calls,
      errors: this.#errors,
      kills: { ...this.#kills },
      p50Ms: this.#quantile(0.5),
      p95Ms: this.#quantile(0.95),
      coldStarts: this.#coldStarts,
      since: new Date(this.#sinceMs).toISOString(),
    }
  }

  #quantile(share: number): number | null {
    if (this.#calls === 0) return null
    let left = this.#calls * share
    const bucket = this.#buckets.findIndex((count) => {
      left -= count
      return left <= 0
    })
    // The middle of the bucket: at most 10% away from what was measured.
    return Number((SMALLEST_MS * GROWTH ** (bucket - 0.5)).toPrecision(3))
  }
}
