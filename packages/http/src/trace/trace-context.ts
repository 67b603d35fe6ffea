import type { RequestContext } from "../context/request-context.ts"
import { type Layer, layer } from "../layer.ts"
import { formatTraceParent, parseTraceParent, randomId, type TraceParent } from "./traceparent.ts"
import { parseTraceState } from "./tracestate.ts"

/** Where a request stands in a trace. */
export interface Trace extends TraceParent {
  /** This request's own span: new for each. */
  readonly spanId: string
  /** The span of the caller; undefined where the trace begins here. */
  readonly parentId: string | undefined
  /** What other systems keep in the trace, as it came; `""` for nothing. */
  readonly state: string
  /**
   * The headers for a request that this one sends on: the same trace, with this request as the parent.
   * @example
   * await fetch("https://stock.example/items", { headers: ctx.trace.headers(), signal: ctx.signal })
   */
  headers(): Record<string, string>
}

export interface TraceContextOptions {
  /**
   * Whose trace goes on here: whoever sends one (`true`, the default), the app's `trustedProxies` only (`"proxies"`), or
   * nobody's (`false`), so that every request begins its own.
   */
  readonly accept?: boolean | "proxies"
  /** Whether a trace that begins here is recorded. Default: always. A trace that goes on keeps what its caller said. */
  readonly sample?: () => boolean
}

/**
 * Makes the layer that gives each request its place in a distributed trace, as `ctx.trace`: from the caller's
 * `traceparent` and `tracestate`, or as the beginning of a new one. Headers that are not valid count as not sent.
 * @see https://www.w3.org/TR/trace-context/
 * @example
 * const app = createApp({ layers: [traceContext()] })
 * app.get("/", (ctx) => fetch(backend, { headers: ctx.trace.headers() }))
 */
export function traceContext({ accept = true, sample = () => true }: TraceContextOptions = {}): Layer<{
  readonly trace: Trace
}> {
  return layer({
    name: "traceContext",
    before: (ctx): { trace: Trace } => {
      const isBelieved = accept === "proxies" ? (ctx as RequestContext).isFromProxy : accept
      const parent = isBelieved ? parseTraceParent(ctx.headers.get("traceparent")) : undefined
      if (parent === undefined) return { trace: begin(sample()) }
      return { trace: new Span(parent, parent.spanId, parseTraceState(ctx.headers.get("tracestate"))) }
    },
  })
}

function begin(sampled: boolean): Trace {
  return new Span({ traceId: randomId(16), spanId: "", sampled, random: true }, undefined, "")
}

class Span implements Trace {
  readonly traceId: string
  readonly spanId: string
  readonly parentId: string | undefined
  readonly sampled: boolean
  readonly random: boolean
  readonly state: string

  constructor({ traceId, sampled, random }: TraceParent, parentId: string | undefined, state: string) {
    this.traceId = traceId
    this.spanId = randomId(8)
    this.parentId = parentId
    this.sampled = sampled
    this.random = random
    this.state = state
  }

  headers(): Record<string, string> {
    const traceparent = formatTraceParent(this)
    return this.state === "" ? { traceparent } : { traceparent, tracestate: this.state }
  }
}
