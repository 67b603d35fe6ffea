import type { RequestContext } from "../context/request-context.ts"
import type { Endpoint } from "../endpoint.ts"
import { fileChunks, iterableStream } from "./body-stream.ts"
import { Feed } from "./feed.ts"
import { feedStream } from "./feed-stream.ts"
import type { FileSlice } from "./file-slice.ts"
import { checkHeader, checkReply, checkStatus } from "./header.ts"
import {
  type Body,
  isResponse,
  JSON_TYPE,
  kindOf,
  kindOfReply,
  PROBLEM_TYPE,
  Reply,
  type ReplyHeaders,
  type Result,
  TEXT,
  toJson,
  typeOf,
} from "./reply.ts"

/**
 * Results as web-standard responses, built as each runtime likes it best: Bun takes constant headers in a ready
 * `Headers`, Deno wants none at construction. @see docs/decisions
 */

/** The constant headers of a route, ready for `new Response`: one object for each usual type. */
interface ReadyHeaders {
  readonly headers: Headers
}
interface Prepared {
  readonly text: ReadyHeaders | undefined
  readonly json: ReadyHeaders
  readonly problem: ReadyHeaders
  readonly bare: ReadyHeaders | undefined
}

const EMPTY_STATUSES: ReadonlySet<number> = new Set([204, 205, 304])
const isDeno = "Deno" in globalThis
const isBun = "Bun" in globalThis
/** Bun gives text its type when it sends it, unless it is empty. Made when it is needed: `Headers` is dear on Node. */
let emptyText: ReadyHeaders | undefined
function typedText(): ReadyHeaders {
  emptyText ??= { headers: new Headers({ "content-type": TEXT }) }
  return emptyText
}
/** Bun's own `Response.json`, its cheapest way, says the charset; so that all JSON from there says the same. */
const OWN_JSON_TYPE: string = "Bun" in globalThis ? `${JSON_TYPE};charset=utf-8` : JSON_TYPE

/** Turns what a handler returned into a `Response`, with the headers of its layers. */
export function toResponse(ctx: RequestContext, result: Result): Response {
  if (result instanceof Reply) return fromReply(ctx, result)
  // The quick way to tell; one of another realm is told by its tag.
  if (isBun && result instanceof Response) return withHeaders(ctx, result)
  const prepared = preparedOf(ctx.endpoint)
  const kind = kindOf(result)
  if (kind === "json") return decorated(ctx, jsonResponse(ctx, prepared, result))
  if (kind === "text") return decorated(ctx, textResponse(ctx, prepared, result as string))
  if (kind === "none") return decorated(ctx, new Response(null, { ...prepared.bare, status: 204 }))
  if (kind === "response") return withHeaders(ctx, result as Response)
  return fromReply(ctx, kind === "failure" ? ctx.shared.refuse(result, ctx) : new Reply(200, result))
}

function preparedOf(endpoint: Endpoint): Prepared {
  endpoint.webParts ??= prepare(endpoint.constantHeaders)
  return endpoint.webParts as Prepared
}

function prepare(constant: readonly string[]): Prepared {
  const init = (type?: string, more: Readonly<Record<string, string>> = {}): ReadyHeaders => {
    const headers = new Headers()
    for (let index = 0; index < constant.length; index += 2) add(headers, constant[index]!, constant[index + 1]!)
    if (type !== undefined) headers.set("content-type", type)
    for (const name in more) headers.set(name, more[name]!)
    return { headers }
  }
  const isPlain = constant.length === 0
  return {
    text: isPlain ? undefined : init(TEXT),
    json: init(OWN_JSON_TYPE),
    problem: init(PROBLEM_TYPE, { "cache-control": "no-store" }),
    bare: isPlain ? undefined : init(),
  }
}

function jsonResponse(ctx: RequestContext, prepared: Prepared, value: unknown): Response {
  if (prepared.bare === undefined) return Response.json(value)
  return isDeno ? filled(ctx, Response.json(value)) : new Response(toJson(value), prepared.json)
}

function textResponse(ctx: RequestContext, prepared: Prepared, text: string): Response {
  if (isDeno && prepared.text !== undefined) return filled(ctx, new Response(text))
  return new Response(text, prepared.text ?? (text === "" ? typedText() : undefined))
}

/** On Deno, headers that are set afterwards cost half of what they cost at the construction. */
function filled(ctx: RequestContext, response: Response): Response {
  const { constantHeaders } = ctx.endpoint
  const { headers } = response
  for (let index = 0; index < constantHeaders.length; index += 2)
    headers.set(constantHeaders[index]!, constantHeaders[index + 1]!)
  return response
}

function fromReply(ctx: RequestContext, reply: Reply): Response {
  checkReply(reply)
  const { status, value, contentType, headers } = reply
  const prepared = preparedOf(ctx.endpoint)
  const kind = kindOfReply(reply)
  const isEmpty = kind === "none" || EMPTY_STATUSES.has(status)
  const type = isEmpty ? undefined : (contentType ?? typeOf(kind, value))
  const body = isEmpty ? null : toBody(ctx, status, kind === "json" ? toJson(value) : (value as Body))
  const ready = readyFor(prepared, type)
  const constant = (ready ?? prepared.bare)?.headers
  const init = constant === undefined ? { status } : { status, headers: constant }
  const response = new Response(body as BodyInit | null, init)
  if (ready === undefined && type !== undefined) response.headers.set("content-type", type)
  if (kind === "file") setFileHeaders(response.headers, value as FileSlice)
  if (status === 205) response.headers.set("content-length", "0")
  if (headers !== undefined) addAll(response.headers, headers)
  return decorated(ctx, response)
}

function readyFor(prepared: Prepared, type: string | undefined): ReadyHeaders | undefined {
  if (type === JSON_TYPE) return prepared.json
  if (type === PROBLEM_TYPE) return prepared.problem
  return type === TEXT ? (prepared.text ?? typedText()) : undefined
}

function toBody(ctx: RequestContext, status: number, body: Body): Exclude<Body, FileSlice | AsyncIterable<string>> {
  switch (kindOf(body)) {
    case "file":
      // Bun answers a Range by itself from a whole file, though it was decided here that the whole is to be sent.
      return isBun && (status !== 200 || !ctx.headers.has("range"))
        ? bunFile(body as FileSlice)
        : iterableStream(fileChunks(body as FileSlice), reportTo(ctx))
    case "iterable":
      if (body instanceof Feed) return feedStream(body, ctx)
      return iterableStream(body as AsyncIterable<Uint8Array | string>, reportTo(ctx))
    default:
      return body as Exclude<Body, FileSlice | AsyncIterable<string>>
  }
}

function setFileHeaders(headers: Headers, { size, isWhole }: FileSlice): void {
  // Of a whole file Bun says the length itself, as it is when it is sent.
  if (!isBun || !isWhole) headers.set("content-length", String(size))
  if (isBun) headers.set("content-disposition", "inline") // or Bun tells the file's own name
}

function reportTo(ctx: RequestContext): (error: unknown) => void {
  return (error) => ctx.shared.report(error, ctx)
}

function bunFile({ path, start, end, isWhole }: FileSlice): Blob {
  const file = Bun.file(path)
  return isWhole ? file : file.slice(start, end)
}

function addAll(target: Headers, headers: ReplyHeaders): void {
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string") add(target, name, value)
    else for (const line of value) target.append(name, line)
  }
}

/** Adds what was set on the context. */
function decorated(ctx: RequestContext, response: Response): Response {
  const { answerHeaders } = ctx
  if (answerHeaders === undefined) return response
  const { headers } = response
  const isFirst = !ctx.isDecorated
  ctx.isDecorated = true
  for (let index = 0; index < answerHeaders.length; index += 2) {
    const name = answerHeaders[index]!
    // To look for a cookie costs more than to add it, and nobody can have added it yet.
    if (isFirst && name === "set-cookie") headers.append(name, answerHeaders[index + 1]!)
    else add(headers, name, answerHeaders[index + 1]!)
  }
  return response
}

/** A handler's own `Response`: what it says stays, and what it leaves out is filled in. */
function withHeaders(ctx: RequestContext, response: Response): Response {
  const { constantHeaders } = ctx.endpoint
  checkStatus(response.status)
  if (isDeno) for (const [name, value] of response.headers) checkHeader(name, value) // it would end the process
  if (ctx.answerHeaders === undefined && constantHeaders.length === 0) return response
  try {
    return decorated(ctx, completed(constantHeaders, response))
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const copy = new Response(response.body, response) // a Response from fetch() has immutable headers
    return decorated(ctx, completed(constantHeaders, copy))
  }
}

function completed(constant: readonly string[], response: Response): Response {
  for (let index = 0; index < constant.length; index += 2) {
    if (!response.headers.has(constant[index]!)) response.headers.set(constant[index]!, constant[index + 1]!)
  }
  return response
}

/**
 * Sets a header, once: a layer that looks at the answer has it applied already, and it is applied again at the end.
 * Cookies and `vary` add up.
 */
function add(headers: Headers, name: string, text: string): void {
  if (name === "set-cookie") {
    if (!headers.getSetCookie().includes(text)) headers.append(name, text)
  } else if (name === "vary") {
    if (!headers.get(name)?.split(", ").includes(text)) headers.append(name, text)
  } else headers.set(name, text)
}

/**
 * The same as {@link toResponse} for where the answer goes to a test or a platform. Bun says the type of text only when it
 * sends it by itself, and of JSON the charset too: this says what every other runtime says.
 */
export function toTypedResponse(ctx: RequestContext, result: Result): Response {
  const response = withTextType(toResponse(ctx, result), result)
  if (OWN_JSON_TYPE !== JSON_TYPE && response.headers.get("content-type") === OWN_JSON_TYPE)
    response.headers.set("content-type", JSON_TYPE)
  return response
}

function withTextType(response: Response, result: Result): Response {
  if (typeof result === "string" && !response.headers.has("content-type")) response.headers.set("content-type", TEXT)
  return response
}

/** Renders the answer to `HEAD`: all the headers that `GET` would have, its length among them, and no body. */
export function forHead(render: typeof toResponse): typeof toResponse {
  return (ctx, result) => headResponse(withTextType(render(ctx, result), result), result)
}

function headResponse(response: Response, result: Result): Response {
  const headers = new Headers(response.headers)
  const length = lengthOf(result)
  const hasLength = headers.has("content-length") || EMPTY_STATUSES.has(response.status)
  if (length !== undefined && !hasLength) headers.set("content-length", String(length))
  if ("Bun" in globalThis && !headers.has("date")) headers.set("date", new Date().toUTCString())
  void response.body?.cancel().catch(() => undefined)
  // Deno says a length of 0 where it sees no body; of one that it may not look into it says none.
  const body = isDeno && length === undefined && !hasLength ? iterableStream(nothing(), () => undefined) : null
  return new Response(body, { status: response.status, headers })
}

async function* nothing(): AsyncGenerator<string> {}

/** A reply of text that is the same for every request: its headers are made once. */
export function readyResponse(reply: Reply<number, string>): Response {
  let ready = readyResponses.get(reply)
  if (ready === undefined) {
    ready = new Response(reply.value, { status: reply.status, headers: prepare([]).problem.headers })
    readyResponses.set(reply, ready)
  }
  return isDeno ? ready.clone() : new Response(reply.value, ready)
}
const readyResponses = new WeakMap<Reply, Response>()

function lengthOf(result: Result): number | undefined {
  if (isResponse(result)) return undefined
  const { value } = (result instanceof Reply ? result : new Reply(200, result)).encode()
  if (typeof value === "string") return new TextEncoder().encode(value).byteLength
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return value.byteLength
  return (value as { size?: number } | null)?.size
}
