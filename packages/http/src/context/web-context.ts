import { headerOf } from "../adapters/deno-header.ts"
import { collect, counted, declaredLength, notJson, unreadable } from "../body.ts"
import type { Endpoint } from "../endpoint.ts"
import { Failure } from "../failure.ts"
import { RequestContext, type Shared } from "./request-context.ts"
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
  readsWhole?(request: Request): void
  /** Aborts when requests under way are cut, where the runtime's own signals do not tell of it. */
  readonly cut?: AbortSignal
}

export interface WebContextInput {
  readonly request: Request
  readonly connection: unknown
  readonly peer: Peer
  readonly endpoint: Endpoint
  readonly shared: Shared
  readonly values: readonly string[] | undefined
}

/** A request on a runtime whose requests are web-standard: Bun, Deno, workers, and `app.fetch` everywhere. */
export class WebContext extends RequestContext {
  readonly #request: Request
  readonly #peer: Peer
  readonly #connection: unknown
  #path: string | undefined
  #gone: AbortSignal | undefined

  constructor({ request, connection, peer, endpoint, shared, values }: WebContextInput, path?: string) {
    super(endpoint, shared, values)
    this.#request = request
    this.#peer = peer
    this.#connection = connection
    this.#path = path
    this.#gone = undefined
  }

  get request(): Request {
    this.#peer.handsOut?.(this.#request)
    return this.#request
  }
  get method(): string {
    return this.#request.method
  }
  get path(): string {
    this.#path ??= pathOf(this.#request.url)
    return this.#path
  }
  get search(): string {
    return queryOf(this.#request.url)
  }
  get target(): string {
    return this.#request.url
  }
  get headers(): RequestHeaders {
    return this.#request.headers as unknown as RequestHeaders
  }
  headerNamed(name: string): string | null {
    return isDeno ? headerOf(this.#request, name) : this.#request.headers.get(name)
  }
  get peerAddress(): string | undefined {
    return this.#peer.address(this.#request, this.#connection)
  }
  protected get gone(): AbortSignal {
    const { cut } = this.#peer
    if (cut === undefined) return this.#request.signal
    this.#gone ??= AbortSignal.any([this.#request.signal, cut])
    return this.#gone
  }
  protected makeUrl(): URL {
    return new URL(this.#request.url, "http://localhost")
  }
  allowIdle(seconds: number): void {
    this.#peer.allowIdle?.(this.#request, this.#connection, seconds)
  }
  override goesOn(work: Promise<void>): void {
    super.goesOn(work)
    this.#peer.waitUntil?.(this.#request, this.#connection, work)
  }

  get hasBody(): boolean {
    if (this.#request.body === null) return false
    const length = this.headerNamed("content-length")
    if (length !== null) return length !== "0"
    // Deno gives a body to every request that may have one; over HTTP/1.1 one without a length is chunked.
    return !isDeno || this.headerNamed("transfer-encoding") !== null
  }
  /** The runtimes end a body at its declared length, so a checked length needs no counting. */
  readJson(maxBytes: number): Promise<unknown> {
    const length = declaredLength(this, maxBytes)
    if (length === undefined) return this.#readCountedJson(maxBytes)
    if (length === 0) return Promise.resolve(notJson(true))
    if (typeof length !== "number") return Promise.resolve(length)
    this.#peer.readsWhole?.(this.#request)
    return this.#request.json()
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
    this.#peer.readsWhole?.(this.#request)
    return this.#request.bytes().catch(unreadable)
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
