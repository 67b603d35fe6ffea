import type { App } from "@ashlar/http"
import type { Received } from "./rules.ts"

const MAX_BODY_BYTES = 4 * 1024 * 1024
/** What has not ended by then is a stream, and was seen enough of. */
const STREAM_MS = 300

/** Sends a request and reads the answer, both within a time. Undefined: no answer came. */
export async function receive(
  app: Pick<App, "fetch">,
  request: () => Request,
  timeoutMs: number,
): Promise<Received | undefined> {
  const abort = new AbortController()
  const response = await before(app.fetch(new Request(request(), { signal: abort.signal })), timeoutMs)
  if (response === undefined) {
    abort.abort()
    return undefined
  }
  const bytes = await readSome(response)
  const text = new TextDecoder().decode(bytes ?? new Uint8Array())
  return {
    status: response.status,
    headers: response.headers,
    text,
    value: bytes === undefined ? undefined : parse(text),
  }
}

/** Undefined where it did not end: too large, or a stream. */
async function readSome({ body, headers }: Response): Promise<Uint8Array | undefined> {
  if (body === null) return new Uint8Array()
  const reader = body.getReader()
  const parts: Uint8Array[] = []
  let size = 0
  if (!headers.get("content-type")?.startsWith("text/event-stream")) {
    while (size <= MAX_BODY_BYTES) {
      const read = await before(reader.read(), STREAM_MS)
      if (read === undefined) break
      if (read.done) return joined(parts, size)
      parts.push(read.value)
      size += read.value.length
    }
  }
  await reader.cancel().catch(() => undefined) // it may have failed by itself
  return undefined
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The result, if it is there in time. What fails later, after nobody waits any more, is nobody's. */
async function before<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
    promise.catch(() => undefined)
  }
}
