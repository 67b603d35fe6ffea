import type { BaseContext } from "../context/context.ts"
import { CacheControlInvalid } from "../errors.ts"
import { type Layer, layer } from "../layer.ts"

/** Who may keep an answer, and for how long. @see https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2 */
export interface CacheDirectives {
  /** Anybody may keep it, even an answer to a request with credentials. */
  readonly public?: boolean | undefined
  /** Only the caller's own cache may. */
  readonly private?: boolean | undefined
  /** Nobody may. */
  readonly noStore?: boolean | undefined
  /** It may be kept, and is asked for again (`If-None-Match`) each time it is used. */
  readonly noCache?: boolean | undefined
  /** How long it is fresh. */
  readonly maxAgeSeconds?: number | undefined
  /** The same for shared caches, in its place. */
  readonly sMaxAgeSeconds?: number | undefined
  /** How long it may still be used while a new one is fetched. @see https://www.rfc-editor.org/rfc/rfc5861 */
  readonly staleWhileRevalidateSeconds?: number | undefined
  /** How long it may still be used when the server fails. */
  readonly staleIfErrorSeconds?: number | undefined
  /** Never use it once it is stale. */
  readonly mustRevalidate?: boolean | undefined
  /** It does not change while it is fresh: not even a reload asks again. @see https://www.rfc-editor.org/rfc/rfc8246 */
  readonly immutable?: boolean | undefined
  /** Nobody on the way may change it; the `compress` layer does not either. */
  readonly noTransform?: boolean | undefined
}

const FLAGS = [
  ["public", "public"],
  ["private", "private"],
  ["noStore", "no-store"],
  ["noCache", "no-cache"],
  ["mustRevalidate", "must-revalidate"],
  ["immutable", "immutable"],
  ["noTransform", "no-transform"],
] as const
const TIMES = [
  ["maxAgeSeconds", "max-age"],
  ["sMaxAgeSeconds", "s-maxage"],
  ["staleWhileRevalidateSeconds", "stale-while-revalidate"],
  ["staleIfErrorSeconds", "stale-if-error"],
] as const

/**
 * The value of a `Cache-Control` header.
 * @throws {HTTP_CACHE_CONTROL_INVALID} when directives contradict one another, or a time is no whole number of seconds.
 */
export function formatCacheControl(directives: CacheDirectives): string {
  const parts: string[] = FLAGS.flatMap(([name, text]) => (directives[name] === true ? text : []))
  for (const [name, text] of TIMES) {
    const seconds = directives[name]
    if (seconds === undefined) continue
    if (!Number.isSafeInteger(seconds) || seconds < 0)
      throw new CacheControlInvalid(`Expected ${name} to be whole seconds, 0 or more, got ${seconds}`)
    parts.push(`${text}=${seconds}`)
  }
  if (directives.public === true && directives.private === true)
    throw new CacheControlInvalid("Expected public or private, got both")
  if (
    directives.noStore === true &&
    parts.some((part) => part !== "no-store" && part !== "private" && part !== "no-transform")
  )
    throw new CacheControlInvalid(`Expected noStore alone, got ${parts.join(", ")}`)
  if (parts.length === 0) throw new CacheControlInvalid("Expected at least one directive, got none")
  return parts.join(", ")
}

/**
 * A layer that says how long the answers of its routes may be kept; it costs a request nothing. With a context: the same
 * for one answer. Errors are never kept, whatever is said here.
 * @throws {HTTP_CACHE_CONTROL_INVALID}
 * @example
 * app.scope("/assets", [cacheControl({ public: true, maxAgeSeconds: 31_536_000, immutable: true })], (assets) => …)
 * app.get("/me", (ctx) => {
 *   cacheControl(ctx, { private: true, noCache: true })
 *   return ctx.user
 * })
 */
export function cacheControl(directives: CacheDirectives): Layer
export function cacheControl(ctx: BaseContext, directives: CacheDirectives): void
export function cacheControl(first: CacheDirectives | BaseContext, directives?: CacheDirectives): Layer | undefined {
  if (directives === undefined)
    return layer({ name: "cacheControl", headers: { "cache-control": formatCacheControl(first as CacheDirectives) } })
  ;(first as BaseContext).set("cache-control", formatCacheControl(directives))
  return undefined
}
