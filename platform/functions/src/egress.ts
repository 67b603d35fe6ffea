/**
 * The `fetch` of functions, made by the platform. For every hop, redirects included: the URL is normalised, its host must
 * be granted, the name is resolved once, every address must be public, and the connection goes to an address that was
 * checked, so that a name cannot change its mind between the check and the connection.
 */

import { isIP } from "node:net"
import { AshlarError } from "@ashlar/core"
import {
  type Connect,
  type ConnectInit,
  type ConnectTarget,
  createConnect,
  isPublicAddress,
  type Resolve,
  resolveAll,
} from "@ashlar/http/outbound"
import { EgressFailed, EgressInvalid, EgressNotGranted, EgressPrivate, EgressRedirects } from "./errors.ts"
import { bare, type Grant, hostOf, isGranted, portOf } from "./grants.ts"

const MAX_REDIRECTS = 10
/** Of a host with more, the first are tried. */
const MAX_ADDRESSES = 4
/** Headers of one connection, which the platform speaks for itself. */
const hopHeaders = new Set(
  "host connection keep-alive transfer-encoding content-length upgrade te trailer expect".split(" "),
)
const redirectStatuses = new Set([301, 302, 303, 307, 308])

export interface EgressRequest {
  readonly url: string
  readonly method: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null
  readonly redirect: "follow" | "manual" | "error"
  readonly grants: readonly Grant[]
  readonly signal: AbortSignal
}

export interface EgressResponse {
  readonly url: string
  readonly redirected: boolean
  readonly response: Response
}

export interface Egress {
  /**
   * Makes the request.
   *
   * @throws {FUNCTIONS_EGRESS_INVALID} when the URL is none, has a user or another scheme than http and https.
   * @throws {FUNCTIONS_EGRESS_NOT_GRANTED} when no grant names the host and port of the URL or of a redirect.
   * @throws {FUNCTIONS_EGRESS_PRIVATE} when the host has an address that is not public.
   * @throws {FUNCTIONS_EGRESS_REDIRECTS} after 10 redirects, for one that cannot be followed, or when told to.
   * @throws {FUNCTIONS_EGRESS_FAILED} when the host cannot be resolved or reached.
   */
  fetch(request: EgressRequest): Promise<EgressResponse>
}

export interface EgressOptions {
  /** Default: the machine's resolver. */
  readonly resolve?: Resolve
  /** Default: {@link createConnect}. */
  readonly connect?: Connect
}

/** Opens the way out. */
export function createEgress(options: EgressOptions = {}): Egress {
  const resolve = options.resolve ?? resolveAll
  const connect = options.connect ?? createConnect()
  return {
    fetch: async (request) => {
      let hop: Hop = { ...request, url: parseUrl(request.url), headers: cleaned(request.headers) }
      for (let redirects = 0; ; redirects++) {
        const targets = await targetsOf(hop.url, { grants: request.grants, resolve })
        const response = await connectAny(connect, targets, { ...hop, signal: request.signal })
        const location = redirectStatuses.has(response.status) ? response.headers.get("location") : null
        if (location === null || request.redirect === "manual")
          return { url: hop.url.href, redirected: redirects > 0, response }
        await response.body?.cancel()
        if (request.redirect === "error")
          throw new EgressRedirects(`${hop.url.host} redirects, and redirect is "error".`)
        if (redirects === MAX_REDIRECTS) throw new EgressRedirects(`Stopped after ${MAX_REDIRECTS} redirects.`)
        hop = nextHop(hop, response.status, location)
      }
    },
  }
}

interface Hop {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null
}

function parseUrl(text: string, base?: URL): URL {
  const url = URL.parse(text, base)
  if (!url || (url.protocol !== "http:" && url.protocol !== "https:") || url.username !== "" || url.password !== "")
    throw new EgressInvalid(
      `Expected an http: or https: URL without a user name or password, got "${text.slice(0, 200)}".`,
    )
  return url
}

function cleaned(pairs: readonly (readonly [string, string])[]): Headers {
  const headers = new Headers()
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase()
    if (!hopHeaders.has(lower) && !lower.startsWith("proxy-")) headers.append(name, value)
  }
  return headers
}

/** Tries the addresses one after the other: a host may have one that this machine cannot reach. */
async function connectAny(connect: Connect, targets: readonly ConnectTarget[], init: ConnectInit): Promise<Response> {
  // A stream can be sent once.
  const tried = init.body instanceof ReadableStream ? targets.slice(0, 1) : targets
  let failure: unknown
  for (const target of tried) {
    try {
      return await connect(target, init)
    } catch (error) {
      if (init.signal.aborted || error instanceof AshlarError) throw error
      failure = error
    }
  }
  throw new EgressFailed(`${targets[0]?.host} could not be reached.`, { cause: failure })
}

async function targetsOf(
  url: URL,
  check: { grants: readonly Grant[]; resolve: Resolve },
): Promise<readonly ConnectTarget[]> {
  const host = hostOf(url)
  const port = portOf(url)
  if (!isGranted(check.grants, url))
    throw new EgressNotGranted(`The function's egress does not grant ${host}:${port}. Add "${host}" and deploy again.`)
  const literal = bare(host)
  const addresses = isIP(literal) ? [literal] : await resolved(host, check.resolve)
  // The address itself is not named: it would map the platform's network for whoever asks.
  if (!addresses.every(isPublicAddress)) throw new EgressPrivate(`${host} resolves to an address that is not public.`)
  const protocol = url.protocol as "http:" | "https:"
  return addresses
    .slice(0, MAX_ADDRESSES)
    .map((address) => ({ protocol, address, port, host, path: `${url.pathname}${url.search}` }))
}

async function resolved(host: string, resolve: Resolve): Promise<readonly string[]> {
  let failure: unknown
  const addresses = await resolve(host).catch((cause: unknown) => {
    failure = cause
    return []
  })
  if (addresses.length === 0) throw new EgressFailed(`${host} could not be resolved.`, { cause: failure })
  return addresses
}

function nextHop(hop: Hop, status: number, location: string): Hop {
  const url = parseUrl(location, hop.url)
  const headers = new Headers(hop.headers)
  // Credentials are for the host that they were written for.
  if (url.host !== hop.url.host || (hop.url.protocol === "https:" && url.protocol === "http:"))
    for (const name of ["authorization", "cookie", "cookie2"]) headers.delete(name)
  const becomesGet = status === 303 ? hop.method !== "HEAD" : status < 307 && hop.method === "POST"
  if (becomesGet) {
    for (const name of [...headers.keys()]) if (name.startsWith("content-")) headers.delete(name)
    return { url, method: "GET", headers, body: null }
  }
  if (hop.body instanceof ReadableStream)
    throw new EgressRedirects(`${hop.url.host} redirects a body that was streamed and cannot be sent again.`)
  return { url, method: hop.method, headers, body: hop.body }
}

/** The headers of an upstream's answer that a function gets: all but those of the connection. */
export function answerHeaders(headers: Headers): [string, string][] {
  return [...headers].filter(([name]) => name === "content-length" || !hopHeaders.has(name)) as [string, string][]
}
