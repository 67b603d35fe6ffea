import { parsePath, someReached } from "../src/path.ts"
import { isObject, type Json, type JsonObject } from "../src/value.ts"
import type { Random } from "./random.ts"

/** Values at the borders of what the engines read alike. */
export const numbers: readonly number[] = [
  0,
  1,
  -1,
  2,
  3,
  5,
  10,
  1.5,
  -2.5,
  5e-324,
  1e21,
  0.1 + 0.2,
  2 ** 53 + 2,
  1234567890123456800,
  -1234567890123456800,
  1e308,
  -0,
]
export const strings: readonly string[] = [
  "",
  "a",
  "b",
  "ab",
  "abc",
  "A",
  "Ab",
  "x",
  "1",
  "true",
  "null",
  "[1]",
  '{"a":1}',
  "'",
  '"',
  "\\",
  "a\nb",
  "é",
  "\uffff",
  "😀",
  "a😀b",
  "a*b",
  "[",
  "]",
  "^",
  "-",
  "?",
]
const keys = ["a", "b", "c", "0", "1"]
const paths = ["a", "b", "c", "a.b", "a.c", "b.a", "a.b.c", "b.0", "a.0.b", "a.1", "c.a.b", "b.b", "c.0.1"]
const patterns = [
  "^a",
  "b$",
  "^ab$",
  "a.*b",
  "^a.*",
  "^.$",
  "^..$",
  ".*",
  "",
  "[a-c]",
  "^[^a]",
  "[0-9]",
  "\\*",
  "\\?",
  "[\\]]",
  "[\\^]",
  "[^\\^]",
  "[\\]\\-\\^a]",
  "^a.b$",
  "\\[",
  "^\\[1\\]$",
  "^\uffff",
  "😀",
  "^é$",
  "^a\n",
  "a.*b.*.*c",
]

export function scalar(random: Random): Json {
  const kind = random.below(10)
  if (kind < 4) return random.pick(numbers)
  if (kind < 8) return random.pick(strings)
  return kind === 8 ? random.chance(0.5) : null
}

export function value(random: Random, depth = 0): Json {
  const kind = random.below(10)
  if (depth >= 3 || kind < 6) return scalar(random)
  if (kind < 8) return Array.from({ length: random.below(4) }, () => value(random, depth + 1))
  return object(random, depth + 1)
}

/** Keys come in any order, as clients send them. */
function object(random: Random, depth: number): JsonObject {
  const chosen = random.shuffle(keys).slice(0, random.below(4))
  return Object.fromEntries(chosen.map((key) => [key, value(random, depth)]))
}

export function document(random: Random): JsonObject {
  const chosen = random.shuffle(["a", "b", "c"]).slice(0, 1 + random.below(3))
  return Object.fromEntries(chosen.map((key) => [key, value(random)]))
}

export function path(random: Random): string {
  return random.pick(paths)
}

/** A filter as it goes over the wire. Operands are often taken from the documents, or nothing would match. */
export function filter(random: Random, documents: readonly JsonObject[], depth = 0): JsonObject {
  const kind = random.below(depth >= 2 ? 7 : 10)
  if (kind === 7)
    return { [random.pick(["$and", "$or", "$nor"])]: some(random, () => filter(random, documents, depth + 1)) }
  if (kind === 8) return { $not: filter(random, documents, depth + 1) }
  const fields = kind === 9 ? 2 : 1
  return Object.fromEntries(
    Array.from({ length: fields }, () => {
      const at = path(random)
      return [at, fieldTest(random, valuesAt(at, documents), depth)]
    }),
  )
}

/** What the documents hold at a path and inside of it: operands that match something. */
function valuesAt(at: string, documents: readonly JsonObject[]): readonly Json[] {
  const found: Json[] = []
  for (const each of documents) {
    someReached(each, parsePath(at, ""), (reached) => {
      found.push(
        reached,
        ...(typeof reached === "object" && reached !== null ? (Object.values(reached) as Json[]) : []),
      )
      return false
    })
  }
  return found
}

function some<T>(random: Random, make: () => T): T[] {
  return Array.from({ length: 1 + random.below(3) }, make)
}

function fieldTest(random: Random, values: readonly Json[], depth: number): Json {
  if (random.chance(0.2)) return operand(random, values)
  if (random.chance(0.15)) return bounds(random, values)
  const tests = random.chance(0.3) ? 2 : 1
  const test = Object.assign({}, ...Array.from({ length: tests }, () => operatorTest(random, values, depth)))
  // Two tests in one object may have brought together what is refused together.
  if (test.$options !== undefined && test.$regex.includes("[")) delete test.$options
  return test
}

/** Mostly a value that is there, else a new one. */
function operand(random: Random, values: readonly Json[]): Json {
  return values.length === 0 || random.chance(0.3) ? value(random, 1) : reordered(random, random.pick(values))
}

/** The same value with its keys in another order, which must never count. */
function reordered(random: Random, from: Json): Json {
  if (!isObject(from)) return from
  return Object.fromEntries(random.shuffle(Object.entries(from)).map(([key, inner]) => [key, reordered(random, inner)]))
}

function rangeOperand(random: Random, values: readonly Json[]): Json {
  const scalars = values.filter((each) => each !== null && typeof each !== "object")
  if (scalars.length > 0 && random.chance(0.6)) return random.pick(scalars)
  return random.pick<Json>([random.pick(numbers), random.pick(strings), random.chance(0.5)])
}

/** Several bounds of one type, so that they merge. */
function bounds(random: Random, values: readonly Json[]): JsonObject {
  const first = rangeOperand(random, values)
  const like = values.filter((each) => typeof each === typeof first)
  const operand = (): Json => (like.length > 0 ? random.pick(like) : first)
  const chosen = random.shuffle(["$gt", "$gte", "$lt", "$lte"]).slice(0, 2 + random.below(2))
  return Object.fromEntries(chosen.map((operator, i) => [operator, i === 0 ? first : operand()]))
}

function operatorTest(random: Random, values: readonly Json[], depth: number): JsonObject {
  const kind = random.below(15)
  const list = (): Json[] => Array.from({ length: random.below(4) }, () => operand(random, values))
  switch (kind) {
    case 0:
      return { $eq: operand(random, values) }
    case 1:
      return { $ne: operand(random, values) }
    case 2:
    case 3:
    case 4:
    case 5:
      return { [random.pick(["$gt", "$gte", "$lt", "$lte"])]: rangeOperand(random, values) }
    case 6:
      return { $in: random.chance(0.1) ? [...numbers, ...strings, ...Array.from({ length: 80 }, (_, i) => i)] : list() }
    case 7:
      return { $nin: list() }
    case 8:
      return { $exists: random.chance(0.5) }
    case 9:
      return { $all: list() }
    case 10:
      return { $size: random.below(4) }
    case 11:
      return { $type: random.pick(["null", "boolean", "number", "string", "array", "object"]) }
    case 12: {
      const $regex = random.pick(patterns)
      return random.chance(0.2) && !$regex.includes("[") ? { $regex, $options: "i" } : { $regex }
    }
    case 13:
      return { $not: operatorTest(random, values, depth) }
    default:
      if (depth >= 2) return { $size: 1 }
      return {
        $elemMatch: random.chance(0.5)
          ? operatorTest(random, values, depth + 1)
          : filter(random, values.filter(isObject), depth + 1),
      }
  }
}
