/** Lets those who wait for jobs know that there may be some. */
export class Doorbell {
  readonly #waiting: Set<() => void> = new Set()

  ring(): void {
    if (this.#waiting.size === 0) return
    const all = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of all) wake()
  }

  /** Resolves when it rings, when the time has passed or the signal aborts. */
  wait(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        signal?.removeEventListener("abort", wake)
        this.#waiting.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, Math.min(ms, 2_147_483_647))
      signal?.addEventListener("abort", wake, { once: true })
      this.#waiting.add(wake)
    })
  }
}
