import { openCache } from "@ashlar/cache"
import { createSharedCache } from "@ashlar/cache/http"
import { type App, createApp, Forbidden } from "@ashlar/http"
import { askOrigin, VIA } from "./origin.ts"

export interface ProxyOptions {
  readonly origin: string
  /** Where responses are kept. Default `memory:`. */
  readonly cacheUrl?: string
  /** For so long a stale response stands in for an origin that fails, unless the origin forbids it. Seconds. Default one hour. */
  readonly staleIfErrorSeconds?: number
}

const MAX_BODY_BYTES = 64 * 1024 * 1024

/** An app that is a shared cache in front of an origin. */
export function createProxy({ origin, cacheUrl = "memory:", staleIfErrorSeconds = 3_600 }: ProxyOptions): App {
  const place = new URL(origin)
  const cache = createSharedCache({
    cache: openCache(cacheUrl),
    staleIfErrorSeconds,
    tagsOf,
    onError: (error) => console.error(error),
  })
  const app = createApp({ maxBodyBytes: MAX_BODY_BYTES })
  app.all("/*path", { summary: "What the origin says, or what it said" }, async (ctx) => {
    if (ctx.method === "PURGE") {
      if (!isHere(ctx.address)) throw new Forbidden("Only this machine may purge")
      const tags = tagList(ctx.headers.get("cache-tag"))
      await (tags.length > 0 ? cache.purge(...tags) : cache.purgeUrl(urlAt(ctx.request, place)))
      return null
    }
    // By the origin's own address: what callers put into Host makes no other resource of it.
    const request = new Request(urlAt(ctx.request, place), ctx.request)
    const response = await cache.handle(request, (asked) => askOrigin(asked, place))
    response.headers.append("via", VIA)
    return response
  })
  return app
}

function urlAt(request: Request, origin: URL): string {
  const { pathname, search } = new URL(request.url)
  return new URL(`${pathname}${search}`, origin).href
}
function tagsOf(response: Response): readonly string[] {
  return tagList(response.headers.get("cache-tag"))
}
function tagList(field: string | null): readonly string[] {
  return (field ?? "").split(/[\s,]+/).filter((tag) => tag !== "")
}
function isHere(address: string | undefined): boolean {
  return address === "127.0.0.1" || address === "::1" || address === "::ffff:127.0.0.1"
}
