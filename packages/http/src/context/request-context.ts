import type { Service, Services } from "@ashlar/core"
import { isOver, runAll } from "../after-answer.ts"
import type { AppLifecycle } from "../app-lifecycle.ts"
import { type BodyKinds, readBody, streamOf } from "../body.ts"
import type { Endpoint } from "../endpoint.ts"
import { Failure } from "../failure.ts"
import type { Outcome } from "../layer.ts"
import type { Origin, TrustedProxies } from "../proxies/trusted-proxies.ts"
import { checkHeader } from "../reply/header.ts"
import { Reply } from "../reply/reply.ts"
import type { RequestIssue } from "../request-issue.ts"
import type { MaybePromise } from "../step.ts"
import type { RouteRecord } from "../table.ts"
import type { BaseContext } from "./context.ts"
import { holdBody } from "./held-body.ts"
import { parseQuery } from "./query.ts"
import type { RequestHeaders } from "./request-headers.ts"
import { hostIn } from "./target.ts"

/** What all requests of an app share. */
export interface Shared {
  readonly services: Services
  readonly lifecycle: AppLifecycle
  readonly draining: AbortSignal
  /** Told of defects, and of what cleanups throw. */
  readonly report: (error: unknown, ctx: RequestContext) => void
  /** The answer that tells the caller of an error; a defect is reported on the way. */
  readonly refuse: (error: unknown, ctx: RequestContext) => Reply
  /** What proxies in front of the app may be believed; undefined: nothing. */
  readonly proxies: TrustedProxies | undefined
}

/** What a request begins with. */
export interface RequestInput {
  readonly endpoint: Endpoint
  readonly shared: Shared
  readonly values: readonly string[] | undefined
}

/**
 * One request. There is one subclass per runtime, and a process uses one of them; every field is set in the constructor, so
 * that all contexts share one shape. They are only declared here: V8 makes an object where it is asked for one, without a
 * call, but not for a subclass of a class that has fields of its own, be they private.
 */
export abstract class RequestContext implements BaseContext {
  /** The route; of those that differ in their version only, the one that the request is for, once it is chosen. */
  declare endpoint: Endpoint
  declare readonly shared: Shared
  declare body: unknown
  declare valid: BaseContext["valid"]
  /** What is wrong with the request, as far as it was checked. */
  declare issues: readonly RequestIssue[] | undefined
  /** What stood where the path's parameters are, not yet decoded; undefined where the runtime keeps them itself. */
  declare values: readonly string[] | undefined
  /** Headers set on the context: name, value, name, value … */
  declare answerHeaders: string[] | undefined
  /** Whether an answer has those headers already: a layer around the handler sees it so. */
  declare isDecorated: boolean
  declare deferred: (() => void | Promise<void>)[] | undefined
  /** The `finish` hooks of the layers that were entered, outermost first. */
  declare finishers: ((outcome: Outcome) => void | Promise<void>)[] | undefined
  /** A high-resolution start, where a `finish` hook wants the duration. */
  declare beganMs: number
  /** The signal of the route's `timeoutMs`, once it runs. */
  declare timeout: AbortSignal | undefined
  /** What was asked for, once it was. */
  declare private knownParams: Readonly<Record<string, string | undefined>> | undefined
  declare private knownQuery: unknown
  declare private knownId: string | undefined
  declare private knownUrl: URL | undefined
  declare private heldBody: Uint8Array | undefined

  constructor({ endpoint, shared, values }: RequestInput) {
    this.endpoint = endpoint
    this.shared = shared
    this.body = undefined
    this.valid = UNCHECKED
    this.issues = undefined
    this.values = values
    this.answerHeaders = undefined
    this.isDecorated = false
    this.deferred = undefined
    this.finishers = undefined
    this.beganMs = 0
    this.timeout = undefined
    this.knownParams = undefined
    this.knownQuery = undefined
    this.knownId = undefined
    this.knownUrl = undefined
    this.heldBody = undefined
  }

  abstract readonly request: Request
  abstract readonly method: string
  abstract readonly path: string
  abstract readonly headers: RequestHeaders
  /** The same as `headers.get`: on Deno a `Headers` costs more than a look at one. */
  abstract headerNamed(name: string): string | null
  /** The query string, without the `?`. */
  abstract readonly search: string
  /** What path and query are read from, as the runtime has it: with an origin in front or without. Costs nothing to look at. */
  abstract readonly target: string
  abstract readonly peerAddress: string | undefined
  /** Aborts when the caller goes away. */
  protected abstract readonly gone: AbortSignal
  protected abstract makeUrl(): URL
  abstract allowIdle(seconds: number): void
  /** Tells of work that goes on after the answer: the app waits for it when it stops, and so does a platform. */
  goesOn(work: Promise<void>): void {
    this.shared.lifecycle.goesOn(work)
  }
  /** @see BodySource for what every runtime promises. */
  abstract readJson(maxBytes: number): MaybePromise<unknown>
  abstract readBytes(maxBytes: number): Promise<Uint8Array | Failure>
  abstract chunks(maxBytes?: number): AsyncIterable<Uint8Array>
  /** Whether the request has a body at all. */
  abstract readonly hasBody: boolean

  /** Whether anything waits for the end of this request. */
  get isWatched(): boolean {
    return this.finishers !== undefined || this.deferred !== undefined
  }
  get route(): RouteRecord {
    return this.endpoint.record
  }
  get url(): URL {
    this.knownUrl ??= this.origin === undefined ? this.makeUrl() : asSeenByClient(this.makeUrl(), this.origin)
    return this.knownUrl
  }
  get params(): Readonly<Record<string, string | undefined>> {
    this.knownParams ??= this.pathParams()
    return this.knownParams
  }
  set params(value: Readonly<Record<string, string | undefined>>) {
    this.knownParams = value
  }
  protected pathParams(): Readonly<Record<string, string | undefined>> {
    return this.endpoint.paramsOf(this.values ?? [])
  }
  get query(): unknown {
    this.knownQuery ??= parseQuery(this.search)
    return this.knownQuery
  }
  set query(value: unknown) {
    this.knownQuery = value
  }
  get id(): string {
    this.knownId ??= crypto.randomUUID()
    return this.knownId
  }
  set id(value: string) {
    this.knownId = value
  }
  /** Whether anybody asked for the id: an id that no log and no header shows need not be told. */
  get hasId(): boolean {
    return this.knownId !== undefined
  }
  get signal(): AbortSignal {
    return this.timeout === undefined ? this.gone : AbortSignal.any([this.timeout, this.gone])
  }
  get draining(): AbortSignal {
    return this.shared.draining
  }
  get address(): string | undefined {
    return this.origin === undefined ? this.peerAddress : this.origin.address
  }
  /** Where the request came from, as far as trusted proxies say it; undefined where there are none. */
  get origin(): Origin | undefined {
    return this.shared.proxies?.originOf(this.peerAddress, this.headers)
  }
  /** Whether a trusted proxy sent this request on. */
  get isFromProxy(): boolean {
    return this.shared.proxies?.trusts(this.peerAddress) ?? false
  }
  /** The host that the client asked for, with its port where it has one. A request made in the process may have no header. */
  get authority(): string | null {
    return this.origin?.host ?? this.headers.get("host") ?? hostIn(this.target)
  }

  json<const S extends number = 200, T = unknown>(value: T, status: S = 200 as S): Reply<S, T> {
    return new Reply(status, value, "application/json")
  }
  text<const S extends number = 200>(value: string, status: S = 200 as S): Reply<S, string> {
    return new Reply(status, value, "text/plain;charset=utf-8")
  }
  html<const S extends number = 200>(value: string, status: S = 200 as S): Reply<S, string> {
    return new Reply(status, value, "text/html;charset=utf-8")
  }
  empty<const S extends number = 204>(status: S = 204 as S): Reply<S, null> {
    return new Reply(status, null)
  }
  redirect<const S extends number = 302>(location: string, status: S = 302 as S): Reply<S, null> {
    return new Reply(status, null, undefined, { location })
  }
  set(name: string, value: string): void {
    checkHeader(name, value)
    this.addHeader(name.toLowerCase(), value)
  }
  /** The same for a name in lower case and a value of our own making, which need no check. */
  addHeader(name: string, value: string): void {
    if (this.answerHeaders === undefined) this.answerHeaders = [name, value]
    else this.answerHeaders.push(name, value)
  }
  defer(cleanup: () => void | Promise<void>): void {
    if (isOver(this)) {
      this.goesOn(runAll([cleanup], this))
      return
    }
    this.deferred ??= []
    this.deferred.push(cleanup)
  }
  async read<K extends keyof BodyKinds>(kind: K): Promise<BodyKinds[K]> {
    const body = await readBody(this, kind, this.route.maxBodyBytes)
    if (body instanceof Failure) throw body.toError()
    return body
  }
  async rawBody(maxBytes: number = this.route.maxBodyBytes): Promise<Uint8Array> {
    const body = await this.readBytes(maxBytes)
    if (body instanceof Failure) throw body.toError()
    if (this.heldBody !== body) holdBody(this, body)
    this.heldBody = body
    return body
  }
  bodyStream(maxBytes?: number): ReadableStream<Uint8Array> {
    return streamOf(this.chunks(maxBytes))
  }
  use<T>(service: Service<T>): Promise<T> {
    return this.shared.services.get(service)
  }
}

/** The route has no schema for headers or cookies. */
const UNCHECKED: BaseContext["valid"] = Object.freeze({ headers: undefined, cookies: undefined })

/** The same path and query under the scheme and host that the client used. */
function asSeenByClient(url: URL, { scheme, host }: Origin): URL {
  if (scheme === undefined && host === undefined) return url
  const { protocol, pathname, search } = url
  return new URL(`${scheme === undefined ? protocol : `${scheme}:`}//${host ?? url.host}${pathname}${search}`)
}
