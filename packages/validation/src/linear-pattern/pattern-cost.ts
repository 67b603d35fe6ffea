import type { PatternTree } from "./pattern-tree.ts"

/**
 * How many ways there are, at most, to match a text of n characters: `factor` times n to the power of `degree`. A program
 * that tries one way after the other, as every runtime's own does, tries all of them before it says no.
 */
interface Ways {
  readonly factor: number
  readonly degree: number
}

const ONE: Ways = { factor: 1, degree: 0 }
const ENDLESS: Ways = { factor: 1, degree: Number.POSITIVE_INFINITY }

/** More ways than this at one place are as good as endless. */
const MAX_FACTOR = 10_000

/** The power of a text's length by which the time grows that a pattern can take; endless for an exponential one. */
export function degreeOf(tree: PatternTree): number {
  const ways = waysOf(tree)
  const degree = Math.max(ways.degree, deepestLook(tree)) + (startsAtStart(tree) ? 0 : 1)
  return ways.factor > MAX_FACTOR ? Number.POSITIVE_INFINITY : Math.max(1, degree)
}

function waysOf(tree: PatternTree): Ways {
  switch (tree.kind) {
    case "character":
    case "edge":
      return ONE
    case "look":
      return isEndless(waysOf(tree.part)) ? ENDLESS : ONE
    case "again":
      return { factor: 1, degree: 1 }
    case "sequence":
      return tree.parts.map(waysOf).reduce(times, ONE)
    case "choice":
      return tree.parts.map(waysOf).reduce(plus)
    case "repeat":
      return repeated(waysOf(tree.part), tree.least, tree.most)
  }
}

function repeated(ways: Ways, least: number, most: number): Ways {
  if (most === Number.POSITIVE_INFINITY) {
    const isOneEach = ways.factor === 1 && ways.degree === 0
    return isOneEach ? { factor: Math.max(1, least), degree: 1 } : ENDLESS
  }
  if (ways.degree > 0) return most <= 1 ? plus(ways, ONE) : { factor: ways.factor, degree: ways.degree * most }
  const factor = ways.factor === 1 ? most - least + 1 : (most - least + 1) * ways.factor ** most
  return { factor: Math.min(factor, Number.MAX_VALUE), degree: 0 }
}

function times(one: Ways, other: Ways): Ways {
  return { factor: one.factor * other.factor, degree: one.degree + other.degree }
}

function plus(one: Ways, other: Ways): Ways {
  return { factor: one.factor + other.factor, degree: Math.max(one.degree, other.degree) }
}

function isEndless({ factor, degree }: Ways): boolean {
  return factor > MAX_FACTOR || degree === Number.POSITIVE_INFINITY
}

/** What is looked for ahead is looked for again at every way to come there. */
function deepestLook(tree: PatternTree): number {
  if (tree.kind === "look") return waysOf(tree.part).degree
  if (tree.kind === "repeat") {
    const inner = deepestLook(tree.part)
    return inner > 0 && tree.most > 1 ? inner + 1 : inner
  }
  if (tree.kind !== "sequence" && tree.kind !== "choice") return 0
  const before = tree.parts.map((_, at) =>
    tree.kind === "choice" ? 0 : tree.parts.slice(0, at).map(waysOf).reduce(times, ONE).degree,
  )
  return Math.max(0, ...tree.parts.map((part, at) => (deepestLook(part) > 0 ? deepestLook(part) + before[at]! : 0)))
}

function startsAtStart(tree: PatternTree): boolean {
  if (tree.kind === "edge") return tree.source === "^"
  if (tree.kind === "sequence") return tree.parts.length > 0 && startsAtStart(tree.parts[0]!)
  return tree.kind === "choice" && tree.parts.every(startsAtStart)
}
