import { pause } from "../../pause.ts"
import type { Handle } from "../bus-driver.ts"
import type { KafkaReader, KafkaRecord, PartitionBuffer } from "./kafka-reader.ts"
import { ONLY_HEADER } from "./kafka-settings.ts"

const RETRY_MS = 200
const IDLE_MS = 5_000

/** Where a group is in a partition: what it is handed next, and how often that was handed out before, without an outcome. */
export interface LaneStart {
  readonly offset: bigint
  readonly given: number
}

export interface KafkaLaneParts {
  readonly part: number
  readonly partitions: number
  readonly group: string
  readonly reader: KafkaReader
  readonly handle: Handle
  readonly commit: (part: number, start: LaneStart) => Promise<void>
  readonly bury: (part: number, record: KafkaRecord, reason: string) => Promise<void>
  readonly onError: (error: unknown) => void
  /** Aborts when it may be another's. */
  readonly lost: AbortSignal
  /** Aborts when it should be given back after what is being done. */
  readonly stopping: AbortSignal
}

/**
 * Handles the events of one partition for one group, one after the other, as long as this member holds it. Before an event is handed out, what
 * came before it is committed, and with it how often this one was handed out: whoever comes after a crash knows what killed its predecessors.
 */
export class KafkaLane {
  readonly #parts: KafkaLaneParts
  readonly #over: AbortSignal
  readonly #buffer: PartitionBuffer
  /** What the group has, as far as it is known here. */
  #place: LaneStart
  #isCommitted = true
  readonly done: Promise<void>

  constructor(parts: KafkaLaneParts, start: LaneStart) {
    this.#parts = parts
    this.#place = start
    this.#over = AbortSignal.any([parts.lost, parts.stopping])
    this.#buffer = parts.reader.open(parts.part, start.offset)
    this.done = this.#run()
  }

  async #run(): Promise<void> {
    const wake = (): void => this.#buffer.bell.ring()
    this.#over.addEventListener("abort", wake)
    while (!this.#over.aborted)
      try {
        await this.#next()
      } catch (error) {
        if (!this.#parts.lost.aborted) this.#parts.onError(error)
        await pause(RETRY_MS, this.#over)
      }
    this.#parts.reader.close(this.#buffer)
    try {
      if (!this.#parts.lost.aborted) await this.#commit()
    } catch (error) {
      this.#parts.onError(error) // what is not committed comes again
    }
  }

  async #next(): Promise<void> {
    const { group, reader, lost } = this.#parts
    const record = this.#buffer.records[0]
    if (record === undefined) {
      await this.#commit()
      // Events may have come while that was on its way.
      if (this.#buffer.records.length === 0 && !this.#over.aborted) await this.#buffer.bell.wait(IDLE_MS)
      return
    }
    const only = record.headers.get(ONLY_HEADER) ?? ""
    const isForUs = record.text !== undefined && (only === "" || only === group)
    if (isForUs && !(await this.#one(record, record.text!))) return
    if (lost.aborted) return
    this.#move({ offset: record.offset + 1n, given: 0 })
    this.#buffer.shift()
    reader.wake()
  }

  /** @returns whether it is done with. */
  async #one(record: KafkaRecord, text: string): Promise<boolean> {
    const { part, partitions, handle, lost } = this.#parts
    const before = record.offset === this.#place.offset ? this.#place.given : 0
    this.#move({ offset: record.offset, given: before + 1 })
    await this.#commit()
    if (this.#over.aborted) {
      this.#move({ offset: record.offset, given: before })
      return false
    }
    const position = positionOf(Array.from({ length: partitions }, (_, at) => (at === part ? record.offset + 1n : 0n)))
    const outcome = await handle({ text, position, deliveries: before + 1, signal: lost })
    if (outcome === "done") return true
    if (outcome === "released") {
      this.#move({ offset: record.offset, given: before })
      await pause(RETRY_MS, this.#over)
      return false
    }
    await this.#bury(record, outcome.dead)
    return true
  }
  async #bury(record: KafkaRecord, reason: string): Promise<void> {
    const { part, bury, lost, onError } = this.#parts
    while (!lost.aborted)
      try {
        return await bury(part, record, reason)
      } catch (error) {
        onError(error)
        await pause(RETRY_MS, lost)
      }
  }

  #move(place: LaneStart): void {
    this.#place = place
    this.#isCommitted = false
  }
  async #commit(): Promise<void> {
    if (this.#isCommitted) return
    const place = this.#place
    await this.#parts.commit(this.#parts.part, place)
    if (place === this.#place) this.#isCommitted = true
  }
}

/** The next offset of each partition. */
export function positionOf(offsets: readonly bigint[]): string {
  return offsets.join(",")
}
