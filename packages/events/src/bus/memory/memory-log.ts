import { systemClock } from "@ashlar/core"
import { BusBusy } from "../../errors.ts"
import type { BusRecord, DeadLetter, From } from "../bus-driver.ts"
import { toPosition } from "../position.ts"
import { MemoryGroup } from "./memory-group.ts"

export interface MemoryEntry {
  readonly position: number
  readonly timeMs: number
  readonly record: BusRecord
  deliveries: number
}

export interface MemoryListener {
  hand(entry: MemoryEntry): void
  /** How many events it has before it. */
  readonly backlog: number
}

export interface MemoryOptions {
  readonly maxEvents: number
  readonly maxBacklog: number
  readonly maxDeadLetters: number
}

/** What all who open one name in this process share. */
export class MemoryLog {
  readonly groups: Map<string, MemoryGroup> = new Map()
  readonly listeners: Set<MemoryListener> = new Set()
  readonly partitions: number
  readonly #options: MemoryOptions
  readonly #retainMs: number
  #entries: MemoryEntry[] = []
  #last = 0

  constructor(options: MemoryOptions, partitions: number, retainMs: number) {
    this.#options = options
    this.partitions = partitions
    this.#retainMs = retainMs
  }

  /** All or none. @throws {EVENTS_BUS_BUSY} when a group would have more before it than it may. */
  append(records: readonly BusRecord[]): void {
    const { maxBacklog } = this.#options
    for (const [name, group] of this.groups)
      if (group.backlog + records.length > maxBacklog)
        throw new BusBusy(
          `The group ${name} has ${group.backlog} events before it, and may have ${maxBacklog} (maxBacklog).`,
        )
    for (const { backlog } of this.listeners)
      if (backlog + records.length > maxBacklog)
        throw new BusBusy(`A listener has ${backlog} events before it, and may have ${maxBacklog} (maxBacklog).`)
    const timeMs = systemClock.now()
    for (const record of records) {
      const entry = { position: ++this.#last, timeMs, record, deliveries: 0 }
      this.#entries.push(entry)
      for (const group of this.groups.values()) group.add({ ...entry })
      for (const listener of this.listeners) listener.hand(entry)
    }
    this.#trim(timeMs)
  }
  #trim(nowMs: number): void {
    const { maxEvents } = this.#options
    // In steps: each costs as much as what is kept.
    if (this.#entries.length <= maxEvents * 1.25 && (this.#entries[0]?.timeMs ?? nowMs) >= nowMs - 2 * this.#retainMs)
      return
    this.#entries = this.#kept(nowMs)
  }
  #kept(nowMs: number): MemoryEntry[] {
    const { maxEvents } = this.#options
    return (maxEvents === 0 ? [] : this.#entries.slice(-maxEvents)).filter(
      ({ timeMs }) => timeMs >= nowMs - this.#retainMs,
    )
  }

  /** What is kept of that, the oldest first. */
  since(from: From): readonly MemoryEntry[] {
    if (from === "now") return []
    const kept = this.#kept(systemClock.now())
    if (from === "beginning") return kept
    if ("timeMs" in from) return kept.filter(({ timeMs }) => timeMs >= from.timeMs)
    const last = toPosition(from.position)
    return kept.filter(({ position }) => position > last)
  }

  groupOf(name: string, from: From): MemoryGroup {
    const known = this.groups.get(name)
    if (known !== undefined) return known
    const group = new MemoryGroup(this.partitions, this.#options.maxDeadLetters)
    for (const entry of this.since(from)) group.add({ ...entry })
    this.groups.set(name, group)
    return group
  }
  redrive(group: MemoryGroup, { text }: DeadLetter, record: BusRecord): void {
    group.add({ position: ++this.#last, timeMs: systemClock.now(), record: { ...record, text }, deliveries: 0 })
  }
}
