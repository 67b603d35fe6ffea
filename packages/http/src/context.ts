import type { Service, Services } from "@ashlar/core"
import { type BodyKinds, readBody, toRecord } from "./body.ts"
import { LayerConflict } from "./errors.ts"
import type { Outcome } from "./layer.ts"
import { Reply } from "./reply.ts"
import type { BodyOf, ParamsOf, QueryOf, RawQuery } from "./route.ts"
import type { RouteRecord } from "./table.ts"

/** What a runtime knows about one connection. */
export interface ConnectionInfo {
  /** The peer's address, without port. */
  readonly address: string | undefined
  /** Lets the connection be silent for so long; absent where the runtime has no such limit. */
  readonly allowIdle?: (seconds: number) => void
}

/** What one request knows, before any layer adds to it. Getters are lazy: what nobody reads costs nothing. */
export interface BaseContext {
  readonly request: Request
  readonly method: string
  /** The path as sent, still percent-encoded, without the query. */
  readonly path: string
  readonly url: URL
  readonly headers: Headers
  readonly params: Readonly<Record<string, string | undefined>>
  readonly query: unknown
  readonly body: unknown
  /** The request's id: from `X-Request-Id` when it is plausible, else a new UUID. Sent back in the answer. */
  readonly id: string
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal
  /** The peer's address; undefined where the runtime does not tell. */
  readonly address: string | undefined
  /** The route's row in the frozen table. */
  readonly route: RouteRecord
  /** Milliseconds since the epoch when the request came. */
  readonly startedAt: number

  /** A JSON answer with a status (default 200). */
  json<const S extends number = 200, T = unknown>(value: T, status?: S): Reply<S, T>
  /** A `text/plain` answer. */
  text<const S extends number = 200>(value: string, status?: S): Reply<S, string>
  /** An answer without a body (default 204). */
  empty<const S extends number = 204>(status?: S): Reply<S, null>
  /** Sends the caller elsewhere (default 302). */
  redirect<const S extends number = 302>(location: string, status?: S): Reply<S, null>
  /** Sets a header of the answer, whatever the answer will be, errors included. `set-cookie` and `vary` add up. */
  set(name: string, value: string): void
  /** Runs after the answer is sent, last added first; what it throws is reported, never sent. */
  defer(cleanup: () => void | Promise<void>): void
  /**
   * Lets the connection be silent for so many seconds (at most 255) while the handler works, instead of the server's
   * `idleTimeoutSeconds`.
   */
  allowIdle(seconds: number): void
  /** Reads a body that no schema describes. @throws {HTTP_BODY_TOO_LARGE} @throws {HTTP_BODY_INVALID} */
  read<K extends keyof BodyKinds>(kind: K): Promise<BodyKinds[K]>
  /** The value of a service, opened at its first use. */
  use<T>(service: Service<T>): Promise<T>
}

/** What a handler of path `P` and definition `D` sees. */
export interface Context<P extends string = string, D = unknown>
  extends Omit<BaseContext, "params" | "query" | "body"> {
  readonly params: ParamsOf<P, D>
  readonly query: QueryOf<D>
  readonly body: BodyOf<D>
}

const REQUEST_ID = /^[A-Za-z0-9_.:-]{1,128}$/

/** The one context class. Every field is set in the constructor, so that all contexts share one shape. */
export class RequestContext implements BaseContext {
  readonly request: Request
  readonly method: string
  readonly path: string
  readonly route: RouteRecord
  readonly startedAt: number
  params: Readonly<Record<string, string | undefined>>
  body: unknown
  readonly responseHeaders: [string, string][]
  readonly deferred: (() => void | Promise<void>)[]
  /** The `finish` hooks of the layers that were entered, outermost first. */
  readonly finishers: ((outcome: Outcome) => void | Promise<void>)[]
  readonly #connection: () => ConnectionInfo
  readonly #services: Services
  #url: URL | undefined
  #query: unknown
  #id: string | undefined

  constructor(input: ContextInput) {
    this.request = input.request
    this.method = input.request.method
    this.path = input.path
    this.route = input.route
    this.startedAt = Date.now()
    this.params = input.params
    this.body = undefined
    this.responseHeaders = []
    this.deferred = []
    this.finishers = []
    this.#connection = input.connection
    this.#services = input.services
    this.#url = undefined
    this.#query = undefined
    this.#id = undefined
  }

  get url(): URL {
    this.#url ??= new URL(this.request.url)
    return this.#url
  }
  get headers(): Headers {
    return this.request.headers
  }
  get query(): unknown {
    this.#query ??= rawQuery(this.request.url)
    return this.#query
  }
  set query(value: unknown) {
    this.#query = value
  }
  get id(): string {
    if (this.#id === undefined) {
      const sent = this.request.headers.get("x-request-id")
      this.#id = sent !== null && REQUEST_ID.test(sent) ? sent : crypto.randomUUID()
    }
    return this.#id
  }
  get signal(): AbortSignal {
    return this.request.signal
  }
  get address(): string | undefined {
    return this.#connection().address
  }

  json<const S extends number = 200, T = unknown>(value: T, status: S = 200 as S): Reply<S, T> {
    return new Reply(status, value, "application/json")
  }
  text<const S extends number = 200>(value: string, status: S = 200 as S): Reply<S, string> {
    return new Reply(status, value, "text/plain; charset=utf-8")
  }
  empty<const S extends number = 204>(status: S = 204 as S): Reply<S, null> {
    return new Reply(status, null)
  }
  redirect<const S extends number = 302>(location: string, status: S = 302 as S): Reply<S, null> {
    return new Reply(status, null, undefined, { location })
  }
  set(name: string, value: string): void {
    this.responseHeaders.push([name.toLowerCase(), value])
  }
  defer(cleanup: () => void | Promise<void>): void {
    this.deferred.push(cleanup)
  }
  allowIdle(seconds: number): void {
    this.#connection().allowIdle?.(seconds)
  }
  read<K extends keyof BodyKinds>(kind: K): Promise<BodyKinds[K]> {
    return readBody(this.request, kind, this.route.maxBodyBytes)
  }
  use<T>(service: Service<T>): Promise<T> {
    return this.#services.get(service)
  }

  /** Adds a layer's fields. Two layers that give one field would make the type lie, so the second is a defect. */
  provide(fields: object, by: string): void {
    const own = this as unknown as Record<string, unknown>
    for (const name in fields) {
      if (!Object.hasOwn(fields, name)) continue
      if (name in own) throw new LayerConflict(`The layer "${by}" provides "${name}", which the context already has`)
      own[name] = (fields as Record<string, unknown>)[name]
    }
  }
}

export interface ContextInput {
  readonly request: Request
  readonly path: string
  readonly params: Readonly<Record<string, string | undefined>>
  readonly route: RouteRecord
  readonly connection: () => ConnectionInfo
  readonly services: Services
}

function rawQuery(url: string): RawQuery {
  const start = url.indexOf("?")
  return toRecord(start === -1 ? [] : new URLSearchParams(url.slice(start + 1)))
}

/** The path part of an absolute URL, still encoded, found without building a `URL`. */
export function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2)
  if (start === -1) return "/"
  const end = url.indexOf("?", start)
  return end === -1 ? url.slice(start) : url.slice(start, end)
}
