import { FrequencySketch, hashKey } from "./sketch.ts"

/** What is held for one key, and its place in one of three lists. */
export class Node<V> {
  readonly key: string
  value: V
  bytes: number
  readonly hash: number
  segment: Segment<V> | undefined = undefined
  newer: Node<V> | undefined = undefined
  older: Node<V> | undefined = undefined

  constructor(key: string, value: V, bytes: number) {
    this.key = key
    this.value = value
    this.bytes = bytes
    this.hash = hashKey(key)
  }
}

/** A list from the least lately used to the latest. */
class Segment<V> {
  newest: Node<V> | undefined = undefined
  oldest: Node<V> | undefined = undefined
  count = 0
  bytes = 0

  add(node: Node<V>): void {
    node.segment = this
    node.newer = undefined
    node.older = this.newest
    if (this.newest !== undefined) this.newest.newer = node
    else this.oldest = node
    this.newest = node
    this.count++
    this.bytes += node.bytes
  }
  remove(node: Node<V>): void {
    if (node.newer !== undefined) node.newer.older = node.older
    else this.newest = node.older
    if (node.older !== undefined) node.older.newer = node.newer
    else this.oldest = node.newer
    node.newer = undefined
    node.older = undefined
    node.segment = undefined
    this.count--
    this.bytes -= node.bytes
  }
  touch(node: Node<V>): void {
    if (this.newest === node) return
    this.remove(node)
    this.add(node)
  }
}

export interface TinyLfuOptions<V> {
  readonly maxEntries: number
  readonly maxBytes: number
  /** Told of what had to give way, or was not let in. */
  readonly evicted?: (node: Node<V>) => void
}

/** What a key costs beside its value: the node, its place in the map, and the key's text. */
const OVERHEAD_BYTES = 160
const PROTECTED_SHARE = 0.8
/** The window's share of the whole, as it begins, and within which it adapts. */
const WINDOW = { first: 0.02, least: 0.01, most: 0.8 } as const
/** How far the share moves at once, and by how much less each time while nothing changes. */
const STEP = { first: 0.0625, decay: 0.98 } as const
/** A change of the hit ratio that says the requests are others than before. */
const RESTART = 0.05
/** A newcomer that was asked for this often may now and then displace an entry of the same count. */
const WARM = 5

/**
 * A bounded map that keeps what is asked for most, not what was asked for last: W-TinyLFU. New entries live in a small window;
 * what falls out of it stays only if it was asked for more often than the entry that would have to go. A scan of keys that
 * nobody asks for again passes through the window and displaces nothing. How large the window is follows the hit ratio: where
 * the latest entries are those asked for again, it grows until this is an LRU.
 * @see https://dl.acm.org/doi/10.1145/3274808.3274816
 * @see https://arxiv.org/abs/1512.00727
 */
export class TinyLfu<V> {
  readonly #nodes = new Map<string, Node<V>>()
  readonly #window = new Segment<V>()
  readonly #probation = new Segment<V>()
  readonly #protected = new Segment<V>()
  readonly #sketch: FrequencySketch
  readonly #maxEntries: number
  readonly #maxBytes: number
  readonly #evicted: ((node: Node<V>) => void) | undefined
  #windowShare: number = WINDOW.first
  #step: number = STEP.first
  #hits = 0
  #misses = 0
  #lastRatio = -1
  readonly #sampleSize: number

  constructor({ maxEntries, maxBytes, evicted }: TinyLfuOptions<V>) {
    this.#maxEntries = maxEntries
    this.#maxBytes = maxBytes
    this.#evicted = evicted
    const likely = Math.min(maxEntries, Math.ceil(maxBytes / 512))
    this.#sampleSize = 3 * Math.max(likely, 64)
    this.#sketch = new FrequencySketch(likely)
  }

  get size(): number {
    return this.#nodes.size
  }
  get bytes(): number {
    return this.#window.bytes + this.#probation.bytes + this.#protected.bytes
  }

  /** What is held, counted as asked for. */
  get(key: string): Node<V> | undefined {
    const node = this.#nodes.get(key)
    if (node === undefined) {
      this.#misses++ // its frequency is counted when it is set
      return undefined
    }
    this.#hits++
    this.#sketch.increment(node.hash)
    if (this.#hits + this.#misses >= this.#sampleSize) this.#adapt()
    const { segment } = node
    if (segment !== this.#probation) {
      segment!.touch(node)
      return node
    }
    this.#probation.remove(node)
    this.#protected.add(node)
    while (this.#exceeds(this.#protected, PROTECTED_SHARE * (1 - this.#windowShare)))
      this.#move(this.#protected, this.#probation)
    return node
  }

  /** What is held, without counting it. */
  peek(key: string): Node<V> | undefined {
    return this.#nodes.get(key)
  }
  nodes(): IterableIterator<Node<V>> {
    return this.#nodes.values()
  }

  /** @returns the node, or nothing when the value alone is larger than the whole may be. */
  set(key: string, value: V, valueBytes: number): Node<V> | undefined {
    const bytes = valueBytes + OVERHEAD_BYTES + key.length
    const known = this.#nodes.get(key)
    if (known !== undefined) this.#remove(known)
    if (bytes > this.#maxBytes) return undefined
    const node = new Node(key, value, bytes)
    this.#nodes.set(key, node)
    // What is replaced keeps its standing: it has been let in before.
    const segment = known === undefined ? this.#window : this.#probation
    segment.add(node)
    this.#sketch.increment(node.hash)
    if (this.#hits + this.#misses >= this.#sampleSize) this.#adapt()
    this.#makeRoom()
    return this.#nodes.get(key)
  }

  delete(key: string): Node<V> | undefined {
    const node = this.#nodes.get(key)
    if (node !== undefined) this.#remove(node)
    return node
  }

  #remove(node: Node<V>): void {
    node.segment!.remove(node)
    this.#nodes.delete(node.key)
  }

  /** Moves the window's share on in the direction that helped, and back where it did not. */
  #adapt(): void {
    const ratio = this.#hits / (this.#hits + this.#misses)
    this.#hits = 0
    this.#misses = 0
    const change = ratio - this.#lastRatio
    const isFirst = this.#lastRatio < 0
    this.#lastRatio = ratio
    if (isFirst) return
    const direction = change >= 0 ? Math.sign(this.#step) : -Math.sign(this.#step)
    const distance = Math.abs(change) >= RESTART ? STEP.first : Math.abs(this.#step) * STEP.decay
    this.#step = direction * distance
    this.#windowShare = Math.min(Math.max(this.#windowShare + this.#step, WINDOW.least), WINDOW.most)
    // What the window gives up has proved itself by being there; it is weighed when somebody needs the room.
    while (this.#exceeds(this.#window, this.#windowShare)) this.#move(this.#window, this.#probation)
    const share = PROTECTED_SHARE * (1 - this.#windowShare)
    while (this.#exceeds(this.#protected, share)) this.#move(this.#protected, this.#probation)
  }

  #makeRoom(): void {
    while (this.#exceeds(this.#window, this.#windowShare)) {
      const candidate = this.#move(this.#window, this.#probation)
      while (this.#isFull()) if (!this.#decide(candidate)) break
    }
    while (this.#isFull()) this.#evict(this.#probation.oldest ?? this.#protected.oldest ?? this.#window.oldest!)
  }

  /** One of the two goes. @returns whether the candidate stayed. */
  #decide(candidate: Node<V>): boolean {
    const victim = this.#probation.oldest === candidate ? this.#protected.oldest : this.#probation.oldest
    if (victim === undefined) {
      this.#evict(candidate)
      return false
    }
    const [mine, other] = [this.#sketch.frequency(candidate.hash), this.#sketch.frequency(victim.hash)]
    // The chance keeps somebody who knows the counters from holding a place for ever.
    const stays = mine > other || (mine === other && mine > WARM && Math.random() < 0.01)
    this.#evict(stays ? victim : candidate)
    return stays
  }

  #evict(node: Node<V>): void {
    this.#remove(node)
    this.#evicted?.(node)
  }

  #isFull(): boolean {
    return this.#nodes.size > this.#maxEntries || this.bytes > this.#maxBytes
  }
  /** At least one entry may always be there. */
  #exceeds(segment: Segment<V>, share: number): boolean {
    if (segment.count <= 1) return false
    return segment.count > this.#maxEntries * share || segment.bytes > this.#maxBytes * share
  }
  #move(from: Segment<V>, to: Segment<V>): Node<V> {
    const node = from.oldest!
    from.remove(node)
    to.add(node)
    return node
  }
}
