/** Wakes those who wait for something to do. A ring that nobody waited for is kept for the next who does. */
export class Doorbell {
  #isRung = false
  #waiting: (() => void)[] = []

  ring(): void {
    this.#isRung = true
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
  }
  /** Ends when it rings, or the time has passed. */
  async wait(ms: number): Promise<void> {
    if (!this.#isRung)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          this.#waiting = this.#waiting.filter((one) => one !== wake)
          resolve()
        }, ms)
        const wake = (): void => {
          clearTimeout(timer)
          resolve()
        }
        this.#waiting.push(wake)
      })
    this.#isRung = false
  }
}
