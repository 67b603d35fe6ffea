import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto"
import { WebhooksKeyInvalid } from "./errors.ts"

/** A key as text: `whsec_…` for HMAC, `whsk_…` and `whpk_…` for the secret and the public key of ed25519. */
export type WebhookKey = `whsec_${string}` | `whsk_${string}` | `whpk_${string}`

/** A key, read. */
export type ReadKey =
  | { readonly kind: "hmac"; readonly secret: Buffer }
  | { readonly kind: "ed25519"; readonly privateKey: KeyObject | undefined; readonly publicKey: KeyObject }

const LEAST_BYTES = 24
const MOST_BYTES = 64
const SEED_BYTES = 32
/** What stands before the bytes of a key in PKCS #8 and SPKI. @see https://www.rfc-editor.org/rfc/rfc8410 */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex")
const SPKI = Buffer.from("302a300506032b6570032100", "hex")
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** A new secret for HMAC-SHA256 of 32 random bytes. Show it to the receiver once. */
export function createWebhookSecret(): `whsec_${string}` {
  return `whsec_${randomBytes(32).toString("base64")}`
}

/** A new pair of keys for ed25519. The receiver gets the public one, which signs nothing. */
export function createWebhookKeyPair(): {
  readonly secretKey: `whsk_${string}`
  readonly publicKey: `whpk_${string}`
} {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519")
  const seed = privateKey.export({ format: "der", type: "pkcs8" }).subarray(PKCS8.length)
  const point = publicKey.export({ format: "der", type: "spki" }).subarray(SPKI.length)
  // As libsodium writes it: the seed with the public key behind it.
  return {
    secretKey: `whsk_${Buffer.concat([seed, point]).toString("base64")}`,
    publicKey: `whpk_${point.toString("base64")}`,
  }
}

/** Reads a key. It is never part of a message. @throws {WEBHOOKS_KEY_INVALID} */
export function readKey(key: string): ReadKey {
  const [, prefix, text = ""] = /^(whsec|whsk|whpk)_(.*)$/s.exec(key) ?? []
  const bytes = BASE64.test(text) ? Buffer.from(text, "base64") : Buffer.alloc(0)
  if (prefix === "whsec" && bytes.length >= LEAST_BYTES && bytes.length <= MOST_BYTES)
    return { kind: "hmac", secret: bytes }
  if (prefix === "whpk" && bytes.length === SEED_BYTES)
    return { kind: "ed25519", privateKey: undefined, publicKey: publicKeyOf(bytes) }
  if (prefix === "whsk" && (bytes.length === SEED_BYTES || bytes.length === 2 * SEED_BYTES)) return secretKeyOf(bytes)
  throw new WebhooksKeyInvalid(
    `Expected whsec_ and ${LEAST_BYTES} to ${MOST_BYTES} bytes in base64, whsk_ and 32 or 64, or whpk_ and 32, got ${
      prefix === undefined ? "another form" : `${prefix}_ and ${bytes.length} bytes`
    } (not shown, it may be a secret).`,
  )
}

function publicKeyOf(point: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI, point]), format: "der", type: "spki" })
}
function secretKeyOf(bytes: Buffer): ReadKey {
  const seed = bytes.subarray(0, SEED_BYTES)
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" })
  const publicKey = createPublicKey(privateKey)
  const point = publicKey.export({ format: "der", type: "spki" }).subarray(SPKI.length)
  if (bytes.length > SEED_BYTES && !point.equals(bytes.subarray(SEED_BYTES)))
    throw new WebhooksKeyInvalid("The two halves of a whsk_ key do not belong together.")
  return { kind: "ed25519", privateKey, publicKey }
}

/** The public key of a pair, as text. */
export function publicHalf({ publicKey }: ReadKey & { readonly kind: "ed25519" }): `whpk_${string}` {
  const point = publicKey.export({ format: "der", type: "spki" }).subarray(SPKI.length)
  return `whpk_${point.toString("base64")}`
}
