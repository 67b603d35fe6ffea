import type { RequestContext } from "./context/request-context.ts"
import { type Layer, layer } from "./layer.ts"

export interface RequestIdOptions {
  /**
   * Take the id that came in `X-Request-Id`, when it is plausible: `"proxies"` from the app's `trustedProxies` only,
   * `true` from whoever sends one. Default: false.
   */
  readonly accept?: boolean | "proxies"
}

const PLAUSIBLE = /^[A-Za-z0-9_.:-]{1,128}$/

/** Makes the layer that sends each request's id back as `X-Request-Id`. */
export function createRequestIds({ accept = false }: RequestIdOptions = {}): Layer {
  return layer({
    name: "requestIds",
    before: (ctx) => {
      const isBelieved = accept === "proxies" ? (ctx as RequestContext).isFromProxy : accept
      const sent = isBelieved ? ctx.headers.get("x-request-id") : null
      if (sent !== null && PLAUSIBLE.test(sent)) (ctx as { id: string }).id = sent
      ;(ctx as RequestContext).addHeader("x-request-id", ctx.id)
    },
  })
}

/**
 * Sends each request's id back as `X-Request-Id`, so that a caller can name the request to whoever reads the log. What
 * callers send under that name is ignored: see {@link createRequestIds}.
 */
export const requestIds: Layer = createRequestIds()
