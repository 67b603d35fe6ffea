/** A source of repeatable choices. The seed is printed with every failure. */
export interface Random {
  /** A whole number from 0 below `bound`. */
  below(bound: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  shuffle<T>(list: readonly T[]): T[]
}

/** Mulberry32: 32 bits of state, good enough to choose test cases by. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const random: Random = {
    below: (bound) => Math.floor(next() * bound),
    chance: (probability) => next() < probability,
    pick: (list) => list[random.below(list.length)]!,
    shuffle: (list) => {
      const left = [...list]
      return list.map(() => left.splice(random.below(left.length), 1)[0]!)
    },
  }
  return random
}
