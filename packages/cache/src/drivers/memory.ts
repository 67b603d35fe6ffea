import { type Clock, type DriverUrl, systemClock } from "@ashlar/core"
import { type Node, TinyLfu } from "../memory/tiny-lfu.ts"
import type { CacheStore, Entry, Lease } from "../store.ts"
import { copyAndMeasure } from "../value/copy.ts"

export interface MemoryOptions {
  readonly maxEntries: number
  readonly maxBytes: number
}

/** Opens `memory:`: a cache of its opener's own, lost with the process. */
export function open(_url: DriverUrl, options: MemoryOptions): CacheStore {
  return new MemoryStore(options)
}

interface Held extends Lease {
  readonly tags: readonly string[]
  readonly untilMs: number
}

/** Entries whose time is over that are looked for at each write, so that they go without a timer. */
const SWEEP = 2
const NONE: readonly string[] = []

/** Entries in memory, the most useful ones when there is no room for all. */
export class MemoryStore implements CacheStore {
  readonly sharesValues = true
  readonly maxPayloadBytes: number
  readonly #entries: TinyLfu<Entry>
  readonly #clock: Clock
  readonly #tags = new Map<string, Set<string>>()
  readonly #leases = new Map<string, Held>()
  #sweeping: IterableIterator<Node<Entry>> | undefined
  #evictions = 0
  #token = 0

  constructor({ maxEntries, maxBytes }: MemoryOptions, clock: Clock = systemClock) {
    this.maxPayloadBytes = maxBytes
    this.#clock = clock
    const evicted = (node: Node<Entry>): void => {
      this.#evictions++
      this.#untag(node)
    }
    this.#entries = new TinyLfu({ maxEntries, maxBytes, evicted })
  }

  get(key: string): Entry | undefined {
    return this.held(key, this.#clock.now())
  }
  held(key: string, nowMs: number): Entry | undefined {
    const node = this.#entries.get(key)
    if (node === undefined) return undefined
    const entry = node.value
    if (entry.expiresMs > nowMs) return entry
    this.#drop(key)
    return undefined
  }
  getMany(keys: readonly string[]): readonly (Entry | undefined)[] {
    const nowMs = this.#clock.now()
    return keys.map((key) => this.held(key, nowMs))
  }
  set(items: readonly (readonly [key: string, entry: Entry])[]): void {
    // All are copied before any is kept: one that cannot be changes nothing.
    const copies = items.map(([key, entry]) => [key, entry, copyAndMeasure(entry.value)] as const)
    for (const [key, entry, { value, bytes }] of copies) {
      this.#leases.delete(key)
      this.#keep(key, { ...entry, value }, bytes)
    }
    this.#sweep()
  }
  delete(keys: readonly string[]): number {
    let count = 0
    for (const key of keys) {
      this.#leases.delete(key)
      const node = this.#drop(key)
      if (node !== undefined && node.value.expiresMs > this.#clock.now()) count++
    }
    return count
  }
  flush(prefix: string): void {
    for (const { key } of [...this.#entries.nodes()]) if (key.startsWith(prefix)) this.#drop(key)
    for (const key of [...this.#leases.keys()]) if (key.startsWith(prefix)) this.#leases.delete(key)
  }
  invalidate(tags: readonly string[]): void {
    for (const tag of tags) {
      for (const key of [...(this.#tags.get(tag) ?? NONE)]) this.#drop(key)
      for (const [key, lease] of [...this.#leases]) if (lease.tags.includes(tag)) this.#leases.delete(key)
    }
  }
  begin(key: string, tags: readonly string[], ttlMs: number): Lease | undefined {
    const nowMs = this.#clock.now()
    const held = this.#leases.get(key)
    if (held !== undefined && held.untilMs > nowMs) return undefined
    const lease = { token: String(++this.#token), versions: NONE, tags, untilMs: nowMs + ttlMs }
    this.#leases.set(key, lease)
    return lease
  }
  fill(key: string, entry: Entry, lease: Lease): boolean {
    const { value, bytes } = copyAndMeasure(entry.value)
    if (!this.#stands(key, lease)) return false
    this.#leases.delete(key)
    this.#sweep()
    return this.#keep(key, { ...entry, value }, bytes)
  }
  end(key: string, lease: Lease): void {
    if (this.#stands(key, lease)) this.#leases.delete(key)
  }
  usage(): { entries: number; bytes: number; evictions: number } {
    return { entries: this.#entries.size, bytes: this.#entries.bytes, evictions: this.#evictions }
  }
  async close(): Promise<void> {
    this.flush("")
  }

  #stands(key: string, { token }: Lease): boolean {
    const held = this.#leases.get(key)
    return held?.token === token && held.untilMs > this.#clock.now()
  }
  #keep(key: string, entry: Entry, bytes: number): boolean {
    const former = this.#entries.peek(key)
    if (former !== undefined) this.#untag(former)
    for (const tag of entry.tags) {
      const keys = this.#tags.get(tag)
      if (keys === undefined) this.#tags.set(tag, new Set([key]))
      else keys.add(key)
    }
    // What is larger than all may be is not kept; what is not let in is untagged by `evicted`.
    const tagBytes = entry.tags.length * TAG_BYTES
    if (bytes + tagBytes > this.maxPayloadBytes) {
      this.#entries.delete(key)
      this.#untagFrom(key, entry)
      return false
    }
    const kept = this.#entries.set(key, entry, bytes + tagBytes)
    if (kept === undefined) this.#untagFrom(key, entry)
    return kept !== undefined
  }
  #drop(key: string): Node<Entry> | undefined {
    const node = this.#entries.delete(key)
    if (node !== undefined) this.#untag(node)
    return node
  }
  #untag({ key, value }: Node<Entry>): void {
    if (value.tags.length > 0) this.#untagFrom(key, value)
  }
  #untagFrom(key: string, { tags }: Entry): void {
    for (const tag of tags) {
      const keys = this.#tags.get(tag)
      keys?.delete(key)
      if (keys?.size === 0) this.#tags.delete(tag)
    }
  }
  #sweep(): void {
    const nowMs = this.#clock.now()
    for (let count = 0; count < SWEEP; count++) {
      this.#sweeping ??= this.#entries.nodes()
      const { done, value } = this.#sweeping.next()
      if (done) {
        this.#sweeping = undefined
        return
      }
      if (value.value.expiresMs <= nowMs) this.#drop(value.key)
    }
  }
}
/** A tag's part in the index. */
const TAG_BYTES = 100
