import type { Service } from "@ashlar/core"
import type { BodyKinds } from "../body.ts"
import type { Reply } from "../reply/reply.ts"
import type { BodyOf, ParamsOf, QueryOf, ValidOf } from "../route.ts"
import type { RouteRecord } from "../table.ts"
import type { RequestHeaders } from "./request-headers.ts"

/** What a runtime knows about one connection. */
export interface ConnectionInfo {
  /** The peer's address, without port. */
  readonly address: string | undefined
  /** Lets the connection be silent for so long; absent where the runtime has no such limit. */
  readonly allowIdle?: (seconds: number) => void
  /**
   * Told of work that goes on after the answer, where a platform would stop the process with it. The work never rejects:
   * its errors are reported.
   */
  readonly waitUntil?: (work: Promise<void>) => void
}

/** What one request knows whatever its route says of it: a context without its inputs. */
interface RequestFacts {
  /**
   * The web-standard request. On Node it is made when it is first read, which costs as much as the rest of a small
   * request: `method`, `path`, `headers`, `read` and `chunks` do without it.
   */
  readonly request: Request
  readonly method: string
  /** The path as sent, still percent-encoded, without the query. */
  readonly path: string
  /** The address that the client asked for; behind `trustedProxies` with the scheme and the host that they tell. */
  readonly url: URL
  readonly headers: RequestHeaders
  /** The request's id: a new UUID, or what the `requestIds` layer took from the caller. */
  readonly id: string
  /** Aborts when the caller goes away, or when the route's `timeoutMs` has passed. */
  readonly signal: AbortSignal
  /** Aborts when the app begins to stop: an answer that goes on for long ends itself on it. */
  readonly draining: AbortSignal
  /** The client's address: the peer's, or behind `trustedProxies` the one they tell. */
  readonly address: string | undefined
  /** The route's row in the frozen table. */
  readonly route: RouteRecord

  /** A JSON answer with a status (default 200). */
  json<const S extends number = 200, T = unknown>(value: T, status?: S): Reply<S, T>
  /** A `text/plain` answer. */
  text<const S extends number = 200>(value: string, status?: S): Reply<S, string>
  /** A `text/html` answer. The text is sent as it is: escape what comes from outside. */
  html<const S extends number = 200>(value: string, status?: S): Reply<S, string>
  /** An answer without a body (default 204). */
  empty<const S extends number = 204>(status?: S): Reply<S, null>
  /** Sends the caller elsewhere (default 302). */
  redirect<const S extends number = 302>(location: string, status?: S): Reply<S, null>
  /**
   * Sets a header of the answer, whatever the answer will be, errors included. `set-cookie` and `vary` add up.
   * @throws {HTTP_RESPONSE_INVALID} when the value holds a line break or another control character.
   */
  set(name: string, value: string): void
  /**
   * Runs when the answer has been sent, whatever became of it, last added first: after the last piece of a body that comes
   * piece by piece, or when its caller goes away. What it throws is reported, never sent. To be called before the answer is
   * returned; a handler that goes on after its time is over may call it then too, and it runs at once.
   */
  defer(cleanup: () => void | Promise<void>): void
  /**
   * Lets the connection be silent for so many seconds (at most 255) while the handler works, instead of the server's
   * `idleTimeoutSeconds`.
   */
  allowIdle(seconds: number): void
  /** Reads a body that no schema describes. @throws {HTTP_BODY_TOO_LARGE} @throws {HTTP_BODY_INVALID} */
  read<K extends keyof BodyKinds>(kind: K): Promise<BodyKinds[K]>
  /**
   * The body as it comes, a chunk at a time, nothing read ahead. `maxBytes` defaults to the route's `maxBodyBytes`.
   * @throws {HTTP_BODY_TOO_LARGE} @throws {HTTP_BODY_INVALID} while it is iterated.
   */
  chunks(maxBytes?: number): AsyncIterable<Uint8Array>
  /**
   * The body's bytes as they came, held so that it can be read again: by the route's schema, by `read` and `chunks`, and as
   * `request`. For layers that look at what was signed. `maxBytes` defaults to the route's `maxBodyBytes`.
   * @throws {HTTP_BODY_TOO_LARGE} @throws {HTTP_BODY_INVALID} also when somebody has read it before.
   */
  rawBody(maxBytes?: number): Promise<Uint8Array>
  /** What `chunks` gives, as a web stream. */
  bodyStream(maxBytes?: number): ReadableStream<Uint8Array>
  /** The value of a service, opened at its first use. */
  use<T>(service: Service<T>): Promise<T>
}

/** What one request knows, before any layer adds to it. Getters are lazy: what nobody reads costs nothing. */
export interface BaseContext extends RequestFacts {
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: unknown
  readonly body: unknown
  /** What the route's schemas made of the headers and the cookies. The other parts are replaced by what became of them. */
  readonly valid: { readonly headers: unknown; readonly cookies: unknown }
}

/** What a handler of path `P` and definition `D` sees. */
export interface Context<P extends string = string, D = unknown> extends RequestFacts {
  readonly params: ParamsOf<P, D>
  readonly query: QueryOf<D>
  readonly body: BodyOf<D>
  readonly valid: ValidOf<D>
}
