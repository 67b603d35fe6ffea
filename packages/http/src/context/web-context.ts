import { headerOf, methodOf, readyTextOf, urlOf } from "../adapters/deno-inside.ts"
import { collect, counted, declaredLength, notJson, parseJson, tooLarge, unreadable } from "../body.ts"
import { Failure } from "../failure.ts"
import type { MaybePromise } from "../step.ts"
import { RequestContext, type RequestInput } from "./request-context.ts"
import type { RequestHeaders } from "./request-headers.ts"
import { pathOf, queryOf } from "./target.ts"

const isDeno = "Deno" in globalThis

/** How a runtime tells about the peer of a request. One object per server; `connection` is what it gave for the request. */
export interface Peer {
  address(request: Request, connection: unknown): string | undefined
  allowIdle?(request: Request, connection: unknown, seconds: number): void
  waitUntil?(request: Request, connection: unknown, work: Promise<void>): void
  /** Told whenever somebody is given the request itself, and may do with it what he likes. */
  handsOut?(request: Request): void
  /** Told before a body is read whole. */
  readsWhole?(connection: unknown): void
  /** Aborts when requests under way are cut, where the runtime's own signals do not tell of it. */
  readonly cut?: AbortSignal
}

export interface WebContextInput extends RequestInput {
  readonly request: Request
  readonly connection: unknown
  readonly peer: Peer
  /** Undefined: nobody has looked at it yet. */
  readonly path: string | undefined
}

/** A request on a runtime whose requests are web-standard: Bun, Deno, workers, and `app.fetch` everywhere. */
export class WebContext extends RequestContext {
  readonly #given: WebContextInput
  #path: string | undefined = undefined
  #gone: AbortSignal | undefined = undefined

  constructor(given: WebContextInput) {
    super(given)
    this.#given = given
  }

  get request(): Request {
    const { request, peer } = this.#given
    peer.handsOut?.(request)
    return request
  }
  get method(): string {
    const { request } = this.#given
    return isDeno ? methodOf(request) : request.method
  }
  get path(): string {
    this.#path ??= this.#given.path ?? pathOf(this.target)
    return this.#path
  }
  get search(): string {
    return queryOf(this.target)
  }
  get target(): string {
    const { request } = this.#given
    return isDeno ? urlOf(request) : request.url
  }
  get headers(): RequestHeaders {
    return this.#given.request.headers as unknown as RequestHeaders
  }
  headerNamed(name: string): string | null {
    const { request } = this.#given
    return isDeno ? headerOf(request, name) : request.headers.get(name)
  }
  get peerAddress(): string | undefined {
    const { request, peer, connection } = this.#given
    return peer.address(request, connection)
  }
  protected get gone(): AbortSignal {
    const { request, peer } = this.#given
    if (peer.cut === undefined) return request.signal
    this.#gone ??= AbortSignal.any([request.signal, peer.cut])
    return this.#gone
  }
  protected makeUrl(): URL {
    return new URL(this.target, "http://localhost")
  }
  allowIdle(seconds: number): void {
    const { request, peer, connection } = this.#given
    peer.allowIdle?.(request, connection, seconds)
  }
  override goesOn(work: Promise<void>): void {
    super.goesOn(work)
    const { request, peer, connection } = this.#given
    peer.waitUntil?.(request, connection, work)
  }

  get hasBody(): boolean {
    if (this.#given.request.body === null) return false
    const length = this.headerNamed("content-length")
    if (length !== null) return length !== "0"
    // Deno gives a body to every request that may have one; over HTTP/1.1 one without a length is chunked.
    return !isDeno || this.headerNamed("transfer-encoding") !== null
  }
  /** The runtimes end a body at its declared length, so a checked length needs no counting. */
  readJson(maxBytes: number): MaybePromise<unknown> {
    const { request, peer, connection } = this.#given
    const text = isDeno ? readyTextOf(request) : null
    if (text !== null) return isWithin(text, maxBytes) ? parseJson(text) : tooLarge(maxBytes)
    const length = declaredLength(this, maxBytes)
    if (length === undefined) return this.#readCountedJson(maxBytes)
    if (length === 0) return notJson(true)
    if (typeof length !== "number") return length
    peer.readsWhole?.(connection)
    return request.json()
  }
  async #readCountedJson(maxBytes: number): Promise<unknown> {
    const bytes = await collect(this.chunks(maxBytes))
    if (bytes instanceof Failure) return bytes
    return new Response(bytes as Uint8Array<ArrayBuffer>).json().catch(() => notJson(bytes.byteLength === 0))
  }
  async readBytes(maxBytes: number): Promise<Uint8Array | Failure> {
    const length = declaredLength(this, maxBytes)
    if (length === undefined) return await collect(this.chunks(maxBytes))
    if (typeof length !== "number") return length
    const { request, peer, connection } = this.#given
    peer.readsWhole?.(connection)
    return request.bytes().catch(unreadable)
  }
  async *chunks(maxBytes: number = this.route.maxBodyBytes): AsyncGenerator<Uint8Array> {
    const length = declaredLength(this, maxBytes)
    if (length instanceof Failure) throw length.toError()
    const { request } = this
    if (request.body === null) return
    if (request.bodyUsed) throw unreadable().toError()
    yield* counted(request.body as unknown as AsyncIterable<Uint8Array>, maxBytes)
  }
}

/** Whether a text has so few bytes in UTF-8: a character of a string has three at most. */
function isWithin(text: string, maxBytes: number): boolean {
  return text.length * 3 <= maxBytes || new TextEncoder().encode(text).byteLength <= maxBytes
}
