import { FileTruncated } from "../errors.ts"
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

const FILE_CHUNK_BYTES = 256 * 1024

/**
 * Reads a part of a file as it is taken. By its own reads: a read stream costs as much again.
 * @throws {HTTP_FILE_TRUNCATED} when the file has become shorter than the part.
 */
export async function* fileChunks({ path, start, end }: FileSlice): AsyncGenerator<Uint8Array> {
  if (end <= start) return
  const file = await process.getBuiltinModule("node:fs").promises.open(path)
  try {
    for (let at = start; at < end; ) {
      const length = Math.min(FILE_CHUNK_BYTES, end - at)
      // A new buffer each time: what was yielded may not be written yet.
      const { bytesRead, buffer } = await file.read(new Uint8Array(length), 0, length, at)
      if (bytesRead === 0) throw new FileTruncated(`${end - at} bytes were left of a file that ended`)
      at += bytesRead
      yield bytesRead === length ? buffer : buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}
