import { clientError } from "./client-error.ts"
import type { Entry } from "./manifest.ts"

/** One try of a call, before it is sent. */
export interface Outgoing {
  readonly method: string
  url: string
  readonly headers: Headers
  readonly body: BodyInit | undefined
  readonly signal: AbortSignal
}

/** Sends one request. Rejects when there is no answer. */
export type Transport = (request: Outgoing) => Promise<Response>

/** The parts that an input may have. */
export interface Input {
  readonly params?: Readonly<Record<string, unknown>>
  readonly query?: Readonly<Record<string, unknown>>
  readonly headers?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

/** The address that an input makes of a path pattern. @throws {CLIENT_INPUT_INVALID} */
export function toUrl(base: string, path: string, { params = {}, query = {} }: Input): string {
  const segments = path.split("/").map((segment) => fill(segment, params))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const one of Array.isArray(value) ? value : [value]) if (one !== undefined) search.append(name, toText(one))
  const text = search.toString()
  return base + segments.filter((one) => one !== undefined).join("/") + (text && `?${text}`)
}

function fill(segment: string, params: Readonly<Record<string, unknown>>): string | undefined {
  const [, kind, name, optional] = /^([:*])(.*?)(\??)$/.exec(segment) ?? []
  if (kind === undefined) return segment
  const key = name || "*"
  const value = Object.hasOwn(params, key) ? params[key] : undefined
  if (value === undefined || value === "") {
    if (kind === "*" || optional) return undefined
    throw clientError("CLIENT_INPUT_INVALID", `"${key}" is missing.`)
  }
  const text = toText(value)
  const parts = kind === "*" ? text.split("/") : [text]
  // Every reader of an address takes these as steps in it, however they are encoded.
  if (parts.some((part) => part === "." || part === ".."))
    throw clientError("CLIENT_INPUT_INVALID", `"${key}" may not be "." or "..".`)
  return parts.map(encodeURIComponent).join("/")
}

function toText(value: unknown): string {
  return value instanceof Date ? value.toISOString() : typeof value === "object" ? JSON.stringify(value) : String(value)
}

/** The body of an input, and its type if the platform does not know it by itself. */
export function toBody(body: unknown): readonly [body: BodyInit | undefined, type?: string] {
  // Forms, blobs, buffers and streams have a tag; what becomes JSON has none.
  const isReady = body === undefined || (typeof body === "object" && body !== null && Symbol.toStringTag in body)
  return isReady ? [body as BodyInit | undefined] : [JSON.stringify(body), "application/json"]
}

/** Whether it does no harm to send it twice. @see https://www.rfc-editor.org/rfc/rfc9110#section-9.2.2 */
export function isRepeatable({ method }: Entry, headers: Headers, body: BodyInit | undefined): boolean {
  if (body instanceof ReadableStream) return false
  return (method !== "POST" && method !== "PATCH") || headers.has("idempotency-key")
}

/** The transport of clients that name no other. A body that is a stream goes out as it comes. */
export const fetchTransport: Transport = ({ url, ...init }) => fetch(url, { ...init, duplex: "half" } as RequestInit)
