import type { KeyContext } from "../context.ts"
import type { PublicJwk } from "./algorithms.ts"
import type { KeyAlgorithm, KeyGrant, KeyInfo, KeyUse } from "./key.ts"

/** A signature or message authentication code, and the version that made it. */
export interface Signature {
  readonly bytes: Uint8Array
  readonly version: number
}
/** A key to encrypt with elsewhere. Keep `wrapped`, and overwrite `plain` after use. */
export interface DataKey {
  readonly plain: Uint8Array
  readonly wrapped: Uint8Array
}
/** A public key and what it is called in a JWT's head. */
export interface PublicKey {
  readonly version: number
  readonly jwk: PublicJwk
  /** SubjectPublicKeyInfo. */
  readonly pem: string
}

/**
 * What is done with keys. Each is refused with `CRYPTO_KEY_NOT_FOUND`, `CRYPTO_KEY_DISABLED`, `CRYPTO_KEY_DESTROYED`, or
 * `CRYPTO_KEY_USE_REFUSED` when the key is not for this or not for this caller; with `CRYPTO_ROOT_KEY_UNAVAILABLE` and
 * `CRYPTO_STORE_FAILED` when what is needed is away.
 */
export interface KeyOperations {
  /**
   * Encrypts at most 64 MiB (`AES-256-GCM`) under the current version. Adds 109 bytes.
   * @throws {CRYPTO_CONTEXT_INVALID} {CRYPTO_LIMIT_REACHED}
   */
  encrypt(name: string, plain: Uint8Array | string, context: KeyContext): Promise<Uint8Array>
  /** @throws {CRYPTO_CIPHERTEXT_INVALID} for what was changed, or is another key's or context's. {CRYPTO_VERSION_REFUSED} */
  decrypt(name: string, sealed: Uint8Array, context: KeyContext): Promise<Uint8Array>
  /** As `decrypt`, for what was encrypted as a text. */
  decryptText(name: string, sealed: Uint8Array, context: KeyContext): Promise<string>
  /** The same message under the current version, and a new data key. Needs the uses `decrypt` and `encrypt`. */
  rewrap(name: string, sealed: Uint8Array, context: KeyContext): Promise<Uint8Array>
  /** Whether an older version encrypted it. */
  isOld(name: string, sealed: Uint8Array): Promise<boolean>
  /** Makes a key of 32 bytes to encrypt with elsewhere. */
  generateDataKey(name: string, context: KeyContext): Promise<DataKey>
  /** The same, for those who only keep it: nobody sees it here. */
  generateWrappedDataKey(name: string, context: KeyContext): Promise<Uint8Array>
  /** Needs the use `decrypt`. @throws {CRYPTO_CIPHERTEXT_INVALID} {CRYPTO_VERSION_REFUSED} */
  openDataKey(name: string, wrapped: Uint8Array, context: KeyContext): Promise<Uint8Array>
  /** Signs with the key's algorithm; for ECDSA both numbers one after the other, as JWS has it. */
  sign(name: string, data: Uint8Array | string): Promise<Signature>
  /** @throws {CRYPTO_VERSION_REFUSED} for a version below the minimum */
  verify(name: string, data: Uint8Array | string, signature: Signature): Promise<boolean>
  mac(name: string, data: Uint8Array | string): Promise<Signature>
  /** In the same time, wherever they differ. */
  verifyMac(name: string, data: Uint8Array | string, mac: Signature): Promise<boolean>
  /** The public keys of the versions that still verify, the current one first: for a JWKS, with `kid` `<id>.<version>`. */
  publicKeys(name: string): Promise<readonly PublicKey[]>
}

export interface NewKey {
  /** 1 to 64 small letters, digits and `. _ -`. */
  readonly name: string
  /** Default: `AES-256-GCM`. */
  readonly algorithm?: KeyAlgorithm
  /** What it may be used for. Default: all its algorithm can do. */
  readonly uses?: readonly KeyUse[]
  /** Days after which it is rotated when it is used next, 1 to 3,650. For encryption only. Default: never. */
  readonly rotateEveryDays?: number
  /** 2,048, 3,072 or 4,096, for RSA. Default: 3,072. */
  readonly modulusBits?: number
  readonly grants?: readonly KeyGrant[]
}

export interface KeyPage {
  readonly items: readonly KeyInfo[]
  /** For `after`; null when there are no more. */
  readonly next: string | null
}

export interface RootProgress {
  /** Keys that were looked at, and those of them that were wrapped anew. */
  readonly seen: number
  readonly rewrapped: number
  /** Those that cannot be read, or that none of the roots opens. They are left as they are. */
  readonly broken: number
}

/** Keys of one tenant: to use them, and to care for them. */
export interface Keys extends KeyOperations {
  readonly tenant: string
  /** @throws {CRYPTO_KEY_EXISTS} {CRYPTO_OPTION_INVALID} */
  create(key: NewKey): Promise<KeyInfo>
  get(name: string): Promise<KeyInfo>
  /** By name, without those that cannot be read. @param limit 1 to 200. Default: 50. */
  list(options?: { readonly after?: string; readonly limit?: number }): Promise<KeyPage>
  /** A new version, which encrypts and signs from now on. What older ones made stays readable. @throws {CRYPTO_LIMIT_REACHED} */
  rotate(name: string): Promise<KeyInfo>
  /** Versions below it are refused. Lower it again to read what was forgotten. @throws {CRYPTO_OPTION_INVALID} */
  setMinimumVersion(name: string, version: number): Promise<KeyInfo>
  /** Destroys the versions below the minimum, for ever. */
  trim(name: string): Promise<KeyInfo>
  setGrants(name: string, grants: readonly KeyGrant[]): Promise<KeyInfo>
  /** What is cached in other processes works for as long as `recordTtlMs` there. */
  disable(name: string): Promise<KeyInfo>
  enable(name: string): Promise<KeyInfo>
  /** Nothing works with it from now on, and it is destroyed by {@link destroyDue} after that time. @param days 7 to 365. Default: 30. */
  scheduleDeletion(name: string, options?: { readonly days?: number }): Promise<KeyInfo>
  /** Disabled, as it is safer. @throws {CRYPTO_KEY_DESTROYED} {CRYPTO_OPTION_INVALID} when no deletion is scheduled */
  cancelDeletion(name: string): Promise<KeyInfo>
  /** Destroys the key now, and with it all that it encrypted, in every copy and backup that lacks the root or this store. */
  shred(name: string): Promise<KeyInfo>
  /** What is done in somebody's name, by the grants that the keys have for them. */
  as(grantee: string): KeyOperations
  /** The keys of another tenant, over the same root, store and caches. */
  at(tenant: string): Keys
  /**
   * Destroys keys whose time has come, of all tenants, at most 100. One that cannot be read is left, and audited as
   * refused. @returns how many. Call it every hour.
   */
  destroyDue(): Promise<number>
  /** Wraps all keys of all tenants by the root of today, after it was changed. Goes on where it was stopped. */
  rewrapRoot(onProgress?: (progress: RootProgress) => void): Promise<RootProgress>
  /** Overwrites what is in memory, and closes the root keys and the store. */
  close(): Promise<void>
}
