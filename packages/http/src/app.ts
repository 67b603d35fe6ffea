import { createContainer, didYouMean, type Services, type StopReport } from "@ashlar/core"
import { loadOwnAdapter } from "#own-adapter"
import { AppLifecycle, type AppState, type StopOptions } from "./app-lifecycle.ts"
import type { BaseContext, ConnectionInfo } from "./context/context.ts"
import type { Peer } from "./context/web-context.ts"
import { createDevelopment } from "./development/development.ts"
import type { ErrorFormat } from "./error-answer/error-form.ts"
import { RouteUnknown } from "./errors.ts"
import { localesFor, type MessageLocale } from "./input/message-locale.ts"
import { createKernel, type Kernel, type TrailingSlash } from "./kernel.ts"
import { type AnyLayer, type Check, type ErrorsOf, type Layer, type ProvidedBy, toLayer } from "./layer.ts"
import { checkLimit } from "./limit.ts"
import { fillPath, type Params, type PathValues, type PathValuesOf } from "./path.ts"
import type { ForwardedHeader } from "./proxies/forwarded.ts"
import { createTrustedProxies } from "./proxies/trusted-proxies.ts"
import { toTypedResponse } from "./reply/web.ts"
import type { AnyRoute, Route } from "./route.ts"
import { createScope, type Scope, type Wall } from "./scope.ts"
import { type ListenOptions, listensInstead, type Server } from "./server.ts"
import { freezeTable, type RouteRecord, type RouteTable } from "./table.ts"
import { createWebHandler, type WebHandler } from "./web-handler.ts"

export interface AppOptions<L extends readonly AnyLayer[] = readonly AnyLayer[]> {
  /** Layers around every route, and around the answers for unknown paths too. */
  readonly layers?: L
  /** Where `ctx.use(service)` looks. Default: a container of the app's own, closed by {@link App.stop}. */
  readonly services?: Services
  /** The largest body that is read, in bytes, where a route says nothing else. Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** How long an answer may take before it is 503, in milliseconds, where a route says nothing else. Default: no limit. */
  readonly timeoutMs?: number
  /**
   * What `/users/` is when `/users` is declared: another address (`strict`, the default), the same one (`ignore`), or a
   * redirect to the declared one (`redirect`, 308).
   */
  readonly trailingSlash?: TrailingSlash
  /**
   * Whose word on clients is taken: addresses and ranges of proxies (`10.0.0.0/8`, `::1`), names of ranges (`loopback`,
   * `private`, `link-local`), and at most one number: so many hops, whatever their addresses. `ctx.address`, `ctx.url`
   * and hosts are then the client's, while the peer is trusted. Default: nobody's, and headers are not looked at.
   */
  readonly trustedProxies?: readonly (string | number)[]
  /**
   * The headers that the trusted proxies write: `X-Forwarded-For`, `-Proto` and `-Host` (the default), or `Forwarded` (RFC
   * 7239). Never both: the one that they do not write comes from the caller as it is. Whichever it is, each trusted proxy
   * must set or remove all of it.
   */
  readonly forwardedHeader?: ForwardedHeader
  /**
   * Tell callers more of errors: hints, and for a defect its message, its stack and the source around it. Default: when
   * `NODE_ENV` is `development` (as `ashlar dev` sets it) or `test`, and then callers on this machine only; `true` tells all
   * of them.
   */
  readonly development?: boolean
  /**
   * The forms that errors are told in, besides problem documents (RFC 9457), to callers whose `Accept` header prefers
   * one: `html`, a page for people, and `json-api`. Default: both. One answer is ready-made in production, and is a problem
   * document for everybody: to unknown paths, in an app without layers; naming the forms here opens it to them too.
   */
  readonly errorFormats?: readonly ErrorFormat[]
  /** Check what handlers return against their response schemas. Default: outside production (`NODE_ENV`). */
  readonly checkResponses?: boolean
  /**
   * The languages in which callers are told what is wrong with their values, by `Accept-Language`; the first where they ask for
   * none of these. Schemas of `@ashlar/validation` take them, those of other libraries speak as they do.
   * @example locales: [english, de] // of `@ashlar/validation/locales/en` and `…/de`
   */
  readonly locales?: readonly MessageLocale[]
  /** Told of every error that became an answer of status 500 or more. Default: written to standard error. */
  readonly onError?: (error: unknown, ctx: BaseContext) => void
}

/** What a {@link App.variant} may do in another way. */
export type AppVariant = Pick<AppOptions, "services" | "checkResponses" | "development" | "onError">

/** An application: the outermost scope, and what serves it. `export default app` works as `{ fetch }` everywhere. */
export interface App<X = unknown, E = never> extends Scope<X, E> {
  /** Answers one request; no server needed, so tests call this. Never rejects. */
  fetch(request: Request, connection?: () => ConnectionInfo): Promise<Response>
  /** Freezes the table and listens. @throws {HTTP_LISTEN_FAILED} */
  listen(options?: ListenOptions): Promise<Server>
  /**
   * Ends the app in order: it says that it is not ready, and serves on for `notReadyMs`; then no new connection is taken,
   * kept ones are told to close, event streams end with the reason `draining`, WebSockets with 1001, and services drain;
   * what is left after `graceMs` is cut, which aborts `ctx.signal`; then `onStop` hooks run and services close, the last
   * first. Never rejects. Later calls share the first one's promise.
   *
   * @param options A number is `graceMs`.
   * @returns what was cut or did not close as it should.
   */
  stop(options?: number | StopOptions): Promise<StopReport>
  /** Adds what runs at the stop, after the last request and before services are closed; the last added runs first. */
  onStop(hook: () => void | Promise<void>): void
  readonly state: AppState
  /** Aborts when no more is taken: long answers (event streams) end themselves on it. */
  readonly draining: AbortSignal
  /** Freezes the table, once; the boot checks run here. Later calls give the same table. */
  table(): RouteTable
  /** Where `ctx.use(service)` looks. */
  readonly services: Services
  /**
   * Another app of the same routes and options but for these: what a test serves, with services of its own. It freezes the
   * table, listens and stops by itself.
   */
  variant(options: AppVariant): App<X, E>
  /**
   * The path of a route, by its name or by itself. By itself its parameters are typed.
   * @throws {HTTP_ROUTE_UNKNOWN} with the nearest name; and when a parameter is missing, or does not fit its constraint.
   * @example app.url(show, { id: 7 }) // const show = get("/users/:id", …)
   */
  url(name: string, params?: PathValues): string
  url<P extends string>(
    route: Route<string, P>,
    ...params: Partial<Params<P>> extends Params<P> ? [PathValuesOf<P>?] : [PathValuesOf<P>]
  ): string
}

/**
 * Creates an application.
 * @throws {HTTP_PROXY_INVALID} when `trustedProxies` holds what is none.
 * @example
 * const app = createApp()
 * app.get("/users/:id", (ctx) => ({ id: ctx.params.id }))
 * await app.listen({ port: 3000 })
 */
export function createApp<const L extends readonly AnyLayer[] = readonly []>(
  options: AppOptions<L & Check<L, unknown>> = {},
): App<ProvidedBy<L>, ErrorsOf<L>> {
  const layers = [...new Set(((options.layers ?? []) as readonly AnyLayer[]).map(toLayer))]
  return assemble({ placed: [], frozen: false }, layers, options) as App<ProvidedBy<L>, ErrorsOf<L>>
}

/** What serves the routes of a wall. */
function assemble(wall: Wall, layers: readonly Layer<unknown, unknown>[], options: AppOptions): App {
  const { timeoutMs, trailingSlash = "strict" } = options
  const maxBodyBytes = checkLimit(options.maxBodyBytes ?? 1024 * 1024, "`maxBodyBytes` of the app")
  if (timeoutMs !== undefined) checkLimit(timeoutMs, "`timeoutMs` of the app", 1)
  const ownServices = options.services === undefined ? createContainer() : undefined
  const services = options.services ?? (ownServices as Services)
  const proxies = options.trustedProxies && createTrustedProxies(options.trustedProxies, options.forwardedHeader)
  const isProduction = environment("NODE_ENV") === "production"
  const { development: develops = isDeveloped(environment("NODE_ENV")), errorFormats } = options
  const lifecycle = new AppLifecycle(ownServices)
  let table: RouteTable | undefined
  let kernel: Promise<Kernel> | undefined
  let fetch: WebHandler | undefined

  const freeze = (): RouteTable => {
    wall.frozen = true
    table ??= freezeTable(wall.placed, { maxBodyBytes, timeoutMs })
    return table
  }
  const start = async (): Promise<Kernel> => {
    const frozen = freeze()
    return createKernel(frozen, {
      services,
      lifecycle,
      proxies,
      trailingSlash,
      checkResponses: options.checkResponses ?? !isProduction,
      schemaOptions: localesFor(options.locales),
      development: develops ? createDevelopment(frozen, options.development === true) : undefined,
      errorFormats: errorFormats ?? ["html", "json-api"],
      negotiatesAll: errorFormats !== undefined && errorFormats.length > 0,
      report: options.onError ?? ((error, ctx) => console.error(`${ctx.method} ${ctx.path} [${ctx.id}]`, error)),
      fallback: { layers, maxBodyBytes },
    })
  }
  const ready = (): Promise<Kernel> => {
    kernel ??= start()
    return kernel
  }
  const app: App = {
    ...createScope(wall, { prefix: "", host: undefined, layers }),
    async fetch(request, connection = noConnection) {
      fetch ??= createWebHandler(await ready(), told, { render: toTypedResponse })
      return fetch(request, typeof connection === "function" ? connection : noConnection)
    },
    async listen({ port = 3000, host = "127.0.0.1", idleTimeoutSeconds = 30, strictWebSockets = false, signals } = {}) {
      lifecycle.refuseStopped()
      checkLimit(idleTimeoutSeconds, "`idleTimeoutSeconds`")
      const listen = listensInstead() ?? (await loadOwnAdapter(strictWebSockets))
      const server = await listen(await ready(), { port, host, idleTimeoutSeconds, strictWebSockets }, app)
      await lifecycle.listens(server)
      if (signals && listensInstead() === undefined) lifecycle.stopOnSignals(signals === true ? {} : signals)
      return server
    },
    stop: (options = {}) => lifecycle.stop(typeof options === "number" ? { graceMs: options } : options),
    onStop: (hook) => lifecycle.onStop(hook),
    get state() {
      return lifecycle.state
    },
    draining: lifecycle.draining,
    table: freeze,
    services,
    variant: (other) => assemble(wall, layers, { ...options, ...other }),
    url: (to: string | AnyRoute, params?: PathValues) => {
      const { path, segments } = typeof to === "string" ? namedIn(freeze(), to) : onlyPlaceOf(freeze(), to)
      return fillPath(path, segments, params)
    },
  }
  return app
}

function namedIn(table: RouteTable, name: string): RouteRecord {
  const record = table.named(name)
  if (record !== undefined) return record
  const known = table.records.flatMap((one) => one.name ?? [])
  throw new RouteUnknown(`No route is named "${name}". ${didYouMean(name, known)}`)
}

function onlyPlaceOf(table: RouteTable, route: AnyRoute): RouteRecord {
  const [record, other] = table.of(route)
  const what = `${route.method} ${route.path} (${route.declaredAt})`
  if (record === undefined) throw new RouteUnknown(`${what} is no route of this app. Add it first`)
  if (other === undefined) return record
  throw new RouteUnknown(`${what} is at ${record.path} and at ${other.path}. Ask by name`)
}

/** The connection of `app.fetch` is a function that tells of it. */
const told: Peer = {
  address: (_request, connection) => (connection as () => ConnectionInfo)().address,
  allowIdle: (_request, connection, seconds) => (connection as () => ConnectionInfo)().allowIdle?.(seconds),
  waitUntil: (_request, connection, work) => (connection as () => ConnectionInfo)().waitUntil?.(work),
}

function noConnection(): ConnectionInfo {
  return { address: undefined }
}

/** A server whose operator set nothing must not show its source to the world, not even through a proxy on its machine. */
function isDeveloped(mode: string | undefined): boolean {
  return mode === "development" || mode === "test"
}

function environment(name: string): string | undefined {
  return typeof process === "undefined" ? undefined : process.env[name]
}
