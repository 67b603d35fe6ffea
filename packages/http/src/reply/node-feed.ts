import type { ServerResponse } from "node:http"
import type { NodeContext } from "../context/node-context.ts"
import type { FeedBody } from "./feed.ts"

/** Writes a feed after its head. A caller who goes away ends the feed. */
export function writeFeed(feed: FeedBody, ctx: NodeContext): void {
  const { answer, method } = ctx
  if (method === "HEAD" || answer.destroyed) {
    answer.end()
    return
  }
  answer.once("close", feed.stop)
  feed.start({
    write(text) {
      if (text === "") {
        answer.flushHeaders() // whoever waits for the first value should know that the stream is open
        return undefined
      }
      return answer.write(text) ? undefined : room(answer)
    },
    end: (text) => void answer.end(text),
    fail(error) {
      ctx.shared.report(error, ctx)
      answer.destroy() // the head may be sent: breaking off is the only way left to say that the body is not whole
    },
  })
}

/** Until the caller has taken what was written, or has gone. */
export function room(answer: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      answer.off("drain", go)
      answer.off("close", go)
      resolve()
    }
    answer.on("drain", go)
    answer.on("close", go)
  })
}
