/** A request as a function may see it: without what belongs to the platform, and without the headers of one connection. */

const hopHeaders = new Set(
  "connection keep-alive proxy-authenticate proxy-authorization te trailer transfer-encoding upgrade".split(" "),
)
const platformKey = /^\s*bearer\s+ak_/i
const platformCookie = /^\s*ashlar_/i

/** The headers without the caller's platform credentials: a function is not to act as whoever called it. */
export function cleanHeaders(headers: Headers): [string, string][] {
  const cleaned: [string, string][] = []
  for (const [name, value] of headers) {
    if (hopHeaders.has(name) || (name === "authorization" && platformKey.test(value))) continue
    if (name !== "cookie") cleaned.push([name, value])
    else {
      const kept = value.split(";").filter((cookie) => !platformCookie.test(cookie))
      if (kept.length > 0) cleaned.push([name, kept.map((cookie) => cookie.trim()).join("; ")])
    }
  }
  return cleaned
}
