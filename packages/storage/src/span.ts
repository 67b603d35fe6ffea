import { StorageRangeInvalid } from "./errors.ts"
import type { ByteSpan, WantedRange } from "./store.ts"

/**
 * What a range means for an object of this size.
 * @throws {STORAGE_RANGE_INVALID} when no byte of it is there.
 */
export function resolveSpan(range: WantedRange | undefined, sizeBytes: number): ByteSpan {
  if (range === undefined) return { start: 0, end: sizeBytes }
  const start = range.start < 0 ? Math.max(0, sizeBytes + range.start) : range.start
  const end = Math.min(range.end ?? sizeBytes, sizeBytes)
  if (start < end) return { start, end }
  throw new StorageRangeInvalid(`The object has ${sizeBytes} bytes, and none in the range that was asked for.`, {
    details: { sizeBytes },
  })
}
