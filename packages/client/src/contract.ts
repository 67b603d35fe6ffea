import type { FailureOf } from "./client-error.ts"
import type { CallOptions } from "./options.ts"

/**
 * What a client reads of a route's type: what is sent, what comes back, and the errors it declares. A route of
 * `@ashlar/http` has it, and so has every member of the `interface Routes` that `ashlar types` writes.
 */
export interface RouteTypes<I = unknown, O = unknown, E = unknown> {
  readonly "~in"?: I
  readonly "~out"?: O
  readonly "~err"?: E
}

/** A client of a record of routes: each route a function, nested as the record is. */
export type Client<T> = {
  readonly [K in keyof T]: T[K] extends RouteTypes<infer I, infer O, infer E> ? Endpoint<I, O, E> : Client<T[K]>
}

/** An input of which every part may be left out. */
interface NoInput {
  readonly params: Nothing
  readonly query: Nothing
  readonly headers: Nothing
}
type Nothing = Record<never, never>

/** Calls one route. The input may be left out where none of its parts is needed. */
export type Endpoint<I, O, E> = NoInput extends I
  ? (input?: I, options?: CallOptions) => Call<Received<O>, E> // two functions cost the compiler less than a rest tuple
  : (input: I, options?: CallOptions) => Call<Received<O>, E>

/** A call under way: a promise of the data, which rejects with a {@link ClientError}. */
export interface Call<O, E> extends Promise<O> {
  /** Never rejects: a promise has no type for its errors, this has. */
  result(): Promise<Result<O, E>>
}

/** What became of a call. */
export type Result<O, E> = Success<O> | Failed<E>

export interface Success<O> {
  readonly ok: true
  readonly data: O
  readonly error?: undefined
}

export interface Failed<E> {
  readonly ok: false
  readonly error: FailureOf<E>
  readonly data?: undefined
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }
type Bytes = Uint8Array | ArrayBuffer | Blob | ReadableStream<Uint8Array>

/**
 * What arrives of what a handler gives: JSON has no dates and no `undefined`, bytes come as a stream, and an answer made
 * by hand may be anything. Most is JSON as it is, which is told at once.
 */
export type Received<T> = T extends Json ? T : ReceivedSlow<T>
type ReceivedSlow<T> = T extends undefined
  ? null
  : T extends Response
    ? unknown
    : T extends Bytes
      ? ReadableStream<Uint8Array>
      : T extends { toJSON(): infer J }
        ? J
        : T extends SocketTypes<infer In, infer Out>
          ? ClientSocket<In, Out>
          : T extends AsyncIterable<infer V>
            ? AsyncIterable<ReceivedIn<V>>
            : ReceivedIn<T>

/** The same inside a value, where `undefined` is left out. */
type ReceivedIn<T> = {
  [K in keyof T]: T[K] extends string | number | boolean | null | undefined ? T[K] : Received<T[K]>
}

/** What a route of `@ashlar/websocket` says of its messages. */
export interface SocketTypes<In, Out> {
  readonly "~socket": readonly [receives: In, sends: Out]
}

/** An open connection. Iterating gives the messages as they come, and ends when the connection does. */
export interface ClientSocket<In, Out> extends AsyncIterable<Out> {
  /** The subprotocol that was agreed on; empty for none. */
  readonly protocol: string
  /** How the connection ended, once it has. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  send(message: In): void
  close(code?: number, reason?: string): void
}
