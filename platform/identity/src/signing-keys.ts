import type { Clock } from "@ashlar/core"
import type { SqliteFile } from "@ashlar/sqlite"
import { calculateJwkThumbprint } from "jose"
import { RootKeyMismatch } from "./errors.ts"
import type { SigningKeyRotation } from "./procedures.ts"
import type { Sealer } from "./sealer.ts"

/** A public key as others read it. @see RFC 8037 (Ed25519 in JWK) */
export interface PublicJwk {
  readonly kty: "OKP"
  readonly crv: "Ed25519"
  readonly x: string
  readonly kid: string
  readonly alg: "EdDSA"
  readonly use: "sig"
}

/** The keys that sign access tokens: one signs, and those it replaced verify until their last token is over. */
export interface SigningKeys {
  /** The key that signs now; replaced by itself once it is older than `maxAgeMs`. */
  current(): Promise<{ readonly kid: string; readonly privateKey: CryptoKey }>
  /** Undefined for a key that was never ours or verifies no more. */
  verifier(kid: string): CryptoKey | undefined
  jwks(): { keys: PublicJwk[] }
  /** Makes a new key sign from now on. What the old one signed stays valid for `overlapMs`. */
  rotate(): Promise<void>
}

interface SigningKeysOptions {
  readonly file: SqliteFile
  readonly sealer: Sealer
  readonly clock: Clock
  readonly maxAgeMs: number
  readonly overlapMs: number
}

interface KeyRow {
  kid: string
  sealed_private_key: Uint8Array
  public_x: string
  created_at: number
  verifies_until: number | null
}

interface LoadedKey {
  readonly publicKey: CryptoKey
  readonly publicJwk: PublicJwk
  readonly createdAtMs: number
  readonly verifiesUntilMs: number
}

/** @throws {IDENTITY_ROOT_KEY_MISMATCH} when the stored key was sealed by another root key */
export async function openSigningKeys(options: SigningKeysOptions): Promise<SigningKeys> {
  const { file, sealer, clock, maxAgeMs } = options
  let keys = new Map<string, LoadedKey>()
  let signer: { kid: string; privateKey: CryptoKey } | undefined
  let rotating: Promise<void> | undefined

  async function load(): Promise<void> {
    const loaded = new Map<string, LoadedKey>()
    for (const row of file.all<KeyRow>("SELECT * FROM identity_signing_keys ORDER BY n")) {
      loaded.set(row.kid, await loadKey(row))
      if (row.verifies_until === null) signer = { kid: row.kid, privateKey: await unsealKey(row, sealer) }
    }
    keys = loaded
  }

  async function replace(): Promise<void> {
    await file.call("identity.addSigningKey", await createKey(options, signer?.kid ?? null))
    await load()
  }

  /** Callers that find the key too old at the same time share one rotation. */
  function rotate(): Promise<void> {
    rotating ??= replace().finally(() => {
      rotating = undefined
    })
    return rotating
  }

  await load()
  if (!signer) await rotate()
  return {
    async current() {
      if (clock.now() - keys.get(signer!.kid)!.createdAtMs >= maxAgeMs) await rotate()
      return signer!
    },
    verifier(kid) {
      const key = keys.get(kid)
      return key && key.verifiesUntilMs > clock.now() ? key.publicKey : undefined
    },
    jwks() {
      const live = [...keys.values()].filter(({ verifiesUntilMs }) => verifiesUntilMs > clock.now())
      return { keys: live.map(({ publicJwk }) => publicJwk) }
    },
    rotate,
  }
}

async function createKey(options: SigningKeysOptions, replaces: string | null): Promise<SigningKeyRotation> {
  const pair = (await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as CryptoKeyPair
  const { x } = await crypto.subtle.exportKey("jwk", pair.publicKey)
  const kid = await calculateJwkThumbprint({ kty: "OKP", crv: "Ed25519", x: x! })
  const privateKey = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey))
  const nowMs = options.clock.now()
  const sealedPrivateKey = options.sealer.seal(privateKey, sealContext(kid))
  return { kid, sealedPrivateKey, publicX: x!, nowMs, replaces, overlapUntilMs: nowMs + options.overlapMs }
}

async function loadKey(row: KeyRow): Promise<LoadedKey> {
  const publicJwk: PublicJwk = {
    kty: "OKP",
    crv: "Ed25519",
    x: row.public_x,
    kid: row.kid,
    alg: "EdDSA",
    use: "sig",
  }
  const material = { kty: publicJwk.kty, crv: publicJwk.crv, x: publicJwk.x }
  const publicKey = await crypto.subtle.importKey("jwk", material, "Ed25519", true, ["verify"])
  const verifiesUntilMs = row.verifies_until ?? Number.POSITIVE_INFINITY
  return { publicKey, publicJwk, createdAtMs: row.created_at, verifiesUntilMs }
}

async function unsealKey(row: KeyRow, sealer: Sealer): Promise<CryptoKey> {
  let pkcs8: Uint8Array
  try {
    pkcs8 = sealer.open(row.sealed_private_key, sealContext(row.kid))
  } catch (cause) {
    throw new RootKeyMismatch(undefined, { cause })
  }
  return await crypto.subtle.importKey("pkcs8", new Uint8Array(pkcs8), "Ed25519", false, ["sign"])
}

function sealContext(kid: string): string {
  return `identity/signing-key/${kid}`
}
