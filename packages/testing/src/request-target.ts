import { type App, buildPath, type RouteRecord } from "@ashlar/http"

/** Values of a query: lists repeat the name, objects are written `name[key]`, undefined is left out. */
export type QueryValue = string | number | boolean | undefined | readonly (string | number | boolean)[] | QueryValues
export interface QueryValues {
  readonly [name: string]: QueryValue
}
export type ParamValues = Readonly<Record<string, string | number | undefined>>

/**
 * Path and query of a request.
 * @param to A path, a pattern (`/users/:id`) with its params, or a route's name.
 * @throws {HTTP_ROUTE_UNKNOWN} for a name that no route has, or a param that is not there.
 */
export function targetOf(app: Pick<App, "url">, to: string, params?: ParamValues): string {
  if (!to.startsWith("/")) return app.url(to, params)
  return params === undefined ? to : buildPath(to, params)
}

export function withQuery(target: string, query: QueryValues): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => pairsOf(name, value))
  if (pairs.length === 0) return target
  const text = pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&")
  return `${target}${target.includes("?") ? "&" : "?"}${text}`
}

function pairsOf(name: string, value: QueryValue): (readonly [string, string])[] {
  if (value === undefined) return []
  if (typeof value !== "object") return [[name, String(value)]]
  if (Array.isArray(value)) return value.map((one) => [name, String(one)] as const)
  return Object.entries(value).flatMap(([key, one]) => pairsOf(`${name}[${key}]`, one as QueryValue))
}

/** The method of a route that is called by its name. */
export function methodOf(app: Pick<App, "table">, name: string): string | undefined {
  const method: RouteRecord["method"] | undefined = app.table().named(name)?.method
  return method === "*" ? undefined : method
}
