import { type Filter, isOpening, type Leaf } from "./filter.ts"
import { matchesGlob } from "./glob.ts"
import { someReached } from "./path.ts"
import { compareText } from "./text.ts"
import { isArray, isEqual, isObject, type Json, typeOf } from "./value.ts"

/**
 * True when the value, a document or an element of an array, is one that the filter means. Two-valued: where a path reaches
 * nothing, conditions on it are false (except for `$eq` with null) and their negations true.
 */
export function matches(filter: Filter, value: Json): boolean {
  switch (filter.op) {
    case "and":
      return filter.filters.every((each) => matches(each, value))
    case "or":
      return filter.filters.some((each) => matches(each, value))
    case "not":
      return !matches(filter.filter, value)
    default:
      return matchesLeaf(filter, value)
  }
}

function matchesLeaf(leaf: Leaf, value: Json): boolean {
  if (leaf.path.length === 0) return test(leaf, value)
  let missing = true
  const opening = isOpening(leaf)
  const found = someReached(value, leaf.path, (reached) => {
    missing = false
    return test(leaf, reached) || (opening && isArray(reached) && reached.some((element) => test(leaf, element)))
  })
  return found || (missing && acceptsMissing(leaf))
}

/** Missing counts as null where null is asked for, and nowhere else. */
function acceptsMissing(leaf: Leaf): boolean {
  if (leaf.op === "eq") return leaf.value === null
  return leaf.op === "in" && leaf.values.includes(null)
}

/** Tests one value, without opening it. */
function test(leaf: Leaf, value: Json): boolean {
  switch (leaf.op) {
    case "eq":
      return isEqual(leaf.value, value)
    case "in":
      return leaf.values.some((wanted) => isEqual(wanted, value))
    case "gt":
      return typeof value === typeof leaf.value && compareScalars(value, leaf.value) > 0
    case "gte":
      return typeof value === typeof leaf.value && compareScalars(value, leaf.value) >= 0
    case "lt":
      return typeof value === typeof leaf.value && compareScalars(value, leaf.value) < 0
    case "lte":
      return typeof value === typeof leaf.value && compareScalars(value, leaf.value) <= 0
    case "type":
      return leaf.types.includes(typeOf(value))
    case "regex":
      return typeof value === "string" && matchesGlob(leaf.glob, value)
    case "exists":
      return true
    case "size":
      return isArray(value) && value.length === leaf.size
    case "elemMatch":
      return isArray(value) && value.some((element) => matchesElement(leaf, element))
  }
}

/** Tests an element of an array as `$elemMatch` and `$pull` do. */
export function matchesElement(
  { elements, filter }: { readonly elements: "any" | "objects"; readonly filter: Filter },
  element: Json,
): boolean {
  return (elements === "any" || isObject(element)) && matches(filter, element)
}

/** Both are of one type: numbers, strings or booleans. */
function compareScalars(a: Json, b: Json): number {
  return typeof a === "string" ? compareText(a, b as string) : Number(a) - Number(b)
}
