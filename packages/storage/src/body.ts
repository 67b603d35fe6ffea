import { StorageOptionInvalid } from "./errors.ts"
import type { Body } from "./storage.ts"

/** The largest piece that bytes in memory are given in: a driver need not be ready for a piece of a gigabyte. */
const PIECE_BYTES = 1024 * 1024

/** A body as pieces, and its size where it is known. */
export interface Pieces {
  readonly chunks: AsyncIterable<Uint8Array>
  readonly sizeBytes: number | undefined
  /** A Blob's type. */
  readonly type: string | undefined
}

/** @throws {STORAGE_OPTION_INVALID} for what is no body. */
export function toPieces(body: Body): Pieces {
  if (typeof body === "string") return ofBytes(new TextEncoder().encode(body))
  if (body instanceof Uint8Array) return ofBytes(body)
  if (body instanceof ArrayBuffer) return ofBytes(new Uint8Array(body))
  if (body instanceof Blob)
    return { chunks: ofStream(body.stream()), sizeBytes: body.size, type: body.type === "" ? undefined : body.type }
  if (body instanceof ReadableStream) return { chunks: ofStream(body), sizeBytes: undefined, type: undefined }
  if (typeof body === "object" && body !== null && Symbol.asyncIterator in body)
    return { chunks: body, sizeBytes: undefined, type: undefined }
  throw new StorageOptionInvalid("Expected a body of bytes, text, a Blob or a stream.")
}

function ofBytes(bytes: Uint8Array): Pieces {
  return { chunks: piecesOf(bytes), sizeBytes: bytes.length, type: undefined }
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES)
}

/** By a reader, because not every runtime's streams are iterable; one that is not read to its end is cancelled. */
async function* ofStream(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader()
  let isDone = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) {
        isDone = true
        return
      }
      yield value
    }
  } finally {
    if (!isDone) await reader.cancel().catch(() => undefined)
    reader.releaseLock()
  }
}

/** Pieces as a stream that reads nothing ahead of its reader. */
export function toStream(
  chunks: AsyncIterable<Uint8Array>,
  cancel: () => Promise<void>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const iterator = chunks[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const { done, value } = await iterator.next()
        if (done === true) controller.close()
        else controller.enqueue(value as Uint8Array<ArrayBuffer>)
      },
      async cancel() {
        await iterator.return?.()
        await cancel()
      },
    },
    { highWaterMark: 0 },
  )
}

/** All of them in one piece. The size is known before: nobody sends more. */
export async function gather(chunks: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const whole = new Uint8Array(sizeBytes)
  let at = 0
  for await (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return at === sizeBytes ? whole : whole.subarray(0, at)
}
