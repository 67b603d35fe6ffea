import { MultipartInvalid, UploadMisused } from "../errors.ts"
import { boundaryOf } from "./boundary.ts"
import { tooLarge } from "./issue.ts"
import { checkLimits } from "./limits.ts"
import { MultipartReader } from "./multipart-reader.ts"
import type { PartHeaders } from "./part-headers.ts"
import { decodeUtf8 } from "./utf8.ts"

/** What is read here of a request's context: any `ctx` of a handler or a layer will do. */
export interface UploadContext {
  readonly headers: { get(name: string): string | null }
  /** The body as it comes, counted against a limit in bytes; without one, against the route's. */
  chunks(maxBodyBytes?: number): AsyncIterable<Uint8Array>
  /** Aborts when the answer is not wanted any more. Looked at on routes with a `timeoutMs` only: on Deno that is dear. */
  readonly signal?: AbortSignal
  readonly route?: { readonly timeoutMs: number | undefined }
  /** Told of cleanups that fail, which nobody else would hear of. */
  defer?(cleanup: () => void | Promise<void>): void
}

/** What bounds a form as a whole. */
export interface MultipartLimits {
  /** The whole body. Default: the route's `maxBodyBytes`. Beyond: HTTP_BODY_TOO_LARGE. */
  readonly maxBodyBytes?: number
  /** Fields and files together. Default 100. Beyond: HTTP_PARTS_TOO_MANY. */
  readonly maxParts?: number
  /** The headers of one part. Default 8,192. Beyond: HTTP_PART_HEADERS_TOO_LARGE. */
  readonly maxHeaderBytes?: number
  /**
   * What may stand before the first boundary, after the last, and in the line of each; it means nothing and is thrown
   * away. Default 1,024. Beyond: HTTP_MULTIPART_INVALID.
   */
  readonly maxPaddingBytes?: number
}

export interface PartLimit {
  /** The most bytes of content that are read. Beyond: HTTP_PART_TOO_LARGE. */
  readonly maxBytes?: number
}

const DEFAULT_MAX_WHOLE_BYTES = 1024 * 1024

/**
 * One field or file of a form, while it is there: its content is read once, in the turn of the loop that gave it out, in
 * one of four ways, or not at all.
 */
export class MultipartPart implements PartHeaders {
  /** The field's name. */
  readonly name: string
  /** The file's name on the machine it came from, as it was sent: data, never a path. Undefined for a text field. */
  readonly filename: string | undefined
  /** The declared media type, lower-cased, without parameters. Only a claim: see `sniffType`. */
  readonly type: string
  /** All headers of the part, by lower-cased name; a record without a prototype. */
  readonly headers: Readonly<Record<string, string>>
  readonly #reader: MultipartReader
  readonly #index: number
  #isTaken = false

  constructor(headers: PartHeaders, reader: MultipartReader) {
    this.name = headers.name
    this.filename = headers.filename
    this.type = headers.type
    this.headers = headers.headers
    this.#reader = reader
    this.#index = reader.parts
  }

  /**
   * The content as it comes. Nothing is read ahead: the next bytes are asked of the client when the loop asks for them.
   * @param limit Default: only the whole body is bounded.
   * @throws {HTTP_PART_TOO_LARGE} @throws {HTTP_MULTIPART_TRUNCATED} @throws {HTTP_UPLOAD_MISUSED} when read twice or late
   */
  async *chunks(limit: PartLimit = {}): AsyncGenerator<Uint8Array, void, undefined> {
    this.#take()
    const { maxBytes = Number.POSITIVE_INFINITY } = limit
    let size = 0
    for (;;) {
      const chunk = await this.#next()
      if (chunk === undefined) return
      size += chunk.length
      if (size > maxBytes) throw tooLarge([this.name], maxBytes)
      yield chunk
    }
  }

  /** The content as a web stream, with the same promises as {@link MultipartPart.chunks}. */
  stream(limit: PartLimit = {}): ReadableStream<Uint8Array> {
    const chunks = this.chunks(limit)
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          const { done, value } = await chunks.next()
          if (done === true) controller.close()
          else controller.enqueue(value)
        },
        async cancel() {
          await chunks.return()
        },
      },
      { highWaterMark: 0 }, // else the stream would read one chunk before anybody wants it
    )
  }

  /** The content as a whole. @param limit Default 1 MiB. @throws {HTTP_PART_TOO_LARGE} */
  async bytes(limit: PartLimit = {}): Promise<Uint8Array> {
    this.#take()
    const { maxBytes = DEFAULT_MAX_WHOLE_BYTES } = limit
    const chunks: Uint8Array[] = []
    let size = 0
    for (;;) {
      const next = this.#next()
      const chunk = next instanceof Promise ? await next : next
      if (chunk === undefined) break
      size += chunk.length
      if (size > maxBytes) throw tooLarge([this.name], maxBytes)
      chunks.push(chunk)
    }
    const whole = new Uint8Array(size)
    let at = 0
    for (const chunk of chunks) {
      whole.set(chunk, at)
      at += chunk.length
    }
    return whole
  }

  /** The content as text. @param limit Default 1 MiB. @throws {HTTP_PART_TOO_LARGE} @throws {HTTP_MULTIPART_INVALID} when it is not UTF-8 */
  async text(limit: PartLimit = {}): Promise<string> {
    return this.decode(await this.bytes(limit))
  }

  /** Content of this part as text, for those who read it as bytes. @throws {HTTP_MULTIPART_INVALID} when it is not UTF-8 */
  decode(bytes: Uint8Array): string {
    const text = decodeUtf8(bytes)
    if (text === undefined) throw new MultipartInvalid(`Part ${this.#index} is not valid UTF-8`)
    return text
  }

  #take(): void {
    if (this.#isTaken) throw new UploadMisused(`The part "${this.name}" was read before. Read it once`)
    this.#isTaken = true
  }

  #next(): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    if (this.#reader.parts === this.#index) return this.#reader.nextChunk()
    throw new UploadMisused(`The part "${this.name}" has passed. Read it before the next one is asked for`)
  }
}

/**
 * Reads a `multipart/form-data` body part by part, in the order they were sent. Memory holds one chunk of the body,
 * whatever the size of the parts; a part that is not read is passed over.
 *
 * @throws {HTTP_UNSUPPORTED_MEDIA_TYPE} @throws {HTTP_MULTIPART_INVALID} @throws {HTTP_MULTIPART_TRUNCATED}
 * @throws {HTTP_BODY_TOO_LARGE} @throws {HTTP_PARTS_TOO_MANY} @throws {HTTP_PART_HEADERS_TOO_LARGE}
 * @see https://www.rfc-editor.org/rfc/rfc7578
 * @example
 * app.post("/import", async (ctx) => {
 *   let rows = 0
 *   for await (const part of multipart(ctx, { maxBodyBytes: 2 ** 31 })) {
 *     if (part.name === "csv") for await (const chunk of part.chunks()) rows += countLines(chunk)
 *   }
 *   return { rows }
 * })
 */
export async function* multipart(
  ctx: UploadContext,
  limits: MultipartLimits = {},
): AsyncGenerator<MultipartPart, void, undefined> {
  const { maxBodyBytes, maxParts = 100, maxHeaderBytes = 8192, maxPaddingBytes = 1024 } = limits
  checkLimits({ maxBodyBytes, maxParts, maxHeaderBytes, maxPaddingBytes })
  const boundary = boundaryOf(ctx.headers.get("content-type"))
  const reader = new MultipartReader(ctx.chunks(maxBodyBytes), boundary, { maxParts, maxHeaderBytes, maxPaddingBytes })
  try {
    for (;;) {
      const headers = await reader.nextPart()
      if (headers === undefined) return
      yield new MultipartPart(headers, reader)
    }
  } finally {
    await reader.close()
  }
}
