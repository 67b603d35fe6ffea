/** A body must bring this much in each window, as on Node and on Bun. */
const WINDOW_MS = 20_000
const MIN_BYTES = 16 * 1024

/** How far a body has come. */
export interface BodyProgress {
  bytes: number
  /** Somebody reads, and the client has to send. Not so while what came waits for its reader. */
  isAwaited: boolean
  isComplete: boolean
}

type Kind = "arrayBuffer" | "blob" | "bytes" | "formData" | "json" | "text"

const progressKey: unique symbol = Symbol("progress")
const streamKey: unique symbol = Symbol("stream")

/**
 * Deno's own requests with the reading of their bodies watched: such a request is made one of these by {@link watchBody}.
 * The constructor never runs, and a body that nobody touches costs nothing.
 */
class WatchedRequest extends Request {
  declare [progressKey]?: BodyProgress
  declare [streamKey]?: ReadableStream<Uint8Array<ArrayBuffer>>

  override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this[streamKey] === undefined) {
      const source = super.body
      if (source === null) return null
      this[streamKey] = watchStream(source, startProgress(this))
    }
    return this[streamKey]
  }
  override arrayBuffer(): Promise<ArrayBuffer> {
    return read(this, "arrayBuffer", () => super.arrayBuffer())
  }
  override blob(): Promise<Blob> {
    return read(this, "blob", () => super.blob())
  }
  override bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return read(this, "bytes", () => super.bytes())
  }
  override formData(): Promise<FormData> {
    return read(this, "formData", () => super.formData())
  }
  // biome-ignore lint/suspicious/noExplicitAny: as the web's own is typed
  override json(): Promise<any> {
    return read(this, "json", () => super.json())
  }
  override text(): Promise<string> {
    return read(this, "text", () => super.text())
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

function startProgress(request: WatchedRequest): BodyProgress {
  request[progressKey] ??= { bytes: 0, isAwaited: false, isComplete: false }
  return request[progressKey]
}

/**
 * A short body is read in one call of Deno's, for it brings enough only when it is complete. Of a longer one, and of one
 * of unknown length, Deno does not tell what came until all has come, so that it is read piece by piece.
 */
function read<T>(request: WatchedRequest, kind: Kind, readAll: () => Promise<T>): Promise<T> {
  const { headers, bodyUsed } = request
  const length = headers.get("content-length")
  if (bodyUsed || (length === null ? !headers.has("transfer-encoding") : Number(length) <= MIN_BYTES)) {
    const progress = startProgress(request)
    const done = (): void => {
      progress.isAwaited = false
      progress.isComplete = true
    }
    progress.isAwaited = true
    const all = readAll()
    all.then(done, done)
    return all
  }
  const type = headers.get("content-type")
  const answer = new Response(request.body, type === null ? undefined : { headers: { "content-type": type } })
  return answer[kind]() as Promise<T>
}

function watchStream(
  source: ReadableStream<Uint8Array<ArrayBuffer>>,
  progress: BodyProgress,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>> | undefined
  return new ReadableStream(
    {
      async pull(controller) {
        reader ??= source.getReader()
        progress.isAwaited = true
        const { done, value } = await reader.read()
        progress.isAwaited = false
        if (done) {
          progress.isComplete = true
          controller.close()
        } else {
          progress.bytes += value.byteLength
          controller.enqueue(value)
        }
      },
      cancel: (reason) => (reader ?? source).cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** Tells bodies that only trickle in, from looks at one now and then. */
export class BodyPace {
  /** When the present window began, and how much had come by then. */
  #sinceMs: number | undefined = undefined
  #bytes = 0

  /** For the next body. */
  restart(): void {
    this.#sinceMs = undefined
  }

  /** Whether too little has come for too long, though somebody reads. */
  isTooSlow(progress: BodyProgress | undefined, nowMs: number): boolean {
    if (progress?.isAwaited !== true) {
      this.#sinceMs = undefined
      return false
    }
    if (this.#sinceMs !== undefined && progress.bytes - this.#bytes < MIN_BYTES)
      return nowMs - this.#sinceMs >= WINDOW_MS
    this.#sinceMs = nowMs
    this.#bytes = progress.bytes
    return false
  }
}
