import { type Layer, layer } from "./layer.ts"

export interface RequestIdOptions {
  /** Take the id that the caller sent in `X-Request-Id`, when it is plausible. For servers behind a proxy that sets it. */
  readonly accept?: boolean
}

const PLAUSIBLE = /^[A-Za-z0-9_.:-]{1,128}$/

/** Makes the layer that sends each request's id back as `X-Request-Id`. */
export function createRequestIds({ accept = false }: RequestIdOptions = {}): Layer {
  return layer({
    name: "requestIds",
    before: (ctx) => {
      const sent = accept ? ctx.headers.get("x-request-id") : null
      if (sent !== null && PLAUSIBLE.test(sent)) (ctx as { id: string }).id = sent
      ctx.set("x-request-id", ctx.id)
    },
  })
}

/**
 * Sends each request's id back as `X-Request-Id`, so that a caller can name the request to whoever reads the log. What
 * callers send under that name is ignored: see {@link createRequestIds}.
 */
export const requestIds: Layer = createRequestIds()
