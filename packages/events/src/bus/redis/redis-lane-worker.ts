import type { RedisLink } from "@ashlar/cache/redis"
import { systemClock, uuidv7 } from "@ashlar/core"
import { asBusFailed } from "../as-bus-failed.ts"
import type { Handle } from "../bus-driver.ts"
import type { Lane } from "../lanes/lane-keeper.ts"
import type { RedisKeys } from "./redis-keys.ts"
import type { RedisReader, StreamBuffer } from "./redis-reader.ts"
import { pairsOf, type StreamEntry, textOf, toEntries } from "./redis-replies.ts"
import { BURY } from "./redis-scripts.ts"

const RETRY_MS = 200
/** Events that are done with are acknowledged together; after a crash these come again. */
const MAX_ACKS = 64
const ACK_EVERY_MS = 200

export interface RedisWorkerParts {
  readonly link: RedisLink
  readonly keys: RedisKeys
  readonly reader: RedisReader
  readonly group: string
  readonly member: string
  readonly leaseMs: number
  readonly handle: Handle
  readonly onError: (error: unknown) => void
}

/** Handles the events of one stream for one group, one after the other, as long as this process holds it. */
export class RedisLaneWorker {
  readonly #parts: RedisWorkerParts
  readonly #lane: Lane<true>
  readonly #stream: string
  readonly #over: AbortSignal
  #acks: string[] = []
  #ackedAt = 0
  #sweptAt: number = performance.now()

  constructor(parts: RedisWorkerParts, lane: Lane<true>) {
    this.#parts = parts
    this.#lane = lane
    this.#stream = parts.keys.streams[lane.number]!
    this.#over = AbortSignal.any([lane.lost, lane.stopping])
  }

  async run(): Promise<void> {
    const { reader, onError, keys, group } = this.#parts
    let lastId = "0-0"
    await this.#retrying(async () => {
      await this.#recover()
      lastId = await this.#lastGiven()
    })
    if (this.#over.aborted) return await this.#end([])
    const buffer = reader.open(this.#stream, keys.lane(group, this.#lane.number), lastId)
    const wake = (): void => buffer.bell.ring()
    this.#over.addEventListener("abort", wake)
    try {
      while (!this.#over.aborted)
        try {
          await this.#next(buffer)
        } catch (error) {
          onError(error)
          await buffer.bell.wait(RETRY_MS)
        }
    } finally {
      await reader.close(buffer)
      await this.#end(buffer.entries)
    }
  }

  /** What the group was given last. */
  async #lastGiven(): Promise<string> {
    const groups = ((await this.#send("XINFO", "GROUPS", this.#stream)) as unknown[]).map(pairsOf)
    return String(groups.find((one) => one.get("name") === this.#parts.group)?.get("last-delivered-id") ?? "0-0")
  }

  async #retrying(work: () => Promise<void>): Promise<void> {
    for (;;)
      try {
        return await work()
      } catch (error) {
        if (this.#over.aborted) return
        this.#parts.onError(error)
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
  }

  /**
   * What the one before was given and is not done with. One by one: what kills this process too was counted, and what comes after it was
   * not.
   */
  async #recover(): Promise<void> {
    while (!this.#over.aborted) {
      const pending = (await this.#send("XPENDING", this.#stream, this.#parts.group, "-", "+", "1")) as [
        string,
        string,
        number,
        number,
      ][]
      const [first] = pending
      if (first === undefined) return
      await this.#takeOver(first[0], Number(first[3]) + 1)
      await this.#ack()
    }
  }
  async #takeOver(id: string, deliveries: number): Promise<void> {
    const { group, member } = this.#parts
    const [entry] = toEntries(await this.#send("XCLAIM", this.#stream, group, member, "0", id))
    // It may have been too old to be kept.
    if (entry?.text === undefined) this.#acks.push(id)
    else if (!(await this.#one(entry, deliveries))) await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
  }

  async #next(buffer: StreamBuffer): Promise<void> {
    const entry = buffer.entries[0]
    if (entry === undefined) {
      await this.#ack()
      await this.#sweep(buffer)
      await buffer.bell.wait(this.#parts.leaseMs / 2)
      return
    }
    if (!(await this.#one(entry, 1))) {
      await buffer.bell.wait(RETRY_MS)
      return
    }
    buffer.entries.shift()
    this.#parts.reader.wake()
    if (this.#acks.length >= MAX_ACKS || performance.now() - this.#ackedAt > ACK_EVERY_MS) await this.#ack()
  }

  /** @returns whether it is done with. */
  async #one(entry: StreamEntry, deliveries: number): Promise<boolean> {
    const { group, handle, link, keys } = this.#parts
    if (entry.only !== undefined && entry.only !== group) {
      this.#acks.push(entry.id)
      return true
    }
    const text = textOf(entry)
    const position = keys.streams.map((_, part) => (part === this.#lane.number ? entry.id : "0-0")).join(",")
    const outcome = await handle({ text, position, deliveries, signal: this.#lane.lost })
    if (outcome === "released" || this.#lane.lost.aborted) return false
    if (outcome === "done") {
      this.#acks.push(entry.id)
      return true
    }
    const letter = JSON.stringify({ part: this.#lane.number, deadMs: systemClock.now(), reason: outcome.dead, text })
    await asBusFailed("Keeping a dead letter", () =>
      link.run(BURY, [keys.letters(group), keys.letterIds(group), this.#stream], [group, entry.id, uuidv7(), letter]),
    )
    return true
  }

  async #ack(): Promise<void> {
    const acks = this.#acks
    if (acks.length > 0) await this.#send("XACK", this.#stream, this.#parts.group, ...acks)
    this.#acks = this.#acks.slice(acks.length)
    this.#ackedAt = performance.now()
  }

  /** What an earlier holder was given after it had lost the stream: nobody else would look for it. */
  async #sweep(buffer: StreamBuffer): Promise<void> {
    const { leaseMs, group } = this.#parts
    if (performance.now() - this.#sweptAt < leaseMs || buffer.mayHaveMissed) return
    this.#sweptAt = performance.now()
    const lost = (await this.#send(
      "XPENDING",
      this.#stream,
      group,
      "IDLE",
      String(leaseMs),
      "-",
      buffer.lastId,
      "10",
    )) as [string, string, number, number][]
    for (const [id, , , count] of lost) {
      if (this.#over.aborted || buffer.entries.length > 0) return
      await this.#takeOver(id, Number(count) + 1)
      await this.#ack()
    }
  }

  /** What was not begun counts as never given to anybody. */
  async #end(entries: readonly StreamEntry[]): Promise<void> {
    if (this.#lane.lost.aborted) return
    const { group, member } = this.#parts
    await this.#ack()
    if (entries.length === 0) return
    const ids = entries.map(({ id }) => id)
    await this.#send("XCLAIM", this.#stream, group, member, "0", ...ids, "RETRYCOUNT", "0", "JUSTID")
  }

  async #send(command: string, ...args: readonly string[]): Promise<unknown> {
    return await asBusFailed("Asking Redis", () => this.#parts.link.send(command, ...args))
  }
}
