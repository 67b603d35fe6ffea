import { SchemaInvalid } from "../errors.ts"
import { MAX_PATTERN_TEXT } from "../pattern.ts"
import { degreeOf } from "./pattern-cost.ts"
import { machineOf } from "./pattern-machine.ts"
import { readPattern } from "./pattern-tree.ts"

/** No pattern is longer than this. */
const MAX_SOURCE = 5000

/** Texts that a pattern is tried on, where the time grows with the square or the cube of their length. */
const MAX_TEXT_BY_DEGREE: Readonly<Record<number, number>> = { 1: MAX_PATTERN_TEXT, 2: 4096, 3: 256 }

/**
 * Whether a text has something in it that matches a stranger's pattern, in a bounded time. The runtime's own patterns are used
 * where they cannot take long, and a machine of our own where they can.
 *
 * @throws {VALIDATION_SCHEMA_INVALID} for a pattern that is none, and for one that neither can do in a bounded time.
 */
export function linearPattern(source: string): (text: string) => boolean {
  if (source.length > MAX_SOURCE) throw new SchemaInvalid(`Expected a pattern of at most ${MAX_SOURCE} characters.`)
  const { pattern, isUnicode } = toRegExp(source)
  const tree = readPattern(source, isUnicode)
  if (tree === undefined) throw new SchemaInvalid("It has a syntax that is not known here.")
  const degree = degreeOf(tree)
  const machine = degree <= 1 ? undefined : machineOf(tree, isUnicode)
  if (machine !== undefined) return (text) => text.length <= MAX_PATTERN_TEXT && machine(text)
  const longest = MAX_TEXT_BY_DEGREE[degree]
  if (longest !== undefined) return (text) => text.length <= longest && pattern.test(text)
  throw new SchemaInvalid("It could take a time without a bound: it looks ahead or repeats a group, or is very large.")
}

/** As JSON Schema asks, by code points; a pattern that is none by those (`\-`) is read as older programs do. */
function toRegExp(source: string): { pattern: RegExp; isUnicode: boolean } {
  try {
    return { pattern: new RegExp(source, "u"), isUnicode: true }
  } catch {
    return { pattern: old(source), isUnicode: false }
  }
}

function old(source: string): RegExp {
  try {
    return new RegExp(source)
  } catch (cause) {
    throw new SchemaInvalid("It is none.", { cause })
  }
}
