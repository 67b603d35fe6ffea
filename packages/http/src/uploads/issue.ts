import type { AshlarError } from "@ashlar/core"
import { Invalid, PartTooLarge } from "../errors.ts"
import type { RequestIssue } from "../request-issue.ts"

/** From the form to the place: a field's name, and behind it which of its files. */
export type FormPath = readonly (string | number)[]

/** What may be wrong with a form that is well-formed; the words that a schema's issues use where they mean the same. */
export type FormIssueCode = "required" | "unknown_key" | "too_big" | "type" | "file_type" | "file_extension"

/** One thing that is wrong with a form, in the shape of a schema's issues, so that a page shows both alike. */
export function formIssue(path: FormPath, code: FormIssueCode, message: string): RequestIssue {
  return { in: "body", pointer: toPointer(path), code, message }
}

/** An RFC 6901 JSON pointer. @see https://www.rfc-editor.org/rfc/rfc6901 */
function toPointer(path: FormPath): string {
  return path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("")
}

export function tooLarge(path: FormPath, maxBytes: number): AshlarError {
  const issue = formIssue(path, "too_big", `Expected at most ${maxBytes} bytes, got more.`)
  return new PartTooLarge(`body${issue.pointer}: ${issue.message}`, { details: { maxBytes, errors: [issue] } })
}

export function invalid(issues: readonly RequestIssue[]): AshlarError {
  const [first, ...rest] = issues
  const more = rest.length === 0 ? "" : ` (and ${rest.length} more, see errors)`
  return new Invalid(`body${first?.pointer}: ${first?.message}${more}`, { details: { errors: issues } })
}
