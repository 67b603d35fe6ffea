import type { Row } from "./row.ts"
import { countBelow, median, medianRatio } from "./statistics.ts"

/** The figures of one case: for each subject one of each round, and of all subjects the same rounds. Less is better. */
export type Series = ReadonlyMap<string, readonly number[]>

/**
 * One row for each subject: its median, its ratio to `raw`, and for `ashlar` its ratio to the best peer. Ratios are
 * medians of the rounds' own ratios, in which both were measured seconds apart.
 */
export function rowsOf(name: string, unit: string, series: Series): readonly Row[] {
  const raw = series.get("raw")
  const peer = bestPeer(series)
  return [...series].map(([subject, values]) => ({
    case: name,
    subject,
    unit,
    value: median(values),
    ...(raw !== undefined && { ratioToRaw: medianRatio(values, raw) }),
    ...(subject === "ashlar" &&
      peer !== undefined && {
        peer: peer.subject,
        ratioToPeer: medianRatio(values, peer.values),
        rounds: values.length,
        roundsAhead: countBelow(values, peer.values),
      }),
  }))
}

/** The peer with the lowest median. What is named `ashlar-…` is Ashlar too, by another way. */
function bestPeer(series: Series): { readonly subject: string; readonly values: readonly number[] } | undefined {
  const peers = [...series].filter(([subject]) => subject !== "raw" && !subject.startsWith("ashlar"))
  const [best] = peers.toSorted(([, a], [, b]) => median(a) - median(b))
  return best === undefined ? undefined : { subject: best[0], values: best[1] }
}

/** Collects the figures of many cases while they come. */
export class SeriesBook {
  readonly #cases = new Map<string, Map<string, number[]>>()

  add(name: string, subject: string, value: number): void {
    const series = this.#cases.get(name) ?? new Map<string, number[]>()
    this.#cases.set(name, series)
    const values = series.get(subject) ?? []
    series.set(subject, values)
    values.push(value)
  }

  /** The series of a case; empty when nothing came. */
  of(name: string): Series {
    return this.#cases.get(name) ?? new Map()
  }
}
