import { sleep } from "../sleep.ts"
import type { WebHandler } from "../web-handler.ts"
import { BodyPace, type BodyProgress, progressOf, WHOLE } from "./deno-body.ts"
import { answerTextOf, headerOf } from "./deno-inside.ts"

/**
 * Serves each connection of a listener by itself. `Deno.serve` keeps every connection for as long as its client likes;
 * what Deno has inside to serve one connection lets us end those that bring nothing. It is not part of Deno's public API.
 */

/** What Deno gives with a request. */
interface RequestInfo {
  /** @throws TypeError when the answer has been handed over: to the last piece, where it is a stream. */
  readonly remoteAddr: RemoteAddress
}

interface RemoteAddress {
  readonly hostname?: string
}

interface Accepted {
  readonly remoteAddr: RemoteAddress
}

/** @see https://github.com/denoland/deno/blob/v2.9.5/ext/http/00_serve.ts */
export type ServeConnection = (
  connection: Accepted,
  signal: { addEventListener(type: "abort", listener: () => void): void },
  handler: (request: Request, info: RequestInfo) => Response | Promise<Response>,
  onError: (error: unknown) => Response,
  onListen: () => void,
) => { readonly finished: Promise<void>; shutdown(): Promise<void> }

/** The part of `Deno.Listener` that is used here. */
export interface Listener {
  readonly addr: { readonly port: number }
  accept(): Promise<Accepted>
  close(): void
}

/** The first request must have come after so long, as on Node. */
const HEAD_MS = 10_000
const MOST_CHECK_MS = 2_500
const DRAIN_CHECK_MS = 50
/** An answer of so many characters is sent as soon as it is there: the system's buffers hold it. */
const SHORT_CHARS = 16 * 1024
/** Between attempts to accept when the process has no file descriptors left. */
const RETRY_MS = 100
/** What accepting fails with when the client has left meanwhile. Any number of clients may do so. */
const GONE: ReadonlySet<string> = new Set(["NotConnected", "ConnectionAborted", "ConnectionReset"])

/** What serves the connections, and what answers their requests. */
export interface Served {
  readonly serve: ServeConnection
  readonly handle: WebHandler
}

export interface ConnectionsOptions extends Served {
  readonly idleMs: number
  /** Called before connections with something under way are ended. */
  readonly onCut: () => void
}

/**
 * One connection. It stands for what Deno gives with each request, so that the address costs nothing. As long as all its answers
 * were short and there at once, nothing of them is kept: to put something new into an old object costs V8 more than to make it,
 * and nothing of them can be under way. Over HTTP/2 an earlier one may be, once there was another.
 */
export class Connection {
  readonly remoteAddr: RemoteAddress
  readonly finished: Promise<void>
  readonly #shutdown: () => Promise<void>
  #cancel: () => void
  /** Of the last request, from the first on whose answer may take its time. */
  #request: Request | undefined
  #info: RequestInfo | undefined
  #hasBody: boolean
  #readsWhole: boolean
  /** Whether a request has come since the last check. */
  #hasMoved: boolean
  /** No request has come yet. */
  #isFresh: boolean
  /** When the connection was last seen with something to do. */
  #sinceMs: number
  readonly #pace: BodyPace
  #isEnding: boolean

  constructor(accepted: Accepted, { serve, handle }: Served) {
    this.remoteAddr = accepted.remoteAddr
    this.#cancel = () => undefined
    this.#request = undefined
    this.#info = undefined
    this.#hasBody = false
    this.#readsWhole = false
    this.#hasMoved = false
    this.#isFresh = true
    this.#sinceMs = performance.now()
    this.#pace = new BodyPace()
    this.#isEnding = false
    // As much of a signal as is asked for: a real one would report what goes wrong as the program's own error.
    const signal = {
      addEventListener: (_type: "abort", cancel: () => void): void => {
        this.#cancel = cancel
      },
    }
    const answer = (request: Request, info: RequestInfo): Response | Promise<Response> => {
      this.#hasMoved = true
      this.#isFresh = false
      this.#readsWhole = false
      const response = handle(request, this)
      if (this.#info !== undefined || !isShort(response)) this.#keep(request, info)
      return response
    }
    const server = serve(accepted, signal, answer, failed, () => undefined)
    this.#shutdown = () => server.shutdown()
    // A client that leaves in the middle of something is nothing to report.
    this.finished = server.finished.catch(() => undefined)
  }

  /** The body of the present request is read by somebody who waits for all of it. */
  readsWhole(): void {
    this.#readsWhole = true
  }

  #keep(request: Request, info: RequestInfo): void {
    this.#request = request
    this.#info = info
    // Whoever reads already has a body. Asked now, for a request that is answered tells no more.
    this.#hasBody = this.#progress?.isAwaited === true || declaresBody(request)
  }

  get #progress(): BodyProgress | undefined {
    return this.#readsWhole ? WHOLE : progressOf(this.#request as Request)
  }

  /** A handler is at work, or its answer is a stream that goes on. */
  get isUnderWay(): boolean {
    try {
      return this.#info?.remoteAddr !== undefined
    } catch {
      return false
    }
  }

  check(nowMs: number, idleMs: number): void {
    if (this.#hasMoved) {
      this.#hasMoved = false
      this.#sinceMs = nowMs
      this.#pace.restart()
    }
    if (this.isUnderWay) {
      this.#sinceMs = nowMs
      if (this.#pace.isTooSlow(this.#request as Request, this.#progress, nowMs)) this.cancel()
    } else if (nowMs - this.#sinceMs >= (this.#isFresh ? Math.min(HEAD_MS, idleMs) : idleMs)) this.end()
  }

  /**
   * Ends a connection that has no request under way: at once where its answers are sent. Its client may still be taking a
   * long one, of which Deno does not tell: then it ends with the answer. It cannot be so while the rest of a request's body is
   * awaited, for Deno reads what a handler left of it before the next request, for as long as the client likes.
   */
  end(): void {
    const isSent = this.#info === undefined && !this.#hasMoved
    if (this.#isFresh || isSent || this.#awaitsRest()) this.cancel()
    else if (!this.#isEnding) {
      this.#isEnding = true
      this.#shutdown().catch(() => undefined)
    }
  }

  /** Ends a connection at once, whatever goes on. */
  cancel(): void {
    try {
      this.#cancel()
    } catch {
      // It has ended meanwhile.
    }
  }

  #awaitsRest(): boolean {
    return this.#hasBody && this.#progress?.isComplete !== true
  }
}

/** Whether an answer is there, and soon sent. */
function isShort(answer: Response | Promise<Response>): boolean {
  const text = answerTextOf(answer)
  return text !== undefined && text.length <= SHORT_CHARS
}

function declaresBody(request: Request): boolean {
  const length = headerOf(request, "content-length")
  return length === null ? headerOf(request, "transfer-encoding") !== null : length !== "0"
}

/** What `Deno.serve` does by itself. */
function failed(error: unknown): Response {
  console.error(error)
  return new Response("Internal Server Error", { status: 500 })
}

/** All connections of a listener, looked after by one timer. */
export class Connections {
  readonly #listener: Listener
  readonly #served: Served
  readonly #onCut: () => void
  readonly #open = new Set<Connection>()
  readonly #timer: ReturnType<typeof setInterval>
  #isStopping: boolean

  constructor(listener: Listener, { idleMs, onCut, ...served }: ConnectionsOptions) {
    this.#listener = listener
    this.#served = served
    this.#onCut = onCut
    this.#isStopping = false
    // A connection is seen idle one interval late at most, and its end another: both are taken off.
    const checkMs = Math.min(MOST_CHECK_MS, idleMs / 10)
    this.#timer = setInterval(() => {
      const nowMs = performance.now()
      for (const connection of this.#open) connection.check(nowMs, idleMs - 2 * checkMs)
    }, checkMs)
    void this.#accept()
  }

  async #accept(): Promise<void> {
    while (!this.#isStopping) {
      try {
        const connection = new Connection(await this.#listener.accept(), this.#served)
        this.#open.add(connection)
        void connection.finished.then(() => this.#open.delete(connection))
      } catch (error) {
        if (!this.#isStopping && !GONE.has((error as Error).name)) await sleep(RETRY_MS)
      }
    }
  }

  /**
   * Accepts no more, lets requests under way end, and ends what is left after the grace.
   * @returns how many had to be ended.
   */
  async stop(graceMs: number): Promise<number> {
    this.#isStopping = true
    this.#listener.close()
    clearInterval(this.#timer)
    const deadlineMs = performance.now() + graceMs
    for (;;) {
      for (const connection of this.#open) if (!connection.isUnderWay) connection.end()
      const leftMs = deadlineMs - performance.now()
      // Nothing tells of an answer's end, so it is looked for.
      const whenDone = Promise.all([...this.#open].map(({ finished }) => finished)).then(() => true)
      if (await Promise.race([whenDone, sleep(DRAIN_CHECK_MS)])) return 0
      if (leftMs <= DRAIN_CHECK_MS) break
    }
    this.#onCut()
    const cut = this.#open.size
    for (const connection of this.#open) connection.cancel()
    return cut
  }
}
