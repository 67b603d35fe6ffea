import type { DeclaredBy, DeclaredError, ErrorClass } from "@ashlar/core"
import { callSite } from "./call-site.ts"
import { type Constraint, isIn, isNumber, isUuid, toConstraint } from "./constraint.ts"
import type { Context } from "./context/context.ts"
import type { Failure } from "./failure.ts"
import type { AnyLayer, Check, ErrorsOf, ProvidedBy } from "./layer.ts"
import type { Params } from "./path.ts"
import type { Reply } from "./reply/reply.ts"
import type { RequestIssue } from "./request-issue.ts"
import type { AnySchema, In, Out } from "./schema.ts"
import type { WebSocketLimits } from "./websocket/limits.ts"

/** The methods of RFC 9110 and RFC 10008 that have a function of their own. `*`, in a record: all that a path does not declare. */
export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "QUERY"

/** What a route says about itself besides its method, path and handler. Every member is optional. */
export interface RouteDefinition {
  readonly params?: AnySchema
  readonly query?: AnySchema
  /** The headers that it names; what comes of them is `ctx.valid.headers`. Names have no case. */
  readonly headers?: AnySchema
  /** The cookies that it names, as they are on the wire (`__Host-session`); what comes of them is `ctx.valid.cookies`. */
  readonly cookies?: AnySchema
  /** The body, read as JSON or as a form by its Content-Type. */
  readonly body?: AnySchema
  /** The answer: one schema for status 200, or one for each status (`null`: no body). */
  readonly response?: AnySchema | Readonly<Record<number, AnySchema | null>>
  /** The errors the handler itself may throw; those of its layers are added by themselves. */
  readonly errors?: readonly ErrorClass[]
  readonly layers?: readonly AnyLayer[]
  /** Unique in the app; `app.url(name)` builds its address, and OpenAPI uses it as `operationId`. */
  readonly name?: string
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly deprecated?: boolean
  /** The largest body read, in bytes. Default: the app's `maxBodyBytes`. */
  readonly maxBodyBytes?: number
  /** How long the answer may take before it is 503, in milliseconds; `Infinity`: no limit. Default: the app's `timeoutMs`. */
  readonly timeoutMs?: number
  /** What parameters must look like for this route to be taken; `.whereNumber("id")` and its kin write it too. */
  readonly where?: Readonly<Record<string, Constraint>>
  /** Marks a `GET` route whose handler answers with `upgrade()` of `@ashlar/http/upgrade`, and limits its connections. */
  readonly websocket?: Partial<WebSocketLimits>
  /** Facts for other readers of the table (authorization matrices, rate limits), by their own key. */
  readonly meta?: Readonly<Record<string, unknown>>
}

/** The path's parameters, or what the `params` schema makes of them. */
export type ParamsOf<P extends string, D> = D extends { params: AnySchema } ? Out<D["params"]> : Params<P>
export type QueryOf<D> = D extends { query: AnySchema } ? Out<D["query"]> : RawQuery
export type BodyOf<D> = D extends { body: AnySchema } ? Out<D["body"]> : undefined
/** What the schemas of headers and cookies made of them; undefined where there is none. */
export interface ValidOf<D> {
  readonly headers: D extends { headers: AnySchema } ? Out<D["headers"]> : undefined
  readonly cookies: D extends { cookies: AnySchema } ? Out<D["cookies"]> : undefined
}
/** A query without a schema: text, or a list where a name repeats. */
export type RawQuery = Readonly<Record<string, string | readonly string[]>>

/** The answers of a `response` by status: a reply of each, and for 200 the value itself. */
type ByStatus<M> = {
  [S in keyof M]: S extends number
    ? M[S] extends AnySchema
      ? Reply<S, In<M[S]>> | (S extends 200 ? In<M[S]> : never)
      : Reply<S, null>
    : never
}[keyof M]
/** What is no data: an answer that is ready, or an error. */
type NoData = Response | Failure

/** A handler returned keys that the route's response schema does not have: the type error names them. */
export interface Leaked<K> {
  readonly "the response schema does not have": K
}

/**
 * What a handler may return, from the route's `response`: anything, when it declares none. A key that the schema does not
 * have is refused, in an object and in the items of a list: TypeScript itself checks no freshness here. `R` is what the
 * handler returns; it stands in its own bound, so that it is asked once, when `R` is known.
 */
export type Returned<R, D> = D extends { response: AnySchema }
  ? OrPromise<Ok<In<D["response"]>>> & Exact<ExtraKeys<R, In<D["response"]>>>
  : D extends { response: infer M }
    ? OrPromise<ByStatus<M> | NoData> & Exact<ExtraByStatus<R, M>>
    : unknown
type Ok<I> = I | Reply<200, I> | NoData
type OrPromise<T> = T | Promise<T>
type Exact<K> = [K] extends [never] ? unknown : Leaked<K>
/** Of a reply the keys that its status's schema does not have; of a value those that 200's has not. */
type ExtraByStatus<R, M> =
  R extends Reply<infer S, infer V>
    ? S extends keyof M
      ? M[S] extends AnySchema
        ? ExtraKeys<V, In<M[S]>>
        : never
      : never
    : R extends Promise<infer V>
      ? ExtraByStatus<V, M>
      : M extends { 200: AnySchema }
        ? ExtraKeys<R, In<M[200]>>
        : never
type ExtraKeys<R, I> = R extends readonly unknown[]
  ? I extends readonly unknown[]
    ? ExtraKeys<R[number], I[number]>
    : never
  : keyof R extends keyof I
    ? never
    : R extends NoData | Reply
      ? never
      : R extends Promise<infer V>
        ? ExtraKeys<V, I>
        : Exclude<keyof R, KeysOf<I>>
/** Of every member of a union, where `keyof` gives what all of them have. */
type KeysOf<I> = I extends unknown ? keyof I : never

/** The parts of a request that a caller makes: cookies are the browser's. */
type InputPart = "params" | "query" | "headers" | "body"

/** The input a typed client sends. */
export type InputOf<P extends string, D> = {
  [K in
    | (keyof D & InputPart)
    | (P extends `${string}:${string}` | `${string}*${string}` ? "params" : never)]: K extends keyof D
    ? Sent<D[K]>
    : Params<P>
} & {} // resolved: what is emitted for a route names no schema
type Sent<S> = S extends AnySchema ? In<S> : never

/** The statuses of an answer that is what was asked for. @see RFC 9110, section 15.3 */
type Success = 200 | 201 | 202 | 203 | 204 | 205 | 206 | 207 | 208 | 226
type OutOrNull<S> = S extends AnySchema ? Out<S> : null
/** What a typed client gets back: the declared bodies of the 2xx statuses, else what the handler returns. */
export type ResultOf<D, R> = D extends { response: AnySchema }
  ? Out<D["response"]>
  : D extends { response: infer M }
    ? OutOrNull<M[keyof M & Success]>
    : R extends Promise<infer V>
      ? Plain<V>
      : Plain<R>

/** What a caller gets of what a handler returned: the value of a reply, and nothing of a failure. */
type Plain<R> = R extends Failure ? never : R extends Reply<number, infer V> ? V : R

/** The errors that a route declares itself. */
export type OwnErrors<D> = D extends { errors: readonly ErrorClass[] } ? DeclaredBy<D["errors"][number]> : never
/** The 422, exactly where something is validated. */
export type InputErrors<D> = keyof D & (InputPart | "cookies") extends never ? never : InvalidInput

/** The 422 of a route that validates: which values of the request are not acceptable. */
export interface InvalidInput extends DeclaredError<"HTTP_INVALID", 422> {
  readonly errors: readonly RequestIssue[]
}

/** A handler of a route `P` with definition `D`, where layers provide `X`. `R` is what it gives, at once or by a promise. */
export type Handler<P extends string, D, X, R> = (ctx: Context<P, D> & X) => R

/** A route as declared: what fluent calls, records and decorators write, and what the table is frozen from. */
export interface Route<M extends string = string, P extends string = string, I = unknown, O = unknown, E = unknown> {
  readonly method: M
  readonly path: P
  readonly definition: RouteDefinition
  readonly handler: (ctx: never) => unknown
  /** Where it was declared, `file:line`, for boot errors. */
  readonly declaredAt: string
  /** Names the route: {@link RouteDefinition.name}, for those who chain. */
  name(name: string): Route<M, P, I, O, E>
  /** Takes the route only where a parameter matches an expression (the whole value), a schema or a constraint. */
  where(param: ParamName<P>, rule: RegExp | AnySchema | Constraint): Route<M, P, I, O, E>
  /** Takes the route only where the parameters are decimal digits. */
  whereNumber(...params: ParamName<P>[]): Route<M, P, I, O, E>
  /** Takes the route only where the parameters are UUIDs. */
  whereUuid(...params: ParamName<P>[]): Route<M, P, I, O, E>
  /** Takes the route only where the parameter is one of these. */
  whereIn(param: ParamName<P>, values: readonly string[]): Route<M, P, I, O, E>
  readonly "~in"?: I
  readonly "~out"?: O
  readonly "~err"?: E
}

type ParamName<P extends string> = keyof Params<P> & string

/** Anything that has the shape of a route, whatever its types: what readers of a route record accept. */
export type AnyRoute = Route<string, string, unknown, unknown, unknown>

class RouteDeclaration {
  readonly method: string
  readonly path: string
  definition: RouteDefinition
  readonly handler: (ctx: never) => unknown
  readonly declaredAt: string

  constructor(method: string, path: string, definition: RouteDefinition, handler: (ctx: never) => unknown) {
    this.method = method
    this.path = path
    this.definition = definition
    this.handler = handler
    this.declaredAt = callSite()
  }

  name(name: string): this {
    this.definition = { ...this.definition, name }
    return this
  }
  where(param: string, rule: RegExp | AnySchema | Constraint): this {
    this.definition = { ...this.definition, where: { ...this.definition.where, [param]: toConstraint(rule) } }
    return this
  }
  whereNumber(...params: string[]): this {
    for (const param of params) this.where(param, isNumber)
    return this
  }
  whereUuid(...params: string[]): this {
    for (const param of params) this.where(param, isUuid)
    return this
  }
  whereIn(param: string, values: readonly string[]): this {
    return this.where(param, isIn(values))
  }
}

/**
 * The two ways to declare a route of one method: with or without a definition. `X`: fields of the scope; `LE`: its errors;
 * `In`: its path, whose parameters handlers have too.
 */
export interface Declare<M extends string, X, LE, In extends string = ""> {
  <const P extends string, R>(
    path: P,
    handler: Handler<`${In}${P}`, unknown, X, R>,
  ): Route<M, P, InputOf<P, unknown>, ResultOf<unknown, R>, LE>
  <
    const P extends string,
    const D extends RouteDefinition,
    R extends Returned<R, D>,
    const L extends readonly AnyLayer[] = readonly [],
  >(
    path: P,
    definition: D & { readonly layers?: L & Check<L, X> },
    handler: (ctx: Context<`${In}${P}`, D> & X & ProvidedBy<L>) => R, // a `Handler`, spelled out: a tenth cheaper to check
  ): Route<M, P, InputOf<P, D>, ResultOf<D, R>, OwnErrors<D> | InputErrors<D> | ErrorsOf<L> | LE>
}

/** Makes the declaring function of one method; `add` is what a scope does with the route. */
export function declare<M extends string, X, LE>(method: M, add?: (route: AnyRoute) => void): Declare<M, X, LE> {
  return ((path: string, ...rest: [unknown, unknown?]) => {
    const [definition, handler] = rest.length === 1 ? [{}, rest[0]] : rest
    const route = new RouteDeclaration(method, path, definition as RouteDefinition, handler as (ctx: never) => unknown)
    add?.(route as unknown as AnyRoute)
    return route
  }) as unknown as Declare<M, X, LE>
}

/** A `GET` route as a value. @example const show = get("/users/:id", (ctx) => ({ id: ctx.params.id })) */
export const get: Declare<"GET", unknown, never> = declare("GET")
/** A `POST` route as a value. */
export const post: Declare<"POST", unknown, never> = declare("POST")
/** A `PUT` route as a value. */
export const put: Declare<"PUT", unknown, never> = declare("PUT")
/** A `PATCH` route as a value. */
export const patch: Declare<"PATCH", unknown, never> = declare("PATCH")
/** A `DELETE` route as a value. */
export const del: Declare<"DELETE", unknown, never> = declare("DELETE")

/** A record of routes, nested as you like: the contract a typed client reads. Returns it as it is. */
export function routes<T>(record: T): T {
  return record
}

/** The routes of a record, with the dotted names that routes without one get: `{ users: { show } }` gives `users.show`. */
export function* eachRoute(record: object, prefix = ""): Generator<readonly [string, AnyRoute]> {
  for (const [key, value] of Object.entries(record)) {
    const name = prefix === "" ? key : `${prefix}.${key}`
    if (value instanceof RouteDeclaration) yield [name, value as unknown as AnyRoute]
    else if (typeof value === "object" && value !== null) yield* eachRoute(value, name)
  }
}
