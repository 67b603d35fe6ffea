import { type Clock, detach, systemClock } from "@ashlar/core"
import { Counters } from "./counters.ts"
import { CacheClosed } from "./errors.ts"
import type { CacheOptions } from "./options.ts"
import type { CacheStore, Entry } from "./store.ts"
import { copyKept } from "./value/copy.ts"

/** A value that is being made in this process. */
export interface Flight {
  /** Those who wait for it beside the one who began. */
  joined: number
  readonly made: Promise<Made>
}
export interface Made {
  readonly value: unknown
  /** For those who joined: a copy made before anybody could change the value. */
  readonly kept: unknown
}

/** What all namespaces of one open cache share. */
export class Core {
  readonly clock: Clock
  readonly counters: Counters = new Counters()
  readonly flights: Map<string, Flight> = new Map()
  /** Work that nobody waits for: a value made anew behind a caller who was served the former one. */
  readonly background: Set<Promise<void>> = new Set()
  /** Runs work outside of whatever the caller is inside of: a transaction that has ended by then, a request. */
  readonly outside: <T>(work: () => T) => T
  readonly #open: () => Promise<CacheStore>
  readonly #onError: ((error: unknown) => void) | undefined
  /** Set once it is open. */
  store: CacheStore | undefined
  #opening: Promise<CacheStore> | undefined
  #closing: Promise<void> | undefined

  constructor(open: () => Promise<CacheStore>, { clock = systemClock, onError }: CacheOptions) {
    this.#open = open
    this.clock = clock
    this.#onError = onError
    this.outside = detach()
  }

  get isClosed(): boolean {
    return this.#closing !== undefined
  }

  /** @throws {CACHE_CLOSED} and what the driver throws. */
  use(): Promise<CacheStore> {
    if (this.isClosed) return Promise.reject(new CacheClosed("The cache was closed"))
    this.#opening ??= this.outside(() => this.#connect())
    return this.#opening
  }
  async #connect(): Promise<CacheStore> {
    try {
      const store = await this.#open()
      if (this.isClosed) {
        await store.close()
        throw new CacheClosed("The cache was closed while it opened")
      }
      this.store = store
      return store
    } catch (error) {
      this.#opening = undefined // the next use tries again
      throw error
    }
  }

  /** Goes on without the store. */
  storeFailed(error: unknown): void {
    if (error instanceof CacheClosed) throw error
    this.counters.storeErrors++
    this.report(error)
  }
  report(error: unknown): void {
    try {
      this.#onError?.(error)
    } catch {
      // Whoever is told of errors must not make more of them.
    }
  }

  /** A value as a caller may have it. */
  valueOf({ value }: Entry): unknown {
    return this.store?.sharesValues ? copyKept(value) : value
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }
  async #close(): Promise<void> {
    const opening = this.#opening
    await Promise.allSettled([...[...this.flights.values()].map(({ made }) => made), ...this.background])
    this.store = undefined
    const store = await opening?.catch(() => undefined)
    await store?.close()
  }
}
