import type { DriverUrl } from "@ashlar/core"
import { BusFailed } from "../errors.ts"
import type { Bus, Unsubscribe } from "./bus.ts"
import { Topics } from "./topics.ts"

/** What the buses of one name share, in this process. */
const shared = new Map<string, Set<MemoryBus>>()

/** Opens `memory:name`: one bus for all that say the same name in this process; `memory:` is its opener's own. */
export function open({ name }: DriverUrl): Bus {
  return new MemoryBus(name)
}

class MemoryBus implements Bus {
  readonly #name: string
  readonly #peers: Set<MemoryBus>
  readonly #topics = new Topics({ begin: async () => undefined, end: async () => undefined })
  #isClosed = false

  constructor(name: string) {
    this.#name = name
    this.#peers = (name === "" ? undefined : shared.get(name)) ?? new Set()
    this.#peers.add(this)
    if (name !== "") shared.set(name, this.#peers)
  }

  async publish(topic: string, payload: string): Promise<void> {
    this.#check()
    // Later, as from every other bus: whoever publishes is done with its own work before anybody hears of it.
    for (const peer of this.#peers) queueMicrotask(() => peer.#topics.deliver(topic, payload))
  }
  async subscribe(topic: string, listener: (payload: string) => void): Promise<Unsubscribe> {
    this.#check()
    return await this.#topics.add(topic, listener)
  }
  onResume(): void {
    // There is no connection to lose.
  }
  async close(): Promise<void> {
    this.#isClosed = true
    this.#topics.clear()
    this.#peers.delete(this)
    if (this.#peers.size === 0) shared.delete(this.#name)
  }
  #check(): void {
    if (this.#isClosed) throw new BusFailed("The bus is closed")
  }
}
