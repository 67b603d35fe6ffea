import type { ConnectionInfo } from "../context.ts"
import { ListenFailed } from "../errors.ts"
import { type ListenOptions, type NativeRoute, type Servable, type Server, serverUrl } from "../server.ts"

type BunHandler = (request: Bun.BunRequest, server: Bun.Server<undefined>) => Response | Promise<Response>

/** Bun's router is linear in the children of one segment, so a wide table is dispatched by our own trie instead. */
const MAX_SIBLINGS = 200

/** Listens on Bun, with its native router for the routes it can take; everything else goes through `fetch`. */
export async function listenBun(
  app: Servable,
  { port, host, idleTimeoutSeconds }: Required<ListenOptions>,
): Promise<Server> {
  const fallback: BunHandler = (request, server) => app.fetch(request, connectionOf(request, server))
  let server: Bun.Server<undefined>
  try {
    server = Bun.serve({
      port,
      hostname: host,
      reusePort: false,
      routes: nativeRoutes(app, fallback),
      fetch: fallback as (request: Request, server: Bun.Server<undefined>) => Response | Promise<Response>,
      // Above the largest limit of a route, so that our own check answers 413 with a problem document.
      maxRequestBodySize: app.maxBodyBytes + 1024 * 1024,
      idleTimeout: idleTimeoutSeconds,
      development: false,
    })
  } catch (cause) {
    throw new ListenFailed(`Could not listen on ${host}:${port}: ${reason(cause)}`, { cause })
  }
  const bound = server.port ?? port
  return { port: bound, host, url: serverUrl(host, bound), stop: (graceMs) => stop(server, graceMs) }
}

function connectionOf(request: Request, server: Bun.Server<undefined>): () => ConnectionInfo {
  return () => ({
    address: server.requestIP(request)?.address,
    allowIdle: (seconds) => server.timeout(request, Math.min(255, Math.ceil(seconds))),
  })
}

function nativeRoutes(app: Servable, fallback: BunHandler): Record<string, Record<string, BunHandler>> {
  if (widestSegment(app.native) > MAX_SIBLINGS) return {}
  const table: Record<string, Record<string, BunHandler>> = {}
  for (const route of app.native) {
    table[route.path] ??= {}
    table[route.path]![route.method] = (request, server) => {
      const params = request.params as Readonly<Record<string, string>>
      // Bun decodes a malformed escape to U+FFFD; our own router answers it with 400.
      for (const name in params) if (params[name]!.includes("\ufffd")) return fallback(request, server)
      return route.respond(request, params, connectionOf(request, server))
    }
  }
  return table
}

function widestSegment(routes: readonly NativeRoute[]): number {
  const children = new Map<string, Set<string>>()
  for (const { path } of routes) {
    const parts = path.split("/")
    parts.forEach((part, index) => {
      const parent = parts.slice(0, index).join("/")
      const known = children.get(parent) ?? new Set()
      children.set(parent, known.add(part))
    })
  }
  return Math.max(0, ...[...children.values()].map((names) => names.size))
}

async function stop(server: Bun.Server<undefined>, graceMs: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const forced = new Promise<"forced">((resolve) => {
    timer = setTimeout(() => resolve("forced"), graceMs)
  })
  const outcome = await Promise.race([server.stop(false), forced])
  clearTimeout(timer)
  if (outcome === "forced") await server.stop(true)
}

function reason(cause: unknown): string {
  const { code, message } = cause as { code?: string; message?: string }
  if (code === "EADDRINUSE") return "another program uses this port. Stop it, or choose another port"
  if (code === "EACCES") return "this user may not use this port. Ports below 1024 need privileges"
  return message ?? "unknown reason"
}
