import { randomUUID } from "node:crypto"
import { AshlarError } from "@ashlar/core"
import { crc32c, crcToBase64 } from "../crc32c.ts"
import { StorageFailed, StorageTooLarge } from "../errors.ts"
import type { WriteCondition } from "../storage.ts"
import { OWN_MARK, unquoted } from "./s3-facts.ts"
import { readXml, type S3Link, toError } from "./s3-link.ts"

const MAX_PARTS = 10_000

/** An object that goes to S3 in parts. Nothing is visible before `complete`; `abort` takes all of it away. */
export class S3Upload {
  readonly #link: S3Link
  readonly #key: string
  readonly #id: string
  readonly #etags: string[] = []
  readonly #sending: Set<Promise<void>> = new Set()
  readonly #atOnce: number
  readonly #mark: string
  #crc = 0
  #failure: { readonly error: unknown } | undefined

  private constructor(
    link: S3Link,
    { key, id, atOnce, mark }: { key: string; id: string; atOnce: number; mark: string },
  ) {
    this.#link = link
    this.#key = key
    this.#id = id
    this.#atOnce = atOnce
    this.#mark = mark
  }

  static async begin(
    link: S3Link,
    key: string,
    options: { headers: Record<string, string>; atOnce: number },
  ): Promise<S3Upload> {
    const checksum = { "x-amz-checksum-algorithm": "CRC32C", "x-amz-checksum-type": "FULL_OBJECT" }
    const mark = randomUUID()
    const headers = { ...options.headers, ...checksum, [OWN_MARK]: mark }
    const { response } = await link.ask({ method: "POST", key, query: { uploads: "" }, headers })
    const document = await readXml(response)
    const id = (document.InitiateMultipartUploadResult as Record<string, string> | undefined)?.UploadId
    if (id === undefined) throw new StorageFailed("S3 began an upload without saying which.")
    return new S3Upload(link, { key, id, atOnce: options.atOnce, mark })
  }

  /** Resolves when there is room for the next part. Rejects with what went wrong with any part. */
  async send(part: Uint8Array<ArrayBuffer>, signal: AbortSignal | undefined): Promise<void> {
    const number = this.#etags.push("")
    if (number > MAX_PARTS)
      throw new StorageTooLarge(`Expected at most ${MAX_PARTS} parts, got more. Raise \`partBytes\` of the URL.`, {
        details: { maxBytes: MAX_PARTS * part.length },
      })
    this.#crc = crc32c(part, this.#crc)
    await this.#start(number, async () => {
      const headers = { "x-amz-checksum-crc32c": crcToBase64(crc32c(part)) }
      const query = { partNumber: String(number), uploadId: this.#id }
      const answer = await this.#link.ask({ method: "PUT", key: this.#key, query, headers, body: part, signal })
      return answer.headers.get("etag") ?? ""
    })
  }

  /** A part of another object, which S3 reads by itself. */
  async copy(headers: Record<string, string>): Promise<void> {
    const number = this.#etags.push("")
    await this.#start(number, async () => {
      const query = { partNumber: String(number), uploadId: this.#id }
      const { response } = await this.#link.ask({ method: "PUT", key: this.#key, query, headers })
      const document = await readXml(response)
      return String((document.CopyPartResult as Record<string, unknown> | undefined)?.ETag ?? "")
    })
  }

  async #start(number: number, send: () => Promise<string>): Promise<void> {
    const sending = send().then(
      (etag) => {
        this.#etags[number - 1] = etag
      },
      (error: unknown) => {
        this.#failure ??= { error }
      },
    )
    this.#sending.add(sending)
    void sending.finally(() => this.#sending.delete(sending))
    while (this.#sending.size >= this.#atOnce) await Promise.race(this.#sending)
    if (this.#failure !== undefined) throw this.#failure.error
  }

  /** @returns the etag. */
  async complete(condition: WriteCondition, { isCopy = false }: { readonly isCopy?: boolean } = {}): Promise<string> {
    await Promise.all(this.#sending)
    if (this.#failure !== undefined) throw this.#failure.error
    const parts = this.#etags.map(
      (etag, at) => `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escapeXml(etag)}</ETag></Part>`,
    )
    const body = `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${parts.join("")}</CompleteMultipartUpload>`
    const whole = isCopy
      ? undefined
      : { "x-amz-checksum-crc32c": crcToBase64(this.#crc), "x-amz-checksum-type": "FULL_OBJECT" }
    const answer = await this.#link.ask({
      method: "POST",
      key: this.#key,
      query: { uploadId: this.#id },
      headers: { "content-type": "application/xml", ...whole, ...conditionHeaders(condition) },
      body: new TextEncoder().encode(body),
      expect: [404],
    })
    const document = await readXml(answer.response).catch(() => ({}) as Record<string, unknown>)
    const done = document.CompleteMultipartUploadResult as Record<string, unknown> | undefined
    if (done !== undefined) return unquoted(String(done.ETag ?? ""))
    // Where the answer to a first question was lost, the upload is gone because it is complete.
    if (answer.status === 404) {
      const { headers } = await this.#link.ask({ method: "HEAD", key: this.#key, expect: [404] })
      if (headers.get(OWN_MARK) === this.#mark) return unquoted(headers.get("etag") ?? "")
    }
    // S3 may answer 200 before it knows how it ends.
    throw toError(answer.status, { code: codeOf(document) })
  }

  /** Never throws: what failed before is what is to be told. */
  async abort(): Promise<void> {
    await Promise.all(this.#sending)
    try {
      await this.#link.ask({ method: "DELETE", key: this.#key, query: { uploadId: this.#id }, expect: [404] })
    } catch (error) {
      if (!(error instanceof AshlarError)) throw error
    }
  }
}

export function conditionHeaders({ ifMatch, ifNoneMatch }: WriteCondition): Record<string, string> {
  if (ifMatch !== undefined) return { "if-match": `"${ifMatch}"` }
  return ifNoneMatch === undefined ? {} : { "if-none-match": ifNoneMatch }
}

export function codeOf(document: Record<string, unknown>): string {
  const error = document.Error
  const first = (Array.isArray(error) ? error[0] : error) as Record<string, unknown> | undefined
  return String(first?.Code ?? "")
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
