import type { Duration } from "./duration.ts"
import type { RememberOptions, SetOptions } from "./options.ts"

/** What `make` is told. */
export interface Making<T> {
  /** Aborts when it took too long. */
  readonly signal: AbortSignal
  /** What is being replaced, where there is such a thing. */
  readonly former: T | undefined
}
export type Make<T> = (making: Making<T>) => T | Promise<T>

/** One value to be made before it is asked for. */
export interface Warming {
  readonly key: string
  readonly options?: Duration | RememberOptions
  readonly make: Make<unknown>
}

/** Counts since the cache was opened, of all its namespaces. */
export interface CacheStats {
  /** Answered with what was kept; `staleHits` of them with what had to be made anew. */
  readonly hits: number
  readonly staleHits: number
  readonly misses: number
  readonly writes: number
  /** Values that were made, and callers who shared one that was being made. */
  readonly makes: number
  readonly shared: number
  /** Makes that threw or took too long; `graces` of them were hidden by a former value. */
  readonly failures: number
  readonly graces: number
  /** Reads and writes of the store that failed and were gone without. */
  readonly storeErrors: number
  /** What the process itself holds, where it holds anything. */
  readonly entries: number
  readonly bytes: number
  readonly evictions: number
}

/**
 * An open cache. Keys are text; values are JSON's, `undefined` within others, Date, bigint, Uint8Array, Map and Set, and come
 * back as copies: nobody shares them. The types of values are what callers say they are: give a key one meaning.
 */
export interface Cache {
  /** Opens the store now and not at the first use. @throws {CACHE_STORE_FAILED} and what is wrong with the URL. */
  ready(): Promise<void>
  /** `undefined`: nothing is kept. A store that fails is a miss, told to `onError`. @throws {CACHE_KEY_INVALID} {CACHE_CLOSED} */
  get<T = unknown>(key: string): Promise<T | undefined>
  has(key: string): Promise<boolean>
  /** The values that are there, by key. */
  getMany<T = unknown>(keys: readonly string[]): Promise<Map<string, T>>
  /**
   * Keeps a value, in place of any other, also of one that is being made.
   * @throws {CACHE_VALUE_INVALID} {CACHE_VALUE_TOO_LARGE} {CACHE_OPTION_INVALID} {CACHE_STORE_FAILED}
   */
  set(key: string, value: unknown, options?: Duration | SetOptions): Promise<void>
  setMany(values: Iterable<readonly [key: string, value: unknown]>, options?: Duration | SetOptions): Promise<void>
  /** @returns whether it was there. @throws {CACHE_STORE_FAILED} */
  delete(key: string): Promise<boolean>
  /** @returns how many were there. */
  deleteMany(keys: readonly string[]): Promise<number>
  /** Drops all of this namespace; of the whole cache where this is no namespace. @throws {CACHE_STORE_FAILED} */
  flush(): Promise<void>
  /**
   * Drops all entries that carry one of the tags, at once. Values that are being made of what was there before are not kept.
   * Tags are the whole cache's, not of a namespace.
   * @throws {CACHE_STORE_FAILED}
   */
  invalidate(...tags: readonly string[]): Promise<void>
  /**
   * What is kept, or else what `make` gives, which is then kept. However many ask at once, in this process or others that share
   * the store, one makes it and the others wait for it. A store that fails leaves `make` to each process.
   *
   * @throws what `make` throws, and {CACHE_MAKE_TIMEOUT}, when no former value may stand in.
   * @example
   * const user = await cache.remember(`user:${id}`, { ttl: "5m", grace: "1h", tags: ["users"] }, () => findUser(id))
   */
  remember<T>(key: string, options: Duration | RememberOptions, make: Make<T>): Promise<T>
  /**
   * Makes what is not there yet, a few at a time. One that fails is told to `onError`.
   * @returns how many are there now.
   */
  warm(values: Iterable<Warming> | AsyncIterable<Warming>, options?: { readonly concurrency?: number }): Promise<number>
  /** The same store under a prefix of its own: `cache.namespace("users").get("7")` is `cache.get("users:7")`. */
  namespace(name: string): Cache
  stats(): CacheStats
  /** Ends what is under way and gives the store back. Twice does nothing. Ends all namespaces too. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}
