/** As often as it makes sense to tell other processes of new jobs. */
const PAUSE_MS = 20

/** Rings in other processes: at once, and then as often as makes sense. */
export class FarBell {
  readonly #ring: () => void
  #timer: ReturnType<typeof setTimeout> | undefined
  #isAsked = false

  constructor(ring: () => void) {
    this.#ring = ring
  }

  ring(): void {
    if (this.#timer !== undefined) {
      this.#isAsked = true
      return
    }
    this.#ring()
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#isAsked) this.ring()
    }, PAUSE_MS)
    this.#timer.unref?.()
    this.#isAsked = false
  }
  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isAsked = false
  }
}
