import { OrmConnectionLost } from "../errors.ts"

/** Over the server's own limit for a statement: what is silent for longer is no longer there. */
const GRACE_MS = 2_000

interface Waiting {
  readonly since: number
  readonly giveUp: (error: unknown) => void
}

/**
 * Waits for the answers of one connection, whose server stops what takes too long by itself. One that vanished without a word, behind a
 * firewall that forgot the connection, is given up, and its session ended. One timer looks after all answers: a timer for each would
 * cost more than to ask.
 */
export class SilenceWatch {
  readonly #limitMs: number
  readonly #kill: () => Promise<void>
  readonly #waiting: Set<Waiting> = new Set()
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param limitMs The server's own limit; 0 for none, and then this waits for ever too. */
  constructor(limitMs: number, kill: () => Promise<void>) {
    this.#limitMs = limitMs
    this.#kill = kill
  }

  /** What the work gives. @throws {ORM_CONNECTION_LOST} */
  answer<T>(work: Promise<T>): Promise<T> {
    if (this.#limitMs === 0) return work
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { since: performance.now(), giveUp: reject }
      this.#waiting.add(waiting)
      if (this.#timer === undefined) this.#look(this.#limitMs + GRACE_MS)
      work.then(
        (answer) => {
          this.#waiting.delete(waiting)
          resolve(answer)
        },
        (error) => {
          this.#waiting.delete(waiting)
          reject(error)
        },
      )
    })
  }

  /** No timer outlives the connection. */
  end(): void {
    clearTimeout(this.#timer)
  }

  #look(afterMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      // The first is the one that has waited longest.
      const [oldest] = this.#waiting
      if (oldest === undefined) return
      const leftMs = oldest.since + this.#limitMs + GRACE_MS - performance.now()
      if (leftMs > 0) this.#look(leftMs)
      else this.#giveUp()
    }, afterMs)
    // The socket keeps the process alive while something is asked.
    this.#timer.unref?.()
  }

  #giveUp(): void {
    const silentMs = this.#limitMs + GRACE_MS
    const error = new OrmConnectionLost(`The database has not answered for ${silentMs} ms, and was given up.`)
    for (const { giveUp } of this.#waiting) giveUp(error)
    this.#waiting.clear()
    this.#kill().catch(() => undefined)
  }
}
