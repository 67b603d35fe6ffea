import type { Locale } from "./locale.ts"
import type { Term } from "./term.ts"

/** A validation stops looking after this many issues: who sends a million wrong items is not sent a million lines back. */
export const MAX_ISSUES = 50

/** Values nested deeper than this are refused where a schema would follow them down: by `v.lazy` and by `v.json`. */
export const MAX_DEPTH = 128

/**
 * What kind of thing is wrong:
 * - `type`: another type · `required`: a key is absent · `value`: none of the values allowed · `union`: none of the shapes allowed
 * - `too_small`, `too_big`: a length, a size or a number out of bounds · `format`: text of another form
 * - `unknown_key`: a key the object has not · `key`: a record's key of another form · `duplicate`: an item that is there twice
 * - `refused`: a rule or `transform` of your own · `too_deep`: nested beyond {@link MAX_DEPTH}
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
  | "duplicate"
  | "refused"
  | "too_deep"

/** One thing that is wrong with a value. Safe to show to who sent it: it repeats no text of theirs but key names and enum values. */
export interface ValidationIssue {
  readonly code: IssueCode
  /** From the root to the place. */
  readonly path: readonly (string | number)[]
  /** "a string", "at most 10 items"; in English always, the message is for people. Absent where a rule of your own refused. */
  readonly expected?: string
  /** What was there, by its kind or size: "a number", "12 items". Absent where `expected` is, and for secrets. */
  readonly received?: string
  /** The name of the rule that refused, where it has one. */
  readonly rule?: string
  /** A sentence for people. */
  readonly message: string
}

/** What a message of your own can be made of. */
export interface MessageIssue extends Omit<ValidationIssue, "message" | "path"> {
  /** The language that is asked for: `de`. */
  readonly locale: string
}

/** A message of your own: as it is, or made for each issue. */
export type Message = string | ((issue: MessageIssue) => string)

/** An issue as a check reports it: where it is, the levels above will say. */
export interface Report {
  readonly code: IssueCode
  readonly expected?: Term
  readonly received?: Term
  readonly rule?: string
  /** In place of "Expected …, got …". */
  readonly sentence?: (locale: Locale) => string
  /** What may be done about it, behind the message. */
  readonly advice?: Term | undefined
  readonly message?: Message | undefined
  /** The value has not the one literal it must have: see {@link Run.missedTag}. */
  readonly isTag?: boolean
}
