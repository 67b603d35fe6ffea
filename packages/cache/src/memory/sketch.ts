/** How often keys were asked for lately: four rows of 4-bit counters, halved when they have seen enough. */
export class FrequencySketch {
  #table: Int32Array
  #mask: number
  #size = 0
  #sampleSize: number

  /** @param capacity Entries that the cache holds; the sketch remembers about ten times as many requests. */
  constructor(capacity: number) {
    const length = 2 ** Math.ceil(Math.log2(Math.min(Math.max(capacity, 64), 2 ** 22)))
    // Eight counters of four bits in each word; one word for each entry.
    this.#table = new Int32Array(length)
    this.#mask = length - 1
    this.#sampleSize = 10 * length
  }

  /** 0 to 15: the least of its counters, which others may share but none lacks. */
  frequency(hash: number): number {
    let least = 15
    for (let row = 0; row < 4; row++) {
      const spread = mix(hash, row)
      const count = (this.#table[spread & this.#mask]! >>> ((spread >>> 29) << 2)) & 15
      if (count < least) least = count
    }
    return least
  }

  increment(hash: number): void {
    let hasGrown = false
    for (let row = 0; row < 4; row++) {
      const spread = mix(hash, row)
      const at = spread & this.#mask
      const shift = (spread >>> 29) << 2
      const word = this.#table[at]!
      if (((word >>> shift) & 15) === 15) continue
      this.#table[at] = word + (1 << shift)
      hasGrown = true
    }
    if (hasGrown && ++this.#size >= this.#sampleSize) this.#halve()
  }

  /** What was popular once gives way to what is. */
  #halve(): void {
    for (let at = 0; at < this.#table.length; at++) this.#table[at] = (this.#table[at]! >>> 1) & 0x7777_7777
    this.#size >>>= 1
  }
}

const SEEDS = [0x9e37_79b1, 0x85eb_ca77, 0xc2b2_ae3d, 0x27d4_eb2f] as const

function mix(hash: number, row: number): number {
  const spread = Math.imul(hash ^ SEEDS[row]!, 0x9e37_79b1 + (row << 1))
  return spread ^ (spread >>> 15)
}

/** Of this process alone: nobody outside can choose keys that share their counters. */
const seed = (Math.random() * 2 ** 32) | 0

/** 32 bits of a key. Long keys are told by their ends and their length, which is enough to count by. */
export function hashKey(key: string): number {
  let hash = seed ^ key.length
  const from = key.length > 64 ? key.length - 48 : 0
  if (from > 0) for (let at = 0; at < 16; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x0100_0193)
  for (let at = from; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x0100_0193)
  hash ^= hash >>> 16
  return Math.imul(hash, 0x85eb_ca6b) ^ (hash >>> 13)
}
