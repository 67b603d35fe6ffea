import { type Ambient, AmbientMissing, createAmbient } from "@ashlar/core"
import type { BaseContext } from "../context/context.ts"
import { type Layer, layer } from "../layer.ts"

/** Made by the first request that needs it: a runtime without AsyncLocalStorage can still load this file. */
let ambient: Ambient<BaseContext> | undefined

/**
 * Makes the context of a request known to everything that is called inside this layer, across `await`, by
 * {@link currentContext}: for a logger or a tracer in code that cannot be given a parameter. Whoever can be given one is
 * better off with it: this costs about 1 µs for each request on Bun and Deno, and hides where a value comes from.
 * @throws {CORE_AMBIENT_UNAVAILABLE} for each request on a runtime without AsyncLocalStorage.
 * @example
 * const app = createApp({ layers: [ambientContext] })
 * const log = (line: string) => console.log(currentContext().id, line)
 */
export const ambientContext: Layer = layer({
  name: "ambientContext",
  within: (ctx, run) => {
    ambient ??= createAmbient<BaseContext>("current request")
    return ambient.run(ctx, run)
  },
})

/** The context of the request that the caller works for; undefined where there is none, or no {@link ambientContext}. */
export function findContext(): BaseContext | undefined {
  return ambient?.get()
}

/**
 * The context of the request that the caller works for.
 * @throws {CORE_AMBIENT_MISSING} where there is none: outside any request, or without the layer {@link ambientContext}.
 */
export function currentContext(): BaseContext {
  const ctx = findContext()
  if (ctx !== undefined) return ctx
  throw new AmbientMissing(
    "There is no current request here. Put ambientContext among the layers of the routes that ask.",
  )
}
