import { ExpectationFailed } from "./errors.ts"
import { describeDifference, differencesOf } from "./json-subset.ts"

/** What is looked at of an answer. */
export interface Checked {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined when it is none. */
  readonly value: unknown
}

/** Undefined: as expected. Otherwise what is not, in a line or more. */
export type Verdict = string | undefined

type StatusClass = "1xx" | "2xx" | "3xx" | "4xx" | "5xx"
/** A status, a class of them (`"2xx"`), or a list of those that will do. */
export type ExpectedStatus = number | StatusClass | readonly (number | StatusClass)[]

export function checkStatus(answer: Checked, expected: ExpectedStatus): Verdict {
  const { status } = answer
  const isOf = (one: number | StatusClass): boolean =>
    typeof one === "number" ? status === one : String(status)[0] === one[0]
  const fits = Array.isArray(expected) ? expected.some(isOf) : isOf(expected as number | StatusClass)
  if (fits) return undefined
  const code = codeOf(answer)
  return `Expected status ${Array.isArray(expected) ? expected.join(" or ") : expected}, got ${status}${code === undefined ? "" : ` (${code})`}`
}

export function checkHeader({ headers }: Checked, name: string, expected?: string | RegExp): Verdict {
  const value = headers.get(name)
  if (value === null) return `Expected the header ${name}, got none`
  if (expected === undefined) return undefined
  const fits = typeof expected === "string" ? value === expected : expected.test(value)
  return fits ? undefined : `Expected the header ${name} to be ${String(expected)}, got ${JSON.stringify(value)}`
}

export function checkNoHeader({ headers }: Checked, name: string): Verdict {
  const value = headers.get(name)
  return value === null ? undefined : `Expected no header ${name}, got ${JSON.stringify(value)}`
}

/** An error of a route: a class that `defineError` made, or its code. */
export type ExpectedProblem = string | { readonly code: string; readonly status: number }

export function checkProblem(answer: Checked, expected: ExpectedProblem, subset: object = {}): Verdict {
  const type = answer.headers.get("content-type") ?? "none"
  if (!type.startsWith("application/problem+json"))
    return `Expected a problem document, got ${answer.status} with Content-Type ${type}`
  const code = typeof expected === "string" ? expected : expected.code
  if (codeOf(answer) !== code)
    return `Expected the problem ${code}, got ${answer.status} ${codeOf(answer) ?? "without a code"}`
  const status = typeof expected === "string" ? undefined : expected.status
  if (status !== undefined && status !== answer.status) return checkStatus(answer, status)
  return checkJson(answer, { status: answer.status, ...subset })
}

export function checkJson(answer: Checked, subset: unknown): Verdict {
  if (answer.value === undefined) return `Expected JSON, got ${JSON.stringify(answer.text.slice(0, 100))}`
  const differences = differencesOf(subset, answer.value)
  return differences.length === 0
    ? undefined
    : ["The JSON differs:", ...differences.map((one) => `  ${describeDifference(one)}`)].join("\n")
}

export function checkText({ text }: Checked, expected: string | RegExp): Verdict {
  const fits = typeof expected === "string" ? text === expected : expected.test(text)
  return fits ? undefined : `Expected the text ${String(expected)}, got ${JSON.stringify(text.slice(0, 200))}`
}

function codeOf({ value }: Checked): string | undefined {
  const code = (value as { code?: unknown } | null | undefined)?.code
  return typeof code === "string" ? code : undefined
}

/**
 * An error that has not happened yet, but knows where in a test it was asked for: there it is shown, whenever it is found
 * out.
 */
export function callPlace(): InstanceType<typeof ExpectationFailed> {
  return new ExpectationFailed("")
}

/** The frames of this package are of no use to whoever reads why a test failed. */
const OWN_FRAME = /[/\\](?:expectations|answer|test-request)\.[jt]s\b/

/** @throws {TESTING_EXPECTATION_FAILED} with the exchange under the verdict. */
export function judge(verdict: Verdict, exchange: string, failed: Error): void {
  if (verdict === undefined) return
  const frames = (failed.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line) && !OWN_FRAME.test(line))
  failed.message = `${verdict}\n\n${exchange}\n`
  failed.stack = [`${failed.name}: ${failed.message}`, ...frames].join("\n")
  throw failed
}
