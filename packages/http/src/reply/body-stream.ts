import type { FileSlice } from "./file-slice.ts"

const encoder = new TextEncoder()

/** What an iterable yields, as a web stream that takes the next piece only when there is room for it. */
export function iterableStream(pieces: AsyncIterable<Uint8Array | string>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await iterator.next()
      if (done) controller.close()
      else controller.enqueue(typeof value === "string" ? encoder.encode(value) : value)
    },
    async cancel(reason) {
      await iterator.return?.(reason)
    },
  })
}

/** Reads a part of a file as it is taken. */
export async function* fileChunks({ path, start, end }: FileSlice): AsyncGenerator<Uint8Array> {
  const { createReadStream } = process.getBuiltinModule("node:fs")
  if (end > start) yield* createReadStream(path, { start, end: end - 1, highWaterMark: 256 * 1024 })
}
