import { didYouMean } from "@ashlar/core"
import type { RequestHeaders } from "../context/request-headers.ts"
import { ProxyInvalid } from "../errors.ts"
import { type ForwardedHeader, forwardedHops } from "./forwarded.ts"
import {
  formatAddress,
  isInRange,
  type NetworkAddress,
  type NetworkRange,
  parseAddress,
  parseRange,
} from "./network-address.ts"

/** Where a request came from, as far as it can be believed. */
export interface Origin {
  /** The client: the first address, seen from here, that is no trusted proxy. Undefined when a proxy does not say it. */
  readonly address: string | undefined
  /** How the client connected, where a trusted proxy says it. */
  readonly scheme: "http" | "https" | undefined
  /** The host that the client asked for, with its port where it has one, where a trusted proxy says it. */
  readonly host: string | undefined
}

/** What the proxies of an app may be believed. */
export interface TrustedProxies {
  /** Whether the peer of a connection is one of them. */
  trusts(peer: string | undefined): boolean
  originOf(peer: string | undefined, headers: RequestHeaders): Origin
}

/** Names for ranges. `private`: RFC 1918, RFC 6598 and RFC 4193. */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1"],
  "link-local": ["169.254.0.0/16", "fe80::/10"],
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"],
}

/** So many proxies in a row are looked at; more are a loop, or an attempt to keep us busy. */
const MAX_HOPS = 64

/**
 * Reads which proxies are trusted: addresses, ranges (`10.0.0.0/8`), their names (`loopback`, `private`, `link-local`),
 * and at most one number, of hops whose addresses do not matter.
 * @throws {HTTP_PROXY_INVALID} for anything else.
 */
export function createTrustedProxies(
  proxies: readonly (string | number)[],
  header: ForwardedHeader = "x-forwarded-for",
): TrustedProxies {
  const hops = readHops(proxies)
  const ranges = proxies.flatMap((one) => (typeof one === "string" ? readRanges(one) : []))
  const isTrusted = (address: NetworkAddress | undefined, hop: number): boolean =>
    hop < hops || (address !== undefined && ranges.some((range) => isInRange(address, range)))
  const read = (peer: string | undefined, headers: RequestHeaders): Origin => {
    let address = peer === undefined ? undefined : parseAddress(peer)
    // A peer that is no IP address is told as it is.
    let told = address === undefined ? peer : formatAddress(address)
    let scheme: Origin["scheme"]
    let host: string | undefined
    if (!isTrusted(address, 0)) return { address: told, scheme, host }
    let hop = 0
    for (const said of forwardedHops(headers, header)) {
      scheme = readScheme(said.proto) ?? scheme
      host = readHost(said.host) ?? host
      if (said.for === undefined && header === "x-forwarded-for") break // only the other two were there
      address = said.for === undefined ? undefined : parseNode(said.for)
      told = address && formatAddress(address)
      hop++
      if (hop >= MAX_HOPS || !isTrusted(address, hop)) break
    }
    return { address: told, scheme, host }
  }
  const known = new WeakMap<RequestHeaders, Origin>()
  return {
    trusts: (peer) => isTrusted(peer === undefined ? undefined : parseAddress(peer), 0),
    originOf(peer, headers) {
      const origin = known.get(headers) ?? read(peer, headers)
      known.set(headers, origin)
      return origin
    },
  }
}

function readHops(proxies: readonly (string | number)[]): number {
  const numbers = proxies.filter((one) => typeof one === "number")
  const [hops = 0, ...more] = numbers
  if (more.length > 0 || !Number.isInteger(hops) || hops < 0 || hops > MAX_HOPS)
    throw new ProxyInvalid(
      `Expected one whole number of hops from 0 to ${MAX_HOPS} in trustedProxies, got ${numbers.join(", ")}`,
    )
  return hops
}

function readRanges(text: string): readonly NetworkRange[] {
  const known = Object.hasOwn(NAMED, text) ? NAMED[text] : undefined
  return (known ?? [text]).map((range) => {
    const parsed = parseRange(range)
    if (parsed !== undefined) return parsed
    throw new ProxyInvalid(
      `Expected an address, a range like "10.0.0.0/8" or a name of one in trustedProxies, got "${text}". ${didYouMean(text, Object.keys(NAMED))}`,
    )
  })
}

/** An address with or without a port: `1.2.3.4:80`, `[2001:db8::1]:443`. Obfuscated names and `unknown` are none. */
function parseNode(text: string): NetworkAddress | undefined {
  const bracketed = /^\[([^\]]*)\](?::(?:\d{1,5}|_[A-Za-z0-9._-]+))?$/.exec(text)
  if (bracketed !== null) return bracketed[1]!.includes(":") ? parseAddress(bracketed[1]!) : undefined
  const plain = /^([0-9.]+):(?:\d{1,5}|_[A-Za-z0-9._-]+)$/.exec(text)
  return text.includes("%") ? undefined : parseAddress(plain?.[1] ?? text)
}

function readScheme(text: string | undefined): Origin["scheme"] {
  const scheme = text?.toLowerCase()
  return scheme === "http" || scheme === "https" ? scheme : undefined
}

const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?)(?::\d{1,5})?$/i
/** A name has 253 characters at most, and a port 5. */
const MAX_HOST_LENGTH = 259

/** A host is put into addresses and compared with names: what could not be one is not believed. */
function readHost(text: string | undefined): string | undefined {
  if (text === undefined || text.length > MAX_HOST_LENGTH || !HOST.test(text)) return undefined
  return URL.canParse(`http://${text}`) ? text.toLowerCase() : undefined
}
