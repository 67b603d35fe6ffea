const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** Bytes as text; undefined when they are no valid UTF-8. A byte order mark stays: it is a character like others. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes)
  } catch {
    return undefined
  }
}
