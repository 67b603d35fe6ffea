import { type Clock, systemClock } from "@ashlar/core"
import type { CryptoKey, JWK } from "jose"
import { AuthSetupInvalid } from "../errors.ts"
import { ALGORITHMS, isAlgorithm, type JwtAlgorithm } from "./algorithms.ts"
import { invalidToken, type TokenHeader } from "./inspect-token.ts"

/** A key that signs tokens, or that tokens of others are verified by. */
export interface JwtKey {
  /** Names it: 1 to 256 visible characters, and no other key is ever called so. */
  readonly kid: string
  /** The one algorithm that it is for. */
  readonly alg: JwtAlgorithm
  /** The key as JWK: private where it signs, `{ kty: "oct", k }` for a secret. RSA of 2,048 bits and more. */
  readonly jwk: JWK
  /** When it begins to sign, in milliseconds since 1970: publish it some time before. Default: at once. */
  readonly signFromMs?: number
  /** Until when what it signed is good. Leave it in for as long as tokens live after the next one began. Default: for good. */
  readonly acceptUntilMs?: number
}

/** Where the key of a token is looked up, by what its header says. */
export interface TokenKeys {
  /** The only algorithms that count. */
  readonly algorithms: readonly JwtAlgorithm[]
  /** @throws {AUTH_TOKEN_INVALID} when there is no such key. {AUTH_TOKEN_KEYS_AWAY} */
  keyFor(header: TokenHeader): Promise<CryptoKey | Uint8Array>
}

/** Keys of one's own, several at a time, so that one can follow another. */
export interface JwtKeys extends TokenKeys {
  /** The key that signs now. @throws {AUTH_SETUP_INVALID} when there is none. */
  signingKey(): Promise<{ readonly kid: string; readonly alg: JwtAlgorithm; readonly key: CryptoKey | Uint8Array }>
  /** The public parts, for `/.well-known/jwks.json`: also of keys that will sign soon. Secrets are never in it. */
  jwks(): { readonly keys: readonly JWK[] }
  /** Takes another list from now on, as when a key was added or taken away. @throws {AUTH_SETUP_INVALID} and then nothing has changed. */
  replace(keys: readonly JwtKey[]): void
}

/** Names of a private JWK that must not be told. @see https://www.rfc-editor.org/rfc/rfc7518#section-6 */
const PUBLIC: Readonly<Record<string, readonly string[]>> = {
  RSA: ["kty", "n", "e"],
  EC: ["kty", "crv", "x", "y"],
  OKP: ["kty", "crv", "x"],
}
const MAX_KEYS = 100

/**
 * Keys that sign and verify tokens. Each is for one algorithm, whatever a token says. To rotate, add a key with `signFromMs` a little
 * ahead, and give the one before an `acceptUntilMs`; both verify meanwhile, and verifiers who cache the set know the new one in time.
 *
 * @throws {AUTH_SETUP_INVALID}
 * @example
 * const keys = createJwtKeys([await generateJwtKey("EdDSA", "2026-01")])
 * app.get("/.well-known/jwks.json", () => keys.jwks())
 */
export function createJwtKeys(
  keys: readonly JwtKey[],
  { clock = systemClock }: { readonly clock?: Clock } = {},
): JwtKeys {
  return new KeyRing(keys, clock)
}

/** A new key of one algorithm. @throws {AUTH_SETUP_INVALID} */
export async function generateJwtKey(alg: JwtAlgorithm, kid: string = crypto.randomUUID()): Promise<JwtKey> {
  const { exportJWK, generateKeyPair, generateSecret } = await import("jose")
  if (!isAlgorithm(alg)) throw new AuthSetupInvalid(`Expected an algorithm that signs, got ${JSON.stringify(alg)}.`)
  const settings = { extractable: true }
  const made =
    ALGORITHMS[alg].secretBytes === undefined
      ? (await generateKeyPair(alg, settings)).privateKey
      : await generateSecret(alg, settings)
  return { kid, alg, jwk: await exportJWK(made) }
}

interface HeldKey extends JwtKey {
  imported?: Promise<{ readonly signs: CryptoKey | Uint8Array | undefined; readonly verifies: CryptoKey | Uint8Array }>
}

class KeyRing implements JwtKeys {
  readonly #clock: Clock
  #keys: ReadonlyMap<string, HeldKey>

  constructor(keys: readonly JwtKey[], clock: Clock) {
    this.#clock = clock
    this.#keys = check(keys)
  }

  get algorithms(): readonly JwtAlgorithm[] {
    return [...new Set([...this.#keys.values()].map(({ alg }) => alg))]
  }
  async keyFor({ kid, alg }: TokenHeader): Promise<CryptoKey | Uint8Array> {
    const found = kid === undefined ? this.#only(alg) : this.#keys.get(kid)
    if (found === undefined || !this.#isAccepted(found)) throw invalidToken("no key of ours is called so")
    // The key says what it is for: a public key is no secret, and RS256 is no PS256.
    if (found.alg !== alg) throw invalidToken(`its key is for ${found.alg}, and it says ${alg}`)
    return (await imported(found)).verifies
  }
  async signingKey(): ReturnType<JwtKeys["signingKey"]> {
    const nowMs = this.#clock.now()
    const ready = [...this.#keys.values()].filter((key) => (key.signFromMs ?? 0) <= nowMs && this.#isAccepted(key))
    for (const key of ready.toSorted((a, b) => (b.signFromMs ?? 0) - (a.signFromMs ?? 0))) {
      const { signs } = await imported(key)
      if (signs !== undefined) return { kid: key.kid, alg: key.alg, key: signs }
    }
    throw new AuthSetupInvalid("Expected a private key that signs by now, and there is none.")
  }
  jwks(): { readonly keys: readonly JWK[] } {
    const shown = [...this.#keys.values()].filter((key) => key.jwk.kty !== "oct" && this.#isAccepted(key))
    return { keys: shown.map(({ kid, alg, jwk }) => ({ ...publicOf(jwk), kid, alg, use: "sig" })) }
  }
  replace(keys: readonly JwtKey[]): void {
    this.#keys = check(keys)
  }

  #isAccepted({ acceptUntilMs = Number.POSITIVE_INFINITY }: JwtKey): boolean {
    return this.#clock.now() < acceptUntilMs
  }
  /** A token that names no key is of the one there is for its algorithm. */
  #only(alg: JwtAlgorithm): HeldKey | undefined {
    const fit = [...this.#keys.values()].filter((key) => key.alg === alg && this.#isAccepted(key))
    return fit.length === 1 ? fit[0] : undefined
  }
}

function check(keys: readonly JwtKey[]): ReadonlyMap<string, HeldKey> {
  if (keys.length === 0 || keys.length > MAX_KEYS)
    throw new AuthSetupInvalid(`Expected 1 to ${MAX_KEYS} keys, got ${keys.length}.`)
  const held = new Map<string, HeldKey>()
  for (const key of keys) {
    const { kid, alg, jwk } = key
    if (!/^[\x21-\x7e]{1,256}$/.test(kid)) throw new AuthSetupInvalid("Expected kid to be 1 to 256 visible characters.")
    if (held.has(kid)) throw new AuthSetupInvalid(`Expected each kid once, got ${kid} twice.`)
    if (!isAlgorithm(alg)) throw new AuthSetupInvalid(`Expected the key ${kid} to be for an algorithm that signs.`)
    if ((jwk.use ?? "sig") !== "sig" || !(jwk.key_ops ?? ["verify"]).some((use) => use === "sign" || use === "verify"))
      throw new AuthSetupInvalid(`Expected the key ${kid} to be for signatures, as it says itself.`)
    const { kty, secretBytes } = ALGORITHMS[alg]
    if (jwk.kty !== kty || (jwk.alg !== undefined && jwk.alg !== alg))
      throw new AuthSetupInvalid(`Expected the key ${kid} to be of the kind ${kty}, as ${alg} needs.`)
    if (secretBytes !== undefined && Buffer.from(jwk.k ?? "", "base64url").length < secretBytes)
      throw new AuthSetupInvalid(`Expected the secret ${kid} to have ${secretBytes} bytes, as ${alg} needs.`)
    if (kty === "RSA" && Buffer.from(jwk.n ?? "", "base64url").length < 256)
      throw new AuthSetupInvalid(`Expected the key ${kid} to have 2,048 bits.`)
    held.set(kid, { ...key })
  }
  // Whoever is told the public keys of a set must not be near its secrets.
  if (new Set(keys.map(({ jwk }) => jwk.kty === "oct")).size > 1)
    throw new AuthSetupInvalid("Expected keys that are all secrets or all key pairs.")
  return held
}

function publicOf(jwk: JWK): JWK {
  return Object.fromEntries(Object.entries(jwk).filter(([name]) => PUBLIC[jwk.kty ?? ""]?.includes(name))) as JWK
}

/** Made when it is first used, and held. @throws {AUTH_SETUP_INVALID} */
function imported(key: HeldKey): NonNullable<HeldKey["imported"]> {
  key.imported ??= importKey(key).catch((cause: unknown) => {
    throw new AuthSetupInvalid(`Expected the key ${key.kid} to be a JWK for ${key.alg}.`, { cause })
  })
  return key.imported
}

async function importKey({ alg, jwk }: JwtKey): Promise<Awaited<NonNullable<HeldKey["imported"]>>> {
  const { importJWK } = await import("jose")
  if (jwk.kty === "oct") {
    const secret = await importJWK(jwk, alg)
    return { signs: secret, verifies: secret }
  }
  const verifies = await importJWK(publicOf(jwk), alg)
  return { signs: jwk.d === undefined ? undefined : await importJWK(jwk, alg), verifies }
}
