import { Frozen } from "./errors.ts"
import { type HostParams, hostLayer } from "./host.ts"
import { type AnyLayer, type Check, type ErrorsOf, type Layer, type ProvidedBy, toLayer } from "./layer.ts"
import { joinPaths } from "./path.ts"
import { type AnyRoute, type Declare, declare, eachRoute } from "./route.ts"
import type { PlacedRoute } from "./table.ts"

/**
 * A lexical block of routes and layers. `X` are the context fields its layers provide, `E` the errors they may answer
 * with; `In` is its path. A layer covers its block and nothing else; what the block's function returns is the block's only way out.
 */
export interface Scope<X = unknown, E = never, In extends string = ""> {
  readonly get: Declare<"GET", X, E, In>
  readonly post: Declare<"POST", X, E, In>
  readonly put: Declare<"PUT", X, E, In>
  readonly patch: Declare<"PATCH", X, E, In>
  readonly delete: Declare<"DELETE", X, E, In>
  readonly head: Declare<"HEAD", X, E, In>
  readonly options: Declare<"OPTIONS", X, E, In>
  readonly query: Declare<"QUERY", X, E, In>
  /** Every method that the same path does not declare. */
  readonly all: Declare<"*", X, E, In>
  /** A method without a function of its own here: `app.on("PROPFIND")("/files/*path", handler)`. */
  on<const M extends string>(method: M): Declare<M, X, E, In>
  /** Adds routes made elsewhere: one, or a record of them, whose dotted keys become the names of those that have none. */
  add(routes: object): void
  /** A block under a path, with layers around all of it. Middleware in the list is a typed value: `const m: Middleware = …`. */
  scope<const P extends string, const L extends readonly AnyLayer[], R>(
    path: P,
    layers: L & Check<L, X>,
    block: (scope: Scope<X & ProvidedBy<L>, E | ErrorsOf<L>, `${In}${NoInfer<P>}`>) => R,
  ): R
  /** A block under a path. */
  scope<const P extends string, R>(path: P, block: (scope: Scope<X, E, `${In}${NoInfer<P>}`>) => R): R
  /**
   * A block for one host (`api.example.com`) or for subdomains (`:tenant.example.com`), without port. Its handlers have
   * the pattern's parameters in `ctx.host`. Routes of no host answer for every host that has no better one.
   */
  host<const H extends string, R>(
    pattern: H,
    block: (scope: Scope<X & { readonly host: HostParams<H> }, E, In>) => R,
  ): R
}

/** Where scopes put their routes: the list that freezing reads. */
export interface Wall {
  readonly placed: PlacedRoute[]
  frozen: boolean
}

/** Where a block stands. */
export interface Place {
  readonly prefix: string
  readonly host: string | undefined
  readonly layers: readonly Layer<unknown, unknown>[]
}

export function createScope(wall: Wall, place: Place): Scope {
  const { prefix, host, layers } = place
  const add = (route: AnyRoute, key?: string): void => {
    if (wall.frozen) throw new Frozen(`${route.method} ${route.path} came after the table froze (${route.declaredAt})`)
    const own = (route.definition.layers ?? []).map(toLayer)
    wall.placed.push({
      route,
      path: joinPaths(prefix, route.path),
      host,
      // The name may still be given after this call: `scope.get(…).name("x")`.
      get name() {
        return route.definition.name ?? key
      },
      key,
      layers: [...new Set([...layers, ...own])],
    })
  }
  return {
    get: declare("GET", add),
    post: declare("POST", add),
    put: declare("PUT", add),
    patch: declare("PATCH", add),
    delete: declare("DELETE", add),
    head: declare("HEAD", add),
    options: declare("OPTIONS", add),
    query: declare("QUERY", add),
    all: declare("*", add),
    on: (method) => declare(method, add),
    add(routes: object): void {
      for (const [name, route] of eachRoute({ "": routes }))
        add(route, name === "" ? undefined : name.replace(/^\./, ""))
    },
    scope(path: string, ...rest: readonly unknown[]): never {
      const [more, block] = rest.length === 1 ? [[], rest[0]] : rest
      const inner = [...new Set([...layers, ...(more as readonly AnyLayer[]).map(toLayer)])]
      return (block as (scope: Scope) => never)(
        createScope(wall, { prefix: joinPaths(prefix, path), host, layers: inner }),
      )
    },
    host<R>(pattern: string, block: (scope: never) => R): R {
      const inner = createScope(wall, { prefix, host: pattern, layers: [...layers, hostLayer(pattern)] })
      return block(inner as never)
    },
  }
}
