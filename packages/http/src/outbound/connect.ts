import { lookup } from "node:dns/promises"
import { isIP } from "node:net"

/** Where a checked request goes. */
export interface ConnectTarget {
  /** `https:` proves `host` by its certificate, whatever the address. */
  readonly protocol: "http:" | "https:"
  /** The address that was checked. */
  readonly address: string
  readonly port: number
  /** The name, for the Host header and the certificate. Without the port. */
  readonly host: string
  /** Path and query. */
  readonly path: string
}

export interface ConnectInit {
  readonly method: string
  readonly headers: Headers
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null
  readonly signal: AbortSignal
}

/** Makes one request to one address. Follows nothing, decodes nothing. */
export type Connect = (target: ConnectTarget, init: ConnectInit) => Promise<Response>

/** All addresses of a name. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** The machine's own resolver. */
export const resolveAll: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address)

/**
 * Makes connections to addresses that were checked, past any proxy: a name cannot change its mind between the check and the
 * connection. `https:` verifies the certificate against the name.
 *
 * @param certificates Authorities to trust instead of the machine's own, as PEM.
 */
export function createConnect(certificates?: readonly string[]): Connect {
  return "Bun" in globalThis ? connectByFetch(certificates) : connectByNode(certificates)
}

/** The Host header of a target: with its port, unless that goes without saying. */
export function hostHeader({ protocol, host, port }: ConnectTarget): string {
  return port === (protocol === "https:" ? 443 : 80) ? host : `${host}:${port}`
}

function connectByFetch(certificates: readonly string[] | undefined): Connect {
  return (target, init) => {
    const address = isIP(target.address) === 6 ? `[${target.address}]` : target.address
    const headers = new Headers(init.headers)
    headers.set("host", hostHeader(target))
    const tls = { serverName: target.host, ...(certificates ? { ca: [...certificates] } : {}) }
    return fetch(`${target.protocol}//${address}:${target.port}${target.path}`, {
      method: init.method,
      headers,
      body: init.body as BodyInit | null,
      signal: init.signal,
      redirect: "manual",
      decompress: false,
      // A pooled connection was proven for another name; a proxy would resolve the name again.
      keepalive: false,
      proxy: false as unknown as string,
      ...(target.protocol === "https:" ? { tls } : {}),
    } as RequestInit)
  }
}

/** `fetch` elsewhere resolves the name by itself, so Node's own client is told the address. */
function connectByNode(certificates: readonly string[] | undefined): Connect {
  return async (target, init) => {
    const [{ request: overHttp }, { request: overHttps }, { Readable }] = await Promise.all([
      import("node:http"),
      import("node:https"),
      import("node:stream"),
    ])
    const isName = isIP(bareHost(target.host)) === 0
    const options = {
      host: target.address,
      port: target.port,
      path: target.path,
      method: init.method,
      headers: { ...Object.fromEntries(init.headers), host: hostHeader(target), ...lengthOf(init.body) },
      signal: init.signal,
      agent: false as const,
    }
    const tls = { ...(isName && { servername: target.host }), ...(certificates && { ca: [...certificates] }) }
    return await new Promise<Response>((resolve, reject) => {
      const sent = target.protocol === "https:" ? overHttps({ ...options, ...tls }) : overHttp(options)
      sent.on("error", reject)
      sent.on("response", (message) => {
        const headers = new Headers()
        for (let at = 0; at < message.rawHeaders.length; at += 2)
          headers.append(message.rawHeaders[at]!, message.rawHeaders[at + 1]!)
        const status = message.statusCode!
        const isEmpty = status === 204 || status === 205 || status === 304
        if (isEmpty) message.resume()
        const body = isEmpty ? null : (Readable.toWeb(message) as unknown as ReadableStream<Uint8Array>)
        resolve(new Response(body, { status, headers }))
      })
      if (init.body instanceof ReadableStream) Readable.fromWeb(init.body as never).pipe(sent)
      else sent.end(init.body ?? undefined)
    })
  }
}

function lengthOf(body: ConnectInit["body"]): Record<string, string> {
  return body instanceof Uint8Array ? { "content-length": String(body.byteLength) } : {}
}
function bareHost(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host
}
