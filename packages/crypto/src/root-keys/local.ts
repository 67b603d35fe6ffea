import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto"
import { encodeContext } from "../context.ts"
import { CryptoClosed, RootKeyInvalid, UnwrapFailed } from "../errors.ts"
import { wipe } from "../wipe.ts"
import type { RootKey } from "./root-key.ts"

export const ROOT_KEY_BYTES = 32
/** version (1), salt (32), ciphertext, tag (16) */
const VERSION = 1
const SALT_BYTES = 32
const HEAD_BYTES = 1 + SALT_BYTES
const TAG_BYTES = 16
const NONCE_BYTES = 12

/**
 * A root key in this process. Each wrapping has a key and a nonce of its own, derived with 256 random bits, so that no number of them
 * wears the root out.
 *
 * @throws {CRYPTO_ROOT_KEY_INVALID} for what is not 32 bytes, or looks typed and not drawn.
 * @see RFC 5869 (HKDF with SHA-256)
 */
export function localRootKey(given: Uint8Array, scheme: string): RootKey {
  // 32 random bytes have fewer than 16 different ones once in 10^14 times; a typed word always.
  if (given.length !== ROOT_KEY_BYTES || new Set(given).size < 16)
    throw new RootKeyInvalid(`Expected a root key of ${ROOT_KEY_BYTES} random bytes.`)
  const root = Uint8Array.from(given)
  let isClosed = false
  const derive = (salt: Uint8Array): [Uint8Array, Uint8Array, () => void] => {
    if (isClosed) throw new CryptoClosed("The root key was closed.")
    const bytes = new Uint8Array(hkdfSync("sha256", root, salt, "ashlar root key 1", ROOT_KEY_BYTES + NONCE_BYTES))
    return [bytes.subarray(0, ROOT_KEY_BYTES), bytes.subarray(ROOT_KEY_BYTES), () => wipe(bytes)]
  }
  const fingerprint = createHash("sha256")
    .update(new Uint8Array(hkdfSync("sha256", root, new Uint8Array(), "ashlar root key id 1", 32)))
    .digest("hex")
  return {
    id: `${scheme}:${fingerprint.slice(0, 16)}`,
    async wrap(key, context) {
      const aad = additionalData(encodeContext(context))
      const salt = randomBytes(SALT_BYTES)
      const [own, nonce, done] = derive(salt)
      const cipher = createCipheriv("aes-256-gcm", own, nonce, { authTagLength: TAG_BYTES })
      done()
      cipher.setAAD(aad)
      return Buffer.concat([Buffer.of(VERSION), salt, cipher.update(key), cipher.final(), cipher.getAuthTag()])
    },
    async unwrap(wrapped, context) {
      const aad = additionalData(encodeContext(context))
      if (wrapped.length < HEAD_BYTES + TAG_BYTES || wrapped[0] !== VERSION) throw new UnwrapFailed()
      const [own, nonce, done] = derive(wrapped.subarray(1, HEAD_BYTES))
      const decipher = createDecipheriv("aes-256-gcm", own, nonce, { authTagLength: TAG_BYTES })
      done()
      decipher.setAAD(aad)
      decipher.setAuthTag(wrapped.subarray(-TAG_BYTES))
      const key = decipher.update(wrapped.subarray(HEAD_BYTES, -TAG_BYTES))
      try {
        decipher.final()
      } catch {
        wipe(key)
        throw new UnwrapFailed()
      }
      const own32 = Uint8Array.from(key)
      wipe(key)
      return own32
    },
    async close() {
      isClosed = true
      wipe(root)
    },
  }
}

/** The version is authenticated too. */
function additionalData(context: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`ashlar root key ${VERSION}\0`), context])
}
