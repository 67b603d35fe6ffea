import { Invalid } from "../errors.ts"
import { Failure } from "../failure.ts"
import type { RequestIssue } from "../request-issue.ts"

/** The 422 that lists what is wrong with a request. */
export function invalid(issues: readonly RequestIssue[]): Failure {
  return new Failure(Invalid, summary(issues), { errors: issues })
}

/** The first issue in a line, and how many there are besides. */
export function summary(issues: readonly RequestIssue[]): string {
  const [first, ...rest] = issues
  const more = rest.length === 0 ? "" : ` (and ${rest.length} more, see errors)`
  return `${first!.in}${first!.pointer}: ${first!.message}${more}`
}
