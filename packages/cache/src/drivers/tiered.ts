import { type Clock, systemClock } from "@ashlar/core"
import type { CacheStore, ChangeBus, Entry, Lease } from "../store.ts"

export interface TieredOptions {
  /** The longest time that the tier in front serves what it was not told to drop. Milliseconds. */
  readonly localTtlMs: number
  readonly clock?: Clock
  readonly onError: (error: unknown) => void
}

/**
 * What is told to all processes, the own one too: keys, tags or a prefix that they must not serve from their front any more. In a
 * transaction it is told when that is committed, and until then others here may have put the former value in front again.
 */
interface Change {
  readonly keys?: readonly string[]
  readonly tags?: readonly string[]
  readonly prefix?: string
}

/**
 * A store in this process in front of one that many share. All that is promised is the back's promise; the front only saves the
 * way to it. Changes of others come over the back's bus; while that is away the front is not asked at all.
 */
export class TieredStore implements CacheStore {
  readonly sharesValues: boolean
  readonly maxPayloadBytes: number
  readonly #front: CacheStore
  readonly #back: CacheStore
  readonly #bus: ChangeBus | undefined
  readonly #clock: Clock
  readonly #localTtlMs: number
  readonly #onError: (error: unknown) => void
  /** Counts changes: what was read before one must not be put in front after it. */
  #changes = 0
  #isConnected = true

  constructor(front: CacheStore, back: CacheStore, bus: ChangeBus | undefined, options: TieredOptions) {
    this.#front = front
    this.#back = back
    this.#bus = bus
    this.#clock = options.clock ?? systemClock
    this.#localTtlMs = options.localTtlMs
    this.#onError = options.onError
    this.sharesValues = front.sharesValues
    this.maxPayloadBytes = back.maxPayloadBytes
  }

  /** Listens to the others. @throws {CACHE_STORE_FAILED} */
  async start(): Promise<this> {
    this.#bus?.onState((isConnected) => {
      this.#isConnected = isConnected
      // What was said meanwhile was missed.
      this.#drop({ prefix: "" })
    })
    await this.#bus?.subscribe((message) => {
      const change = parseChange(message)
      if (change !== undefined) this.#drop(change)
    })
    return this
  }

  get(key: string): Entry | undefined | Promise<Entry | undefined> {
    if (!this.#isConnected) return this.#getBack(key)
    const found = this.#front.get(key)
    if (found instanceof Promise) return found.then((entry) => entry ?? this.#getBack(key))
    return found !== undefined && found.freshUntilMs > this.#clock.now() ? found : this.#getBack(key)
  }
  held(key: string, nowMs: number): Entry | undefined {
    return this.#isConnected ? this.#front.held?.(key, nowMs) : undefined
  }
  async #getBack(key: string): Promise<Entry | undefined> {
    return (await this.#getManyBack([key]))[0]
  }
  async #getManyBack(keys: readonly string[]): Promise<readonly (Entry | undefined)[]> {
    const changes = this.#changes
    const entries = await this.#back.getMany(keys)
    if (changes === this.#changes && this.#isConnected) await this.#putInFront(keys, entries)
    return entries
  }
  async #putInFront(keys: readonly string[], entries: readonly (Entry | undefined)[]): Promise<void> {
    const untilMs = this.#clock.now() + this.#localTtlMs
    const items = keys.flatMap((key, at) => {
      const entry = entries[at]
      if (entry === undefined) return []
      const local = { ...entry, expiresMs: Math.min(entry.expiresMs, untilMs) }
      return [[key, local] as const]
    })
    if (items.length > 0) await this.#front.set(items)
  }
  async getMany(keys: readonly string[]): Promise<readonly (Entry | undefined)[]> {
    if (!this.#isConnected) return await this.#getManyBack(keys)
    const entries = [...(await this.#front.getMany(keys))]
    const nowMs = this.#clock.now()
    const missing = keys.flatMap((_, at) => ((entries[at]?.freshUntilMs ?? 0) > nowMs ? [] : [at]))
    if (missing.length === 0) return entries
    const found = await this.#getManyBack(missing.map((at) => keys[at]!))
    for (const [index, at] of missing.entries()) entries[at] = found[index]
    return entries
  }

  async set(items: readonly (readonly [key: string, entry: Entry])[]): Promise<void> {
    const keys = items.map(([key]) => key)
    await this.#change({ keys }, () => this.#back.set(items))
  }
  async delete(keys: readonly string[]): Promise<number> {
    return await this.#change({ keys }, () => this.#back.delete(keys))
  }
  async flush(prefix: string): Promise<void> {
    await this.#change({ prefix }, () => this.#back.flush(prefix))
  }
  async invalidate(tags: readonly string[]): Promise<void> {
    await this.#change({ tags }, () => this.#back.invalidate(tags))
  }
  begin(key: string, tags: readonly string[], ttlMs: number): Lease | undefined | Promise<Lease | undefined> {
    // What the front has is in the way of what is to be made.
    this.#drop({ keys: [key] })
    return this.#back.begin(key, tags, ttlMs)
  }
  async fill(key: string, entry: Entry, lease: Lease): Promise<boolean> {
    return await this.#change({ keys: [key] }, () => this.#back.fill(key, entry, lease))
  }
  end(key: string, lease: Lease): void | Promise<void> {
    return this.#back.end(key, lease)
  }
  usage(): { entries: number; bytes: number; evictions: number } {
    return this.#front.usage?.() ?? { entries: 0, bytes: 0, evictions: 0 }
  }
  async close(): Promise<void> {
    await this.#bus?.close()
    await Promise.all([this.#front.close(), this.#back.close()])
  }

  /** Drops it in front before and after: before, so that nobody here reads it any more; after, for what was read meanwhile. */
  async #change<T>(change: Change, work: () => T | Promise<T>): Promise<T> {
    this.#drop(change)
    try {
      return await work()
    } finally {
      this.#drop(change)
      await this.#publish(change)
    }
  }
  #drop({ keys, tags, prefix }: Change): void {
    this.#changes++
    const dropped = [
      keys === undefined ? undefined : this.#front.delete(keys),
      tags === undefined ? undefined : this.#front.invalidate(tags),
      prefix === undefined ? undefined : this.#front.flush(prefix),
    ]
    for (const one of dropped) if (one instanceof Promise) one.catch(this.#onError)
  }
  async #publish(change: Change): Promise<void> {
    try {
      await this.#bus?.publish(JSON.stringify(change))
    } catch (error) {
      // The others serve what they have for `localTtl` at most.
      this.#onError(error)
    }
  }
}

/** Whoever can reach the bus can publish anything. */
function parseChange(message: string): Change | undefined {
  try {
    const { keys, tags, prefix } = JSON.parse(message) as Record<string, unknown>
    return {
      ...(isTexts(keys) && { keys }),
      ...(isTexts(tags) && { tags }),
      ...(typeof prefix === "string" && { prefix }),
    }
  } catch {
    return undefined
  }
}
function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string")
}
