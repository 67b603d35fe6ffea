import { PathInvalid } from "./errors.ts"
import { languageLimits } from "./limits.ts"
import { quote, textFault } from "./text.ts"
import { isArray, isObject, type Json, type JsonObject } from "./value.ts"

/** The keys from the root of a document to a value; never empty, except for "the element itself" inside `$elemMatch`. */
export type Path = readonly string[]

/**
 * Reads a path: `"a.b"`, or the keys one by one, which also reaches keys that are empty or hold a dot.
 *
 * @param at The JSON pointer of the path in the request, for the message.
 * @throws {DOCUMENTS_PATH_INVALID} when it is neither, has no or more than 8 segments, or a segment is longer than 256
 *   bytes, is empty in the dotted form, or is not text that a document could hold as a key.
 */
export function parsePath(input: unknown, at: string): Path {
  const segments: unknown = typeof input === "string" ? input.split(".") : input
  const fault = isArray(segments) ? pathFault(segments, typeof input === "string") : `it is ${quote(input)}`
  if (fault !== undefined) {
    throw new PathInvalid(`Expected a path such as "a.b" or ["a.b", "c"] at ${at}, but ${fault}.`, {
      details: { pointer: at },
    })
  }
  return segments as Path
}

function pathFault(segments: readonly unknown[], dotted: boolean): string | undefined {
  const { pathSegments, segmentBytes } = languageLimits
  if (segments.length === 0 || segments.length > pathSegments) {
    return `it has ${segments.length} segments and may have 1 to ${pathSegments}`
  }
  for (const segment of segments) {
    if (typeof segment !== "string") return "a segment is not text"
    if (dotted && segment === "") return 'a segment is empty (an empty key is reached by a list, as in ["a", ""])'
    const fault = textFault(segment)
    if (fault !== undefined) return `a segment has ${fault}`
    if (Buffer.byteLength(segment) > segmentBytes) return `a segment is longer than ${segmentBytes} bytes`
  }
  return undefined
}

/** The path as people write it: dotted where that is unambiguous, else the list of keys. */
export function formatPath(path: Path): string | readonly string[] {
  return path.every((segment) => segment !== "" && !segment.includes(".")) ? path.join(".") : path
}

/** The path as one unambiguous text, for messages and as a key of maps. */
export function pathText(path: Path): string {
  const formatted = formatPath(path)
  return typeof formatted === "string" ? formatted : JSON.stringify(formatted)
}

/** True when the segment is a position of an array: digits without a leading zero. Anything else is a key. */
export function isPosition(segment: string): boolean {
  return /^(0|[1-9][0-9]{0,8})$/.test(segment)
}

/**
 * Visits every value the path reaches, until a visit answers true. An object is entered by its own key; an array by its
 * position when the segment is one, else through each element that is an object, one level deep.
 *
 * @returns whether a visit answered true.
 */
export function someReached(value: Json, path: Path, visit: (reached: Json) => boolean): boolean {
  const step = (from: Json, at: number): boolean => {
    const segment = path[at]
    if (segment === undefined) return visit(from)
    if (isArray(from)) {
      if (isPosition(segment)) {
        const element = from[Number(segment)]
        return element !== undefined && step(element, at + 1)
      }
      return from.some((element) => isObject(element) && enter(element, segment, at + 1))
    }
    return isObject(from) && enter(from, segment, at + 1)
  }
  // Own keys only: a document has no `constructor` unless it stores one.
  const enter = (object: JsonObject, segment: string, at: number): boolean =>
    Object.hasOwn(object, segment) && step(object[segment]!, at)
  return step(value, 0)
}
