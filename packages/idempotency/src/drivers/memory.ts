import { type Clock, systemClock } from "@ashlar/core"
import { IdempotencyClosed, IdempotencyStoreFull } from "../errors.ts"
import type { Begun, Claim, IdempotencyStore } from "../store.ts"

interface Entry {
  readonly fingerprint: string
  readonly owner: string
  readonly answer: string | undefined
  readonly untilMs: number
}

export interface MemoryBounds {
  readonly maxEntries: number
  /** Of answers, two bytes for each character. */
  readonly maxBytes: number
}

/** Entries looked at in each `begin`, so that those whose time is over go without a timer. */
const SWEEP = 4

/** Claims and answers of this process. When they are too many, new ones are refused: to forget one would let it run twice. */
export class MemoryStore implements IdempotencyStore {
  readonly #entries = new Map<string, Entry>()
  readonly #bounds: MemoryBounds
  readonly #clock: Clock
  #bytes = 0
  #sweeping: IterableIterator<[string, Entry]> | undefined
  #isClosed = false

  constructor(bounds: MemoryBounds, clock: Clock = systemClock) {
    this.#bounds = bounds
    this.#clock = clock
  }

  async begin({ id, fingerprint, owner }: Claim, leaseMs: number): Promise<Begun> {
    const nowMs = this.#now()
    this.#sweep(nowMs, SWEEP)
    const entry = this.#entries.get(id)
    if (entry !== undefined && entry.untilMs > nowMs) {
      const { fingerprint: first, answer, untilMs } = entry
      if (answer === undefined) return { state: "running", fingerprint: first, leftMs: untilMs - nowMs }
      return { state: "kept", fingerprint: first, answer }
    }
    this.#makeRoom(nowMs)
    this.#set(id, { fingerprint, owner, answer: undefined, untilMs: nowMs + leaseMs })
    return { state: "begun" }
  }
  async extend(claim: Claim, leaseMs: number): Promise<boolean> {
    const nowMs = this.#now()
    const held = this.#held(claim, nowMs)
    if (held !== undefined) this.#set(claim.id, { ...held, untilMs: nowMs + leaseMs })
    return held !== undefined
  }
  async keep(claim: Claim, answer: string, ttlMs: number): Promise<boolean> {
    const nowMs = this.#now()
    const held = this.#held(claim, nowMs)
    if (held !== undefined) this.#set(claim.id, { ...held, answer, untilMs: nowMs + ttlMs })
    return held !== undefined
  }
  async end(claim: Claim): Promise<void> {
    if (this.#held(claim, this.#now()) !== undefined) this.#delete(claim.id)
  }
  async close(): Promise<void> {
    this.#isClosed = true
    this.#entries.clear()
  }

  #now(): number {
    if (this.#isClosed) throw new IdempotencyClosed()
    return this.#clock.now()
  }
  #held({ id, owner }: Claim, nowMs: number): Entry | undefined {
    const entry = this.#entries.get(id)
    const isHeld = entry?.owner === owner && entry.answer === undefined && entry.untilMs > nowMs
    return isHeld ? entry : undefined
  }
  #set(id: string, entry: Entry): void {
    this.#delete(id)
    this.#entries.set(id, entry)
    this.#bytes += sizeOf(entry)
  }
  #delete(id: string): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    this.#entries.delete(id)
    this.#bytes -= sizeOf(entry)
  }
  #makeRoom(nowMs: number): void {
    const { maxEntries, maxBytes } = this.#bounds
    const isFull = () => this.#entries.size >= maxEntries || this.#bytes >= maxBytes
    if (isFull()) this.#sweep(nowMs, this.#entries.size)
    if (isFull()) throw new IdempotencyStoreFull()
  }
  #sweep(nowMs: number, count: number): void {
    for (let at = 0; at < count; at++) {
      this.#sweeping ??= this.#entries.entries()
      const { done, value } = this.#sweeping.next()
      if (done) this.#sweeping = undefined
      else if (value[1].untilMs <= nowMs) this.#delete(value[0])
    }
  }
}

function sizeOf({ answer }: Entry): number {
  return answer === undefined ? 0 : 2 * answer.length
}
