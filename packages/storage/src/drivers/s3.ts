import { createHash, randomUUID } from "node:crypto"
import type { DriverUrl } from "@ashlar/core"
import { contentDisposition } from "@ashlar/core/files"
import {
  StorageClosed,
  StorageFailed,
  StorageOptionInvalid,
  StoragePreconditionFailed,
  StorageRangeInvalid,
} from "../errors.ts"
import { compareKeys } from "../key.ts"
import type { CopyOptions, ListedObject, SignOptions, StoredObject } from "../storage.ts"
import type {
  ByteSpan,
  Incoming,
  ObjectStore,
  Opened,
  PutFacts,
  StoreList,
  StorePage,
  StoreSigner,
  WantedRange,
} from "../store.ts"
import { checksumsOf, fromHeaders, OWN_MARK, toHeaders, unquoted } from "./s3-facts.ts"
import { encodeKey, readXml, S3Link } from "./s3-link.ts"
import { type S3Options, toPlace } from "./s3-place.ts"
import { conditionHeaders, escapeXml, S3Upload } from "./s3-upload.ts"

/** Beyond this S3 copies by parts only. */
const MAX_COPY_BYTES = 5 * 1024 ** 3
const COPY_PART_BYTES = 1024 ** 3
/** Behind all that begins with what is before it. */
const LAST_CHARACTER = "\u{10ffff}"

/** Opens a bucket. It is not asked for before its first use. */
export function open(url: DriverUrl, options: S3Options): ObjectStore {
  return new S3Objects(new S3Link(toPlace(url, options), options), options)
}

export interface S3Limits {
  readonly partBytes: number
  readonly partsAtOnce: number
  readonly acl: boolean
  readonly copyBytes?: number
  readonly copyPartBytes?: number
}

export class S3Objects implements ObjectStore {
  readonly #link: S3Link
  readonly #limits: Required<S3Limits>
  readonly signer: StoreSigner

  constructor(link: S3Link, limits: S3Limits) {
    this.#link = link
    this.#limits = { copyBytes: MAX_COPY_BYTES, copyPartBytes: COPY_PART_BYTES, ...limits }
    this.signer = { sign: (key, options) => this.#signUrl(key, options), publicUrl: (key) => link.urlOf(key) }
  }

  async put(key: string, incoming: Incoming, facts: PutFacts): Promise<StoredObject> {
    const { partBytes } = this.#limits
    const parts = new PartSource(incoming.chunks, partBytes)
    const first = await parts.next()
    const second = first.length < partBytes ? new Uint8Array(0) : await parts.next()
    if (second.length === 0) return await this.#putWhole(key, { body: first, incoming, facts })
    return await this.#putParts(key, { first, second, parts, incoming, facts })
  }

  async #putWhole(
    key: string,
    { body, incoming, facts }: { body: Uint8Array<ArrayBuffer>; incoming: Incoming; facts: PutFacts },
  ): Promise<StoredObject> {
    const sha256 = incoming.finish()
    const { contentType, metadata, visibility, signal } = facts
    const said = { contentType, metadata, visibility, sha256 }
    const mark = randomUUID()
    const condition = conditionHeaders(facts)
    const isConditional = Object.keys(condition).length > 0
    const headers = {
      ...toHeaders(said, this.#limits.acl),
      "x-amz-checksum-sha256": Buffer.from(sha256, "hex").toString("base64"),
      ...condition,
      ...(isConditional && { [OWN_MARK]: mark }),
    }
    const answer = await this.#link.ask({ method: "PUT", key, headers, body, signal, expect: [404, 412] })
    await answer.response.body?.cancel()
    const stored = (etag: string): StoredObject => ({
      key,
      sizeBytes: body.length,
      etag,
      modified: new Date(),
      ...said,
    })
    if (answer.status < 400) return stored(unquoted(answer.headers.get("etag") ?? ""))
    if (answer.status === 412) {
      // The answer to a first question may have been lost, and this be the object that it stored.
      const { headers: now } = await this.#link.ask({ method: "HEAD", key, expect: [404] })
      if (now.get(OWN_MARK) === mark) return stored(unquoted(now.get("etag") ?? ""))
    }
    // With a condition 404 says that the object is not there; without one, that the bucket is not.
    if (!isConditional) throw new StorageFailed("S3 answered 404: there is no such bucket.")
    throw new StoragePreconditionFailed()
  }

  async #putParts(
    key: string,
    {
      first,
      second,
      parts,
      incoming,
      facts,
    }: {
      first: Uint8Array<ArrayBuffer>
      second: Uint8Array<ArrayBuffer>
      parts: PartSource
      incoming: Incoming
      facts: PutFacts
    },
  ): Promise<StoredObject> {
    const { contentType, metadata, visibility, sha256: expected, signal } = facts
    // What is said of an object is said when it begins: its checksum only if the caller knows it already.
    const said = { contentType, metadata, visibility, sha256: expected }
    const atOnce = this.#limits.partsAtOnce
    const upload = await S3Upload.begin(this.#link, key, { headers: toHeaders(said, this.#limits.acl), atOnce })
    try {
      await upload.send(first, signal)
      let sizeBytes = first.length
      for (let part = second; part.length > 0; part = await parts.next()) {
        sizeBytes += part.length
        await upload.send(part, signal)
      }
      const sha256 = incoming.finish()
      signal?.throwIfAborted()
      const etag = await upload.complete(facts)
      return { key, sizeBytes, etag, contentType, metadata, visibility, modified: new Date(), sha256 }
    } catch (error) {
      await upload.abort()
      throw error
    }
  }

  async open(key: string, range: WantedRange | undefined, ifMatch: string | undefined): Promise<Opened | undefined> {
    const headers = {
      "x-amz-checksum-mode": "ENABLED",
      ...(range !== undefined && { range: rangeHeader(range) }),
      ...(ifMatch !== undefined && { "if-match": `"${ifMatch}"` }),
    }
    const reading = new AbortController()
    const answer = await this.#link.ask({ method: "GET", key, headers, expect: [404, 416], signal: reading.signal })
    const { status, response } = answer
    if (status === 404) {
      await response.body?.cancel()
      return undefined
    }
    const about = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+)$/.exec(answer.headers.get("content-range") ?? "")
    if (status === 416) {
      await response.body?.cancel()
      throw new StorageRangeInvalid(undefined, { ...(about?.[3] && { details: { sizeBytes: Number(about[3]) } }) })
    }
    const length = Number(answer.headers.get("content-length") ?? Number.NaN)
    const span =
      about?.[1] === undefined ? { start: 0, end: length } : { start: Number(about[1]), end: Number(about[2]) + 1 }
    const object = fromHeaders(key, answer.headers, about?.[3] === undefined ? length : Number(about[3]))
    return {
      object,
      range: span,
      chunks: readBody(response, span),
      checksums: checksumsOf(answer.headers),
      cancel: async () => reading.abort(new StorageFailed("The read was given up.")),
    }
  }

  async head(key: string): Promise<StoredObject | undefined> {
    const { status, headers } = await this.#head(key)
    return status === 404 ? undefined : fromHeaders(key, headers, Number(headers.get("content-length") ?? 0))
  }

  #head(key: string): Promise<{ status: number; headers: Headers }> {
    return this.#link.ask({ method: "HEAD", key, headers: { "x-amz-checksum-mode": "ENABLED" }, expect: [404] })
  }

  async copy(from: string, to: string, changes: CopyOptions): Promise<StoredObject | undefined> {
    const { status, headers: found } = await this.#head(from)
    if (status === 404) return undefined
    const source = fromHeaders(from, found, Number(found.get("content-length") ?? 0))
    const { contentType, metadata, visibility } = { ...source, ...changes }
    const copied = { ...source, key: to, contentType, metadata, visibility }
    const { copyBytes, acl } = this.#limits
    const headers = toHeaders({ ...copied, sha256: source.sha256 }, acl)
    const sourceHeaders = {
      "x-amz-copy-source": `/${this.#link.place.bucket}/${encodeKey(from)}`,
      "x-amz-copy-source-if-match": `"${source.etag}"`,
    }
    // Servers that weigh no condition of a copy are many; those that do make it certain.
    await this.#weighTarget(to, changes)
    if (source.sizeBytes > copyBytes) {
      const etag = await this.#copyParts(to, { source, headers, sourceHeaders, changes })
      return { ...copied, etag, modified: new Date() }
    }
    const directive = { "x-amz-metadata-directive": "REPLACE", ...conditionHeaders(changes) }
    const { response } = await this.#link.ask({
      method: "PUT",
      key: to,
      headers: { ...headers, ...sourceHeaders, ...directive },
    })
    const document = await readXml(response)
    const done = document.CopyObjectResult as Record<string, unknown> | undefined
    if (done === undefined) throw new StorageFailed("S3 did not copy the object.")
    return { ...copied, etag: unquoted(String(done.ETag ?? "")), modified: new Date() }
  }

  async #weighTarget(key: string, { ifMatch, ifNoneMatch }: CopyOptions): Promise<void> {
    if (ifMatch === undefined && ifNoneMatch === undefined) return
    const now = (await this.head(key))?.etag
    if (ifNoneMatch === "*" ? now !== undefined : now !== ifMatch) throw new StoragePreconditionFailed()
  }

  async #copyParts(
    to: string,
    {
      source,
      headers,
      sourceHeaders,
      changes,
    }: {
      source: StoredObject
      headers: Record<string, string>
      sourceHeaders: Record<string, string>
      changes: CopyOptions
    },
  ): Promise<string> {
    const { copyPartBytes, partsAtOnce } = this.#limits
    const upload = await S3Upload.begin(this.#link, to, { headers, atOnce: partsAtOnce })
    try {
      for (let at = 0; at < source.sizeBytes; at += copyPartBytes) {
        const last = Math.min(at + copyPartBytes, source.sizeBytes) - 1
        await upload.copy({ ...sourceHeaders, "x-amz-copy-source-range": `bytes=${at}-${last}` })
      }
      return await upload.complete(changes, { isCopy: true })
    } catch (error) {
      await upload.abort()
      throw error
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return
    const objects = keys.map((key) => `<Object><Key>${escapeXml(key)}</Key></Object>`).join("")
    const xml = `<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Quiet>true</Quiet>${objects}</Delete>`
    const body = new TextEncoder().encode(xml)
    const md5 = createHash("md5").update(body).digest("base64")
    const headers = { "content-type": "application/xml", "content-md5": md5 }
    const { response } = await this.#link.ask({ method: "POST", query: { delete: "" }, headers, body })
    const result = (await readXml(response)).DeleteResult as { Error?: readonly unknown[] } | "" | undefined
    const failed = typeof result === "object" ? (result.Error?.length ?? 0) : 0
    if (failed > 0) throw new StorageFailed(`S3 did not delete ${failed} of ${keys.length} objects.`)
  }

  async list({ prefix, delimiter, limit, after }: StoreList): Promise<StorePage> {
    const startAfter = after?.endsWith("/") ? after + LAST_CHARACTER : after
    const query = {
      "list-type": "2",
      "encoding-type": "url",
      "max-keys": String(limit),
      ...(prefix !== "" && { prefix }),
      ...(delimiter !== undefined && { delimiter }),
      ...(startAfter !== undefined && { "start-after": startAfter }),
    }
    const { response } = await this.#link.ask({ method: "GET", query })
    const result = (await readXml(response)).ListBucketResult as ListResult | undefined
    if (result === undefined) throw new StorageFailed("S3 answered with no list.")
    const objects = (result.Contents ?? []).map(toListed)
    const prefixes = (result.CommonPrefixes ?? []).map((one) => decode(one.Prefix))
    const last = [objects.at(-1)?.key, prefixes.at(-1)]
      .filter((one) => one !== undefined)
      .sort(compareKeys)
      .at(-1)
    return { objects, prefixes, ...(result.IsTruncated === "true" && last !== undefined && { next: last }) }
  }

  async #signUrl(key: string, options: Parameters<StoreSigner["sign"]>[1]): Promise<string> {
    const { method, expiresInSeconds, download, contentType, maxBytes }: SignOptions = options
    if (maxBytes !== undefined)
      throw new StorageOptionInvalid("Expected no `maxBytes`: an address of S3 cannot bound what is put there.")
    return await this.#link.presign(method ?? "GET", key, {
      expiresInSeconds: expiresInSeconds!,
      ...(download !== undefined && { query: { "response-content-disposition": contentDisposition(download) } }),
      ...(contentType !== undefined && { headers: { "content-type": contentType } }),
    })
  }

  async close(): Promise<void> {
    this.#link.close(new StorageClosed("The storage was closed."))
  }
}

interface ListResult {
  readonly IsTruncated?: string
  readonly Contents?: readonly {
    readonly Key: string
    readonly Size: string
    readonly ETag: string
    readonly LastModified: string
  }[]
  readonly CommonPrefixes?: readonly { readonly Prefix: string }[]
}

function toListed({ Key, Size, ETag, LastModified }: NonNullable<ListResult["Contents"]>[number]): ListedObject {
  return {
    key: decode(Key),
    sizeBytes: Number(Size),
    etag: unquoted(ETag.replaceAll("&quot;", '"')),
    modified: new Date(LastModified),
  }
}

/** As forms are encoded. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "))
  } catch {
    return text
  }
}

function rangeHeader({ start, end }: WantedRange): string {
  if (start < 0) return `bytes=${start}`
  return `bytes=${start}-${end === undefined ? "" : end - 1}`
}

/** @throws {STORAGE_FAILED} when the connection ends before the bytes do. */
async function* readBody(response: Response, { start, end }: ByteSpan): AsyncGenerator<Uint8Array> {
  let at = start
  const reader = response.body?.getReader()
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
      if (done) break
      at += value.length
      yield value
    }
  } catch (cause) {
    throw new StorageFailed("S3 broke off while it was read.", { cause })
  } finally {
    await reader?.cancel().catch(() => undefined)
  }
  if (at !== end) throw new StorageFailed(`S3 broke off after ${at - start} of ${end - start} bytes.`)
}

/** Pieces of any size as parts of one size, but for the last. */
class PartSource {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #partBytes: number
  #left: Uint8Array = new Uint8Array(0)
  #isDone = false

  constructor(chunks: AsyncIterable<Uint8Array>, partBytes: number) {
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#partBytes = partBytes
  }

  /** Empty at the end. */
  async next(): Promise<Uint8Array<ArrayBuffer>> {
    const pieces: Uint8Array[] = []
    let sizeBytes = 0
    while (sizeBytes < this.#partBytes) {
      if (this.#left.length === 0) {
        const { done, value } = this.#isDone ? { done: true, value: undefined } : await this.#chunks.next()
        if (done === true || value === undefined) {
          this.#isDone = true
          break
        }
        this.#left = value
      }
      const taken = this.#left.subarray(0, this.#partBytes - sizeBytes)
      this.#left = this.#left.subarray(taken.length)
      sizeBytes += taken.length
      pieces.push(taken.slice()) // the sender may use its buffer again
    }
    const part = new Uint8Array(sizeBytes)
    let at = 0
    for (const piece of pieces) {
      part.set(piece, at)
      at += piece.length
    }
    return part
  }
}
