import { type Clock, systemClock, uuidv7 } from "@ashlar/core"
import { audited, type KeyAudit } from "../audit.ts"
import type { KeyContext } from "../context.ts"
import {
  CiphertextInvalid,
  CryptoLimitReached,
  CryptoOptionInvalid,
  KeyConflict,
  KeyExists,
  KeyNotFound,
  KeyRecordInvalid,
  SecretExpired,
  SecretNotFound,
  VersionRefused,
} from "../errors.ts"
import { checkName } from "../keys/key.ts"
import type { Keys } from "../keys/keys.ts"
import type { KeyStore, StoredRecord } from "../stores/store.ts"
import type { SecretInfo, SecretReader, Secrets, SecretValue, SecretVersion, SetSecret } from "./secrets.ts"

export interface SecretsOptions {
  /** The keys that encrypt them: of the same tenant, and named `ashlar.secrets`. */
  readonly keys: Keys
  /** Where they are kept: the store of the keys does. */
  readonly store: KeyStore
  readonly audit?: KeyAudit
  readonly clock?: Clock
}

/** The key of the secrets of a tenant, made at their first one. */
export const SECRETS_KEY = "ashlar.secrets"
const MAX_VALUE_BYTES = 64 * 1024
const MAX_KEPT = 100
const MAX_READERS = 100
const ATTEMPTS = 30

interface Version {
  readonly version: number
  readonly createdAtMs: number
  /** In base64; null when it was taken away. */
  readonly sealed: string | null
}
interface Body {
  readonly createdAtMs: number
  readonly expiresAtMs: number | null
  readonly readers: readonly string[]
  readonly versions: readonly Version[]
}
interface Found extends Body {
  readonly id: string
  readonly name: string
  readonly revision: number
}

/**
 * Secrets over keys.
 * @example
 * const secrets = createSecrets({ keys, store, audit })
 * await secrets.set("stripe", process.env.STRIPE_KEY, { readers: ["service:billing"] })
 * const { value } = await secrets.as("service:billing").get("stripe")
 */
export function createSecrets(options: SecretsOptions): Secrets {
  return new LiveSecrets(options, options.keys.tenant, null)
}

class LiveSecrets implements Secrets {
  readonly #options: SecretsOptions
  readonly #keys: Keys
  readonly #tenant: string
  readonly #reader: string | null
  readonly #clock: Clock

  constructor(options: SecretsOptions, tenant: string, reader: string | null) {
    this.#options = options
    this.#keys = tenant === options.keys.tenant ? options.keys : options.keys.at(tenant)
    this.#tenant = tenant
    this.#reader = reader
    this.#clock = options.clock ?? systemClock
  }

  as(reader: string): SecretReader {
    return new LiveSecrets(this.#options, this.#tenant, checkReader(reader))
  }
  at(tenant: string): Secrets {
    return new LiveSecrets(this.#options, tenant, null)
  }

  async get(name: string, { version }: { readonly version?: number } = {}): Promise<SecretValue> {
    return await this.#audited("secret.read", name, version ?? null, async () => {
      const found = await this.#find(name)
      if (this.#reader !== null && !found.readers.includes(this.#reader)) throw new SecretNotFound()
      if (found.expiresAtMs !== null && found.expiresAtMs <= this.#clock.now()) throw new SecretExpired()
      const one = version === undefined ? found.versions.at(-1) : found.versions.find((v) => v.version === version)
      if (one === undefined || one.sealed === null) throw new SecretNotFound("The secret has no such version.")
      return { value: await this.#open(found, one, one.sealed), version: one.version }
    })
  }
  async #open(found: Found, { version }: Version, sealed: string): Promise<string> {
    const context = contextOf(found.id, version)
    return await this.#keys.decryptText(SECRETS_KEY, Buffer.from(sealed, "base64"), context)
  }
  async #seal(id: string, version: number, value: string): Promise<string> {
    const sealed = await this.#keys.encrypt(SECRETS_KEY, value, contextOf(id, version))
    return Buffer.from(sealed).toString("base64")
  }

  async set(name: string, value: string, { expiresAtMs, readers }: SetSecret = {}): Promise<SecretInfo> {
    return await this.#audited("secret.set", name, null, async () => {
      checkName(name, "a secret's name")
      checkValue(value)
      const nowMs = this.#clock.now()
      if (expiresAtMs !== undefined && !(Number.isSafeInteger(expiresAtMs) && expiresAtMs > nowMs))
        throw new CryptoOptionInvalid("Expected `expiresAtMs` to be a time to come, in milliseconds since 1970.")
      if (readers !== undefined) checkReaders(readers)
      await this.#ensureKey()
      return await this.#write(name, async (before) => ({
        ...(before ?? { id: uuidv7(), name, revision: 0, createdAtMs: nowMs }),
        expiresAtMs: expiresAtMs ?? null,
        readers: readers ?? before?.readers ?? [],
        versions: before?.versions ?? [],
        value,
      }))
    })
  }
  async rotate(name: string, make: (former: string) => string | Promise<string>): Promise<SecretInfo> {
    return await this.#audited("secret.rotate", name, null, async () => {
      const seen = await this.#find(name)
      const latest = seen.versions.at(-1)
      if (latest === undefined || latest.sealed === null) throw new SecretNotFound()
      const value = checkValue(await make(await this.#open(seen, latest, latest.sealed)))
      return await this.#write(name, async (before) => {
        // What was made of a value that others replaced meanwhile would undo their work.
        if (before?.id !== seen.id || before.versions.at(-1)?.version !== latest.version) throw new KeyConflict()
        return { ...before, value }
      })
    })
  }
  async setReaders(name: string, readers: readonly string[]): Promise<SecretInfo> {
    return await this.#audited("secret.readers", name, null, async () => {
      checkReaders(readers)
      return await this.#write(name, async (before) => {
        if (before === undefined) throw new SecretNotFound()
        return { ...before, readers }
      })
    })
  }

  async info(name: string): Promise<SecretInfo> {
    return toInfo(await this.#find(name))
  }
  async list({ after, limit = 50 }: { readonly after?: string; readonly limit?: number } = {}): Promise<{
    readonly items: readonly SecretInfo[]
    readonly next: string | null
  }> {
    if (!Number.isSafeInteger(limit) || limit < 1 || limit > 200)
      throw new CryptoOptionInvalid("Expected `limit` to be a whole number from 1 to 200.")
    const place = { kind: "secret", tenant: this.#tenant, limit: limit + 1 } as const
    const found = await this.#options.store.list({ ...place, ...(after !== undefined && { after }) })
    const page = found.slice(0, limit)
    const items = page.flatMap((one) => readable(one) ?? []).map(toInfo)
    return { items, next: found.length > limit ? (page.at(-1)?.name ?? null) : null }
  }
  async history(name: string): Promise<readonly SecretVersion[]> {
    const { versions } = await this.#find(name)
    return versions.toReversed().map(({ version, createdAtMs, sealed }) => {
      return { version, createdAtMs, isDestroyed: sealed === null }
    })
  }
  async remove(name: string): Promise<void> {
    await this.#audited("secret.remove", name, null, async () => {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
        const { id, revision } = await this.#find(name)
        if (await this.#options.store.remove(id, revision)) return
      }
      throw new KeyConflict()
    })
  }

  async rewrap(onProgress: (done: number) => void = () => undefined): Promise<number> {
    let after: string | undefined
    let done = 0
    for (;;) {
      const page = await this.list({ limit: 100, ...(after !== undefined && { after }) })
      for (const { name } of page.items) {
        const isOld = async (one: Version): Promise<boolean> =>
          one.sealed !== null && (await this.#keys.isOld(SECRETS_KEY, Buffer.from(one.sealed, "base64")))
        let isChanged = false
        await this.#write(name, async (before) => {
          if (before === undefined) throw new SecretNotFound()
          const versions: Version[] = []
          isChanged = false
          for (const one of before.versions) {
            const mustChange = one.sealed !== null && (await isOld(one))
            isChanged ||= mustChange
            const fresh = mustChange ? await this.#rewrapOne(before, one, one.sealed ?? "") : one.sealed
            versions.push({ ...one, sealed: fresh })
          }
          return isChanged ? { ...before, versions } : undefined
        }).catch(async (error: unknown) => {
          isChanged = false
          if (error instanceof SecretNotFound) return // removed meanwhile
          if (!(error instanceof CiphertextInvalid || error instanceof VersionRefused)) throw error
          // One that does not open keeps no other from it: it is told, and left as it is.
          await this.#audited("secret.rewrap", name, null, () => Promise.reject(error)).catch((told: unknown) => {
            if (told !== error) throw told
          })
        })
        if (isChanged) onProgress(++done)
      }
      if (page.next === null) return done
      after = page.next
    }
  }
  async #rewrapOne({ id }: Found, { version }: Version, sealed: string): Promise<string> {
    const fresh = await this.#keys.rewrap(SECRETS_KEY, Buffer.from(sealed, "base64"), contextOf(id, version))
    return Buffer.from(fresh).toString("base64")
  }

  async #ensureKey(): Promise<void> {
    try {
      await this.#keys.get(SECRETS_KEY)
    } catch (error) {
      if (!(error instanceof KeyNotFound)) throw error
      await this.#keys.create({ name: SECRETS_KEY }).catch((cause: unknown) => {
        if (!(cause instanceof KeyExists)) throw cause // made by another meanwhile
      })
    }
  }

  async #find(name: string): Promise<Found> {
    const stored = await this.#options.store.find("secret", this.#tenant, name)
    if (stored === undefined) throw new SecretNotFound()
    return toFound(stored)
  }

  /** Changes it in one step: `decide` is asked again with what others left. A `value` becomes the next version. */
  async #write(
    name: string,
    decide: (before: Found | undefined) => Promise<(Found & { readonly value?: string }) | undefined>,
  ): Promise<SecretInfo> {
    const { store } = this.#options
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const stored = await store.find("secret", this.#tenant, name)
      const before = stored === undefined ? undefined : toFound(stored)
      const decided = await decide(before)
      if (decided === undefined) return toInfo(before ?? (await this.#find(name)))
      const { value, ...after } = decided
      const versions = value === undefined ? after.versions : await this.#withValue(after, value)
      const { id, revision, ...body } = { ...after, versions }
      const record = { id, kind: "secret", tenant: this.#tenant, name, revision: revision + 1, dueMs: null } as const
      const written = { ...record, body: JSON.stringify({ ...body, name: undefined }) }
      if (before === undefined ? await store.insert(written) : await store.replace(written))
        return toInfo({ ...after, versions })
    }
    throw new KeyConflict()
  }
  async #withValue(found: Found, value: string): Promise<readonly Version[]> {
    const version = (found.versions.at(-1)?.version ?? 0) + 1
    const next = { version, createdAtMs: this.#clock.now(), sealed: await this.#seal(found.id, version, value) }
    return [...found.versions, next].slice(-MAX_KEPT)
  }

  async #audited<T>(action: string, name: string, version: number | null, work: () => Promise<T>): Promise<T> {
    const about = { atMs: this.#clock.now(), action, tenant: this.#tenant, name: String(name).slice(0, 64), version }
    return await audited(this.#options.audit, { ...about, caller: this.#reader }, work)
  }
}

/** @throws {CRYPTO_RECORD_INVALID} */
function toFound({ id, name, revision, body }: StoredRecord): Found {
  try {
    const parsed: Body = JSON.parse(body)
    if (!Array.isArray(parsed.versions) || !Array.isArray(parsed.readers)) throw new KeyRecordInvalid()
    return { ...parsed, id, name, revision }
  } catch (cause) {
    throw new KeyRecordInvalid("A secret in the store cannot be read.", { cause })
  }
}
function readable(stored: StoredRecord): Found | undefined {
  try {
    return toFound(stored)
  } catch {
    return undefined
  }
}
function toInfo({ name, versions, createdAtMs, expiresAtMs, readers }: Found): SecretInfo {
  const latest = versions.at(-1)
  const updatedAtMs = latest?.createdAtMs ?? createdAtMs
  return { name, version: latest?.version ?? 0, createdAtMs, updatedAtMs, expiresAtMs, readers }
}

function contextOf(id: string, version: number): KeyContext {
  return { purpose: "ashlar secret", secret: id, version: String(version) }
}

/** @throws {CRYPTO_OPTION_INVALID} {CRYPTO_LIMIT_REACHED} */
function checkValue(value: string): string {
  if (typeof value !== "string" || value === "" || !value.isWellFormed())
    throw new CryptoOptionInvalid("Expected a secret to be a text that is not empty.")
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES)
    throw new CryptoLimitReached(`Expected a secret of at most ${MAX_VALUE_BYTES} bytes.`)
  return value
}
function checkReaders(readers: readonly string[]): void {
  if (!Array.isArray(readers) || readers.length > MAX_READERS || new Set(readers).size !== readers.length)
    throw new CryptoOptionInvalid(`Expected at most ${MAX_READERS} readers, each once.`)
  for (const reader of readers) checkReader(reader)
}
function checkReader(reader: string): string {
  if (typeof reader !== "string" || !/^[\x21-\x7e]{1,128}$/.test(reader))
    throw new CryptoOptionInvalid("Expected a reader of 1 to 128 visible characters, such as service:billing.")
  return reader
}
