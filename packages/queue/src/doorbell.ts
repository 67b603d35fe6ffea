/** Lets those who wait for jobs know that there may be some. */
export class Doorbell {
  readonly #waiting: Set<(isRing?: boolean) => void> = new Set()

  ring(): void {
    if (this.#waiting.size === 0) return
    const all = [...this.#waiting]
    this.#waiting.clear()
    for (const wake of all) wake(true)
  }

  /** Resolves when it rings, when the time has passed or the signal aborts. @returns whether it rang. */
  wait(ms: number, signal?: AbortSignal): Promise<boolean> {
    if (ms <= 0 || signal?.aborted) return Promise.resolve(false)
    return new Promise((resolve) => {
      const wake = (isRing?: boolean) => {
        clearTimeout(timer)
        signal?.removeEventListener("abort", stop)
        this.#waiting.delete(wake)
        resolve(isRing === true)
      }
      const stop = () => wake()
      const timer = setTimeout(stop, Math.min(ms, 2_147_483_647))
      signal?.addEventListener("abort", stop, { once: true })
      this.#waiting.add(wake)
    })
  }
}
