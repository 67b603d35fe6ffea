import type { Cache, CacheStats, Make, Warming } from "./cache.ts"
import type { Core } from "./core.ts"
import type { Duration } from "./duration.ts"
import { CacheClosed, CacheOptionInvalid, CacheValueInvalid } from "./errors.ts"
import { makeBehind, makeOnce } from "./make.ts"
import { checkTags, planOf, type RememberOptions, type SetOptions } from "./options.ts"
import { type CacheStore, checkKey, type Entry, type MaybePromise } from "./store.ts"
import { warm } from "./warm.ts"

/** What a caller of `remember` asks for. */
interface Wish {
  readonly key: string
  readonly options: Duration | RememberOptions
  readonly make: Make<unknown>
}

/** A cache, or one of its namespaces. What is asked of a store in memory is answered without a detour. */
export class LiveCache implements Cache {
  readonly #core: Core
  readonly #prefix: string

  constructor(core: Core, prefix: string) {
    this.#core = core
    this.#prefix = prefix
  }

  async ready(): Promise<void> {
    await this.#core.use()
  }

  get<T>(key: string): Promise<T | undefined> {
    const { store } = this.#core
    if (store === undefined) return this.#getLater(key) as Promise<T | undefined>
    try {
      const found = store.get(this.#keyOf(key))
      if (!(found instanceof Promise)) return Promise.resolve(this.#serve(found) as T | undefined)
      return found.then((entry) => this.#serve(entry) as T | undefined, this.#miss) as Promise<T | undefined>
    } catch (error) {
      return Promise.reject(error)
    }
  }
  async #getLater(key: string): Promise<unknown> {
    const full = this.#keyOf(key)
    return this.#serve(await this.#find(full))
  }
  readonly #miss = (error: unknown): undefined => {
    this.#core.storeFailed(error)
    this.#core.counters.misses++
    return undefined
  }
  /** The time by which it is told what is fresh. Milliseconds since 1970. */
  now(): number {
    return this.#core.clock.now()
  }
  /**
   * What this process itself holds for the key, fresh and at once; nothing says nothing. It is the very value that is held: for
   * parts of this package, which change nothing in it and give no key that is none.
   * @param nowMs What `now()` gave.
   */
  held(key: string, nowMs: number): unknown {
    const { store, counters } = this.#core
    const found = store?.held?.(this.#prefix === "" ? key : this.#prefix + key, nowMs)
    if (found === undefined || found.freshUntilMs <= nowMs) return undefined
    counters.hits++
    return found.value
  }
  async has(key: string): Promise<boolean> {
    const entry = await this.#find(this.#keyOf(key))
    return this.#isFresh(entry) && entry?.value !== undefined
  }
  async getMany<T>(keys: readonly string[]): Promise<Map<string, T>> {
    const full = keys.map((key) => this.#keyOf(key))
    const values = new Map<string, T>()
    let entries: readonly (Entry | undefined)[] = []
    try {
      entries = await (await this.#core.use()).getMany(full)
    } catch (error) {
      this.#core.storeFailed(error)
    }
    for (const [at, key] of keys.entries()) {
      const value = this.#serve(entries[at])
      if (value !== undefined) values.set(key, value as T)
    }
    return values
  }

  set(key: string, value: unknown, options?: Duration | SetOptions): Promise<void> {
    return this.setMany([[key, value]], options)
  }
  async setMany(
    values: Iterable<readonly [key: string, value: unknown]>,
    options?: Duration | SetOptions,
  ): Promise<void> {
    const { ttlMs, tags } = planOf(options)
    const untilMs = this.#core.clock.now() + ttlMs
    const items = [...values].map(([key, value]) => {
      if (value === undefined)
        throw new CacheValueInvalid("Expected a value, got undefined. Delete the key, or remember it with negativeTtl.")
      return [this.#keyOf(key), { value, freshUntilMs: untilMs, expiresMs: untilMs, tags }] as const
    })
    await (await this.#core.use()).set(items)
    this.#core.counters.writes += items.length
  }

  async delete(key: string): Promise<boolean> {
    return (await this.deleteMany([key])) > 0
  }
  async deleteMany(keys: readonly string[]): Promise<number> {
    const full = keys.map((key) => this.#keyOf(key))
    return await (await this.#core.use()).delete(full)
  }
  async flush(): Promise<void> {
    await (await this.#core.use()).flush(this.#prefix)
  }
  async invalidate(...tags: readonly string[]): Promise<void> {
    for (let at = 0; at < tags.length; at += 16) checkTags(tags.slice(at, at + 16))
    if (tags.length > 0) await (await this.#core.use()).invalidate(tags)
  }

  remember<T>(key: string, options: Duration | RememberOptions, make: Make<T>): Promise<T> {
    const { store } = this.#core
    const making = make as Make<unknown> // `former` is what an earlier one of the same key gave
    try {
      const full = this.#keyOf(key)
      const found = store?.get(full)
      if (store === undefined || found instanceof Promise)
        return this.#rememberLater({ key: full, options, make: making }, found) as Promise<T>
      if (found !== undefined && this.#isFresh(found)) {
        this.#core.counters.hits++
        return Promise.resolve(this.#core.valueOf(found) as T)
      }
      return this.#make(store, found, { key: full, options, make: making }) as Promise<T>
    } catch (error) {
      return Promise.reject(error)
    }
  }
  async #rememberLater(wish: Wish, found: MaybePromise<Entry | undefined>): Promise<unknown> {
    let store: CacheStore | undefined
    let entry: Entry | undefined
    try {
      store = await this.#core.use()
      entry = await (found ?? store.get(wish.key))
    } catch (error) {
      this.#core.storeFailed(error)
      store = undefined // it would fail again, and the caller waits
    }
    if (entry !== undefined && this.#isFresh(entry)) {
      this.#core.counters.hits++
      return this.#core.valueOf(entry)
    }
    return await this.#make(store, entry, wish)
  }
  async #make(store: CacheStore | undefined, former: Entry | undefined, wish: Wish): Promise<unknown> {
    if (this.#core.isClosed) throw new CacheClosed("The cache was closed")
    const { key, options, make } = wish
    const order = { key, plan: planOf(options), make, former }
    if (
      store !== undefined &&
      former !== undefined &&
      former.freshUntilMs + order.plan.staleMs > this.#core.clock.now()
    ) {
      this.#core.counters.hits++
      this.#core.counters.staleHits++
      makeBehind(this.#core, store, order)
      return this.#core.valueOf(former)
    }
    this.#core.counters.misses++
    return await makeOnce(this.#core, store, order)
  }

  async warm(
    values: Iterable<Warming> | AsyncIterable<Warming>,
    { concurrency = 4 }: { readonly concurrency?: number } = {},
  ): Promise<number> {
    if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > 1_000)
      throw new CacheOptionInvalid(`Expected concurrency to be an integer from 1 to 1,000, got ${concurrency}.`)
    const one = async ({ key, options = {}, make }: Warming): Promise<boolean> => {
      try {
        await this.remember(key, options, make)
        return true
      } catch (error) {
        this.#core.report(error)
        return false
      }
    }
    return await warm(values, one, concurrency)
  }

  namespace(name: string): Cache {
    checkKey(name, "name")
    return new LiveCache(this.#core, `${this.#prefix}${name}:`)
  }
  stats(): CacheStats {
    const usage = this.#core.store?.usage?.() ?? { entries: 0, bytes: 0, evictions: 0 }
    return { ...this.#core.counters, ...usage }
  }
  close(): Promise<void> {
    return this.#core.close()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.#core.close()
  }

  #keyOf(key: string): string {
    checkKey(key)
    return this.#prefix === "" ? key : this.#prefix + key
  }
  async #find(key: string): Promise<Entry | undefined> {
    try {
      return await (await this.#core.use()).get(key)
    } catch (error) {
      this.#core.storeFailed(error)
      return undefined
    }
  }
  #isFresh(entry: Entry | undefined): boolean {
    return (
      entry !== undefined &&
      (entry.freshUntilMs === Number.POSITIVE_INFINITY || entry.freshUntilMs > this.#core.clock.now())
    )
  }
  #serve(entry: Entry | undefined): unknown {
    const { counters } = this.#core
    if (entry === undefined || !this.#isFresh(entry)) {
      counters.misses++
      return undefined
    }
    counters.hits++
    return this.#core.valueOf(entry)
  }
}
