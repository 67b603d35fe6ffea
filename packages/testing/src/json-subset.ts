import { TestMisused } from "./errors.ts"

/** What is at a place, and what should be. */
export interface Difference {
  /** RFC 6901 pointer; `""`: the whole. */
  readonly pointer: string
  readonly expected: unknown
  /** Undefined: nothing is there. */
  readonly actual: unknown
}

const MAX_DIFFERENCES = 10

/**
 * Where a value is not what is expected of it. Objects may have more keys than expected; lists are as long as expected, and
 * in that order. A function is asked, an expression must match a text, and a runner's own matcher (`expect.any(String)`)
 * decides for itself.
 */
export function differencesOf(expected: unknown, actual: unknown): readonly Difference[] {
  const found: Difference[] = []
  compare(expected, actual, "", found)
  return found.slice(0, MAX_DIFFERENCES)
}

function compare(expected: unknown, actual: unknown, pointer: string, found: Difference[]): void {
  const differ = (): unknown => found.push({ pointer, expected, actual })
  if (typeof expected === "function") {
    if ((expected as (value: unknown) => unknown)(actual) !== true) differ()
  } else if (expected instanceof RegExp) {
    if (typeof actual !== "string" || !expected.test(actual)) differ()
  } else if (isMatcher(expected)) {
    if (!expected.asymmetricMatch(actual)) differ()
  } else if (isOfBun(expected)) {
    if (!askBun(expected, actual)) differ()
  } else if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) differ()
    else expected.forEach((one, index) => void compare(one, actual[index], `${pointer}/${index}`, found))
  } else if (typeof expected === "object" && expected !== null) {
    if (typeof actual !== "object" || actual === null || Array.isArray(actual)) differ()
    else compareKeys(expected, actual, pointer, found)
  } else if (!Object.is(expected, actual)) differ()
}

function compareKeys(expected: object, actual: object, pointer: string, found: Difference[]): void {
  for (const [key, one] of Object.entries(expected)) {
    const value = Object.hasOwn(actual, key) ? (actual as Record<string, unknown>)[key] : undefined
    compare(one, value, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`, found)
  }
}

interface Matcher {
  asymmetricMatch(value: unknown): boolean
}

function isMatcher(value: unknown): value is Matcher {
  return typeof (value as Partial<Matcher> | null)?.asymmetricMatch === "function"
}

/** `expect.any(String)` of `bun test` says nothing of itself but a tag, and is understood by its own `expect` only. */
function isOfBun(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false
  return Object.prototype.toString.call(value).startsWith("[object Expect")
}

let bunMatches: ((matcher: unknown, value: unknown) => boolean) | undefined

/** How matchers of `bun test` are asked: its entry says it. */
export function setBunMatches(matches: (matcher: unknown, value: unknown) => boolean): void {
  bunMatches = matches
}

function askBun(matcher: unknown, value: unknown): boolean {
  if (bunMatches !== undefined) return bunMatches(matcher, value)
  throw new TestMisused('Matchers of bun test inside of what is expected take: import "@ashlar/testing/bun"')
}

/** As a failing test shows it. */
export function describeDifference({ pointer, expected, actual }: Difference): string {
  return `${pointer === "" ? "the body" : pointer}: expected ${show(expected)}, got ${show(actual)}`
}

function show(value: unknown): string {
  if (value === undefined) return "nothing"
  if (typeof value === "function") return `what ${value.name || "the function"} takes`
  if (value instanceof RegExp || isMatcher(value)) return String(value)
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
