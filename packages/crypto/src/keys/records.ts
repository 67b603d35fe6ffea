import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto"
import type { Clock } from "@ashlar/core"
import { KeyConflict, KeyDestroyed, KeyNotFound, KeyRecordInvalid } from "../errors.ts"
import type { KeyStore, StoredRecord } from "../stores/store.ts"
import { BoundedCache } from "./bounded-cache.ts"
import { fromStored, type KeyRecord, textOf, toStored } from "./key.ts"
import type { KeyMaterial } from "./material.ts"

const MAX_CACHED = 10_000
const ATTEMPTS = 30

/**
 * Keys as they are stored: read often, and changed as a whole by one who has seen the latest. What a record says (its state, grants,
 * minimum version …) is sealed by a key derived from its current version: who can write to the store and lacks the root cannot
 * change it unseen.
 */
export class KeyRecords {
  readonly store: KeyStore
  readonly #material: KeyMaterial
  readonly #clock: Clock
  readonly #known: BoundedCache<KeyRecord>

  constructor(
    store: KeyStore,
    material: KeyMaterial,
    { clock, cacheMs }: { readonly clock: Clock; readonly cacheMs: number },
  ) {
    this.store = store
    this.#material = material
    this.#clock = clock
    this.#known = new BoundedCache({ max: MAX_CACHED, ttlMs: cacheMs }, clock)
  }

  /** As it was a moment ago. @throws {CRYPTO_KEY_NOT_FOUND} */
  async find(tenant: string, name: string): Promise<KeyRecord> {
    const known = this.#known.get(placeOf(tenant, name))
    return known ?? (await this.read(tenant, name))
  }
  /** As it is. @throws {CRYPTO_KEY_NOT_FOUND} {CRYPTO_RECORD_INVALID} when it is not as it was written */
  async read(tenant: string, name: string): Promise<KeyRecord> {
    const stored = await this.#find(tenant, name)
    const { record, seal } = fromStored(stored)
    // Nothing can be done with a destroyed one, whoever says that it is.
    if (record.state !== "destroyed" && !isSame(seal, await this.#seal(record)))
      throw new KeyRecordInvalid("A key in the store is not as it was written: somebody changed it.")
    return this.#keep(record)
  }
  /** As it says, for what is the same whether that is true or not: to destroy it. @throws {CRYPTO_KEY_NOT_FOUND} */
  async peek(tenant: string, name: string): Promise<KeyRecord> {
    return fromStored(await this.#find(tenant, name)).record
  }
  async #find(tenant: string, name: string): Promise<StoredRecord> {
    const stored = await this.store.find("key", tenant, name)
    if (stored === undefined) throw new KeyNotFound()
    return stored
  }
  /** @see RFC 5869 (HKDF with SHA-256), RFC 2104 */
  async #seal(record: KeyRecord): Promise<string> {
    const text = textOf(record)
    return await this.#material.use(record, record.current, (bytes) => {
      const key = new Uint8Array(hkdfSync("sha256", bytes, new Uint8Array(), "ashlar key record 1", 32))
      const seal = createHmac("sha256", key).update(text).digest("base64")
      key.fill(0)
      return seal
    })
  }
  #keep(record: KeyRecord): KeyRecord {
    this.#known.put(placeOf(record.tenant, record.name), record)
    return record
  }

  /** @returns undefined when the name is taken. */
  async insert(record: KeyRecord): Promise<KeyRecord | undefined> {
    const stored = toStored(record, await this.#seal(record))
    return (await this.store.insert(stored)) ? this.#keep(fromStored(stored).record) : undefined
  }

  /**
   * Changes it in one step, whoever changes it meanwhile: `decide` is asked again with what they left. What it returns as it was is
   * not written.
   * @throws {CRYPTO_KEY_NOT_FOUND} {CRYPTO_CONFLICT} {CRYPTO_KEY_DESTROYED}
   */
  async change(
    { tenant, name }: Pick<KeyRecord, "tenant" | "name">,
    decide: (record: KeyRecord) => KeyRecord | Promise<KeyRecord>,
  ): Promise<KeyRecord> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const before = await this.read(tenant, name)
      if (before.state === "destroyed" || this.isDue(before)) throw new KeyDestroyed()
      const after = await decide(before)
      if (after === before) return before
      const next = { ...after, revision: before.revision + 1 }
      const stored = toStored(next, await this.#seal(next))
      if (await this.store.replace(stored)) return this.#keep(fromStored(stored).record)
      this.forget(before)
      await new Promise((done) => setTimeout(done, Math.random() * Math.min(100, 4 * attempt)))
    }
    throw new KeyConflict()
  }

  /** Destroys it, if it still is as it was seen. */
  async destroy(record: KeyRecord): Promise<boolean> {
    const versions = record.versions.map((version) => ({ ...version, material: null }))
    const gone = { ...record, state: "destroyed" as const, deletesAtMs: null, grants: [], versions }
    const next = { ...gone, revision: record.revision + 1 }
    const isDone = await this.store.replace(toStored(next, null))
    if (isDone) this.#keep(next)
    else this.forget(record)
    return isDone
  }

  /** Its time has come: nothing brings it back, though its bytes may still be there. */
  isDue({ deletesAtMs }: KeyRecord): boolean {
    return deletesAtMs !== null && deletesAtMs <= this.#clock.now()
  }
  async due(limit: number): Promise<readonly StoredRecord[]> {
    return await this.store.due("key", this.#clock.now(), limit)
  }
  forget({ tenant, name }: Pick<KeyRecord, "tenant" | "name">): void {
    this.#known.delete(placeOf(tenant, name))
  }
}

function isSame(seal: string | null, expected: string): boolean {
  const [one, other] = [Buffer.from(String(seal)), Buffer.from(expected)]
  return one.length === other.length && timingSafeEqual(one, other)
}

function placeOf(tenant: string, name: string): string {
  return `${tenant}\0${name}`
}
