import { type Clock, systemClock } from "@ashlar/core"
import { OAuthStoreFailed } from "../../errors.ts"
import type { NewRecord, OAuthStore, RecordKind, StoredRecord } from "./store.ts"

interface Cell {
  body: string
  version: number
  untilMs: number
}

const MAX_RECORDS = 500_000
/** Of all bodies, in UTF-16 units: half of the bytes at most. */
const MAX_UNITS = 128 * 1024 * 1024
const MAX_LISTED = 1_000
/** Records looked at in each write, so that those whose time is over go without a timer. */
const SWEEP = 3

/** Keeps the state of a server in this process. It ends with it. */
export class MemoryStore implements OAuthStore {
  readonly #kinds = new Map<RecordKind, Map<string, Cell>>()
  readonly #clock: Clock
  readonly #maxRecords: number
  #count = 0
  #units = 0
  #version = 0
  #sweeping: Iterator<readonly [Map<string, Cell>, string, Cell]> | undefined

  constructor(clock: Clock = systemClock, maxRecords: number = MAX_RECORDS) {
    this.#clock = clock
    this.#maxRecords = maxRecords
  }

  async add({ kind, id, body, untilMs }: NewRecord): Promise<boolean> {
    this.#sweep(SWEEP)
    if (this.#find(kind, id) !== undefined) return false
    if (this.#isFull()) this.#sweep(this.#count)
    if (this.#isFull()) throw new OAuthStoreFailed("The memory holds as many records as it may.")
    const cells = this.#kinds.get(kind) ?? new Map<string, Cell>()
    this.#kinds.set(kind, cells)
    cells.set(id, { body, version: ++this.#version, untilMs })
    this.#count++
    this.#units += body.length
    return true
  }
  async get(kind: RecordKind, id: string): Promise<StoredRecord | undefined> {
    const cell = this.#find(kind, id)
    return cell && { id, body: cell.body, version: cell.version }
  }
  async change({ kind, id, body, untilMs }: NewRecord, version: number): Promise<boolean> {
    const cell = this.#find(kind, id)
    if (cell?.version !== version) return false
    this.#units += body.length - cell.body.length
    Object.assign(cell, { body, untilMs, version: ++this.#version })
    return true
  }
  async remove(kind: RecordKind, id: string): Promise<boolean> {
    if (this.#find(kind, id) === undefined) return false
    this.#drop(this.#kinds.get(kind)!, id)
    return true
  }
  async list(kind: RecordKind): Promise<readonly StoredRecord[]> {
    const found: StoredRecord[] = []
    for (const id of this.#kinds.get(kind)?.keys() ?? []) {
      const cell = this.#find(kind, id)
      if (cell !== undefined) found.push({ id, body: cell.body, version: cell.version })
      if (found.length === MAX_LISTED) break
    }
    return found
  }
  async close(): Promise<void> {
    this.#kinds.clear()
    this.#count = 0
    this.#units = 0
  }

  #isFull(): boolean {
    return this.#count >= this.#maxRecords || this.#units >= MAX_UNITS
  }
  #find(kind: RecordKind, id: string): Cell | undefined {
    const cells = this.#kinds.get(kind)
    const cell = cells?.get(id)
    if (cells === undefined || cell === undefined || cell.untilMs > this.#clock.now()) return cell
    this.#drop(cells, id)
    return undefined
  }
  #drop(cells: Map<string, Cell>, id: string): void {
    const cell = cells.get(id)
    if (cell === undefined) return
    cells.delete(id)
    this.#count--
    this.#units -= cell.body.length
  }
  *#each(): Generator<readonly [Map<string, Cell>, string, Cell]> {
    for (const cells of this.#kinds.values()) for (const [id, cell] of cells) yield [cells, id, cell]
  }
  #sweep(count: number): void {
    const nowMs = this.#clock.now()
    for (let at = 0; at < count; at++) {
      this.#sweeping ??= this.#each()
      const { done, value } = this.#sweeping.next()
      if (done) {
        this.#sweeping = undefined
        return
      }
      if (value[2].untilMs <= nowMs) this.#drop(value[0], value[1])
    }
  }
}
