import type { Clock } from "@ashlar/core"
import { AuthClosed, AuthStoreFailed, AuthStoreFull } from "../errors.ts"
import type { RecordStore, StoredRecord } from "./record-store.ts"

export interface MemoryRecordsOptions {
  readonly maxEntries: number
}

/** Records looked at in each `insert`, so that those whose time is over go without a timer. */
const SWEEP = 4

/** Records of this process. When they are too many new ones are refused: to forget one would sign somebody out. */
export class MemoryRecords implements RecordStore {
  readonly #records = new Map<string, StoredRecord>()
  readonly #owned = new Map<string, Set<string>>()
  readonly #maxEntries: number
  readonly #clock: Clock
  #sweeping: IterableIterator<StoredRecord> | undefined
  #isClosed = false

  constructor({ maxEntries }: MemoryRecordsOptions, clock: Clock) {
    this.#maxEntries = maxEntries
    this.#clock = clock
  }

  async insert(record: StoredRecord): Promise<void> {
    this.#check()
    this.#insert(record)
  }
  find(key: string): StoredRecord | undefined {
    this.#check()
    return this.#records.get(key)
  }
  async change(record: StoredRecord): Promise<boolean> {
    this.#check()
    const known = this.#records.get(record.key)
    if (known?.version !== record.version) return false
    this.#records.set(record.key, { ...record, owner: known.owner, version: record.version + 1 })
    return true
  }
  async replace(key: string, record: StoredRecord): Promise<boolean> {
    this.#check()
    const known = this.#records.get(key)
    if (known === undefined) return false
    this.#delete(known)
    this.#insert(record)
    return true
  }
  async remove(key: string): Promise<boolean> {
    this.#check()
    const known = this.#records.get(key)
    if (known !== undefined) this.#delete(known)
    return known !== undefined
  }
  async list(owner: string): Promise<readonly StoredRecord[]> {
    this.#check()
    return [...(this.#owned.get(owner) ?? [])].map((key) => this.#records.get(key)!)
  }
  async removeOwned(owner: string, exceptKey?: string): Promise<number> {
    const all = (await this.list(owner)).filter(({ key }) => key !== exceptKey)
    for (const record of all) this.#delete(record)
    return all.length
  }
  async close(): Promise<void> {
    this.#isClosed = true
    this.#records.clear()
    this.#owned.clear()
  }

  #check(): void {
    if (this.#isClosed) throw new AuthClosed()
  }
  #insert(record: StoredRecord): void {
    if (this.#records.has(record.key)) throw new AuthStoreFailed("There is a record of this key.")
    this.#sweep(SWEEP)
    if (this.#records.size >= this.#maxEntries) this.#sweep(this.#records.size)
    if (this.#records.size >= this.#maxEntries) throw new AuthStoreFull()
    this.#records.set(record.key, record)
    const owned = this.#owned.get(record.owner)
    if (owned === undefined) this.#owned.set(record.owner, new Set([record.key]))
    else owned.add(record.key)
  }
  #delete({ key, owner }: StoredRecord): void {
    this.#records.delete(key)
    const owned = this.#owned.get(owner)
    owned?.delete(key)
    if (owned?.size === 0) this.#owned.delete(owner)
  }
  #sweep(count: number): void {
    const nowMs = this.#clock.now()
    for (let at = 0; at < count; at++) {
      this.#sweeping ??= this.#records.values()
      const { done, value } = this.#sweeping.next()
      if (done === true) this.#sweeping = undefined
      else if (value.untilMs <= nowMs) this.#delete(value)
    }
  }
}
