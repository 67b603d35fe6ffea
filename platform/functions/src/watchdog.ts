const BUSY_MS = 50
const IDLE_MS = 250

/** What is looked at. */
export interface Watched {
  /** Does it do something now? */
  readonly busy: boolean
  sample(): void
}

/**
 * Looks at every process: each 50 ms while anything runs, each 250 ms while all only wait. It does not run at all while
 * there is nothing to look at.
 */
export class Watchdog {
  readonly #watched = new Set<Watched>()
  #timer: ReturnType<typeof setTimeout> | undefined
  #intervalMs = 0

  add(watched: Watched): void {
    this.#watched.add(watched)
    this.wake()
  }

  remove(watched: Watched): void {
    this.#watched.delete(watched)
  }

  /** Something begins to run: from here on every 50 ms. */
  wake(): void {
    if (this.#intervalMs === BUSY_MS) return
    clearTimeout(this.#timer)
    this.#schedule(BUSY_MS)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#watched.clear()
  }

  #schedule(ms: number): void {
    this.#intervalMs = ms
    this.#timer = setTimeout(() => this.#look(), ms)
    this.#timer.unref()
  }

  #look(): void {
    let busy = false
    for (const watched of [...this.#watched]) {
      busy ||= watched.busy
      watched.sample()
    }
    this.#intervalMs = 0
    if (this.#watched.size > 0) this.#schedule(busy ? BUSY_MS : IDLE_MS)
  }
}
