/** Recorded request traces, made anew from a seed: what a cache of a given size is compared on. */
export interface Trace {
  readonly name: string
  /** Entries of the cache that is tried on it. */
  readonly capacity: number
  /**
   * How much larger a share of the requests it must answer than LRU; where LRU is at its best, how much less it may. Below what was
   * seen in many runs: keys are hashed otherwise in each process.
   */
  readonly gain: number
  readonly make: () => readonly string[]
}

const REQUESTS = 200_000

/** Numbers from 0 to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Keys of which the nth most popular is asked for in proportion to 1/n^skew. */
function zipf(random: () => number, keys: number, skew: number): () => number {
  const sums = new Float64Array(keys)
  let sum = 0
  for (let at = 0; at < keys; at++) {
    sum += 1 / (at + 1) ** skew
    sums[at] = sum
  }
  return () => {
    const wanted = random() * sum
    let low = 0
    let high = keys - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
}

function trace(next: (at: number) => string): readonly string[] {
  return Array.from({ length: REQUESTS }, (_, at) => next(at))
}

export const TRACES: readonly Trace[] = [
  {
    name: "popular keys (zipf 0.9 over 50,000)",
    capacity: 1_000,
    gain: 0.08,
    make: () => {
      const key = zipf(randomFrom(1), 50_000, 0.9)
      return trace(() => `user:${key()}`)
    },
  },
  {
    name: "popular keys with a scan through them, as a crawler makes",
    capacity: 1_000,
    gain: 0.06,
    make: () => {
      const random = randomFrom(2)
      const key = zipf(random, 20_000, 1)
      let page = 0
      return trace(() => (random() < 0.4 ? `page:${page++}` : `user:${key()}`))
    },
  },
  {
    name: "a loop somewhat longer than the cache, as a job that reads all makes",
    capacity: 1_000,
    gain: 0.6,
    make: () => trace((at) => `row:${at % 1_500}`),
  },
  {
    name: "popular keys that change every 20,000 requests",
    capacity: 1_000,
    gain: -0.001,
    make: () => {
      const key = zipf(randomFrom(3), 20_000, 0.9)
      return trace((at) => `news:${Math.floor(at / 20_000)}:${key()}`)
    },
  },
  {
    name: "what was asked for just now, mostly",
    capacity: 1_000,
    gain: -0.001,
    make: () => {
      const random = randomFrom(4)
      return trace((at) => `session:${Math.max(0, at - Math.floor(2_000 * random() ** 3))}`)
    },
  },
  {
    name: "scans through popular keys and what was asked for just now, in turns of 25,000 requests",
    capacity: 1_000,
    gain: -0.01,
    make: () => {
      const random = randomFrom(5)
      const key = zipf(random, 20_000, 0.95)
      let page = 0
      return trace((at) => {
        if (Math.floor(at / 25_000) % 2 === 1) return `session:${Math.max(0, at - Math.floor(2_500 * random() ** 3))}`
        return random() < 0.5 ? `page:${page++}` : `user:${key()}`
      })
    },
  },
  {
    name: "popular keys of which each gives way to another in time",
    capacity: 500,
    gain: 0.03,
    make: () => {
      const key = zipf(randomFrom(6), 5_000, 0.8)
      return trace((at) => {
        const rank = key()
        // Each rank is another key's from time to time, no two at once.
        return `item:${rank}:${Math.floor((at + rank * 7_919) / 30_000)}`
      })
    },
  },
]
