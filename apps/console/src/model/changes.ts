import type { JsonObject, JsonValue } from "@ashlar/sdk"
import { isObject, isPlainPath, type Path, pathText, valueAt, withValue } from "./fields.ts"

/** One difference between two versions of a document. A missing value is undefined. */
export interface Change {
  readonly path: Path
  readonly from: JsonValue | undefined
  readonly to: JsonValue | undefined
}

export function isEqual(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const keysA = Object.keys(a)
  const keysB = Object.keys(b)
  if (keysA.length !== keysB.length) return false
  return keysA.every(
    (key) =>
      Object.hasOwn(b, key) && isEqual((a as Record<string, JsonValue>)[key], (b as Record<string, JsonValue>)[key]),
  )
}

/** What changed, field by field. Objects are entered; an array is one value, since its positions shift. */
export function diff(from: JsonValue | undefined, to: JsonValue | undefined, path: Path = []): Change[] {
  if (isEqual(from, to)) return []
  if (isObject(from) && isObject(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])]
    return keys.flatMap((key) => diff(at(from, key), at(to, key), [...path, key]))
  }
  return [{ path, from, to }]
}

function at(value: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(value, key) ? value[key] : undefined
}

/** How changes travel: as single operations, or, when a key cannot be written as a path, as the whole document. */
export type Update =
  | { readonly kind: "patch"; readonly operations: { $set?: Record<string, JsonValue>; $unset?: string[] } }
  | { readonly kind: "replace"; readonly data: JsonObject }

export function toUpdate(changes: readonly Change[], data: JsonObject): Update {
  if (!changes.every((change) => change.path.length > 0 && isPlainPath(change.path))) return { kind: "replace", data }
  const set: Record<string, JsonValue> = {}
  const unset: string[] = []
  for (const { path, to } of changes) {
    if (to === undefined) unset.push(pathText(path))
    else set[pathText(path)] = to
  }
  return {
    kind: "patch",
    operations: { ...(Object.keys(set).length > 0 && { $set: set }), ...(unset.length > 0 && { $unset: unset }) },
  }
}

/** One field of a conflict: what it was, what I made of it, what they made of it. */
export interface Divergence {
  readonly path: Path
  readonly base: JsonValue | undefined
  readonly mine: JsonValue | undefined
  readonly theirs: JsonValue | undefined
  /** Both sides changed it, to different values. */
  readonly contested: boolean
}

/** Lays my changes beside theirs. A change of a parent and one of its child contest each other, at the parent. */
export function diverge(base: JsonObject, mine: JsonObject, theirs: JsonObject): Divergence[] {
  const myPaths = diff(base, mine).map((change) => change.path)
  const theirPaths = diff(base, theirs).map((change) => change.path)
  const paths = [...myPaths, ...theirPaths]
  const tops = paths.filter((path) => !paths.some((other) => other.length < path.length && startsWith(path, other)))
  const unique = [...new Map(tops.map((path) => [JSON.stringify(path), path])).values()]
  return unique.map((path) => {
    const touches = (other: Path): boolean => startsWith(other, path)
    const values = { base: valueAt(base, path), mine: valueAt(mine, path), theirs: valueAt(theirs, path) }
    const both = myPaths.some(touches) && theirPaths.some(touches)
    return { path, ...values, contested: both && !isEqual(values.mine, values.theirs) }
  })
}

/** Their document with my side of the chosen fields put into it. */
export function merge(
  theirs: JsonObject,
  fields: readonly Divergence[],
  keepMine: (field: Divergence) => boolean,
): JsonObject {
  let merged: JsonValue = theirs
  for (const field of fields) if (keepMine(field)) merged = withValue(merged, field.path, field.mine)
  return merged as JsonObject
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((step, position) => path[position] === step)
}
