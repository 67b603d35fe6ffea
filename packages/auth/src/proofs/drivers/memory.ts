import type { Clock } from "@ashlar/core"
import { AuthClosed, AuthStoreFull } from "../../errors.ts"
import { checkProof } from "../check-proof.ts"
import type { Proof, ProofStore } from "../proof-store.ts"

/** Entries looked at by each `add`, so that those whose time is over go without a timer. */
const SWEEP = 4
const MAX_LISTED = 1_000

/** Proofs of this process. When they are too many, new ones are refused: to forget one could let a code be used twice. */
export class MemoryProofs implements ProofStore {
  readonly #proofs = new Map<string, Proof>()
  readonly #names = new Map<string, Set<string>>()
  readonly #maxEntries: number
  readonly #clock: Clock
  #sweeping: IterableIterator<[string, Proof]> | undefined
  #isClosed = false

  constructor(maxEntries: number, clock: Clock) {
    this.#maxEntries = maxEntries
    this.#clock = clock
  }

  async add(proof: Proof): Promise<boolean> {
    checkProof(proof)
    const nowMs = this.#now()
    this.#sweep(nowMs, SWEEP)
    const { kind, id } = proof
    if (this.#alive(kind, id, nowMs) !== undefined) return false
    this.#delete(nameOf(kind, id))
    if (this.#proofs.size >= this.#maxEntries) this.#sweep(nowMs, this.#proofs.size)
    if (this.#proofs.size >= this.#maxEntries) throw new AuthStoreFull()
    this.#set({ ...proof })
    return true
  }
  async find(kind: string, id: string): Promise<Proof | undefined> {
    return this.#alive(kind, id, this.#now())
  }
  async list(userId: string, kind?: string): Promise<readonly Proof[]> {
    return this.#of(userId, kind === undefined ? undefined : [kind])
      .toSorted((a, b) => a.createdMs - b.createdMs || (a.id < b.id ? -1 : 1))
      .slice(0, MAX_LISTED)
  }
  async raise(kind: string, id: string, counter: number): Promise<boolean> {
    const found = this.#alive(kind, id, this.#now())
    if (found === undefined || found.counter >= counter) return false
    this.#set({ ...found, counter })
    return true
  }
  async count(kind: string, id: string, max: number): Promise<boolean> {
    const found = this.#alive(kind, id, this.#now())
    if (found === undefined || found.counter >= max) return false
    this.#set({ ...found, counter: found.counter + 1 })
    return true
  }
  async replace(kind: string, id: string, { from, to }: { from: string; to: string }): Promise<boolean> {
    const found = this.#alive(kind, id, this.#now())
    if (found === undefined || found.data !== from) return false
    const next = { ...found, data: to }
    checkProof(next)
    this.#set(next)
    return true
  }
  async take(kind: string, id: string): Promise<Proof | undefined> {
    const found = this.#alive(kind, id, this.#now())
    if (found !== undefined) this.#delete(nameOf(kind, id))
    return found
  }
  async removeAll(userId: string, kinds?: readonly string[]): Promise<number> {
    const found = this.#of(userId, kinds)
    for (const { kind, id } of found) this.#delete(nameOf(kind, id))
    return found.length
  }
  async close(): Promise<void> {
    this.#isClosed = true
    this.#proofs.clear()
    this.#names.clear()
  }

  #now(): number {
    if (this.#isClosed) throw new AuthClosed()
    return this.#clock.now()
  }
  #alive(kind: string, id: string, nowMs: number): Proof | undefined {
    const found = this.#proofs.get(nameOf(kind, id))
    return found !== undefined && isAlive(found, nowMs) ? found : undefined
  }
  #of(userId: string, kinds: readonly string[] | undefined): Proof[] {
    const nowMs = this.#now()
    return [...(this.#names.get(userId) ?? [])]
      .flatMap((name) => this.#proofs.get(name) ?? [])
      .filter((proof) => isAlive(proof, nowMs) && (kinds === undefined || kinds.includes(proof.kind)))
  }
  #set(proof: Proof): void {
    const name = nameOf(proof.kind, proof.id)
    this.#proofs.set(name, proof)
    const names = this.#names.get(proof.userId)
    if (names === undefined) this.#names.set(proof.userId, new Set([name]))
    else names.add(name)
  }
  #delete(name: string): void {
    const found = this.#proofs.get(name)
    if (found === undefined) return
    this.#proofs.delete(name)
    const names = this.#names.get(found.userId)
    names?.delete(name)
    if (names?.size === 0) this.#names.delete(found.userId)
  }
  #sweep(nowMs: number, count: number): void {
    for (let at = 0; at < count; at++) {
      this.#sweeping ??= this.#proofs.entries()
      const { done, value } = this.#sweeping.next()
      if (done) this.#sweeping = undefined
      else if (!isAlive(value[1], nowMs)) this.#delete(value[0])
    }
  }
}

function nameOf(kind: string, id: string): string {
  return `${kind}:${id}`
}
function isAlive({ expiresMs }: Proof, nowMs: number): boolean {
  return expiresMs === undefined || expiresMs > nowMs
}
