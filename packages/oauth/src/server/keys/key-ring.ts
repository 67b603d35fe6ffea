import type { Clock } from "@ashlar/core"
import {
  type CryptoKey,
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  type JWTVerifyGetKey,
} from "jose"
import { OAuthOptionInvalid, OAuthStoreFailed } from "../../errors.ts"
import { Records, randomToken } from "../store/records.ts"
import type { OAuthStore } from "../store/store.ts"

/** What signs: RSA for clients that know nothing else, elliptic curves for small and quick tokens. */
export type SigningAlgorithm = "RS256" | "PS256" | "ES256" | "EdDSA"

/** What makes private keys unreadable where they are kept: `createSealer` of `@ashlar/security` makes one. */
export interface KeySealer {
  seal(text: string, context: string): string | Promise<string>
  open(sealed: string, context: string): string | Promise<string>
}

export interface KeyRingOptions {
  readonly algorithms: readonly SigningAlgorithm[]
  /** How long a key signs. */
  readonly rotateMs: number
  /** How long a key is published before it signs, and after: caches and tokens of that age know it. */
  readonly overlapMs: number
  readonly sealer: KeySealer | undefined
}

type KeyUse = SigningAlgorithm | "A256GCM"

interface KeyRecord {
  readonly use: KeyUse
  readonly kid: string
  /** From when on it signs. */
  readonly activeMs: number
  readonly publicKey: JWK | null
  /** The private key, or the secret one, sealed. */
  readonly sealed: string
}

export interface OwnKey {
  readonly kid: string
  readonly key: CryptoKey | Uint8Array
}

interface Loaded {
  readonly atMs: number
  readonly keys: readonly KeyRecord[]
  readonly jwks: JSONWebKeySet
  readonly verify: JWTVerifyGetKey
}

/** How long what other processes did to the keys may go unnoticed. */
const REFRESH_MS = 60_000
const MAX_OPENED = 64

/**
 * The keys of a server: made when they are missing, published before they sign and after, and replaced in time. All processes over one
 * store agree on them: each key has at most one successor, whoever makes it.
 */
export class KeyRing {
  readonly #records: Records<KeyRecord>
  readonly #clock: Clock
  readonly #options: KeyRingOptions
  readonly #opened = new Map<string, Promise<CryptoKey | Uint8Array>>()
  #loading: Promise<Loaded> | undefined
  #loaded: Loaded | undefined

  constructor(store: OAuthStore, clock: Clock, options: KeyRingOptions) {
    this.#records = new Records(store, "key")
    this.#clock = clock
    this.#options = options
  }

  /** The key that signs, or seals, now. */
  async own(use: KeyUse): Promise<OwnKey> {
    const { keys } = await this.#current()
    const record = newest(keys, use, this.#clock.now())
    if (record === undefined) throw new OAuthStoreFailed(`No key for ${use} can be had.`)
    return { kid: record.kid, key: await this.#open(record) }
  }
  /** The secret key of an id, for what was sealed before. */
  async secret(kid: string | undefined): Promise<CryptoKey | Uint8Array | undefined> {
    const { keys } = await this.#current()
    const record = keys.find((one) => one.kid === kid && one.publicKey === null)
    return record && (await this.#open(record))
  }
  /** What everybody may know. */
  async jwks(): Promise<JSONWebKeySet> {
    return (await this.#current()).jwks
  }
  /** Finds the key that signed. Only keys of this ring are ever looked at, whatever a token says of others. */
  readonly verify: JWTVerifyGetKey = async (header, token) => (await this.#current()).verify(header, token)

  /** Signs with new keys from now on. The former are published on, so that what they signed stays good. */
  async rotate(): Promise<void> {
    const { keys } = await this.#load()
    for (const use of this.#uses()) await this.#succeed(use, newest(keys, use, Number.MAX_SAFE_INTEGER), 0)
    this.#loaded = undefined
  }
  /** Takes a key away at once, with all that it signed, as when it became known. */
  async revoke(kid: string): Promise<boolean> {
    const records = await this.#records.list()
    const record = records.find(({ value }) => value.kid === kid)
    if (record === undefined) return false
    await this.#succeed(record.value.use, record.value, 0)
    this.#loaded = undefined
    return await this.#records.remove(record.id)
  }

  #uses(): readonly KeyUse[] {
    return [...this.#options.algorithms, "A256GCM"]
  }
  async #current(): Promise<Loaded> {
    const nowMs = this.#clock.now()
    if (this.#loaded !== undefined && nowMs - this.#loaded.atMs < REFRESH_MS && nowMs >= this.#loaded.atMs)
      return this.#loaded
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined
    })
    return await this.#loading
  }
  /** Reads the keys, and makes those that are missing or will be soon. */
  async #load(): Promise<Loaded> {
    const { rotateMs, overlapMs } = this.#options
    let keys = (await this.#records.list()).map(({ value }) => value)
    const nowMs = this.#clock.now()
    let made = false
    for (const use of this.#uses()) {
      const last = newest(keys, use, Number.MAX_SAFE_INTEGER)
      if (last !== undefined && last.activeMs + rotateMs - overlapMs > nowMs) continue
      made = true
      await this.#succeed(use, last, last === undefined ? 0 : Math.max(0, last.activeMs + rotateMs - nowMs))
    }
    if (made) keys = (await this.#records.list()).map(({ value }) => value)
    const jwks = { keys: keys.flatMap(({ publicKey }) => (publicKey === null ? [] : [publicKey])) }
    this.#loaded = { atMs: nowMs, keys, jwks, verify: createLocalJWKSet(jwks) }
    return this.#loaded
  }
  async #succeed(use: KeyUse, last: KeyRecord | undefined, waitMs: number): Promise<void> {
    const { rotateMs, overlapMs, sealer } = this.#options
    const { kid, publicKey, secret } = await makeKey(use)
    const activeMs = this.#clock.now() + waitMs
    const record = { use, kid, activeMs, publicKey, sealed: (await sealer?.seal(secret, contextOf(kid))) ?? secret }
    // The name is the former key's: whoever comes second finds that there is one.
    await this.#records.add(`${use}.${last?.kid ?? "first"}`, record, activeMs + rotateMs + 2 * overlapMs)
  }
  async #open(record: KeyRecord): Promise<CryptoKey | Uint8Array> {
    const { kid, use, sealed } = record
    let opening = this.#opened.get(kid)
    if (opening === undefined) {
      const { sealer } = this.#options
      opening = (async () =>
        await importJWK(JSON.parse((await sealer?.open(sealed, contextOf(kid))) ?? sealed) as JWK, use))()
      this.#opened.set(kid, opening)
      opening.catch(() => this.#opened.delete(kid))
      if (this.#opened.size > MAX_OPENED) this.#opened.delete(this.#opened.keys().next().value!)
    }
    return await opening
  }
}

const contextOf = (kid: string): string => `ashlar/oauth/keys/${kid}`

/** The one that began last of those that have begun. */
function newest(keys: readonly KeyRecord[], use: KeyUse, nowMs: number): KeyRecord | undefined {
  let best: KeyRecord | undefined
  for (const key of keys)
    if (key.use === use && key.activeMs <= nowMs && (best === undefined || isLater(key, best))) best = key
  return best
}
const isLater = (a: KeyRecord, b: KeyRecord): boolean =>
  a.activeMs === b.activeMs ? a.kid > b.kid : a.activeMs > b.activeMs

async function makeKey(use: KeyUse): Promise<{ kid: string; publicKey: JWK | null; secret: string }> {
  if (use === "A256GCM") {
    const kid = randomToken()
    return { kid, publicKey: null, secret: JSON.stringify({ kty: "oct", k: randomToken(), alg: use }) }
  }
  const pair = await generateKeyPair(use, { extractable: true, ...(use === "EdDSA" && { crv: "Ed25519" }) })
  const [publicKey, secret] = await Promise.all([exportJWK(pair.publicKey), exportJWK(pair.privateKey)])
  const kid = await calculateJwkThumbprint(publicKey)
  return { kid, publicKey: { ...publicKey, kid, alg: use, use: "sig" }, secret: JSON.stringify(secret) }
}

/** @throws {OAUTH_OPTION_INVALID} */
export function checkKeyOptions({ algorithms, rotateMs, overlapMs }: KeyRingOptions): void {
  const known: readonly string[] = ["RS256", "PS256", "ES256", "EdDSA"]
  if (algorithms.length === 0 || algorithms.some((one) => !known.includes(one)))
    throw new OAuthOptionInvalid(`Expected keys.algorithms to be some of ${known.join(", ")}.`)
  if (!(overlapMs >= 0) || !(rotateMs > 2 * overlapMs))
    throw new OAuthOptionInvalid("Expected keys to sign for more than twice as long as they overlap.")
}
