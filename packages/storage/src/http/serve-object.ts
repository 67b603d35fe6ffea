import { contentDisposition, isNamed } from "@ashlar/core/files"
import { type BaseContext, errors, type Failure, fail, Reply, type ReplyHeaders } from "@ashlar/http"
import { type CacheDirectives, formatCacheControl, notModified } from "@ashlar/http/caching"
import { StoragePreconditionFailed, StorageRangeInvalid } from "../errors.ts"
import type { OpenedObject, Storage, StoredObject } from "../storage.ts"

export interface ServeObjectOptions {
  /** Lets the browser save the object instead of showing it: under the end of its key, or this name. Default false. */
  readonly download?: boolean | string
  /** Who may keep it, and for how long. Default `private, no-cache`; for public objects `no-cache`. */
  readonly cacheControl?: CacheDirectives
  /**
   * Content types that may be shown by the browser as a page of this site: HTML, SVG, XML and scripts do what they like there.
   * Those that are not named here are saved, whatever `download` says. Default none.
   */
  readonly activeTypes?: readonly string[]
}

/** What browsers run as a page of its own: `isNamed` lets no star take them in. */
const ACTIVE = ["image/svg+xml", "text/html", "application/xhtml+xml", "application/xml", "text/xml", "text/javascript"]

/**
 * Answers with an object: whole or a part (`Range`), or with word that the caller has it already. It goes through in pieces, and no
 * faster than the caller reads. What is not there is 404. Who may have it is for the route to say.
 *
 * @throws {STORAGE_KEY_INVALID} {STORAGE_FAILED} {HTTP_PRECONDITION_FAILED}
 * @example
 * app.get("/invoices/:id/pdf", { layers: [signedIn] }, async (ctx) => {
 *   const invoice = await invoices.get(ctx.params.id)
 *   return serveObject(ctx, storage, invoice.key, { download: `Invoice ${invoice.number}.pdf` })
 * })
 */
export async function serveObject(
  ctx: BaseContext,
  storage: Storage,
  key: string,
  options: ServeObjectOptions = {},
): Promise<Reply | Failure> {
  const object = await storage.head(key)
  if (object === undefined) return fail(errors.NotFound, "There is no such object")
  const said = headersOf(object, options)
  ctx.set("cache-control", said["cache-control"] as string)
  const unchanged = notModified(ctx, { etag: object.etag, lastModified: object.modified })
  if (unchanged !== undefined) return unchanged
  if (ctx.method === "HEAD")
    return new Reply(200, null, undefined, {
      ...said,
      "content-type": object.contentType,
      "content-length": String(object.sizeBytes),
    })
  const range = rangeOf(ctx, object)
  try {
    return answer(await storage.stream(key, { ifMatch: object.etag, ...(range !== undefined && { range }) }), said)
  } catch (error) {
    if (error instanceof StorageRangeInvalid) {
      ctx.set("content-range", `bytes */${object.sizeBytes}`)
      throw error
    }
    // It was replaced between the two looks: what the caller was told of it would be of another state.
    if (error instanceof StoragePreconditionFailed) return await serveObject(ctx, storage, key, options)
    throw error
  }
}

function answer({ object, range, body }: OpenedObject, said: ReplyHeaders): Reply {
  const { start, end } = range
  const isPart = end - start < object.sizeBytes
  return new Reply(isPart ? 206 : 200, body, object.contentType, {
    ...said,
    "content-length": String(end - start),
    ...(isPart && { "content-range": `bytes ${start}-${end - 1}/${object.sizeBytes}` }),
  })
}

function headersOf(
  object: StoredObject,
  { download = false, cacheControl, activeTypes = [] }: ServeObjectOptions,
): ReplyHeaders {
  const type = object.contentType.split(";", 1)[0]!.trim().toLowerCase()
  const isActive = isNamed(type, ACTIVE) && !isNamed(type, activeTypes)
  const name = typeof download === "string" ? download : object.key.slice(object.key.lastIndexOf("/") + 1)
  const isPrivate = object.visibility === "private"
  return {
    "cache-control": formatCacheControl(cacheControl ?? { noCache: true, ...(isPrivate && { private: true }) }),
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
    ...((download !== false || isActive) && { "content-disposition": contentDisposition(name) }),
  }
}

/** Of one range; of several the whole is sent, as RFC 9110 allows. */
function rangeOf(ctx: BaseContext, object: StoredObject): { start: number; end?: number } | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(ctx.headers.get("range")?.trim() ?? "")
  const since = ctx.headers.get("if-range")
  if (match === null || (since !== null && since.trim() !== `"${object.etag}"`)) return undefined
  const [first, last] = [match[1]!, match[2]!]
  if (first === "") return last === "" || Number(last) === 0 ? undefined : { start: -Number(last) }
  if (last !== "" && Number(last) < Number(first)) return undefined
  return { start: Number(first), ...(last !== "" && { end: Number(last) + 1 }) }
}
