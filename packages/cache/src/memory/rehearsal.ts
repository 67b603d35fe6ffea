import { Node, Segments } from "./segments.ts"
import type { FrequencySketch } from "./sketch.ts"

/** The shares of the window that are tried: hardly any, some, most, and all, which is LRU. */
const SHARES = [0.01, 0.3, 0.85, 1] as const
/** Of so many keys one is tried, of a large cache's fewer: this bounds what it costs a request. */
const LEAST_RATIO = 8
/** Entries of a trial: up to twice as many, and an eighth of a cache that has less than eight times as many. */
const TRIAL_ENTRIES = 128
/** What is left of earlier hits each time that as many requests were tried as a trial has entries. */
const MEMORY = 0.85
/** The share of the requests by which another trial must be better, beside what chance can make of it. */
const MARGIN = 0.01

/**
 * Tries with a few keys how many requests windows of several sizes would answer, all at the same time and of the same requests, and
 * knows the best. Keys are chosen by their hash, and each trial is a cache that is as much smaller as there are fewer of them.
 * To move the one window there is and look what the hit ratio does takes longer, and is misled by whatever else changes it.
 * @see https://www.usenix.org/conference/atc17/technical-sessions/presentation/waldspurger
 * @see https://dl.acm.org/doi/10.1145/3274808.3274816
 */
export class Rehearsal {
  readonly #sketch: FrequencySketch
  #trials: readonly Trial[] = []
  #best: Trial
  /** One of so many keys is tried. */
  #ratio = 0
  /** Those whose spread hash is below it. */
  #limit = 0
  /** Of a trial. */
  #entries = 0
  #asked = 0
  #requests = 0

  /** @param entries What the cache holds. */
  constructor(entries: number, sketch: FrequencySketch) {
    this.#sketch = sketch
    // All, until it is known better.
    this.#best = new Trial(1, 1, sketch)
    this.resize(entries)
  }

  /** Tells that the cache holds another number of entries. */
  resize(entries: number): void {
    const ratio = Math.max(LEAST_RATIO, 2 ** Math.floor(Math.log2(entries / TRIAL_ENTRIES)))
    this.#entries = Math.max(1, Math.round(entries / ratio))
    if (ratio === this.#ratio) {
      for (const trial of this.#trials) trial.resize(this.#entries)
      return
    }
    const { share } = this.#best
    this.#ratio = ratio
    this.#limit = 2 ** 32 / ratio
    this.#trials = SHARES.map((one) => new Trial(one, this.#entries, this.#sketch))
    this.#best = this.#trials.find((trial) => trial.share === share)!
    this.#asked = 0
    this.#requests = 0
  }

  /** Tells of a request. @returns the share of the window that is the best by now. */
  request(hash: number): number {
    if (Math.imul(hash, 0x9e37_79b1) >>> 0 < this.#limit) {
      for (let at = 0; at < SHARES.length; at++) this.#trials[at]!.request(hash)
      if (++this.#asked >= this.#entries) this.#judge()
    }
    return this.#best.share
  }

  #judge(): void {
    this.#requests = this.#requests * MEMORY + this.#asked
    this.#asked = 0
    let best = this.#best
    for (const trial of this.#trials) if (trial.hits > best.hits) best = trial
    const lead = best.hits - this.#best.hits
    if (lead > MARGIN * this.#requests + Math.sqrt(lead)) this.#best = best
    for (const trial of this.#trials) trial.hits *= MEMORY
  }
}

/** A small cache of keys without values. */
class Trial {
  readonly share: number
  hits = 0
  readonly #nodes = new Map<number, Node<undefined>>()
  readonly #segments: Segments<undefined>

  constructor(share: number, maxEntries: number, sketch: FrequencySketch) {
    this.share = share
    const evicted = ({ hash }: Node<undefined>): void => void this.#nodes.delete(hash)
    this.#segments = new Segments({ maxEntries, maxBytes: Number.POSITIVE_INFINITY, share, sketch, evicted })
  }

  resize(maxEntries: number): void {
    this.#segments.resize(maxEntries)
  }
  request(hash: number): void {
    const known = this.#nodes.get(hash)
    if (known !== undefined) {
      this.hits++
      this.#segments.touch(known)
      return
    }
    const node = new Node("", undefined, { bytes: 0, hash })
    this.#nodes.set(hash, node)
    this.#segments.add(node)
  }
}
