import { type Problem, problemHeaders } from "../problem.ts"
import { PROBLEM_TYPE, Reply } from "../reply/reply.ts"
import type { ErrorFormat } from "./error-form.ts"
import { errorPage, PAGE_HEADERS } from "./error-page.ts"
import { JSON_API_TYPE, toJsonApi } from "./json-api.ts"

/** A problem as an answer, in the form that its caller prefers; undefined: a problem document. */
export function errorReply(problem: Problem, form: ErrorFormat | undefined): Reply {
  const { status } = problem
  const headers = problemHeaders(problem)
  if (form === undefined) return new Reply(status, problem, PROBLEM_TYPE, headers)
  if (form === "html")
    return new Reply(status, errorPage(problem), "text/html;charset=utf-8", { ...headers, ...PAGE_HEADERS })
  return new Reply(status, toJsonApi(problem), JSON_API_TYPE, { ...headers, "cache-control": "no-store" })
}
