import { type Clock, systemClock } from "@ashlar/core"
import { CacheClosed } from "../errors.ts"
import type { Cells, Decide } from "./cells.ts"

interface Cell<S> {
  state: S
  untilMs: number
}

/** Cells looked at in each change, so that those whose time is over go without a timer. */
const SWEEP = 2

/** Cells of this process. Where there are too many the one that was made first is forgotten. */
export class MemoryCells<S> implements Cells<S> {
  readonly #cells = new Map<string, Cell<S>>()
  readonly #maxCells: number
  readonly #clock: Clock
  #sweeping: IterableIterator<[string, Cell<S>]> | undefined
  #isClosed = false

  constructor(maxCells: number, clock: Clock = systemClock) {
    this.#maxCells = maxCells
    this.#clock = clock
  }

  change<R>(name: string, decide: Decide<S, R>): R {
    if (this.#isClosed) throw new CacheClosed("It was closed")
    const nowMs = this.#clock.now()
    const cell = this.#cells.get(name)
    const { answer, next } = decide(cell === undefined || cell.untilMs <= nowMs ? undefined : cell.state, nowMs)
    if (next === undefined) return answer
    const untilMs = nowMs + next.keepMs
    if (cell !== undefined) {
      cell.state = next.state
      cell.untilMs = untilMs
      return answer
    }
    this.#cells.set(name, { state: next.state, untilMs })
    this.#sweep(nowMs)
    if (this.#cells.size > this.#maxCells) this.#cells.delete(this.#cells.keys().next().value!)
    return answer
  }
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cells.clear()
  }

  #sweep(nowMs: number): void {
    for (let count = 0; count < SWEEP; count++) {
      this.#sweeping ??= this.#cells.entries()
      const { done, value } = this.#sweeping.next()
      if (done) {
        this.#sweeping = undefined
        return
      }
      if (value[1].untilMs <= nowMs) this.#cells.delete(value[0])
    }
  }
}
