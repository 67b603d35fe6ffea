import { TypeConflict, ValueInvalid } from "./errors.ts"
import { matchesElement } from "./matches.ts"
import { isPosition, type Path, pathText } from "./path.ts"
import { compareText } from "./text.ts"
import type { Update, UpdateOperation } from "./update.ts"
import { isArray, isEqual, isObject, type Json, type JsonObject, typeOf } from "./value.ts"

/**
 * The document after the update. The one meaning of updates for every engine: the SQL forms of them differ in silence (a path
 * through a scalar does nothing, `true + 1` is 2), so none is used.
 *
 * The document given is left as it is.
 *
 * @throws {DOCUMENTS_TYPE_CONFLICT} when an operator meets a value it cannot change, or a path runs into a scalar, null, or an
 *   array other than at an existing position. @throws {DOCUMENTS_VALUE_INVALID} when `$inc` leaves the finite numbers.
 */
export function apply(document: JsonObject, update: Update): JsonObject {
  if (update.kind === "merge") return mergePatch(document, update.patch) as JsonObject
  const changed = structuredClone(document) as JsonObject
  for (const operation of update.operations) applyOperation(changed, operation)
  return changed
}

/**
 * A merge patch: null removes, objects merge, anything else replaces.
 *
 * @see RFC 7396, section 2
 */
export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch
  const merged = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, mergePatch(merged.get(key), value))
  }
  return Object.fromEntries(merged)
}

/** Where a path ends in a document: an object, or an array at one of its positions. */
type Slot = { readonly parent: Record<string, Json> | Json[]; readonly key: string }

function applyOperation(document: JsonObject, operation: UpdateOperation): void {
  const slot = findSlot(document, operation)
  if (slot === undefined) return
  const before = read(slot)
  if (operation.op === "$unset") {
    if (isArray(slot.parent)) throw conflict(operation, "an array, whose elements $pull takes out")
    delete (slot.parent as Record<string, Json>)[slot.key]
    return
  }
  const after = changedValue(before, operation)
  // A key `__proto__` must become a property; assignment would change the prototype.
  if (after !== undefined) {
    Object.defineProperty(slot.parent, slot.key, { value: after, writable: true, enumerable: true, configurable: true })
  }
}

function read({ parent, key }: Slot): Json | undefined {
  return Object.hasOwn(parent, key) ? (parent as Record<string, Json>)[key] : undefined
}

/** The parents on the way are made when they are missing, except where there is nothing to take away. */
function findSlot(document: JsonObject, operation: UpdateOperation): Slot | undefined {
  const { path, op } = operation
  const removes = op === "$unset" || op === "$pull"
  let parent = document as Record<string, Json> | Json[]
  for (const segment of path.slice(0, -1)) {
    const slot = { parent, key: segment }
    let child = isUsable(slot) ? read(slot) : undefined
    if (child === undefined) {
      if (removes) return undefined
      if (isArray(parent)) throw conflict(operation, `an array that has no position ${JSON.stringify(segment)}`)
      child = {}
      Object.defineProperty(parent, segment, { value: child, writable: true, enumerable: true, configurable: true })
    }
    if (!isObject(child) && !isArray(child)) {
      if (removes) return undefined
      throw conflict(operation, `${typeOf(child)} on the way`)
    }
    parent = child as Record<string, Json> | Json[]
  }
  const slot = { parent, key: path.at(-1)! }
  if (isUsable(slot)) return slot
  if (removes) return undefined
  throw conflict(operation, `an array that has no position ${JSON.stringify(slot.key)}`)
}

/** An array takes only positions it has: a gap would have to be filled with something nobody wrote. */
function isUsable({ parent, key }: Slot): boolean {
  return !isArray(parent) || (isPosition(key) && Number(key) < parent.length)
}

function changedValue(
  before: Json | undefined,
  operation: Exclude<UpdateOperation, { op: "$unset" }>,
): Json | undefined {
  switch (operation.op) {
    case "$set":
      return operation.value
    case "$inc":
      return increment(before, operation)
    case "$min":
    case "$max":
      return bound(before, operation)
    case "$push":
      return [...listBefore(before, operation), ...operation.values]
    case "$addToSet": {
      const list = [...listBefore(before, operation)]
      for (const value of operation.values) if (!list.some((element) => isEqual(element, value))) list.push(value)
      return list
    }
    case "$pull": {
      if (before === undefined) return undefined
      const { test } = operation
      return listBefore(before, operation).filter((element) =>
        test.kind === "value" ? !isEqual(element, test.value) : !matchesElement(test, element),
      )
    }
  }
}

function increment(before: Json | undefined, operation: Extract<UpdateOperation, { op: "$inc" }>): number {
  if (before === undefined) return operation.value
  if (typeof before !== "number") throw conflict(operation, typeOf(before))
  const sum = before + operation.value
  if (!Number.isFinite(sum)) {
    throw new ValueInvalid(`Expected $inc to leave a finite number at ${pathText(operation.path)}, got ${sum}.`, {
      details: { pointer: `/$inc/${pathText(operation.path)}` },
    })
  }
  return sum
}

function bound(before: Json | undefined, operation: Extract<UpdateOperation, { op: "$min" | "$max" }>): Json {
  const { value } = operation
  if (before === undefined) return value
  if (typeof before !== typeof value) throw conflict(operation, typeOf(before))
  const compared = typeof value === "number" ? value - (before as number) : compareText(value, before as string)
  return (operation.op === "$min" ? compared < 0 : compared > 0) ? value : before
}

function listBefore(before: Json | undefined, operation: UpdateOperation): readonly Json[] {
  if (before === undefined) return []
  if (!isArray(before)) throw conflict(operation, typeOf(before))
  return before
}

function conflict(
  { op, path }: { readonly op: string; readonly path: Path },
  found: string,
): InstanceType<typeof TypeConflict> {
  const at = pathText(path)
  return new TypeConflict(`${op} cannot change the path ${at}: the document has ${found} there. Nothing was written.`, {
    details: { operator: op, path: at, found },
  })
}
