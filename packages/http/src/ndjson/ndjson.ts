import { Feed } from "../reply/feed.ts"
import { Reply, toJson } from "../reply/reply.ts"

/** What a line-by-line answer is made from. A function is called when the answer is sent, and not for HEAD. */
export type Rows<T> = AsyncIterable<T> | Iterable<T> | (() => AsyncIterable<T> | Iterable<T>)

/**
 * Answers with newline-delimited JSON: one value a line, each sent when it is there, and the next asked for only while
 * the caller has room. A caller who leaves returns the generator; one that waits should wait with `ctx.signal`. What the
 * source throws is reported and breaks the answer off, so that the caller can see that it is not whole.
 * @see https://github.com/ndjson/ndjson-spec
 * @example
 * app.get("/export", () => ndjson(database.iterate("select * from orders")))
 */
export function ndjson<T>(rows: Rows<T>): Reply<200, AsyncIterable<T>> {
  const feed = new Feed<T>({
    open: () => iteratorOf(typeof rows === "function" ? rows() : rows),
    format: (value) => `${toJson(value)}\n`,
    opening: "",
    maxHeld: 0,
  })
  return new Reply(200, feed as unknown as AsyncIterable<T>, "application/x-ndjson")
}

function iteratorOf<T>(rows: AsyncIterable<T> | Iterable<T>): AsyncIterator<T> | Iterator<T> {
  return Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]()
}
