import { uuidv7 } from "@ashlar/core"
import type { DeadLetter, DeadLetterPage } from "../bus-driver.ts"
import { EARLIEST, type KafkaLink, LATEST } from "./kafka-link.ts"
import type { KafkaMessage, KafkaPublisher } from "./kafka-publisher.ts"
import { fetchOnce, type KafkaRecord, recordsOf } from "./kafka-reader.ts"
import {
  CONTENT_TYPE_HEADER,
  KEY_HEADER,
  ONLY_HEADER,
  PART_HEADER,
  REASON_HEADER,
  STRUCTURED,
} from "./kafka-settings.ts"

/** So many are looked at: a topic has no index. */
const MAX_LOOKED_AT = 10_000
const MAX_WAIT_MS = 100
const PARTITION_BYTES = 4 * 1024 * 1024

export interface LetterTopic {
  readonly topic: string
  readonly group: string
}

interface Letter extends DeadLetter {
  readonly key: string | undefined
  readonly part: number
}

/** Dead letters of a group in a topic of one partition, by their ids; what is done with is overwritten by nothing, and compacted away. */
export class KafkaLetters {
  readonly #link: KafkaLink
  readonly #publisher: KafkaPublisher
  readonly #events: string

  constructor(link: KafkaLink, publisher: KafkaPublisher, events: string) {
    this.#link = link
    this.#publisher = publisher
    this.#events = events
  }

  async bury({ topic }: LetterTopic, part: number, { text = "", key }: KafkaRecord, reason: string): Promise<void> {
    const headers = {
      [CONTENT_TYPE_HEADER]: STRUCTURED,
      [REASON_HEADER]: reason,
      [PART_HEADER]: String(part),
      ...(key !== undefined && { [KEY_HEADER]: key }),
    }
    await this.#publisher.publish([{ topic, partition: 0, key: uuidv7(), value: text, headers }])
  }

  async list({ topic }: LetterTopic, { limit, after = "" }: DeadLetterPage): Promise<readonly DeadLetter[]> {
    const letters = [...(await this.#read(topic)).values()].toSorted((a, b) => (a.id < b.id ? -1 : 1))
    return letters
      .filter(({ id }) => id > after)
      .slice(0, limit)
      .map(({ id, text, reason, deadMs }) => ({ id, text, reason, deadMs }))
  }
  async redrive({ topic, group }: LetterTopic, ids: readonly string[]): Promise<number> {
    return await this.#take(topic, ids, (letters) =>
      this.#publisher.publish(
        letters.map(({ key, part, text }) => ({
          topic: this.#events,
          partition: part,
          key,
          value: text,
          headers: { [CONTENT_TYPE_HEADER]: STRUCTURED, [ONLY_HEADER]: group },
        })),
      ),
    )
  }
  async discard({ topic }: LetterTopic, ids: readonly string[]): Promise<number> {
    return await this.#take(topic, ids, async () => undefined)
  }

  async #take(
    topic: string,
    ids: readonly string[],
    act: (letters: readonly Letter[]) => Promise<void>,
  ): Promise<number> {
    const all = await this.#read(topic)
    const letters = [...new Set(ids)].flatMap((id) => all.get(id) ?? [])
    if (letters.length === 0) return 0
    await act(letters)
    await this.#publisher.publish(
      letters.map(({ id }): KafkaMessage => ({ topic, partition: 0, key: id, value: null, headers: {} })),
    )
    return letters.length
  }

  /** The letters that are there, the oldest first. */
  async #read(topic: string): Promise<Map<string, Letter>> {
    const letters = new Map<string, Letter>()
    const [broker] = (await this.#link.leaders(topic)) ?? []
    const [[from = 0n], [end = 0n]] = [
      await this.#link.offsets(topic, EARLIEST),
      await this.#link.offsets(topic, LATEST),
    ]
    if (broker === undefined) return letters
    const wire = this.#link.wire()
    try {
      for (let offset = from; offset < end; ) {
        const partition = { partition: 0, currentLeaderEpoch: -1, fetchOffset: offset, lastFetchedEpoch: -1 }
        const partitions = [{ ...partition, partitionMaxBytes: PARTITION_BYTES }]
        const response = await fetchOnce(wire, broker, { topic, partitions, maxWaitMs: MAX_WAIT_MS })
        const batches = response.responses[0]?.partitions[0]?.records ?? []
        const last = batches.at(-1)
        if (last === undefined) break
        for (const record of recordsOf(batches, offset)) keep(letters, record)
        offset = last.firstOffset + BigInt(last.lastOffsetDelta) + 1n
      }
    } finally {
      await wire.close()
    }
    return letters
  }
}

function keep(letters: Map<string, Letter>, { key: id = "", text, headers, timeMs }: KafkaRecord): void {
  if (text === undefined) letters.delete(id)
  else if (letters.size < MAX_LOOKED_AT)
    letters.set(id, {
      id,
      text,
      reason: headers.get(REASON_HEADER) ?? "",
      deadMs: timeMs,
      key: headers.get(KEY_HEADER),
      part: Number(headers.get(PART_HEADER) ?? 0),
    })
}
