import type { Clock } from "@ashlar/core"

export interface CacheBounds {
  readonly max: number
  readonly ttlMs: number
}

/** Values for a time, and the latest used of them at most: what is dropped is overwritten. */
export class BoundedCache<T> {
  readonly #held: Map<string, { readonly value: T; readonly untilMs: number }> = new Map()
  readonly #bounds: CacheBounds
  readonly #clock: Clock
  readonly #drop: (value: T) => void

  constructor(bounds: CacheBounds, clock: Clock, drop: (value: T) => void = () => undefined) {
    this.#bounds = bounds
    this.#clock = clock
    this.#drop = drop
  }

  get size(): number {
    return this.#held.size
  }

  get(key: string): T | undefined {
    const found = this.#held.get(key)
    if (found === undefined) return undefined
    // A clock that went back must not make a value live longer either.
    const leftMs = found.untilMs - this.#clock.now()
    this.#held.delete(key)
    if (leftMs <= 0 || leftMs > this.#bounds.ttlMs) {
      this.#drop(found.value)
      return undefined
    }
    this.#held.set(key, found)
    return found.value
  }

  put(key: string, value: T): void {
    this.delete(key)
    this.#held.set(key, { value, untilMs: this.#clock.now() + this.#bounds.ttlMs })
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= this.#bounds.max) break
      this.delete(oldest)
    }
  }

  /** Drops what nobody asks for any more, too. */
  sweep(): void {
    for (const key of [...this.#held.keys()]) {
      const found = this.#held.get(key)
      if (found !== undefined && found.untilMs <= this.#clock.now()) this.delete(key)
    }
  }

  delete(key: string): void {
    const found = this.#held.get(key)
    if (found === undefined) return
    this.#held.delete(key)
    this.#drop(found.value)
  }
  /** All whose key starts so. */
  deleteAll(prefix = ""): void {
    for (const key of [...this.#held.keys()]) if (key.startsWith(prefix)) this.delete(key)
  }
}
