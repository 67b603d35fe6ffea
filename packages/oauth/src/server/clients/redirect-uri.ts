/** Where answers may be sent. @see https://www.rfc-editor.org/rfc/rfc9700#section-2.1 */

const MAX_URI = 2_048
/** What a URI is written with: no space, no control or foreign letter, no backslash, which browsers take for a slash. */
const PLAIN = /^[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+$/
/** One of an app's own, after a domain of its maker (RFC 8252, section 7.1). */
const PRIVATE_USE = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:\/{0,2}[^/]/
const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?(\/.*|\?.*)?$/

/**
 * Why a redirect URI cannot be registered; `undefined` where it can: `https:` of a host, `http:` of this machine, or an app's own
 * scheme such as `com.example.app:/callback`, written as it will be compared.
 */
export function problemOfRedirectUri(uri: string): string | undefined {
  if (uri.length > MAX_URI || !PLAIN.test(uri)) return "is too long, or has characters that a URI does not have"
  if (uri.includes("#")) return "has a fragment"
  let url: URL
  try {
    url = new URL(uri)
  } catch {
    return "is no absolute URI"
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return PRIVATE_USE.test(uri) ? undefined : "has a scheme that is not https, and no domain of yours turned round"
  if (url.username !== "" || url.password !== "") return "has a user in it"
  // What a parser would read as something else is not compared as text.
  if (url.href !== uri && url.href !== `${uri}/`) return `is not written as browsers write it: ${url.href}`
  if (url.protocol === "https:") return url.hostname.includes("*") ? "has a wildcard" : undefined
  return isThisMachine(url.hostname) ? undefined : "is http of another machine: use https"
}

export function isThisMachine(host: string): boolean {
  return host === "127.0.0.1" || host === "[::1]" || host === "localhost"
}

/**
 * Whether a request names a URI that is registered: exactly, character by character. Where `anyPort` is set, the port of a loopback
 * address may be another (RFC 8252, section 7.3); `localhost` is a name, and has no such exception.
 */
export function isRegistered(uri: string, registered: readonly string[], anyPort: boolean): boolean {
  if (registered.includes(uri)) return true
  if (!anyPort || uri.length > MAX_URI || !PLAIN.test(uri) || uri.includes("#")) return false
  const asked = LOOPBACK.exec(uri)
  if (asked === null || Number(asked[2] ?? 80) > 65_535 || asked[2] === "0") return false
  return registered.some((one) => {
    const known = LOOPBACK.exec(one)
    return known !== null && known[1] === asked[1] && (known[3] ?? "") === (asked[3] ?? "")
  })
}
