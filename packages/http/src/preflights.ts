import type { RequestContext } from "./context/request-context.ts"
import { createEndpoint, type Endpoint } from "./endpoint.ts"
import type { HostRouters } from "./host.ts"
import type { Layer } from "./layer.ts"
import type { Result } from "./reply/reply.ts"
import { andThen, type MaybePromise, type Step } from "./step.ts"
import type { RouteRecord } from "./table.ts"

interface Place {
  readonly methods: Map<string, Endpoint>
}

/** Makes an endpoint of a route with other layers and another handler. */
export type Derive = (
  record: RouteRecord,
  layers: RouteRecord["layers"],
  handler: (ctx: RequestContext) => MaybePromise<Result>,
) => Endpoint

/**
 * Puts an `OPTIONS` where routes have layers that answer preflights and none takes `OPTIONS` itself: the layers outside of the
 * first such layer run, and then its answer is the one of the route that the preflight asks for. Every other `OPTIONS` goes on to
 * the fallback.
 */
export function placePreflights(
  records: readonly RouteRecord[],
  routers: HostRouters<Place>,
  { fallback, derive }: { readonly fallback: Endpoint; readonly derive: Derive },
): void {
  const byPlace = new Map<Place, Map<string, Endpoint>>()
  for (const record of records) {
    const first = record.layers.findIndex(({ hooks }) => hooks.preflight !== undefined)
    if (first === -1) continue
    const endpoint = derive(record, record.layers.slice(0, first), (ctx) =>
      ask(record.layers, { ctx, record, otherwise: fallback.record.handler as Step }),
    )
    for (const place of routers.at(record.host).at(record.segments, () => ({ methods: new Map() }))) {
      if (place.methods.has("OPTIONS") || place.methods.has("*")) continue
      const methods = byPlace.get(place) ?? new Map<string, Endpoint>()
      // Of several versions the first answers: a preflight says of no header what it will hold.
      if (!methods.has(record.method)) methods.set(record.method, endpoint)
      byPlace.set(place, methods)
    }
  }
  for (const [place, methods] of byPlace) place.methods.set("OPTIONS", chooser(methods, fallback))
}

function chooser(methods: ReadonlyMap<string, Endpoint>, fallback: Endpoint): Endpoint {
  const any = methods.values().next().value as Endpoint
  const run: Step = (ctx) => {
    const wanted = ctx.headers.get("access-control-request-method")
    const chosen =
      wanted === null ? fallback : (methods.get(wanted) ?? (wanted === "HEAD" ? methods.get("GET") : undefined) ?? any)
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
