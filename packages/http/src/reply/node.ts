import type { ServerResponse } from "node:http"
import type { NodeContext } from "../context/node-context.ts"
import type { Endpoint } from "../endpoint.ts"
import { Feed } from "./feed.ts"
import { checkReply } from "./header.ts"
import { room, writeFeed } from "./node-feed.ts"
import { endWithLines, endWithText, isOrdinary, linesOf } from "./node-head.ts"
import { lingerAfterAnswer } from "./node-linger.ts"
import {
  type Body,
  JSON_TYPE,
  kindOf,
  kindOfReply,
  PROBLEM_TYPE,
  Reply,
  type Result,
  TEXT,
  toJson,
  typeOf,
} from "./reply.ts"
import { type Source, sourceOf } from "./source.ts"
import { toReply } from "./to-reply.ts"

/** Results as Node writes them cheapest: one flat list of headers, one `writeHead`, and the text with `end`. */

const EMPTY_STATUSES: ReadonlySet<number> = new Set([103, 204, 205, 304])

/** Sends what a handler returned. The promise of a streamed body ends with the stream; anything else is sent at once. */
export function sendNode(ctx: NodeContext, result: Result): Promise<void> | undefined {
  if (result instanceof Reply) return sendReply(ctx, result)
  const kind = kindOf(result)
  if (kind === "json") return sendText(ctx, { status: 200, type: JSON_TYPE, text: toJson(result) })
  if (kind === "text") return sendText(ctx, { status: 200, type: TEXT, text: result as string })
  return sendReply(ctx, kind === "failure" ? ctx.shared.refuse(result, ctx) : toReply(result))
}

/** A reply of text that is the same for every request. */
export function sendReady(answer: ServerResponse, { status, value }: Reply<number, string>): void {
  endWithText(answer, status, READY_HEAD, value)
}
const READY_HEAD = ["content-type", PROBLEM_TYPE, "cache-control", "no-store"]

interface TextAnswer {
  readonly status: number
  readonly type: string
  readonly text: string
  readonly headers?: Reply["headers"]
}

function sendText(ctx: NodeContext, { status, type, text, headers }: TextAnswer): undefined {
  const { answer } = ctx
  const isConstant = headers === undefined && ctx.answerHeaders === undefined
  const lines = isConstant && isOrdinary(answer) && !leavesBody(ctx) ? constantLines(ctx.endpoint, type) : undefined
  if (lines !== undefined) endWithLines(answer, status, lines, text)
  else endWithText(answer, status, headOf(ctx, type, headers), text)
}

/** A body left unread (too large, not wanted) would be taken for the next request on this connection. */
function leavesBody({ message, hasBody }: NodeContext): boolean {
  return !message.complete && hasBody
}

/** The lines that every answer of a route has, for the usual types; undefined when Node has a say in one of them. */
function constantLines(endpoint: Endpoint, type: string): string | undefined {
  if (type !== JSON_TYPE && type !== TEXT) return undefined
  endpoint.nodeParts ??= { [JSON_TYPE]: linesFor(endpoint, JSON_TYPE), [TEXT]: linesFor(endpoint, TEXT) }
  return (endpoint.nodeParts as Readonly<Record<string, string | undefined>>)[type]
}

function linesFor({ constantHeaders }: Endpoint, type: string): string | undefined {
  const head = [...constantHeaders]
  put(head, "content-type", type)
  return linesOf(head)
}

function sendReply(ctx: NodeContext, reply: Reply): Promise<void> | undefined {
  checkReply(reply)
  const { status, value, contentType, headers } = reply
  const kind = kindOfReply(reply)
  const { answer } = ctx
  if (kind === "none" || EMPTY_STATUSES.has(status)) {
    const head = headOf(ctx, undefined, headers)
    if (!EMPTY_STATUSES.has(status) || status === 205) put(head, "content-length", "0")
    answer.writeHead(status, head)
    answer.end()
    return undefined
  }
  const type = contentType ?? typeOf(kind, value)
  if (kind === "json" || kind === "text")
    return sendText(ctx, { status, type, headers, text: kind === "json" ? toJson(value) : (value as string) })
  const head = headOf(ctx, type, headers)
  const size = sizeOf(value)
  if (size !== undefined && !head.includes("content-length")) head.push("content-length", String(size))
  answer.writeHead(status, head)
  if (value instanceof Feed) {
    writeFeed(value, ctx)
    return undefined
  }
  if (kind !== "bytes") return pump(sourceOf(value as Body), ctx)
  answer.end(value instanceof ArrayBuffer ? new Uint8Array(value) : value)
  return undefined
}

function sizeOf(value: unknown): number | undefined {
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return value.byteLength
  return (value as { readonly size?: number }).size
}

/** Constant headers, then the reply's, then what was set on the context: a later one replaces an earlier one. */
function headOf(ctx: NodeContext, type: string | undefined, headers: Reply["headers"]): string[] {
  const head = [...ctx.endpoint.constantHeaders]
  if (type !== undefined) put(head, "content-type", type)
  if (type === PROBLEM_TYPE) put(head, "cache-control", "no-store")
  for (const name in headers) {
    const value = headers[name]!
    if (typeof value === "string") put(head, name.toLowerCase(), value)
    else for (const line of value) head.push(name.toLowerCase(), line)
  }
  const { answerHeaders } = ctx
  if (answerHeaders !== undefined) {
    for (let index = 0; index < answerHeaders.length; index += 2)
      put(head, answerHeaders[index]!, answerHeaders[index + 1]!)
  }
  if (leavesBody(ctx)) {
    put(head, "connection", "close")
    lingerAfterAnswer(ctx.message)
  }
  return head
}

/** Sets a header in a flat list. Cookies and `vary` add up. */
export function put(head: string[], name: string, value: string): void {
  if (name !== "set-cookie") {
    for (let index = 0; index < head.length; index += 2) {
      if (head[index] !== name) continue
      head[index + 1] = name === "vary" ? `${head[index + 1]}, ${value}` : value
      return
    }
  }
  head.push(name, value)
}

/** Writes what comes, as fast as the caller takes it. A caller who goes away ends the source. */
async function pump(source: Source, { answer, method }: NodeContext): Promise<void> {
  if (method === "HEAD") {
    source.stop()
    answer.end()
    return
  }
  answer.once("close", source.stop)
  answer.flushHeaders() // whoever waits for the first event should know that the stream is open
  try {
    for (;;) {
      const { done, value } = await source.next()
      if (done || answer.destroyed) break
      if (!answer.write(value)) await room(answer)
    }
    answer.end()
  } catch (error) {
    answer.destroy() // the head is sent: breaking off is the only way left to say that the body is not whole
    throw error
  }
}
