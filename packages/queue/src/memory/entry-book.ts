import { LinkedSet } from "../linked-set.ts"
import type { Entry } from "./entry.ts"

/** All entries. They are found by their ids once somebody looks for one: to note that of each costs a tenth of a job. */
export class EntryBook {
  readonly #all: LinkedSet<Entry> = new LinkedSet()
  #byId: Map<string, Entry> | undefined

  get size(): number {
    return this.#all.size
  }
  add(entry: Entry): void {
    this.#all.add(entry)
    this.#byId?.set(entry.job.id, entry)
  }
  delete(entry: Entry): void {
    this.#all.delete(entry)
    this.#byId?.delete(entry.job.id)
  }
  has(entry: Entry): boolean {
    return entry.isIn
  }
  values(): Iterable<Entry> {
    return this.#all
  }
  get(id: string): Entry | undefined {
    this.#byId ??= new Map(Array.from(this.#all, (entry) => [entry.job.id, entry]))
    return this.#byId.get(id)
  }
}
