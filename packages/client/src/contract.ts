import type { CallOptions } from "./options.ts"
import type { FailureOf } from "./client-error.ts"

/**
 * What a client reads of a route's type: what is sent, what comes back, and the errors it declares. A route of
 * `@ashlar/http` has it, and so has every member of the `interface Routes` that `ashlar types` writes.
 */
export interface RouteTypes<I = unknown, O = unknown, E = unknown> {
  readonly method: string
  readonly "~in"?: I
  readonly "~out"?: O
  readonly "~err"?: E
}

/** A client of a record of routes: each route a function, nested as the record is. */
export type Client<T> = {
  readonly [K in keyof T]: T[K] extends RouteTypes<infer I, infer O, infer E> ? Endpoint<I, O, E> : Client<T[K]>
}

/** Every part may be left out. */
interface NoInput {
  readonly params: Empty
  readonly query: Empty
  readonly headers: Empty
}
type Empty = Record<never, never>

/** Calls one route. The input may be left out where none of its parts is needed. */
export interface Endpoint<I, O, E> {
  (...args: NoInput extends I ? [input?: I, options?: CallOptions] : [input: I, options?: CallOptions]): Call<O, E>
}

/** A call under way: a promise of the data, which rejects with a {@link ClientError}. */
export interface Call<O, E> extends Promise<O> {
  /** Never rejects for what a server or a network does: a promise has no type for its errors, this has. */
  result(): Promise<Result<O, E>>
}

/** What became of a call. */
export type Result<O, E> = Success<O> | Failed<E>

export interface Success<O> {
  readonly ok: true
  readonly data: O
}

export interface Failed<E> {
  readonly ok: false
  readonly error: FailureOf<E>
}
