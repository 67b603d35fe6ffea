import type { DeclaredBy } from "@ashlar/core"
import { type AnyLayer, type BaseContext, type Layer, layer, type NeedsCarrier, type ProvidedBy } from "@ashlar/http"
import { compileOrigins, type OriginCheck, type OriginPattern } from "../cors/origins.ts"
import { CsrfInvalid, CsrfTokenInvalid, OriginRefused } from "../errors.ts"
import type { CsrfTokens } from "./csrf-tokens.ts"
import { isFromHere } from "./request-site.ts"

export interface CsrfOptions<N extends readonly AnyLayer[] = readonly []> {
  /** Other origins whose pages may do things here. Default: none. */
  readonly origins?: readonly OriginPattern[] | OriginCheck
  /**
   * Pages of the same site may too: `https://any.example.com` at `https://api.example.com`. Whoever gets one page onto any host below
   * the site's domain is then let in. Default: not.
   */
  readonly sameSite?: boolean
  /**
   * What of requests that say nothing of where they come from: no browser of the last years sends such. `refuse` shuts out programs
   * besides. Default: `allow`.
   */
  readonly unknown?: "allow" | "refuse"
  /** Methods that change nothing, so that whoever sends them may. Default: `GET`, `HEAD`, `OPTIONS`. */
  readonly safeMethods?: readonly string[]
  /** Ask for a token besides. Default: the origin decides alone. */
  readonly tokens?: CsrfTokens<N>
}

type Errors = typeof OriginRefused | typeof CsrfTokenInvalid

/**
 * A layer that refuses what pages of other sites have a browser do in its user's name (CSRF). Browsers say where a request comes from, in
 * `Sec-Fetch-Site` and `Origin`, and no page can make them say otherwise: that is what decides, for forms of login too, and for
 * WebSocket connections. `GET` routes must change nothing; they are not covered.
 *
 * With `tokens` a request needs the token of a page of this site besides.
 *
 * @throws {SECURITY_CSRF_INVALID}
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 * @example
 * const app = createApp({ layers: [csrf()] })
 */
export function csrf<const N extends readonly AnyLayer[] = readonly []>(
  options: CsrfOptions<N> = {},
): Layer<unknown, DeclaredBy<Errors>> & NeedsCarrier<ProvidedBy<N>> {
  const { sameSite = false, unknown = "allow", safeMethods = ["GET", "HEAD", "OPTIONS"], tokens } = options
  const safe = new Set(safeMethods)
  for (const method of safe)
    if (!/^(?:GET|HEAD|OPTIONS|TRACE|QUERY|PROPFIND|REPORT|SEARCH)$/.test(method))
      throw new CsrfInvalid(`Expected safeMethods that change nothing, got ${JSON.stringify(method)}.`)
  if (unknown !== "allow" && unknown !== "refuse")
    throw new CsrfInvalid(`Expected unknown to be "allow" or "refuse", got ${JSON.stringify(unknown)}.`)
  const trusted =
    options.origins === undefined ? undefined : compileOrigins(options.origins, (message) => new CsrfInvalid(message))
  const site = { sameSite, allowsUnknown: unknown === "allow", trusted }
  const check = (ctx: BaseContext): undefined | Promise<undefined> => {
    if (safe.has(ctx.method) && !ctx.headers.has("upgrade")) return undefined
    const answer = isFromHere(ctx, site)
    if (answer instanceof Promise) return answer.then((yes) => pass(ctx, yes))
    return pass(ctx, answer)
  }
  const pass = (ctx: BaseContext, isAllowed: boolean): undefined | Promise<undefined> => {
    if (!isAllowed) throw new OriginRefused()
    // No script can add a header to the request for a WebSocket: its origin must do.
    return tokens === undefined || safe.has(ctx.method) ? undefined : prove(ctx, tokens)
  }
  return layer({
    name: "csrf",
    ...(tokens?.needs !== undefined && { needs: tokens.needs as readonly AnyLayer[] }),
    errors: [OriginRefused, ...(tokens === undefined ? [] : [CsrfTokenInvalid])],
    before: check,
  }) as unknown as Layer<unknown, DeclaredBy<Errors>> & NeedsCarrier<ProvidedBy<N>>
}

async function prove<N extends readonly AnyLayer[]>(ctx: BaseContext, tokens: CsrfTokens<N>): Promise<undefined> {
  if (!(await tokens.verify(ctx as BaseContext & ProvidedBy<N>))) throw new CsrfTokenInvalid()
}
