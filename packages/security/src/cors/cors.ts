import type { DeclaredBy } from "@ashlar/core"
import { type BaseContext, type Layer, layer, type RouteRecord } from "@ashlar/http"
import { OriginRefused } from "../errors.ts"
import type { CorsOptions } from "./cors-options.ts"
import { CorsPolicy, isPreflight } from "./cors-policy.ts"

/** The policies of the layers that this module made. */
const policies = new WeakMap<Layer<unknown, unknown>, CorsPolicy>()

/**
 * A layer that says whose pages may read the answers of what it covers (CORS). It answers preflights where it stands, so put it
 * outside of whatever asks who the caller is; as a layer of the app it covers errors, 404s and preflights of every path. Of several that
 * cover a route the innermost decides, for preflights too.
 *
 * Pages of other origins get the answers all the same where no preflight comes before, and cannot read them: who must not have requests
 * of other sites done at all uses {@link csrf}.
 *
 * @throws {SECURITY_CORS_INVALID} when browsers would refuse it, or it would let in whom nobody meant.
 * @see https://fetch.spec.whatwg.org/#http-cors-protocol
 * @example
 * const app = createApp({ layers: [cors({ origins: ["https://app.example.com"], credentials: true })] })
 * app.scope("/public", [cors({ origins: "*" })], (open) => open.get("/rates", rates))
 */
export function cors(options: CorsOptions): Layer<unknown, DeclaredBy<typeof OriginRefused>> {
  const own = new CorsPolicy(options)
  const decided = new WeakMap<RouteRecord, CorsPolicy | typeof NOT_MINE>()
  /** The innermost policy of a route, for the outermost layer: so it is told of errors that come from between them. */
  const policyOf = (route: RouteRecord): CorsPolicy | undefined => {
    let policy = decided.get(route)
    if (policy === undefined) {
      const all = route.layers.filter((one) => policies.has(one))
      const isMine = !all.includes(made) || all[0] === made
      policy = isMine ? (policies.get(all.at(-1) ?? made) ?? own) : NOT_MINE
      decided.set(route, policy)
    }
    return policy === NOT_MINE ? undefined : policy
  }
  const made: Layer<unknown, DeclaredBy<typeof OriginRefused>> = layer({
    name: "cors",
    errors: [OriginRefused],
    before(ctx: BaseContext) {
      const policy = policyOf(ctx.route)
      if (policy === undefined) return undefined
      return (isPreflight(ctx) ? policy.answer(ctx) : policy.apply(ctx)) as undefined
    },
    preflight: (ctx, route) => (ctx.headers.has("origin") ? policyOf(route)?.answer(ctx) : undefined),
  })
  policies.set(made, own)
  return made
}

const NOT_MINE: unique symbol = Symbol("another cors layer decides")
