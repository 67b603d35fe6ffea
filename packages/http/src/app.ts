import { AshlarError, createContainer, nearest, type Services } from "@ashlar/core"
import { type CompileOptions, compileRoute, type Respond } from "./compile.ts"
import { type BaseContext, type ConnectionInfo, pathOf, RequestContext } from "./context.ts"
import { MethodNotAllowed, NotFound, RouteUnknown } from "./errors.ts"
import { type AnyLayer, type Check, type ErrorsOf, type ProvidedBy, toLayer } from "./layer.ts"
import { buildPath, type Segment } from "./path.ts"
import { Router } from "./router.ts"
import { createScope, type Scope, type Wall } from "./scope.ts"
import { type ListenOptions, loadAdapter, type NativeRoute, type Server } from "./server.ts"
import { freezeTable, type RouteRecord, type RouteTable } from "./table.ts"

export interface AppOptions<L extends readonly AnyLayer[] = readonly AnyLayer[]> {
  /** Layers around every route, and around the answers for unknown paths too. */
  readonly layers?: L
  /** Where `ctx.use(service)` looks. Default: a container of the app's own, closed by {@link App.stop}. */
  readonly services?: Services
  /** The largest body that is read, in bytes, where a route says nothing else. Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** Check what handlers return against their response schemas. Default: outside production (`NODE_ENV`). */
  readonly checkResponses?: boolean
  /** Told of every error that became an answer of status 500 or more. Default: written to standard error. */
  readonly onError?: (error: unknown, ctx: BaseContext) => void
}

/** An application: the outermost scope, and what serves it. `export default app` works as `{ fetch }` everywhere. */
export interface App<X = unknown, E = never> extends Scope<X, E> {
  /** Answers one request; no server needed, so tests call this. Never rejects. */
  fetch(request: Request, connection?: () => ConnectionInfo): Promise<Response>
  /** Freezes the table and listens. @throws {HTTP_LISTEN_FAILED} */
  listen(options?: ListenOptions): Promise<Server>
  /** Stops listening: lets requests under way end within `graceMs` (default 10,000), then closes what is left. */
  stop(graceMs?: number): Promise<void>
  /** Aborts when {@link App.stop} begins: long answers (event streams) end themselves on it. */
  readonly draining: AbortSignal
  /** Freezes the table, once; the boot checks run here. Later calls give the same table. */
  table(): RouteTable
  /** The path of a named route. @throws {HTTP_ROUTE_UNKNOWN} with the nearest name. */
  url(name: string, params?: Readonly<Record<string, string | number | undefined>>): string
}

/**
 * Creates an application.
 * @example
 * const app = createApp()
 * app.get("/users/:id", (ctx) => ({ id: ctx.params.id }))
 * await app.listen({ port: 3000 })
 */
export function createApp<const L extends readonly AnyLayer[] = readonly []>(
  options: AppOptions<L & Check<L, unknown>> = {},
): App<ProvidedBy<L>, ErrorsOf<L>> {
  const wall: Wall = { placed: [], frozen: false }
  const rootLayers = ((options.layers ?? []) as readonly AnyLayer[]).map(toLayer)
  const maxBodyBytes = options.maxBodyBytes ?? 1024 * 1024
  const ownServices = options.services === undefined ? createContainer() : undefined
  const services = options.services ?? (ownServices as Services)
  const compile: CompileOptions = {
    checkResponses: options.checkResponses ?? environment("NODE_ENV") !== "production",
    report: options.onError ?? ((error, ctx) => console.error(`${ctx.method} ${ctx.path} [${ctx.id}]`, error)),
  }
  const draining = new AbortController()
  let table: RouteTable | undefined
  let dispatch: Dispatch | undefined
  let server: Server | undefined

  const freeze = (): RouteTable => {
    wall.frozen = true
    table ??= freezeTable(wall.placed, maxBodyBytes)
    return table
  }
  const ready = (): Dispatch => {
    dispatch ??= createDispatch(freeze(), { ...compile, services, fallback: { layers: rootLayers, maxBodyBytes } })
    return dispatch
  }
  const app: App = {
    ...createScope(wall, "", [...new Set(rootLayers)]),
    fetch: async (request, connection = noConnection) => ready().fetch(request, connection),
    async listen({ port = 3000, host = "127.0.0.1", idleTimeoutSeconds = 30 } = {}) {
      const listen = await loadAdapter()
      const largest = Math.max(maxBodyBytes, ...freeze().records.map((record) => record.maxBodyBytes))
      server = await listen({ ...ready(), maxBodyBytes: largest }, { port, host, idleTimeoutSeconds })
      return server
    },
    async stop(graceMs = 10_000) {
      draining.abort()
      await server?.stop(graceMs)
      await ownServices?.close()
    },
    draining: draining.signal,
    table: freeze,
    url(name, params) {
      const record = freeze().named(name)
      if (record !== undefined) return buildPath(record.path, params)
      const known = freeze().records.flatMap((one) => one.name ?? [])
      const close = nearest(name, known)
      throw new RouteUnknown(`No route is named "${name}"${close === undefined ? "" : `. Did you mean "${close}"?`}`)
    },
  }
  return app as App<ProvidedBy<L>, ErrorsOf<L>>
}

interface DispatchOptions extends CompileOptions {
  readonly services: Services
  readonly fallback: Pick<RouteRecord, "layers" | "maxBodyBytes">
}

interface Dispatch {
  fetch(request: Request, connection: () => ConnectionInfo): Response | Promise<Response>
  readonly native: readonly NativeRoute[]
}

/** What stands at one path: for each method, the compiled route. */
interface Place {
  readonly methods: Map<string, Endpoint>
}
interface Endpoint {
  readonly record: RouteRecord
  readonly names: readonly string[]
  readonly respond: Respond
}

function createDispatch(table: RouteTable, options: DispatchOptions): Dispatch {
  const router = new Router<Place>()
  const native: NativeRoute[] = []
  const run = (
    endpoint: Endpoint,
    request: Request,
    path: string,
    params: Readonly<Record<string, string | undefined>>,
    connection: () => ConnectionInfo,
  ): Response | Promise<Response> => {
    const { record } = endpoint
    return endpoint.respond(
      new RequestContext({ request, path, params, route: record, connection, services: options.services }),
    )
  }
  for (const record of table.records) {
    const endpoint = { record, names: namesOf(record.segments), respond: compileRoute(record, options) }
    const place = router.at(record.segments, () => ({ methods: new Map() }))
    place.methods.set(record.method, endpoint)
    if (!record.segments.every(isNative)) continue
    native.push({
      method: record.method,
      path: record.path,
      respond: (request, params, connection) => run(endpoint, request, pathOf(request.url), params, connection),
    })
  }
  const fallback = createFallback(router, options)
  const fetch: Dispatch["fetch"] = (request, connection) => {
    const path = pathOf(request.url)
    const found = look(router, request.method, path)
    if (found instanceof AshlarError || found.endpoint === undefined)
      return run(fallback, request, path, {}, connection)
    const response = run(found.endpoint, request, path, paramsOf(found.endpoint.names, found.values), connection)
    return found.endpoint.record.method === request.method ? response : withoutBody(response)
  }
  return { fetch, native }
}

interface Found {
  readonly place: Place
  readonly values: readonly string[]
  /** Undefined when the place does not take this method. */
  readonly endpoint: Endpoint | undefined
}

/** What stands at a path, or the error that the path itself is. */
function look(router: Router<Place>, method: string, path: string): Found | AshlarError {
  try {
    const match = router.find(path)
    if (match === undefined) return new NotFound(`Nothing is served at ${method} ${path}`)
    const { methods } = match.value
    const endpoint = methods.get(method) ?? (method === "HEAD" ? methods.get("GET") : undefined)
    return { place: match.value, values: match.values, endpoint }
  } catch (error) {
    return error as AshlarError
  }
}

/** The route that nobody declared: unknown paths and methods still pass the app's own layers (CORS, logs, ids). */
function createFallback(router: Router<Place>, options: DispatchOptions): Endpoint {
  const handler = ({ method, path }: BaseContext): Response => {
    const found = look(router, method, path)
    if (found instanceof AshlarError) throw found
    const { methods } = found.place
    const allow = [...new Set([...methods.keys(), ...(methods.has("GET") ? ["HEAD"] : []), "OPTIONS"])]
    if (method === "OPTIONS") return new Response(null, { status: 204, headers: { allow: allow.join(", ") } })
    throw new MethodNotAllowed(`This address takes ${allow.join(", ")}, got ${method}`, { details: { allow } })
  }
  const record: RouteRecord = {
    method: "GET",
    path: "*",
    segments: [],
    name: undefined,
    input: {},
    output: new Map(),
    errors: [],
    meta: {},
    documentation: {},
    declaredAt: "",
    handler,
    ...options.fallback,
  }
  return { record, names: [], respond: compileRoute(record, options) }
}

async function withoutBody(answer: Response | Promise<Response>): Promise<Response> {
  const response = await answer
  const headers = new Headers(response.headers)
  await response.body?.cancel()
  return new Response(null, { status: response.status, headers })
}

function isNative(segment: Segment): boolean {
  return segment.kind === "static" || (segment.kind === "param" && !segment.optional)
}

function namesOf(segments: readonly Segment[]): readonly string[] {
  return segments.flatMap((segment) => (segment.kind === "static" ? [] : [segment.name]))
}

function paramsOf(names: readonly string[], values: readonly string[]): Record<string, string | undefined> {
  const params: Record<string, string | undefined> = {}
  for (let index = 0; index < values.length; index++) params[names[index]!] = values[index]
  return params
}

function noConnection(): ConnectionInfo {
  return { address: undefined }
}

function environment(name: string): string | undefined {
  return typeof process === "undefined" ? undefined : process.env[name]
}
