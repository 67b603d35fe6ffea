import { createHash } from "node:crypto"
import { crc32 } from "node:zlib"
import { crc32c } from "./crc32c.ts"
import { StorageChecksumMismatch, StorageChecksumUnknown } from "./errors.ts"
import type { Checksums, Opened } from "./store.ts"

interface Running {
  readonly expected: string
  add(chunk: Uint8Array): void
  end(): string
}

/**
 * The pieces of an object, whose end is an error where they are not those that were stored.
 * @throws {STORAGE_CHECKSUM_UNKNOWN} at once. {STORAGE_CHECKSUM_MISMATCH} in place of the end.
 */
export function checkedChunks({ chunks, checksums }: Opened): AsyncIterable<Uint8Array> {
  const running = start(checksums)
  if (running === undefined) throw new StorageChecksumUnknown()
  return check(chunks, running)
}

async function* check(chunks: AsyncIterable<Uint8Array>, running: Running): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    running.add(chunk)
    yield chunk
  }
  if (running.end() !== running.expected)
    throw new StorageChecksumMismatch("The bytes that were read are not those that were stored.")
}

function start({ sha256, crc32c: castagnoli, crc32: plain }: Checksums): Running | undefined {
  if (sha256 !== undefined) {
    const hash = createHash("sha256")
    return { expected: sha256, add: (chunk) => void hash.update(chunk), end: () => hash.digest("hex") }
  }
  if (castagnoli !== undefined) return summing(castagnoli, crc32c)
  return plain === undefined ? undefined : summing(plain, crc32)
}

function summing(expected: string, sum: (bytes: Uint8Array, before: number) => number): Running {
  let value = 0
  return {
    expected,
    add: (chunk) => {
      value = sum(chunk, value)
    },
    end: () => value.toString(16).padStart(8, "0"),
  }
}
