/** What a text of JSON may be like. */
export interface JsonBounds {
  /** Lists and objects within each other: 1 to 1,000. Default: 32. */
  readonly maxDepth?: number
  /** Values altogether: 1 to 10,000,000. Default: 100,000. */
  readonly maxValues?: number
  /** Members of one object: 1 to 1,000,000. Default: 1,000. */
  readonly maxMembers?: number
  /** Items of one list: 1 to 10,000,000. Default: 10,000. */
  readonly maxItems?: number
  /** Bytes of one text, as it is written: 1 to 1,000,000,000. Default: 1,000,000. */
  readonly maxTextBytes?: number
  /** Bytes of a member's name: 1 to 1,000,000. Default: 256. */
  readonly maxNameBytes?: number
  /** Digits of a number, with its signs and point: 1 to 10,000. Default: 64. */
  readonly maxNumberLength?: number
}

/** What is beyond its bound, or a name that reaches for an object's prototype. */
export type JsonFault = keyof JsonBounds | "pollution"

export const jsonDefaults: Required<JsonBounds> = {
  maxDepth: 32,
  maxValues: 100_000,
  maxMembers: 1_000,
  maxItems: 10_000,
  maxTextBytes: 1_000_000,
  maxNameBytes: 256,
  maxNumberLength: 64,
}

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [
  0x22, 0x5c, 0x2c, 0x3a, 0x5b, 0x5d, 0x7b, 0x7d,
] as const

interface Level {
  readonly isObject: boolean
  count: number
  /** Before the colon of a member. */
  isName: boolean
  /** Stands at the name `constructor`. */
  readonly isConstructor: boolean
}

/**
 * The first bound that a text of JSON is beyond, found in one pass over its bytes before anything is made of them. Undefined: none. Whether
 * it is JSON at all is for the parser to say.
 */
export function jsonFault(bytes: Uint8Array, bounds: Required<JsonBounds>): JsonFault | undefined {
  const levels: Level[] = []
  let level: Level | undefined
  let values = 0
  let name = ""
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte <= 0x20) continue
    if (byte === COLON) {
      if (level !== undefined) level.isName = false
      continue
    }
    if (byte === COMMA) {
      if (level?.isObject === true) level.isName = true
      continue
    }
    if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      levels.pop()
      level = levels.at(-1)
      continue
    }
    if (byte === QUOTE && level?.isName === true) {
      const end = endOfText(bytes, at)
      if (end - at - 1 > bounds.maxNameBytes) return "maxNameBytes"
      name = nameOf(bytes.subarray(at, end + 1))
      if (name === "__proto__" || (level.isConstructor && name === "prototype")) return "pollution"
      if (++level.count > bounds.maxMembers) return "maxMembers"
      at = end
      continue
    }
    if (++values > bounds.maxValues) return "maxValues"
    if (level?.isObject === false && ++level.count > bounds.maxItems) return "maxItems"
    if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (levels.length >= bounds.maxDepth) return "maxDepth"
      const isObject = byte === OPEN_OBJECT
      const isConstructor = isObject && level?.isObject === true && name === "constructor"
      level = { isObject, count: 0, isName: isObject, isConstructor }
      levels.push(level)
    } else if (byte === QUOTE) {
      const end = endOfText(bytes, at)
      if (end - at - 1 > bounds.maxTextBytes) return "maxTextBytes"
      at = end
    } else {
      const end = endOfWord(bytes, at)
      if (end - at > bounds.maxNumberLength) return "maxNumberLength"
      at = end - 1
    }
  }
  return undefined
}

/** Where the quote is that ends a text; the end of all where there is none. */
function endOfText(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === BACKSLASH) at++
    else if (bytes[at] === QUOTE) return at
  }
  return bytes.length
}

function endOfWord(bytes: Uint8Array, start: number): number {
  let at = start + 1
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte <= 0x20 || byte === COMMA || byte === CLOSE_LIST || byte === CLOSE_OBJECT || byte === COLON) break
  }
  return at
}

/** Only as far as it matters: a longer name is no name that is looked for. */
function nameOf(quoted: Uint8Array): string {
  if (quoted.length > MAX_ESCAPED_NAME) return ""
  const isPlain = !quoted.includes(BACKSLASH)
  if (isPlain && !LENGTHS.has(quoted.length)) return ""
  const text = decoder.decode(quoted)
  if (isPlain) return text.slice(1, -1)
  try {
    return String(JSON.parse(text))
  } catch {
    return ""
  }
}

const decoder = new TextDecoder()
const LENGTHS: ReadonlySet<number> = new Set(["__proto__", "prototype", "constructor"].map((name) => name.length + 2))
/** `constructor`, each letter as an escape. */
const MAX_ESCAPED_NAME = 11 * 6 + 2
