import { type Layer, layer } from "./layer.ts"

/** Sends each request's id back as `X-Request-Id`, so that a caller can name the request to whoever reads the log. */
export const requestIds: Layer = layer({
  name: "requestIds",
  before: (ctx) => {
    ctx.set("x-request-id", ctx.id)
  },
})
