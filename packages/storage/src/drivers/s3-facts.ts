import { contentTypeOf } from "@ashlar/core/files"
import type { StoredObject, Visibility } from "../storage.ts"
import type { Checksums } from "../store.ts"

/* What is said of an object, as headers. Metadata beyond ASCII goes as S3 itself gives it back: in encoded words of RFC 2047. */

const META = "x-amz-meta-"
/** Tells a put of one's own from another's where an answer may have been lost. */
export const OWN_MARK: string = `${META}ashlar-put`
const OWN_VISIBILITY = "ashlar-visibility"
const OWN_SHA256 = "ashlar-sha256"

export interface S3Facts {
  readonly contentType: string
  readonly metadata: Readonly<Record<string, string>>
  readonly visibility: Visibility
  readonly sha256: string | undefined
}

/** @param acl whether public objects are made so by an access control list of theirs. */
export function toHeaders(
  { contentType, metadata, visibility, sha256 }: S3Facts,
  acl: boolean,
): Record<string, string> {
  const headers: Record<string, string> = { "content-type": contentType }
  for (const [name, value] of Object.entries(metadata)) headers[META + name] = encodeWord(value)
  if (sha256 !== undefined) headers[META + OWN_SHA256] = sha256
  if (visibility === "public") {
    headers[META + OWN_VISIBILITY] = "public"
    if (acl) headers["x-amz-acl"] = "public-read"
  }
  return headers
}

export function fromHeaders(key: string, headers: Headers, sizeBytes: number): StoredObject {
  const metadata: Record<string, string> = {}
  let visibility: Visibility = "private"
  let sha256: string | undefined
  for (const [header, value] of headers) {
    if (!header.startsWith(META)) continue
    const name = header.slice(META.length)
    if (name === OWN_VISIBILITY) visibility = value === "public" ? "public" : "private"
    else if (name === OWN_SHA256) sha256 = value
    else if (!name.startsWith("ashlar-")) metadata[name] = decodeWord(value)
  }
  return {
    key,
    sizeBytes,
    etag: unquoted(headers.get("etag") ?? ""),
    contentType: headers.get("content-type") ?? contentTypeOf(key),
    metadata,
    visibility,
    modified: new Date(headers.get("last-modified") ?? 0),
    ...(sha256 !== undefined && { sha256 }),
  }
}

/** Of the whole object; one that is made of those of its parts tells nothing about bytes that are read. */
export function checksumsOf(headers: Headers): Checksums {
  const hex = (name: string): string | undefined => {
    const value = headers.get(name)
    if (value === null || value.includes("-") || headers.get("x-amz-checksum-type") === "COMPOSITE") return undefined
    return Buffer.from(value, "base64").toString("hex")
  }
  const sha256 = hex("x-amz-checksum-sha256") ?? headers.get(META + OWN_SHA256) ?? undefined
  const crc32c = hex("x-amz-checksum-crc32c")
  const crc32 = hex("x-amz-checksum-crc32")
  return {
    ...(sha256 !== undefined && { sha256 }),
    ...(crc32c !== undefined && { crc32c }),
    ...(crc32 !== undefined && { crc32 }),
  }
}

export function unquoted(etag: string): string {
  return etag.replace(/^(?:W\/)?"|"$/g, "")
}

const ENCODED = /^=\?UTF-8\?([BQ])\?([^?]*)\?=$/i

function encodeWord(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
  if (!/[^\x00-\x7f]/.test(value) && !ENCODED.test(value)) return value
  return `=?UTF-8?B?${Buffer.from(value).toString("base64")}?=`
}

function decodeWord(value: string): string {
  const [, kind, text = ""] = ENCODED.exec(value) ?? []
  if (kind === undefined) return value
  if (kind.toUpperCase() === "B") return Buffer.from(text, "base64").toString()
  const bytes = text
    .replaceAll("_", " ")
    .replace(/=([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, "latin1").toString()
}
