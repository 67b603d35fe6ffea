import { DriverGuaranteeMissing, type DriverUrl, systemClock, uuidv7 } from "@ashlar/core"
import type { Channel, ConsumeMessage, Options } from "amqplib"
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
import { AmqpConsumer } from "./amqp-consumer.ts"
import { AmqpLetters, DEAD_MS_HEADER, QUEUE_HEADER, REASON_HEADER } from "./amqp-letters.ts"
import { AmqpLink } from "./amqp-link.ts"
import { AmqpNames, type AmqpOptions } from "./amqp-names.ts"

/** RabbitMQ takes 128 MB, and is not made for it. */
export const AMQP_MAX_PAYLOAD_BYTES: number = 8 * 1024 * 1024
const PUBLISH_AT_ONCE = 256
/** How long the queue of a listener stays when its connection is lost. */
const LISTENER_EXPIRES_MS = 300_000

/** Opens a bus in RabbitMQ. @throws {EVENTS_BUS_FAILED} when nobody answers. {EVENTS_OPTION_INVALID} */
export async function open(url: DriverUrl, options: AmqpOptions): Promise<OpenBusDriver> {
  return async (settings) => {
    const bus = new AmqpBus(new AmqpLink(url, options, settings.leaseMs), new AmqpNames(options, settings), settings)
    try {
      await bus.prepare()
    } catch (error) {
      await bus.close()
      throw error
    }
    return bus
  }
}

class AmqpBus implements BusDriver {
  readonly maxPayloadBytes: number = AMQP_MAX_PAYLOAD_BYTES
  readonly #link: AmqpLink
  readonly #names: AmqpNames
  readonly #settings: BusSettings
  readonly #letters: AmqpLetters

  constructor(link: AmqpLink, names: AmqpNames, settings: BusSettings) {
    this.#link = link
    this.#names = names
    this.#settings = settings
    this.#letters = new AmqpLetters(link)
  }

  /** @throws {EVENTS_OPTION_INVALID} for another number of partitions than the bus has. */
  async prepare(): Promise<void> {
    const { partitions } = this.#settings
    const channel = await this.#link.channel()
    await this.#link.inTime("make an exchange", () =>
      channel.assertExchange(this.#names.exchange, "topic", { durable: true }),
    )
    try {
      await channel.assertQueue(this.#names.partitions, { durable: true, maxLength: partitions })
    } catch (cause) {
      if (!String((cause as Error).message).includes("PRECONDITION_FAILED")) throw cause
      throw new EventOptionInvalid(
        `Expected as many partitions as this bus was first opened with, got ${partitions}.`,
        { cause },
      )
    }
    await channel.close()
  }

  async publish(records: readonly BusRecord[]): Promise<void> {
    const { partitions } = this.#settings
    for (let at = 0; at < records.length; at += PUBLISH_AT_ONCE)
      await Promise.all(
        records.slice(at, at + PUBLISH_AT_ONCE).map(({ id, key, type, text }) => {
          const routingKey = this.#names.event(partitionOf(key ?? id, partitions), type)
          return this.#send(this.#names.exchange, routingKey, Buffer.from(text), { messageId: id, type })
        }),
      )
  }
  /** Resolves when RabbitMQ has it on as many disks as it should be. */
  async #send(exchange: string, routingKey: string, content: Buffer, properties: Options.Publish): Promise<void> {
    const channel = await this.#link.confirmChannel()
    await this.#link.inTime(
      "take an event",
      () =>
        new Promise<void>((resolve, reject) => {
          channel.publish(exchange, routingKey, content, { persistent: true, ...properties }, (error: unknown) =>
            error ? reject(error) : resolve(),
          )
        }),
    )
  }

  async consume({ group, from }: ConsumeSettings, handle: Handle): Promise<Consuming> {
    this.#refusePast(from)
    const consumer = new AmqpConsumer({
      link: this.#link,
      declare: (channel) => this.#makeGroup(channel, group),
      handle,
      bury: (message, queue, reason) => this.#bury(group, message, queue, reason),
      onError: this.#settings.onError,
    })
    await asBusFailed("Subscribing", () => consumer.start())
    return consumer
  }
  async #makeGroup(channel: Channel, group: string): Promise<readonly string[]> {
    const { partitions, retainMs } = this.#settings
    await channel.assertQueue(this.#names.letters(group), quorum(retainMs))
    const parts = Array.from({ length: partitions }, (_, part) => part)
    return await Promise.all(
      parts.map(async (part) => {
        const queue = this.#names.queue(group, part)
        // One consumer at a time: the others step in when it is gone.
        const { arguments: args, ...rest } = quorum(retainMs)
        await channel.assertQueue(queue, { ...rest, arguments: { ...args, "x-single-active-consumer": true } })
        await channel.bindQueue(queue, this.#names.exchange, this.#names.ofPart(part))
        return queue
      }),
    )
  }

  async listen(from: From, handle: Handle): Promise<Consuming> {
    this.#refusePast(from)
    const queue = this.#names.listener(uuidv7())
    const consumer = new AmqpConsumer({
      link: this.#link,
      declare: async (channel) => {
        await channel.assertQueue(queue, { durable: true, expires: LISTENER_EXPIRES_MS })
        await channel.bindQueue(queue, this.#names.exchange, "#")
        return [queue]
      },
      handle,
      bury: async () => undefined, // listeners have no dead letters
      onError: this.#settings.onError,
    })
    await asBusFailed("Subscribing", () => consumer.start())
    return {
      stop: async () => {
        await consumer.stop()
        await this.#withChannel((channel) => channel.deleteQueue(queue)).catch(() => undefined)
      },
    }
  }
  #refusePast(from: From): void {
    if (from === "now") return
    throw new DriverGuaranteeMissing(
      "A queue of RabbitMQ has no past to begin in. Use one of: redis:, nats:, postgres:.",
    )
  }

  async #bury(group: string, message: ConsumeMessage, queue: string, reason: string): Promise<void> {
    await this.#send("", this.#names.letters(group), message.content, {
      messageId: uuidv7(),
      headers: { [REASON_HEADER]: reason, [QUEUE_HEADER]: queue, [DEAD_MS_HEADER]: systemClock.now() },
    })
  }

  async backlog(group: string): Promise<number | undefined> {
    const parts = Array.from({ length: this.#settings.partitions }, (_, part) => part)
    const counts = await Promise.all(
      parts.map((part) =>
        this.#withChannel((channel) => channel.checkQueue(this.#names.queue(group, part))).then(
          ({ messageCount }) => messageCount,
          () => 0, // there is no such queue
        ),
      ),
    )
    return counts.reduce((sum, count) => sum + count, 0)
  }
  async deadLetters(group: string, page: DeadLetterPage): Promise<readonly DeadLetter[]> {
    return await asBusFailed("Reading dead letters", () => this.#letters.list(this.#names.letters(group), page))
  }
  async redrive(group: string, ids: readonly string[]): Promise<number> {
    return await asBusFailed("Redriving", () =>
      this.#letters.take(this.#names.letters(group), ids, ({ content, properties }) =>
        this.#send("", String(properties.headers?.[QUEUE_HEADER]), content, {}),
      ),
    )
  }
  async discard(group: string, ids: readonly string[]): Promise<number> {
    return await asBusFailed("Discarding", () =>
      this.#letters.take(this.#names.letters(group), ids, async () => undefined),
    )
  }
  async forget(group: string): Promise<void> {
    const parts = Array.from({ length: this.#settings.partitions }, (_, part) => this.#names.queue(group, part))
    await asBusFailed("Forgetting a group", () =>
      this.#withChannel(async (channel) => {
        for (const queue of [...parts, this.#names.letters(group)]) await channel.deleteQueue(queue)
      }),
    )
  }

  async health(): Promise<void> {
    await asBusFailed("Asking RabbitMQ", () =>
      this.#withChannel((channel) => channel.checkExchange(this.#names.exchange)),
    )
  }
  async close(): Promise<void> {
    await this.#link.close()
  }

  async #withChannel<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = await this.#link.channel()
    const answer = await this.#link.inTime("answer", () => work(channel))
    await channel.close().catch(() => undefined)
    return answer
  }
}

/** A queue that a majority of servers keeps on disk. */
function quorum(retainMs: number): Options.AssertQueue {
  return { durable: true, messageTtl: retainMs, arguments: { "x-queue-type": "quorum" } }
}
