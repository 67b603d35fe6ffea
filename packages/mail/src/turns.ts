import { MailBusy } from "./errors.ts"

/** Lets so many through in a time, and the others wait in line. */
export class RateTurns {
  readonly #messages: number
  readonly #perMs: number
  readonly #maxWaiting: number
  /** When each of the last ones went, the oldest first. */
  readonly #times: number[] = []
  #last: Promise<void> = Promise.resolve()
  #waiting = 0

  constructor({ messages, perMs }: { readonly messages: number; readonly perMs: number }, maxWaiting: number) {
    this.#messages = messages
    this.#perMs = perMs
    this.#maxWaiting = maxWaiting
  }

  /** @throws {MAIL_BUSY} */
  async take(signal: AbortSignal | undefined): Promise<void> {
    if (this.#waiting >= this.#maxWaiting) throw new MailBusy()
    this.#waiting++
    const mine = this.#last.then(() => this.#wait(signal))
    this.#last = mine.catch(() => undefined) // who gave up keeps nobody
    try {
      await mine
    } finally {
      this.#waiting--
    }
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted()
    const oldest = this.#times.length < this.#messages ? undefined : this.#times.shift()
    const pauseMs = oldest === undefined ? 0 : oldest + this.#perMs - Date.now()
    if (pauseMs > 0) await pause(pauseMs, signal)
    this.#times.push(Date.now())
  }
}

export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted()
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop)
      resolve()
    }, ms)
    signal?.addEventListener("abort", stop, { once: true })
  })
}
