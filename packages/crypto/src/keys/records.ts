import type { Clock } from "@ashlar/core"
import { KeyConflict, KeyDestroyed, KeyNotFound } from "../errors.ts"
import type { KeyStore, StoredRecord } from "../stores/store.ts"
import { BoundedCache } from "./bounded-cache.ts"
import { fromStored, type KeyRecord, toStored } from "./key.ts"

const MAX_CACHED = 10_000
const ATTEMPTS = 30

/** Keys as they are stored: read often, and changed as a whole by one who has seen the latest. */
export class KeyRecords {
  readonly store: KeyStore
  readonly #clock: Clock
  readonly #known: BoundedCache<KeyRecord>

  constructor(store: KeyStore, clock: Clock, cacheMs: number) {
    this.store = store
    this.#clock = clock
    this.#known = new BoundedCache({ max: MAX_CACHED, ttlMs: cacheMs }, clock)
  }

  /** As it was a moment ago. @throws {CRYPTO_KEY_NOT_FOUND} */
  async find(tenant: string, name: string): Promise<KeyRecord> {
    const known = this.#known.get(placeOf(tenant, name))
    return known ?? (await this.read(tenant, name))
  }
  /** As it is. @throws {CRYPTO_KEY_NOT_FOUND} */
  async read(tenant: string, name: string): Promise<KeyRecord> {
    const stored = await this.store.find("key", tenant, name)
    if (stored === undefined) throw new KeyNotFound()
    return this.#keep(stored)
  }
  #keep(stored: StoredRecord): KeyRecord {
    const record = fromStored(stored)
    this.#known.put(placeOf(record.tenant, record.name), record)
    return record
  }

  /** @returns undefined when the name is taken. */
  async insert(record: KeyRecord): Promise<KeyRecord | undefined> {
    return (await this.store.insert(toStored(record))) ? this.#keep(toStored(record)) : undefined
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
      const stored = toStored({ ...after, revision: before.revision + 1 })
      if (await this.store.replace(stored)) return this.#keep(stored)
      this.forget(before)
      await new Promise((done) => setTimeout(done, Math.random() * Math.min(100, 4 * attempt)))
    }
    throw new KeyConflict()
  }

  /** Destroys it, if it still is as it was seen. */
  async destroy(record: KeyRecord): Promise<boolean> {
    const versions = record.versions.map((version) => ({ ...version, material: null }))
    const gone = { ...record, state: "destroyed" as const, deletesAtMs: null, grants: [], versions }
    const stored = toStored({ ...gone, revision: record.revision + 1 })
    const isDone = await this.store.replace(stored)
    if (isDone) this.#keep(stored)
    else this.forget(record)
    return isDone
  }

  /** Its time has come: nothing brings it back, though its bytes may still be there. */
  isDue({ deletesAtMs }: KeyRecord): boolean {
    return deletesAtMs !== null && deletesAtMs <= this.#clock.now()
  }
  async due(limit: number): Promise<readonly KeyRecord[]> {
    return (await this.store.due("key", this.#clock.now(), limit)).map(fromStored)
  }
  forget({ tenant, name }: Pick<KeyRecord, "tenant" | "name">): void {
    this.#known.delete(placeOf(tenant, name))
  }
}

function placeOf(tenant: string, name: string): string {
  return `${tenant}\0${name}`
}
