const BARE = /^[\x21-\x7e]{1,255}$/
/** A String of structured fields, with parameters behind it that mean nothing to us. */
const QUOTED = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\]){1,510})"(?:[ ]*;[ ]*[a-z*][\x21-\x7e]*)*$/
const MAX_LENGTH = 255

/**
 * Reads an `Idempotency-Key` header: a String of structured fields (`"8e03978e-…"`), as the draft says, or its text without
 * quotes, as most clients send it; both mean the same key.
 *
 * @returns nothing when it is none.
 * @see https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
 * @see https://www.rfc-editor.org/rfc/rfc9651#section-4.2.5
 */
export function parseIdempotencyKey(header: string): string | undefined {
  const text = header.trim()
  if (!text.startsWith('"')) return BARE.test(text) ? text : undefined
  const key = QUOTED.exec(text)?.[1]?.replace(/\\(["\\])/g, "$1")
  return key !== undefined && key.length <= MAX_LENGTH ? key : undefined
}
