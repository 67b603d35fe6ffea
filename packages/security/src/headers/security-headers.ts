import { randomBytes } from "node:crypto"
import { type BaseContext, type Layer, layer } from "@ashlar/http"
import { HeadersInvalid } from "../errors.ts"
import { type Csp, compileCsp, DEFAULT_DIRECTIVES } from "./csp.ts"
import type { SecurityHeadersOptions } from "./header-options.ts"
import { headerValues } from "./header-values.ts"

interface Policies {
  readonly enforced: Csp | undefined
  readonly reported: Csp | undefined
}

const ENFORCED = "content-security-policy"
const REPORTED = "content-security-policy-report-only"
const NONCE_BYTES = 16

const policies = new WeakMap<Layer<unknown, unknown>, Policies>()
const nonces = new WeakMap<BaseContext, string>()

/**
 * A layer that puts the headers on answers by which browsers protect a site: Helmet's set with its defaults. They are put together
 * once, so they cost nothing per request, and are on errors and 404s too. Of several that cover a route the innermost decides about all
 * of them. A header that a handler sets itself stays.
 *
 * @throws {SECURITY_HEADERS_INVALID}
 * @see https://helmetjs.github.io
 * @example
 * const app = createApp({ layers: [securityHeaders({ crossOriginResourcePolicy: "cross-origin" })] })
 */
export function securityHeaders(options: SecurityHeadersOptions = {}): Layer {
  const { contentSecurityPolicy: csp = {}, contentSecurityPolicyReportOnly: reportOnly = false } = options
  const enforced =
    csp === false
      ? undefined
      : compileCsp({ ...(csp.useDefaults === false ? {} : DEFAULT_DIRECTIVES), ...csp.directives })
  const reported = reportOnly === false ? undefined : compileCsp(reportOnly)
  const made = layer({
    name: "securityHeaders",
    headers: { ...headerValues(options), [ENFORCED]: enforced?.plain ?? "", [REPORTED]: reported?.plain ?? "" },
  })
  policies.set(made, { enforced, reported })
  return made
}

/**
 * The nonce of this request, for the `nonce` attributes of a page's own scripts and styles: 128 random bits, new for every request, and
 * from then on in the policy of the answer. Answers that never ask for it have the policy without one.
 *
 * @throws {SECURITY_HEADERS_INVALID} where no policy that covers the route has `NONCE` in it.
 * @example
 * app.get("/", (ctx) => ctx.html(`<script nonce="${nonceOf(ctx)}">start()</script>`))
 */
export function nonceOf(ctx: BaseContext): string {
  const known = nonces.get(ctx)
  if (known !== undefined) return known
  const layers = ctx.route.layers.map((one) => one.conditional ?? one)
  const { enforced, reported } = policies.get(layers.findLast((one) => policies.has(one)) as Layer) ?? {}
  if (enforced?.withNonce === undefined && reported?.withNonce === undefined)
    throw new HeadersInvalid("Expected a content security policy with NONCE around this route, found none.")
  const nonce = randomBytes(NONCE_BYTES).toString("base64")
  if (enforced?.withNonce !== undefined) ctx.set(ENFORCED, enforced.withNonce(nonce))
  if (reported?.withNonce !== undefined) ctx.set(REPORTED, reported.withNonce(nonce))
  nonces.set(ctx, nonce)
  return nonce
}
