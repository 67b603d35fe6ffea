import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto"
import { SealInvalid, SealOptionInvalid } from "../errors.ts"

export interface SealerOptions {
  /** Keys of 32 random bytes by their ids, 1 to 64. An id is 1 to 32 letters, digits, `_` and `-`. */
  readonly keys: Readonly<Record<string, Uint8Array>>
  /** The id of the key that seals. All open. */
  readonly current: string
}

/** Makes texts unreadable, and unchangeable, where they are kept. */
export interface Sealer {
  /**
   * The text, sealed by the current key. Another one each time.
   * @param context What it belongs to, such as `users/7/iban`: it opens with the same only, so that no sealed text passes for another.
   */
  seal(text: string, context: string): string
  /** @throws {SECURITY_SEAL_INVALID} when it was changed, cut, sealed for another context, or by a key that is not there. */
  open(sealed: string, context: string): string
  /** Whether an older key sealed it: open it, and seal it anew. */
  isOld(sealed: string): boolean
}

const KEY_BYTES = 32
const SALT_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const MAX_KEYS = 64
const VERSION = "s1"
const ID = /^[A-Za-z0-9_-]{1,32}$/

/**
 * Seals texts with AES-256-GCM. Each text has a key of its own, derived from the current one with 256 random bits, so that no number of
 * texts wears a key out. The sealed form is `s1.<key id>.<base64url>`; version, key id and context are authenticated with it.
 *
 * @throws {SECURITY_SEAL_OPTION_INVALID}
 * @see https://csrc.nist.gov/pubs/sp/800/38/d/final
 * @example
 * const sealer = createSealer({ keys: { "2026": newKey, "2025": oldKey }, current: "2026" })
 * const kept = sealer.seal(iban, `users/${id}/iban`)
 */
export function createSealer({ keys, current }: SealerOptions): Sealer {
  const known = new Map(Object.entries(keys).map(([id, key]) => [id, checkKey(id, key)]))
  if (known.size === 0 || known.size > MAX_KEYS)
    throw new SealOptionInvalid(`Expected 1 to ${MAX_KEYS} keys, got ${known.size}.`)
  const own = known.get(current)
  if (own === undefined) throw new SealOptionInvalid("Expected `current` to be the id of one of the keys.")
  return {
    seal(text, context) {
      const salt = randomBytes(SALT_BYTES)
      const cipher = createCipheriv("aes-256-gcm", ...derive(own, salt))
      cipher.setAAD(bound(current, context))
      const body = Buffer.concat([salt, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()])
      return `${VERSION}.${current}.${body.toString("base64url")}`
    },
    open(sealed, context) {
      const [id, text] = parse(sealed)
      const key = known.get(id)
      const body = Buffer.from(text, "base64url")
      // Another text of the same bytes would be a second name for one sealed text.
      if (key === undefined || body.length < SALT_BYTES + TAG_BYTES || body.toString("base64url") !== text)
        throw new SealInvalid()
      const decipher = createDecipheriv("aes-256-gcm", ...derive(key, body.subarray(0, SALT_BYTES)), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAAD(bound(id, context))
      decipher.setAuthTag(body.subarray(-TAG_BYTES))
      const plain = decipher.update(body.subarray(SALT_BYTES, -TAG_BYTES))
      try {
        return Buffer.concat([plain, decipher.final()]).toString("utf8")
      } catch {
        throw new SealInvalid()
      }
    },
    isOld: (sealed) => parse(sealed)[0] !== current,
  }
}

/** The key and the nonce of one text. */
function derive(key: Uint8Array, salt: Uint8Array): [Uint8Array, Uint8Array] {
  const bytes = new Uint8Array(hkdfSync("sha256", key, salt, "ashlar sealer 1", KEY_BYTES + NONCE_BYTES))
  return [bytes.subarray(0, KEY_BYTES), bytes.subarray(KEY_BYTES)]
}

/** An id has no dot, so neither it nor the context can be taken for part of the other. */
function bound(id: string, context: string): Uint8Array {
  return Buffer.from(`${VERSION}.${id}.${context}`)
}

function parse(sealed: string): [string, string] {
  const [version, id, text, ...more] = sealed.split(".")
  if (version !== VERSION || id === undefined || text === undefined || more.length > 0) throw new SealInvalid()
  return [id, text]
}

function checkKey(id: string, key: unknown): Uint8Array {
  if (!ID.test(id)) throw new SealOptionInvalid("Expected ids of keys of 1 to 32 letters, digits, _ and -.")
  // What an attacker would try first.
  const isFine = key instanceof Uint8Array && key.length === KEY_BYTES && new Set(key).size > 8
  if (!isFine) throw new SealOptionInvalid(`Expected the key "${id}" to be ${KEY_BYTES} random bytes.`)
  return Uint8Array.from(key)
}
