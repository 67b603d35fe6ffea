import type { RequestContext } from "./context/request-context.ts"
import { createEndpoint, type Endpoint } from "./endpoint.ts"
import { type Finder, type Place, takerOf } from "./finder.ts"
import type { HostRouters } from "./host.ts"
import type { Layer } from "./layer.ts"
import type { Result } from "./reply/reply.ts"
import { andThen, type MaybePromise, type Step } from "./step.ts"
import type { RouteRecord } from "./table.ts"

/** Makes an endpoint of a route with other layers and another handler. */
export type Derive = (
  record: RouteRecord,
  layers: RouteRecord["layers"],
  handler: (ctx: RequestContext) => MaybePromise<Result>,
) => Endpoint

/**
 * Puts an `OPTIONS` where routes have layers that answer preflights and none takes `OPTIONS` itself: of the route that the
 * preflight asks for, the layers outside of the first such layer run, and then that one's answer is sent. Every other `OPTIONS`
 * goes on to the fallback, and so does a preflight for a route that has no such layer: others do not speak for it.
 */
export function placePreflights(
  records: readonly RouteRecord[],
  routers: HostRouters<Place>,
  { fallback, finder, derive }: { readonly fallback: Endpoint; readonly finder: Finder; readonly derive: Derive },
): void {
  const byPlace = new Map<Place, Map<string, Endpoint>>()
  for (const record of records) {
    const first = record.layers.findIndex(({ hooks }) => hooks.preflight !== undefined)
    if (first === -1) continue
    const endpoint = derive(record, record.layers.slice(0, first), (ctx) =>
      ask(record.layers, { ctx, record, otherwise: fallback.record.handler as Step }),
    )
    for (const place of routers.at(record.host).at(record.segments, () => ({ methods: new Map() }))) {
      const methods = byPlace.get(place) ?? new Map<string, Endpoint>()
      // Of several versions the first answers: a preflight says of no header what it will hold.
      if (!methods.has(record.method)) methods.set(record.method, endpoint)
      byPlace.set(place, methods)
    }
  }
  const choose: Choose = (wanted, ctx) => {
    const match = finder.placeOf(wanted, ctx.path, ctx.authority)
    if (match === undefined) return undefined
    const endpoint = byPlace.get(match.value)?.get(takerOf(match.value, wanted) as string)
    if (endpoint === undefined) return fallback
    ctx.values = match.values
    return endpoint
  }
  for (const [place, methods] of byPlace) {
    if (place.methods.has("OPTIONS") || place.methods.has("*")) continue
    const [any] = methods.values() as unknown as [Endpoint]
    place.methods.set("OPTIONS", chooser(any, fallback, choose))
  }
}

/** Who answers a preflight for this method; undefined where no route takes it. */
type Choose = (wanted: string, ctx: RequestContext) => Endpoint | undefined

function chooser(any: Endpoint, fallback: Endpoint, choose: Choose): Endpoint {
  const run: Step = (ctx) => {
    const wanted = ctx.headers.get("access-control-request-method")
    const chosen = wanted === null ? fallback : (choose(wanted, ctx) ?? any)
    ctx.endpoint = chosen
    return (chosen.run as Step)(ctx)
  }
  return createEndpoint({ ...any.record, websocket: undefined }, run)
}

interface Asked {
  readonly ctx: RequestContext
  readonly record: RouteRecord
  readonly otherwise: Step
}

/** The answer of the outermost layer that has one. */
function ask(layers: readonly Layer<unknown, unknown>[], asked: Asked): MaybePromise<Result> {
  for (const [at, { hooks }] of layers.entries()) {
    if (hooks.preflight === undefined) continue
    return andThen(hooks.preflight(asked.ctx, asked.record), (answer) => answer ?? ask(layers.slice(at + 1), asked))
  }
  return asked.otherwise(asked.ctx)
}
