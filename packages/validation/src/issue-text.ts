import type { MessageIssue, Report, ValidationIssue } from "./issue.ts"
import type { Locale } from "./locale.ts"
import { english } from "./locales/en.ts"
import type { Finding, PathStep } from "./run.ts"
import { sentence, type Term } from "./term.ts"

/** The issue that a finding is told as, in a language. */
export function toIssue(finding: Finding, locale: Locale): ValidationIssue {
  const { code, expected, received, report, message, isHidden } = finding
  const path = pathOf(finding.path)
  if (
    message !== undefined ||
    isHidden ||
    expected === undefined ||
    received === undefined ||
    report?.rule !== undefined
  )
    return toOddIssue(finding, path, locale)
  // By far the most are of this kind.
  const told = expectation(expected, received, locale)
  return {
    code,
    path,
    expected: expected.english,
    received: received.english,
    message: report?.advice === undefined ? told : `${told} ${report.advice.in(locale)}`,
  }
}

function pathOf(first: PathStep | undefined): (string | number)[] {
  if (first === undefined) return []
  if (first.rest === undefined) return [first.key]
  const path = [first.key, first.rest.key]
  for (let step = first.rest.rest; step !== undefined; step = step.rest) path.push(step.key)
  return path
}

function expectation(expected: Term, received: Term, locale: Locale): string {
  // The sentence of `locales/en.ts`; what most ask for is put together without looking for its parts.
  if (locale === english) return `${expected.expectation + received.english}.`
  return sentence("expected", { expected, received }, locale)
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** An issue that is told in words of its own, or of which something is left out. */
function toOddIssue(finding: Finding, path: (string | number)[], locale: Locale): ValidationIssue {
  const { code, expected, received, report, message, isHidden } = finding
  const issue: Writable<ValidationIssue> = { code, path, message: "" }
  if (expected !== undefined) issue.expected = expected.english
  if (received !== undefined && !isHidden) issue.received = received.english
  if (report?.rule !== undefined) issue.rule = report.rule
  if (typeof message === "string") issue.message = message
  else if (message !== undefined) issue.message = message(messageIssue(issue, locale))
  else issue.message = isHidden ? hiddenMessage(finding, locale) : oddMessage(report, locale)
  return issue
}

function messageIssue({ path: _, message: __, ...facts }: ValidationIssue, { tag }: Locale): MessageIssue {
  return { ...facts, locale: tag }
}

function oddMessage(report: Report | undefined, locale: Locale): string {
  const told = report?.sentence === undefined ? sentence("refused", {}, locale) : report.sentence(locale)
  return report?.advice === undefined ? told : `${told} ${report.advice.in(locale)}`
}

/** What a message says of what is wanted, without what was sent. */
function hiddenMessage({ code, expected }: Finding, locale: Locale): string {
  if (expected !== undefined) return sentence("expectedOnly", { expected }, locale)
  return sentence(code === "unknown_key" || code === "key" ? "hiddenKey" : "refused", {}, locale)
}
