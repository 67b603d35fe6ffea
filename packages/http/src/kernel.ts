import type { Services } from "@ashlar/core"
import { finish, streamed } from "./after-answer.ts"
import type { AppLifecycle } from "./app-lifecycle.ts"
import { arrangeLayers } from "./arrange-layers.ts"
import { unreadableBody } from "./body.ts"
import { type CompileOptions, compileRoute } from "./compile.ts"
import type { BaseContext } from "./context/context.ts"
import type { RequestContext, Shared } from "./context/request-context.ts"
import type { Development } from "./development/development.ts"
import { createEndpoint, type Endpoint, type Found } from "./endpoint.ts"
import { type ErrorFormat, errorForm } from "./error-answer/error-form.ts"
import { errorReply } from "./error-answer/error-reply.ts"
import { MethodNotAllowed, NotFound } from "./errors.ts"
import { Failure, fail, isFailure, toError } from "./failure.ts"
import { createFinder, endsWithSlash, type Finder, type Place } from "./finder.ts"
import { HostRouters } from "./host.ts"
import { isWhole, type NativePath, nativeRoutes } from "./native.ts"
import { parsePath } from "./path.ts"
import { placePreflights } from "./preflights.ts"
import { problemOf, toProblem, withoutCaching } from "./problem.ts"
import type { TrustedProxies } from "./proxies/trusted-proxies.ts"
import { isResponse, PROBLEM_TYPE, Reply, type Result } from "./reply/reply.ts"
import type { MaybePromise, Step } from "./step.ts"
import type { RouteRecord, RouteTable } from "./table.ts"
import { createVersionExplainer, isChosen, type Refusal, sideBySide } from "./versioning/side-by-side.ts"
import { type WebSocketLimits, widestLimits } from "./websocket/limits.ts"

export type TrailingSlash = "strict" | "ignore" | "redirect"

export interface KernelOptions extends CompileOptions {
  readonly services: Services
  readonly lifecycle: AppLifecycle
  readonly proxies: TrustedProxies | undefined
  readonly trailingSlash: TrailingSlash
  /** What is told of errors besides; undefined in production. */
  readonly development: Development | undefined
  /** The forms that errors are told in, besides problem documents. */
  readonly errorFormats: readonly ErrorFormat[]
  /** Look at the `Accept` header even where one ready answer would do for everybody. */
  readonly negotiatesAll: boolean
  /** Told of every error that became an answer of status 500 or more, and of what cleanups throw. */
  readonly report: (error: unknown, ctx: BaseContext) => void
  /** What the answers for unknown paths and methods pass through. */
  readonly fallback: Pick<RouteRecord, "layers" | "maxBodyBytes">
}

/** Turns a result into what a runtime sends. */
export type Render<C extends RequestContext, Out> = (ctx: C, result: Result) => Out

/** The compiled table: finds a request's endpoint, runs it, and turns whatever comes of it into one answer. */
export interface Kernel {
  readonly shared: Shared
  /** The routes that a runtime with a router of its own may dispatch by itself. */
  readonly native: readonly NativePath[]
  /** The answer to a `GET` of any other path, where those are all the routes there are and nothing else could matter. */
  readonly elsewhere: Reply<number, string> | undefined
  /** The largest body that any route reads, in bytes. */
  readonly maxBodyBytes: number
  /** What suits the connections of all WebSocket routes; undefined where there are none. */
  readonly websocket: WebSocketLimits | undefined
  /** Whether `find` wants to know the host. */
  readonly hasHosts: boolean
  find(method: string, path: string, host: string | null | undefined): Found
  answer<C extends RequestContext, Out>(ctx: C, render: Render<C, Out>): MaybePromise<Out>
}

export function createKernel(table: RouteTable, options: KernelOptions): Kernel {
  const routers = new HostRouters<Place>()
  const endpoints = placeAll(table, routers, options)
  const { report, services, lifecycle, proxies, development, errorFormats } = options
  const refuse: Shared["refuse"] = (error, ctx) => {
    if (ctx.answerHeaders !== undefined) ctx.answerHeaders = withoutCaching(ctx.answerHeaders)
    const form = errorFormats.length === 0 ? undefined : errorForm(ctx.headers.get("accept"), errorFormats)
    if (error === nowhere && !ctx.hasId && form === undefined) return nowhereReply
    const problem = problemOf(error, ctx)
    if (problem.status >= 500) report(error instanceof Failure ? error.toError() : error, ctx)
    return errorReply(development?.explain(problem, error, ctx) ?? problem, form)
  }
  const native = nativeRoutes(endpoints)
  const explain = createVersionExplainer(table.records)
  const ready = explain === undefined ? readyAnswer(options) : undefined
  const finder = createFinder(routers, options.trailingSlash)
  const fallback = createFallback(finder, options, explain)
  placePreflights(table.records, routers, {
    fallback,
    finder,
    derive: (record, layers, handler) => undeclared({ ...record, handler }, options, layers),
  })
  const unknown: Found = { endpoint: fallback, values: [], ready }
  const refused: Found = { endpoint: fallback, values: [], ready: undefined }
  const find: Kernel["find"] = (method, path, host) => {
    const found = finder.find(method, path, host)
    return found === undefined ? unknown : found === "refused" ? refused : found
  }
  return {
    shared: { services, lifecycle, draining: lifecycle.draining, report, refuse, proxies },
    native,
    elsewhere: isWhole(native, endpoints) && options.trailingSlash === "strict" ? ready : undefined,
    maxBodyBytes: Math.max(options.fallback.maxBodyBytes, ...table.records.map((record) => record.maxBodyBytes)),
    websocket: widestLimits(table.records.flatMap(({ websocket }) => websocket ?? [])),
    hasHosts: routers.hasHosts,
    find,
    answer,
  }
}

/** Puts every route where it is found; versions of one path and method share a place, and are chosen there. */
function placeAll(table: RouteTable, routers: HostRouters<Place>, options: KernelOptions): readonly Endpoint[] {
  const endpoints: Endpoint[] = []
  const versioned = new Map<Place, Map<string, [Endpoint, ...Endpoint[]]>>()
  for (const record of table.records) {
    const endpoint = createEndpoint(record, compileRoute(record, options))
    const { method, segments, host } = record
    const isOneOfMany = isChosen(record)
    if (!isOneOfMany) endpoints.push(endpoint)
    for (const place of routers.at(host).at(segments, () => ({ methods: new Map() }))) {
      if (!isOneOfMany) {
        place.methods.set(method, endpoint)
        continue
      }
      const methods = versioned.get(place) ?? new Map<string, [Endpoint, ...Endpoint[]]>()
      versioned.set(place, methods.set(method, [...(methods.get(method) ?? []), endpoint] as [Endpoint]))
    }
  }
  const refuse: Refusal = (record, handler) => undeclared({ ...record, handler }, options)
  for (const [place, methods] of versioned) {
    for (const [method, group] of methods) {
      const endpoint = sideBySide(group, refuse)
      place.methods.set(method, endpoint)
      endpoints.push(endpoint)
    }
  }
  return endpoints
}

/** The answer to unknown paths outside development. It repeats nothing of the request, so it is made but once. */
const nowhere = fail(NotFound)
const nowhereReply = new Reply(404, JSON.stringify(toProblem(nowhere)), PROBLEM_TYPE)

/** The answer to unknown paths, where no layer and no setting could change it. */
function readyAnswer(options: KernelOptions): Reply<number, string> | undefined {
  const { trailingSlash, development, fallback, negotiatesAll } = options
  const isFixed = !negotiatesAll && development === undefined && fallback.layers.length === 0
  return isFixed && trailingSlash !== "redirect" ? nowhereReply : undefined
}

/** Answers for what nobody declared: unknown paths and methods. */
function createFallback(
  finder: Finder,
  options: KernelOptions,
  explain: ((path: string) => Failure | undefined) | undefined,
): Endpoint {
  const handler = (ctx: BaseContext): Result => {
    const { method, path } = ctx
    const host = (ctx as RequestContext).authority
    const methods = finder.methodsAt(path, host)
    if (methods.size === 0)
      return redirected(ctx as RequestContext, options.trailingSlash, finder) ?? notFound(method, path)
    const allow = [...new Set([...methods, ...(methods.has("GET") ? ["HEAD"] : []), "OPTIONS"])]
    if (method === "OPTIONS") return new Reply(204, null, undefined, { allow: allow.join(", ") })
    return fail(MethodNotAllowed, `This address takes ${allow.join(", ")}, got ${method}`, { allow })
  }
  const notFound = (method: string, path: string): Failure =>
    explain?.(path) ??
    (options.development === undefined ? nowhere : fail(NotFound, `Nothing is served at ${method} ${path}`))
  return undeclared({ method: "GET", path: "*", segments: parsePath("/*"), declaredAt: "", handler }, options)
}

/** A route that nobody declared: what it answers still passes the app's own layers (CORS, logs, ids). */
function undeclared(
  {
    method,
    path,
    segments,
    declaredAt,
    handler,
  }: Pick<RouteRecord, "method" | "path" | "segments" | "declaredAt" | "handler">,
  options: KernelOptions,
  layers: RouteRecord["layers"] = options.fallback.layers,
): Endpoint {
  const record: RouteRecord = {
    method,
    path,
    segments,
    name: undefined,
    key: undefined,
    input: {},
    output: new Map(),
    errors: [],
    meta: {},
    documentation: {},
    declaredAt,
    handler,
    timeoutMs: undefined,
    host: undefined,
    version: undefined,
    websocket: undefined,
    ...options.fallback,
    layers: arrangeLayers(layers),
  }
  return createEndpoint(record, compileRoute(record, options))
}

/** Where the same path is served without its last slash. 308 keeps the method and the body. */
function redirected(ctx: RequestContext, policy: TrailingSlash, finder: Finder): Reply | undefined {
  const { path, search, authority } = ctx
  if (policy !== "redirect" || !endsWithSlash(path)) return undefined
  const other = path.slice(0, -1)
  // `//host` would be taken for another site, and so would `/\host`.
  if (/^\/[/\\]/.test(other) || finder.methodsAt(other, authority).size === 0) return undefined
  return new Reply(308, null, undefined, { location: search === "" ? other : `${other}?${search}` })
}

/** Runs a request to its answer. Nothing that goes wrong on the way gets out of here. */
function answer<C extends RequestContext, Out>(ctx: C, render: Render<C, Out>): MaybePromise<Out> {
  const { run, reading } = ctx.endpoint
  if (reading === undefined) return settle(ctx, run as Step, render)
  const rest = (body: unknown): MaybePromise<Out> => settle(ctx, () => reading.rest(ctx, body), render)
  try {
    const body = reading.read(ctx)
    return body instanceof Promise ? body.then(rest, (error) => rest(unreadableBody(error))) : rest(body)
  } catch (error) {
    return complete(ctx, ctx.shared.refuse(error, ctx), render, error)
  }
}

function settle<C extends RequestContext, Out>(ctx: C, step: Step, render: Render<C, Out>): MaybePromise<Out> {
  try {
    const result = step(ctx)
    if (!(result instanceof Promise)) return complete(ctx, result, render)
    return result.then(
      (settled) => complete(ctx, settled, render),
      (error) => complete(ctx, ctx.shared.refuse(error, ctx), render, error),
    )
  } catch (error) {
    return complete(ctx, ctx.shared.refuse(error, ctx), render, error)
  }
}

function complete<C extends RequestContext, Out>(ctx: C, result: Result, render: Render<C, Out>, error?: unknown): Out {
  let out: Out
  const piecewise = ctx.deferred === undefined && !isIterable(result) ? undefined : streamed(ctx, result)
  const waits = piecewise !== undefined
  try {
    out = render(ctx, waits ? piecewise.result : result)
  } catch (cause) {
    // The answer itself could not be made: a value without a JSON form, a header with a line break in it.
    const reply = ctx.shared.refuse(cause, ctx)
    out = render(ctx, reply)
    piecewise?.over()
    if (ctx.isWatched) finish(ctx, reply.status, { error: cause, waits })
    return out
  }
  if (ctx.isWatched) {
    const failure = error ?? (isFailure(result) ? toError(result) : undefined)
    finish(ctx, statusOf(result), { error: failure, waits })
  }
  return out
}

/** Whether a handler's own code will make the body piece by piece: it may still defer something on the way. */
function isIterable(result: Result): boolean {
  const value = result instanceof Reply ? result.value : result
  return typeof value === "object" && value !== null && Symbol.asyncIterator in value && !("getReader" in value)
}

/** The status that a result is sent with. */
export function statusOf(result: Result): number {
  if (result instanceof Reply || isResponse(result) || isFailure(result)) return result.status
  return result === null || result === undefined ? 204 : 200
}
