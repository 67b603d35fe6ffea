import { type MessageToProduce, ProduceAcks, Producer } from "@platformatic/kafka"
import type { KafkaClientSettings } from "./kafka-settings.ts"

/** What goes to a topic. A value of `null` takes away what had the key, where the topic is compacted. */
export interface KafkaMessage {
  readonly topic: string
  readonly partition: number
  readonly key: string | undefined
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
}

/** Of what goes out together: one partition's part of it is one batch, which brokers bound (1 MiB). */
const MAX_BATCH_BYTES = 512 * 1024
const MAX_BATCH_RECORDS = 500
/** What a record needs besides its parts, generously. */
const RECORD_BYTES = 128
const RETRIES = 3
const RETRY_MS = 200

interface Waiting {
  readonly message: KafkaMessage
  readonly bytes: number
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Sends one batch at a time, and with it all that came meanwhile: what is tried again can so change no order. The broker knows the producer and
 * the number of each batch, and takes one that it has got for done.
 */
export class KafkaPublisher {
  readonly #producer: Producer<Buffer, Buffer, Buffer, Buffer>
  readonly #waiting: Waiting[] = []
  #isSending = false

  constructor({ brokers, connection }: KafkaClientSettings, timeoutMs: number) {
    this.#producer = new Producer({
      clientId: "ashlar-events",
      bootstrapBrokers: [...brokers],
      ...connection,
      timeout: timeoutMs,
      retries: RETRIES,
      retryDelay: RETRY_MS,
      acks: ProduceAcks.ALL,
      idempotent: true,
      autocreateTopics: false,
    })
    this.#producer.on("error", () => undefined) // it comes back from what met it
  }

  async publish(messages: readonly KafkaMessage[]): Promise<void> {
    const sent = messages.map(
      (message) =>
        new Promise<void>((resolve, reject) => {
          const bytes = RECORD_BYTES + Buffer.byteLength(message.value ?? "") + Buffer.byteLength(message.key ?? "")
          this.#waiting.push({ message, bytes, resolve, reject })
        }),
    )
    if (!this.#isSending) void this.#send()
    const outcomes = await Promise.allSettled(sent)
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason
  }

  async #send(): Promise<void> {
    this.#isSending = true
    while (this.#waiting.length > 0) {
      const batch = this.#take()
      try {
        await this.#producer.send({ messages: batch.map(({ message }) => toRecord(message)) })
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#isSending = false
  }
  #take(): Waiting[] {
    let [count, bytes] = [1, this.#waiting[0]!.bytes]
    for (; count < Math.min(this.#waiting.length, MAX_BATCH_RECORDS); count++) {
      bytes += this.#waiting[count]!.bytes
      if (bytes > MAX_BATCH_BYTES) break
    }
    return this.#waiting.splice(0, count)
  }

  async close(): Promise<void> {
    await this.#producer.close()
  }
}

function toRecord({
  topic,
  partition,
  key,
  value,
  headers,
}: KafkaMessage): MessageToProduce<Buffer, Buffer, Buffer, Buffer> {
  return {
    topic,
    partition,
    ...(key !== undefined && { key: Buffer.from(key) }),
    // The client's types know no message without a value, which is what takes one away.
    value: (value === null ? null : Buffer.from(value)) as Buffer,
    headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
  }
}
