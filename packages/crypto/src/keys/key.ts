import { CryptoOptionInvalid, KeyRecordInvalid } from "../errors.ts"
import type { StoredRecord } from "../stores/store.ts"

/**
 * What a key is for: encryption; message authentication (RFC 2104); signatures by the names of RFC 7518, with `EdDSA` for Ed25519. A
 * key has one, for ever: no signature of one algorithm passes for another's.
 */
export type KeyAlgorithm = "AES-256-GCM" | MacAlgorithm | SignatureAlgorithm
export type MacAlgorithm = "HS256" | "HS384" | "HS512"
export type SignatureAlgorithm = "RS256" | "PS256" | "ES256" | "ES384" | "EdDSA"

/** What may be done with a key. `verify` is for signatures and for message authentication. */
export type KeyUse = "encrypt" | "decrypt" | "data-key" | "mac" | "sign" | "verify"

/** `pending-deletion`: nothing works with it, and the deletion can be cancelled. `destroyed`: its name and id are left. */
export type KeyState = "enabled" | "disabled" | "pending-deletion" | "destroyed"

/** Who else may use a key, for what, and for which contexts. */
export interface KeyGrant {
  /** As in `keys.as(grantee)`, 1 to 128 characters. */
  readonly grantee: string
  readonly uses: readonly KeyUse[]
  /** Entries that the context must have. Default: any context. */
  readonly context?: Readonly<Record<string, string>>
  /** Over from then on, in milliseconds since 1970. Default: never. */
  readonly expiresAtMs?: number
}

export interface KeyVersionInfo {
  readonly version: number
  readonly createdAtMs: number
  /** Wrappings of data keys that were set aside for it, of 2^32 at most. */
  readonly reserved: number
  /** Whether its material is gone, by `trim`. */
  readonly isDestroyed: boolean
}

/** What may be known of a key: never its material. */
export interface KeyInfo {
  readonly id: string
  readonly tenant: string
  readonly name: string
  readonly algorithm: KeyAlgorithm
  readonly uses: readonly KeyUse[]
  readonly state: KeyState
  /** The version that encrypts and signs. */
  readonly version: number
  /** Older ones neither decrypt nor verify. */
  readonly minimumVersion: number
  readonly createdAtMs: number
  readonly rotateEveryMs: number | null
  /** When it is destroyed, in milliseconds since 1970. */
  readonly deletesAtMs: number | null
  readonly grants: readonly KeyGrant[]
  readonly versions: readonly KeyVersionInfo[]
}

export interface KeyVersion {
  readonly version: number
  readonly createdAtMs: number
  readonly reserved: number
  /** The root that wrapped it. */
  readonly root: string
  /** In base64; null when it is destroyed. */
  readonly material: string | null
}

/** What is stored of a key, as JSON. */
export interface KeyBody {
  readonly algorithm: KeyAlgorithm
  readonly uses: readonly KeyUse[]
  readonly state: KeyState
  readonly current: number
  readonly minimum: number
  readonly createdAtMs: number
  readonly rotateEveryMs: number | null
  readonly modulusBits: number | null
  readonly grants: readonly KeyGrant[]
  readonly versions: readonly KeyVersion[]
}

/** A key as it is stored. */
export interface KeyRecord extends KeyBody {
  readonly id: string
  readonly tenant: string
  readonly name: string
  readonly revision: number
  readonly deletesAtMs: number | null
}

export const MAX_VERSIONS = 1_000
export const MAX_GRANTS = 100

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/
const TENANT = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/

/** @throws {CRYPTO_OPTION_INVALID} */
export function checkName(name: string, what = "a key's name"): string {
  if (typeof name !== "string" || !NAME.test(name))
    throw new CryptoOptionInvalid(`Expected ${what} of 1 to 64 small letters, digits and . _ -, got another text.`)
  return name
}

/** @throws {CRYPTO_OPTION_INVALID} */
export function checkTenant(tenant: string): string {
  if (typeof tenant !== "string" || !TENANT.test(tenant))
    throw new CryptoOptionInvalid("Expected a tenant of 1 to 128 letters, digits and . _ : -.")
  return tenant
}

/** What a record says, in one spelling: what its seal is of. */
export function textOf(record: KeyRecord): string {
  const { id, tenant, name, revision, deletesAtMs, ...body } = record
  return JSON.stringify([id, tenant, name, revision, deletesAtMs, body])
}

/** @param seal By the key's own bytes; null for a destroyed one, which has none. */
export function toStored(record: KeyRecord, seal: string | null): StoredRecord {
  const { id, tenant, name, revision, deletesAtMs, ...body } = record
  return { id, kind: "key", tenant, name, revision, dueMs: deletesAtMs, body: JSON.stringify({ ...body, seal }) }
}
/** @throws {CRYPTO_RECORD_INVALID} for what cannot be read */
export function fromStored(stored: StoredRecord): { readonly record: KeyRecord; readonly seal: string | null } {
  const { id, tenant, name, revision, dueMs, body } = stored
  try {
    const { seal, ...parsed }: KeyBody & { readonly seal: string | null } = JSON.parse(body)
    if (!Array.isArray(parsed.versions) || !Array.isArray(parsed.grants) || !Array.isArray(parsed.uses))
      throw new KeyRecordInvalid()
    return { record: { ...parsed, id, tenant, name, revision, deletesAtMs: dueMs }, seal }
  } catch (cause) {
    throw new KeyRecordInvalid("A key in the store cannot be read.", { cause })
  }
}

export function toInfo(record: KeyRecord): KeyInfo {
  const { id, tenant, name, algorithm, uses, state, createdAtMs, rotateEveryMs, deletesAtMs, grants } = record
  return {
    ...{ id, tenant, name, algorithm, uses, state, createdAtMs, rotateEveryMs, deletesAtMs, grants },
    version: record.current,
    minimumVersion: record.minimum,
    versions: record.versions.map((one) => ({
      ...{ version: one.version, createdAtMs: one.createdAtMs, reserved: one.reserved },
      isDestroyed: one.material === null,
    })),
  }
}
