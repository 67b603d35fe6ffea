/**
 * What a handler answers when it says more than a value: a status, headers, a body not yet turned into bytes.
 * A plain object and no `Response`, because each runtime builds its answer in its own cheapest way.
 */
export class Reply<Status extends number = number, Value = unknown> {
  readonly status: Status
  readonly value: Value
  readonly contentType: string | undefined
  readonly headers: Readonly<Record<string, string>> | undefined

  constructor(status: Status, value: Value, contentType?: string, headers?: Readonly<Record<string, string>>) {
    this.status = status
    this.value = value
    this.contentType = contentType
    this.headers = headers
  }
}

/** What a handler may return: a value, a {@link Reply}, or a web-standard `Response`. */
export type Result = unknown

const EMPTY_STATUSES = new Set([101, 204, 205, 304])

/** Turns what a handler returned into a `Response`. `extra` holds the headers set on the context. */
export function toResponse(result: Result, extra: readonly (readonly [string, string])[]): Response {
  if (result instanceof Response) return extra.length === 0 ? result : withHeaders(result, extra)
  const reply = result instanceof Reply ? result : undefined
  const value = reply === undefined ? result : reply.value
  const headers = new Headers(reply?.headers)
  const body = encodeBody(value, reply?.contentType, headers)
  for (const [name, text] of extra) append(headers, name, text)
  const status = reply?.status ?? (body === null ? 204 : 200)
  return new Response(EMPTY_STATUSES.has(status) ? null : body, { status, headers })
}

function encodeBody(value: unknown, contentType: string | undefined, headers: Headers): BodyInit | null {
  if (value === null || value === undefined) return null
  const typed = (fallback: string): void => {
    if (!headers.has("content-type")) headers.set("content-type", contentType ?? fallback)
  }
  if (typeof value === "string") {
    typed("text/plain; charset=utf-8")
    return value
  }
  if (value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof ReadableStream) {
    typed("application/octet-stream")
    return value as BodyInit
  }
  if (value instanceof Blob) {
    typed(value.type === "" ? "application/octet-stream" : value.type)
    return value
  }
  typed("application/json")
  return JSON.stringify(value)
}

function withHeaders(response: Response, extra: readonly (readonly [string, string])[]): Response {
  try {
    for (const [name, text] of extra) append(response.headers, name, text)
    return response
  } catch {
    const copy = new Response(response.body, response) // a Response from fetch() has immutable headers
    for (const [name, text] of extra) append(copy.headers, name, text)
    return copy
  }
}

/** Sets a header once: a layer that looks at the answer has it applied already, and it is applied again at the end. */
function append(headers: Headers, name: string, text: string): void {
  if (name === "set-cookie") {
    if (!headers.getSetCookie().includes(text)) headers.append(name, text)
  } else if (name === "vary") {
    if (!headers.get(name)?.split(", ").includes(text)) headers.append(name, text)
  } else headers.set(name, text)
}
