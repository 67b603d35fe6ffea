import type { RedisLink } from "@ashlar/cache/redis"
import { asBusFailed } from "../as-bus-failed.ts"
import { Doorbell } from "../doorbell.ts"
import { type StreamEntry, toEntriesByStream } from "./redis-replies.ts"
import { TAKE } from "./redis-scripts.ts"

/** How long one read waits at the server; so long it takes at most until a stream that comes is read too. */
const BLOCK_MS = 250
const COUNT = 32
/** A stream whose reader has so many before it is not read on. */
const FULL = 64
const RETRY_MS = 200

/** What was read of one stream for a group, and is not handled yet. */
export class StreamBuffer {
  readonly stream: string
  /** The key of whoever holds it. */
  readonly lane: string
  readonly bell: Doorbell = new Doorbell()
  readonly entries: StreamEntry[] = []
  /** The last that was read. */
  lastId: string
  /** A read may have been lost on its way: what this consumer was given after `lastId` is asked for again. */
  mayHaveMissed = false

  constructor(stream: string, lane: string, lastId: string) {
    this.stream = stream
    this.lane = lane
    this.lastId = lastId
  }

  add(entries: readonly StreamEntry[]): void {
    if (entries.length === 0) return
    this.entries.push(...entries)
    this.lastId = entries.at(-1)!.id
    this.bell.ring()
  }
}

/** Reads all streams that one member of a group holds, on a connection that waits for nothing else. */
export class RedisReader {
  readonly #link: RedisLink
  readonly #group: string
  readonly #member: string
  readonly #onError: (error: unknown) => void
  readonly #buffers = new Map<string, StreamBuffer>()
  readonly #bell = new Doorbell()
  #reading: Promise<void> = Promise.resolve()
  #isOver = false
  readonly #running: Promise<void>

  constructor(link: RedisLink, group: string, member: string, onError: (error: unknown) => void) {
    this.#link = link
    this.#group = group
    this.#member = member
    this.#onError = onError
    this.#running = this.#run()
  }

  /** @param lastId What the group was given last. */
  open(stream: string, lane: string, lastId: string): StreamBuffer {
    const buffer = new StreamBuffer(stream, lane, lastId)
    this.#buffers.set(stream, buffer)
    this.#bell.ring()
    return buffer
  }
  /** Nothing more is added to the buffer once this has resolved. */
  async close(buffer: StreamBuffer): Promise<void> {
    if (this.#buffers.get(buffer.stream) === buffer) this.#buffers.delete(buffer.stream)
    await this.#reading
  }
  /** There is room again. */
  wake(): void {
    this.#bell.ring()
  }
  async stop(): Promise<void> {
    this.#isOver = true
    this.#bell.ring()
    await this.#running
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const open = [...this.#buffers.values()].filter(({ entries }) => entries.length < FULL)
      if (open.length === 0) {
        await this.#bell.wait(1_000)
        continue
      }
      this.#reading = this.#read(open)
      await this.#reading
    }
  }
  async #read(open: readonly StreamBuffer[]): Promise<void> {
    const missed = open.filter(({ mayHaveMissed }) => mayHaveMissed)
    try {
      if (missed.length > 0) {
        await this.#askAgain(missed)
        for (const buffer of missed) buffer.mayHaveMissed = false
      } else if ((await this.#isThereMore(open)) && !(await this.#take(open))) await this.#bell.wait(RETRY_MS)
    } catch (error) {
      for (const buffer of this.#buffers.values()) buffer.mayHaveMissed = true
      this.#onError(error)
      await this.#bell.wait(RETRY_MS)
    }
  }
  /** Waits for news, and takes nothing. */
  async #isThereMore(buffers: readonly StreamBuffer[]): Promise<boolean> {
    const streams = buffers.map(({ stream }) => stream)
    const after = buffers.map(({ lastId }) => lastId)
    const news = await asBusFailed("Waiting for events", () =>
      this.#link.send("XREAD", "COUNT", "1", "BLOCK", String(BLOCK_MS), "STREAMS", ...streams, ...after),
    )
    return news !== null && news !== undefined
  }
  /** @returns whether there was something for this member: not when another holds what it was about. */
  async #take(buffers: readonly StreamBuffer[]): Promise<boolean> {
    const keys = buffers.flatMap(({ lane, stream }) => [lane, stream])
    return this.#add(
      buffers,
      await asBusFailed("Reading events", () => this.#link.run(TAKE, keys, [this.#group, this.#member, String(COUNT)])),
    )
  }
  /** What this member was given after what it knows of. */
  async #askAgain(buffers: readonly StreamBuffer[]): Promise<void> {
    const streams = buffers.map(({ stream }) => stream)
    const after = buffers.map(({ lastId }) => lastId)
    const group = ["GROUP", this.#group, this.#member, "COUNT", "1000"]
    this.#add(
      buffers,
      await asBusFailed("Reading events", () =>
        this.#link.send("XREADGROUP", ...group, "STREAMS", ...streams, ...after),
      ),
    )
  }
  #add(buffers: readonly StreamBuffer[], reply: unknown): boolean {
    const entries = toEntriesByStream(reply)
    for (const buffer of buffers) buffer.add(entries.get(buffer.stream) ?? [])
    return entries.size > 0
  }
}
