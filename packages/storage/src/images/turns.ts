import { ImagesBusy } from "../errors.ts"

/** Lets so many work at once, and so many wait. */
export class Turns {
  readonly #atOnce: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #working = 0

  constructor(atOnce: number, maxWaiting: number) {
    this.#atOnce = atOnce
    this.#maxWaiting = maxWaiting
  }

  /** @throws {STORAGE_IMAGES_BUSY} */
  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#working >= this.#atOnce) {
      if (this.#waiting.length >= this.#maxWaiting) throw new ImagesBusy()
      await new Promise<void>((resolve) => this.#waiting.push(resolve)) // whoever ends gives its place away
    } else this.#working++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#working--
      else next()
    }
  }
}
