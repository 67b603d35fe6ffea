import { AshlarError } from "@ashlar/core"
import { type Layer, onError, type RequestIssue } from "@ashlar/http"
import { OrmForeignKeyViolation } from "@ashlar/orm"
import { notFound } from "../refusals.ts"

/**
 * Tells errors as this API's specification wants them, in place of problem documents. What cannot be read is told as what is
 * wrong with it: 422. Defects stay what they are: a problem document with the id under which the log has them.
 */
export const errorForm: Layer = onError(AshlarError, (ctx, thrown) => {
  // Nothing here points at what can go away but an article: somebody deleted it in this moment.
  const error = thrown instanceof OrmForeignKeyViolation ? notFound("article") : thrown
  if (error.status >= 500) return undefined
  const reply = ctx.json({ errors: errorsOf(error) }, statusOf(error))
  return error.status === 401 ? reply.withHeaders({ "www-authenticate": "Token" }) : reply
})

/** 400 and 415 are not in the specification: a body that is no JSON is as wrong as one with wrong values. */
export function statusOf({ status }: { readonly status: number }): number {
  return status === 400 || status === 415 ? 422 : status
}

type Errors = Record<string, readonly string[]>

function errorsOf({ code, message, details = {} }: AshlarError): Errors {
  if (code === "HTTP_INVALID" && Array.isArray(details.errors)) return byField(details.errors)
  const told = Object.entries(details).filter(([, value]) => Array.isArray(value))
  if (told.length > 0) return Object.fromEntries(told) as Errors
  return code === "HTTP_NOT_FOUND" ? { path: ["not found"] } : { body: [message] }
}

/** `/user/email` is about the email; of a list, `/article/tagList/3`, it is the list. */
function byField(issues: readonly RequestIssue[]): Errors {
  const fields = issues.map((issue) => {
    const [first = "body", second] = issue.pointer.split("/").slice(1)
    return { field: issue.in === "body" ? (second ?? first) : first, message: issue.message }
  })
  return Object.fromEntries(
    [...Map.groupBy(fields, ({ field }) => field)].map(([field, all]) => [field, all.map(({ message }) => message)]),
  )
}
