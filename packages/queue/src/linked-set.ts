/** What stands in a {@link LinkedSet} knows its neighbours. */
export interface Linked<T> {
  before: T | undefined
  after: T | undefined
  isIn: boolean
}

/** A set in the order in which things came, each of which is in one such set at most: it needs no table, which a `Set` builds anew as they come and go. */
export class LinkedSet<T extends Linked<T>> {
  #first: T | undefined
  #last: T | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  add(item: T): void {
    const last = this.#last
    item.isIn = true
    item.before = last
    if (last === undefined) this.#first = item
    else last.after = item
    this.#last = item
    this.#size++
  }

  /** @returns whether it was there. */
  delete(item: T): boolean {
    if (!item.isIn) return false
    const { before, after } = item
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
    item.isIn = false
    item.before = undefined
    item.after = undefined
    this.#size--
    return true
  }

  /** The one at hand may be deleted meanwhile; others may not. */
  *[Symbol.iterator](): Generator<T> {
    for (let item = this.#first; item !== undefined; ) {
      const { after }: Linked<T> = item
      yield item
      item = after
    }
  }
}
