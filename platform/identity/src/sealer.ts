import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { SealBroken } from "./errors.ts"
import type { RootKey } from "./root-key.ts"

/** Envelope: version (1 byte), nonce (12), ciphertext, tag (16). */
const VERSION = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEAD_BYTES = 1 + NONCE_BYTES

/** Seals values so that they may lie in the database: unreadable and unchangeable without the root key. */
export interface Sealer {
  /**
   * Encrypts and authenticates `plain`. The context says what the value is and whose, like `signing-key:<id>`: the
   * value opens with the very same context only, so a sealed value moved to another row is refused.
   * Every context has a key of its own, and each sealing a random nonce: seal at most 2^32 values per context.
   */
  seal(plain: Uint8Array, context: string): Uint8Array
  /**
   * @throws {IDENTITY_SEAL_BROKEN} when the value was changed, cut, or sealed for another context or by another key
   */
  open(sealed: Uint8Array, context: string): Uint8Array
  /** A key of 32 bytes for one purpose, for signatures that need no storage, such as those of cursors. */
  deriveKey(purpose: string): Uint8Array
}

/**
 * Makes a sealer from the root key: AES-256-GCM, the context both in the key (HKDF) and as additional data.
 *
 * @see NIST SP 800-38D, section 8.2.2 (random nonces and their bound)
 */
export function createSealer(rootKey: RootKey): Sealer {
  const keyFor = (context: string): Uint8Array => {
    if (context === "")
      throw new SealBroken("Expected a context that says what is sealed and whose, got an empty text.")
    return rootKey.derive(`seal/${context}`)
  }
  return {
    seal(plain, context) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv("aes-256-gcm", keyFor(context), nonce, { authTagLength: TAG_BYTES })
      cipher.setAAD(additionalData(context))
      const body = Buffer.concat([cipher.update(plain), cipher.final()])
      return new Uint8Array(Buffer.concat([Uint8Array.of(VERSION), nonce, body, cipher.getAuthTag()]))
    },
    open(sealed, context) {
      const key = keyFor(context)
      if (sealed.byteLength < HEAD_BYTES + TAG_BYTES || sealed[0] !== VERSION) throw new SealBroken()
      const tagStart = sealed.byteLength - TAG_BYTES
      const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(1, HEAD_BYTES), {
        authTagLength: TAG_BYTES,
      })
      decipher.setAAD(additionalData(context))
      decipher.setAuthTag(sealed.subarray(tagStart))
      try {
        const body = sealed.subarray(HEAD_BYTES, tagStart)
        return new Uint8Array(Buffer.concat([decipher.update(body), decipher.final()]))
      } catch (cause) {
        throw new SealBroken(undefined, { cause })
      }
    },
    deriveKey: (purpose) => rootKey.derive(`key/${purpose}`),
  }
}

/** A sealer whose contexts and purposes are of one scope: what is sealed in another one does not open here. */
export function scopeSealer(sealer: Sealer, scope: string): Sealer {
  return {
    seal: (plain, context) => sealer.seal(plain, `${scope}/${context}`),
    open: (sealed, context) => sealer.open(sealed, `${scope}/${context}`),
    deriveKey: (purpose) => sealer.deriveKey(`${scope}/${purpose}`),
  }
}

/** The version is part of what is authenticated, so an old envelope cannot be passed off as a newer kind. */
function additionalData(context: string): Uint8Array {
  return Buffer.from(`ashlar-seal/${VERSION}/${context}`, "utf8")
}
