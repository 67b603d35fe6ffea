import { CacheStoreFailed, CacheValueTooLarge } from "./errors.ts"
import type { Entry } from "./store.ts"
import { decodeValue, encodeValue } from "./value/codec.ts"

/** An entry as text: the times and tags in the first line, the value in the second, neither of which holds a line break. */
export interface Written {
  readonly text: string
  readonly expiresMs: number
  readonly tags: readonly string[]
}

/** @throws {CACHE_VALUE_INVALID} {CACHE_VALUE_TOO_LARGE} */
export function writeEntry(entry: Entry, maxPayloadBytes: number): Written {
  const { value, freshUntilMs, expiresMs, tags } = entry
  // JSON has no Infinity, and says null.
  const text = `${JSON.stringify([freshUntilMs, expiresMs, tags])}\n${encodeValue(value)}`
  checkSize(text, maxPayloadBytes)
  return { text, expiresMs, tags }
}

/** @throws {CACHE_STORE_FAILED} when it is none that we wrote. */
export function readEntry(text: string): Entry {
  try {
    const end = text.indexOf("\n")
    const [freshUntilMs, expiresMs, tags] = JSON.parse(text.slice(0, end)) as [number | null, number | null, string[]]
    return {
      value: decodeValue(text.slice(end + 1)),
      freshUntilMs: freshUntilMs ?? Number.POSITIVE_INFINITY,
      expiresMs: expiresMs ?? Number.POSITIVE_INFINITY,
      tags,
    }
  } catch (cause) {
    throw new CacheStoreFailed(
      "What is kept for a key is not what this cache writes. Give it a prefix or place of its own.",
      {
        cause,
      },
    )
  }
}

function checkSize(text: string, maxPayloadBytes: number): void {
  // No text has more than three bytes for each of its units, so most need no counting.
  if (text.length * 3 <= maxPayloadBytes) return
  const bytes = Buffer.byteLength(text)
  if (bytes <= maxPayloadBytes) return
  throw new CacheValueTooLarge(
    `A value takes ${bytes} bytes as text, more than the ${maxPayloadBytes} that are kept.`,
    {
      details: { maxPayloadBytes },
    },
  )
}

/** A name that nobody else makes: for leases and for the state of a tag. */
export function uniqueName(): string {
  return crypto.randomUUID()
}
