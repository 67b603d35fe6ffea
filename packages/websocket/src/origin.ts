import { type BaseContext, type Failure, fail } from "@ashlar/http"
import { OptionInvalid, OriginDenied } from "./errors.ts"

/** Which pages may connect: those of the same host (`same`), of any site (`*`), or of the origins listed. */
export type Origins = "same" | "*" | readonly string[]

/**
 * A browser lets any page connect anywhere, with the cookies of the place it connects to, and no CORS asks the server
 * first. So a page of another site is refused unless it is listed. Who sends no `Origin` is no browser, and is let in:
 * such a client has no cookies of somebody else to use.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6455#section-10.2
 */
export function createOriginCheck(origins: Origins): (ctx: BaseContext) => Failure | undefined {
  if (origins === "*") return () => undefined
  const listed = origins === "same" ? undefined : new Set(origins.map(normalized))
  return ({ headers }) => {
    const origin = headers.get("origin")
    if (origin === null) return undefined
    const isAllowed = listed === undefined ? isSameHost(origin, headers.get("host")) : listed.has(origin.toLowerCase())
    if (isAllowed) return undefined
    return fail(
      OriginDenied,
      `A page of ${JSON.stringify(origin)} may not connect here. List it in \`origins\` if it should.`,
    )
  }
}

function normalized(origin: string): string {
  const url = URL.parse(origin)
  // `https://example.com/` and `example.com` are mistakes that would never match anything.
  if (url !== null && url.origin !== "null" && url.origin === origin.toLowerCase()) return url.origin
  throw new OptionInvalid(
    `Expected an origin like "https://app.example.com" in \`origins\`, got ${JSON.stringify(origin)}`,
  )
}

/** By host and port: behind a proxy that ends TLS the scheme that the page saw is not known here. */
function isSameHost(origin: string, host: string | null): boolean {
  const url = URL.parse(origin)
  if (url === null || url.host === "" || host === null) return false
  // The URL leaves out its scheme's own port; a Host header may not.
  const own = URL.parse(`${url.protocol}//${host}`)
  return own !== null && own.host === url.host
}
