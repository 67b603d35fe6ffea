import { parseJson, readText } from "./answer.ts"
import { fetchTransport, type Outgoing, type Transport } from "./outgoing.ts"

export interface BatchingOptions {
  /** Where the server takes batches. Default `/batch`. */
  readonly path?: string
  /** So many calls in one request at most. Default 20, as servers take. */
  readonly maxParts?: number
  /** The largest answer that is read, in bytes. Default 16 MiB. */
  readonly maxAnswerBytes?: number
  /** What sends batches, and what fits into none. Default: `fetch`. */
  readonly send?: Transport
}

/** Headers that a part has by itself; all others are those of the batch. @see `@ashlar/http/batch` */
const PART = /^(?:accept|accept-language|api-version|content-(?:language|type)|idempotency-key|if-.*|prefer)$/

/** One answer of a batch, as it comes. */
interface Part {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly encoding?: "base64"
}

interface Waiting {
  readonly request: Outgoing
  readonly resolve: (response: Response) => void
  readonly reject: (error: unknown) => void
}

/**
 * A transport that sends the calls of one turn together, to what `batch(app)` of `@ashlar/http/batch` answers. Calls with
 * other headers, to another server, or with a body that is no JSON go in another request. A streamed answer comes whole.
 * @example
 * const api = createClient<Routes>(url, { transport: batching() })
 */
export function batching(options: BatchingOptions = {}): Transport {
  const { path = "/batch", maxParts = 20, maxAnswerBytes = 16 * 1024 * 1024, send = fetchTransport } = options
  const groups = new Map<string, Waiting[]>()
  const flush = (key: string): void => {
    const group = groups.get(key) ?? []
    groups.delete(key)
    if (group.length > 0) void sendGroup(group, { path, maxAnswerBytes, send })
  }
  return (request) => {
    if (request.body !== undefined && typeof request.body !== "string") return send(request)
    return new Promise((resolve, reject) => {
      const key = JSON.stringify([new URL(request.url).origin, shared(request.headers)])
      const group = groups.get(key) ?? []
      groups.set(key, group)
      group.push({ request, resolve, reject })
      if (group.length >= maxParts) flush(key)
      else if (group.length === 1) queueMicrotask(() => queueMicrotask(() => flush(key)))
    })
  }
}

function shared(headers: Headers): readonly (readonly [string, string])[] {
  return [...headers].filter(([name]) => !PART.test(name))
}

type Sending = Required<Pick<BatchingOptions, "path" | "maxAnswerBytes" | "send">>

async function sendGroup(group: readonly Waiting[], { path, maxAnswerBytes, send }: Sending): Promise<void> {
  const [first] = group as [Waiting]
  if (group.length === 1) return send(first.request).then(first.resolve, first.reject)
  // The batch goes on for as long as somebody waits for a part of it.
  const stop = new AbortController()
  let left = group.length
  for (const { request, reject } of group)
    request.signal.addEventListener("abort", () => {
      reject(request.signal.reason)
      if (--left === 0) stop.abort()
    })
  try {
    const headers = new Headers([...shared(first.request.headers), ["content-type", "application/json"]] as [
      string,
      string,
    ][])
    const response = await send({
      method: "POST",
      url: new URL(path, first.request.url).href,
      headers,
      body: JSON.stringify({ requests: group.map(({ request }) => toPart(request)) }),
      signal: stop.signal,
    })
    const text = await readText(response, maxAnswerBytes)
    // What refuses the batch refuses each of its calls.
    if (!response.ok) {
      for (const { resolve } of group) resolve(new Response(text, response))
      return
    }
    const { responses } = parseJson(text) as { responses: readonly Part[] }
    for (const [index, { resolve }] of group.entries()) resolve(toResponse(responses[index]!))
  } catch (error) {
    for (const { reject } of group) reject(error)
  }
}

function toPart({ method, url, headers, body }: Outgoing): object {
  const { pathname, search } = new URL(url)
  return {
    method,
    path: pathname + search,
    headers: Object.fromEntries([...headers].filter(([name]) => PART.test(name))),
    ...(body !== undefined && { body: JSON.parse(body as string) }),
  }
}

function toResponse({ status, headers, body, encoding }: Part): Response {
  const isJson = /[/+]json\b/.test(headers["content-type"] ?? "")
  const text = encoding === "base64" ? Uint8Array.from(atob(body as string), (one) => one.charCodeAt(0)) : body
  const hasBody = body !== undefined && ![204, 205, 304].includes(status)
  return new Response(hasBody ? ((isJson ? JSON.stringify(body) : text) as BodyInit) : null, { status, headers })
}
