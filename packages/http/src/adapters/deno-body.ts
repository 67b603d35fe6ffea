/**
 * A body that is read piece by piece must bring this much in each window, as on Node and on Bun. Of one that is read whole
 * Deno tells nothing until all has come, and to read it otherwise costs half as much again: it gets a window, and
 * the time that its length takes at a rate.
 */
const WINDOW_MS = 20_000
const MIN_BYTES = 16 * 1024
const WHOLE_BYTES_PER_MS = 16
/** For the time of a whole body of unknown length. */
const UNKNOWN_BYTES: number = 1024 * 1024

/** How far a body has come. */
export interface BodyProgress {
  bytes: number
  /** Somebody reads, and the client has to send. Not so while what came waits for its reader. */
  isAwaited: boolean
  isComplete: boolean
}

const progressKey: unique symbol = Symbol("progress")
/** One for all bodies that are read whole: it lasts until the answer, and costs a request nothing. */
export const WHOLE: BodyProgress = { bytes: 0, isAwaited: true, isComplete: true }

type Chunk = Uint8Array<ArrayBuffer>

/**
 * Deno's own requests with the reading of their bodies watched: such a request is made one of these by {@link watchBody}.
 * The constructor never runs, and a body that nobody touches costs nothing.
 */
class WatchedRequest extends Request {
  declare [progressKey]?: BodyProgress

  override get body(): ReadableStream<Chunk> | null {
    const stream = super.body
    if (stream !== null && this[progressKey] === undefined) {
      this[progressKey] = { bytes: 0, isAwaited: false, isComplete: false }
      watchReaders(stream, this[progressKey])
    }
    return stream
  }
  override arrayBuffer(): Promise<ArrayBuffer> {
    this[progressKey] = WHOLE
    return super.arrayBuffer()
  }
  override blob(): Promise<Blob> {
    this[progressKey] = WHOLE
    return super.blob()
  }
  override bytes(): Promise<Chunk> {
    this[progressKey] = WHOLE
    return super.bytes()
  }
  override formData(): Promise<FormData> {
    this[progressKey] = WHOLE
    return super.formData()
  }
  // biome-ignore lint/suspicious/noExplicitAny: as the web's own is typed
  override json(): Promise<any> {
    this[progressKey] = WHOLE
    return super.json()
  }
  override text(): Promise<string> {
    this[progressKey] = WHOLE
    return super.text()
  }
}

/** Watches how a request's body is read, from before anybody reads. */
export function watchBody(request: Request): void {
  Object.setPrototypeOf(request, WatchedRequest.prototype)
}

/** Undefined: nobody has touched the body yet. */
export function progressOf(request: Request): BodyProgress | undefined {
  return (request as WatchedRequest)[progressKey]
}

/** Whoever pipes or tees the stream is not watched, and not hurried. */
function watchReaders(stream: ReadableStream<Chunk>, progress: BodyProgress): void {
  const watch = async <T extends { readonly done?: boolean; readonly value?: unknown }>(
    next: Promise<T>,
  ): Promise<T> => {
    progress.isAwaited = true
    try {
      const result = await next
      if (result.done) progress.isComplete = true
      else progress.bytes += (result.value as Chunk).byteLength
      return result
    } finally {
      progress.isAwaited = false
    }
  }
  const iterate = stream.values
  const values = (options?: ReadableStreamIteratorOptions): ReadableStreamAsyncIterator<Chunk> => {
    const iterator = iterate.call(stream, options) as ReadableStreamAsyncIterator<Chunk>
    const next = iterator.next.bind(iterator)
    iterator.next = () => watch(next())
    return iterator
  }
  const getReader = stream.getReader as (this: unknown, ...options: unknown[]) => ReadableStreamDefaultReader<Chunk>
  Object.assign(stream, {
    values,
    [Symbol.asyncIterator]: values,
    getReader: (...options: unknown[]) => {
      const reader = getReader.apply(stream, options)
      const read = reader.read as (...views: unknown[]) => Promise<ReadableStreamReadResult<Chunk>>
      return Object.assign(reader, { read: (...views: unknown[]) => watch(read.apply(reader, views)) })
    },
  })
}

/** Tells bodies that only trickle in, from looks at one now and then. */
export class BodyPace {
  /** When the present window began, and how much had come by then. */
  #sinceMs: number | undefined = undefined
  #bytes = 0
  /** The body that is read whole, and whether it has not come yet. */
  #whole: ReadableStream<Uint8Array> | null = null
  #isMissing = false

  /** For the next request. */
  restart(): void {
    this.#sinceMs = undefined
    this.#whole = null
  }

  /** Whether too little has come for too long, though somebody reads. */
  isTooSlow(request: Request, progress: BodyProgress | undefined, nowMs: number): boolean {
    if (progress?.isAwaited !== true) {
      this.#sinceMs = undefined
      return false
    }
    if (progress === WHOLE) return this.#isLate(request, nowMs)
    if (this.#sinceMs !== undefined && progress.bytes - this.#bytes < MIN_BYTES)
      return nowMs - this.#sinceMs >= WINDOW_MS
    this.#sinceMs = nowMs
    this.#bytes = progress.bytes
    return false
  }

  #isLate(request: Request, nowMs: number): boolean {
    if (this.#sinceMs === undefined) {
      this.#sinceMs = nowMs
      const stream = request.body
      const closed = stream === null ? undefined : whenClosed(stream)
      this.#isMissing = closed !== undefined
      const came = (): void => {
        if (this.#whole === stream) this.#isMissing = false
      }
      this.#whole = stream
      closed?.then(came, came)
    }
    const length = Number(request.headers.get("content-length") ?? UNKNOWN_BYTES)
    const mostMs = WINDOW_MS + (length > MIN_BYTES ? length / WHOLE_BYTES_PER_MS : 0)
    return this.#isMissing && nowMs - this.#sinceMs >= mostMs
  }
}

/** What Deno's `node:stream` sees the end of a stream by, whoever reads it. Without it nobody is hurried. */
function whenClosed(stream: ReadableStream): Promise<void> | undefined {
  const key = Symbol.for("nodejs.webstream.isClosedPromise")
  return (stream as unknown as Record<symbol, { readonly promise: Promise<void> } | undefined>)[key]?.promise
}
