import { checkPlain, unfit } from "./copy.ts"

/**
 * Values as text, for caches that keep text. `j` and JSON where that says all; otherwise `x` and JSON in which what JSON lacks
 * is a list that begins with its kind: `["d", 0]` is a Date, and `["a", …]` a list that is meant as one.
 */

const MAX_DEPTH = 100

/** @throws {CACHE_VALUE_INVALID} */
export function encodeValue(value: unknown): string {
  return isJson(value, 0) ? `j${JSON.stringify(value)}` : `x${JSON.stringify(toTagged(value, 0))}`
}

/**
 * The value of a text that {@link encodeValue} made. A text that somebody else wrote gives nothing worse than a wrong value:
 * no property is named `__proto__`.
 */
export function decodeValue(text: string): unknown {
  const json = text.slice(1)
  const parsed: unknown = isSuspicious(json) ? JSON.parse(json, withoutPrototype) : JSON.parse(json)
  return text.charCodeAt(0) === 0x6a ? parsed : fromTagged(parsed, 0)
}

/** The name may also be written with escapes; JSON that we made has none but those of control characters. */
function isSuspicious(json: string): boolean {
  return json.includes("__proto__") || /\\u(?!00[01])/.test(json)
}
function withoutPrototype(this: unknown, key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value
}

/** Whether JSON gives back what it was given. */
function isJson(value: unknown, depth: number): boolean {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return true
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0)
  if (typeof value !== "object" || depth > MAX_DEPTH) return false
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) if (!isJson(value[at], depth + 1)) return false
    return true
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return false
  for (const key of Object.keys(value))
    if (key === "__proto__" || key === "toJSON" || !isJson((value as Record<string, unknown>)[key], depth + 1))
      return false
  return true
}

function toTagged(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value
    case "undefined":
      return ["u"]
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : ["n", Object.is(value, -0) ? "-0" : String(value)]
    case "bigint":
      return ["i", String(value)]
    case "object":
      return value === null ? null : objectToTagged(value, depth)
    default:
      throw unfit(`a ${typeof value}`)
  }
}

function objectToTagged(value: object, depth: number): unknown {
  if (depth > MAX_DEPTH) throw unfit(`something nested more than ${MAX_DEPTH} deep, or within itself`)
  const tagged = (item: unknown): unknown => toTagged(item, depth + 1)
  if (Array.isArray(value)) return ["a", ...Array.from(value, tagged)]
  if (value instanceof Date) return ["d", value.getTime()]
  if (value instanceof Uint8Array) return ["b", toBase64(value)]
  if (value instanceof Map) return ["m", ...[...value].flatMap(([key, item]) => [tagged(key), tagged(item)])]
  if (value instanceof Set) return ["s", ...[...value].map(tagged)]
  checkPlain(value)
  const fields = Object.entries(value).map(([key, item]) => {
    if (key === "__proto__") throw unfit("a property named __proto__")
    // A function named toJSON would be called by JSON; it is refused as every function is.
    return [key, tagged(item)] as const
  })
  return Object.fromEntries(fields)
}

function fromTagged(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH + 1) return value
  const plain = (item: unknown): unknown => fromTagged(item, depth + 1)
  if (!Array.isArray(value)) {
    const fields = value as Record<string, unknown>
    for (const key of Object.keys(fields)) fields[key] = plain(fields[key])
    return fields
  }
  const [kind, ...rest] = value as [string, ...unknown[]]
  switch (kind) {
    case "a":
      return rest.map(plain)
    case "u":
      return undefined
    case "n":
      return Number(rest[0])
    case "i":
      return BigInt(rest[0] as string)
    case "d":
      return new Date(rest[0] === null ? Number.NaN : (rest[0] as number))
    case "b":
      return new Uint8Array(Buffer.from(rest[0] as string, "base64"))
    case "m":
      return new Map(Array.from({ length: rest.length / 2 }, (_, at) => [plain(rest[2 * at]), plain(rest[2 * at + 1])]))
    default:
      return new Set(rest.map(plain))
  }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")
}
