import type { Filter, Leaf, OpeningLeaf, RangeOperator } from "./filter.ts"
import type { Path } from "./path.ts"
import { compareText } from "./text.ts"
import { isArray, isObject, type Json } from "./value.ts"

/**
 * A filter made ready for an index: the comparisons of one path in one `and` are one set of keys. A planner that is given two
 * bounds for one side takes either of them: `K < ''` beside `K < 5010` read half a table.
 */
export type Condition =
  | { readonly op: "and" | "or"; readonly conditions: readonly Condition[] }
  | { readonly op: "not"; readonly condition: Condition }
  | KeyCondition
  | Leaf

/** Comparisons of one path, joined by and. */
export interface KeyCondition {
  readonly op: "keys"
  readonly path: Path
  /** What a path that runs into no array must hold. */
  readonly keys: KeySet
  /** What an array is tested by, each on its own: different elements may satisfy different comparisons. */
  readonly leaves: readonly OpeningLeaf[]
}

export type Scalar = null | boolean | number | string

/** Single values, or all numbers or strings between two bounds. */
export type KeySet =
  | { readonly kind: "values"; readonly values: readonly Scalar[] }
  | {
      readonly kind: "interval"
      readonly type: "number" | "string"
      readonly lower?: Bound
      readonly upper?: Bound
    }

export interface Bound {
  readonly value: number | string
  readonly inclusive: boolean
}

export const always: Condition = { op: "and", conditions: [] }
export const never: Condition = { op: "or", conditions: [] }

/**
 * Merges, splits and folds a filter. The meaning stays the same.
 *
 * @param isScalar Whether a path never holds an array, so that contradicting comparisons on it match nothing.
 */
export function toCondition(filter: Filter, isScalar: (path: Path) => boolean): Condition {
  switch (filter.op) {
    case "and": {
      const parts = flatten(filter).map((each) => toCondition(each, isScalar))
      return foldAnd(mergeKeys(parts, isScalar))
    }
    case "or":
      return foldOr(filter.filters.map((each) => toCondition(each, isScalar)))
    case "not": {
      const condition = toCondition(filter.filter, isScalar)
      if (isAlways(condition)) return never
      return isNever(condition) ? always : { op: "not", condition }
    }
    case "eq":
      return isScalarValue(filter.value) ? toKeys(filter, { kind: "values", values: [filter.value] }) : filter
    case "in":
      return splitIn(filter)
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return toKeys(filter, rangeKeys(filter.op, filter.value))
    default:
      return filter
  }
}

function flatten(filter: Filter): readonly Filter[] {
  return filter.op === "and" ? filter.filters.flatMap(flatten) : [filter]
}

function toKeys(leaf: OpeningLeaf, keys: KeySet): KeyCondition {
  return { op: "keys", path: leaf.path, keys, leaves: [leaf] }
}

function isScalarValue(value: Json): value is Scalar {
  return !isArray(value) && !isObject(value)
}

/** Scalars go to the index in one list; arrays and objects are compared one by one. */
function splitIn(leaf: Extract<Leaf, { op: "in" }>): Condition {
  const values = leaf.values.filter(isScalarValue)
  const whole = leaf.values.filter((value) => !isScalarValue(value))
  const parts: Condition[] = whole.map((value) => ({ op: "eq", path: leaf.path, value }))
  if (values.length > 0) parts.unshift(toKeys({ ...leaf, values }, { kind: "values", values: [...new Set(values)] }))
  return foldOr(parts)
}

function rangeKeys(op: RangeOperator, value: number | string | boolean): KeySet {
  if (typeof value === "boolean") {
    const values = [false, true].filter((each) => {
      const compared = Number(each) - Number(value)
      return op === "gt" ? compared > 0 : op === "gte" ? compared >= 0 : op === "lt" ? compared < 0 : compared <= 0
    })
    return { kind: "values", values }
  }
  const type = typeof value === "number" ? "number" : "string"
  const bound = { value, inclusive: op === "gte" || op === "lte" }
  return op === "gt" || op === "gte"
    ? { kind: "interval", type, lower: bound }
    : { kind: "interval", type, upper: bound }
}

function mergeKeys(parts: readonly Condition[], isScalar: (path: Path) => boolean): Condition[] {
  const byPath = new Map<string, KeyCondition>()
  const others: Condition[] = []
  for (const part of parts) {
    if (part.op !== "keys") {
      others.push(part)
      continue
    }
    const text = JSON.stringify(part.path)
    const before = byPath.get(text)
    byPath.set(
      text,
      before
        ? { ...before, keys: intersect(before.keys, part.keys), leaves: [...before.leaves, ...part.leaves] }
        : part,
    )
  }
  const merged = [...byPath.values()].map((each) => (isEmpty(each.keys) && isScalar(each.path) ? never : each))
  return [...merged, ...others]
}

function isEmpty(keys: KeySet): boolean {
  return keys.kind === "values" && keys.values.length === 0
}

/** The keys in both sets. */
export function intersect(a: KeySet, b: KeySet): KeySet {
  if (a.kind === "values") {
    return { kind: "values", values: a.values.filter((value) => contains(b, value)) }
  }
  if (b.kind === "values") return intersect(b, a)
  if (a.type !== b.type) return { kind: "values", values: [] }
  const lower = tighter(a.lower, b.lower, 1)
  const upper = tighter(a.upper, b.upper, -1)
  return { kind: "interval", type: a.type, ...(lower && { lower }), ...(upper && { upper }) }
}

function contains(keys: KeySet, value: Scalar): boolean {
  if (keys.kind === "values") return keys.values.includes(value)
  if (typeof value !== keys.type) return false
  const above =
    keys.lower === undefined || within(compareBounds(value as number | string, keys.lower.value), keys.lower)
  return (
    above &&
    (keys.upper === undefined || within(-compareBounds(value as number | string, keys.upper.value), keys.upper))
  )
}

function within(compared: number, { inclusive }: Bound): boolean {
  return inclusive ? compared >= 0 : compared > 0
}

/** The bound that leaves less: for lower bounds (`side` 1) the greater value, for upper ones (-1) the smaller. */
function tighter(a: Bound | undefined, b: Bound | undefined, side: 1 | -1): Bound | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const compared = compareBounds(a.value, b.value) * side
  if (compared === 0) return a.inclusive ? b : a
  return compared > 0 ? a : b
}

function compareBounds(a: number | string, b: number | string): number {
  return typeof a === "string" ? compareText(a, b as string) : a - (b as number)
}

function foldAnd(conditions: readonly Condition[]): Condition {
  if (conditions.some(isNever)) return never
  const left = conditions.filter((each) => !isAlways(each))
  return left.length === 1 ? left[0]! : { op: "and", conditions: left }
}

function foldOr(conditions: readonly Condition[]): Condition {
  if (conditions.some(isAlways)) return always
  const left = conditions.filter((each) => !isNever(each))
  return left.length === 1 ? left[0]! : { op: "or", conditions: left }
}

export function isAlways(condition: Condition): boolean {
  return condition.op === "and" && condition.conditions.length === 0
}

export function isNever(condition: Condition): boolean {
  return condition.op === "or" && condition.conditions.length === 0
}
