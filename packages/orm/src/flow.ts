import { type Ambient, createAmbient } from "@ashlar/core"

/** Beyond it, further texts of one flow are not counted. */
const MAX_TEXTS = 1_000

/** What one request or one job has done that its later queries, and those who watch them, depend on. */
export class Flow {
  /** When it last wrote, by the clock of `performance.now()`; before all time if it did not. */
  wroteAt: number = Number.NEGATIVE_INFINITY
  readonly #counts: Map<string, number> = new Map()

  /** How often this text was run in the flow, this time included. */
  count(text: string): number {
    const count = (this.#counts.get(text) ?? 0) + 1
    if (count > 1 || this.#counts.size < MAX_TEXTS) this.#counts.set(text, count)
    return count
  }
}

/** Knows who did what: each flow of calls for itself, and all code outside of any as one. */
export class Flows {
  readonly #ambient: Ambient<Flow> = createAmbient("flow of calls")
  readonly #others: Flow = new Flow()

  /** The flow of the code that asks; undefined outside of any. */
  get own(): Flow | undefined {
    return this.#ambient.get()
  }

  get current(): Flow {
    return this.own ?? this.#others
  }

  /** Work within another flow belongs to that one. */
  run<T>(work: () => T): T {
    return this.own === undefined ? this.#ambient.run(new Flow(), work) : work()
  }
}
