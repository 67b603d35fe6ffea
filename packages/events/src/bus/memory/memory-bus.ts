import type { DriverUrl } from "@ashlar/core"
import { EventOptionInvalid } from "../../errors.ts"
import type {
  BusDriver,
  BusRecord,
  ConsumeSettings,
  Consuming,
  DeadLetter,
  DeadLetterPage,
  From,
  Handle,
  OpenBusDriver,
} from "../bus-driver.ts"
import type { MemoryMember } from "./memory-group.ts"
import { type MemoryEntry, type MemoryListener, MemoryLog, type MemoryOptions } from "./memory-log.ts"

/** What the buses of one name share, in this process, and how many of them there are. */
const shared = new Map<string, { readonly log: MemoryLog; users: number }>()

/** Opens `memory:name`: one bus for all that say the same name in this process; `memory:` is its opener's own. */
export function open({ name }: DriverUrl, options: MemoryOptions): OpenBusDriver {
  return async (settings) => {
    const key = `${name}/${settings.name}`
    const known = name === "" ? undefined : shared.get(key)
    const place = known ?? { log: new MemoryLog(options, settings.partitions, settings.retainMs), users: 0 }
    if (place.log.partitions !== settings.partitions)
      throw new EventOptionInvalid(
        `Expected ${place.log.partitions} partitions, as the bus was opened with, got ${settings.partitions}.`,
      )
    if (name !== "") shared.set(key, place)
    place.users++
    return new MemoryBus(place.log, () => {
      if (--place.users === 0) shared.delete(key)
    })
  }
}

const never: AbortSignal = new AbortController().signal

class MemoryBus implements BusDriver {
  readonly maxPayloadBytes: number = 64 * 1024 * 1024
  readonly #log: MemoryLog
  readonly #leave: () => void

  constructor(log: MemoryLog, leave: () => void) {
    this.#log = log
    this.#leave = leave
  }

  async publish(records: readonly BusRecord[]): Promise<void> {
    this.#log.append(records)
  }

  async consume({ group: name, from }: ConsumeSettings, handle: Handle): Promise<Consuming> {
    const group = this.#log.groupOf(name, from)
    const member: MemoryMember = { handle, isStopping: false, underWay: new Set() }
    group.members.add(member)
    group.pumpAll()
    return {
      async stop() {
        member.isStopping = true
        while (member.underWay.size > 0) await Promise.all(member.underWay)
        group.members.delete(member)
        group.pumpAll()
      },
    }
  }

  async listen(from: From, handle: Handle): Promise<Consuming> {
    const listener = new Listener(handle)
    for (const entry of this.#log.since(from)) listener.hand(entry)
    this.#log.listeners.add(listener)
    return {
      stop: async () => {
        this.#log.listeners.delete(listener)
        await listener.stop()
      },
    }
  }

  async backlog(group: string): Promise<number | undefined> {
    return this.#log.groups.get(group)?.backlog ?? 0
  }
  async deadLetters(group: string, { limit, after }: DeadLetterPage): Promise<readonly DeadLetter[]> {
    const all = [...(this.#log.groups.get(group)?.dead.values() ?? [])]
    const begin = after === undefined ? 0 : all.findIndex(({ id }) => id > after)
    return begin < 0
      ? []
      : all.slice(begin, begin + limit).map(({ id, text, reason, deadMs }) => ({ id, text, reason, deadMs }))
  }
  async redrive(name: string, ids: readonly string[]): Promise<number> {
    const group = this.#log.groups.get(name)
    let count = 0
    for (const id of ids) {
      const letter = group?.dead.get(id)
      if (group === undefined || letter === undefined) continue
      group.dead.delete(id)
      this.#log.redrive(group, letter, letter.record)
      count++
    }
    return count
  }
  async discard(name: string, ids: readonly string[]): Promise<number> {
    const dead = this.#log.groups.get(name)?.dead
    return ids.filter((id) => dead?.delete(id)).length
  }
  async forget(group: string): Promise<void> {
    this.#log.groups.delete(group)
  }
  async health(): Promise<void> {
    // It is in this process.
  }
  async close(): Promise<void> {
    this.#leave()
  }
}

/** Gets everything, one after the other. */
class Listener implements MemoryListener {
  readonly #handle: Handle
  #last: Promise<void> = Promise.resolve()
  #isStopping = false
  backlog = 0

  constructor(handle: Handle) {
    this.#handle = handle
  }

  hand(entry: MemoryEntry): void {
    this.backlog++
    this.#last = this.#last.then(() => this.#deliver(entry))
  }
  async #deliver({ position, record }: MemoryEntry): Promise<void> {
    for (let deliveries = 1; !this.#isStopping; deliveries++) {
      const outcome = await this.#handle({
        text: record.text,
        position: String(position),
        deliveries,
        signal: never,
      })
      if (outcome !== "released") break
    }
    this.backlog--
  }
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#last
  }
}
