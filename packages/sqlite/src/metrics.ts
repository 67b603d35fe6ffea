import type { GroupReply } from "./protocol.ts"

/** Upper bounds of the commit histogram, in seconds: from a quiet SSD to a disk in trouble. */
const boundsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5] as const

/** A Prometheus histogram: `count` of each bucket includes the buckets below. */
export interface Histogram {
  readonly buckets: readonly { readonly leSeconds: number; readonly count: number }[]
  readonly sumSeconds: number
  readonly count: number
}

/** Counts of one engine since it was opened. */
export interface SqliteMetrics {
  /** Groups committed. */
  readonly groups: number
  /** Operations in those groups, refused ones too. */
  readonly ops: number
  /** Groups of which nothing was kept. */
  readonly failedGroups: number
  /** From BEGIN to the return of COMMIT. */
  readonly commit: Histogram
  /** Operations that wait now, over all files. */
  readonly queuedOps: number
  readonly queuedBytes: number
  readonly openFiles: number
  /** Writer threads alive. */
  readonly writers: number
}

export class WriterMetrics {
  groups = 0
  ops = 0
  failedGroups = 0
  readonly #counts: number[] = boundsSeconds.map(() => 0)
  #sumSeconds = 0

  observe(ops: number, { failure, commitMs }: GroupReply): void {
    if (failure !== undefined) {
      this.failedGroups++
      return
    }
    this.groups++
    this.ops += ops
    const seconds = commitMs / 1000
    this.#sumSeconds += seconds
    const bucket = boundsSeconds.findIndex((bound) => seconds <= bound)
    if (bucket >= 0) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
  }

  commitHistogram(): Histogram {
    let below = 0
    const buckets = boundsSeconds.map((leSeconds, index) => {
      below += this.#counts[index] ?? 0
      return { leSeconds, count: below }
    })
    return { buckets, sumSeconds: this.#sumSeconds, count: this.groups }
  }
}
