import { createHash } from "node:crypto"
import { crc32c, crcToBase64 } from "../crc32c.ts"
import { compareKeys } from "../key.ts"

/** What one object of the test server is. */
export interface S3Object {
  readonly bytes: Uint8Array
  readonly etag: string
  readonly headers: Readonly<Record<string, string>>
  readonly modified: Date
}

export interface S3Multipart {
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly parts: Map<number, { readonly bytes: Uint8Array; readonly etag: string }>
}

/** What is wrong, as S3 says it. */
export class S3Refusal extends RangeError {
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, headers: Readonly<Record<string, string>> = {}) {
    super(code)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

type Headers = Readonly<Record<string, string | undefined>>

/** The headers that S3 keeps with an object. */
const KEPT = /^(?:x-amz-meta-.+|content-type|cache-control|content-disposition|x-amz-acl)$/

/** Objects in memory, by the rules of S3 as far as they are documented. */
export class S3Bucket {
  readonly objects: Map<string, S3Object> = new Map()
  readonly uploads: Map<string, S3Multipart> = new Map()
  #count = 0

  put(key: string, bytes: Uint8Array, headers: Headers): S3Object {
    const sha256 = headers["x-amz-checksum-sha256"]
    if (sha256 !== undefined && sha256 !== createHash("sha256").update(bytes).digest("base64"))
      throw new S3Refusal(400, "BadDigest")
    this.weigh(key, headers)
    const etag = createHash("md5").update(bytes).digest("hex")
    return this.#keep(key, { bytes, etag, headers: kept(headers, { "x-amz-checksum-sha256": sha256 }) })
  }

  #keep(key: string, object: Omit<S3Object, "modified">): S3Object {
    const whole = { ...object, modified: new Date() }
    this.objects.set(key, whole)
    return whole
  }

  weigh(key: string, headers: Headers): void {
    const now = this.objects.get(key)
    const [match, none] = [headers["if-match"], headers["if-none-match"]]
    if (match !== undefined && now === undefined) throw new S3Refusal(404, "NoSuchKey")
    if (match !== undefined && match !== `"${now?.etag}"`) throw new S3Refusal(412, "PreconditionFailed")
    if (none === "*" && now !== undefined) throw new S3Refusal(412, "PreconditionFailed")
  }

  find(key: string): S3Object {
    const object = this.objects.get(key)
    if (object === undefined) throw new S3Refusal(404, "NoSuchKey")
    return object
  }

  begin(key: string, headers: Headers): string {
    const id = `upload-${++this.#count}`
    this.uploads.set(id, { key, headers: kept(headers), parts: new Map() })
    return id
  }

  part(id: string, number: number, { bytes, headers }: { bytes: Uint8Array; headers: Headers }): string {
    const sum = headers["x-amz-checksum-crc32c"]
    if (sum !== undefined && sum !== crcToBase64(crc32c(bytes))) throw new S3Refusal(400, "BadDigest")
    const etag = createHash("md5").update(bytes).digest("hex")
    this.#upload(id).parts.set(number, { bytes, etag })
    return etag
  }

  complete(id: string, parts: readonly { number: number; etag: string }[], headers: Headers): S3Object {
    const { key, headers: said, parts: sent } = this.#upload(id)
    const chosen = parts.map(({ number, etag }, at) => {
      const part = sent.get(number)
      if (part === undefined || `"${part.etag}"` !== etag) throw new S3Refusal(400, "InvalidPart")
      if (at < parts.length - 1 && part.bytes.length < 5 * 1024 * 1024) throw new S3Refusal(400, "EntityTooSmall")
      return part
    })
    const bytes = Buffer.concat(chosen.map((part) => part.bytes))
    const sum = crcToBase64(crc32c(bytes))
    if (headers["x-amz-checksum-crc32c"] !== undefined && headers["x-amz-checksum-crc32c"] !== sum)
      throw new S3Refusal(400, "BadDigest")
    this.weigh(key, headers)
    const md5s = Buffer.concat(chosen.map((part) => Buffer.from(part.etag, "hex")))
    const etag = `${createHash("md5").update(md5s).digest("hex")}-${chosen.length}`
    this.uploads.delete(id)
    const checksums = { "x-amz-checksum-crc32c": sum, "x-amz-checksum-type": "FULL_OBJECT" }
    return this.#keep(key, { bytes, etag, headers: { ...said, ...checksums } })
  }

  abort(id: string): void {
    this.#upload(id)
    this.uploads.delete(id)
  }

  #upload(id: string): S3Multipart {
    const upload = this.uploads.get(id)
    if (upload === undefined) throw new S3Refusal(404, "NoSuchUpload")
    return upload
  }

  copy(source: S3Object, key: string, headers: Headers): S3Object {
    this.weigh(key, headers)
    const isReplaced = headers["x-amz-metadata-directive"] === "REPLACE"
    const { bytes, etag } = source
    const sha256 = source.headers["x-amz-checksum-sha256"]
    return this.#keep(key, {
      bytes,
      etag: etag.includes("-") ? createHash("md5").update(bytes).digest("hex") : etag,
      headers: isReplaced ? kept(headers, { "x-amz-checksum-sha256": sha256 }) : source.headers,
    })
  }

  list(query: URLSearchParams): { keys: string[]; prefixes: string[]; isTruncated: boolean } {
    const [prefix, delimiter, after] = ["prefix", "delimiter", "start-after"].map((name) => query.get(name) ?? "")
    const limit = Number(query.get("max-keys") ?? 1000)
    const keys: string[] = []
    const prefixes: string[] = []
    for (const key of [...this.objects.keys()].sort(compareKeys)) {
      if (!key.startsWith(prefix!) || (after !== "" && compareKeys(key, after!) <= 0)) continue
      const at = delimiter === "" ? -1 : key.indexOf(delimiter!, prefix!.length)
      const folder = at < 0 ? undefined : key.slice(0, at + 1)
      if (folder !== undefined && folder === prefixes.at(-1)) continue
      if (keys.length + prefixes.length === limit) return { keys, prefixes, isTruncated: true }
      if (folder === undefined) keys.push(key)
      else prefixes.push(folder)
    }
    return { keys, prefixes, isTruncated: false }
  }
}

function kept(headers: Headers, more: Headers = {}): Record<string, string> {
  const found = Object.entries({ ...headers, ...more }).filter(
    ([name, value]) => value !== undefined && (KEPT.test(name) || name in more),
  )
  return Object.fromEntries(found) as Record<string, string>
}
