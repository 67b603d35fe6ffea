/** The members of a value that some schema has looked at. What none has looked at is left to `unevaluatedProperties` and `unevaluatedItems`. */
export class Seen {
  readonly #keys = new Set<string | number>()
  /** Items from the start of a list. */
  #first = 0
  #isAll = false

  add(key: string | number): void {
    this.#keys.add(key)
  }

  addFirst(count: number): void {
    this.#first = Math.max(this.#first, count)
  }

  addAll(): void {
    this.#isAll = true
  }

  has(key: string | number): boolean {
    return this.#isAll || this.#keys.has(key) || (typeof key === "number" && key < this.#first)
  }
}
