import { type Clock, systemClock } from "@ashlar/core"
import { audited, type KeyAudit } from "../audit.ts"
import { CryptoClosed, CryptoLimitReached, CryptoOptionInvalid } from "../errors.ts"
import type { RootKey } from "../root-keys/root-key.ts"
import type { KeyStore } from "../stores/store.ts"
import { makeMaterial } from "./algorithms.ts"
import { DataKeys } from "./data-keys.ts"
import { type KeyAlgorithm, type KeyRecord, MAX_VERSIONS } from "./key.ts"
import { KeyMaterial } from "./material.ts"
import { KeyRecords } from "./records.ts"

export interface KeysOptions {
  /** Every key that is used is opened by it. Its URL, or what `openRootKey` opened. */
  readonly root: string | RootKey
  /** Where keys are kept: `memory:`, `sqlite:path`, `postgres://…`, `mysql://…`, or a store. */
  readonly store: string | KeyStore
  /** Former roots, until `rewrapRoot` is done. */
  readonly former?: readonly (string | RootKey)[]
  /** Whose keys they are. Default: `app`. */
  readonly tenant?: string
  /** Where it is written what is done with keys. Default: nowhere. */
  readonly audit?: KeyAudit
  /** Whether each use of a key is written too, and not only changes and refusals. Default: false. */
  readonly auditUses?: boolean
  /** How long opened keys and data keys stay in memory at most, 1,000 to 3,600,000. Default: 300,000, five minutes. */
  readonly keyTtlMs?: number
  /** How many of each at most, 1 to 100,000. Default: 1,000. */
  readonly maxKeys?: number
  /** Messages that one data key encrypts at most, 1 to 2^32. Default: 65,536. */
  readonly maxMessagesPerDataKey?: number
  /** Data keys that one version wraps before the key is rotated, 1 to 2^32. Default: 2^32. */
  readonly maxDataKeysPerVersion?: number
  /** How long what others changed of a key may go unseen, 0 to 60,000. Default: 5,000. */
  readonly recordTtlMs?: number
  readonly clock?: Clock
}

/** Wrappings that a process sets aside at once; those it does not need are lost with it. */
const BLOCK = 64
const GCM_LIMIT = 2 ** 32
const SWEEP_MS = 30_000

/** What all tenants and callers share. */
export class KeyCore {
  readonly records: KeyRecords
  readonly material: KeyMaterial
  readonly dataKeys: DataKeys
  readonly clock: Clock
  readonly audit: KeyAudit | undefined
  readonly auditUses: boolean
  readonly #limit: number
  readonly #left: Map<string, number> = new Map()
  readonly #timer: ReturnType<typeof setInterval>
  #isClosed = false

  constructor(options: KeysOptions, roots: readonly [RootKey, ...RootKey[]], store: KeyStore) {
    const { clock = systemClock, audit, auditUses = false } = options
    const ttlMs = bounded(options.keyTtlMs ?? 300_000, "keyTtlMs", { min: 1_000, max: 3_600_000 })
    const max = bounded(options.maxKeys ?? 1_000, "maxKeys", { min: 1, max: 100_000 })
    const maxMessages = bounded(options.maxMessagesPerDataKey ?? 65_536, "maxMessagesPerDataKey", LIMITS)
    this.#limit = bounded(options.maxDataKeysPerVersion ?? GCM_LIMIT, "maxDataKeysPerVersion", LIMITS)
    const recordTtlMs = bounded(options.recordTtlMs ?? 5_000, "recordTtlMs", { min: 0, max: 60_000 })
    this.material = new KeyMaterial(roots, { max, ttlMs }, clock)
    this.records = new KeyRecords(store, this.material, { clock, cacheMs: recordTtlMs })
    this.dataKeys = new DataKeys(this.material, { max, ttlMs, maxMessages }, clock)
    this.clock = clock
    this.audit = audit
    this.auditUses = auditUses
    this.#timer = setInterval(() => this.sweep(), SWEEP_MS)
    if (typeof this.#timer === "object") this.#timer.unref()
  }

  checkOpen(): void {
    if (this.#isClosed) throw new CryptoClosed()
  }

  /** Overwrites what is too old to be used, also when nobody asks for it. */
  sweep(): void {
    this.material.sweep()
    this.dataKeys.sweep()
  }

  /**
   * Sets one wrapping of the current version aside, in the store first, so that no number of processes and crashes makes more than
   * the limit. A version that is worn out, or too old, makes way for a new one.
   */
  async reserve(record: KeyRecord): Promise<KeyRecord> {
    const latest = await this.records.find(record.tenant, record.name)
    const place = `${latest.id}/${latest.current}`
    const left = this.#left.get(place) ?? 0
    if (left > 0 && !this.#isWorn(latest)) {
      this.#left.set(place, left - 1)
      return latest
    }
    let block = 0
    let isRotated = false
    const changed = await this.records.change(record, async (before) => {
      isRotated = this.#isWorn(before)
      const fresh = isRotated ? await this.withNewVersion(before) : before
      const { reserved } = fresh.versions.at(-1)!
      block = Math.min(BLOCK, this.#limit - reserved)
      return {
        ...fresh,
        versions: fresh.versions.with(-1, { ...fresh.versions.at(-1)!, reserved: reserved + block }),
      }
    })
    this.#left.delete(place)
    this.#left.set(`${changed.id}/${changed.current}`, block - 1)
    if (changed.current !== record.current) this.forget(changed)
    const { tenant, name, current: version } = changed
    const about = { atMs: this.clock.now(), action: "key.auto-rotate", tenant, name, version, caller: null }
    return isRotated ? await audited(this.audit, about, async () => changed) : changed
  }
  #isWorn(record: KeyRecord): boolean {
    const { reserved, createdAtMs } = record.versions.at(-1)!
    const isOld = record.rotateEveryMs !== null && this.clock.now() - createdAtMs >= record.rotateEveryMs
    const left = this.#left.get(`${record.id}/${record.current}`) ?? 0
    return isOld || (reserved >= this.#limit && left === 0)
  }

  /** @throws {CRYPTO_LIMIT_REACHED} */
  async withNewVersion(record: KeyRecord): Promise<KeyRecord> {
    if (record.versions.length >= MAX_VERSIONS)
      throw new CryptoLimitReached(`A key has at most ${MAX_VERSIONS} versions. Make another key.`)
    const version = record.current + 1
    return { ...record, current: version, versions: [...record.versions, await this.newVersion(record, version)] }
  }
  async newVersion(
    record: Pick<KeyRecord, "id" | "tenant" | "modulusBits"> & { readonly algorithm: KeyAlgorithm },
    version: number,
  ): Promise<KeyRecord["versions"][number]> {
    const bytes = await makeMaterial(record.algorithm, record.modulusBits ?? 0)
    const wrapped = await this.material.wrap(record, version, bytes)
    return { version, createdAtMs: this.clock.now(), reserved: 0, ...wrapped }
  }

  /** Nothing of this key stays in memory. */
  forget({ id }: Pick<KeyRecord, "id">): void {
    this.material.forget(id)
    this.dataKeys.forget(id)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#timer)
    this.dataKeys.close()
    await this.material.close()
    await this.records.store.close()
  }
}

const LIMITS = { min: 1, max: GCM_LIMIT } as const

/** @throws {CRYPTO_OPTION_INVALID} */
export function bounded(
  value: number,
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  if (!Number.isSafeInteger(value) || value < min || value > max)
    throw new CryptoOptionInvalid(`Expected \`${name}\` to be a whole number from ${min} to ${max}, got ${value}.`)
  return value
}
