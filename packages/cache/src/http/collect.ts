export interface CollectOptions {
  /** Larger bodies are passed on, and not kept. */
  readonly maxBytes: number
  /** What the response says of its length. A body of another length did not come whole. */
  readonly length: number | undefined
  /** Called with all of the body once it has come, before its reader is told that it ended. */
  readonly keep: (body: Uint8Array) => Promise<void>
}

/**
 * The same body for the caller, kept on the way. A small body of known length is taken at once, so that those who wait for it do not
 * wait for a slow reader; any other one goes by the pace of its reader.
 */
export async function collect(
  body: ReadableStream<Uint8Array> | null,
  { maxBytes, length, keep }: CollectOptions,
): Promise<ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null> {
  if (body === null) {
    if (length === undefined || length === 0) await keep(new Uint8Array())
    return null
  }
  if (length !== undefined && length > maxBytes) return body
  if (length !== undefined) {
    const bytes = new Uint8Array(await new Response(body).arrayBuffer())
    if (bytes.byteLength === length) await keep(bytes)
    return bytes
  }
  let pieces: Uint8Array[] | undefined = []
  let bytes = 0
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        controller.enqueue(piece)
        bytes += piece.byteLength
        if (bytes > maxBytes) pieces = undefined
        pieces?.push(piece.slice())
      },
      // Not called when the origin breaks off, or the reader goes away.
      async flush() {
        if (pieces !== undefined) await keep(joined(pieces, bytes))
      },
    }),
  )
}

function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const all = new Uint8Array(bytes)
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.byteLength
  }
  return all
}
