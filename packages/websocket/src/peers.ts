import type { BusLink, Listening } from "./bus/link.ts"

export interface PeersOptions {
  /** The hub's name: processes are peers within it. */
  readonly name: string
  readonly processId: string
  /** A process that is silent for so long is gone. */
  readonly ttlSeconds: number
}

/** What happens among the processes of a hub. */
export interface PeerEvents {
  /** Something that a peer told this process, or all. */
  note(note: object, peer: string): void
  came(peer: string): void
  /** It said goodbye, or has been silent for too long. */
  went(peer: string): void
}

/** What goes over the bus: who says it, and what. */
interface Said {
  readonly from: string
  readonly say: "hello" | "alive" | "bye" | "note"
  readonly note?: object
}

/** How long the answers to a first hello are waited for: nobody knows yet how many there will be. */
const HELLO_MS = 200
const BEATS_PER_TTL = 3

/** The other processes of a hub: who they are, whether they live, and how to talk to them. */
export class Peers {
  readonly #link: BusLink
  readonly #options: PeersOptions
  readonly #events: PeerEvents
  /** When each was last heard, in milliseconds since the epoch. */
  readonly #heardAt = new Map<string, number>()
  readonly #listenings: Listening[] = []
  #beatAt = 0
  #timer: ReturnType<typeof setInterval> | undefined
  #started: Promise<void> | undefined

  constructor(link: BusLink, options: PeersOptions, events: PeerEvents) {
    this.#link = link
    this.#options = options
    this.#events = events
  }

  /** Ends when those who are there have had the time to say so. Later calls share the first one's promise. */
  start(): Promise<void> {
    this.#started ??= this.#begin()
    return this.#started
  }
  async #begin(): Promise<void> {
    const receive = (payload: string): void => this.#receive(JSON.parse(payload) as Said)
    this.#listenings.push(this.#link.listen(this.#everybody, receive))
    this.#listenings.push(this.#link.listen(this.#inboxOf(this.#options.processId), receive))
    const beatMs = (this.#options.ttlSeconds * 1000) / BEATS_PER_TTL
    this.#beatAt = Date.now()
    this.#timer = setInterval(() => this.#beat(), beatMs)
    this.#timer.unref?.()
    await Promise.all(this.#listenings.map(({ ready }) => ready))
    this.#say(this.#everybody, { say: "hello" })
    await new Promise((resolve) => setTimeout(resolve, HELLO_MS))
  }

  all(): string[] {
    return [...this.#heardAt.keys()]
  }
  tell(peer: string, note: object): void {
    this.#say(this.#inboxOf(peer), { say: "note", note })
  }
  close(): void {
    if (this.#started === undefined) return
    clearInterval(this.#timer)
    this.#say(this.#everybody, { say: "bye" })
    for (const { end } of this.#listenings) end()
  }

  #receive({ from, say, note }: Said): void {
    if (from === this.#options.processId) return
    if (say === "bye") {
      this.#lose(from)
      return
    }
    const isNew = !this.#heardAt.has(from)
    this.#heardAt.set(from, Date.now())
    if (say === "hello") this.#say(this.#inboxOf(from), { say: "alive" })
    if (isNew) this.#events.came(from)
    if (note !== undefined) this.#events.note(note, from)
  }
  #beat(): void {
    this.#say(this.#everybody, { say: "alive" })
    const now = Date.now()
    const ttlMs = this.#options.ttlSeconds * 1000
    const wasAsleep = now - this.#beatAt > ttlMs / 2
    this.#beatAt = now
    // Who has not listened itself cannot say that others were silent.
    if (wasAsleep) for (const peer of this.#heardAt.keys()) this.#heardAt.set(peer, now)
    const silentSince = now - ttlMs
    for (const [peer, heardAt] of this.#heardAt) if (heardAt < silentSince) this.#lose(peer)
  }
  #lose(peer: string): void {
    if (this.#heardAt.delete(peer)) this.#events.went(peer)
  }
  #say(topic: string, said: Omit<Said, "from">): void {
    this.#link.publish(topic, JSON.stringify({ from: this.#options.processId, ...said }))
  }
  get #everybody(): string {
    return `${this.#options.name}/processes`
  }
  #inboxOf(process: string): string {
    return `${this.#options.name}/process/${process}`
  }
}
