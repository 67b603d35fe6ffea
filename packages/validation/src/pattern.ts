import { SchemaInvalid } from "./errors.ts"

/** No pattern of one's own is tried on more UTF-16 units than this. */
export const MAX_PATTERN_TEXT = 65_536

/**
 * A pattern without the flags g and y, by which it remembers where it stopped: the same text would fit only every other time.
 *
 * @throws {VALIDATION_SCHEMA_INVALID} for a repetition of nothing but repetitions, as in `(a+)+` or `(\w*\s?)*`: there are
 * exponentially many ways to match the same text, and all are tried before it is refused.
 */
export function boundedPattern(pattern: RegExp): RegExp {
  if (repeatsRepetitions(pattern.source))
    throw new SchemaInvalid(
      `Expected regex() to be given a pattern that ends in a bounded time, got ${pattern}: a repetition in it repeats nothing but repetitions. Let each turn begin or end with something that is there once.`,
    )
  return new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""))
}

/** What an open group holds so far. */
interface Group {
  /** Whether the alternative that is being read has something that is there exactly once. */
  hasAnchor: boolean
  /** Whether it has a repetition without a bound. */
  hasRepetition: boolean
  /** Whether an alternative that was read whole is made of repetitions. */
  isLoose: boolean
  /** A look-ahead or look-behind: what is in it takes no text. */
  readonly isLook: boolean
}

const TOKEN =
  /\\(?:[pPuk]\{[^}]*\}|k<[^>]*>|c[A-Za-z]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|.)|\[(?:\\.|[^\]\\])*\]|\(\?(?:[:=!]|<[=!]|<[^>]*>|[a-z-]+:)|[()|]|./gsu
const QUANTIFIER = /^(?:([*+])|(\?)|\{(\d+)(,(\d*))?\})\??/

function repeatsRepetitions(source: string): boolean {
  const open: Group[] = []
  let group = newGroup("")
  TOKEN.lastIndex = 0
  for (let token = TOKEN.exec(source); token !== null; token = TOKEN.exec(source)) {
    const [text] = token
    if (text.startsWith("(") && !text.startsWith("\\")) {
      open.push(group)
      group = newGroup(text)
    } else if (text === "|") {
      endAlternative(group)
    } else if (text === "^" || text === "$") {
      // takes no text, and so parts no two turns
    } else {
      const repeat = readQuantifier(source, TOKEN.lastIndex)
      TOKEN.lastIndex += repeat.length
      const closed = text === ")" ? group : undefined
      if (closed !== undefined) {
        endAlternative(closed)
        if (closed.isLoose && repeat.isUnbounded && !closed.isLook) return true
        group = open.pop() ?? newGroup("")
        if (closed.isLook) continue
      }
      if (repeat.isUnbounded || (closed?.isLoose ?? false)) group.hasRepetition = true
      if (repeat.isOnce && !(closed?.isLoose ?? false)) group.hasAnchor = true
    }
  }
  return false
}

function newGroup(start: string): Group {
  return { hasAnchor: false, hasRepetition: false, isLoose: false, isLook: /^\(\?<?[=!]/.test(start) }
}

function endAlternative(group: Group): void {
  if (group.hasRepetition && !group.hasAnchor) group.isLoose = true
  group.hasAnchor = false
  group.hasRepetition = false
}

function readQuantifier(source: string, at: number): { length: number; isUnbounded: boolean; isOnce: boolean } {
  const found = QUANTIFIER.exec(source.slice(at, at + 32))
  if (found === null) return { length: 0, isUnbounded: false, isOnce: true }
  const [text, star, question, least, range, most] = found
  const isUnbounded = star !== undefined || (range !== undefined && most === "")
  const isOnce = star === undefined && question === undefined && range === undefined && least !== "0"
  return { length: text.length, isUnbounded, isOnce }
}
