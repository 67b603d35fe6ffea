import { Rehearsal } from "./rehearsal.ts"
import { Node, Segments } from "./segments.ts"
import { FrequencySketch, hashKey } from "./sketch.ts"

export type { Node } from "./segments.ts"

export interface TinyLfuOptions<V> {
  readonly maxEntries: number
  readonly maxBytes: number
  /** Told of what had to give way, or was not let in. */
  readonly evicted?: (node: Node<V>) => void
}

/** What a key costs beside its value: the node, its place in the map, and the key's text. */
const OVERHEAD_BYTES = 160
/**
 * A bounded map that keeps what is asked for most, not what was asked for last: W-TinyLFU. New entries live in a window; what falls
 * out of it stays only if it was asked for more often than the entry that would have to go. A scan of keys that nobody asks for
 * again passes through a small window and displaces nothing. Where the latest entries are those asked for again, the window is as
 * large as all of it, and this is an LRU: how large it is to be is rehearsed with some of the keys, once there is no room for all.
 * @see https://arxiv.org/abs/1512.00727
 * @see https://dl.acm.org/doi/10.1145/3274808.3274816
 */
export class TinyLfu<V> {
  readonly #nodes = new Map<string, Node<V>>()
  readonly #segments: Segments<V>
  readonly #sketch: FrequencySketch
  readonly #maxBytes: number
  readonly #evicted: ((node: Node<V>) => void) | undefined
  #rehearsal: Rehearsal | undefined
  /** How many entries there are in what is rehearsed. */
  #rehearsed = 0

  constructor({ maxEntries, maxBytes, evicted }: TinyLfuOptions<V>) {
    this.#maxBytes = maxBytes
    this.#evicted = evicted
    this.#sketch = new FrequencySketch(Math.min(maxEntries, Math.ceil(maxBytes / 512)))
    this.#segments = new Segments({
      maxEntries,
      maxBytes,
      share: 1,
      sketch: this.#sketch,
      evicted: (node) => this.#gaveWay(node),
    })
  }

  get size(): number {
    return this.#nodes.size
  }
  get bytes(): number {
    return this.#segments.bytes
  }

  /** What is held, counted as asked for. */
  get(key: string): Node<V> | undefined {
    const node = this.#nodes.get(key)
    if (node === undefined) return undefined // it is counted when it is set
    this.#count(node.hash)
    this.#segments.touch(node)
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
    if (bytes > this.#maxBytes) {
      this.delete(key)
      return undefined
    }
    const known = this.#nodes.get(key)
    if (known !== undefined) {
      known.value = value
      this.#sketch.increment(known.hash)
      this.#segments.replaced(known, bytes)
    } else {
      const node = new Node(key, value, { bytes, hash: hashKey(key) })
      this.#nodes.set(key, node)
      this.#count(node.hash)
      this.#segments.add(node)
    }
    return this.#nodes.get(key)
  }

  delete(key: string): Node<V> | undefined {
    const node = this.#nodes.get(key)
    if (node === undefined) return undefined
    this.#segments.remove(node)
    this.#nodes.delete(key)
    return node
  }

  #count(hash: number): void {
    this.#sketch.increment(hash)
    if (this.#rehearsal !== undefined) this.#segments.resizeWindow(this.#rehearsal.request(hash))
  }
  #gaveWay(node: Node<V>): void {
    const { size } = this.#nodes
    // Of values that are larger or smaller than those before there is room for another number.
    if (Math.abs(size - this.#rehearsed) > this.#rehearsed / 8) {
      this.#rehearsed = size
      if (this.#rehearsal === undefined) this.#rehearsal = new Rehearsal(size, this.#sketch)
      else this.#rehearsal.resize(size)
    }
    this.#nodes.delete(node.key)
    this.#evicted?.(node)
  }
}
