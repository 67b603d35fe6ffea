import type { IncomingMessage, ServerResponse } from "node:http"
import { counted, declaredLength, parseJson, tooLarge, unreadable } from "../body.ts"
import { Failure } from "../failure.ts"
import { RequestContext, type RequestInput } from "./request-context.ts"
import { NodeHeaders, type RequestHeaders } from "./request-headers.ts"
import { queryOf } from "./target.ts"

export interface NodeContextInput extends RequestInput {
  readonly message: IncomingMessage
  readonly answer: ServerResponse
  readonly path: string
}

/** A request on Node's own http server: nothing web-standard is made until somebody asks for it. */
export class NodeContext extends RequestContext {
  message: IncomingMessage
  answer: ServerResponse
  readonly path: string
  #headers: RequestHeaders | undefined = undefined
  #request: Request | undefined = undefined
  #gone: AbortController | undefined = undefined

  constructor(input: NodeContextInput) {
    super(input)
    this.message = input.message
    this.answer = input.answer
    this.path = input.path
  }

  /**
   * Keeps what a request said, and lets go of Node's own objects for it: they are many times as large, and a connection
   * that outlives its request would keep them for as long as it lasts.
   */
  letGo(): void {
    const { method, url, headers, rawHeaders, socket } = this.message
    this.message = { method, url, headers, rawHeaders, socket, complete: true, readableEnded: true } as IncomingMessage
    this.answer = ANSWERED
  }

  get method(): string {
    return this.message.method as string
  }
  get search(): string {
    return queryOf(this.message.url as string)
  }
  get target(): string {
    return this.message.url as string
  }
  get headers(): RequestHeaders {
    this.#headers ??= new NodeHeaders(this.message.headers)
    return this.#headers
  }
  headerNamed(name: string): string | null {
    return this.headers.get(name)
  }
  get peerAddress(): string | undefined {
    return this.message.socket.remoteAddress
  }
  protected get gone(): AbortSignal {
    if (this.#gone === undefined) {
      const controller = new AbortController()
      this.#gone = controller
      const { answer } = this
      if (answer.destroyed && !answer.writableFinished) controller.abort()
      else
        answer.once("close", () => {
          if (!answer.writableFinished) controller.abort()
        })
    }
    return this.#gone.signal
  }
  protected makeUrl(): URL {
    const { socket, headers, url } = this.message
    const scheme = "encrypted" in socket ? "https" : "http"
    const origin = `${scheme}://${headers.host || "localhost"}`
    // A target may be absolute; one that begins with two slashes is a path all the same.
    return (url as string).startsWith("/") ? new URL(`${origin}${url}`) : new URL(url as string, origin)
  }
  get request(): Request {
    this.#request ??= this.#makeRequest()
    return this.#request
  }
  allowIdle(): void {
    // Node closes no connection that waits for its answer.
  }

  get hasBody(): boolean {
    const { "content-length": length, "transfer-encoding": encoding } = this.message.headers
    return encoding !== undefined || (length !== undefined && length !== "0")
  }
  readJson(maxBytes: number): Promise<unknown> {
    return this.#read(maxBytes, (bytes) => parseJson(bytes.toString()))
  }
  readBytes(maxBytes: number): Promise<Uint8Array | Failure> {
    return this.#read(maxBytes, (bytes) => bytes)
  }
  /** Reads by events: an async iterator would cost four times as much. */
  #read<T>(maxBytes: number, finish: (bytes: Buffer) => T): Promise<T | Failure> {
    const { message } = this
    const length = declaredLength(this, maxBytes)
    if (length instanceof Failure) return Promise.resolve(length)
    if (!this.hasBody) return Promise.resolve(finish(Buffer.alloc(0)))
    if (message.readableEnded || message.destroyed) return Promise.resolve(unreadable())
    return new Promise((resolve) => {
      let chunks: Buffer[] | Buffer | undefined
      let size = 0
      message.on("data", (chunk: Buffer) => {
        size += chunk.length
        if (size > maxBytes) {
          message.removeAllListeners("data")
          message.pause()
          resolve(tooLarge(maxBytes))
        } else if (chunks === undefined) chunks = chunk
        else if (Array.isArray(chunks)) chunks.push(chunk)
        else chunks = [chunks, chunk]
      })
      message.on("end", () => {
        if (chunks === undefined) resolve(finish(Buffer.alloc(0)))
        else resolve(finish(Array.isArray(chunks) ? Buffer.concat(chunks, size) : chunks))
      })
      // Without a listener for errors a body that breaks off is only closed.
      message.on("close", () => {
        if (!message.complete) resolve(unreadable())
      })
    })
  }
  async *chunks(maxBytes: number = this.route.maxBodyBytes): AsyncGenerator<Uint8Array> {
    const length = declaredLength(this, maxBytes)
    if (length instanceof Failure) throw length.toError()
    if (!this.hasBody) return
    if (this.message.readableEnded || this.message.destroyed) throw unreadable().toError()
    // The socket lives on when the reader stops early: the answer still has to be sent.
    yield* counted(this.message.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>, maxBytes)
  }

  #makeRequest(): Request {
    const { rawHeaders } = this.message
    const headers = new Headers()
    for (let index = 0; index < rawHeaders.length; index += 2)
      headers.append(rawHeaders[index]!, rawHeaders[index + 1]!)
    const hasBody = this.hasBody && this.method !== "GET" && this.method !== "HEAD"
    return new Request(this.url, {
      method: this.method,
      headers,
      signal: this.gone,
      ...(hasBody && { body: this.bodyStream(Number.POSITIVE_INFINITY), duplex: "half" }),
    } as RequestInit)
  }
}

/** The answer of a request that is long over. Nothing happens to it any more. */
const ANSWERED = { destroyed: true, writableFinished: true, once: () => undefined } as unknown as ServerResponse
