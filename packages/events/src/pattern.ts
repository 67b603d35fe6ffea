import { EventNameInvalid } from "./errors.ts"
import { shown } from "./event.ts"

const MAX_PATTERN_LENGTH = 200
const SEGMENT = /^(?:[A-Za-z0-9_-]+|\*\*?)$/

/**
 * Names of events: `order.placed` itself, `order.*` with one word in place of the star, `order.**` with any number of words, also none.
 * @throws {EVENTS_NAME_INVALID}
 */
export function parsePattern(pattern: string): readonly string[] {
  const segments = typeof pattern === "string" && pattern.length <= MAX_PATTERN_LENGTH ? pattern.split(".") : []
  if (segments.length > 0 && segments.every((segment) => SEGMENT.test(segment))) return segments
  throw new EventNameInvalid(
    `Expected the name of an event or a pattern such as order.* or order.**, got ${shown(pattern)}.`,
  )
}

export function isPattern(text: string): boolean {
  return text.includes("*")
}

/** Whether a name is one of a pattern's. Takes time in proportion to both, whatever they are. */
export function matchesPattern(pattern: readonly string[], name: string): boolean {
  const words = name.split(".")
  // Where the last `**` stands, and how many words it has swallowed: going back to it alone is enough.
  let [at, word, star, swallowed] = [0, 0, -1, 0]
  while (word < words.length) {
    const segment = pattern[at]
    if (segment === "**") {
      star = at++
      swallowed = word
    } else if (segment !== undefined && (segment === "*" || segment === words[word])) {
      at++
      word++
    } else if (star >= 0) {
      at = star + 1
      word = ++swallowed
    } else return false
  }
  while (pattern[at] === "**") at++
  return at === pattern.length
}
