import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from "node:crypto"
import { AuditOptionInvalid } from "../errors.ts"
import { canonicalJson } from "./canonical-json.ts"
import { isRecord } from "./read-entry.ts"

/** A place in a stream that is known from elsewhere: kept where whoever can write to the database cannot. */
export interface AuditAnchor {
  readonly stream: string
  readonly sequence: number
  readonly hash: string
}

/** An anchor that somebody with a key has signed. */
export interface AuditCheckpoint extends AuditAnchor {
  readonly at: string
  readonly keyId: string
  readonly algorithm: string
  /** base64url */
  readonly signature: string
}

/** Signs checkpoints, and knows its signatures again. A key in a KMS or an HSM is one too. */
export interface AuditSigner {
  /** 1 to 64 letters, digits, `_`, `-` and `.`. */
  readonly keyId: string
  readonly algorithm: string
  sign(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  verify(bytes: Uint8Array, signature: Uint8Array): boolean | Promise<boolean>
}

const KEY_ID = /^[\w.-]{1,64}$/

/** Signs with HMAC-SHA-256: whoever can verify could also have signed. @param key 32 bytes or more. @throws {SECURITY_AUDIT_OPTION_INVALID} */
export function hmacSigner({ keyId, key }: { readonly keyId: string; readonly key: Uint8Array }): AuditSigner {
  checkKeyId(keyId)
  if (!(key instanceof Uint8Array) || key.length < 32 || new Set(key).size <= 8)
    throw new AuditOptionInvalid("Expected a key of 32 random bytes or more for checkpoints.")
  const own = Uint8Array.from(key)
  const mac = (bytes: Uint8Array) => createHmac("sha256", own).update(bytes).digest()
  return {
    keyId,
    algorithm: "HS256",
    sign: mac,
    verify(bytes, signature) {
      const expected = mac(bytes)
      return signature.length === expected.length && timingSafeEqual(expected, signature)
    },
  }
}

/**
 * Signs with Ed25519: auditors verify with the public key alone, and cannot sign.
 * @param keys In PEM. Without the private key it verifies only. @throws {SECURITY_AUDIT_OPTION_INVALID}
 */
export function ed25519Signer({
  keyId,
  publicKey,
  privateKey,
}: {
  readonly keyId: string
  readonly publicKey: string
  readonly privateKey?: string
}): AuditSigner {
  checkKeyId(keyId)
  const open = readKey(() => createPublicKey(publicKey))
  const own = privateKey === undefined ? undefined : readKey(() => createPrivateKey(privateKey))
  return {
    keyId,
    algorithm: "EdDSA",
    sign(bytes) {
      if (own === undefined) throw new AuditOptionInvalid("Expected the private key, too: this signer only verifies.")
      return sign(null, bytes, own)
    },
    verify: (bytes, signature) => verify(null, bytes, open, signature),
  }
}

function readKey(read: () => KeyObject): KeyObject {
  let key: KeyObject | undefined
  try {
    key = read()
  } catch {
    // What a parser says of a key may show it.
  }
  if (key?.asymmetricKeyType !== "ed25519") throw new AuditOptionInvalid("Expected keys of Ed25519 in PEM.")
  return key
}

function checkKeyId(keyId: string): void {
  if (!KEY_ID.test(keyId)) throw new AuditOptionInvalid("Expected keyId to be 1 to 64 letters, digits, _, - and .")
}

export async function signCheckpoint(signer: AuditSigner, anchor: AuditAnchor, atMs: number): Promise<AuditCheckpoint> {
  const { keyId, algorithm } = signer
  const unsigned = { ...pickAnchor(anchor), at: new Date(atMs).toISOString(), keyId, algorithm }
  const signature = await signer.sign(signedBytes(unsigned))
  return { ...unsigned, signature: Buffer.from(signature).toString("base64url") }
}

export async function isSigned(checkpoint: AuditCheckpoint, signers: readonly AuditSigner[]): Promise<boolean> {
  const { keyId, algorithm, signature } = checkpoint
  const signer = signers.find((one) => one.keyId === keyId && one.algorithm === algorithm)
  if (signer === undefined) return false
  const bytes = Buffer.from(signature, "base64url")
  try {
    return bytes.toString("base64url") === signature && (await signer.verify(signedBytes(checkpoint), bytes))
  } catch {
    return false
  }
}

function signedBytes({ stream, sequence, hash, at, keyId, algorithm }: Omit<AuditCheckpoint, "signature">): Uint8Array {
  return Buffer.from(`ashlar.audit.checkpoint.1\n${canonicalJson({ stream, sequence, hash, at, keyId, algorithm })}`)
}

export function pickAnchor({ stream, sequence, hash }: AuditAnchor): AuditAnchor {
  return { stream, sequence, hash }
}

export function isAnchor(value: unknown): value is AuditAnchor {
  return (
    isRecord(value) &&
    typeof value.stream === "string" &&
    Number.isSafeInteger(value.sequence) &&
    typeof value.hash === "string"
  )
}

export function isCheckpoint(value: unknown): value is AuditCheckpoint {
  return (
    isAnchor(value) &&
    ["at", "keyId", "algorithm", "signature"].every(
      (key) => key in value && typeof Reflect.get(value, key) === "string",
    )
  )
}
