import type { FrequencySketch } from "./sketch.ts"

/** What is held for one key, and its place in one of three lists. */
export class Node<V> {
  readonly key: string
  value: V
  bytes: number
  /** Of the key. */
  readonly hash: number
  segment: Segment<V> | undefined = undefined
  newer: Node<V> | undefined = undefined
  older: Node<V> | undefined = undefined

  constructor(key: string, value: V, { bytes, hash }: { readonly bytes: number; readonly hash: number }) {
    this.key = key
    this.value = value
    this.bytes = bytes
    this.hash = hash
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

export interface SegmentsOptions<V> {
  readonly maxEntries: number
  readonly maxBytes: number
  /** The window's share of the whole, to begin with: 0 to 1. */
  readonly share: number
  /** Counts requests; whoever owns it increments it. */
  readonly sketch: FrequencySketch
  /** Told of what had to give way, or was not let in. */
  readonly evicted: (node: Node<V>) => void
}

/** Of what is no part of the window, the most that those who were asked for again may take. */
const PROTECTED_SHARE = 0.8
/**
 * How often one that stood its ground goes to the end of the queue: its count may be that of others, or of somebody who knows how they are
 * counted, and nobody behind it would ever have to go.
 */
const SPARED = 1 / 128
/** Nodes that one newcomer moves on at most: a window that is made smaller gets so over many of them, and nobody waits. */
const MOVES = 16

/**
 * The order in which entries give way. New ones live in a window; what falls out of it stays only if it was asked for more often
 * than the entry that would have to go. With a window of the whole this is LRU.
 */
export class Segments<V> {
  readonly #window = new Segment<V>()
  readonly #probation = new Segment<V>()
  readonly #protected = new Segment<V>()
  readonly #sketch: FrequencySketch
  #maxEntries: number
  readonly #maxBytes: number
  readonly #evicted: (node: Node<V>) => void
  #share: number

  constructor({ maxEntries, maxBytes, share, sketch, evicted }: SegmentsOptions<V>) {
    this.#maxEntries = maxEntries
    this.#maxBytes = maxBytes
    this.#share = share
    this.#sketch = sketch
    this.#evicted = evicted
  }

  get count(): number {
    return this.#window.count + this.#probation.count + this.#protected.count
  }
  get bytes(): number {
    return this.#window.bytes + this.#probation.bytes + this.#protected.bytes
  }
  /** The window's share, 0 to 1. Another one takes effect with what is added from then on. */
  resizeWindow(share: number): void {
    this.#share = share
  }

  /** As many entries are there at most, with what is added from then on. */
  resize(maxEntries: number): void {
    this.#maxEntries = maxEntries
  }

  /** Takes in a newcomer. Then others give way, or it does itself. */
  add(node: Node<V>): void {
    this.#window.add(node)
    this.#makeRoom()
  }

  /** Tells that a node was replaced, which is as good as asked for, and what it weighs from now on. */
  replaced(node: Node<V>, bytes: number): void {
    node.segment!.bytes += bytes - node.bytes
    node.bytes = bytes
    this.touch(node)
    this.#makeRoom()
  }

  #makeRoom(): void {
    this.#shrinkProtected()
    for (let moves = 0; moves < MOVES && this.#exceeds(this.#window, this.#share); moves++) {
      const candidate = this.#move(this.#window, this.#probation)
      while (this.#isFull()) if (!this.#decide(candidate)) break
    }
    while (this.#isFull()) this.#evict(this.#probation.oldest ?? this.#protected.oldest ?? this.#window.oldest!)
  }

  /** Tells that a node was asked for. */
  touch(node: Node<V>): void {
    const segment = node.segment!
    const isPromoted = segment === this.#probation || (segment === this.#protected && this.#share === 1)
    if (!isPromoted) {
      segment.touch(node)
      return
    }
    segment.remove(node)
    if (this.#share === 1) this.#window.add(node)
    else {
      this.#protected.add(node)
      this.#shrinkProtected()
    }
  }

  remove(node: Node<V>): void {
    node.segment!.remove(node)
  }

  #shrinkProtected(): void {
    const share = PROTECTED_SHARE * (1 - this.#share)
    for (let moves = 0; moves < MOVES && this.#exceeds(this.#protected, share); moves++)
      this.#move(this.#protected, this.#probation)
  }

  /** One of the two goes. @returns whether the candidate stayed. */
  #decide(candidate: Node<V>): boolean {
    const victim = this.#probation.oldest === candidate ? this.#protected.oldest : this.#probation.oldest
    if (victim === undefined) {
      this.#evict(candidate)
      return false
    }
    const stays = this.#sketch.frequency(candidate.hash) > this.#sketch.frequency(victim.hash)
    this.#evict(stays ? victim : candidate)
    if (!stays && Math.random() < SPARED) victim.segment!.touch(victim)
    return stays
  }
  #evict(node: Node<V>): void {
    node.segment!.remove(node)
    this.#evicted(node)
  }
  #isFull(): boolean {
    return this.count > this.#maxEntries || this.bytes > this.#maxBytes
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
