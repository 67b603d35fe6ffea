import { type Entry, isBefore } from "./entry.ts"
import { Heap } from "./heap.ts"

/** Entries of one priority that wait. One that is no longer `waiting` was removed, and is passed over. */
class Bucket {
  /** Those that came in the order in which they leave: most. */
  readonly #line: (Entry | undefined)[] = []
  #head = 0
  readonly #heap: Heap<Entry> = new Heap(isBefore)

  push(entry: Entry): void {
    const last = this.#line.at(-1)
    if (this.#head === this.#line.length || (last !== undefined && isBefore(last, entry))) this.#line.push(entry)
    else this.#heap.push(entry)
  }

  peek(): Entry | undefined {
    while (this.#head < this.#line.length && this.#line[this.#head]!.state !== "waiting") this.#advance()
    while (this.#heap.size > 0 && this.#heap.peek()!.state !== "waiting") this.#heap.pop()
    const first = this.#line[this.#head]
    const other = this.#heap.peek()
    if (first === undefined || other === undefined) return first ?? other
    return isBefore(other, first) ? other : first
  }

  /** Takes out what `peek` gave. */
  take(entry: Entry): void {
    if (this.#line[this.#head] === entry) this.#advance()
    else this.#heap.pop()
  }

  #advance(): void {
    this.#line[this.#head++] = undefined
    if (this.#head === this.#line.length) {
      this.#line.length = 0
      this.#head = 0
    } else if (this.#head >= 1_024 && this.#head * 2 >= this.#line.length) {
      this.#line.splice(0, this.#head)
      this.#head = 0
    }
  }
}

/** Entries that wait, by priority and turn. */
export class ReadyList {
  /** The greatest first. */
  #priorities: number[] = []
  readonly #buckets: Map<number, Bucket> = new Map()

  push(entry: Entry): void {
    const { priority } = entry.job
    let bucket = this.#buckets.get(priority)
    if (bucket === undefined) {
      bucket = new Bucket()
      this.#buckets.set(priority, bucket)
      this.#priorities = [...this.#priorities, priority].toSorted((a, b) => b - a)
    }
    bucket.push(entry)
  }

  peek(): Entry | undefined {
    for (const priority of this.#priorities) {
      const entry = this.#buckets.get(priority)!.peek()
      if (entry !== undefined) return entry
    }
    return undefined
  }

  take(entry: Entry): void {
    this.#buckets.get(entry.job.priority)!.take(entry)
  }
}
