import { ContextInvalid } from "./errors.ts"

/**
 * What is encrypted and whose, such as `{ table: "users", row: "7", column: "iban" }`: 1 to 16 names (letters, digits, `_ . : -`, at
 * most 64) with texts of at most 1,024 bytes. It is authenticated and not stored: what was encrypted opens with the very same only.
 */
export type KeyContext = Readonly<Record<string, string>>

const MAX_ENTRIES = 16
const MAX_VALUE_BYTES = 1_024
const NAME = /^[A-Za-z0-9_.:-]{1,64}$/

/**
 * The one spelling of a context: sorted by name, every part with its length, so that no two contexts are spelled alike.
 * @throws {CRYPTO_CONTEXT_INVALID}
 */
export function encodeContext(context: KeyContext): Buffer {
  if (typeof context !== "object" || context === null || Array.isArray(context))
    throw new ContextInvalid("Expected a context: an object of names and texts.")
  const entries = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1))
  if (entries.length === 0 || entries.length > MAX_ENTRIES)
    throw new ContextInvalid(`Expected a context of 1 to ${MAX_ENTRIES} entries, got ${entries.length}.`)
  const parts: Buffer[] = [Buffer.of(entries.length)]
  for (const [name, value] of entries) {
    if (!NAME.test(name))
      throw new ContextInvalid("Expected names in a context of 1 to 64 letters, digits and _ . : -.")
    // Two broken surrogates would be one text in UTF-8.
    if (typeof value !== "string" || !value.isWellFormed() || Buffer.byteLength(value) > MAX_VALUE_BYTES)
      throw new ContextInvalid(`Expected "${name}" of the context to be a text of at most ${MAX_VALUE_BYTES} bytes.`)
    for (const text of [name, value]) {
      const bytes = Buffer.from(text)
      parts.push(Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes)
    }
  }
  return Buffer.concat(parts)
}
