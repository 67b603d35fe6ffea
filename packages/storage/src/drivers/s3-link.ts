import { createHash } from "node:crypto"
import { AwsV4Signer } from "aws4fetch"
import { XMLParser } from "fast-xml-parser"
import { StorageChecksumMismatch, StorageFailed, StoragePreconditionFailed } from "../errors.ts"

/** Where a bucket is, and who asks. */
export interface S3Place {
  /** With the bucket, without a slash behind it: `https://bucket.s3.eu-central-1.amazonaws.com` or `https://host/bucket`. */
  readonly base: string
  readonly bucket: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
}

export interface S3LinkOptions {
  readonly timeoutMs: number
  readonly attempts: number
}

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE"
  readonly key?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array<ArrayBuffer>
  /** Statuses of 400 and more that are answers and no mistakes. */
  readonly expect?: readonly number[]
  readonly signal?: AbortSignal | undefined
}

export interface S3Answer {
  readonly status: number
  readonly headers: Headers
  readonly response: Response
}

const EMPTY_SHA256 = createHash("sha256").digest("hex")
const FIRST_BACKOFF_MS = 100
const MAX_BACKOFF_MS = 5_000
/** What S3 says in XML is small. */
const MAX_XML_BYTES = 8 * 1024 * 1024

/** Asks S3, or what speaks like it: signs, waits no longer than it may, and asks again where that is right. */
export class S3Link {
  readonly place: S3Place
  readonly #options: S3LinkOptions
  readonly #closing = new AbortController()

  constructor(place: S3Place, options: S3LinkOptions) {
    this.place = place
    this.#options = options
  }

  /**
   * @throws {STORAGE_FAILED} {STORAGE_PRECONDITION_FAILED} {STORAGE_CHECKSUM_MISMATCH} by what S3 says
   */
  async ask(request: S3Request): Promise<S3Answer> {
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt >= this.#options.attempts
      const outcome = await this.#askOnce(request)
      if (outcome instanceof Response) {
        const { status, headers } = outcome
        if (status < 400 || request.expect?.includes(status)) return { status, headers, response: outcome }
        const error = await readError(outcome)
        if (isLast || !isPassing(status, error.code)) throw toError(status, error)
      } else if (isLast) throw new StorageFailed("S3 cannot be reached, or does not answer.", { cause: outcome.cause })
      await this.#pause(attempt, request.signal)
    }
  }

  async #askOnce(request: S3Request): Promise<Response | { readonly cause: unknown }> {
    request.signal?.throwIfAborted()
    const late = new AbortController()
    const timer = setTimeout(
      () => late.abort(new StorageFailed(`S3 did not answer within ${this.#options.timeoutMs} ms.`)),
      this.#options.timeoutMs,
    )
    const signals = [late.signal, this.#closing.signal, ...(request.signal === undefined ? [] : [request.signal])]
    try {
      const { url, headers } = await this.#sign(request)
      return await fetch(url, {
        method: request.method,
        headers,
        ...(request.body !== undefined && { body: request.body }),
        redirect: "manual",
        signal: AbortSignal.any(signals),
      })
    } catch (cause) {
      request.signal?.throwIfAborted()
      if (this.#closing.signal.aborted) throw this.#closing.signal.reason
      return { cause }
    } finally {
      clearTimeout(timer) // it is for the head of an answer: a body takes as long as its reader does
    }
  }

  async #sign({ method, key, query, headers, body }: S3Request): Promise<{ url: URL; headers: Headers }> {
    const sha256 = body === undefined ? EMPTY_SHA256 : createHash("sha256").update(body).digest("hex")
    const signer = new AwsV4Signer({
      method,
      url: this.urlOf(key, query),
      headers: { ...headers, "x-amz-content-sha256": sha256 },
      ...this.#signing(),
    })
    return await signer.sign()
  }

  /** An address that holds its own permission. */
  async presign(
    method: "GET" | "PUT",
    key: string,
    {
      expiresInSeconds,
      query = {},
      headers = {},
    }: { expiresInSeconds: number; query?: S3Request["query"]; headers?: S3Request["headers"] },
  ): Promise<string> {
    const signer = new AwsV4Signer({
      method,
      url: this.urlOf(key, { ...query, "X-Amz-Expires": String(expiresInSeconds) }),
      headers: { ...headers },
      signQuery: true,
      allHeaders: true,
      ...this.#signing(),
    })
    return String((await signer.sign()).url)
  }

  #signing(): { accessKeyId: string; secretAccessKey: string; sessionToken?: string; service: "s3"; region: string } {
    const { accessKeyId, secretAccessKey, sessionToken, region } = this.place
    return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }), service: "s3", region }
  }

  urlOf(key: string | undefined, query: S3Request["query"] = {}): string {
    const path = key === undefined ? "" : encodeKey(key)
    const pairs = Object.entries(query).map(([name, value]) => `${encodeRfc3986(name)}=${encodeRfc3986(value)}`)
    return `${this.place.base}/${path}${pairs.length === 0 ? "" : `?${pairs.join("&")}`}`
  }

  async #pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
    const mostMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (attempt - 1))
    await new Promise((done) => setTimeout(done, mostMs * (0.5 + Math.random() / 2)))
    signal?.throwIfAborted()
  }

  close(reason: Error): void {
    this.#closing.abort(reason)
  }
}

export function encodeKey(key: string): string {
  return key.split("/").map(encodeRfc3986).join("/")
}

function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}

interface S3Problem {
  readonly code: string
}

async function readError(response: Response): Promise<S3Problem> {
  const document = await readXml(response).catch(() => undefined)
  const error = document?.Error as Record<string, unknown> | undefined
  const code = String(error?.Code ?? "")
  return { code: /^\w{1,64}$/.test(code) ? code : "" }
}

/** Whether to ask again: the server is busy, or has trouble of its own. */
function isPassing(status: number, code: string): boolean {
  return status >= 500 || status === 429 || code === "RequestTimeout" || code === "SlowDown"
}

const MISMATCHES: ReadonlySet<string> = new Set([
  "BadDigest",
  "XAmzContentSHA256Mismatch",
  "XAmzContentChecksumMismatch",
])

export function toError(status: number, { code }: S3Problem): Error {
  if (status === 412 || code === "ConditionalRequestConflict") return new StoragePreconditionFailed()
  if (MISMATCHES.has(code)) return new StorageChecksumMismatch("The bytes changed on their way to S3.")
  return new StorageFailed(`S3 answered ${status}${code === "" ? "" : ` ${code}`}.`)
}

const LISTS: ReadonlySet<string> = new Set(["Contents", "CommonPrefixes", "Error"])
const parser = new XMLParser({
  parseTagValue: false,
  ignoreAttributes: true,
  isArray: (name: string, path: unknown) => LISTS.has(name) && path !== "Error",
})

/** @throws {STORAGE_FAILED} for what is no XML, or too much of it. */
export async function readXml(response: Response): Promise<Record<string, unknown>> {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length
    if (sizeBytes > MAX_XML_BYTES) throw new StorageFailed("S3 answered with more than it should.")
    pieces.push(chunk)
  }
  try {
    return parser.parse(Buffer.concat(pieces).toString()) as Record<string, unknown>
  } catch (cause) {
    throw new StorageFailed("S3 answered with something that is no XML.", { cause })
  }
}
