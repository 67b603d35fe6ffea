import { collect, counted, declaredLength, notJson, unreadable } from "../body.ts"
import type { Endpoint } from "../endpoint.ts"
import { Failure } from "../failure.ts"
import { RequestContext, type Shared } from "./request-context.ts"
import type { RequestHeaders } from "./request-headers.ts"
import { pathOf, queryOf } from "./target.ts"

/** How a runtime tells about the peer of a request. One object per server; `connection` is what it gave for the request. */
export interface Peer {
  address(request: Request, connection: unknown): string | undefined
  allowIdle?(request: Request, connection: unknown, seconds: number): void
  waitUntil?(request: Request, connection: unknown, work: Promise<void>): void
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
  readonly request: Request
  readonly #peer: Peer
  readonly #connection: unknown
  #path: string | undefined
  #gone: AbortSignal | undefined

  constructor({ request, connection, peer, endpoint, shared, values }: WebContextInput, path?: string) {
    super(endpoint, shared, values)
    this.request = request
    this.#peer = peer
    this.#connection = connection
    this.#path = path
    this.#gone = undefined
  }

  get method(): string {
    return this.request.method
  }
  get path(): string {
    this.#path ??= pathOf(this.request.url)
    return this.#path
  }
  get search(): string {
    return queryOf(this.request.url)
  }
  get headers(): RequestHeaders {
    return this.request.headers as unknown as RequestHeaders
  }
  get peerAddress(): string | undefined {
    return this.#peer.address(this.request, this.#connection)
  }
  protected get gone(): AbortSignal {
    const { cut } = this.#peer
    if (cut === undefined) return this.request.signal
    this.#gone ??= AbortSignal.any([this.request.signal, cut])
    return this.#gone
  }
  protected makeUrl(): URL {
    return new URL(this.request.url, "http://localhost")
  }
  allowIdle(seconds: number): void {
    this.#peer.allowIdle?.(this.request, this.#connection, seconds)
  }
  override goesOn(work: Promise<void>): void {
    super.goesOn(work)
    this.#peer.waitUntil?.(this.request, this.#connection, work)
  }

  get hasBody(): boolean {
    if (this.request.body === null) return false
    const length = this.headers.get("content-length")
    if (length !== null) return length !== "0"
    // Deno gives a body to every request that may have one; over HTTP/1.1 one without a length is chunked.
    return !("Deno" in globalThis) || this.headers.has("transfer-encoding")
  }
  /** The runtimes end a body at its declared length, so a checked length needs no counting. */
  readJson(maxBytes: number): Promise<unknown> {
    const length = declaredLength(this.headers, maxBytes)
    if (length === undefined) return this.#readCountedJson(maxBytes)
    if (length === 0) return Promise.resolve(notJson(true))
    return typeof length === "number" ? this.request.json() : Promise.resolve(length)
  }
  async #readCountedJson(maxBytes: number): Promise<unknown> {
    const bytes = await collect(this.chunks(maxBytes))
    if (bytes instanceof Failure) return bytes
    return new Response(bytes as Uint8Array<ArrayBuffer>).json().catch(() => notJson(bytes.byteLength === 0))
  }
  async readBytes(maxBytes: number): Promise<Uint8Array | Failure> {
    const length = declaredLength(this.headers, maxBytes)
    if (length === undefined) return await collect(this.chunks(maxBytes))
    return typeof length === "number" ? this.request.bytes().catch(unreadable) : length
  }
  async *chunks(maxBytes: number = this.route.maxBodyBytes): AsyncGenerator<Uint8Array> {
    const length = declaredLength(this.headers, maxBytes)
    if (length instanceof Failure) throw length.toError()
    if (this.request.body === null) return
    if (this.request.bodyUsed) throw unreadable().toError()
    yield* counted(this.request.body as unknown as AsyncIterable<Uint8Array>, maxBytes)
  }
}
