import type { Unsubscribe } from "./bus.ts"

type Listener = (payload: string) => void

interface Topic {
  readonly listeners: Set<Listener>
  /** Ends when the server has confirmed it. */
  standing: Promise<void>
}

/** What a connection is subscribed to: the server hears of a topic's first listener and of the end of its last. */
export class Topics {
  readonly #topics = new Map<string, Topic>()
  readonly #begin: (topic: string) => Promise<void>
  readonly #end: (topic: string) => Promise<void>

  constructor({ begin, end }: { begin: (topic: string) => Promise<void>; end: (topic: string) => Promise<void> }) {
    this.#begin = begin
    this.#end = end
  }

  async add(topic: string, listener: Listener): Promise<Unsubscribe> {
    const own: Listener = (payload) => listener(payload) // the same function twice is two subscriptions
    const known = this.#topics.get(topic)
    const entry = known ?? { listeners: new Set<Listener>(), standing: this.#begin(topic) }
    entry.listeners.add(own)
    this.#topics.set(topic, entry)
    try {
      await entry.standing
    } catch (error) {
      await this.#remove(topic, entry, own)
      throw error
    }
    return () => this.#remove(topic, entry, own)
  }

  async #remove(topic: string, entry: Topic, listener: Listener): Promise<void> {
    if (!entry.listeners.delete(listener) || entry.listeners.size > 0) return
    if (this.#topics.get(topic) !== entry) return
    this.#topics.delete(topic)
    await this.#end(topic)
  }

  deliver(topic: string, payload: string): void {
    for (const listener of this.#topics.get(topic)?.listeners ?? []) listener(payload)
  }

  /** Subscribes to all again, over a new connection. */
  async resume(): Promise<void> {
    const again = [...this.#topics].map(([topic, entry]) => {
      entry.standing = this.#begin(topic)
      return entry.standing
    })
    await Promise.all(again)
  }

  clear(): void {
    this.#topics.clear()
  }
}
