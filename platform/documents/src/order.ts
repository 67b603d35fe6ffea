import type { Path } from "./path.ts"
import { compareText } from "./text.ts"
import { isArray, isObject, type Json } from "./value.ts"

/**
 * What a document sorts by on one path: its scalar there, or the class of what is there instead. Missing is `null`; every
 * array is `[]` and every object is `{}`, so arrays tie with each other, and objects too.
 */
export type SortValue = null | number | string | boolean | readonly [] | Readonly<Record<string, never>>

const ARRAY: readonly [] = Object.freeze([] as [])
const OBJECT: Readonly<Record<string, never>> = Object.freeze({})

/**
 * What the document sorts by on the path. A path that runs into an array sorts as "array".
 */
export function sortValue(document: Json, path: Path): SortValue {
  let value: Json = document
  for (const segment of path) {
    if (isArray(value)) return ARRAY
    if (!isObject(value) || !Object.hasOwn(value, segment)) return null
    value = value[segment]!
  }
  if (isArray(value)) return ARRAY
  return isObject(value) ? OBJECT : (value as SortValue)
}

/**
 * The one total order over JSON: missing and null, numbers, strings by code point, false, true, arrays, objects.
 *
 * @returns negative, zero or positive.
 */
export function compareSortValues(a: SortValue, b: SortValue): number {
  const byClass = classRank(a) - classRank(b)
  if (byClass !== 0) return byClass
  if (typeof a === "number") return a - (b as number)
  if (typeof a === "string") return compareText(a, b as string)
  return 0
}

function classRank(value: SortValue): number {
  switch (typeof value) {
    case "number":
      return 1
    case "string":
      return 2
    case "boolean":
      return value ? 4 : 3
    default:
      return value === null ? 0 : Array.isArray(value) ? 5 : 6
  }
}
