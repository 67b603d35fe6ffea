import { type Peer, WebContext } from "../context/web-context.ts"
import type { Endpoint } from "../endpoint.ts"
import { ListenFailed } from "../errors.ts"
import type { Kernel } from "../kernel.ts"
import type { Result } from "../reply/reply.ts"
import { forHead, readyResponse, toResponse } from "../reply/web.ts"
import { type Server, serverUrl, type Where } from "../server.ts"
import { sleep } from "../sleep.ts"
import { createWebHandler, type WebHandler } from "../web-handler.ts"
import { BunWebSockets } from "../websocket/bun.ts"

type BunHandler = (request: Bun.BunRequest, server: Bun.Server<undefined>) => Response | Promise<Response>

/** Bun's router is linear in the children of one segment, so a wide table is dispatched by our own trie instead. */
const MAX_SIBLINGS = 200

/** Bun looks at its timers every few seconds, so a connection lives up to so much longer than it is told. */
const TIMER_SECONDS = 3

const DRAIN_CHECK_MS = 50
/** How long a request may take to arrive whose first bytes came before the stop. */
const HEAD_MS = 1_000

const toHead = forHead(toResponse)

/** A request that Bun's own router dispatched: it has the parameters. */
class BunContext extends WebContext {
  protected override pathParams(): Readonly<Record<string, string | undefined>> {
    const { params } = this.request as Bun.BunRequest
    // Bun decodes a malformed escape to U+FFFD. Whether it was one is told by decoding again.
    for (const name in params)
      if (params[name as never] === "" || (params[name as never] as string).includes("\ufffd")) return this.#again()
    return params as Readonly<Record<string, string>>
  }
  #again(): Readonly<Record<string, string | undefined>> {
    const parts = this.path.split("/").slice(1)
    const { segments } = this.endpoint.record
    return this.endpoint.paramsOf(parts.filter((_, index) => segments[index]?.kind !== "static"))
  }
}

/** Listens on Bun, with its native router for the routes it can take; everything else goes through our own. */
export async function listenBun(kernel: Kernel, { port, host, idleTimeoutSeconds }: Where): Promise<Server> {
  const sockets = kernel.websocket && new BunWebSockets(kernel.websocket)
  const fallback = createWebHandler(kernel, peer, { renderUpgrade: sockets?.render })
  let server: Bun.Server<undefined>
  try {
    server = Bun.serve({
      port,
      hostname: host,
      reusePort: false,
      routes: nativeTable(kernel, fallback, sockets),
      fetch: fallback,
      // Above the largest limit of a route, so that our own check answers 413 with a problem document.
      maxRequestBodySize: kernel.maxBodyBytes + 1024 * 1024,
      idleTimeout: idleTimeoutSeconds === 0 ? 0 : Math.max(1, idleTimeoutSeconds - TIMER_SECONDS),
      development: false,
      ...(sockets && { websocket: sockets.handler }),
    } as Bun.Serve.Options<undefined>)
  } catch (cause) {
    throw new ListenFailed(`Could not listen on ${host}:${port}: ${reason(cause)}`, { cause })
  }
  const bound = server.port ?? port
  return { port: bound, host, url: serverUrl(host, bound), stop: (graceMs) => stop(server, graceMs, sockets) }
}

const peer: Peer = {
  address: (request, server) => (server as Bun.Server<undefined>).requestIP(request)?.address,
  allowIdle: (request, server, seconds) =>
    (server as Bun.Server<undefined>).timeout(request, Math.min(255, Math.ceil(seconds))),
}

function nativeTable(
  kernel: Kernel,
  fallback: WebHandler,
  sockets: BunWebSockets | undefined,
): Record<string, Record<string, BunHandler | Response>> {
  if (widestSegment(kernel.native.map(({ path }) => path)) > MAX_SIBLINGS) return {}
  const table: Record<string, Record<string, BunHandler | Response>> = {}
  for (const { path, methods } of kernel.native) {
    const handlers: Record<string, BunHandler> = {}
    for (const [method, endpoint] of methods) handlers[method] = nativeHandler(kernel, endpoint, sockets)
    // Bun's own HEAD lacks what it adds to GET as it sends it: the type of text, and the date.
    const show = methods.get("GET")
    if (show !== undefined) handlers.HEAD ??= nativeHandler(kernel, show, sockets, toHead)
    table[path] = handlers
  }
  const { elsewhere } = kernel
  if (elsewhere === undefined) return table
  // Bun answers an unknown path by itself, with bytes that are ready; at a known one, another method is no unknown path.
  for (const handlers of Object.values(table)) handlers.GET ??= fallback
  table["/*"] = { GET: readyResponse(elsewhere) }
  return table
}

function nativeHandler(
  kernel: Kernel,
  endpoint: Endpoint,
  sockets: BunWebSockets | undefined,
  render: (ctx: WebContext, result: Result) => Response = toResponse,
): BunHandler {
  const { shared } = kernel
  if (sockets !== undefined && endpoint.record.websocket !== undefined)
    return (request, server) =>
      kernel.answer(
        new BunContext({ request, connection: server, peer, endpoint, shared, values: undefined, path: undefined }),
        sockets.render(server),
      )
  return (request, server) =>
    kernel.answer(
      new BunContext({ request, connection: server, peer, endpoint, shared, values: undefined, path: undefined }),
      render,
    )
}

function widestSegment(paths: readonly string[]): number {
  const children = new Map<string, Set<string>>()
  for (const path of paths) {
    const parts = path.split("/")
    parts.forEach((part, index) => {
      const parent = parts.slice(0, index).join("/")
      const known = children.get(parent) ?? new Set()
      children.set(parent, known.add(part))
    })
  }
  return Math.max(0, ...[...children.values()].map((names) => names.size))
}

/**
 * Bun closes kept connections by itself, and waits for those that never sent a whole request: nothing is under way on
 * them, so they are cut when nothing else is.
 * @returns how many connections had to be cut that had something under way.
 */
async function stop(server: Bun.Server<undefined>, graceMs: number, sockets?: BunWebSockets): Promise<number> {
  const beganMs = performance.now()
  let isStopped = false
  const stopped = server.stop(false).then(() => {
    isStopped = true
  })
  sockets?.closeAll()
  for (;;) {
    await Promise.race([stopped, sleep(DRAIN_CHECK_MS)])
    if (isStopped) return 0
    const underWay = server.pendingRequests + server.pendingWebSockets
    const passedMs = performance.now() - beganMs
    if (passedMs < graceMs && (underWay > 0 || passedMs < HEAD_MS)) continue
    await server.stop(true)
    return underWay
  }
}

function reason(cause: unknown): string {
  const { code, message } = cause as { code?: string; message?: string }
  if (code === "EADDRINUSE") return "another program uses this port. Stop it, or choose another port"
  if (code === "EACCES") return "this user may not use this port. Ports below 1024 need privileges"
  return message ?? "unknown reason"
}
