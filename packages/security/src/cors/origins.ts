import type { BaseContext } from "@ashlar/http"
import { CorsInvalid } from "../errors.ts"

/** Decides on an origin that no list has. `origin` is never `null` and never longer than 512 characters. */
export type OriginCheck = (origin: string, ctx: BaseContext) => boolean | Promise<boolean>

/**
 * Origins that are meant: one as browsers write it (`https://app.example.com`), all hosts below a domain
 * (`https://*.example.com`), an expression that is always matched against the whole origin, or `"null"`, which is every
 * sandboxed frame and local file in the world.
 */
export type OriginPattern = string | RegExp

/** Says whether an origin is one of those that are meant. */
export type Origins = (origin: string, ctx: BaseContext) => boolean | Promise<boolean>

/** Longer ones are nobody's: a host has 253 characters at most. */
const MAX_ORIGIN = 512
const MAX_PATTERNS = 10_000

/** @throws what `refuse` makes of a message, for a pattern that no browser would ever send or that matches more than it seems to. */
export function compileOrigins(
  patterns: readonly OriginPattern[] | OriginCheck,
  refuse: (message: string) => Error = (message) => new CorsInvalid(message),
): Origins {
  if (typeof patterns === "function")
    return (origin, ctx) => origin.length <= MAX_ORIGIN && origin !== "null" && patterns(origin, ctx)
  if (!Array.isArray(patterns) || patterns.length === 0 || patterns.length > MAX_PATTERNS)
    throw refuse(`Expected 1 to ${MAX_PATTERNS} origins. Leave the layer out where no other site may read.`)
  const exact = new Set<string>()
  const tests: RegExp[] = []
  for (const pattern of patterns) {
    if (pattern instanceof RegExp) tests.push(wholeMatch(pattern, refuse))
    else if (typeof pattern === "string" && pattern.includes("*")) tests.push(subdomains(pattern, refuse))
    else exact.add(checkOrigin(pattern, refuse))
  }
  if (tests.length === 0) return (origin) => exact.has(origin)
  return (origin) =>
    exact.has(origin) ||
    (origin.length <= MAX_ORIGIN && origin !== "null" && tests.some((expression) => expression.test(origin)))
}

/** An origin as browsers send it, so that a list is compared letter by letter. @throws what `refuse` makes */
export function checkOrigin(text: unknown, refuse: (message: string) => Error): string {
  if (text === "null") return text
  const url = typeof text === "string" ? URL.parse(text) : null
  if (url === null || !isOriginText(text as string))
    throw refuse(`Expected an origin like https://app.example.com, got ${shown(text)}.`)
  const isWeb = url.protocol === "http:" || url.protocol === "https:"
  if (isWeb && url.origin !== text)
    throw refuse(`Expected the origin as browsers send it, "${url.origin}", got ${shown(text)}.`)
  return text as string
}

function isOriginText(text: string): boolean {
  return text.length <= MAX_ORIGIN && /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*\\]+\/?$/i.test(text)
}

/** `https://*.example.com`: any host below it, of any depth, and not the domain itself. */
function subdomains(pattern: string, refuse: (message: string) => Error): RegExp {
  const match = /^(https?):\/\/\*\.([a-z0-9-]+(?:\.[a-z0-9-]+)+)(:\d{1,5})?$/.exec(pattern)
  if (match === null)
    throw refuse(
      `Expected a star in the place of all hosts below a domain, https://*.example.com, got ${shown(pattern)}.`,
    )
  const [, scheme, domain, port = ""] = match
  const rest = checkOrigin(`${scheme}://${domain}${port}`, refuse).slice(`${scheme}://`.length)
  return new RegExp(`^${scheme}://(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\\.)+${rest.replaceAll(".", "\\.")}$`)
}

/** The expression, anchored at both ends: `/example\.com/` would let `https://example.com.attacker.net` in. */
function wholeMatch(pattern: RegExp, refuse: (message: string) => Error): RegExp {
  const { source, flags } = pattern
  if (/[gy]/.test(flags))
    throw refuse(`Expected /${source}/ without the flags g and y, which make a match depend on the last one.`)
  const bare = source.replaceAll(/\\.|\[[^\]]*\]/g, "")
  if (/\.(?![*+?{])/.test(bare))
    throw refuse(`Expected the dots of /${source}/ escaped: a plain dot is any character, and so another site.`)
  return new RegExp(`^(?:${source})$`, flags)
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 100)) : typeof value
}
