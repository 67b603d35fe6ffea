import { systemClock, uuidv7 } from "@ashlar/core"
import type { BusRecord, DeadLetter, Handle } from "../bus-driver.ts"
import { partitionOf } from "../partition.ts"
import type { MemoryEntry } from "./memory-log.ts"

export interface MemoryMember {
  readonly handle: Handle
  isStopping: boolean
  /** What it is handling now. */
  readonly underWay: Set<Promise<void>>
}

/** Nothing in this process is ever taken away from whoever handles it. */
const never: AbortSignal = new AbortController().signal

interface Lane {
  entries: MemoryEntry[]
  /** How many of them are done with; they are cut off in steps. */
  done: number
  isBusy: boolean
}

/** The events that a group has before it, and its members. */
export class MemoryGroup {
  readonly members: Set<MemoryMember> = new Set()
  readonly dead: Map<string, DeadLetter & { readonly record: BusRecord }> = new Map()
  readonly #lanes: readonly Lane[]
  readonly #maxDeadLetters: number
  #turn = 0
  backlog = 0

  constructor(partitions: number, maxDeadLetters: number) {
    this.#lanes = Array.from({ length: partitions }, () => ({ entries: [], done: 0, isBusy: false }))
    this.#maxDeadLetters = maxDeadLetters
  }

  add(entry: MemoryEntry): void {
    const { key, id } = entry.record
    const lane = this.#lanes[partitionOf(key ?? id, this.#lanes.length)]!
    lane.entries.push(entry)
    this.backlog++
    this.#pump(lane)
  }
  pumpAll(): void {
    for (const lane of this.#lanes) this.#pump(lane)
  }

  #pump(lane: Lane): void {
    if (lane.isBusy) return
    lane.isBusy = true
    // Later, as from every other bus: whoever publishes is done with its own work before anybody hears of it.
    queueMicrotask(() => void this.#run(lane))
  }
  async #run(lane: Lane): Promise<void> {
    for (;;) {
      const entry = lane.entries[lane.done]
      const member = entry && this.#nextMember()
      if (entry === undefined || member === undefined) break
      const run = this.#hand(lane, entry, member)
      member.underWay.add(run)
      await run
      member.underWay.delete(run)
    }
    lane.isBusy = false
  }
  async #hand(lane: Lane, entry: MemoryEntry, { handle }: MemoryMember): Promise<void> {
    const deliveries = ++entry.deliveries
    const { record, position } = entry
    const outcome = await handle({ text: record.text, position: String(position), deliveries, signal: never })
    if (outcome === "released") {
      entry.deliveries--
      return
    }
    if (outcome !== "done") this.#bury(record, outcome.dead)
    this.backlog--
    if (++lane.done < 1_024) {
      if (lane.done < lane.entries.length) return
      lane.entries = []
    } else lane.entries = lane.entries.slice(lane.done)
    lane.done = 0
  }
  #bury(record: BusRecord, reason: string): void {
    const id = uuidv7()
    this.dead.set(id, { id, text: record.text, reason, deadMs: systemClock.now(), record })
    const oldest = this.dead.keys().next().value
    if (this.dead.size > this.#maxDeadLetters && oldest !== undefined) this.dead.delete(oldest)
  }
  /** Members in turn. */
  #nextMember(): MemoryMember | undefined {
    const ready = this.members.size === 1 ? [...this.members] : [...this.members].filter((one) => !one.isStopping)
    const member = ready[this.#turn++ % (ready.length || 1)]
    return member?.isStopping ? undefined : member
  }
}
