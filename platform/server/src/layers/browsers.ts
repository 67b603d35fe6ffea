import { type Layer, layer } from "@ashlar/http"

const ALLOWED_HEADERS =
  "authorization, ashlar-user, content-type, if-match, if-none-match, idempotency-key, last-event-id, traceparent"
const EXPOSED_HEADERS = "etag, location, retry-after, x-request-id, ashlar-invocation"

/**
 * Lets pages of any origin call the API. That is safe because no credential travels by itself: the API reads the
 * Authorization header only, and answers that read the refresh cookie refuse other origins themselves.
 */
export const openToBrowsers: Layer = layer({
  name: "openToBrowsers",
  before: (ctx) => {
    if (!ctx.path.startsWith("/v1/")) return undefined
    ctx.set("access-control-allow-origin", "*")
    ctx.set("access-control-expose-headers", EXPOSED_HEADERS)
    if (ctx.method !== "OPTIONS" || !ctx.headers.has("access-control-request-method")) return undefined
    ctx.set("access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
    ctx.set("access-control-allow-headers", ALLOWED_HEADERS)
    ctx.set("access-control-max-age", "7200")
    return ctx.empty(204)
  },
})

/** What every answer says to a browser, unless it says more itself. */
export const plainAnswers: Layer = layer({
  name: "plainAnswers",
  headers: {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
  },
})
