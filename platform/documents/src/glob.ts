import { RegexUnsupported } from "./errors.ts"
import { languageLimits } from "./limits.ts"
import { quote, textFault } from "./text.ts"

/**
 * A `$regex` as both engines and memory can run it in bounded time: a pattern over the whole string. A regular expression
 * engine that backtracks took more than 100 seconds on `^.*a.*a.*a.*b$`; this form has no such case.
 */
export interface Glob {
  readonly tokens: readonly GlobToken[]
  /** ASCII letters match in either case. */
  readonly ignoreCase: boolean
}

export type GlobToken =
  /** Any run of characters, empty too. */
  | { readonly kind: "many" }
  /** One code point, a line break too. */
  | { readonly kind: "one" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "class"; readonly negated: boolean; readonly items: readonly GlobClassItem[] }

/** One code point, or all from `from` to `to`. */
export interface GlobClassItem {
  readonly from: string
  readonly to: string
}

const punctuation = /^[!-/:-@[-`{-~]$/
/** What stands for something else in regular expressions, and would be misread if it passed as a literal here. */
const reserved = "*+?|(){}[]^$"

/**
 * Reads the subset of regular expressions that means the same everywhere: `^ $ . .*`, literals, `\` before punctuation, and
 * classes such as `[a-c]` and `[^xyz]`.
 *
 * @param options `"i"` ignores the case of ASCII letters, and then there may be no class.
 * @throws {DOCUMENTS_REGEX_UNSUPPORTED} for anything else, for more than 4 `.*`, and beyond 1,000 characters.
 */
export function parseGlob(source: unknown, options: unknown, at: string): Glob {
  if (typeof source !== "string") throw refused("a pattern in text", quote(source), at)
  if (source.length > languageLimits.regexLength) {
    throw refused(`at most ${languageLimits.regexLength} characters`, `${source.length}`, at)
  }
  const fault = textFault(source)
  if (fault !== undefined) throw refused("well-formed text without U+0000", `one with ${fault}`, at)
  if (options !== undefined && options !== "" && options !== "i") {
    throw refused('"i" or nothing as $options', quote(options), at)
  }
  const glob = { tokens: readTokens([...source], at), ignoreCase: options === "i" }
  if (glob.ignoreCase && glob.tokens.some(({ kind }) => kind === "class")) {
    throw refused('no class together with $options "i"', quote(source), at)
  }
  return glob
}

function readTokens(points: readonly string[], at: string): GlobToken[] {
  const anchored = points[0] === "^"
  const tokens: GlobToken[] = anchored ? [] : [{ kind: "many" }]
  let wildcards = 0
  let i = anchored ? 1 : 0
  for (; i < points.length; i++) {
    const point = points[i]!
    if (point === "$" && i === points.length - 1) return tokens
    if (point === ".") {
      const many = points[i + 1] === "*"
      if (many) {
        i++
        if (++wildcards > languageLimits.regexWildcards) {
          throw refused(`at most ${languageLimits.regexWildcards} times .*`, "more", at)
        }
      }
      tokens.push({ kind: many ? "many" : "one" })
    } else if (point === "[") {
      const read = readClass(points, i + 1, at)
      tokens.push(read.token)
      i = read.end
    } else {
      const escaped = point === "\\"
      const literal = escaped ? points[++i] : point
      if (literal === undefined || (escaped ? !punctuation.test(literal) : reserved.includes(literal))) {
        const got = escaped ? `\\${literal ?? ""}` : `${literal}`
        throw refused("^ $ . .* literals, \\ before punctuation, and classes", quote(got), at)
      }
      appendText(tokens, literal)
    }
  }
  tokens.push({ kind: "many" })
  return tokens
}

function appendText(tokens: GlobToken[], literal: string): void {
  const last = tokens.at(-1)
  if (last?.kind === "text") tokens[tokens.length - 1] = { kind: "text", text: last.text + literal }
  else tokens.push({ kind: "text", text: literal })
}

function readClass(points: readonly string[], start: number, at: string): { token: GlobToken; end: number } {
  const negated = points[start] === "^"
  const items: GlobClassItem[] = []
  let i = negated ? start + 1 : start
  for (; i < points.length && points[i] !== "]"; i++) {
    const escaped = points[i] === "\\"
    const from = escaped ? points[++i] : points[i]
    if (from === undefined) break
    if (escaped ? !punctuation.test(from) : from === "[") throw refused("a class such as [a-c]", quote(from), at)
    const to = points[i + 1] === "-" && points[i + 2] !== "]" ? points[i + 2] : undefined
    if (to === undefined) {
      items.push({ from, to: from })
      continue
    }
    // Ranges of punctuation read differently from engine to engine.
    if (punctuation.test(from) || punctuation.test(to) || from.codePointAt(0)! > to.codePointAt(0)!) {
      throw refused("a range of letters or digits, low to high", quote(`${from}-${to}`), at)
    }
    items.push({ from, to })
    i += 2
  }
  if (i >= points.length || items.length === 0) throw refused("a class that is closed and not empty", "another", at)
  return { token: { kind: "class", negated, items }, end: i }
}

function refused(expected: string, got: string, at: string): InstanceType<typeof RegexUnsupported> {
  return new RegexUnsupported(`Expected ${expected} in the $regex at ${at}, got ${got}.`, { details: { pointer: at } })
}

/** Matches one code point. */
type PointTest = (point: number) => boolean

/**
 * True when the whole string fits. Two pointers and the place of the last `.*`: time grows with length times pattern, never
 * faster.
 */
export function matchesGlob(glob: Glob, subject: string): boolean {
  const pattern = pointTests(glob)
  const points = Array.from(subject, (point) => point.codePointAt(0)!)
  let p = 0
  let s = 0
  let starAt = -1
  let starFrom = 0
  while (s < points.length) {
    const test = pattern[p]
    if (test === "many") {
      starAt = p++
      starFrom = s
    } else if (test?.(points[s]!)) {
      p++
      s++
    } else if (starAt >= 0) {
      p = starAt + 1
      s = ++starFrom
    } else return false
  }
  while (pattern[p] === "many") p++
  return p === pattern.length
}

const compiled = new WeakMap<Glob, readonly ("many" | PointTest)[]>()

function pointTests(glob: Glob): readonly ("many" | PointTest)[] {
  let tests = compiled.get(glob)
  if (!tests) {
    tests = glob.tokens.flatMap((token) => toTests(token, glob.ignoreCase))
    compiled.set(glob, tests)
  }
  return tests
}

function toTests(token: GlobToken, ignoreCase: boolean): ("many" | PointTest)[] {
  switch (token.kind) {
    case "many":
      return ["many"]
    case "one":
      return [() => true]
    case "text":
      return Array.from(token.text, (character) => {
        const wanted = fold(character.codePointAt(0)!, ignoreCase)
        return (point: number) => fold(point, ignoreCase) === wanted
      })
    case "class": {
      const ranges = token.items.map(({ from, to }) => [from.codePointAt(0)!, to.codePointAt(0)!] as const)
      return [(point) => ranges.some(([from, to]) => point >= from && point <= to) !== token.negated]
    }
  }
}

/** ASCII only, as SQLite's `lower` does. */
function fold(point: number, ignoreCase: boolean): number {
  return ignoreCase && point >= 0x41 && point <= 0x5a ? point + 0x20 : point
}

/** The literal that every match starts with, for an interval on the index; empty when there is none. */
export function literalPrefix(glob: Glob): string {
  const first = glob.tokens[0]
  return first?.kind === "text" && !glob.ignoreCase ? first.text : ""
}

/** The least string above every string that starts with the prefix, or undefined when there is none. */
export function nextPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (point) => point.codePointAt(0)!)
  while (points.length > 0) {
    const last = points.pop()!
    if (last === 0x10ffff) continue
    points.push(last === 0xd7ff ? 0xe000 : last + 1)
    return String.fromCodePoint(...points)
  }
  return undefined
}
