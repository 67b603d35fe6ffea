import { isIP } from "node:net"
import { withDeadline } from "@ashlar/core"
import {
  type Connect,
  type ConnectTarget,
  createConnect,
  isPublicAddress,
  type Resolve,
  resolveAll,
} from "@ashlar/http/outbound"
import { FetchFailed, FetchOptionInvalid, FetchRefused, FetchTimeout, FetchTooLarge } from "../errors.ts"
import { limited } from "./limited-body.ts"

export interface SafeFetchOptions {
  /** Take `http:` too. Default: `https:` only. */
  readonly allowHttp?: boolean
  /** Ports that may be asked. Default: 443, and 80 with `allowHttp`. */
  readonly ports?: readonly number[]
  /** Hosts that may be asked, and no others: `api.example.com`, `*.example.com`. Their addresses must be public all the same. Default: all. */
  readonly hosts?: readonly string[]
  /** Addresses besides the public ones, for services of one's own network. Default: none. */
  readonly allowAddress?: (address: string) => boolean
  /** Redirects that are followed, each checked like the first URL: 0 to 20. Default: 5. */
  readonly maxRedirects?: number
  /** The largest body of an answer, in bytes: 1 to 1 GiB. Default: 10 MiB. */
  readonly maxBodyBytes?: number
  /** Until the head of the answer, redirects and names included, in milliseconds: 1 to 600,000. Default: 10,000. */
  readonly timeoutMs?: number
  /** For tests. Default: the machine's resolver. */
  readonly resolve?: Resolve
  /** For tests. Default: what `createConnect` makes. */
  readonly connect?: Connect
}

export interface SafeRequest {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly signal?: AbortSignal
}

/** Fetches a URL that a stranger gave. */
export type SafeFetch = (url: string, request?: SafeRequest) => Promise<Response>

const MiB = 1024 * 1024
const MAX_URL = 8_192
/** Of a host with more, the first are tried. */
const MAX_ADDRESSES = 4
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** What another origin has no business to know. */
const SECRETS: readonly string[] = ["authorization", "cookie", "proxy-authorization"]
/** The connection's own affair: whoever says it could hide a second request. */
const OWN: readonly string[] = [
  "host",
  "connection",
  "content-length",
  "transfer-encoding",
  "upgrade",
  "te",
  "trailer",
  "keep-alive",
]

/**
 * Makes a `fetch` for URLs that strangers give: it reaches public addresses only (no SSRF). All addresses of a host are checked, and the
 * connection goes to one that was, so a name cannot mean another machine a moment later; every redirect is checked in the same way, and
 * gets no secrets of another origin. Proxies of the environment are not used. Compressed bodies come as they are.
 *
 * @throws {SECURITY_FETCH_OPTION_INVALID}
 * @see https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
 * @example
 * const fetchSafely = createSafeFetch({ maxBodyBytes: 1024 * 1024 })
 * const picture = await fetchSafely(body.pictureUrl) // SECURITY_FETCH_REFUSED for http://169.254.169.254/…
 */
export function createSafeFetch(options: SafeFetchOptions = {}): SafeFetch {
  const { maxRedirects = 5, maxBodyBytes = 10 * MiB, timeoutMs = 10_000, allowHttp = false, hosts } = options
  whole(maxRedirects, "maxRedirects", 0, 20)
  whole(maxBodyBytes, "maxBodyBytes", 1, 1024 * MiB)
  whole(timeoutMs, "timeoutMs", 1, 600_000)
  const ports = options.ports ?? (allowHttp ? [443, 80] : [443])
  for (const port of ports) whole(port, "ports", 1, 65_535)
  const plan: Plan = {
    allowHttp,
    ports,
    hosts: hosts?.map(checkHost),
    allows: (address) => isPublicAddress(address) || options.allowAddress?.(address) === true,
    resolve: options.resolve ?? resolveAll,
    connect: options.connect ?? createConnect(),
  }
  return async (url, request = {}) => {
    const head = await withDeadline(
      (late) =>
        follow(plan, {
          url,
          request,
          maxRedirects,
          signal: request.signal ? AbortSignal.any([late, request.signal]) : late,
        }),
      timeoutMs,
      () => new FetchTimeout(`Expected the head of an answer within ${timeoutMs} ms.`),
    )
    return limited(head, maxBodyBytes, () => new FetchTooLarge(`Expected a body of at most ${maxBodyBytes} bytes.`))
  }
}

interface Plan {
  readonly allowHttp: boolean
  readonly ports: readonly number[]
  readonly hosts: readonly string[] | undefined
  readonly allows: (address: string) => boolean
  readonly resolve: Resolve
  readonly connect: Connect
}
interface Journey {
  readonly url: string
  readonly request: SafeRequest
  readonly maxRedirects: number
  readonly signal: AbortSignal
}

async function follow(plan: Plan, { url: text, request, maxRedirects, signal }: Journey): Promise<Response> {
  let url = checkUrl(plan, text)
  let method = (request.method ?? "GET").toUpperCase()
  const headers = new Headers(request.headers)
  for (const name of OWN) headers.delete(name)
  let body = typeof request.body === "string" ? new TextEncoder().encode(request.body) : (request.body ?? null)
  for (let hop = 0; ; hop++) {
    const response = await send(plan, url, { method, headers, body, signal })
    const location = response.headers.get("location")
    if (!REDIRECTS.has(response.status) || location === null || maxRedirects === 0) return response
    await response.body?.cancel()
    if (hop >= maxRedirects) throw new FetchRefused(`Expected at most ${maxRedirects} redirects.`)
    const next = checkUrl(plan, URL.parse(location, url.href)?.href ?? "")
    if (next.origin !== url.origin) for (const name of SECRETS) headers.delete(name)
    // @see https://fetch.spec.whatwg.org/#http-redirect-fetch
    if ((response.status <= 302 && method === "POST") || (response.status === 303 && method !== "HEAD")) {
      method = "GET"
      body = null
      for (const name of ["content-type", "content-encoding", "content-language"]) headers.delete(name)
    }
    url = next
  }
}

function checkUrl({ allowHttp, ports, hosts }: Plan, text: string): URL {
  const url = text.length <= MAX_URL ? URL.parse(text) : null
  if (url === null || !(url.protocol === "https:" || (allowHttp && url.protocol === "http:")))
    throw new FetchRefused(`Expected a URL of ${allowHttp ? "http or https" : "https"}.`)
  if (url.username !== "" || url.password !== "") throw new FetchRefused("Expected a URL without a login.")
  if (!ports.includes(portOf(url))) throw new FetchRefused(`Expected a URL with one of the ports ${ports.join(", ")}.`)
  const host = url.hostname.replace(/\.$/, "")
  const isNamed = hosts?.some((one) => (one.startsWith("*.") ? host.endsWith(one.slice(1)) : host === one)) ?? true
  if (!isNamed) throw new FetchRefused("Expected a URL of one of the hosts that may be asked.")
  url.hash = ""
  return url
}

/** One request to an address that was checked. The addresses are not told: they would map the own network for whoever asks. */
async function send({ allows, resolve, connect }: Plan, url: URL, init: Parameters<Connect>[1]): Promise<Response> {
  const literal = url.hostname.startsWith("[") ? url.hostname.slice(1, -1) : url.hostname
  const addresses = isIP(literal) === 0 ? await resolve(url.hostname).catch(() => []) : [literal]
  if (addresses.length === 0) throw new FetchFailed("The host could not be resolved.")
  if (!addresses.every((address) => isIP(address) !== 0 && allows(address)))
    throw new FetchRefused("Expected a URL whose host is public in all of its addresses.")
  const protocol = url.protocol as ConnectTarget["protocol"]
  const target = { protocol, port: portOf(url), host: url.hostname, path: `${url.pathname}${url.search}` }
  let problem: unknown
  for (const address of addresses.slice(0, MAX_ADDRESSES)) {
    try {
      return await connect({ ...target, address }, init)
    } catch (error) {
      problem = error
      // What may have been done already is not done again.
      if (init.signal.aborted || (init.method !== "GET" && init.method !== "HEAD")) break
    }
  }
  throw new FetchFailed("The host could not be reached.", { cause: problem })
}

function portOf({ port, protocol }: URL): number {
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port)
}

function checkHost(host: string): string {
  if (/^(?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+$/.test(host)) return host
  throw new FetchOptionInvalid(`Expected hosts like api.example.com or *.example.com, got ${JSON.stringify(host)}.`)
}

function whole(value: number, name: string, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new FetchOptionInvalid(`Expected ${name} to be integers from ${least} to ${most}, got ${value}.`)
}
