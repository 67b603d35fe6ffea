import { randomBytes } from "node:crypto"
import type { Clock } from "@ashlar/core"
import { wipe } from "../wipe.ts"
import { BoundedCache, type CacheBounds } from "./bounded-cache.ts"
import { DATA_KEY_BYTES, MESSAGE, unwrapDataKey, WRAPPED_BYTES, wrapDataKey } from "./envelope.ts"
import type { KeyRecord } from "./key.ts"
import type { KeyMaterial } from "./material.ts"
import { Nonces } from "./nonces.ts"

export interface DataKeyBounds extends CacheBounds {
  /** Messages that one data key encrypts at most. */
  readonly maxMessages: number
}

/** A data key that encrypts: of this process alone, and for a while. */
interface OwnKey {
  readonly bytes: Uint8Array
  readonly wrapped: Uint8Array
  readonly nonces: Nonces
  messages: number
}

const NO_CONTEXT = new Uint8Array()

/** Data keys in memory: those that encrypt, and those of what was decrypted lately. Both bounded in time and number. */
export class DataKeys {
  readonly #material: KeyMaterial
  readonly #bounds: DataKeyBounds
  readonly #own: BoundedCache<OwnKey>
  readonly #opened: BoundedCache<Uint8Array>
  readonly #making: Map<string, Promise<void>> = new Map()

  constructor(material: KeyMaterial, bounds: DataKeyBounds, clock: Clock) {
    this.#material = material
    this.#bounds = bounds
    this.#own = new BoundedCache(bounds, clock, ({ bytes }) => wipe(bytes))
    this.#opened = new BoundedCache(bounds, clock, (bytes) => wipe(bytes))
  }

  /** How many are held. */
  get size(): number {
    return this.#own.size + this.#opened.size
  }

  /**
   * Encrypts one message by a data key of the current version.
   * @param reserve Sets one wrapping aside; called for each new data key.
   */
  async seal(
    record: KeyRecord,
    reserve: () => Promise<KeyRecord>,
    work: (key: Pick<OwnKey, "bytes" | "wrapped"> & { readonly nonce: Uint8Array }) => Uint8Array,
  ): Promise<Uint8Array> {
    let own = record
    for (;;) {
      const place = `${own.id}/${own.current}`
      const key = this.#own.get(place)
      const nonce = key !== undefined && key.messages < this.#bounds.maxMessages ? key.nonces.next() : undefined
      if (key !== undefined && nonce !== undefined) {
        key.messages++
        return work({ ...key, nonce })
      }
      this.#own.delete(place)
      const others = this.#making.get(place)
      if (others !== undefined) await others
      else {
        const making = reserve().then((latest) => this.#make(latest))
        const made = making.then(() => undefined).finally(() => this.#making.delete(place))
        this.#making.set(place, made)
        await made
        own = await making
      }
    }
  }
  async #make(record: KeyRecord): Promise<KeyRecord> {
    const bytes = randomBytes(DATA_KEY_BYTES)
    const to = { format: MESSAGE, keyId: record.id, version: record.current, context: NO_CONTEXT } as const
    const wrapped = await this.#material.use(record, record.current, (key) => wrapDataKey(key, bytes, to))
    this.#own.put(`${record.id}/${record.current}`, { bytes, wrapped, nonces: new Nonces(), messages: 0 })
    return record
  }

  /** Decrypts with the data key of a message. @throws {CRYPTO_CIPHERTEXT_INVALID} */
  async open<T>(record: KeyRecord, version: number, sealed: Uint8Array, work: (key: Uint8Array) => T): Promise<T> {
    const wrapped = sealed.subarray(0, WRAPPED_BYTES)
    const place = `${record.id}/${version}/${Buffer.from(wrapped).toString("latin1")}`
    const known = this.#opened.get(place)
    if (known !== undefined) return work(known)
    return await this.#material.use(record, version, (key) => {
      const opened = unwrapDataKey(key, wrapped, NO_CONTEXT)
      this.#opened.put(place, opened)
      return work(opened)
    })
  }

  forget(id: string): void {
    this.#own.deleteAll(`${id}/`)
    this.#opened.deleteAll(`${id}/`)
  }
  sweep(): void {
    this.#own.sweep()
    this.#opened.sweep()
  }
  close(): void {
    this.#own.deleteAll()
    this.#opened.deleteAll()
  }
}
