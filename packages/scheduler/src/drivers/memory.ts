import { type Clock, systemClock } from "@ashlar/core"
import { SchedulerClosed } from "../errors.ts"
import type { Ended, ScheduleState } from "../state.ts"
import type { Decide, SchedulerStore, Snapshot } from "../store.ts"

/** Schedules in the memory of this process: what is known of them is gone with it. */
export class MemoryStore implements SchedulerStore {
  readonly #clock: Clock
  readonly #states = new Map<string, ScheduleState>()
  readonly #histories = new Map<string, Ended[]>()
  #isClosed = false

  constructor(clock: Clock = systemClock) {
    this.#clock = clock
  }

  async read(prefix: string): Promise<Snapshot> {
    this.#check()
    const states = new Map([...this.#states].filter(([key]) => key.startsWith(prefix)))
    return { nowMs: this.#clock.now(), states }
  }
  async change<R>(key: string, keep: number, decide: Decide<R>): Promise<R> {
    this.#check()
    const { answer, next, ended = [] } = decide(this.#states.get(key), this.#clock.now())
    if (next !== undefined) this.#states.set(key, next)
    if (ended.length > 0) this.#histories.set(key, [...(this.#histories.get(key) ?? []), ...ended].slice(-keep))
    return answer
  }
  async history(key: string, limit: number): Promise<readonly Ended[]> {
    this.#check()
    return (this.#histories.get(key) ?? []).slice(-limit).toReversed()
  }
  async remove(key: string): Promise<boolean> {
    this.#check()
    this.#histories.delete(key)
    return this.#states.delete(key)
  }
  async close(): Promise<void> {
    this.#isClosed = true
  }
  #check(): void {
    if (this.#isClosed) throw new SchedulerClosed()
  }
}

/** Those who say the same name share their schedules; `memory:` is its opener's own. */
const shared = new Map<string, MemoryStore>()

export function openMemory(name: string): SchedulerStore {
  if (name === "") return new MemoryStore()
  const known = shared.get(name) ?? new MemoryStore()
  shared.set(name, known)
  // It may be used by others, and is gone with the process.
  return {
    read: (prefix) => known.read(prefix),
    change: (key, keep, decide) => known.change(key, keep, decide),
    history: (key, limit) => known.history(key, limit),
    remove: (key) => known.remove(key),
    close: async () => undefined,
  }
}
