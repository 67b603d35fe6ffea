import { type Ambient, createAmbient } from "@ashlar/core"

/** What one request or one job has done that its later queries depend on. */
export interface Flow {
  /** When it last wrote, by the clock of `performance.now()`; before all time if it did not. */
  wroteAt: number
}

/** Knows who wrote when: each flow of calls for itself, and all code outside of any as one. */
export class Flows {
  readonly #ambient: Ambient<Flow> = createAmbient("flow of calls")
  readonly #others: Flow = { wroteAt: Number.NEGATIVE_INFINITY }

  get current(): Flow {
    return this.#ambient.get() ?? this.#others
  }

  /** Work within another flow belongs to that one. */
  run<T>(work: () => T): T {
    if (this.#ambient.get() !== undefined) return work()
    return this.#ambient.run({ wroteAt: Number.NEGATIVE_INFINITY }, work)
  }
}
