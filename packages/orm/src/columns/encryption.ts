import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { OrmEncryptionFailed } from "../errors.ts"
import type { ColumnPlace } from "./cast.ts"
import type { EncryptionKey, EncryptionKeys } from "./column.ts"

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const VERSION = "a1."
const MAX_KEYS = 16

/** The text of one encrypted column, in and out. */
export interface ColumnCipher {
  /** @throws {ORM_ENCRYPTION_FAILED} without a key. */
  encrypt(text: string): string
  /** @throws {ORM_ENCRYPTION_FAILED} when no key fits, or the text was changed or comes from another column. */
  decrypt(stored: string): string
}

/**
 * AES-256-GCM with a random nonce; the table and the column are the additional data, so that a stored text is of no use elsewhere.
 *
 * Stored as `a1.` and, in base64url, nonce, tag and text. With random nonces a key is good for 2^32 texts.
 *
 * @see NIST SP 800-38D, section 8.3
 */
export function createCipher(keys: () => EncryptionKeys, { table, property }: ColumnPlace): ColumnCipher {
  const context = Buffer.from(JSON.stringify([table, property]))
  const where = `${table}.${property}`
  return {
    encrypt(text) {
      const [key] = readKeys(keys(), where)
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv("aes-256-gcm", key!, nonce, { authTagLength: TAG_BYTES }).setAAD(context)
      const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()])
      return VERSION + Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url")
    },
    decrypt(stored) {
      const candidates = readKeys(keys(), where)
      const bytes = Buffer.from(stored.slice(VERSION.length), "base64url")
      if (!stored.startsWith(VERSION) || bytes.length < NONCE_BYTES + TAG_BYTES)
        throw new OrmEncryptionFailed(`What ${where} holds is not encrypted text of this package.`)
      for (const key of candidates) {
        const text = open(key, bytes, context)
        if (text !== undefined) return text
      }
      throw new OrmEncryptionFailed(`No key of ${where} fits what it holds, or that was changed.`)
    },
  }
}

function open(key: Uint8Array, bytes: Buffer, context: Buffer): string | undefined {
  const nonce = bytes.subarray(0, NONCE_BYTES)
  const cipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES }).setAAD(context)
  cipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES))
  try {
    return Buffer.concat([cipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), cipher.final()]).toString("utf8")
  } catch {
    return undefined
  }
}

function readKeys(given: EncryptionKeys, where: string): readonly Uint8Array[] {
  const list = Array.isArray(given)
    ? (given as readonly EncryptionKey[])
    : given === undefined
      ? []
      : [given as EncryptionKey]
  if (list.length === 0) throw new OrmEncryptionFailed(`${where} is encrypted, and there is no key for it.`)
  const keys = list.slice(0, MAX_KEYS).map((key) => (typeof key === "string" ? Buffer.from(key, "base64") : key))
  if (keys.some((key) => key.length !== KEY_BYTES))
    throw new OrmEncryptionFailed(
      `A key of ${where} is not of ${KEY_BYTES} bytes. Make one with: openssl rand -base64 32`,
    )
  return keys
}
