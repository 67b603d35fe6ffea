import { existsSync, readFileSync } from "node:fs"
import { relative, resolve } from "node:path"
import { InputInvalid } from "../errors.ts"

/** One route, as the app's own `@ashlar/http` describes it. Members that no output needs are left as they come. */
export interface AppRoute {
  readonly method: string
  readonly path: string
  readonly host?: string
  readonly version?: string
  readonly name?: string
  /** The constraints of the path's parameters, by parameter. */
  readonly where?: Readonly<Record<string, string>>
  readonly layers: readonly string[]
  readonly errors: readonly { readonly code: string; readonly status: number }[]
  readonly declaredAt: string
}

export interface AppTable {
  readonly format: 1
  readonly routes: readonly AppRoute[]
}

/** What happened between two tables. */
export interface AppDiff {
  readonly added: readonly AppRoute[]
  readonly removed: readonly AppRoute[]
  readonly changed: readonly {
    readonly route: AppRoute
    readonly changes: readonly { readonly at: string; readonly message: string; readonly breaking: boolean }[]
    readonly breaking: boolean
  }[]
  readonly breaking: boolean
}

/**
 * Reads a table that `ashlar routes --json` wrote.
 *
 * @throws {CLI_INPUT_INVALID} When the file is not there, or holds something else.
 */
export function readTable(cwd: string, name: string): AppTable {
  const path = resolve(cwd, name)
  const shown = relative(cwd, path)
  if (!existsSync(path)) throw new InputInvalid(`There is no ${shown}. Write it with: ashlar routes --json > ${shown}`)
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, "utf8"))
  } catch (cause) {
    throw new InputInvalid(`${shown} is not JSON. Write it with: ashlar routes --json > ${shown}`, { cause })
  }
  if (!isTable(value))
    throw new InputInvalid(`${shown} holds no table of routes. Write it with: ashlar routes --json > ${shown}`)
  return value
}

function isTable(value: unknown): value is AppTable {
  const { format, routes } = (value ?? {}) as { format?: unknown; routes?: unknown }
  return format === 1 && Array.isArray(routes) && routes.every(isRoute)
}

function isRoute(value: unknown): value is AppRoute {
  const { method, path, layers, errors, input, output } = (value ?? {}) as Record<string, unknown>
  const isText = typeof method === "string" && typeof path === "string" && path.startsWith("/")
  const areObjects = [input, output].every((one) => typeof one === "object" && one !== null)
  return isText && Array.isArray(layers) && Array.isArray(errors) && areObjects
}

export interface RouteFilter {
  readonly methods?: readonly string[] | undefined
  /** The start of a path; `*` stands for anything. */
  readonly path?: string | undefined
}

/** The routes that a filter asks for, in the order of the table. */
export function filterRoutes(routes: readonly AppRoute[], { methods, path }: RouteFilter): readonly AppRoute[] {
  const wanted = methods && new Set(methods.map((method) => method.toUpperCase()))
  const pattern = path === undefined ? undefined : toPattern(path)
  return routes.filter(
    (route) =>
      (wanted === undefined || wanted.has(route.method)) && (pattern === undefined || pattern.test(route.path)),
  )
}

function toPattern(path: string): RegExp {
  const parts = path.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
  return new RegExp(`^${parts.join(".*")}`)
}

/** The address of a route with what tells it from another one at the same path: `api.example.com/users`. */
export function addressOf({ host = "", path }: AppRoute): string {
  return host + path
}
