import { type Layer, layer } from "@ashlar/http"

/** Lets the pages of any frontend call: nothing that they send tells who they are but the token, which no browser adds by itself. */
export const cors: Layer = layer({
  name: "cors",
  headers: { "access-control-allow-origin": "*" },
  before: (ctx) => {
    if (ctx.method !== "OPTIONS" || !ctx.headers.has("access-control-request-method")) return undefined
    ctx.set("access-control-allow-methods", "GET, POST, PUT, DELETE")
    ctx.set("access-control-allow-headers", "authorization, content-type, x-requested-with")
    ctx.set("access-control-max-age", "7200")
    return ctx.empty(204)
  },
})
