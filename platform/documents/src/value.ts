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

/** The way from the root to a value, kept as a chain so that a good value costs no text. */
interface Trail {
  readonly key: string | number
  readonly up: Trail | undefined
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
  return write(value, { at, depth: 0 }, undefined)
}

interface Place {
  readonly at: string
  readonly depth: number
}

function write(value: unknown, place: Place, trail: Trail | undefined): string {
  switch (typeof value) {
    case "string":
      return writeText(value, place, trail)
    case "number":
      if (!Number.isFinite(value)) throw refused("a finite number", String(value), place, trail)
      return String(value === 0 ? 0 : value)
    case "boolean":
      return value ? "true" : "false"
    case "object":
      return value === null ? "null" : writeContainer(value, place, trail)
    default:
      throw refused("a JSON value", typeof value, place, trail)
  }
}

function writeContainer(value: object, { at, depth }: Place, trail: Trail | undefined): string {
  const inner = { at, depth: depth + 1 }
  if (inner.depth > languageLimits.valueDepth) {
    throw refused(`at most ${languageLimits.valueDepth} levels of arrays and objects`, "more", inner, trail)
  }
  if (Array.isArray(value)) {
    return `[${value.map((element, key) => write(element, inner, { key, up: trail })).join(",")}]`
  }
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) {
    throw refused("a plain object", `a ${value.constructor?.name ?? "foreign object"}`, inner, trail)
  }
  let text = ""
  for (const key of Object.keys(value).sort(compareText)) {
    const here = { key, up: trail }
    const comma = text === "" ? "" : ","
    text += `${comma}${writeText(key, inner, here)}:${write((value as Record<string, unknown>)[key], inner, here)}`
  }
  return `{${text}}`
}

function writeText(text: string, place: Place, trail: Trail | undefined): string {
  const fault = textFault(text)
  if (fault) throw refused("well-formed text without U+0000", `one with ${fault}`, place, trail)
  return JSON.stringify(text)
}

function refused(
  expected: string,
  got: string,
  place: Place,
  trail: Trail | undefined,
): InstanceType<typeof ValueInvalid> {
  let pointer = ""
  for (let step = trail; step; step = step.up) pointer = `/${escapePointer(step.key)}${pointer}`
  pointer = place.at + pointer
  const what = pointer === "" ? "the value" : `the value at ${pointer}`
  return new ValueInvalid(`Expected ${what} to be ${expected}, got ${got}.`, { details: { pointer } })
}

/** One segment of a JSON pointer (RFC 6901, section 3), made safe to send back. */
export function escapePointer(key: string | number): string {
  return String(key).toWellFormed().replaceAll("\0", "\ufffd").replaceAll("~", "~0").replaceAll("/", "~1")
}
