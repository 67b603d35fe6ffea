import type { Endpoint, Found } from "./endpoint.ts"
import type { HostRouters } from "./host.ts"
import type { TrailingSlash } from "./kernel.ts"
import type { Match } from "./router.ts"

/** What stands at one path: for each method, the compiled route. */
export interface Place {
  readonly methods: Map<string, Endpoint>
}

/**
 * Finds who answers a request: the most specific route of its path that takes its method. `/users/me` without `DELETE` hides
 * no `DELETE /users/:id`.
 */
export interface Finder {
  /** Undefined: nothing is there; `refused`: something is, and takes other methods. */
  find(method: string, path: string, host: string | null | undefined): Found | "refused" | undefined
  /** Where the method is taken; undefined where it is not. */
  placeOf(method: string, path: string, host: string | null | undefined): Match<Place> | undefined
  /** All methods that routes of this path take; none where nothing is there. */
  methodsAt(path: string, host: string | null | undefined): ReadonlySet<string>
}

export function createFinder(routers: HostRouters<Place>, trailingSlash: TrailingSlash): Finder {
  const at: Finder["find"] = (method, path, host) => {
    let match = routers.find(path, host)
    if (match === undefined) return undefined
    let endpoint = endpointFor(match.value, method)
    if (endpoint === undefined) {
      match = takenAt(method, path, host)
      if (match === undefined) return "refused"
      endpoint = endpointFor(match.value, method) as Endpoint
    }
    return match.values.length === 0 ? endpoint.whole : { endpoint, values: match.values, ready: undefined }
  }
  const takenAt: Finder["placeOf"] = (method, path, host) =>
    routers.find(path, host, (place) => endpointFor(place, method) !== undefined)
  const collect = (path: string, host: string | null | undefined): Set<string> => {
    const all = new Set<string>()
    routers.find(path, host, ({ methods }) => {
      for (const method of methods.keys()) all.add(method)
      return false // and on to the next one
    })
    return all
  }
  if (trailingSlash !== "ignore") return { find: at, placeOf: takenAt, methodsAt: collect }
  return {
    find(method, path, host) {
      const found = at(method, path, host)
      if (typeof found === "object" || !endsWithSlash(path)) return found
      return at(method, path.slice(0, -1), host) ?? found
    },
    placeOf: (method, path, host) =>
      takenAt(method, path, host) ?? (endsWithSlash(path) ? takenAt(method, path.slice(0, -1), host) : undefined),
    methodsAt(path, host) {
      const more = endsWithSlash(path) ? collect(path.slice(0, -1), host) : []
      return new Set([...collect(path, host), ...more])
    },
  }
}

/** Whether a path has a last slash that it could be without. */
export function endsWithSlash(path: string): boolean {
  return path.endsWith("/") && !path.endsWith("//") && path !== "/"
}

/** The method of a place that takes a request of this one. */
export function takerOf({ methods }: Place, method: string): string | undefined {
  if (methods.has(method)) return method
  if (method === "HEAD" && methods.has("GET")) return "GET"
  return methods.has("*") ? "*" : undefined
}

function endpointFor({ methods }: Place, method: string): Endpoint | undefined {
  return methods.get(method) ?? (method === "HEAD" ? methods.get("GET") : undefined) ?? methods.get("*")
}
