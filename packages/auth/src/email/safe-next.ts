const HERE = "http://here.invalid"
const MAX_LENGTH = 2_048

/**
 * Where to go on after a sign-in: a path of this site, or `fallback`. Whatever a browser would take for another site is none:
 * `//evil.example`, `/\evil.example`, `/%09/evil.example` with its tab, a scheme, a user and a password.
 *
 * @example ctx.redirect(safeNext(ctx.query.next, "/home"))
 */
export function safeNext(next: unknown, fallback = "/"): string {
  if (typeof next !== "string" || next.length > MAX_LENGTH || !/^\/(?![/\\])[^\\\p{Cc}\s]*$/u.test(next))
    return fallback
  const url = URL.parse(next, HERE)
  if (url === null || url.origin !== HERE) return fallback
  const path = `${url.pathname}${url.search}${url.hash}`
  // Dots that were taken out may leave two slashes at the beginning.
  return path.startsWith("//") ? fallback : path
}
