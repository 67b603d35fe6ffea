import type { BaseContext } from "@ashlar/http"
import type { Origins } from "../cors/origins.ts"

export interface SiteRules {
  readonly sameSite: boolean
  readonly allowsUnknown: boolean
  readonly trusted: Origins | undefined
}

/**
 * Whether a request comes from a page that may: this origin's, a trusted one's, or from no page at all. `Sec-Fetch-Site` says it where
 * the browser sends it; else `Origin` does, compared with the host that was asked for.
 *
 * @see https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
 */
export function isFromHere(ctx: BaseContext, rules: SiteRules): boolean | Promise<boolean> {
  const { headers } = ctx
  const site = headers.get("sec-fetch-site")
  const origin = headers.get("origin")
  if (site !== null) {
    if (site === "same-origin" || site === "none") return true
    if (site === "same-site" && rules.sameSite) return true
  } else if (origin === null) return rules.allowsUnknown
  else if (isOwn(origin, ctx.url)) return true
  return origin === null ? false : (rules.trusted?.(origin, ctx) ?? false)
}

/** A server that knows itself as http may be behind what speaks https for it; one that knows better insists on it. */
function isOwn(origin: string, { protocol, host }: URL): boolean {
  const url = URL.parse(origin)
  if (url === null || url.origin !== origin || url.host === "") return false
  if (protocol === "https:") return origin === `https://${host}`
  // The default port of the one is not the other's.
  return url.host === host || (url.protocol === "https:" && `${url.host}:443` === host)
}
