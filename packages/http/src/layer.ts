import type { DeclaredBy, ErrorClass } from "@ashlar/core"
import type { BaseContext } from "./context/context.ts"
import type { Failure } from "./failure.ts"
import type { Reply, Result } from "./reply/reply.ts"
import type { Security } from "./security-scheme.ts"
import type { RouteRecord } from "./table.ts"
import type { VersionMark } from "./versioning/version-mark.ts"

/** How a request ended, as `finish` sees it. */
export interface Outcome {
  readonly status: number
  /** Milliseconds, with fractions, from the first layer with a `finish` to the answer's head. */
  readonly durationMs: number
  /** The error the answer was made from, with its cause; undefined when the handler answered. */
  readonly error: unknown
}

/** What came of all that is inside a layer, at once or by a promise. Only {@link LayerSpec.within} meets it. */
export interface Inside {
  readonly "~inside": true
}

/** Calls what is inside this layer. */
export type Next = () => Promise<Response>

/** What a layer is made from. Every hook is optional; they run in onion order around what the layer covers. */
export interface LayerSpec<N extends readonly AnyLayer[], R, E extends readonly ErrorClass[]> {
  /** For messages, traces and the route table. */
  readonly name: string
  /** Layers that must run before this one; their fields are on `ctx`. */
  readonly needs?: N
  /** The errors this layer may answer with; they appear in OpenAPI and in the client's types of every covered route. */
  readonly errors?: E
  /** Facts for readers of the table, merged into the `meta` of every covered route. */
  readonly meta?: Readonly<Record<string, unknown>>
  /**
   * How a caller passes this layer, for OpenAPI: one of these schemes. Of several layers that say so each must be passed.
   * @example security: { session: { type: "http", scheme: "bearer" } }
   * @example security: { oauth: { scheme: oauth, scopes: ["books:write"] } }
   */
  readonly security?: Security
  /** The largest body that covered routes read, in bytes, where they say nothing themselves; of several layers the largest counts. */
  readonly maxBodyBytes?: number
  /**
   * Headers of every covered answer that does not set them itself. Folded in when the route is compiled, so they are free. An empty
   * text takes away what an outer layer says.
   */
  readonly headers?: Readonly<Record<string, string>>
  /** Runs first. Returns fields for the context, or a `Reply` or `Response` that ends the request here. */
  readonly before?: (ctx: BaseContext & ProvidedBy<N>) => R
  /**
   * Runs all that is inside within something, such as an async context. Must return what `run()` gives, which says nothing
   * about itself; unlike `around` it makes no `Response`, and it stays synchronous where it can.
   */
  readonly within?: (ctx: BaseContext & ProvidedBy<N>, run: () => Inside) => Inside
  /** Wraps all that is inside. Must return a `Response`: its own, or what `next()` gives. */
  readonly around?: (ctx: BaseContext & ProvidedBy<N>, next: Next) => Promise<Response>
  /**
   * Sees the answer of a handler, not yet turned into bytes, and may return another in its place. A `Response` comes as
   * a reply whose value is its body's stream. Errors pass it by: they are for `error`.
   */
  readonly after?: (ctx: BaseContext & ProvidedBy<N>, reply: Reply) => Result | Promise<Result>
  /** Sees what was thrown inside, and may return an answer for it. Returning nothing passes it on. */
  readonly error?: (ctx: BaseContext & ProvidedBy<N>, error: unknown) => Result | Promise<Result>
  /**
   * Answers a preflight, an `OPTIONS` with `Access-Control-Request-Method`, for a covered route of that method, where no route takes
   * `OPTIONS` itself. The layers outside of this one run around it, those inside do not. Returning nothing leaves it to the next.
   */
  readonly preflight?: (ctx: BaseContext, route: RouteRecord) => Result | Promise<Result>
  /** Runs last, once, whatever happened. What it throws is reported, never sent. */
  readonly finish?: (ctx: BaseContext & ProvidedBy<N>, outcome: Outcome) => void | Promise<void>
}

/** What wraps routes: guard, interceptor, filter and middleware are other names for it. */
export interface Layer<Provides = unknown, Errors = never> {
  readonly name: string
  readonly needs: readonly AnyLayer[]
  readonly errors: readonly ErrorClass[]
  readonly meta: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>
  readonly security?: Security
  readonly maxBodyBytes?: number
  readonly hooks: LayerHooks
  /** Set by the layer of an API version: the version of every covered route, and how it is chosen. */
  readonly version?: VersionMark
  /** Set by `parallel`: the layers that it runs together, and how to make a group of others. */
  readonly members?: {
    readonly list: readonly Layer<unknown, unknown>[]
    readonly of: (layers: readonly Layer<unknown, unknown>[]) => Layer<unknown, unknown>
  }
  /** Set by `when`: the layer that it runs, or does not. */
  readonly conditional?: Layer<unknown, unknown>
  readonly "~provides"?: Provides
  readonly "~errors"?: Errors
}

/** The hooks with the types rubbed off: what the compiler of routes calls. */
export interface LayerHooks {
  readonly before?: (ctx: BaseContext) => unknown
  readonly within?: (ctx: BaseContext, run: () => Inside) => Inside
  readonly around?: (ctx: BaseContext, next: Next) => Promise<Response>
  readonly after?: (ctx: BaseContext, reply: Reply) => unknown
  readonly error?: (ctx: BaseContext, error: unknown) => unknown
  readonly preflight?: (ctx: BaseContext, route: RouteRecord) => unknown
  readonly finish?: (ctx: BaseContext, outcome: Outcome) => void | Promise<void>
}

/** Plain middleware; works wherever a layer does. */
export type Middleware = (ctx: BaseContext, next: Next) => Response | Promise<Response>
export type AnyLayer = Layer<unknown, unknown> | Middleware

/** The context fields that one layer provides. */
export type FieldsOf<L> = L extends { "~provides"?: infer P } ? (unknown extends P ? unknown : P) : unknown
/** The context fields that a list of layers provides together. */
export type ProvidedBy<L extends readonly unknown[]> = L extends readonly [infer A, ...infer T]
  ? FieldsOf<A> & ProvidedBy<T>
  : unknown
/** The errors that a list of layers may answer with. */
export type ErrorsOf<L extends readonly unknown[]> = L[number] extends infer A
  ? A extends { readonly "~errors"?: infer E; readonly hooks: LayerHooks }
    ? E
    : never
  : never

/** A layer whose needs are not met where it stands: the type error names them. */
export interface MissingNeeds<N> {
  readonly "this layer needs another before it, which provides": N
}
/** Two different layers that provide one field: the type error names it. */
export interface FieldConflict<K> {
  readonly "another layer already provides": K
}
/** Carries what a layer needs before it. */
export interface NeedsCarrier<N> {
  readonly "~needs"?: N
}
/** The context fields that a layer needs. */
export type NeedsOf<L> = L extends NeedsCarrier<infer N> ? (unknown extends N ? unknown : N) : unknown

/** Checks a tuple of layers against the fields `H` that are there already: order, needs and conflicting fields. */
export type Check<L extends readonly unknown[], H> = L extends readonly [infer A, ...infer T]
  ? readonly [CheckOne<A, H>, ...Check<T, H & FieldsOf<A>>]
  : L extends readonly []
    ? readonly []
    : never // a list whose members are not known one by one cannot be checked
type CheckOne<A, H> =
  H extends NeedsOf<A>
    ? keyof FieldsOf<A> & keyof H extends never
      ? A
      : H extends FieldsOf<A>
        ? A
        : FieldConflict<keyof FieldsOf<A> & keyof H>
    : MissingNeeds<NeedsOf<A>>

// biome-ignore lint/suspicious/noConfusingVoidType: a hook without a return statement gives void
type Fields<R> = Exclude<Awaited<R>, Response | Reply | Failure | undefined | null | void>
type Provided<R> = [Fields<R>] extends [never] ? unknown : Fields<R>

/**
 * Makes a layer.
 * @example
 * const signedIn = layer({ name: "signedIn", errors: [errors.Unauthorized],
 *   before: async (ctx) => ({ user: await sessions.require(ctx) }) })
 */
export function layer<
  const N extends readonly AnyLayer[] = readonly [],
  R = undefined,
  const E extends readonly ErrorClass[] = readonly [],
>(spec: LayerSpec<N, R, E>): Layer<Provided<R>, DeclaredBy<E[number]>> & NeedsCarrier<ProvidedBy<N>> {
  const { name, needs = [], errors = [], meta = {}, headers = {}, security, maxBodyBytes, ...hooks } = spec
  return Object.freeze({
    name,
    needs,
    errors,
    meta,
    headers,
    ...(security !== undefined && { security }),
    ...(maxBodyBytes !== undefined && { maxBodyBytes }),
    hooks: hooks as LayerHooks,
  })
}

/** The layer that a plain middleware stands for. The same function gives the same layer, so that it runs once. */
export function toLayer(value: AnyLayer): Layer<unknown, unknown> {
  if (typeof value !== "function") return value
  const known = fromMiddleware.get(value)
  if (known !== undefined) return known
  const around = async (ctx: BaseContext, next: Next): Promise<Response> => value(ctx, next)
  const made: Layer = Object.freeze({
    name: value.name || "middleware",
    needs: [],
    errors: [],
    meta: {},
    headers: {},
    hooks: { around },
  })
  fromMiddleware.set(value, made)
  return made
}
const fromMiddleware = new WeakMap<Middleware, Layer>()
