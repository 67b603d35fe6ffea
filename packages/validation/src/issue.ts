/** A validation stops looking after this many issues: who sends a million wrong items is not sent a million lines back. */
export const MAX_ISSUES = 50

/** Values nested deeper than this are refused where a schema would follow them down: by `v.lazy` and by `v.json`. */
export const MAX_DEPTH = 128

/** Texts of the caller are cut to this many characters where a message repeats them. */
const MAX_QUOTED = 64

/**
 * What kind of thing is wrong:
 * - `type`: another type · `required`: a key is absent · `value`: none of the values allowed · `union`: none of the shapes allowed
 * - `too_small`, `too_big`: a length, a size or a number out of bounds · `format`: text of another form
 * - `unknown_key`: a key the object has not · `key`: a record's key of another form
 * - `refused`: a `refine` or `transform` of your own · `too_deep`: nested beyond {@link MAX_DEPTH}
 */
export type IssueCode =
  | "type"
  | "required"
  | "value"
  | "union"
  | "too_small"
  | "too_big"
  | "format"
  | "unknown_key"
  | "key"
  | "refused"
  | "too_deep"

/** One thing that is wrong with a value. Safe to show to who sent it: it repeats no text of theirs but key names and enum values. */
export interface ValidationIssue {
  readonly code: IssueCode
  /** From the root to the place. */
  readonly path: readonly (string | number)[]
  /** "a string", "at most 10 items". Absent for `refused`. */
  readonly expected?: string
  /** What was there, by its kind or size: "a number", "12 items". Absent for `refused`. */
  readonly received?: string
  /** A sentence for people. */
  readonly message: string
}

/** An issue as a check reports it: where it is, the levels above will say. */
export interface Finding {
  readonly code: IssueCode
  readonly expected?: string
  readonly received?: string
  readonly message: string
}

/** What says that a value was meant for another schema, and not that it is a bad one for this. */
const MISMATCHES: ReadonlySet<IssueCode> = new Set(["type", "value", "union"])

interface Located {
  readonly finding: Finding
  /** From the place to the root: each level adds its key as the validation goes back up, so a value that fits pays nothing. */
  readonly upward: (string | number)[]
  readonly isTag: boolean
}

/** One run of a validation. The list is made by the first issue. */
export class Run {
  /** How many issues there are; a check that left it as it was has accepted. */
  count: number = 0
  /** How many levels of `v.lazy` and `v.json` are above. */
  depth: number
  #found: Located[] | undefined

  constructor(depth: number = 0) {
    this.depth = depth
  }

  get isFull(): boolean {
    return this.count >= MAX_ISSUES
  }

  /** "Expected `expected`, got `received`." Gives `undefined`, as does every failed check. */
  expect(code: IssueCode, expected: string, received: string): undefined {
    this.report({ code, expected, received, message: `Expected ${expected}, got ${received}.` })
  }

  tooDeep(): undefined {
    this.report({ code: "too_deep", message: `Expected at most ${MAX_DEPTH} levels, got more.` })
  }

  /** @param isTag The value has not the one literal it must have: see {@link Run.missedTag}. */
  report(finding: Finding, isTag: boolean = false): undefined {
    this.#add({ finding, upward: [], isTag })
  }

  #add(located: Located): void {
    if (this.isFull) return
    this.#found ??= []
    this.#found.push(located)
    this.count++
  }

  /** Says that the issues from `first` on were found under `key`. */
  locate(first: number, key: string | number): void {
    for (let at = first; at < this.count; at++) this.#found?.[at]?.upward.push(key)
  }

  /** Whether the value as a whole is of another type than this run's schema. */
  missesType(): boolean {
    return this.#found?.some(({ upward, finding }) => upward.length === 0 && MISMATCHES.has(finding.code)) ?? false
  }

  /** The tag directly under the value that is another one than this run's schema has. */
  missedTag(): { readonly key: string | number; readonly expected: string } | undefined {
    const missed = this.#found?.find(({ upward, isTag }) => upward.length === 1 && isTag)
    return missed && { key: missed.upward[0]!, expected: missed.finding.expected ?? "" }
  }

  /** Takes over another run's issues. */
  take(other: Run): undefined {
    for (const located of other.#found ?? []) this.#add(located)
  }

  issues(): ValidationIssue[] {
    return (this.#found ?? []).map(({ finding, upward }) => ({ ...finding, path: upward.toReversed() }))
  }
}

/** What a value is, in words. Never the value: it may be a password in the wrong place. */
export function kindOf(value: unknown): string {
  if (value === undefined) return "nothing"
  if (value === null) return "null"
  if (Array.isArray(value)) return "an array"
  switch (typeof value) {
    case "object":
      return "an object"
    case "number":
      return Number.isFinite(value) ? "a number" : String(value)
    case "boolean":
      return String(value)
    default:
      return `a ${typeof value}`
  }
}

/** Text of the caller for a message: quoted, its control characters escaped, and cut. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text)
}

/** `1 item`, `2 items` */
export function counted(count: number, noun: string): string {
  if (count === 1) return `1 ${noun}`
  return `${count} ${noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`}`
}
