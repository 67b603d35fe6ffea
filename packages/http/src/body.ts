import { BodyInvalid, BodyTooLarge, UnsupportedMediaType } from "./errors.ts"

/** How a body can be read. */
export interface BodyKinds {
  json: unknown
  text: string
  bytes: Uint8Array
  form: Readonly<Record<string, string | readonly string[]>>
}

/**
 * Reads a body, whole and once, up to `maxBodyBytes`: a declared length is refused before a byte is read, an
 * undeclared one is counted as it comes.
 * @throws {HTTP_BODY_TOO_LARGE} @throws {HTTP_BODY_INVALID}
 */
export async function readBody<K extends keyof BodyKinds>(
  request: Request,
  kind: K,
  maxBodyBytes: number,
): Promise<BodyKinds[K]> {
  const bytes = await readBytes(request, maxBodyBytes)
  const read: { [Kind in keyof BodyKinds]: () => BodyKinds[Kind] } = {
    json: () => parseJson(decode(bytes)),
    text: () => decode(bytes),
    bytes: () => bytes,
    form: () => toRecord(new URLSearchParams(decode(bytes))),
  }
  return read[kind]()
}

/**
 * Reads the body that a schema describes: JSON, or a form, as its Content-Type says. No body at all is `undefined`.
 * @throws {HTTP_UNSUPPORTED_MEDIA_TYPE} for any other type.
 */
export async function readDeclaredBody(request: Request, maxBodyBytes: number): Promise<unknown> {
  const header = request.headers.get("content-type")
  const type = header === null ? "" : header.split(";", 1)[0]!.trim().toLowerCase()
  if (type === "application/json" || type.endsWith("+json")) return readBody(request, "json", maxBodyBytes)
  if (type === "application/x-www-form-urlencoded") return readBody(request, "form", maxBodyBytes)
  if (request.body === null || request.headers.get("content-length") === "0") return undefined
  throw new UnsupportedMediaType(
    `Expected Content-Type application/json, got ${header === null ? "none" : JSON.stringify(header)}`,
  )
}

async function readBytes(request: Request, maxBodyBytes: number): Promise<Uint8Array> {
  const declared = Number(request.headers.get("content-length") ?? Number.NaN)
  if (declared > maxBodyBytes) throw tooLarge(maxBodyBytes)
  if (request.body === null) return new Uint8Array()
  // The runtimes end a body at its declared length, so a checked length needs no counting.
  if (declared >= 0) return request.bytes().catch(unreadable)
  const chunks: Uint8Array[] = []
  let size = 0
  const reader = request.body.getReader()
  for (;;) {
    const { done, value } = await reader.read().catch(unreadable)
    if (done) break
    size += value.byteLength
    if (size > maxBodyBytes) {
      await reader.cancel().catch(() => undefined) // the limit is the news, not how the rest of the body ends
      throw tooLarge(maxBodyBytes)
    }
    chunks.push(value)
  }
  const whole = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    whole.set(chunk, offset)
    offset += chunk.byteLength
  }
  return whole
}

function unreadable(cause: unknown): never {
  throw new BodyInvalid("The body ended before it was complete, or was already read", { cause })
}

function tooLarge(maxBodyBytes: number): InstanceType<typeof BodyTooLarge> {
  return new BodyTooLarge(`The body is larger than ${maxBodyBytes} bytes`, { details: { maxBodyBytes } })
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new BodyInvalid("The body is not valid UTF-8", { cause })
  }
}

function parseJson(text: string): unknown {
  if (text.trim() === "") throw new BodyInvalid("Expected JSON, got an empty body")
  try {
    return JSON.parse(text)
  } catch (cause) {
    // Only the position is repeated: the runtime's message quotes the body, and the body may hold secrets.
    throw new BodyInvalid(`The body is not valid JSON${positionOf(cause, text)}`, { cause })
  }
}

function positionOf(cause: unknown, text: string): string {
  const place = /position (\d+)/.exec(String(cause))
  if (place === null) return ""
  const before = text.slice(0, Number(place[1])).split("\n")
  return ` (line ${before.length}, column ${before.at(-1)!.length + 1})`
}

/** Pairs as a record without a prototype: a name that repeats becomes a list. */
export function toRecord(pairs: Iterable<readonly [string, string]>): Record<string, string | string[]> {
  const record: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of pairs) {
    const known = record[name]
    if (known === undefined) record[name] = value
    else if (typeof known === "string") record[name] = [known, value]
    else known.push(value)
  }
  return record
}
