import { OrmOptionsInvalid } from "../errors.ts"

const WORDS: readonly string[] =
  "stone wall arch quarry chisel mortar joint lintel ashlar course vault pillar mason rubble keystone plinth buttress cornice".split(
    " ",
  )

/** Values by chance that are the same in every run: what comes is decided by the seed and by what was asked before. */
export class Random {
  #state: number

  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new OrmOptionsInvalid(`Expected a seed to be an integer, got ${seed}.`)
    this.#state = seed >>> 0
  }

  /** From 0 to 1, without 1. Mulberry32: fast, even, and no secret. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1))
  }

  boolean(): boolean {
    return this.next() < 0.5
  }

  pick<T>(values: readonly [T, ...T[]]): T {
    return values[this.integer(0, values.length - 1)]!
  }

  /** So many words. */
  words(count: number): string {
    return Array.from({ length: count }, () => WORDS[this.integer(0, WORDS.length - 1)]).join(" ")
  }

  /** A moment between two. */
  date(from: Date, to: Date): Date {
    return new Date(this.integer(from.getTime(), to.getTime()))
  }
}
