import { didYouMean, nearest } from "@ashlar/core"
import { OperatorUnknown, QueryInvalid, QueryTooComplex } from "./errors.ts"
import { type Glob, parseGlob } from "./glob.ts"
import { languageLimits } from "./limits.ts"
import { type Path, parsePath } from "./path.ts"
import { refuse, shown } from "./shape.ts"
import { quote } from "./text.ts"
import {
  canonical,
  escapePointer,
  isArray,
  isObject,
  type Json,
  type JsonObject,
  type JsonType,
  jsonTypes,
} from "./value.ts"

/**
 * What documents a query means, as a tree: the one form that the memory evaluator and every SQL dialect read. `and` of nothing
 * is true, `or` of nothing is false. It is plain data.
 */
export type Filter =
  | { readonly op: "and" | "or"; readonly filters: readonly Filter[] }
  | { readonly op: "not"; readonly filter: Filter }
  | Leaf

/**
 * One condition on the values that a path reaches. An empty path stands for the element under test inside `$elemMatch`; no
 * array is opened there.
 */
export type Leaf = OpeningLeaf | ReachedLeaf

/** True for any reached value, or for any element of a reached array. */
export type OpeningLeaf =
  | { readonly op: "eq"; readonly path: Path; readonly value: Json }
  | { readonly op: "in"; readonly path: Path; readonly values: readonly Json[] }
  | { readonly op: RangeOperator; readonly path: Path; readonly value: number | string | boolean }
  | { readonly op: "type"; readonly path: Path; readonly types: readonly JsonType[] }
  | { readonly op: "regex"; readonly path: Path; readonly glob: Glob }

/** True for any reached value; elements of a reached array do not count on their own. */
export type ReachedLeaf =
  | { readonly op: "exists"; readonly path: Path }
  | { readonly op: "size"; readonly path: Path; readonly size: number }
  | {
      readonly op: "elemMatch"
      readonly path: Path
      /** `objects`: the filter reads each element that is an object as a document. `any`: its leaves test the element itself. */
      readonly elements: "any" | "objects"
      readonly filter: Filter
    }

export type RangeOperator = "gt" | "gte" | "lt" | "lte"

/** True when the leaf also tests the elements of an array that its path reaches. */
export function isOpening(leaf: Leaf): leaf is OpeningLeaf {
  return leaf.op !== "exists" && leaf.op !== "size" && leaf.op !== "elemMatch"
}

const combiners = ["$and", "$or", "$nor", "$not"] as const
const operators = [
  "$eq",
  "$ne",
  "$gt",
  "$gte",
  "$lt",
  "$lte",
  "$in",
  "$nin",
  "$exists",
  "$not",
  "$all",
  "$size",
  "$elemMatch",
  "$regex",
  "$options",
  "$type",
] as const

/** Where the reader stands, and what it has counted so far. */
interface Reading {
  readonly counter: { nodes: number }
  readonly depth: number
  readonly at: string
}

/**
 * Reads a filter as it comes on the wire: `{ "area": { "$gt": 1000 }, "tags": "old" }`. Fields are joined by and; a plain
 * value means `$eq`; an object without operators is compared as a whole.
 *
 * @param at The JSON pointer of the filter in the request. Default `/where`.
 * @throws {DOCUMENTS_OPERATOR_UNKNOWN} with the nearest operator. @throws {DOCUMENTS_QUERY_INVALID} for operands of the wrong
 *   type. @throws {DOCUMENTS_PATH_INVALID} @throws {DOCUMENTS_REGEX_UNSUPPORTED} @throws {DOCUMENTS_VALUE_INVALID} for operands
 *   that no document could hold. @throws {DOCUMENTS_QUERY_TOO_COMPLEX} beyond the limits.
 */
export function parseFilter(input: unknown, at = "/where"): Filter {
  return readFilter(input, { counter: { nodes: 0 }, depth: 1, at })
}

/**
 * Reads a test of one element, as `$elemMatch` and `$pull` take it: operators test the element itself, anything else is a filter
 * on elements that are objects.
 *
 * @throws as {@link parseFilter}.
 */
export function parseElementTest(
  input: unknown,
  at: string,
): Pick<Extract<Leaf, { op: "elemMatch" }>, "elements" | "filter"> {
  return readElementTest(input, { counter: { nodes: 0 }, depth: 1, at })
}

function readElementTest(input: unknown, reading: Reading): ReturnType<typeof parseElementTest> {
  if (!isObject(input)) throw refuse(QueryInvalid, { at: reading.at, expected: "an object", got: input })
  return testsElement(input)
    ? { elements: "any", filter: readOperators([], input, reading) }
    : { elements: "objects", filter: readFilter(input, reading) }
}

/** `$not` stands in both lists; what it negates tells which is meant. */
function testsElement(input: JsonObject): boolean {
  if (!isOperatorObject(input)) return false
  const { $not } = input
  return !Object.keys(input).some(isCombiner) && (!isObject($not) || testsElement($not))
}

/** Keys that combine filters and stand beside paths only. */
function isCombiner(key: string): boolean {
  return key !== "$not" && (combiners as readonly string[]).includes(key)
}

function readFilter(input: unknown, reading: Reading): Filter {
  if (!isObject(input)) throw refuse(QueryInvalid, { at: reading.at, expected: "an object", got: input })
  checkDepth(reading)
  return joined(
    Object.entries(input).map(([key, value]) => {
      const at = `${reading.at}/${escapePointer(key)}`
      return key.startsWith("$")
        ? readCombiner(key, value, { ...reading, at })
        : readField(parsePath(key, at), value, { ...reading, at })
    }),
    reading,
  )
}

function readCombiner(key: string, value: unknown, reading: Reading): Filter {
  if (key === "$not") return count({ op: "not", filter: readFilter(value, deeper(reading)) }, reading)
  if (!isCombiner(key)) throw unknownOperator(key, combiners, reading.at)
  if (!isArray(value) || value.length === 0) {
    throw refuse(QueryInvalid, { at: reading.at, expected: "a list of at least one filter", got: value })
  }
  const filters = value.map((filter, i) => readFilter(filter, { ...deeper(reading), at: `${reading.at}/${i}` }))
  count(undefined, reading)
  if (key === "$nor") return count({ op: "not", filter: { op: "or", filters } }, reading)
  return { op: key === "$and" ? "and" : "or", filters }
}

function readField(path: Path, value: unknown, reading: Reading): Filter {
  if (isObject(value) && isOperatorObject(value)) return readOperators(path, value, reading)
  return count({ op: "eq", path, value: operand(value, reading.at) }, reading)
}

function isOperatorObject(value: object): boolean {
  return Object.keys(value).some((key) => key.startsWith("$"))
}

function readOperators(path: Path, input: { readonly [key: string]: Json }, reading: Reading): Filter {
  const filters: Filter[] = []
  for (const [key, value] of Object.entries(input)) {
    const at = `${reading.at}/${escapePointer(key)}`
    if (!key.startsWith("$")) {
      throw refuse(QueryInvalid, {
        at,
        expected: "only operators beside operators (use $eq for a whole object)",
        got: key,
      })
    }
    if (key === "$options") {
      if (!Object.hasOwn(input, "$regex"))
        throw refuse(QueryInvalid, { at, expected: "$options beside $regex", got: value })
      continue
    }
    filters.push(readOperator(key, { path, value, beside: input }, { ...reading, at }))
  }
  return joined(filters, reading)
}

interface Operation {
  readonly path: Path
  readonly value: unknown
  /** The operators beside this one: `$regex` reads its `$options` there. */
  readonly beside: { readonly [key: string]: Json }
}

function readOperator(key: string, { path, value, beside }: Operation, reading: Reading): Filter {
  const { at } = reading
  switch (key) {
    case "$eq":
      return count({ op: "eq", path, value: operand(value, at) }, reading)
    case "$ne":
      return negated(count({ op: "eq", path, value: operand(value, at) }, reading), reading)
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      return count({ op: key.slice(1) as RangeOperator, path, value: rangeOperand(value, at) }, reading)
    case "$in":
      return count({ op: "in", path, values: operands(value, at) }, reading)
    case "$nin":
      return negated(count({ op: "in", path, values: operands(value, at) }, reading), reading)
    case "$all":
      return readAll(path, operands(value, at), reading)
    case "$exists": {
      if (typeof value !== "boolean") throw refuse(QueryInvalid, { at, expected: "true or false", got: value })
      const exists = count({ op: "exists", path }, reading)
      return value ? exists : negated(exists, reading)
    }
    case "$size":
      if (!Number.isSafeInteger(value) || (value as number) < 0) {
        throw refuse(QueryInvalid, { at, expected: "a whole number from 0", got: value })
      }
      return count({ op: "size", path, size: value as number }, reading)
    case "$type":
      return count({ op: "type", path, types: typeOperand(value, at) }, reading)
    case "$regex":
      return count({ op: "regex", path, glob: parseGlob(value, beside.$options, at) }, reading)
    case "$elemMatch":
      return count({ op: "elemMatch", path, ...readElementTest(value, deeper(reading)) }, reading)
    case "$not":
      if (!isObject(value) || !isOperatorObject(value)) {
        throw refuse(QueryInvalid, { at, expected: 'operators, such as { "$gt": 5 }', got: value })
      }
      return negated(readOperators(path, value, deeper(reading)), reading)
    default:
      throw unknownOperator(key, operators, at)
  }
}

/** An `$all` of nothing matches nothing: there is no value that it asks for. */
function readAll(path: Path, values: readonly Json[], reading: Reading): Filter {
  if (values.length === 0) return count({ op: "or", filters: [] }, reading)
  return joined(
    values.map((value) => count({ op: "eq", path, value }, reading)),
    reading,
  )
}

function operand(value: unknown, at: string): Json {
  canonical(value, at)
  return value as Json
}

function operands(value: unknown, at: string): readonly Json[] {
  if (!isArray(value)) throw refuse(QueryInvalid, { at, expected: "a list of values", got: value })
  if (value.length > languageLimits.listValues) {
    throw tooComplex(`at most ${languageLimits.listValues} values, got ${value.length}`, at)
  }
  canonical(value, at)
  return value
}

function rangeOperand(value: unknown, at: string): number | string | boolean {
  if (typeof value !== "number" && typeof value !== "string" && typeof value !== "boolean") {
    throw refuse(QueryInvalid, { at, expected: "a number, a string or a boolean (a range is of one type)", got: value })
  }
  return operand(value, at) as number | string | boolean
}

function typeOperand(value: unknown, at: string): readonly JsonType[] {
  const names = isArray(value) ? value : [value]
  for (const name of names) {
    if ((jsonTypes as readonly unknown[]).includes(name)) continue
    const hint = typeof name === "string" ? ` ${didYouMean(name, jsonTypes)}` : ""
    throw new QueryInvalid(`Expected the name of a JSON type at ${at}, got ${quote(name)}.${hint}`, {
      details: { pointer: at },
    })
  }
  if (names.length === 0) throw refuse(QueryInvalid, { at, expected: "the name of a JSON type", got: value })
  return [...new Set(names)] as JsonType[]
}

function negated(filter: Filter, reading: Reading): Filter {
  return count({ op: "not", filter }, reading)
}

function joined(filters: readonly Filter[], reading: Reading): Filter {
  return filters.length === 1 ? filters[0]! : count({ op: "and", filters }, reading)
}

function deeper(reading: Reading): Reading {
  const next = { ...reading, depth: reading.depth + 1 }
  checkDepth(next)
  return next
}

function checkDepth({ depth, at }: Reading): void {
  if (depth > languageLimits.filterDepth) throw tooComplex(`at most ${languageLimits.filterDepth} levels`, at)
}

function count<F extends Filter | undefined>(filter: F, { counter, at }: Reading): F {
  counter.nodes++
  if (counter.nodes > languageLimits.filterNodes)
    throw tooComplex(`at most ${languageLimits.filterNodes} conditions`, at)
  return filter
}

function tooComplex(expected: string, at: string): InstanceType<typeof QueryTooComplex> {
  return new QueryTooComplex(`Expected ${expected}, at ${at}. Ask in several queries.`, { details: { pointer: at } })
}

function unknownOperator(key: string, known: readonly string[], at: string): InstanceType<typeof OperatorUnknown> {
  // An operator that exists, but in the other place, is the likelier mistake than a misspelt one.
  const field = known === combiners && (operators as readonly string[]).includes(key)
  const hint = field
    ? `${key} belongs under a path: { "path": { "${key}": … } }.`
    : isCombiner(key)
      ? `${key} stands beside paths, not under one: { "${key}": [ … ] }.`
      : didYouMean(key, known)
  const near = nearest(key, known)
  const details = { pointer: at, operator: shown(key) }
  return new OperatorUnknown(`Unknown operator ${quote(key)} at ${at}. ${hint}`, {
    details: near === undefined ? details : { ...details, nearest: near },
  })
}
