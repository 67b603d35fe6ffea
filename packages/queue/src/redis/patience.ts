import type { AshlarError } from "@ashlar/core"

interface Waiting {
  readonly untilMs: number
  readonly late: () => void
}

/** How often it is looked whether somebody waits for too long. */
const LOOK_MS = 100

/** Ends waits that take too long: one timer for all of them, for there are thousands a second. */
export class Patience {
  readonly #waiting = new Set<Waiting>()
  #timer: ReturnType<typeof setInterval> | undefined

  /** @param late What it rejects with, up to a tenth of a second after its time. */
  wait<T>(work: Promise<T>, ms: number, late: () => AshlarError): Promise<T> {
    return new Promise((resolve, reject) => {
      const one: Waiting = {
        untilMs: performance.now() + ms,
        late: () => {
          this.#waiting.delete(one)
          reject(late())
        },
      }
      this.#waiting.add(one)
      this.#timer ??= setInterval(() => this.#look(), LOOK_MS)
      work.then(
        (value) => {
          this.#waiting.delete(one)
          resolve(value)
        },
        (error) => {
          this.#waiting.delete(one)
          reject(error)
        },
      )
    })
  }

  #look(): void {
    const nowMs = performance.now()
    for (const one of this.#waiting) if (one.untilMs < nowMs) one.late()
    if (this.#waiting.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
