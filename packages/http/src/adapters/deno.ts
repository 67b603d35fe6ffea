import type { Peer } from "../context/web-context.ts"
import { ListenFailed } from "../errors.ts"
import type { Kernel } from "../kernel.ts"
import { type ListenOptions, type Server, serverUrl } from "../server.ts"
import { createWebHandler, type WebHandler } from "../web-handler.ts"
import { DenoWebSockets } from "../websocket/web.ts"
import { Connections, type Listener, type ServeConnection, type Served } from "./deno-connections.ts"

interface DenoConnection {
  readonly remoteAddr: { readonly hostname?: string }
}

/** The part of Deno's own API that is used here. @see https://docs.deno.com/api/deno/~/Deno.serve */
interface DenoRuntime {
  readonly version: { readonly deno: string }
  readonly internal: symbol
  readonly permissions: {
    querySync(what: { name: "env"; variable: string }): { readonly state: string }
  }
  readonly env: { has(name: string): boolean }
  listen(options: { port: number; hostname: string }): Listener
  serve(
    options: { port: number; hostname: string; onListen: () => void },
    handler: (request: Request, info: DenoConnection) => Response | Promise<Response>,
  ): { addr: { port: number }; shutdown(): Promise<void>; finished: Promise<void> }
}

/** A server of Deno's, in either way. `stop` ends when all connections have. */
interface Serving {
  readonly port: number
  stop(graceMs: number): Promise<void>
}

const peer: Peer = { address: (_request, info) => (info as DenoConnection).remoteAddr.hostname }

/** Listens on Deno. */
export async function listenDeno(
  kernel: Kernel,
  { port, host, idleTimeoutSeconds }: Required<ListenOptions>,
): Promise<Server> {
  const { Deno: deno } = globalThis as unknown as { Deno: DenoRuntime }
  const sockets = kernel.websocket && new DenoWebSockets()
  const handle = createWebHandler(kernel, peer, { renderUpgrade: sockets && (() => sockets.render) })
  const serve = sockets === undefined ? connectionServer(deno) : undefined
  const where = { port, hostname: host }
  try {
    const server =
      serve === undefined
        ? serveAll(deno, where, handle)
        : serveEach(deno.listen(where), { serve, handle }, idleTimeoutSeconds * 1000)
    const stop = async (graceMs: number): Promise<void> => {
      await within(graceMs, Promise.all([sockets?.closeAll(), server.stop(graceMs)]))
      sockets?.terminateAll()
    }
    return { port: server.port, host, url: serverUrl(host, server.port), stop }
  } catch (cause) {
    throw new ListenFailed(`Could not listen on ${host}:${port}: ${String((cause as Error).message)}`, { cause })
  }
}

function serveAll(deno: DenoRuntime, where: { port: number; hostname: string }, handle: WebHandler): Serving {
  const server = deno.serve({ ...where, onListen: () => undefined }, handle)
  return { port: server.addr.port, stop: () => server.shutdown() }
}

function serveEach(listener: Listener, served: Served, idleMs: number): Serving {
  const connections = new Connections(listener, served, idleMs)
  return { port: listener.addr.port, stop: (graceMs) => connections.stop(graceMs) }
}

/**
 * What Deno has inside to serve one connection: undefined on a Deno it was not tested with, and where a platform says
 * where to listen, which `Deno.serve` alone obeys. It cannot be used for an app with WebSocket routes, for it ends a
 * WebSocket as soon as it is opened.
 */
function connectionServer(deno: DenoRuntime): ServeConnection | undefined {
  if (!deno.version.deno.startsWith("2.9.") || hasServeAddress(deno)) return undefined
  const internal = (deno as unknown as Record<symbol, { serveHttpOnConnection?: ServeConnection } | undefined>)[
    deno.internal
  ]
  return internal?.serveHttpOnConnection
}

/** Asks for no permission: a program that may not see the variable is on no such platform. */
function hasServeAddress(deno: DenoRuntime): boolean {
  const variable = "DENO_SERVE_ADDRESS"
  return deno.permissions.querySync({ name: "env", variable }).state === "granted" && deno.env.has(variable)
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, late])
  clearTimeout(timer)
}
