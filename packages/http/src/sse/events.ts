import type { BaseContext } from "../context/context.ts"
import type { RequestContext } from "../context/request-context.ts"
import { EventInvalid, EventsOverflow } from "../errors.ts"
import { onAbort } from "../on-abort.ts"
import { Feed } from "../reply/feed.ts"
import { Reply } from "../reply/reply.ts"
import { formatEvent, type ServerEvent } from "./server-event.ts"

/** One caller's stream, as its source sees it. */
export interface EventStream {
  /** The id of the last event that the caller got before, when it comes again: go on after it. */
  readonly lastEventId: string | undefined
  /** Aborts when the stream is over. A source that waits for something ends its wait on it. */
  readonly signal: AbortSignal
  /**
   * Adds an event. While the caller has no room they wait, up to `maxBufferedEvents`; one more ends the stream, and its
   * signal aborts with `HTTP_EVENTS_OVERFLOW`.
   * @returns whether the stream goes on.
   * @throws {HTTP_EVENT_INVALID} when a name or an id holds a line break.
   */
  send(event: ServerEvent): boolean
  /** Ends the stream after what was sent. With a reason the last event says it. */
  end(reason?: string): void
}

/** Called when the stream is over: takes listeners away again. */
export type StopEvents = () => void

/**
 * Where events come from: a generator, which is asked for the next event only when the caller has room for it; or a
 * function that calls `stream.send`, and may return how to stop that.
 */
export type EventsFrom<E extends ServerEvent = ServerEvent> =
  | AsyncIterable<E>
  | ((stream: EventStream) => Opened<E> | Promise<Opened<E>>)

// biome-ignore lint/suspicious/noConfusingVoidType: a function without a return statement gives void
type Opened<E> = AsyncIterable<E> | StopEvents | undefined | void

export interface EventsOptions {
  /** Milliseconds of silence after which a comment shows that the stream lives; 0 for never. Default 15,000. */
  readonly heartbeatMs?: number
  /** Events that `send` keeps for a caller who has no room, at most. Default 1,000. */
  readonly maxBufferedEvents?: number
  /** The name of the last event of a stream that ends with a reason; its data is `{ reason }`. Default `close`. */
  readonly closeEvent?: string
}

const HEARTBEAT = ":\n\n"
const DEFAULT_HEARTBEAT_MS = 15_000
const DEFAULT_BUFFERED_EVENTS = 1000
/** No runtime lets a connection be silent for longer. */
const MAX_IDLE_SECONDS = 255

const HEADERS = { "cache-control": "no-store", "x-accel-buffering": "no" }

/**
 * Answers with server-sent events. Nothing is opened before the answer is sent; whoever leaves, frees everything: the
 * generator returns, `stream.signal` aborts, what the source returned is called. When the app begins to stop, the last
 * event is `close` with the reason `draining`, and clients come again elsewhere.
 *
 * A generator that waits returns only when its wait ends: let it wait with `stream.signal`.
 * @throws {HTTP_EVENT_INVALID} when an option is out of range.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @example
 * app.get("/clock", (ctx) =>
 *   events(ctx, async function* ({ signal }) {
 *     for await (const at of setInterval(1000, undefined, { signal })) yield { data: { at } }
 *   }),
 * )
 */
export function events<E extends ServerEvent = ServerEvent>(
  ctx: BaseContext,
  source: EventsFrom<E>,
  options: EventsOptions = {},
): Reply<200, AsyncIterable<E>> {
  const { feed } = new Events(ctx, source, options)
  return new Reply(200, feed as unknown as AsyncIterable<E>, "text/event-stream", HEADERS)
}

/** A stream under way: its feed, and all that has to be freed with it. */
class Events implements EventStream {
  readonly feed: Feed<ServerEvent>
  readonly #ctx: BaseContext
  readonly #heartbeatMs: number
  readonly #closeEvent: string
  #over: AbortController | undefined
  #isOver: boolean
  #stop: StopEvents | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #undrain: (() => void) | undefined

  constructor(ctx: BaseContext, source: EventsFrom, options: EventsOptions) {
    this.#ctx = ctx
    this.#heartbeatMs = whole("heartbeatMs", options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS)
    this.#closeEvent = options.closeEvent ?? "close"
    this.#isOver = false
    this.feed = new Feed<ServerEvent>({
      open: () => this.#open(source),
      format: formatEvent,
      opening: HEARTBEAT,
      maxHeld: whole("maxBufferedEvents", options.maxBufferedEvents ?? DEFAULT_BUFFERED_EVENTS),
      linger: () => this.#linger(),
      close: () => this.#close(),
    })
  }

  get lastEventId(): string | undefined {
    const header = this.#ctx.headers.get("last-event-id")
    return header === null ? undefined : fromUtf8(header)
  }
  get signal(): AbortSignal {
    if (this.#over === undefined) {
      this.#over = new AbortController()
      if (this.#isOver) this.#over.abort()
    }
    return this.#over.signal
  }
  #overWith(reason: unknown): void {
    this.#over ??= new AbortController()
    this.#over.abort(reason)
  }
  send(event: ServerEvent): boolean {
    if (this.feed.push(event)) return true
    if (this.#isOver) return false
    this.#overWith(new EventsOverflow())
    this.end("overflow")
    return false
  }
  end(reason?: string): void {
    this.feed.end(reason === undefined ? "" : formatEvent({ event: this.#closeEvent, data: { reason } }))
  }

  #open(source: EventsFrom): AsyncIterator<ServerEvent> | undefined {
    const opened = typeof source === "function" ? source(this) : source
    if (!(opened instanceof Promise)) return this.#iteratorOf(opened)
    opened.then((late) => {
      const iterator = this.#iteratorOf(late)
      if (iterator !== undefined) this.feed.attach(iterator)
    }, this.feed.fail)
    return undefined
  }
  #iteratorOf(opened: Opened<ServerEvent>): AsyncIterator<ServerEvent> | undefined {
    if (typeof opened === "object") return opened[Symbol.asyncIterator]()
    if (this.#isOver) this.#call(opened ?? undefined)
    else this.#stop = opened ?? undefined
    return undefined
  }

  /** What only a stream needs that does not end at once. */
  #linger(): void {
    const { draining } = this.#ctx
    if (draining.aborted) {
      this.end("draining")
      return
    }
    this.#undrain = onAbort(draining, () => this.end("draining"))
    const heartbeatMs = this.#heartbeatMs
    this.#ctx.allowIdle(
      heartbeatMs === 0 ? MAX_IDLE_SECONDS : Math.min(MAX_IDLE_SECONDS, 1 + Math.ceil((2 * heartbeatMs) / 1000)),
    )
    if (heartbeatMs > 0) this.#timer = setTimeout(this.#beat, heartbeatMs)
  }
  readonly #beat = (): void => {
    const silentMs = performance.now() - (this.feed.writtenAt ?? 0)
    const leftMs = this.#heartbeatMs - silentMs
    if (leftMs <= 1) this.feed.touch(HEARTBEAT)
    if (this.#isOver) return
    this.#timer = setTimeout(this.#beat, leftMs <= 1 ? this.#heartbeatMs : leftMs)
  }

  #close(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#undrain?.()
    this.#over?.abort()
    const stop = this.#stop
    this.#stop = undefined
    this.#call(stop)
  }
  #call(stop: StopEvents | undefined): void {
    try {
      stop?.()
    } catch (error) {
      const ctx = this.#ctx as RequestContext
      ctx.shared.report(error, ctx)
    }
  }
}

/** Browsers send the id as UTF-8, and runtimes read headers as Latin-1. */
function fromUtf8(header: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all that is not ASCII
  if (!/[^\x00-\x7f]/.test(header)) return header
  const bytes = Uint8Array.from(header, (char) => char.charCodeAt(0))
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return header // workerd has decoded it already
  }
}

function whole(name: keyof EventsOptions, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new EventInvalid(`Expected ${name} to be a whole number, 0 or more, got ${value}`)
}
