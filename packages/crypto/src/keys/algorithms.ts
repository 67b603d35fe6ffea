import { createHmac, createPrivateKey, createPublicKey, randomBytes, timingSafeEqual } from "node:crypto"
import { CryptoOptionInvalid, UnwrapFailed } from "../errors.ts"
import { wipe } from "../wipe.ts"
import type { KeyAlgorithm, KeyUse, MacAlgorithm, SignatureAlgorithm } from "./key.ts"

const CIPHER_USES: readonly KeyUse[] = ["encrypt", "decrypt", "data-key"]
const MAC_USES: readonly KeyUse[] = ["mac", "verify"]
const SIGN_USES: readonly KeyUse[] = ["sign", "verify"]

/** What a key of an algorithm can do at all. */
export const USES: Readonly<Record<KeyAlgorithm, readonly KeyUse[]>> = {
  "AES-256-GCM": CIPHER_USES,
  ...{ HS256: MAC_USES, HS384: MAC_USES, HS512: MAC_USES },
  ...{ RS256: SIGN_USES, PS256: SIGN_USES, ES256: SIGN_USES, ES384: SIGN_USES, EdDSA: SIGN_USES },
}

/** As long as the hash, as RFC 2104 advises. */
const MACS: Readonly<Record<MacAlgorithm, { readonly hash: string; readonly bytes: number }>> = {
  HS256: { hash: "sha256", bytes: 32 },
  HS384: { hash: "sha384", bytes: 48 },
  HS512: { hash: "sha512", bytes: 64 },
}

interface SignatureKind {
  readonly import: RsaHashedImportParams | EcKeyImportParams | { readonly name: "Ed25519" }
  readonly sign: RsaPssParams | EcdsaParams | { readonly name: string }
  readonly isRsa: boolean
}

const KINDS: Readonly<Record<SignatureAlgorithm, SignatureKind>> = {
  RS256: {
    import: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
    sign: { name: "RSASSA-PKCS1-v1_5" },
    isRsa: true,
  },
  // A salt as long as the hash, as RFC 7518 section 3.5 demands.
  PS256: { import: { name: "RSA-PSS", hash: "SHA-256" }, sign: { name: "RSA-PSS", saltLength: 32 }, isRsa: true },
  ES256: {
    import: { name: "ECDSA", namedCurve: "P-256" },
    sign: { name: "ECDSA", hash: "SHA-256" },
    isRsa: false,
  },
  ES384: {
    import: { name: "ECDSA", namedCurve: "P-384" },
    sign: { name: "ECDSA", hash: "SHA-384" },
    isRsa: false,
  },
  EdDSA: { import: { name: "Ed25519" }, sign: { name: "Ed25519" }, isRsa: false },
}

export function isMac(algorithm: KeyAlgorithm): algorithm is MacAlgorithm {
  return Object.hasOwn(MACS, algorithm)
}
export function isSignature(algorithm: KeyAlgorithm): algorithm is SignatureAlgorithm {
  return Object.hasOwn(KINDS, algorithm)
}
export function isRsa(algorithm: KeyAlgorithm): boolean {
  return isSignature(algorithm) && KINDS[algorithm].isRsa
}

/** The bytes of a new key: random ones, or a private key as PKCS #8. Overwrite them after use. */
export async function makeMaterial(algorithm: KeyAlgorithm, modulusBits: number): Promise<Uint8Array> {
  if (algorithm === "AES-256-GCM") return randomBytes(32)
  if (isMac(algorithm)) return randomBytes(MACS[algorithm].bytes)
  if (!isSignature(algorithm)) throw new CryptoOptionInvalid("Expected a known algorithm.")
  const kind = KINDS[algorithm]
  const how = kind.isRsa
    ? { ...kind.import, modulusLength: modulusBits, publicExponent: Uint8Array.of(1, 0, 1) }
    : kind.import
  const pair = await crypto.subtle.generateKey(how, true, ["sign", "verify"])
  if (!("privateKey" in pair)) throw new CryptoOptionInvalid("Expected an algorithm with two keys.")
  return new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey))
}

/** A public key as RFC 7517 writes it: for everybody. */
export type PublicJwk = Readonly<Record<"kty" | "alg" | "use" | "kid", string>> &
  Readonly<Partial<Record<"crv" | "x" | "y" | "n" | "e", string>>>

/** A private key that signs, and its public one: made of it, and not of what a store says, which could be forged. */
export interface SigningPair {
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
  readonly jwk: Omit<PublicJwk, "kid">
  /** SubjectPublicKeyInfo. */
  readonly pem: string
}

/** @throws {CRYPTO_UNWRAP_FAILED} for what is no such key */
export async function loadPair(algorithm: SignatureAlgorithm, pkcs8: Uint8Array<ArrayBuffer>): Promise<SigningPair> {
  const kind = KINDS[algorithm]
  try {
    const key = createPublicKey(createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" }))
    const { kty = "", crv, x, y, n, e } = key.export({ format: "jwk" })
    const spki = new Uint8Array(key.export({ format: "der", type: "spki" }))
    const given = { ...(crv && { crv }), ...(x && { x }), ...(y && { y }), ...(n && { n }), ...(e && { e }) }
    return {
      privateKey: await crypto.subtle.importKey("pkcs8", pkcs8, kind.import, false, ["sign"]),
      publicKey: await crypto.subtle.importKey("spki", spki, kind.import, true, ["verify"]),
      jwk: { kty, ...given, alg: algorithm, use: "sig" },
      pem: String(key.export({ format: "pem", type: "spki" })),
    }
  } catch (cause) {
    throw new UnwrapFailed("The private key does not read.", { cause })
  } finally {
    wipe(pkcs8)
  }
}

/** @returns the signature as JWS has it: for ECDSA both numbers in full length, one after the other. */
export async function signWith(
  algorithm: SignatureAlgorithm,
  pair: SigningPair,
  data: Uint8Array,
): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign(KINDS[algorithm].sign, pair.privateKey, Uint8Array.from(data)))
}
export async function verifyWith(
  algorithm: SignatureAlgorithm,
  key: CryptoKey,
  { data, signature }: { readonly data: Uint8Array; readonly signature: Uint8Array },
): Promise<boolean> {
  const how = KINDS[algorithm].sign
  return await crypto.subtle.verify(how, key, Uint8Array.from(signature), Uint8Array.from(data)).catch(() => false)
}

export function macWith(algorithm: MacAlgorithm, key: Uint8Array, data: Uint8Array): Uint8Array {
  return new Uint8Array(createHmac(MACS[algorithm].hash, key).update(data).digest())
}
/** In the same time, wherever they differ. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
