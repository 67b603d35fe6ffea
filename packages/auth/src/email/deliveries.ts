import { AuthBusy } from "../errors.ts"

/** Sends behind the caller's back, so that nobody learns by the time of an answer whether anything was sent. */
export class Deliveries<T> {
  readonly #deliver: (message: T) => unknown
  readonly #onError: (error: unknown) => void
  readonly #max: number
  readonly #going = new Set<Promise<void>>()

  constructor(deliver: (message: T) => unknown, { max, onError }: { max: number; onError: (error: unknown) => void }) {
    this.#deliver = deliver
    this.#onError = onError
    this.#max = max
  }

  /** @throws {AUTH_BUSY} when too much is on its way, whether there is something to send or not. */
  check(): void {
    if (this.#going.size >= this.#max) throw new AuthBusy(undefined, { details: { retryAfterSeconds: 5 } })
  }
  send(message: T | undefined): void {
    const going = new Promise<void>((resolve) => setImmediate(resolve))
      .then(async () => {
        if (message !== undefined) await this.#deliver(message)
      })
      .catch(this.#onError)
      .finally(() => this.#going.delete(going))
    this.#going.add(going)
  }
  /** Resolves when all that was to be sent has been, or failed. */
  async settled(): Promise<void> {
    while (this.#going.size > 0) await Promise.all(this.#going)
  }
}
