import { pause } from "../../pause.ts"
import type { Handle } from "../bus-driver.ts"
import { Doorbell } from "../doorbell.ts"
import { positionOf } from "./kafka-lane.ts"
import type { KafkaReader, PartitionBuffer } from "./kafka-reader.ts"
import { ONLY_HEADER } from "./kafka-settings.ts"

const RETRY_MS = 200
const IDLE_MS = 5_000
/** Nobody else is ever given what a listener has. */
const NEVER = new AbortController().signal

/** Hands out what comes in all partitions, one after the other. */
export class KafkaListener {
  readonly #reader: KafkaReader
  readonly #handle: Handle
  readonly #bell = new Doorbell()
  readonly #buffers: readonly PartitionBuffer[]
  /** The next to be handed out, in each partition. */
  readonly #next: bigint[]
  readonly #over = new AbortController()
  readonly #running: Promise<void>

  constructor(reader: KafkaReader, offsets: readonly bigint[], handle: Handle) {
    this.#reader = reader
    this.#handle = handle
    this.#next = [...offsets]
    this.#buffers = offsets.map((offset, part) => reader.open(part, offset, this.#bell))
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#over.abort()
    this.#bell.ring()
    await this.#running
    await this.#reader.stop()
  }

  async #run(): Promise<void> {
    while (!this.#over.signal.aborted) {
      const full = this.#buffers.filter(({ records }) => records.length > 0)
      if (full.length === 0) await this.#bell.wait(IDLE_MS)
      for (const buffer of full) if (!this.#over.signal.aborted) await this.#one(buffer)
    }
  }
  async #one(buffer: PartitionBuffer): Promise<void> {
    const { text, headers, offset } = buffer.records[0]!
    const next = this.#next.with(buffer.part, offset + 1n)
    if (text !== undefined && !headers.has(ONLY_HEADER)) {
      const { signal } = this.#over
      const outcome = await this.#handle({ text, position: positionOf(next), deliveries: 1, signal: NEVER })
      if (outcome === "released") return void (await pause(RETRY_MS, signal))
    }
    this.#next[buffer.part] = offset + 1n
    buffer.shift()
    this.#reader.wake()
  }
}
