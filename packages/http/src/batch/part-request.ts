import type { RequestContext } from "../context/request-context.ts"
import { type BatchPart, isJsonType, typeOf } from "./part.ts"

/**
 * What of the batch's own headers its parts do not have: what describes its body or its connection, what is a condition on
 * one resource, and what names one request and no other.
 */
const OWN =
  /^(?:accept-encoding|connection|content-.*|expect|http2-settings|idempotency-key|if-.*|keep-alive|proxy-connection|range|sec-websocket-.*|te|traceparent|tracestate|trailer|transfer-encoding|upgrade|x-request-id)$/

/** Headers that a part may set: what callers of an API choose for each request, and nothing that says who they are. */
export const PART_HEADERS: readonly string[] = [
  "accept",
  "accept-language",
  "api-version",
  "content-language",
  "content-type",
  "idempotency-key",
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-unmodified-since",
  "prefer",
]

/** The batch's headers as all its parts have them. */
export function inheritedHeaders(ctx: RequestContext): Headers {
  const headers = new Headers()
  ctx.headers.forEach((value, name) => {
    if (!OWN.test(name)) headers.set(name, value)
  })
  const { trace } = ctx as { trace?: { headers?: () => Record<string, string> } }
  for (const [name, value] of Object.entries(trace?.headers?.() ?? {})) headers.set(name, value)
  return headers
}

/** A part as a request of its own, to the same host, from the same caller. */
export function partRequest(part: BatchPart, origin: string, inherited: Headers, signal: AbortSignal): Request {
  const headers = new Headers(inherited)
  for (const [name, value] of Object.entries(part.headers ?? {})) headers.set(name, value)
  const { method = "GET", path, body } = part
  if (body === undefined) return new Request(origin + path, { method, headers, signal })
  const type = typeOf(part.headers)
  headers.set("content-type", type)
  const text = isJsonType(type) ? JSON.stringify(body) : (body as string)
  return new Request(origin + path, { method, headers, signal, body: text })
}
