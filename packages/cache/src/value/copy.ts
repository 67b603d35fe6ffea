import { CacheValueInvalid } from "../errors.ts"

/** Deeper than any value that a person made; the walk would end the stack otherwise, and cycles end here too. */
const MAX_DEPTH = 100

/** Bytes of a value as a rough sum: what a bound on memory needs. */
export interface Copied {
  readonly value: unknown
  readonly bytes: number
}

/**
 * A copy that shares nothing with the value, and what it weighs.
 *
 * @throws {CACHE_VALUE_INVALID} for anything but JSON's values, `undefined`, Date, bigint, Uint8Array, Map and Set.
 */
export function copyAndMeasure(value: unknown): Copied {
  const scale = { bytes: 0 }
  const copied = weigh(value, scale, 0)
  return { value: copied, bytes: scale.bytes }
}

function weigh(value: unknown, scale: { bytes: number }, depth: number): unknown {
  switch (typeof value) {
    case "string":
      scale.bytes += 16 + value.length
      return value
    case "number":
    case "boolean":
    case "undefined":
      scale.bytes += 8
      return value
    case "bigint":
      scale.bytes += 32
      return value
    case "object":
      if (value === null) {
        scale.bytes += 8
        return null
      }
      return weighObject(value, scale, depth)
    default:
      throw unfit(`a ${typeof value}`)
  }
}

function weighObject(value: object, scale: { bytes: number }, depth: number): unknown {
  if (depth > MAX_DEPTH) throw unfit(`something nested more than ${MAX_DEPTH} deep, or within itself`)
  scale.bytes += 32
  if (Array.isArray(value)) {
    const copy = new Array<unknown>(value.length)
    for (let at = 0; at < value.length; at++) copy[at] = weigh(value[at], scale, depth + 1)
    return copy
  }
  if (value instanceof Date) return new Date(value)
  if (value instanceof Uint8Array) {
    scale.bytes += value.byteLength + 64
    return new Uint8Array(value)
  }
  if (value instanceof Map) {
    const copy = new Map<unknown, unknown>()
    for (const [key, item] of value) copy.set(weigh(key, scale, depth + 1), weigh(item, scale, depth + 1))
    return copy
  }
  if (value instanceof Set) {
    const copy = new Set<unknown>()
    for (const item of value) copy.add(weigh(item, scale, depth + 1))
    return copy
  }
  checkPlain(value)
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    // Set as a property it would be the object's prototype, here or wherever the value is merged into another.
    if (key === "__proto__") throw unfit("a property named __proto__")
    scale.bytes += 16 + key.length
    copy[key] = weigh((value as Record<string, unknown>)[key], scale, depth + 1)
  }
  return copy
}

/** @throws {CACHE_VALUE_INVALID} for an instance of a class: what comes back would be none. */
export function checkPlain(value: object): void {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) return
  // Of another realm, such as that of a test runner: plain all the same.
  if (Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "hasOwnProperty")) return
  throw unfit(`an instance of ${(value as { constructor?: { name?: string } }).constructor?.name || "a class"}`)
}

export function unfit(what: string): InstanceType<typeof CacheValueInvalid> {
  return new CacheValueInvalid(
    `Expected a value of JSON, Date, bigint, Uint8Array, Map or Set, got ${what}. Keep its plain fields instead.`,
  )
}

/** A copy of what {@link copyAndMeasure} made: it was checked then, so this is as fast as copying goes. */
export function copyKept(value: unknown): unknown {
  return typeof value === "object" && value !== null ? copyObject(value) : value
}

function copyObject(value: object): unknown {
  if (Array.isArray(value)) {
    const copy = value.slice()
    for (let at = 0; at < copy.length; at++) {
      const item: unknown = copy[at]
      if (typeof item === "object" && item !== null) copy[at] = copyObject(item)
    }
    return copy
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return copySpecial(value)
  const copy: Record<string, unknown> = {}
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key]
    copy[key] = typeof item === "object" && item !== null ? copyObject(item) : item
  }
  return copy
}

function copySpecial(value: object): unknown {
  if (value instanceof Date) return new Date(value)
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (value instanceof Map)
    return new Map([...value].map(([key, item]): [unknown, unknown] => [copyKept(key), copyKept(item)]))
  return new Set([...(value as Set<unknown>)].map(copyKept))
}
