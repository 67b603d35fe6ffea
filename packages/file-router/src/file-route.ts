import { nearest } from "@ashlar/core"
import type { AnyLayer, AnyRoute, Method, Route, Scope } from "@ashlar/http"
import { ExportInvalid, LayerInvalid, PathMismatch } from "./errors.ts"
import { METHODS } from "./place.ts"

/** What a route file of path `P` exports: each route by the name of its method, each with the path `P`. */
export type RouteModule<P extends string> = { readonly [M in Method]?: Route<M, P, unknown, unknown, unknown> }

/** The routes of a module, by method, without whatever else it exports. */
export type RoutesOf<M> = { readonly [K in keyof M & Method]: M[K] }

/** The default export of a `_layer` file. */
export type LayerExport = AnyLayer | readonly AnyLayer[]

/** A file of routes in its place. */
export interface FileRoute<M = unknown> {
  /** From the folder of the routes, with `/`. */
  readonly file: string
  readonly path: string
  /** Where its routes stand in the record of all routes: with a method after it, their names. */
  readonly keys: readonly string[]
  /** Of the folders above, outermost first. */
  readonly layers: readonly AnyLayer[]
  readonly routes: RoutesOf<M>
}

/** What the manifest says about a file, besides its module. */
export interface FileRoutePlace<P extends string> {
  readonly file: string
  readonly path: P
  readonly keys: readonly string[]
  /** The default exports of the `_layer` files above, outermost first. */
  readonly layers?: readonly LayerExport[]
}

/**
 * Puts a module of routes in its place. Manifests call this, so that the compiler refuses a route that says another
 * path or method than its file and its name; what was not compiled is refused here.
 * @throws {FILE_ROUTER_EXPORT_INVALID} when the module exports no route, or one under another name than its method.
 * @throws {FILE_ROUTER_PATH_MISMATCH} when a route says another path than its file.
 * @throws {FILE_ROUTER_LAYER_INVALID} when a layer is none.
 * @example
 * import * as user from "./routes/users/[id].ts"
 * const route = fileRoute({ file: "users/[id].ts", path: "/users/:id", keys: ["users", "$id"] }, user)
 */
export function fileRoute<const P extends string, M extends RouteModule<P>>(
  place: FileRoutePlace<P>,
  module: M,
): FileRoute<M> {
  const { file, path, keys, layers = [] } = place
  const routes: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(module)) {
    if (isRoute(value)) routes[checkRoute(file, path, name, value)] = value
    else checkOther(file, name)
  }
  if (Object.keys(routes).length === 0) {
    throw new ExportInvalid(
      `${file}: exports no route. Write \`export const GET = get("${path}", …)\`, or rename it _*`,
    )
  }
  return { file, path, keys, layers: layers.flatMap((one) => toLayers(file, one)), routes: routes as RoutesOf<M> }
}

/**
 * Adds the routes of all files to a scope, each inside the layers of its folders. The order of the files never matters.
 * @example mountRoutes(app, [index, user])
 */
export function mountRoutes(scope: RouteTarget, files: readonly FileRoute[]): void {
  for (const { keys, layers, routes } of files) {
    const record = keys.reduceRight<object>((inner, key) => ({ [key]: inner }), routes)
    const add = (target: RouteTarget): void => target.add(record)
    if (layers.length === 0) add(scope)
    else (scope.scope as (path: string, layers: readonly AnyLayer[], block: typeof add) => void)("/", layers, add)
  }
}

/** Where routes can be added: an app, or any scope of one. */
export interface RouteTarget extends Pick<Scope, "add"> {
  readonly scope: unknown
}

function isRoute(value: unknown): value is AnyRoute {
  if (typeof value !== "object" || value === null) return false
  const { method, path, handler, definition } = value as Partial<AnyRoute>
  return typeof method === "string" && typeof path === "string" && typeof handler === "function" && !!definition
}

function checkRoute(file: string, path: string, name: string, route: AnyRoute): Method {
  const method = route.method as Method
  if (name !== method) {
    throw new ExportInvalid(`${file}: exports a ${method} route as "${name}". Write \`export const ${method} = …\``)
  }
  if (route.path !== path) {
    throw new PathMismatch(
      `${file}: ${method} says the path "${route.path}", and the file stands for "${path}" (${route.declaredAt})`,
    )
  }
  return method
}

/** Schemas, types' values and the like may be exported too; what looks like a method and is no route is a mistake. */
function checkOther(file: string, name: string): void {
  const upper = name.toUpperCase() === "DEL" ? "DELETE" : name.toUpperCase()
  const methods: readonly string[] = METHODS
  const meant = methods.includes(upper) ? upper : /^[A-Z]+$/.test(name) ? nearest(name, methods) : undefined
  if (meant === undefined && name !== "default") return
  const wanted = meant ?? "GET"
  throw new ExportInvalid(
    `${file}: expected "${name}" to be a route. Write \`export const ${wanted} = ${functionOf(wanted)}(…)\``,
  )
}

function functionOf(method: string): string {
  return method === "DELETE" ? "del" : method.toLowerCase()
}

function toLayers(file: string, value: LayerExport): readonly AnyLayer[] {
  const list = Array.isArray(value) ? (value as readonly AnyLayer[]) : [value as AnyLayer]
  for (const one of list as readonly unknown[]) {
    if (typeof one === "function") continue
    if (typeof one === "object" && one !== null && typeof (one as { name?: unknown }).name === "string") continue
    throw new LayerInvalid(`${file}: expected the default export of each _layer file above to be a layer or a list`)
  }
  return list
}
