import { CookieInvalid, CookieTooLarge } from "../errors.ts"

/** How long a cookie lives, and where it goes. @see https://datatracker.ietf.org/doc/html/draft-ietf-httpbis-rfc6265bis */
export interface CookieAttributes {
  /** Seconds after which the browser forgets it. Default: when the browser is closed. */
  readonly maxAgeSeconds?: number | undefined
  /** When the browser forgets it, for clients that know no `Max-Age`. */
  readonly expires?: Date | undefined
  /** Sends it to subdomains too. Not with the prefix `__Host-`. Default: only the host that set it. */
  readonly domain?: string | undefined
  /** Default `/`. With the prefix `__Host-` nothing else is possible. */
  readonly path?: string | undefined
  /** Only over TLS; browsers make an exception for `http://localhost`. Default true. */
  readonly secure?: boolean | undefined
  /** Out of the reach of scripts. Default true. */
  readonly httpOnly?: boolean | undefined
  /** Whether it goes along with requests that another site began. Default `lax`: only with links that were followed. */
  readonly sameSite?: "strict" | "lax" | "none" | undefined
  /** One jar for each site that embeds this one (CHIPS). Default false. */
  readonly partitioned?: boolean | undefined
}

/** Browsers ignore a cookie whose name and value are longer. */
export const MAX_COOKIE_BYTES = 4096
/** Browsers ignore an attribute that is longer. */
const MAX_ATTRIBUTE_LENGTH = 1024

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** The octets of a value that stand for themselves. A percent sign does not: it begins an escape. */
const PLAIN = /^[!#$&-+\--:<-[\]-~]*$/
const PATH = /^\/[\x20-\x3a\x3c-\x7e]*$/
const DOMAIN = /^\.?[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?(?:\.[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?)*$/
const SAME_SITE = { strict: "Strict", lax: "Lax", none: "None" } as const

/** @throws {HTTP_COOKIE_INVALID} when the name is no token, or its prefix promises what the attributes do not keep. */
export function checkCookieName(name: string): void {
  if (!NAME.test(name))
    throw invalid(`the name of a cookie to be letters, digits and !#$%&'*+-.^_\`|~, got ${show(name)}`)
}

/** A value as it goes over the wire: what a cookie cannot carry becomes a percent escape. */
export function encodeCookieValue(name: string, value: string): string {
  if (PLAIN.test(value)) return value
  if (!value.isWellFormed()) throw invalid(`the value of the cookie ${show(name)} to be well-formed text`)
  return encodeURIComponent(value)
}

/**
 * A `Set-Cookie` line, of a checked name, an encoded value and formatted attributes.
 * @throws {HTTP_COOKIE_TOO_LARGE}
 */
export function formatSetCookie(name: string, value: string, attributes: string): string {
  if (name.length + value.length > MAX_COOKIE_BYTES) {
    const size = name.length + value.length
    throw new CookieTooLarge(`The cookie ${show(name)} has ${size} bytes, and browsers take ${MAX_COOKIE_BYTES}`, {
      details: { maxCookieBytes: MAX_COOKIE_BYTES, sizeBytes: size },
    })
  }
  return `${name}=${value}${attributes}`
}

/**
 * The attributes of a cookie of this name, each after a semicolon. None can begin another attribute or header.
 * @throws {HTTP_COOKIE_INVALID}
 */
export function formatAttributes(name: string, attributes: CookieAttributes): string {
  const { maxAgeSeconds, expires, domain, path = "/", secure = true, httpOnly = true, sameSite = "lax" } = attributes
  checkPrefix(name, { domain, path, secure })
  let text = ""
  if (maxAgeSeconds !== undefined) {
    if (!Number.isSafeInteger(maxAgeSeconds)) throw invalid(`maxAgeSeconds to be whole seconds, got ${maxAgeSeconds}`)
    text += `; Max-Age=${maxAgeSeconds}`
  }
  if (expires !== undefined) {
    if (Number.isNaN(expires.getTime())) throw invalid("expires to be a valid date")
    text += `; Expires=${expires.toUTCString()}`
  }
  if (domain !== undefined) text += `; Domain=${attribute("domain", domain, DOMAIN)}`
  text += path === "/" ? "; Path=/" : `; Path=${attribute("path", path, PATH)}`
  if (secure) text += "; Secure"
  else if (sameSite === "none" || attributes.partitioned === true)
    throw invalid(`the cookie ${show(name)} to be secure, which sameSite "none" and partitioned need`)
  if (httpOnly) text += "; HttpOnly"
  const site = SAME_SITE[sameSite] as string | undefined
  if (site === undefined) throw invalid(`sameSite to be "strict", "lax" or "none", got ${show(sameSite)}`)
  text += `; SameSite=${site}`
  return attributes.partitioned === true ? `${text}; Partitioned` : text
}

function attribute(name: string, value: string, pattern: RegExp): string {
  if (value.length <= MAX_ATTRIBUTE_LENGTH && pattern.test(value)) return value
  throw invalid(`the ${name} of a cookie to be one, got ${show(value)}`)
}

/** Browsers refuse, and say nothing of it, a cookie that does not keep what its prefix promises. */
function checkPrefix(
  name: string,
  { domain, path, secure }: { domain: string | undefined; path: string; secure: boolean },
): void {
  if (name.charCodeAt(0) !== 95) return // no underscore, no prefix
  const lower = name.slice(0, 9).toLowerCase()
  const isHost = lower.startsWith("__host-")
  if (!isHost && lower !== "__secure-") return
  const fix = 'use another prefix: cookies({ prefix: "" })'
  if (!secure) throw invalid(`the cookie ${show(name)} to be secure, as its prefix promises; or ${fix}`)
  if (isHost && domain !== undefined)
    throw invalid(
      `no domain for the cookie ${show(name)}, whose prefix promises one host; or ${fix.replace('""', '"__Secure-"')}`,
    )
  if (isHost && path !== "/")
    throw invalid(
      `the path / for the cookie ${show(name)}, as its prefix promises; or ${fix.replace('""', '"__Secure-"')}`,
    )
}

function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

function invalid(what: string): InstanceType<typeof CookieInvalid> {
  return new CookieInvalid(`Expected ${what}`)
}
