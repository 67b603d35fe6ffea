import { isIP } from "node:net"
import { FunctionInvalid } from "./errors.ts"

const MAX_GRANTS = 100

/** A host and port that a function may reach, as its manifest names it. */
export interface Grant {
  /** Normalised: lower case, punycode, no trailing dot. Of a wildcard, the part after `*.`. */
  readonly host: string
  /** Any host that ends in `.host`, but not `host` itself. */
  readonly wildcard: boolean
  /** Absent: the scheme's own port, 443 or 80. */
  readonly port: number | undefined
}

/**
 * Reads the `egress` of a manifest: `"api.example.com"`, `"api.example.com:8443"`, `"*.example.org"`, `"203.0.113.9"`.
 *
 * @throws {FUNCTIONS_INVALID} when an entry is no host, has more than a host and a port, or is a wildcard for a whole
 *   top-level domain.
 */
export function parseGrants(entries: readonly string[]): readonly Grant[] {
  if (entries.length > MAX_GRANTS)
    throw new FunctionInvalid(`Expected at most ${MAX_GRANTS} entries in egress, got ${entries.length}.`)
  return entries.map(parseGrant)
}

/** Does one of the grants name the URL's host and port? */
export function isGranted(grants: readonly Grant[], url: URL): boolean {
  const host = hostOf(url)
  const port = portOf(url)
  return grants.some((grant) => {
    if ((grant.port ?? defaultPort(url)) !== port) return false
    return grant.wildcard ? host.endsWith(`.${grant.host}`) && isIP(bare(host)) === 0 : host === grant.host
  })
}

/** The URL's host as grants and resolvers see it: without one trailing dot. IPv6 keeps its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.endsWith(".") ? url.hostname.slice(0, -1) : url.hostname
}

export function portOf(url: URL): number {
  return url.port === "" ? defaultPort(url) : Number(url.port)
}

/** A host without the brackets of an IPv6 address. */
export function bare(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host
}

function defaultPort(url: URL): number {
  return url.protocol === "https:" ? 443 : 80
}

function parseGrant(entry: string): Grant {
  const wildcard = typeof entry === "string" && entry.startsWith("*.")
  const name = wildcard ? entry.slice(2) : entry
  // Only a host and a port: anything else in the text would silently grant less or more than its reader thinks.
  const match = typeof name === "string" ? /^(\[[0-9a-f:.]+\]|[^\s/:@?#[\]\\*]+)(?::(\d{1,5}))?$/i.exec(name) : null
  const url = match && URL.parse(`http://${match[1]}/`)
  const port = match?.[2] === undefined ? undefined : Number(match[2])
  const host = url ? hostOf(url) : ""
  const named = isIP(bare(host)) === 0
  if (host === "" || port === 0 || (port ?? 1) > 65535 || (wildcard && (!named || !host.includes("."))))
    throw new FunctionInvalid(
      `Expected entries of egress like "api.example.com", "api.example.com:8443" or "*.example.org", got ${JSON.stringify(entry)}.`,
    )
  return { host, wildcard, port }
}
