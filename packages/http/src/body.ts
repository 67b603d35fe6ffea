import { parseQuery } from "./context/query.ts"
import { BodyInvalid, BodyTooLarge, UnsupportedMediaType } from "./errors.ts"
import { Failure } from "./failure.ts"
import type { MaybePromise } from "./step.ts"

/** How a body can be read. */
export interface BodyKinds {
  json: unknown
  text: string
  bytes: Uint8Array
  form: Readonly<Record<string, string | readonly string[]>>
}

/** The body of a request, as each runtime's context gives it. What is wrong with it comes back as a value. */
export interface BodySource {
  /** The same as `headers.get`, where that is all that is asked for. */
  headerNamed(name: string): string | null
  readonly hasBody: boolean
  /** Malformed UTF-8 inside becomes U+FFFD, as the web's own `json()` does. Rejects as {@link unreadableBody} reads it. */
  readJson(maxBytes: number): MaybePromise<unknown>
  readBytes(maxBytes: number): Promise<Uint8Array | Failure>
}

/**
 * Reads a body, whole and once, up to `maxBytes`: a declared length is refused before a byte is read, an undeclared one
 * is counted as it comes. Text and forms must be valid UTF-8.
 */
export async function readBody<K extends keyof BodyKinds>(
  source: BodySource,
  kind: K,
  maxBytes: number,
): Promise<BodyKinds[K] | Failure> {
  if (kind === "json") return (await readJson(source, maxBytes)) as BodyKinds[K] | Failure
  if (kind === "form" && isMultipart(source)) return new Failure(UnsupportedMediaType, MULTIPART)
  const bytes = await source.readBytes(maxBytes)
  if (bytes instanceof Failure || kind === "bytes") return bytes as BodyKinds[K] | Failure
  const text = decode(bytes)
  if (text === undefined) return new Failure(BodyInvalid, "The body is not valid UTF-8")
  return (kind === "text" ? text : parseQuery(text, Number.POSITIVE_INFINITY)) as BodyKinds[K]
}

const MULTIPART =
  "Expected Content-Type application/x-www-form-urlencoded, got multipart/form-data, which `@ashlar/http/uploads` reads"

function isMultipart(source: BodySource): boolean {
  return /^\s*multipart\//i.test(source.headerNamed("content-type") ?? "")
}

async function readJson(source: BodySource, maxBytes: number): Promise<unknown> {
  try {
    return await source.readJson(maxBytes)
  } catch (error) {
    return unreadableBody(error)
  }
}

/** Reads the body that a schema describes: JSON, or a form, as its Content-Type says. No body at all is `undefined`. */
export function readDeclaredBody(source: BodySource, maxBytes: number): MaybePromise<unknown> {
  const header = source.headerNamed("content-type")
  if (header === "application/json") return source.readJson(maxBytes) // the usual case needs no parsing of the header
  const type = header === null ? "" : header.split(";", 1)[0]!.trim().toLowerCase()
  if (type === "application/json" || type.endsWith("+json")) return source.readJson(maxBytes)
  if (type === "application/x-www-form-urlencoded") return readBody(source, "form", maxBytes)
  if (!source.hasBody) return undefined
  const got = header === null ? "none" : JSON.stringify(header)
  return new Failure(UnsupportedMediaType, `Expected Content-Type application/json, got ${got}`)
}

/** The declared length; `undefined` when there is none; a failure when it is over the limit. */
export function declaredLength(
  source: Pick<BodySource, "headerNamed">,
  maxBytes: number,
): number | Failure | undefined {
  const header = source.headerNamed("content-length")
  if (header === null) return undefined
  const length = Number(header)
  if (length > maxBytes) return tooLarge(maxBytes)
  return length >= 0 ? length : undefined
}

export function tooLarge(maxBodyBytes: number): Failure {
  return new Failure(BodyTooLarge, `The body is larger than ${maxBodyBytes} bytes`, { maxBodyBytes })
}

export function unreadable(): Failure {
  return new Failure(BodyInvalid, "The body ended before it was complete, or was already read")
}

/** What is wrong with a body whose reading failed: bad JSON is a `SyntaxError`; anything else broke off, or was read before. */
export function unreadableBody(error: unknown): Failure {
  return error instanceof SyntaxError || error instanceof RangeError ? notJson(false) : unreadable()
}

/** Reads a text as JSON; what is wrong with it comes back as a value. A byte order mark is no part of it. */
export function parseJson(text: string): unknown {
  if (text === "") return notJson(true)
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  } catch {
    return notJson(false)
  }
}

/** Only that it is wrong is said: a parser's message quotes the body, and the body may hold secrets. */
export function notJson(isEmpty: boolean): Failure {
  return new Failure(BodyInvalid, isEmpty ? "Expected JSON, got an empty body" : "The body is not valid JSON")
}

/** Joins what comes, up to `maxBytes`. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array | Failure> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of chunks) {
      parts.push(chunk)
      size += chunk.byteLength
    }
  } catch (error) {
    return error instanceof BodyTooLarge
      ? tooLarge((error.details as { maxBodyBytes: number }).maxBodyBytes)
      : unreadable()
  }
  if (parts.length === 1) return parts[0]!
  const whole = new Uint8Array(size)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.byteLength
  }
  return whole
}

/** Passes chunks on while they are within the limit. @throws {HTTP_BODY_TOO_LARGE} @throws {HTTP_BODY_INVALID} */
export async function* counted(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let size = 0
  const iterator = chunks[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = await iterator.next().catch(() => {
        throw unreadable().toError()
      })
      if (done) return
      size += value.byteLength
      if (size > maxBytes) throw tooLarge(maxBytes).toError()
      yield value
    }
  } finally {
    await iterator.return?.().catch(() => undefined) // the reader is done with it, however the rest of it ends
  }
}

/** An iterable as a web stream: one chunk for each pull. */
export function streamOf(chunks: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    async cancel() {
      await iterator.return?.()
    },
  })
}

export function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}
