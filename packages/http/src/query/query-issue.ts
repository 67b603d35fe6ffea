import type { StandardIssue } from "@ashlar/core"

/** Texts of the caller are cut to this many characters where a message repeats them. */
const MAX_QUOTED = 64
/** Names that a message lists. */
const MAX_LISTED = 30

/** One thing that is wrong with a query. Its words are those of the schemas of Ashlar. */
export interface QueryIssue extends StandardIssue {
  readonly code: "unknown_key" | "value" | "type" | "too_big" | "too_small" | "format" | "duplicate"
  readonly path: readonly [parameter: string]
  readonly expected?: string
  readonly received?: string
}

/** "Expected `expected`." in the words of a parameter. */
export function wrong(parameter: string, code: QueryIssue["code"], expected: string): QueryIssue {
  return { code, path: [parameter], expected, message: `Expected ${expected}.` }
}

/** A name that is not on the list, which is told. */
export function notAllowed(
  parameter: string,
  { got, allowed }: { readonly got: string; readonly allowed: readonly string[] },
): QueryIssue {
  const expected = oneOf(allowed)
  return { code: "value", path: [parameter], expected, message: `Expected ${expected}, got ${quoted(got)}.` }
}

/** A parameter that there is not. */
export function unknownParameter(parameter: string, allowed: readonly string[]): QueryIssue {
  const known = allowed.length === 0 ? "There are none here." : `Known are ${listed(allowed)}.`
  return { code: "unknown_key", path: [parameter], message: `Unknown parameter ${quoted(parameter)}. ${known}` }
}

function oneOf(allowed: readonly string[]): string {
  return allowed.length === 0 ? "nothing here" : `one of ${listed(allowed)}`
}

function listed(names: readonly string[]): string {
  const more = names.length > MAX_LISTED ? `, and ${names.length - MAX_LISTED} more` : ""
  return names.slice(0, MAX_LISTED).join(", ") + more
}

function quoted(text: string): string {
  return JSON.stringify(text.length > MAX_QUOTED ? `${text.slice(0, MAX_QUOTED)}…` : text)
}
