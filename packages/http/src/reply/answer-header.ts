import type { BaseContext } from "../context/context.ts"
import type { RequestContext } from "../context/request-context.ts"
import type { Reply } from "./reply.ts"

/**
 * A header of the answer as it will be sent: what was set on the context wins over the reply's own, and that over what
 * layers say constantly.
 * @param name in lower case.
 */
export function answerHeader(ctx: BaseContext, reply: Reply, name: string): string | undefined {
  const { answerHeaders, endpoint } = ctx as RequestContext
  return lastOf(answerHeaders, name) ?? replyHeader(reply, name) ?? lastOf(endpoint.constantHeaders, name)
}

function lastOf(flat: readonly string[] | undefined, name: string): string | undefined {
  if (flat === undefined) return undefined
  for (let at = flat.length - 2; at >= 0; at -= 2) if (flat[at] === name) return flat[at + 1]
  return undefined
}

/** A header of the reply alone. Their names are in lower case, but not everybody reads the documentation. */
export function replyHeader({ headers }: Reply, name: string): string | undefined {
  if (headers === undefined) return undefined
  let value = headers[name]
  if (value === undefined) {
    for (const other in headers)
      if (other.length === name.length && other.toLowerCase() === name) value = headers[other]
  }
  return value === undefined || typeof value === "string" ? value : value.join(", ")
}
