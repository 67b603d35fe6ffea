import { AshlarError } from "@ashlar/core"
import type { BrokerScope, DataCaller } from "./broker.ts"
import {
  BadResponse,
  BodyLimit,
  BrokenOff,
  Cancelled,
  CpuLimit,
  Crashed,
  LogLimit,
  MemoryLimit,
  ProtocolError,
  requestTooLarge,
  Threw,
  WallLimit,
} from "./errors.ts"
import { type Exchange, failureOf } from "./exchange.ts"
import { type Grant, parseGrants } from "./grants.ts"
import type { Instance } from "./instance.ts"
import type { FunctionLimits } from "./limits.ts"
import type { InvokeAnswer, InvokeQuestion } from "./messages.ts"
import { cleanHeaders } from "./request.ts"
import { checkResponse, type ResponseHead } from "./response.ts"

/** The guest stops itself at its deadline and says so; this much later it is stopped from outside. Only `quickjs` can. */
const SELF_STOP_GRACE_MS = 100

/** What a function's process may report of itself. The message is the function's own: it goes to the log, not to callers. */
const reportable = new Map([MemoryLimit, Crashed, Threw, BadResponse].map((kind) => [kind.code as string, kind]))
/** Codes by which something was ended that would have gone on. */
const stops: ReadonlySet<string> = new Set(
  [WallLimit, CpuLimit, MemoryLimit, LogLimit, ProtocolError, Crashed].map((kind) => kind.code),
)

export interface InvocationOptions {
  readonly id: string
  readonly request: Request
  readonly project: string
  readonly caller: DataCaller
  /** As the manifest has it. */
  readonly egress: readonly string[]
  readonly limits: FunctionLimits
  readonly maxCalls: number
  readonly selfStops: boolean
  /** Called once, when it is decided how the invocation ended. */
  readonly onEnd: (end: InvocationEnd) => void
}

/** How an invocation ended. */
export interface InvocationEnd {
  /** What the caller saw, or would have seen. */
  readonly status: number
  /** Why, unless it answered. */
  readonly error: AshlarError | undefined
  /** Was something stopped that would have gone on? */
  readonly stopped: boolean
}

/** One call of a function in one process. */
export class Invocation implements BrokerScope {
  readonly id: string
  readonly project: string
  readonly caller: DataCaller
  readonly limits: FunctionLimits
  /** Log lines that arrived so far. */
  lines = 0
  /** Processor time that was charged so far. */
  cpuMs = 0
  readonly #options: InvocationOptions
  readonly #abort = new AbortController()
  #calls = 0
  #grants: readonly Grant[] | undefined
  #exchange: Exchange | undefined
  #instance: Instance | undefined
  #wallTimer: ReturnType<typeof setTimeout> | undefined
  #response = Promise.withResolvers<Response>()
  #stream: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined
  #status = 0
  #ended = false
  #onCallerGone: (() => void) | undefined

  constructor(options: InvocationOptions) {
    this.#options = options
    this.id = options.id
    this.project = options.project
    this.caller = options.caller
    this.limits = options.limits
    this.#response.promise.catch(() => {})
  }

  /** Read when the function first asks to go out; most never do. */
  get grants(): readonly Grant[] {
    this.#grants ??= parseGrants(this.#options.egress)
    return this.#grants
  }

  /** Ends the rights of the invocation: what it still asks for is refused. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  spend(): boolean {
    return ++this.#calls <= this.#options.maxCalls
  }

  /** Runs in the process. Resolves with the response when its head is there; the body may still be on its way. */
  start(instance: Instance): Promise<Response> {
    const { request, limits, selfStops } = this.#options
    this.#instance = instance
    const question: InvokeQuestion = {
      kind: "invoke",
      invocation: this.id,
      method: request.method,
      url: request.url,
      headers: cleanHeaders(request.headers),
      hasBody: request.body !== null,
      wallMs: limits.wallMs,
      cpuMs: limits.cpuMs,
    }
    const exchange = instance.open(this, question, request.body === null)
    this.#exchange = exchange
    const wallMs = limits.wallMs + (selfStops ? SELF_STOP_GRACE_MS : 0)
    this.#wallTimer = setTimeout(() => this.stop(this.#overWall()), wallMs)
    this.#onCallerGone = () => this.#leave()
    request.signal.addEventListener("abort", this.#onCallerGone, { once: true })
    if (request.body) void this.#upload(request.body, exchange)
    exchange.reply.then(
      (answer) => this.#answer(answer as InvokeAnswer, exchange),
      (error: unknown) => this.fail(error as AshlarError),
    )
    void exchange.closed.then(() => this.#settle())
    // It may have left while the call waited for its place.
    if (request.signal.aborted) this.#leave()
    return this.#response.promise
  }

  /** Charges processor time. */
  charge(cpuMs: number): void {
    this.cpuMs += cpuMs
    const graceMs = this.#options.selfStops ? SELF_STOP_GRACE_MS : 0
    if (this.cpuMs > this.limits.cpuMs + graceMs) this.stop(this.#overCpu())
  }

  /** Stops what goes on: answers the caller, and gives the process up if it does not let go. */
  stop(error: AshlarError): void {
    this.fail(error, true)
    this.#exchange?.cancel(error)
    this.#instance?.condemn(this, error)
  }

  /** Ends the invocation for its caller. Only the first reason counts. */
  fail(error: AshlarError, stopped: boolean = stops.has(error.code)): void {
    if (this.#stream) {
      try {
        this.#stream.error(error)
      } catch {
        // The caller has closed the stream already.
      }
    }
    this.#response.reject(error)
    this.#end({ status: this.#status || error.status, error, stopped })
  }

  #answer(answer: InvokeAnswer, exchange: Exchange): void {
    if (answer.leaving) this.#instance?.retire()
    try {
      const failure = failureOf(answer)
      if (failure) throw this.#reported(failure)
      const head = checkResponse(answer, this.id)
      this.#status = head.status
      this.#respond(head, exchange)
    } catch (error) {
      const known = error instanceof AshlarError ? error : new BadResponse(undefined, { cause: error })
      const goesOn = exchange.live
      exchange.cancel(known)
      this.fail(known, stops.has(known.code) || (goesOn && known.code === BodyLimit.code))
    }
  }

  /** The error for the caller of what the process reported. */
  #reported(failure: AshlarError): AshlarError {
    if (failure.code === BodyLimit.code) return requestTooLarge(this.limits.bodyBytes)
    if (failure.code === WallLimit.code) return this.#overWall()
    if (failure.code === CpuLimit.code) return this.#overCpu()
    const kind = reportable.get(failure.code) ?? Threw
    // After these the process is not what it was; nothing is lost when the next call has another.
    if (kind === MemoryLimit || kind === Crashed) this.#instance?.retire()
    return new kind(kind.summary, { cause: failure.message })
  }

  #respond(head: ResponseHead, exchange: Exchange): void {
    const { status, headers } = head
    if (!head.hasBody || this.#options.request.method === "HEAD") {
      this.#response.resolve(new Response(null, { status, headers }))
      this.#end({ status, error: undefined, stopped: false })
      if (exchange.live) exchange.cancel()
      return
    }
    if (this.#isTooLarge(exchange)) throw this.#tooLarge()
    // All of it is here: it has a length, and needs no stream.
    if (exchange.inbox.complete)
      void exchange.inbox
        .collect(this.limits.bodyBytes)
        .then((body) => this.#response.resolve(new Response(body as Uint8Array<ArrayBuffer>, { status, headers })))
    else this.#response.resolve(new Response(this.#streamOf(exchange), { status, headers }))
  }

  #streamOf(exchange: Exchange): ReadableStream<Uint8Array<ArrayBuffer>> {
    return new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: (controller) => {
          this.#stream = controller
        },
        pull: async (controller) => {
          try {
            const chunk = await exchange.inbox.read()
            if (this.#isTooLarge(exchange)) {
              this.fail(this.#tooLarge(), true)
              exchange.cancel()
            } else if (chunk) controller.enqueue(chunk as Uint8Array<ArrayBuffer>)
            else controller.close()
          } catch (error) {
            this.fail(error instanceof AshlarError ? error : new BrokenOff(undefined, { cause: error }))
          }
        },
        cancel: () => this.#leave(),
      },
      { highWaterMark: 0 },
    )
  }

  /** Counted as it arrives: what the caller has not read yet counts too. */
  #isTooLarge(exchange: Exchange): boolean {
    return exchange.inbox.arrivedBytes > this.limits.bodyBytes
  }

  #overWall(): AshlarError {
    return new WallLimit(`The function did not finish within ${this.limits.wallMs} ms.`)
  }

  #overCpu(): AshlarError {
    return new CpuLimit(`The function used more than ${this.limits.cpuMs} ms of processor time.`)
  }

  #tooLarge(): AshlarError {
    const { bodyBytes } = this.limits
    return new BodyLimit(`The function's response has more than ${bodyBytes} bytes.`, {
      details: { limitBytes: bodyBytes },
    })
  }

  async #upload(body: ReadableStream<Uint8Array>, exchange: Exchange): Promise<void> {
    const reader = body.getReader()
    let sentBytes = 0
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        sentBytes += next.value.length
        if (sentBytes > this.limits.bodyBytes) {
          this.fail(requestTooLarge(this.limits.bodyBytes))
          exchange.cancel()
          break
        }
        await exchange.send(next.value)
      }
      exchange.end()
    } catch {
      // The function answered without reading everything, or the caller broke off: the exchange says which.
      if (exchange.live && !this.#ended) this.#leave()
    }
    await reader.cancel().catch(() => {})
  }

  /** The caller is gone. The function is told; what it goes on with is still counted, until it lets go or is stopped. */
  #leave(): void {
    this.fail(new Cancelled())
    this.#exchange?.cancel()
  }

  #end(end: InvocationEnd): void {
    if (this.#ended) return
    this.#ended = true
    this.#options.onEnd(end)
    if (this.#onCallerGone) this.#options.request.signal.removeEventListener("abort", this.#onCallerGone)
  }

  /** The process has let go of the invocation. */
  #settle(): void {
    clearTimeout(this.#wallTimer)
    this.#abort.abort()
    const exchange = this.#exchange
    const failure = exchange?.failure ?? (exchange && this.#isTooLarge(exchange) ? this.#tooLarge() : undefined)
    if (failure) this.fail(failure)
    else this.#end({ status: this.#status, error: undefined, stopped: false })
    this.#instance?.release(this)
  }
}
