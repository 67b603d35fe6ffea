import { errors, fail, type Scope } from "@ashlar/http"
import { StorageOptionInvalid, StorageSignatureInvalid } from "../errors.ts"
import type { Storage } from "../storage.ts"
import { type ServeObjectOptions, serveObject } from "./serve-object.ts"

export interface StorageRoutesOptions extends ServeObjectOptions {
  /** The whole storage, not a scope of it: addresses hold whole keys. */
  readonly storage: Storage
  /** Whether public objects are served to whoever asks, without a signature. Default true. */
  readonly servePublic?: boolean
  /** How long an upload to a signed address may take. Default 1 hour. */
  readonly uploadTimeoutMs?: number
  /** The most bytes of a body at an address that was signed without `maxBytes`. Default 64 MiB. */
  readonly maxBodyBytes?: number
}

const DEFAULT_BODY_BYTES = 64 * 1024 * 1024

/**
 * Serves what `signedUrl` and `publicUrl` of a storage give addresses for, where the storage itself cannot: in a folder, in memory.
 * What is neither signed nor public is 404, whether it is there or not.
 *
 * @example
 * const storage = openStorage("file:./data", { signing: { secret, baseUrl: "https://example.com/files" } })
 * app.scope("/files", storageRoutes({ storage }))
 */
export function storageRoutes(options: StorageRoutesOptions): (scope: Scope) => void {
  const { storage, servePublic = true, maxBodyBytes = DEFAULT_BODY_BYTES } = options
  const { uploadTimeoutMs = 3_600_000 } = options
  return (scope) => {
    scope.get("/*key", { summary: "An object, by a signed address or a public one" }, async (ctx) => {
      const { key } = ctx.params
      const query = queryOf(ctx.url)
      if (query.has("s")) {
        const { download } = storage.checkSignedUrl(ctx.method, key, query)
        return await serveObject(ctx, storage, key, { ...options, ...(download !== undefined && { download }) })
      }
      if (!servePublic || query.size > 0) return fail(errors.NotFound, "There is no such object")
      const object = await storage.head(key)
      if (object?.visibility !== "public") return fail(errors.NotFound, "There is no such object")
      return await serveObject(ctx, storage, key, options)
    })
    const put = { summary: "Stores an object by a signed address", timeoutMs: uploadTimeoutMs }
    scope.put("/*key", put, async (ctx) => {
      const { key } = ctx.params
      const grant = storage.checkSignedUrl("PUT", key, queryOf(ctx.url))
      const contentType = ctx.headers.get("content-type") ?? undefined
      if (grant.contentType !== undefined && grant.contentType !== contentType)
        throw new StorageSignatureInvalid("The address is signed for another content type.")
      const maxBytes = grant.maxBytes ?? maxBodyBytes
      const about = { maxBytes, signal: ctx.signal, ...condition(ctx.headers) }
      const said = contentType === undefined ? about : { ...about, contentType: checkedType(contentType) }
      const stored = await storage.put(key, ctx.chunks(maxBytes), said)
      return ctx.empty(200).withHeaders({ etag: `"${stored.etag}"` })
    })
  }
}

function queryOf(url: URL): URLSearchParams {
  return url.searchParams
}

function checkedType(contentType: string): string {
  if (contentType.length > 255) throw new StorageOptionInvalid("Expected a content type of at most 255 characters.")
  return contentType
}

/** Conditions as S3 takes them with its own signed addresses. */
function condition(headers: { get(name: string): string | null }): { ifNoneMatch?: "*"; ifMatch?: string } {
  const match = /^"([^"]+)"$/.exec(headers.get("if-match") ?? "")
  if (match !== null) return { ifMatch: match[1]! }
  return headers.get("if-none-match") === "*" ? { ifNoneMatch: "*" } : {}
}
