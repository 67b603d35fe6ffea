import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { CiphertextInvalid } from "../errors.ts"
import { NONCE_BYTES } from "./nonces.ts"

/*
 * offset  bytes
 *      0      1  format: 1 for a message, 2 for a data key alone
 *      1     16  id of the key, a UUID
 *     17      4  version of the key, big endian
 *     21     12  nonce of the data key
 *     33     48  data key, encrypted by the key's version, and its tag
 *     81     12  nonce of the message        (format 1)
 *     93      n  message, encrypted by the data key, and its tag of 16 bytes
 *
 * Authenticated with the data key: bytes 0 to 20, and the context in format 2. With the message: bytes 0 to 80, and the context.
 */

export const MESSAGE = 1
export const DATA_KEY = 2
export type Format = typeof MESSAGE | typeof DATA_KEY

export const DATA_KEY_BYTES = 32
const TAG_BYTES = 16
const ID_BYTES = 16
const HEAD_BYTES = 1 + ID_BYTES + 4
export const WRAPPED_BYTES: number = HEAD_BYTES + NONCE_BYTES + DATA_KEY_BYTES + TAG_BYTES
/** What encryption adds to a message. */
export const OVERHEAD_BYTES: number = WRAPPED_BYTES + NONCE_BYTES + TAG_BYTES

/** What everybody can read of something encrypted. Believe nothing of it before it is opened. */
export interface SealedHead {
  readonly format: Format
  readonly keyId: string
  readonly version: number
}

/** @throws {CRYPTO_CIPHERTEXT_INVALID} for what was never encrypted here. */
export function readHead(sealed: Uint8Array): SealedHead {
  const format = sealed[0]
  const isMessage = format === MESSAGE && sealed.length >= OVERHEAD_BYTES
  if (!isMessage && !(format === DATA_KEY && sealed.length === WRAPPED_BYTES)) throw new CiphertextInvalid()
  const bytes = toBuffer(sealed)
  const hex = bytes.toString("hex", 1, 1 + ID_BYTES)
  const keyId = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-")
  return { format: isMessage ? MESSAGE : DATA_KEY, keyId, version: bytes.readUInt32BE(1 + ID_BYTES) }
}

export interface Wrapping {
  readonly format: Format
  readonly keyId: string
  readonly version: number
  /** Empty for a message, whose own tag has the context. */
  readonly context: Uint8Array
}

/** Encrypts a data key by a key's version. The nonce is random: a version does it 2^32 times at most. */
export function wrapDataKey(key: Uint8Array, dataKey: Uint8Array, to: Wrapping): Buffer {
  const head = Buffer.alloc(HEAD_BYTES)
  head[0] = to.format
  head.write(to.keyId.replaceAll("-", ""), 1, ID_BYTES, "hex")
  head.writeUInt32BE(to.version, 1 + ID_BYTES)
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.concat([head, to.context]))
  return Buffer.concat([head, nonce, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()])
}

/** The data key, to be overwritten after use. @throws {CRYPTO_CIPHERTEXT_INVALID} */
export function unwrapDataKey(key: Uint8Array, sealed: Uint8Array, context: Uint8Array): Buffer {
  return open(key, {
    nonce: sealed.subarray(HEAD_BYTES, HEAD_BYTES + NONCE_BYTES),
    text: sealed.subarray(HEAD_BYTES + NONCE_BYTES, WRAPPED_BYTES),
    aad: Buffer.concat([sealed.subarray(0, HEAD_BYTES), context]),
  })
}

export interface Message {
  readonly wrapped: Uint8Array
  readonly nonce: Uint8Array
  readonly plain: Uint8Array
  readonly context: Uint8Array
}

/** Encrypts a message by a data key. */
export function sealMessage(dataKey: Uint8Array, { wrapped, nonce, plain, context }: Message): Buffer {
  const cipher = createCipheriv("aes-256-gcm", dataKey, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(Buffer.concat([wrapped, context]))
  return Buffer.concat([wrapped, nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** @throws {CRYPTO_CIPHERTEXT_INVALID} */
export function openMessage(dataKey: Uint8Array, sealed: Uint8Array, context: Uint8Array): Buffer {
  return open(dataKey, {
    nonce: sealed.subarray(WRAPPED_BYTES, WRAPPED_BYTES + NONCE_BYTES),
    text: sealed.subarray(WRAPPED_BYTES + NONCE_BYTES),
    aad: Buffer.concat([sealed.subarray(0, WRAPPED_BYTES), context]),
  })
}

interface Sealed {
  readonly nonce: Uint8Array
  /** With its tag. */
  readonly text: Uint8Array
  readonly aad: Uint8Array
}

function open(key: Uint8Array, { nonce, text, aad }: Sealed): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(aad)
  decipher.setAuthTag(text.subarray(-TAG_BYTES))
  const plain = decipher.update(text.subarray(0, -TAG_BYTES))
  try {
    decipher.final()
  } catch {
    // Nothing of what did not prove itself is given away, nor left.
    plain.fill(0)
    throw new CiphertextInvalid()
  }
  return plain
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
