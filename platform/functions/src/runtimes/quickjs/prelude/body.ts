import { AbortSignal } from "./abort.ts"
import { Headers, type HeadersInit } from "./headers.ts"
import { bufferOf, decodeText, encodeText } from "./text.ts"
import { URL, URLSearchParams } from "./url.ts"

export type BodyInit = string | ArrayBuffer | ArrayBufferView | URLSearchParams | null | undefined

/** What a request and a response have in common. A body is whole: there are no streams in this runtime. */
class Body {
  #content: string | ArrayBuffer | null
  #used = false

  constructor(body: BodyInit) {
    if (body === null || body === undefined) this.#content = null
    else if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) this.#content = bufferOf(body)
    else this.#content = `${body}`
  }

  /** The body for the host, without reading it up. */
  static contentOf(body: Body): string | ArrayBuffer | null {
    return body.#content
  }

  get bodyUsed(): boolean {
    return this.#used
  }

  get body(): null {
    return null
  }

  async text(): Promise<string> {
    const content = this.#take()
    return typeof content === "string" ? content : content ? decodeText(content) : ""
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text())
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    const content = this.#take()
    return typeof content === "string" ? encodeText(content) : (content ?? new ArrayBuffer(0))
  }

  async bytes(): Promise<Uint8Array> {
    return new Uint8Array(await this.arrayBuffer())
  }

  #take(): string | ArrayBuffer | null {
    if (this.#used) throw new TypeError("The body was read already")
    this.#used = this.#content !== null
    return this.#content
  }
}

export const contentOf: (body: Request | Response) => string | ArrayBuffer | null = Body.contentOf

function contentType(body: BodyInit): string | undefined {
  if (body instanceof URLSearchParams) return "application/x-www-form-urlencoded;charset=UTF-8"
  return typeof body === "string" ? "text/plain;charset=UTF-8" : undefined
}

function headersFor(init: HeadersInit | undefined, body: BodyInit): Headers {
  const headers = new Headers(init)
  const type = contentType(body)
  if (type && !headers.has("content-type")) headers.set("content-type", type)
  return headers
}

export interface RequestInit {
  method?: string
  headers?: HeadersInit
  body?: BodyInit
  redirect?: "follow" | "manual" | "error"
  signal?: AbortSignal | null
}

export class Request extends Body {
  readonly url: string
  readonly method: string
  readonly headers: Headers
  readonly redirect: "follow" | "manual" | "error"
  readonly signal: AbortSignal

  constructor(input: string | URL | Request, init: RequestInit = {}) {
    const from = input instanceof Request ? input : undefined
    const body = init.body ?? (from ? contentOf(from) : null)
    super(body)
    this.url = from ? from.url : new URL(input as string | URL).href
    const method = `${init.method ?? from?.method ?? "GET"}`
    this.method = /^(get|head|post|put|delete|options)$/i.test(method) ? method.toUpperCase() : method
    if (body !== null && /^(GET|HEAD)$/.test(this.method)) throw new TypeError(`A ${this.method} request has no body`)
    this.headers = headersFor(init.headers ?? from?.headers, init.body)
    this.redirect = init.redirect ?? from?.redirect ?? "follow"
    this.signal = init.signal ?? from?.signal ?? new AbortSignal()
  }

  clone(): Request {
    return new Request(this)
  }
}

export interface ResponseInit {
  status?: number
  statusText?: string
  headers?: HeadersInit
}

export class Response extends Body {
  readonly status: number
  readonly statusText: string
  readonly headers: Headers
  readonly url: string = ""
  readonly redirected: boolean = false
  readonly type: string = "default"

  constructor(body?: BodyInit, init: ResponseInit = {}) {
    super(body)
    this.status = init.status ?? 200
    if (!(this.status >= 200 && this.status <= 599)) throw new RangeError(`Invalid status: ${this.status}`)
    this.statusText = `${init.statusText ?? ""}`
    this.headers = headersFor(init.headers, body)
  }

  static json(data: unknown, init: ResponseInit = {}): Response {
    const response = new Response(JSON.stringify(data), init)
    if (!new Headers(init.headers).has("content-type")) response.headers.set("content-type", "application/json")
    return response
  }

  static redirect(url: string | URL, status = 302): Response {
    return new Response(null, { status, headers: { location: new URL(url).href } })
  }

  get ok(): boolean {
    return this.status < 300
  }

  clone(): Response {
    return new Response(contentOf(this), { status: this.status, statusText: this.statusText, headers: this.headers })
  }
}
