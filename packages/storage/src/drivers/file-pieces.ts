import type { FileHandle } from "node:fs/promises"
import type { ByteSpan } from "../store.ts"

/** Large enough that what a call costs beside the copying is little. */
const BLOCK_BYTES = 256 * 1024

/** Writes pieces to a file, small ones gathered into blocks. */
export async function writePieces(handle: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  let block: Uint8Array | undefined
  let used = 0
  for await (const chunk of chunks) {
    if (used + chunk.length > BLOCK_BYTES && used > 0) {
      await writeAll(handle, block!.subarray(0, used))
      used = 0
    }
    if (chunk.length >= BLOCK_BYTES) {
      await writeAll(handle, chunk)
      continue
    }
    block ??= new Uint8Array(BLOCK_BYTES)
    block.set(chunk, used)
    used += chunk.length
  }
  if (used > 0) await writeAll(handle, block!.subarray(0, used))
}

/** A write may take less than it was given. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at)
    at += bytesWritten
  }
}

/** The bytes of an open file, which is closed when they end, however that is. */
export async function* readPieces(
  handle: FileHandle,
  { start, end }: ByteSpan,
  close: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  try {
    for (let at = start; at < end; ) {
      // A new one each time: whoever was given the last may keep it.
      const block = new Uint8Array(Math.min(BLOCK_BYTES, end - at))
      const { bytesRead } = await handle.read(block, 0, block.length, at)
      if (bytesRead === 0) return // somebody cut the file
      at += bytesRead
      yield bytesRead === block.length ? block : block.subarray(0, bytesRead)
    }
  } finally {
    await close()
  }
}
