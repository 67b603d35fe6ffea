import type { Clock, Guarantees, Secret } from "@ashlar/core"
import { StorageOptionInvalid } from "./errors.ts"
import type { CopyOptions, ListOptions, PutOptions, ReadOptions, SignOptions } from "./storage.ts"

/** How addresses are signed where the app serves them: `file:` and `memory:`. */
export interface SigningOptions {
  /** At least 32 characters. With several, the first signs, and what any of them signed is taken. */
  readonly secret: string | Secret<string> | readonly (string | Secret<string>)[]
  /** Where the routes of `storageRoutes` are: `https://files.example.com/files`. */
  readonly baseUrl: string
}

export interface StorageOptions {
  /** The most bytes of one object. Default 5 GiB; 5 TiB at most. */
  readonly maxObjectBytes?: number
  /** Bounds of the whole storage; those of a scope are given to `at`. */
  readonly quota?: { readonly maxBytes?: number; readonly maxObjects?: number }
  /**
   * How long a quota goes by what was counted before it counts anew, so that what other processes store is seen.
   * Default 60,000 ms.
   */
  readonly quotaRefreshMs?: number
  readonly signing?: SigningOptions
  /** What the driver must promise; checked at once. See `storageGuarantees`. */
  readonly needs?: Guarantees
  readonly clock?: Clock
}

const GiB = 1024 ** 3
export const DEFAULT_MAX_OBJECT_BYTES: number = 5 * GiB
const MOST_OBJECT_BYTES = 5 * 1024 * GiB
const MAX_METADATA_BYTES = 2_048
const MAX_SIGNED_SECONDS = 7 * 24 * 3_600
export const DEFAULT_SIGNED_SECONDS = 900

/** @throws {STORAGE_OPTION_INVALID} */
export function checkStorageOptions(options: StorageOptions): void {
  checkWhole("maxObjectBytes", options.maxObjectBytes, 1, MOST_OBJECT_BYTES)
  checkWhole("quotaRefreshMs", options.quotaRefreshMs, 0, 3_600_000)
  checkQuota(options.quota)
}

export function checkQuota(quota: StorageOptions["quota"]): void {
  checkWhole("maxBytes", quota?.maxBytes, 0, Number.MAX_SAFE_INTEGER)
  checkWhole("maxObjects", quota?.maxObjects, 0, Number.MAX_SAFE_INTEGER)
}

/** @throws {STORAGE_OPTION_INVALID} */
export function checkPut(options: PutOptions): void {
  checkFacts(options)
  checkWhole("maxBytes", options.maxBytes, 0, MOST_OBJECT_BYTES)
  if (options.sha256 !== undefined && !/^[0-9a-f]{64}$/.test(options.sha256))
    throw new StorageOptionInvalid("Expected `sha256` to be 64 hex digits in lower case.")
  if (options.ifNoneMatch !== undefined && (options.ifNoneMatch !== "*" || options.ifMatch !== undefined))
    throw new StorageOptionInvalid('Expected `ifNoneMatch` to be "*", and no `ifMatch` beside it.')
}

/** Printable, so that it fits a header: `type/subtype`, with parameters. @see https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1 */
const CONTENT_TYPE = /^[!#$%&'*+\-.^_`|~\w]+\/[!#$%&'*+\-.^_`|~\w]+(?:\s*;[\x20-\x7e]*)?$/
const METADATA_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/
/** What this package itself keeps among an object's metadata. */
const OWN_NAME = /^ashlar(?:-|$)/
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f]|^\s|\s$/

export function checkFacts({ contentType, metadata, visibility }: CopyOptions): void {
  if (contentType !== undefined && (contentType.length > 255 || !CONTENT_TYPE.test(contentType)))
    throw new StorageOptionInvalid("Expected `contentType` to be a media type, as text/plain;charset=utf-8.")
  if (visibility !== undefined && visibility !== "private" && visibility !== "public")
    throw new StorageOptionInvalid('Expected `visibility` to be "private" or "public".')
  let bytes = 0
  for (const [name, value] of Object.entries(metadata ?? {})) {
    if (!METADATA_NAME.test(name) || OWN_NAME.test(name))
      throw new StorageOptionInvalid(
        "Expected names of `metadata` of at most 64 letters, digits and - in lower case, not beginning with ashlar.",
      )
    if (typeof value !== "string" || UNPRINTABLE.test(value) || !value.isWellFormed())
      throw new StorageOptionInvalid(
        `Expected \`metadata.${name}\` to be text without line breaks and blanks around it.`,
      )
    bytes += name.length + metadataBytes(value)
  }
  if (bytes > MAX_METADATA_BYTES)
    throw new StorageOptionInvalid(`Expected \`metadata\` of at most ${MAX_METADATA_BYTES} bytes, got ${bytes}.`)
}

/** As it is sent to S3: beyond ASCII in base64. */
function metadataBytes(value: string): number {
  const bytes = new TextEncoder().encode(value).length
  return bytes === value.length ? bytes : 12 + Math.ceil(bytes / 3) * 4
}

export function checkRead({ range, verify }: ReadOptions): void {
  if (range === undefined) return
  if (verify === true)
    throw new StorageOptionInvalid("Expected `verify` without a `range`: a checksum is of the whole.")
  const { start, end } = range
  const fits = Number.isSafeInteger(start) && (end === undefined || (Number.isSafeInteger(end) && end >= 0))
  if (!fits || (start < 0 && end !== undefined))
    throw new StorageOptionInvalid("Expected `range` of whole numbers; with a negative `start`, without `end`.")
}

export function checkList({ limit, delimiter }: ListOptions): void {
  checkWhole("limit", limit, 1, 1_000)
  if (delimiter !== undefined && delimiter !== "/") throw new StorageOptionInvalid('Expected `delimiter` to be "/".')
}

export function checkSign({ method, expiresInSeconds, download, contentType, maxBytes }: SignOptions): void {
  if (method !== undefined && method !== "GET" && method !== "PUT")
    throw new StorageOptionInvalid('Expected `method` to be "GET" or "PUT".')
  checkWhole("expiresInSeconds", expiresInSeconds, 1, MAX_SIGNED_SECONDS)
  checkWhole("maxBytes", maxBytes, 1, MOST_OBJECT_BYTES)
  checkFacts({ ...(contentType !== undefined && { contentType }) })
  const isPut = method === "PUT"
  if (isPut ? download !== undefined : contentType !== undefined || maxBytes !== undefined)
    throw new StorageOptionInvalid(
      "Expected `download` with GET alone, and `contentType` and `maxBytes` with PUT alone.",
    )
  if (download !== undefined && (download === "" || download.length > 200))
    throw new StorageOptionInvalid("Expected `download` to be a name of 1 to 200 characters.")
}

export function checkWhole(name: string, value: number | undefined, min: number, max: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= min && value <= max)) return
  throw new StorageOptionInvalid(`Expected \`${name}\` to be a whole number from ${min} to ${max}, got ${value}.`)
}
