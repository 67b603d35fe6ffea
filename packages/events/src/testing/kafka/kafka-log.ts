import { crc32c, WireReader } from "./wire.ts"

/** What a broker answers with. @see https://kafka.apache.org/protocol#protocol_error_codes */
export const KafkaError = {
  none: 0,
  offsetOutOfRange: 1,
  corruptMessage: 2,
  unknownTopic: 3,
  messageTooLarge: 10,
  illegalGeneration: 22,
  unknownMember: 25,
  invalidSessionTimeout: 26,
  rebalanceInProgress: 27,
  topicExists: 36,
  unsupportedVersion: 35,
  outOfOrderSequence: 45,
  invalidProducerEpoch: 47,
  saslAuthenticationFailed: 58,
  nonEmptyGroup: 68,
  groupNotFound: 69,
  memberIdRequired: 79,
  invalidRecord: 87,
} as const

/** As brokers are set up by default: of a batch, in bytes. */
const MAX_MESSAGE_BYTES = 1_048_588
const BATCH_HEADER_BYTES = 61
/** So many batches of a producer a broker remembers. */
const REMEMBERED_BATCHES = 5

interface Batch {
  readonly base: bigint
  readonly last: bigint
  readonly bytes: Buffer
  /** Of each record, by its place. */
  readonly timestamps: readonly bigint[]
}
interface Sequence {
  readonly first: number
  readonly last: number
  readonly base: bigint
}

export interface Appended {
  readonly error: number
  readonly base: bigint
}

/** One partition: batches as producers wrote them, with the offsets that they got. */
export class KafkaPartition {
  readonly #batches: Batch[] = []
  readonly #producers = new Map<bigint, { epoch: number; readonly batches: Sequence[] }>()
  readonly #waiting = new Set<() => void>()
  readonly #maxBytes: number
  start = 0n
  end = 0n

  constructor(maxBytes: number = MAX_MESSAGE_BYTES) {
    this.#maxBytes = maxBytes
  }

  append(sent: Buffer): Appended {
    const refused = (error: number): Appended => ({ error, base: -1n })
    if (sent.length > this.#maxBytes) return refused(KafkaError.messageTooLarge)
    if (sent.length < BATCH_HEADER_BYTES) return refused(KafkaError.corruptMessage)
    const reader = new WireReader(sent, 8)
    const length = reader.int32()
    reader.int32()
    const magic = reader.int8()
    const crc = reader.int32() >>> 0
    // One batch a partition and request, as of version 3 of Produce.
    if (magic !== 2 || length !== sent.length - 12) return refused(KafkaError.invalidRecord)
    if (crc !== crc32c(sent.subarray(21))) return refused(KafkaError.corruptMessage)
    const attributes = reader.int16()
    const lastDelta = reader.int32()
    const firstTimestamp = reader.int64()
    reader.int64()
    const [producer, epoch, firstSequence, count] = [reader.int64(), reader.int16(), reader.int32(), reader.int32()]
    if ((attributes & 7) !== 0 || count !== lastDelta + 1 || count < 1) return refused(KafkaError.invalidRecord)
    const known = this.#sequence(producer, epoch, firstSequence, count)
    if (known !== undefined) return known
    const timestamps = timestampsOf(reader, firstTimestamp, count)
    const bytes = Buffer.from(sent)
    const base = this.end
    bytes.writeBigInt64BE(base, 0)
    this.end = base + BigInt(count)
    this.#batches.push({ base, last: this.end - 1n, bytes, timestamps })
    for (const wake of this.#waiting) wake()
    return { error: KafkaError.none, base }
  }

  /** @returns what is to be answered when it is not to be appended: again what was appended before, or out of order. */
  #sequence(producer: bigint, epoch: number, first: number, count: number): Appended | undefined {
    if (producer < 0n) return undefined
    const state = this.#producers.get(producer) ?? { epoch, batches: [] }
    this.#producers.set(producer, state)
    if (epoch < state.epoch) return { error: KafkaError.invalidProducerEpoch, base: -1n }
    if (epoch > state.epoch) {
      state.epoch = epoch
      state.batches.length = 0
    }
    const last = first + count - 1
    const same = state.batches.find((one) => one.first === first && one.last === last)
    if (same !== undefined) return { error: KafkaError.none, base: same.base }
    const before = state.batches.at(-1)
    if (first !== (before === undefined ? 0 : before.last + 1))
      return { error: KafkaError.outOfOrderSequence, base: -1n }
    state.batches.push({ first, last, base: this.end })
    if (state.batches.length > REMEMBERED_BATCHES) state.batches.shift()
    return undefined
  }

  /** Whole batches from the one that has the offset; the first is there even when it is too large. */
  read(offset: bigint, maxBytes: number): Buffer {
    const parts: Buffer[] = []
    let size = 0
    for (const { last, bytes } of this.#batches) {
      if (last < offset) continue
      if (parts.length > 0 && size + bytes.length > maxBytes) break
      parts.push(bytes)
      size += bytes.length
    }
    return Buffer.concat(parts)
  }
  /** Keeps nothing from before an offset, as when it has grown too old. */
  trim(offset: bigint): void {
    this.start = offset
    while (this.#batches[0] !== undefined && this.#batches[0].last < offset) this.#batches.shift()
  }
  /** The first record that is not before a time. */
  find(timestamp: bigint): { readonly offset: bigint; readonly timestamp: bigint } | undefined {
    for (const { base, timestamps } of this.#batches) {
      const at = timestamps.findIndex((one) => one >= timestamp)
      if (at >= 0) return { offset: base + BigInt(at), timestamp: timestamps[at]! }
    }
    return undefined
  }
  /** Calls back once when something is appended. @returns what ends the wait. */
  onAppend(wake: () => void): () => void {
    this.#waiting.add(wake)
    return () => this.#waiting.delete(wake)
  }
}

function timestampsOf(reader: WireReader, first: bigint, count: number): bigint[] {
  return Array.from({ length: count }, () => {
    const length = reader.varint()
    const end = reader.at + length
    reader.int8()
    const timestamp = first + BigInt(reader.varint())
    reader.raw(end - reader.at)
    return timestamp
  })
}

export interface KafkaTopic {
  readonly name: string
  readonly id: string
  readonly partitions: readonly KafkaPartition[]
}
