import { ResponseInvalid } from "../errors.ts"
import { isFailure } from "../failure.ts"
import type { FileSlice } from "./file-slice.ts"

/** Headers as a plain record; a list where one header is sent several times (`set-cookie`). Names in lower case. */
export type ReplyHeaders = Readonly<Record<string, string | readonly string[]>>

/** A body as it goes to the wire. */
export type Body =
  | string
  | Uint8Array
  | ArrayBuffer
  | Blob
  | FileSlice
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array | string>
  | null

/** A reply whose body is ready for the wire, and whose type is decided. */
export interface EncodedReply extends Reply {
  readonly value: Body
}

/**
 * What a handler answers when it says more than a value: a status, headers, a body not yet turned into bytes.
 * A plain object and no `Response`, because each runtime builds its answer in its own cheapest way.
 */
export class Reply<Status extends number = number, Value = unknown> {
  readonly status: Status
  readonly value: Value
  /** Undefined: decided by the value (text, JSON, bytes). */
  readonly contentType: string | undefined
  readonly headers: ReplyHeaders | undefined

  constructor(status: Status, value: Value, contentType?: string, headers?: ReplyHeaders) {
    this.status = status
    this.value = value
    this.contentType = contentType
    this.headers = headers
  }

  /** The same reply with more headers; one that is there already is replaced. */
  withHeaders(headers: ReplyHeaders): Reply<Status, Value> {
    return new Reply(this.status, this.value, this.contentType, { ...this.headers, ...headers })
  }

  /** The same status and headers around another body. */
  withBody<V>(value: V, contentType: string | undefined = this.contentType): Reply<Status, V> {
    return new Reply(this.status, value, contentType, this.headers)
  }

  /** The reply with its value as text, bytes or a stream, and its content type decided. */
  encode(): EncodedReply {
    const { value, contentType } = this
    const kind = kindOfReply(this)
    const body = kind === "json" ? toJson(value) : (value as Body)
    const decided = body === null || body === undefined ? undefined : (contentType ?? typeOf(kind, value))
    return new Reply(this.status, body ?? null, decided, this.headers) as EncodedReply
  }
}

/** What a handler may return: a value, a {@link Reply}, a {@link Failure}, or a web-standard `Response`. */
export type Result = unknown

/** How a value becomes a body. A `response` is no body, but has one; a `failure` is told to the caller. */
export type Kind = "none" | "text" | "json" | "bytes" | "blob" | "stream" | "iterable" | "file" | "response" | "failure"

export const TEXT = "text/plain;charset=utf-8"
export const JSON_TYPE = "application/json"
/** Answers of this type are errors, and nothing about an error may be cached. */
export const PROBLEM_TYPE = "application/problem+json"
const BYTES = "application/octet-stream"

/**
 * Sorts a value by what its body will be. Plain objects and lists, the usual case, are told by their prototype: naming
 * `Response` or `Blob` would load them on Node, which costs 30 ms and 18 MB, so the rest is told by its tag.
 */
export function kindOf(value: unknown): Kind {
  if (typeof value === "string") return "text"
  if (value === null || value === undefined) return "none"
  if (typeof value !== "object") return "json"
  if (isPlain(value)) return "json"
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return "bytes"
  switch (tagOf(value)) {
    case "ReadableStream":
      return "stream"
    case "Blob":
    case "File":
      return "blob"
    case "FileSlice":
      return "file"
    case "Response":
      return "response"
  }
  if (isFailure(value)) return "failure"
  return Symbol.asyncIterator in value ? "iterable" : "json"
}

/** The same for a reply, which may say that its `null` is the one of JSON: `ctx.json(null)`. */
export function kindOfReply({ value, contentType }: Reply): Kind {
  return value === null && contentType === JSON_TYPE ? "json" : kindOf(value)
}

/** Whether a value is an object or a list as JSON has them: by far the most results are. */
export function isPlain(value: object | null): boolean {
  if (value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}

/** The `Symbol.toStringTag` of an object, which survives bundles and realms where `instanceof` does not. */
export function tagOf(value: object): string | undefined {
  return (value as { readonly [Symbol.toStringTag]?: string })[Symbol.toStringTag]
}

export function isResponse(value: unknown): value is Response {
  return typeof value === "object" && value !== null && tagOf(value) === "Response"
}

export function typeOf(kind: Kind, value: unknown): string {
  if (kind === "text") return TEXT
  if (kind === "json") return JSON_TYPE
  if (kind === "blob") return (value as Blob).type || BYTES
  if (kind === "file") return (value as FileSlice).type ?? BYTES
  return BYTES
}

export function toJson(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined
  // A function or a symbol has no JSON; sending nothing in its place would hide the mistake.
  if (text === undefined) throw new ResponseInvalid(`A handler returned a ${typeof value}, which has no JSON form`)
  return text
}

/** Whether a layer's `before` gave an answer, in place of fields for the context. */
export function isAnswer(value: unknown): boolean {
  if (isPlain(value as object)) return false
  return value instanceof Reply || isFailure(value) || isResponse(value)
}
