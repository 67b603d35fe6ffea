import type { Manifest } from "./manifest.ts"
import type { Outgoing, Transport } from "./outgoing.ts"

type Later<T> = T | Promise<T>

/** How a client of one app calls it. */
export interface ClientOptions {
  /**
   * The methods and paths of the routes, as `ashlar types` writes them. Without it the client asks the server once, before
   * its first call: `GET /.well-known/ashlar-routes`, which `publishRoutes` of `@ashlar/http/contract` answers.
   */
  readonly manifest?: Manifest
  /** Headers of every request. A function is asked for each. */
  readonly headers?: Readonly<Record<string, string>> | (() => Later<Readonly<Record<string, string>>>)
  /** Sent as `Authorization: Bearer …`, if there is one. Asked for each request. */
  readonly token?: () => Later<string | undefined>
  /** Until the answer is there, all tries included; of a stream, until it begins. Default 30,000 milliseconds. 0: no limit. */
  readonly timeoutMs?: number
  /** How often a call is tried again that failed on the way, or with 408, 425, 429, 502, 503 or 504. Default 2. */
  readonly retries?: number
  /** Before the first of these tries, in milliseconds; doubled for each further one, with jitter. Default 200. */
  readonly backoffMs?: number
  /** The longest `Retry-After` that is waited for; a longer one fails the call at once. Default 20,000 milliseconds. */
  readonly maxRetryAfterMs?: number
  /** The largest answer that is read, in bytes; of a stream, the largest line. Default 16 MiB. */
  readonly maxAnswerBytes?: number
  /** Sees every request before it is sent, and may change it: each try is a request of its own. */
  readonly onRequest?: (request: Outgoing) => Later<void>
  /** Sees every answer, and may give another in its place. */
  readonly onResponse?: (response: Response, request: Outgoing) => Later<Response>
  /** What sends requests, such as `batching()` of `@ashlar/client/batch`. Default: `fetch`. */
  readonly transport?: Transport
}

/** What one call says besides its input. */
export interface CallOptions {
  /** Ends the call with `CLIENT_ABORTED`; of a stream, the iteration. */
  readonly signal?: AbortSignal
  readonly headers?: Readonly<Record<string, string>>
  /** In place of the client's. */
  readonly timeoutMs?: number
  /** In place of the client's. */
  readonly retries?: number
  /**
   * Sent as `Idempotency-Key`, the same for every try. Only with it are POST and PATCH tried again, as a server that knows
   * the key does the work once. `true`: a new UUID.
   */
  readonly idempotencyKey?: string | true
  /** Of a stream of events: go on after the event of this id. */
  readonly lastEventId?: string
}
