import type { DriverUrl } from "@ashlar/core"
import { deleteGroupsV2 } from "@platformatic/kafka"
import { EventOptionInvalid } from "../../errors.ts"
import { asBusFailed } from "../as-bus-failed.ts"
import type {
  BusDriver,
  BusRecord,
  BusSettings,
  ConsumeSettings,
  Consuming,
  DeadLetter,
  DeadLetterPage,
  From,
  Handle,
  OpenBusDriver,
} from "../bus-driver.ts"
import { partitionOf } from "../partition.ts"
import { KafkaLane } from "./kafka-lane.ts"
import { KafkaLetters, type LetterTopic } from "./kafka-letters.ts"
import { EARLIEST, KafkaLink, LATEST, saidBy } from "./kafka-link.ts"
import { KafkaListener } from "./kafka-listener.ts"
import { coordinatorOf, KafkaMember, placesOf } from "./kafka-member.ts"
import { KafkaPublisher } from "./kafka-publisher.ts"
import { KafkaReader } from "./kafka-reader.ts"
import { CONTENT_TYPE_HEADER, clientSettings, KafkaNames, type KafkaOptions, STRUCTURED } from "./kafka-settings.ts"

/** As much as brokers take of a topic at their usual settings (`message.max.bytes`), less what headers need. */
export const KAFKA_MAX_PAYLOAD_BYTES: number = 1024 * 1024 - 8 * 1024
const MAX_WAIT_MS = 500
const MADE_RETRIES = 20
const MADE_WAIT_MS = 250

/**
 * Opens a bus in topics of Kafka: one for the events, and one for the dead letters of each group. Its tests run against a broker of their own that
 * speaks the protocol, and against no Kafka.
 *
 * @throws {EVENTS_BUS_FAILED} when nobody answers. {EVENTS_OPTION_INVALID}
 */
export async function open(url: DriverUrl, options: KafkaOptions): Promise<OpenBusDriver> {
  const client = clientSettings(url, options)
  return async (settings) => {
    const names = new KafkaNames(url.name === "" ? "ashlar" : url.name, settings)
    const bus = new KafkaBus(new KafkaLink(client, options.commandTimeoutMs), names, options, settings)
    try {
      await bus.prepare()
    } catch (error) {
      await bus.close()
      throw error
    }
    return bus
  }
}

class KafkaBus implements BusDriver {
  readonly maxPayloadBytes: number = KAFKA_MAX_PAYLOAD_BYTES
  readonly #link: KafkaLink
  readonly #names: KafkaNames
  readonly #options: KafkaOptions
  readonly #settings: BusSettings
  readonly #publisher: KafkaPublisher
  readonly #letters: KafkaLetters

  constructor(link: KafkaLink, names: KafkaNames, options: KafkaOptions, settings: BusSettings) {
    this.#link = link
    this.#names = names
    this.#options = options
    this.#settings = settings
    this.#publisher = new KafkaPublisher(link.settings, options.commandTimeoutMs)
    this.#letters = new KafkaLetters(link, this.#publisher, names.topic)
  }

  /** Makes the topic. @throws {EVENTS_OPTION_INVALID} for another number of partitions than the bus has. */
  async prepare(): Promise<void> {
    const { partitions, retainMs } = this.#settings
    const known = await this.#makeTopic(this.#names.topic, partitions, { "retention.ms": String(retainMs) })
    if (known !== partitions)
      throw new EventOptionInvalid(
        `Expected ${known} partitions, as this bus was first opened with, got ${partitions}.`,
      )
  }
  /** @returns how many partitions it has. */
  async #makeTopic(topic: string, partitions: number, configs: Record<string, string>): Promise<number> {
    return await asBusFailed("Making a topic", async () => {
      const there = await this.#link.leaders(topic)
      if (there !== undefined) return there.length
      await this.#link.createTopic(topic, partitions, this.#options.replicas, configs)
      // A broker may say that it is made before all brokers know of it.
      for (let tries = 0; ; tries++) {
        const made = await this.#link.leaders(topic)
        if (made !== undefined || tries >= MADE_RETRIES) return made?.length ?? 0
        await new Promise((resolve) => setTimeout(resolve, MADE_WAIT_MS))
      }
    })
  }

  async publish(records: readonly BusRecord[]): Promise<void> {
    const { partitions } = this.#settings
    const { topic } = this.#names
    await asBusFailed("Publishing", () =>
      this.#publisher.publish(
        records.map(({ id, key, text }) => ({
          topic,
          partition: partitionOf(key ?? id, partitions),
          key,
          value: text,
          headers: { [CONTENT_TYPE_HEADER]: STRUCTURED },
        })),
      ),
    )
  }

  async consume({ group, from }: ConsumeSettings, handle: Handle): Promise<Consuming> {
    const { partitions, leaseMs, onError } = this.#settings
    const { topic } = this.#names
    // What comes from now on is the group's, however long it takes until it is there.
    const begins = await this.#begin(from)
    const letters = await this.#lettersOf(group, true)
    const reader = this.#reader()
    const member: KafkaMember = new KafkaMember({
      link: this.#link,
      topic,
      groupId: this.#names.group(group),
      partitions,
      leaseMs,
      commandTimeoutMs: this.#options.commandTimeoutMs,
      onError,
      begin: async (parts) => new Map(parts.map((part) => [part, begins[part] ?? 0n])),
      run: (part, start, signals) =>
        new KafkaLane(
          {
            part,
            partitions,
            group,
            reader,
            handle,
            onError,
            commit: (number, place) => member.commit(number, place),
            bury: (number, record, reason) =>
              asBusFailed("Keeping a dead letter", () => this.#letters.bury(letters, number, record, reason)),
            ...signals,
          },
          start,
        ).done,
    })
    const stop = async (): Promise<void> => {
      await member.stop()
      await reader.stop()
    }
    try {
      await asBusFailed("Subscribing", () => member.start())
    } catch (error) {
      await stop()
      throw error
    }
    return { stop }
  }
  #reader(): KafkaReader {
    const { pollMs, onError } = this.#settings
    return new KafkaReader(this.#link, this.#names.topic, Math.min(MAX_WAIT_MS, pollMs), onError)
  }
  /** The offset in each partition. @throws {EVENTS_OPTION_INVALID} */
  async #begin(from: From): Promise<readonly bigint[]> {
    if (typeof from === "object" && "position" in from) return this.#toOffsets(from.position)
    const { topic } = this.#names
    return await asBusFailed("Looking for offsets", async () => {
      if (from === "now") return await this.#link.offsets(topic, LATEST)
      if (from === "beginning") return await this.#link.offsets(topic, EARLIEST)
      const latest = await this.#link.offsets(topic, LATEST)
      const found = await this.#link.offsets(topic, BigInt(Math.max(0, Math.floor(from.timeMs))))
      return found.map((offset, part) => (offset < 0n ? (latest[part] ?? 0n) : offset))
    })
  }
  #toOffsets(position: string): readonly bigint[] {
    const offsets = /^\d{1,18}(?:,\d{1,18})*$/.test(position) ? position.split(",").map(BigInt) : []
    if (offsets.length === this.#settings.partitions) return offsets
    throw new EventOptionInvalid("Expected a position that an event of this bus had.")
  }

  async listen(from: From, handle: Handle): Promise<Consuming> {
    const offsets = await this.#begin(from)
    const listener = new KafkaListener(this.#reader(), offsets, handle)
    return { stop: () => listener.stop() }
  }

  async backlog(group: string): Promise<number | undefined> {
    const { topic } = this.#names
    const parts = Array.from({ length: this.#settings.partitions }, (_, part) => part)
    return await asBusFailed("Counting events", async () => {
      const groupId = this.#names.group(group)
      const coordinator = await coordinatorOf(this.#link, groupId)
      const places = await placesOf((work) => this.#link.askOf(coordinator, work), { groupId, topic, parts })
      const latest = await this.#link.offsets(topic, LATEST)
      return [...places].reduce(
        (sum, [part, { offset }]) => sum + Math.max(0, Number((latest[part] ?? 0n) - offset)),
        0,
      )
    })
  }

  async #lettersOf(group: string, isMade: boolean): Promise<LetterTopic> {
    const topic = this.#names.letters(group)
    const configs = { "cleanup.policy": "compact,delete", "retention.ms": String(this.#settings.retainMs) }
    if (isMade) await this.#makeTopic(topic, 1, configs)
    return { topic, group }
  }
  async deadLetters(group: string, page: DeadLetterPage): Promise<readonly DeadLetter[]> {
    const letters = await this.#lettersOf(group, false)
    return await asBusFailed("Reading dead letters", () => this.#letters.list(letters, page))
  }
  async redrive(group: string, ids: readonly string[]): Promise<number> {
    const letters = await this.#lettersOf(group, false)
    return await asBusFailed("Redriving", () => this.#letters.redrive(letters, ids))
  }
  async discard(group: string, ids: readonly string[]): Promise<number> {
    const letters = await this.#lettersOf(group, false)
    return await asBusFailed("Discarding dead letters", () => this.#letters.discard(letters, ids))
  }
  async forget(group: string): Promise<void> {
    const groupId = this.#names.group(group)
    await asBusFailed("Forgetting a group", async () => {
      const coordinator = await coordinatorOf(this.#link, groupId)
      try {
        await this.#link.askOf(coordinator, (wire) => deleteGroupsV2.api.async(wire, [groupId]))
      } catch (error) {
        if (!saidBy(error, "GROUP_ID_NOT_FOUND")) throw error
      }
      await this.#link.deleteTopic(this.#names.letters(group))
    })
  }

  async health(): Promise<void> {
    await asBusFailed("Asking for the topic", async () => {
      this.#link.forget(this.#names.topic)
      await this.#link.leaders(this.#names.topic)
    })
  }
  async close(): Promise<void> {
    await this.#publisher.close()
    await this.#link.close()
  }
}
