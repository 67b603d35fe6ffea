import { AshlarError, type ErrorReport, fromReport } from "@ashlar/core"
import { type BaseContext, Failure, Reply, type ReplyHeaders, type Result } from "@ashlar/http"
import { IdempotencyAnswerUnkept, IdempotencyStoreFailed } from "./errors.ts"

/** An answer as it is kept, in JSON. */
type KeptAnswer =
  | {
      readonly kind: "reply"
      readonly status: number
      readonly contentType: string | null
      readonly headers: ReplyHeaders
      readonly text?: string
      readonly base64?: string
    }
  /** Told anew, so that it comes in the form that the caller takes. */
  | { readonly kind: "error"; readonly report: ErrorReport; readonly headers: ReplyHeaders }
  /** Done, with an answer that is not kept. */
  | { readonly kind: "unkept"; readonly status: number; readonly why: string }

export interface KeepRules {
  readonly maxBodyBytes: number
  readonly keepsCookies: boolean
  /** How many headers the layers outside had set: what comes after them belongs to the answer. */
  readonly mark: number
}

/** What is written, and what the caller gets, whose body may have been read meanwhile. */
export interface Kept {
  readonly text: string
  readonly result: Result
}

interface Internals {
  readonly answerHeaders?: readonly string[]
}

/** How many headers are set on the context by now. */
export function headersSet(ctx: BaseContext): number {
  return (ctx as BaseContext & Internals).answerHeaders?.length ?? 0
}

/** The status that a result is sent with; 500 for what is thrown and no error of ours. */
export function statusOf(result: Result): number {
  if (result instanceof Reply || isFailure(result) || isResponse(result)) return result.status
  return result === null || result === undefined ? 204 : 200
}

export function isFailure(value: unknown): value is Failure | AshlarError {
  return value instanceof Failure || value instanceof AshlarError
}

/** By its tag: on Node to name `Response` is to load it. */
function isResponse(value: unknown): value is Response {
  const tagged = value as { readonly [Symbol.toStringTag]?: string } | null
  return typeof value === "object" && tagged?.[Symbol.toStringTag] === "Response"
}

/** An answer as text. What cannot be kept whole is kept as what was done all the same: it must not run again. */
export async function keepAnswer(ctx: BaseContext, result: Result, rules: KeepRules): Promise<Kept> {
  if (isFailure(result)) {
    const { report } = result instanceof Failure ? { report: result.toError().report() } : { report: result.report() }
    return { text: write({ kind: "error", report, headers: headersOf(ctx, undefined, rules) }), result }
  }
  const read = isResponse(result) ? await readResponse(result, rules.maxBodyBytes) : { reply: toReply(result), result }
  const { reply, result: sent } = read
  if (reply === undefined) return { text: unkept(statusOf(result), "its body is a stream or too large"), result: sent }
  const { value, contentType } = reply.encode()
  const body = value instanceof ArrayBuffer ? new Uint8Array(value) : value
  if (body !== null && typeof body !== "string" && !(body instanceof Uint8Array))
    return { text: unkept(reply.status, "its body is a stream or a file"), result: sent }
  if (body !== null && Buffer.byteLength(body) > rules.maxBodyBytes)
    return { text: unkept(reply.status, "its body is too large"), result: sent }
  const headers = headersOf(ctx, reply, rules)
  if ("set-cookie" in headers && !rules.keepsCookies)
    return { text: unkept(reply.status, "it sets a cookie, and nobody in particular asked"), result: sent }
  const kept = {
    kind: "reply",
    status: reply.status,
    contentType: contentType ?? null,
    headers,
    ...(typeof body === "string" && { text: body }),
    ...(body instanceof Uint8Array && { base64: Buffer.from(body).toString("base64") }),
  } as const
  return { text: write(kept), result: sent }
}

function write(kept: KeptAnswer): string {
  return JSON.stringify(kept)
}
function unkept(status: number, why: string): string {
  return write({ kind: "unkept", status, why })
}

function toReply(result: Result): Reply {
  if (result instanceof Reply) return result
  return new Reply(result === null || result === undefined ? 204 : 200, result)
}

interface ReadResponse {
  readonly reply: Reply | undefined
  readonly result: Result
}

/** Reads a response of its handler's own up to the bound. What is longer goes on to the caller, unread. */
async function readResponse(response: Response, maxBytes: number): Promise<ReadResponse> {
  const type = response.headers.get("content-type") ?? undefined
  const isEndless = /^(?:text\/event-stream|application\/x-ndjson|multipart\/)/i.test(type ?? "")
  if (isEndless || Number(response.headers.get("content-length") ?? 0) > maxBytes)
    return { reply: undefined, result: response }
  const headers: Record<string, string | readonly string[]> = {}
  for (const [name, value] of response.headers) headers[name] = value
  delete headers["content-type"]
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers["set-cookie"] = cookies
  if (response.body === null) return { reply: new Reply(response.status, null, undefined, headers), result: response }
  const [own, theirs] = response.body.tee()
  const bytes = await readUpTo(own, maxBytes)
  const { status, statusText } = response
  const result = new Response(bytes ?? theirs, { status, statusText, headers: response.headers })
  if (bytes !== undefined) await theirs.cancel()
  return { reply: bytes === undefined ? undefined : new Reply(status, bytes, type, headers), result }
}

async function readUpTo(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const pieces: Uint8Array[] = []
  let size = 0
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return new Uint8Array(Buffer.concat(pieces))
    size += value.byteLength
    pieces.push(value)
    if (size <= maxBytes) continue
    void reader.cancel()
    return undefined
  }
}

/** Of one connection or one moment, not of the answer. */
const PASSING: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "date",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
])

/** Those of the reply and those set on the context inside, names in lower case. */
function headersOf(ctx: BaseContext, reply: Reply | undefined, { mark }: KeepRules): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  const add = (name: string, value: string): void => {
    if (PASSING.has(name)) return
    if (name === "set-cookie") headers[name] = [...((headers[name] as string[] | undefined) ?? []), value]
    else headers[name] = name === "vary" && headers.vary !== undefined ? `${headers.vary}, ${value}` : value
  }
  for (const [name, value] of Object.entries(reply?.headers ?? {}))
    for (const one of typeof value === "string" ? [value] : value) add(name.toLowerCase(), one)
  const set = (ctx as BaseContext & Internals).answerHeaders ?? []
  for (let at = mark; at < set.length; at += 2) add(set[at]!, set[at + 1]!)
  return headers
}

/** Gives a kept answer again. @throws {IDEMPOTENCY_ANSWER_UNKEPT} {IDEMPOTENCY_STORE_FAILED} */
export function replay(ctx: BaseContext, text: string): Result {
  const kept = read(text)
  if (kept.kind === "unkept")
    throw new IdempotencyAnswerUnkept(
      `The request with this Idempotency-Key was done with status ${kept.status}. Its answer was not kept: ${kept.why}.`,
      { details: { status: kept.status } },
    )
  ctx.set("idempotency-replayed", "true")
  if (kept.kind === "error") {
    for (const [name, value] of Object.entries(kept.headers))
      for (const one of typeof value === "string" ? [value] : value) ctx.set(name, one)
    return fromReport(kept.report)
  }
  const { status, contentType, headers, text: body, base64 } = kept
  const value = base64 === undefined ? (body ?? null) : new Uint8Array(Buffer.from(base64, "base64"))
  return new Reply(status, value, contentType ?? undefined, headers)
}

function read(text: string): KeptAnswer {
  try {
    return JSON.parse(text) as KeptAnswer
  } catch (cause) {
    throw new IdempotencyStoreFailed("What is kept for a key is no answer that this layer writes.", { cause })
  }
}
