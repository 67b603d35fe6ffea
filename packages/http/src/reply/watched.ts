import { Feed } from "./feed.ts"
import { isResponse, kindOf, Reply, type Result } from "./reply.ts"

/** Statuses whose answers have no body, whatever a reply holds. */
const EMPTY_STATUSES: ReadonlySet<number> = new Set([101, 103, 204, 205, 304])

/**
 * The same result, with `over` called once when its body has been sent, or nobody wants more of it; undefined when its body
 * does not come piece by piece: then it is over with the head.
 */
export function watched(result: Result, over: () => void): Result | undefined {
  if (isResponse(result)) return watchedResponse(result, over)
  const reply = result instanceof Reply ? result : undefined
  if (reply !== undefined && EMPTY_STATUSES.has(reply.status)) return undefined
  const value = watchedBody(reply === undefined ? result : reply.value, over)
  if (value === undefined) return undefined
  return reply === undefined ? value : reply.withBody(value)
}

function watchedResponse(response: Response, over: () => void): Response | undefined {
  const { body, status, statusText, headers } = response
  if (body === null || response.bodyUsed || EMPTY_STATUSES.has(status)) return undefined
  return new Response(watchedStream(body, over), { status, statusText, headers })
}

function watchedBody(value: unknown, over: () => void): unknown {
  switch (kindOf(value)) {
    case "stream":
      return watchedStream(value as ReadableStream<Uint8Array>, over)
    case "iterable":
      if (!(value instanceof Feed)) return new WatchedIterable(value as AsyncIterable<unknown>, over)
      value.whenOver(over)
      return value
    default:
      return undefined
  }
}

function watchedStream(stream: ReadableStream<Uint8Array>, over: () => void): ReadableStream<Uint8Array> {
  const reader = stream.getReader()
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        controller.close()
        over()
      } catch (error) {
        over()
        throw error
      }
    },
    async cancel(reason) {
      over()
      await reader.cancel(reason)
    },
  }
  return new ReadableStream(source, { highWaterMark: 0 })
}

/** A class, since a plain object would be sent as JSON. */
class WatchedIterable<T> implements AsyncIterable<T> {
  readonly #pieces: AsyncIterable<T>
  readonly #over: () => void

  constructor(pieces: AsyncIterable<T>, over: () => void) {
    this.#pieces = pieces
    this.#over = over
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    const iterator = this.#pieces[Symbol.asyncIterator]()
    const over = this.#over
    return {
      async next() {
        try {
          const result = await iterator.next()
          if (result.done) over()
          return result
        } catch (error) {
          over()
          throw error
        }
      },
      async return(value) {
        over() // not after the iterator's own end: it may wait for something that only the cleanup brings
        return (await iterator.return?.(value)) ?? { done: true, value }
      },
    }
  }
}
