import { fetchV12, type RecordsBatch } from "@platformatic/kafka"
import { pause } from "../../pause.ts"
import { asBusFailed } from "../as-bus-failed.ts"
import { Doorbell } from "../doorbell.ts"
import { EARLIEST, type KafkaLink, type KafkaWire, partsByBroker } from "./kafka-link.ts"
import type { KafkaAddress } from "./kafka-settings.ts"

const RETRY_MS = 200
const MAX_RESPONSE_BYTES = 16 * 1024 * 1024
const MAX_PARTITION_BYTES = 1024 * 1024
/** A partition that has so much before its reader is not read on. */
const FULL_BYTES = 1024 * 1024
const OFFSET_OUT_OF_RANGE = 1
const CONTROL_BATCH = 1 << 5

type FetchResponse = ReturnType<typeof fetchV12.parseResponse>

export interface KafkaRecord {
  readonly offset: bigint
  readonly key: string | undefined
  readonly text: string | undefined
  readonly headers: ReadonlyMap<string, string>
  readonly timeMs: number
}

/** What was read of one partition, and is not handled yet. */
export class PartitionBuffer {
  readonly part: number
  readonly bell: Doorbell
  readonly records: KafkaRecord[] = []
  /** The next to be read. */
  offset: bigint
  bytes = 0

  constructor(part: number, offset: bigint, bell: Doorbell) {
    this.part = part
    this.offset = offset
    this.bell = bell
  }

  add(batches: readonly RecordsBatch[]): void {
    const records = recordsOf(batches, this.offset)
    for (const record of records) this.bytes += sizeOf(record)
    this.records.push(...records)
    const last = batches.at(-1)
    if (last !== undefined) this.offset = last.firstOffset + BigInt(last.lastOffsetDelta) + 1n
    if (records.length > 0) this.bell.ring()
  }
  shift(): void {
    const record = this.records.shift()
    if (record !== undefined) this.bytes -= sizeOf(record)
  }
}

function sizeOf({ text = "" }: KafkaRecord): number {
  return text.length + 64
}

/** Without those before an offset, for brokers give whole batches; and without what transactions leave. */
export function recordsOf(batches: readonly RecordsBatch[], from: bigint): KafkaRecord[] {
  return batches.flatMap(({ attributes, firstOffset, firstTimestamp, records }) =>
    (attributes & CONTROL_BATCH) !== 0
      ? []
      : records
          .map(({ offsetDelta, timestampDelta, key, value, headers }) => ({
            offset: firstOffset + BigInt(offsetDelta),
            key: key?.toString(),
            text: value?.toString(),
            headers: new Map(
              (headers as unknown as [Buffer, Buffer | null][]).map(([name, text]) => [
                name.toString(),
                text?.toString() ?? "",
              ]),
            ),
            timeMs: Number(firstTimestamp + timestampDelta),
          }))
          .filter(({ offset }) => offset >= from),
  )
}

/** Reads all partitions that somebody holds, on connections that wait for nothing else. */
export class KafkaReader {
  readonly #link: KafkaLink
  readonly #wire: KafkaWire
  readonly #topic: string
  readonly #maxWaitMs: number
  readonly #onError: (error: unknown) => void
  readonly #buffers = new Map<number, PartitionBuffer>()
  readonly #bell = new Doorbell()
  readonly #over = new AbortController()
  readonly #running: Promise<void>

  constructor(link: KafkaLink, topic: string, maxWaitMs: number, onError: (error: unknown) => void) {
    this.#link = link
    this.#wire = link.wire()
    this.#topic = topic
    this.#maxWaitMs = maxWaitMs
    this.#onError = onError
    this.#running = this.#run()
  }

  open(part: number, offset: bigint, bell: Doorbell = new Doorbell()): PartitionBuffer {
    const buffer = new PartitionBuffer(part, offset, bell)
    this.#buffers.set(part, buffer)
    this.#bell.ring()
    return buffer
  }
  /** Nothing more is read for it. */
  close(buffer: PartitionBuffer): void {
    if (this.#buffers.get(buffer.part) === buffer) this.#buffers.delete(buffer.part)
  }
  /** There is room again. */
  wake(): void {
    this.#bell.ring()
  }
  async stop(): Promise<void> {
    this.#over.abort()
    this.#bell.ring()
    await this.#wire.close()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#over
    while (!signal.aborted) {
      const open = new Map([...this.#buffers].filter(([, { bytes }]) => bytes < FULL_BYTES))
      if (open.size === 0) {
        await this.#bell.wait(1_000)
        continue
      }
      try {
        const leaders = (await asBusFailed("Asking for a topic", () => this.#link.leaders(this.#topic))) ?? []
        const brokers = [...partsByBroker(leaders, (part) => open.has(part))]
        const isRead = await Promise.all(brokers.map(([broker, parts]) => this.#read(broker, parts, open)))
        if (isRead.length === 0 || isRead.includes(false)) await pause(RETRY_MS, signal)
      } catch (error) {
        if (signal.aborted) return
        this.#link.forget(this.#topic)
        this.#onError(error)
        await pause(RETRY_MS, signal)
      }
    }
  }

  /** @returns false when a broker would not give all that was asked for. */
  async #read(
    broker: KafkaAddress,
    parts: readonly number[],
    open: ReadonlyMap<number, PartitionBuffer>,
  ): Promise<boolean> {
    const partitions = parts.map((partition) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset: open.get(partition)!.offset,
      lastFetchedEpoch: -1,
      partitionMaxBytes: MAX_PARTITION_BYTES,
    }))
    const response = await fetchOnce(this.#wire, broker, { topic: this.#topic, partitions, maxWaitMs: this.#maxWaitMs })
    let isWell = true
    for (const { partitionIndex, errorCode, records } of response.responses[0]?.partitions ?? []) {
      const buffer = open.get(partitionIndex)
      if (buffer === undefined || this.#buffers.get(partitionIndex) !== buffer) continue
      if (errorCode === 0) {
        buffer.add(records ?? [])
        continue
      }
      isWell = false
      this.#link.forget(this.#topic)
      if (errorCode === OFFSET_OUT_OF_RANGE) await this.#beginAgain(buffer)
    }
    return isWell
  }
  /** What it was about to read is not kept any more. */
  async #beginAgain(buffer: PartitionBuffer): Promise<void> {
    const offsets = await this.#link.offsets(this.#topic, EARLIEST)
    buffer.offset = offsets[buffer.part] ?? buffer.offset
  }
}

export interface FetchSettings {
  readonly topic: string
  readonly partitions: Parameters<typeof fetchV12.createRequest>[6][number]["partitions"]
  readonly maxWaitMs: number
}

/** One request. What a broker says of single partitions is in the answer. */
export async function fetchOnce(
  wire: KafkaWire,
  broker: KafkaAddress,
  { topic, partitions, maxWaitMs }: FetchSettings,
): Promise<FetchResponse> {
  return await asBusFailed("Reading events", () =>
    wire.call(broker, async (connection) => {
      try {
        return await fetchV12.api.async(
          connection,
          maxWaitMs,
          1,
          MAX_RESPONSE_BYTES,
          0,
          0,
          -1,
          [{ topicId: topic, partitions }],
          [],
          "",
        )
      } catch (error) {
        const { response } = error as { readonly response?: FetchResponse }
        if (response?.errorCode === 0) return response
        throw error
      }
    }),
  )
}
