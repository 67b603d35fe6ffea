import type { WebSocketConnection } from "@ashlar/http/upgrade"

/**
 * What happens on one connection, one thing after the other: the next hook begins when the promise of the one before has
 * settled. While something waits, nothing more is read from the client, so that it feels that it is too fast.
 */
export class Turns {
  readonly #connection: WebSocketConnection
  readonly #waiting: (() => void | Promise<void>)[] = []
  #isPaused = false

  constructor(connection: WebSocketConnection) {
    this.#connection = connection
  }

  /** Work for later. It must not throw, and its promise must not reject. */
  push(work: () => void | Promise<void>): void {
    this.#waiting.push(work)
    if (this.#isPaused || !this.#connection.isOpen) return
    this.#isPaused = true
    this.#connection.pause()
  }

  /** Waits for work that has begun, then does what came meanwhile. Whoever calls it makes new turns when it has ended. */
  async wait(pending: Promise<void>): Promise<void> {
    await pending
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) await next()
    if (this.#isPaused && this.#connection.isOpen) this.#connection.resume()
    this.#isPaused = false
  }
}
