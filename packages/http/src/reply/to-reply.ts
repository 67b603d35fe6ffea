import { isResponse, Reply, type Result } from "./reply.ts"

/** Any result as a {@link Reply}, for the layers that look at answers. A `Response` keeps its body as a stream. */
export function toReply(result: Result): Reply {
  if (result instanceof Reply) return result
  if (!isResponse(result)) return new Reply(result === null || result === undefined ? 204 : 200, result)
  const headers: Record<string, string | readonly string[]> = {}
  for (const [name, value] of result.headers) if (name !== "set-cookie") headers[name] = value
  const cookies = result.headers.getSetCookie()
  if (cookies.length > 0) headers["set-cookie"] = cookies
  const { "content-type": type, ...rest } = headers
  return new Reply(result.status, result.body, type as string | undefined, rest)
}
