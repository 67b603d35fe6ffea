import type { App } from "../app.ts"
import { get, type Route } from "../route.ts"
import type { RouteRecord } from "../table.ts"
import { type RouteManifest, toManifest } from "./route-manifest.ts"

export interface PublishOptions {
  /** Default `/.well-known/ashlar-routes`, where clients look. */
  readonly path?: string
  /** Which routes are published. Default: all that have a name. */
  readonly include?: (route: RouteRecord) => boolean
  /** How long a client may keep the answer, in seconds. Default 60. */
  readonly maxAgeSeconds?: number
}

/**
 * Makes the route that tells typed clients the methods and paths of this app, so that `createClient<typeof routes>(url)`
 * needs no more than the address. It tells them to everybody: leave out what they should not see, or add it in a scope
 * whose layers know who asks.
 * @example
 * app.add(users)
 * app.add(publishRoutes(app))
 */
export function publishRoutes(
  app: Pick<App, "table">,
  { path = "/.well-known/ashlar-routes", include = () => true, maxAgeSeconds = 60 }: PublishOptions = {},
): Route<"GET", string, unknown, RouteManifest, never> {
  let manifest: RouteManifest | undefined
  return get(path, { summary: "The routes of this app, for typed clients" }, (ctx) => {
    manifest ??= toManifest(app.table(), include)
    ctx.set("cache-control", `max-age=${maxAgeSeconds}`)
    return manifest
  }) as Route<"GET", string, unknown, RouteManifest, never>
}
