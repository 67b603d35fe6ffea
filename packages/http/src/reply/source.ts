import { fileChunks } from "./body-stream.ts"
import type { FileSlice } from "./file-slice.ts"
import { type Body, kindOf } from "./reply.ts"

/** Where a streamed body comes from, and how to tell it that nobody wants more. */
export interface Source {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: Uint8Array | string | undefined }>
  stop(): void
}

export function sourceOf(value: Body): Source {
  const kind = kindOf(value)
  if (kind === "blob") return sourceOf((value as Blob).stream())
  if (kind === "stream") {
    // By its reader: cancelling it ends a read that is under way, which an iterator's `return` would wait for.
    const reader = (value as ReadableStream<Uint8Array>).getReader()
    return { next: () => reader.read(), stop: () => void reader.cancel().catch(() => undefined) }
  }
  const pieces = kind === "file" ? fileChunks(value as FileSlice) : (value as AsyncIterable<Uint8Array | string>)
  const iterator = pieces[Symbol.asyncIterator]()
  return { next: () => iterator.next(), stop: () => void iterator.return?.().catch(() => undefined) }
}
