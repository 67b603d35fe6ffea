import type { FileSlice } from "./file-slice.ts"

const encoder = new TextEncoder()

/**
 * What an iterable yields, as a web stream that asks for a piece only when somebody reads. An error of the iterable is
 * reported: the runtime that reads the stream only breaks the answer off.
 */
export function iterableStream(
  pieces: AsyncIterable<Uint8Array | string>,
  report: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]()
  let isCancelled = false
  const source: UnderlyingDefaultSource<Uint8Array> = {
    async pull(controller) {
      try {
        const { done, value } = await iterator.next()
        if (done) controller.close()
        else controller.enqueue(typeof value === "string" ? encoder.encode(value) : value)
      } catch (error) {
        if (!isCancelled) report(error)
        throw error
      }
    },
    async cancel(reason) {
      isCancelled = true
      await iterator.return?.(reason)
    },
  }
  return new ReadableStream(source, { highWaterMark: 0 })
}

/** Reads a part of a file as it is taken. */
export async function* fileChunks({ path, start, end }: FileSlice): AsyncGenerator<Uint8Array> {
  const { createReadStream } = process.getBuiltinModule("node:fs")
  if (end > start) yield* createReadStream(path, { start, end: end - 1, highWaterMark: 256 * 1024 })
}
