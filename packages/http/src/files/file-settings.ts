import { contentDisposition, contentTypeOf } from "@ashlar/core/files"
import { type CacheDirectives, formatCacheControl } from "../caching/cache-control.ts"
import { formatHttpDate, isPast } from "../caching/http-date.ts"
import type { Known } from "../caching/preconditions.ts"
import { FilesInvalid } from "../errors.ts"
import type { ReplyHeaders } from "../reply/reply.ts"
import type { FileCacheOptions, FoundFile } from "./file-cache.ts"

/** How files are answered. */
export interface FileOptions {
  /** Default: by the end of the file's name. */
  readonly contentType?: string
  /** Who may keep it, and for how long. Default `no-cache`: kept, and asked for again each time it is used. */
  readonly cacheControl?: CacheDirectives
  /**
   * How `ETag` tells states apart: by size and time of change, as a strong tag, which ranges need, or a weak one for
   * files that change twice in one tick of the clock; or no tag. Default `strong`.
   */
  readonly etag?: "strong" | "weak" | false
  /** Lets the browser save the file instead of showing it: under its own name, or this one. Default false. */
  readonly download?: boolean | string
  /** Sends the file with `.zst`, `.br` or `.gz` behind its name, where there is one and the caller takes it. Default false. */
  readonly precompressed?: boolean
  /** Parts that one request may ask for; of more the whole is sent. Default 16. */
  readonly maxRanges?: number
  /** How long what is known of files is believed, and what of them is kept in memory. */
  readonly cache?: FileCacheOptions
}

/** Options, checked, with what is made from them once. */
export interface FileSettings {
  readonly contentType: string | undefined
  readonly cacheControl: string
  /** Names that hold a hash of their content: those files never change. */
  readonly immutable: RegExp | undefined
  readonly etag: "strong" | "weak" | false
  readonly download: boolean | string
  readonly precompressed: boolean
  readonly maxRanges: number
}

const IMMUTABLE = formatCacheControl({ public: true, maxAgeSeconds: 31_536_000, immutable: true })
const DEFAULT_RANGES = 16

/** @throws {HTTP_FILES_INVALID} @throws {HTTP_CACHE_CONTROL_INVALID} */
export function fileSettings(options: FileOptions, immutable?: RegExp): FileSettings {
  const { contentType, cacheControl = { noCache: true }, etag = "strong", download = false } = options
  const { precompressed = false, maxRanges = DEFAULT_RANGES, cache = {} } = options
  for (const [name, value] of Object.entries({ maxRanges, ...cache }) as [string, number][])
    if (!(value >= 0)) throw new FilesInvalid(`Expected ${name} to be a number, 0 or more, got ${value}`)
  return {
    contentType,
    cacheControl: formatCacheControl(cacheControl),
    immutable,
    etag,
    download,
    precompressed,
    maxRanges,
  }
}

/** A file with all that its answers say about it, made once for each state of the file. */
export interface PreparedFile {
  readonly settings: FileSettings
  readonly known: Known
  readonly type: string
  readonly headers: ReplyHeaders
  /** What a 304 says. */
  readonly unchanged: ReplyHeaders
}

/** The encoding of a compressed twin, and the name of the file that it stands for. */
export interface Twin {
  readonly encoding: string | undefined
  readonly name: string
  readonly varies: boolean
}

export function prepareFile(file: FoundFile, settings: FileSettings, { encoding, name, varies }: Twin): PreparedFile {
  const lastModified = Math.floor(file.modifiedMs / 1000) * 1000
  const etag = tagOf(file, settings.etag, encoding)
  const cacheControl = settings.immutable?.test(name) === true ? IMMUTABLE : settings.cacheControl
  const unchanged: Record<string, string> = { "cache-control": cacheControl }
  if (isPast(lastModified)) unchanged["last-modified"] = formatHttpDate(lastModified)
  if (etag !== undefined) unchanged.etag = etag
  if (varies) unchanged.vary = "accept-encoding"
  const headers: Record<string, string> = {
    ...unchanged,
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
  }
  if (encoding !== undefined) headers["content-encoding"] = encoding
  if (settings.download !== false)
    headers["content-disposition"] = contentDisposition(settings.download === true ? name : settings.download)
  return {
    settings,
    known: { etag, lastModified, exists: true },
    type: settings.contentType ?? contentTypeOf(name),
    headers,
    unchanged,
  }
}

/** In millionths of a second, as far as the file system counts them; one state of a file has one tag in every process. */
function tagOf(
  { size, modifiedMs }: FoundFile,
  kind: FileSettings["etag"],
  encoding: string | undefined,
): string | undefined {
  if (kind === false) return undefined
  const text = `${size.toString(36)}-${Math.round(modifiedMs * 1000).toString(36)}${encoding === undefined ? "" : `-${encoding}`}`
  return kind === "weak" ? `W/"${text}"` : `"${text}"`
}
