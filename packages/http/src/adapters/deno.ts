import type { Peer } from "../context/web-context.ts"
import { ListenFailed, Unavailable } from "../errors.ts"
import { Failure } from "../failure.ts"
import type { Kernel } from "../kernel.ts"
import { toProblem } from "../problem.ts"
import { PROBLEM_TYPE } from "../reply/reply.ts"
import { type Server, serverUrl, type Where } from "../server.ts"
import { createWebHandler, type WebHandler } from "../web-handler.ts"
import { DenoWebSockets } from "../websocket/web.ts"
import { watchBody } from "./deno-body.ts"
import {
  type Connection,
  Connections,
  type ConnectionsOptions,
  type Listener,
  type ServeConnection,
} from "./deno-connections.ts"
import { methodOf } from "./deno-inside.ts"

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

/** A server of Deno's, in either way. `stop` ends when all connections have, and gives how many were cut, as far as is known. */
interface Serving {
  readonly port: number
  stop(graceMs: number): Promise<number>
}

/** Listens on Deno. */
export async function listenDeno(kernel: Kernel, { port, host, idleTimeoutSeconds }: Where): Promise<Server> {
  const { Deno: deno } = globalThis as unknown as { Deno: DenoRuntime }
  const sockets = kernel.websocket && new DenoWebSockets()
  const cutting = new AbortController()
  const onCut = (): void => cutting.abort()
  const serve = sockets === undefined && idleTimeoutSeconds > 0 ? connectionServer(deno) : undefined
  const peer: Peer = {
    address: (_request, info) => (info as DenoConnection).remoteAddr.hostname,
    cut: cutting.signal,
    ...(serve !== undefined && bodyWatch),
  }
  const handle = createWebHandler(kernel, peer, { renderUpgrade: sockets && (() => sockets.render) })
  const where = { port, hostname: host }
  try {
    const server =
      serve === undefined
        ? serveAll(deno, where, { handle, onCut })
        : serveEach(deno.listen(where), { serve, handle, onCut, idleMs: idleTimeoutSeconds * 1000 })
    const stop = async (graceMs: number): Promise<number> => {
      const [cut] = await Promise.all([server.stop(graceMs), within(graceMs, sockets?.closeAll())])
      return Math.max(cut, sockets?.terminateAll() ?? 0)
    }
    return { port: server.port, host, url: serverUrl(host, server.port), stop }
  } catch (cause) {
    throw new ListenFailed(`Could not listen on ${host}:${port}: ${String((cause as Error).message)}`, { cause })
  }
}

/** To give a request another class costs a tenth of a small upload, so it is done for those that get into other hands. */
const bodyWatch: Pick<Peer, "handsOut" | "readsWhole"> = {
  handsOut: (request) => {
    if (methodOf(request) !== "GET") watchBody(request)
  },
  readsWhole: (connection) => (connection as Connection).readsWhole(),
}

/** Deno gives no way to end connections once it was told to shut down: those that are left end with the process. */
function serveAll(
  deno: DenoRuntime,
  where: { port: number; hostname: string },
  { handle, onCut }: { handle: WebHandler; onCut: () => void },
): Serving {
  const uploads = new Set<Promise<Response>>()
  let isStopping = false
  const answer: WebHandler = (request, connection) => {
    if (isStopping) return stopping()
    const response = handle(request, connection)
    if (request.method === "GET" || !(response instanceof Promise)) return response
    uploads.add(response)
    void response.finally(() => uploads.delete(response))
    return response
  }
  const server = deno.serve({ ...where, onListen: () => undefined }, answer)
  const stop = async (graceMs: number): Promise<number> => {
    isStopping = true
    const beganMs = performance.now()
    // A shutdown ends what is still being read of bodies.
    await within(graceMs, Promise.allSettled(uploads))
    const leftMs = graceMs - (performance.now() - beganMs)
    if (await within(Math.max(leftMs, 0), server.shutdown())) return 0
    onCut()
    return 1 // at least: Deno does not tell
  }
  return { port: server.addr.port, stop }
}

function stopping(): Response {
  const problem = toProblem(new Failure(Unavailable, "The server is stopping. Come again shortly."))
  const headers = { "content-type": PROBLEM_TYPE, connection: "close", "retry-after": "1" }
  return new Response(JSON.stringify(problem), { status: 503, headers })
}

function serveEach(listener: Listener, options: ConnectionsOptions): Serving {
  const connections = new Connections(listener, options)
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

/** Whether the work was done in time. */
async function within(ms: number, work: Promise<unknown> | undefined): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  const inTime = await Promise.race([Promise.resolve(work).then(() => true as const), late])
  clearTimeout(timer)
  return inTime
}
