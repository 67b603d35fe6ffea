import { ValueInvalid } from "./errors.ts"
import { languageLimits } from "./limits.ts"
import { compareText, textFault } from "./text.ts"

/** What a document may hold. Numbers are IEEE doubles and finite; strings are well formed and have no U+0000. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [key: string]: Json
}

export type JsonType = "null" | "boolean" | "number" | "string" | "array" | "object"

export const jsonTypes: readonly JsonType[] = ["null", "boolean", "number", "string", "array", "object"]

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

export function isArray(value: unknown): value is readonly Json[] {
  return Array.isArray(value)
}

export function typeOf(value: Json): JsonType {
  if (value === null) return "null"
  if (isArray(value)) return "array"
  return typeof value as JsonType
}

/** Deep equality. The order of keys never counts, and nothing is converted: 1, "1" and true differ. */
export function isEqual(a: Json, b: Json): boolean {
  if (a === b) return true
  if (isArray(a)) {
    return isArray(b) && a.length === b.length && a.every((element, i) => isEqual(element, b[i]!))
  }
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key]!, b[key]!))
  )
}

/** A value as it is stored: its one text, and a copy that shares nothing with what the caller gave. */
export interface Stored<Value extends Json = Json> {
  readonly value: Value
  readonly text: string
}

/**
 * The one text of a value: minified, keys in code point order, numbers as JavaScript prints them (1.0 is 1, -0 is 0). Equal
 * values have equal texts, which the SQL for object equality rests on, so whatever is stored or bound goes through here.
 *
 * @param at The JSON pointer of the value in the request, for the message.
 * @throws {DOCUMENTS_VALUE_INVALID} when it is not JSON, a number is not finite, a string or key has a lone surrogate or
 *   U+0000, or arrays and objects nest more than 64 deep.
 */
export function canonical(value: unknown, at = ""): string {
  return toStored(value, at).text
}

/** As `canonical`, with the copy. Whatever the caller's getters and proxies do, each is read once. */
export function toStored(value: unknown, at = ""): Stored {
  const place: Place = { at, path: [], hasPositionKeys: false }
  const copy = copyOf(value, place, 0)
  return { value: copy, text: place.hasPositionKeys ? writeSorted(copy) : JSON.stringify(copy) }
}

/** Where the copying is. Keys of `path` beyond the depth are of values it has left: a good value costs no pointer. */
interface Place {
  readonly at: string
  readonly path: (string | number)[]
  /** Whether a key may be one that JavaScript takes for a position, and lists before all others whatever the order. */
  hasPositionKeys: boolean
}

function copyOf(value: unknown, place: Place, depth: number): Json {
  switch (typeof value) {
    case "string":
      return checked(value, place, depth)
    case "number":
      if (!Number.isFinite(value)) throw refused({ expected: "a finite number", got: String(value) }, place, depth)
      return value === 0 ? 0 : value
    case "boolean":
      return value
    case "object":
      if (value === null) return null
      return Array.isArray(value) ? copyOfArray(value, place, depth) : copyOfObject(value, place, depth)
    default:
      throw refused({ expected: "a JSON value", got: typeof value }, place, depth)
  }
}

function copyOfArray(array: readonly unknown[], place: Place, depth: number): Json {
  checkDepth(place, depth)
  const copy: Json[] = []
  for (let i = 0; i < array.length; i++) {
    place.path[depth] = i
    copy.push(copyOf(array[i], place, depth + 1))
  }
  return copy
}

function copyOfObject(object: object, place: Place, depth: number): Json {
  checkDepth(place, depth)
  const prototype = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) {
    throw refused(
      { expected: "a plain object", got: `a ${object.constructor?.name ?? "foreign object"}` },
      place,
      depth,
    )
  }
  const copy: Record<string, Json> = {}
  for (const key of sortedKeys(object)) {
    place.path[depth] = key
    checked(key, place, depth + 1)
    if (isDigit(key.charCodeAt(0))) place.hasPositionKeys = true
    const value = copyOf((object as Record<string, unknown>)[key], place, depth + 1)
    // A key `__proto__` must become a property; assignment would change the prototype.
    if (key === "__proto__") Object.defineProperty(copy, key, { value, ...ownProperty })
    else copy[key] = value
  }
  return copy
}

const ownProperty = { writable: true, enumerable: true, configurable: true } as const

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39
}

/** What was stored once comes back in order, so it is looked at before it is sorted. */
function sortedKeys(object: object): readonly string[] {
  const keys = Object.keys(object)
  for (let i = 1; i < keys.length; i++) {
    if (compareText(keys[i - 1]!, keys[i]!) > 0) return keys.sort(compareText)
  }
  return keys
}

/** For a value that was copied here. */
function writeSorted(value: Json): string {
  if (isArray(value)) return `[${value.map(writeSorted).join(",")}]`
  if (!isObject(value)) return JSON.stringify(value)
  return `{${sortedKeys(value)
    .map((key) => `${JSON.stringify(key)}:${writeSorted(value[key]!)}`)
    .join(",")}}`
}

function checked(text: string, place: Place, depth: number): string {
  const fault = textFault(text)
  if (fault) throw refused({ expected: "well-formed text without U+0000", got: `one with ${fault}` }, place, depth)
  return text
}

function checkDepth(place: Place, depth: number): void {
  const { valueDepth } = languageLimits
  if (depth < valueDepth) return
  throw refused({ expected: `at most ${valueDepth} levels of arrays and objects`, got: "more" }, place, depth)
}

function refused(
  { expected, got }: { readonly expected: string; readonly got: string },
  { at, path }: Place,
  depth: number,
): InstanceType<typeof ValueInvalid> {
  const pointer =
    at +
    path
      .slice(0, depth)
      .map((key) => `/${escapePointer(key)}`)
      .join("")
  const what = pointer === "" ? "the value" : `the value at ${pointer}`
  return new ValueInvalid(`Expected ${what} to be ${expected}, got ${got}.`, { details: { pointer } })
}

/** One segment of a JSON pointer (RFC 6901, section 3), made safe to send back. */
export function escapePointer(key: string | number): string {
  return String(key).toWellFormed().replaceAll("\0", "\ufffd").replaceAll("~", "~0").replaceAll("/", "~1")
}
