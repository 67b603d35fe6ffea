/** The last few of many. */
export class Ring<T> {
  readonly #size: number
  readonly #items: T[] = []

  constructor(size: number) {
    this.#size = size
  }

  push(item: T): void {
    this.#items.push(item)
    if (this.#items.length > this.#size) this.#items.shift()
  }

  /** The oldest first. */
  get items(): readonly T[] {
    return this.#items
  }
}
