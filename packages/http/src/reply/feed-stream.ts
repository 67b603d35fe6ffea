import type { RequestContext } from "../context/request-context.ts"
import type { FeedBody, Sink } from "./feed.ts"

/** A feed as the body of a web-standard response. Bun has streams that are written to directly, at half the cost. */
export function feedStream(feed: FeedBody, ctx: RequestContext): ReadableStream<Uint8Array> {
  return "Bun" in globalThis ? directStream(feed, ctx) : pulledStream(feed, ctx)
}

/** Bun's own kind of stream. @see https://bun.com/docs/runtime/streams#direct-readablestream */
interface DirectController {
  /** A promise when the socket is full; it resolves when there is room, or nobody any more. */
  write(text: string): number | Promise<number>
  flush(): void
  close(error?: unknown): void
}

function directStream(feed: FeedBody, ctx: RequestContext): ReadableStream<Uint8Array> {
  const over = Promise.withResolvers<void>()
  const source = {
    type: "direct",
    pull(controller: DirectController): Promise<void> {
      feed.start({
        write(text) {
          const room = controller.write(text)
          controller.flush()
          return room instanceof Promise ? room : undefined
        },
        end(text) {
          if (text !== "") void controller.write(text)
          controller.close()
          over.resolve()
        },
        fail(error) {
          ctx.shared.report(error, ctx)
          over.reject(error)
        },
      })
      return over.promise
    },
    cancel(): void {
      feed.stop()
      over.resolve()
    },
  }
  return new ReadableStream(source as unknown as UnderlyingDefaultSource<Uint8Array>)
}

const encoder = new TextEncoder()

function pulledStream(feed: FeedBody, ctx: RequestContext): ReadableStream<Uint8Array> {
  let room: PromiseWithResolvers<void> | undefined
  let isStarted = false
  const sinkOf = (controller: ReadableStreamDefaultController<Uint8Array>): Sink => ({
    write(text) {
      if (text !== "") controller.enqueue(encoder.encode(text))
      if ((controller.desiredSize ?? 0) > 0) return undefined
      room = Promise.withResolvers()
      return room.promise
    },
    end(text) {
      if (text !== "") controller.enqueue(encoder.encode(text))
      controller.close()
    },
    fail(error) {
      ctx.shared.report(error, ctx)
      controller.error(error)
    },
  })
  const source: UnderlyingDefaultSource<Uint8Array> = {
    pull(controller) {
      room?.resolve()
      room = undefined
      if (isStarted) return
      isStarted = true
      feed.start(sinkOf(controller))
    },
    cancel: feed.stop,
  }
  // Nothing is asked for before somebody reads: an answer that a layer throws away has begun nothing.
  return new ReadableStream(source, { highWaterMark: 0 })
}
