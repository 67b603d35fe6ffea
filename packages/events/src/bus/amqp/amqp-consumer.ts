import type { Channel, ConsumeMessage } from "amqplib"
import { pause } from "../../pause.ts"
import { asBusFailed } from "../as-bus-failed.ts"
import type { Handle } from "../bus-driver.ts"
import type { AmqpLink } from "./amqp-link.ts"

const RETRY_MS = 200

export interface AmqpConsumerParts {
  readonly link: AmqpLink
  /** Makes what it consumes from. */
  readonly declare: (channel: Channel) => Promise<readonly string[]>
  readonly handle: Handle
  readonly bury: (message: ConsumeMessage, queue: string, reason: string) => Promise<void>
  readonly onError: (error: unknown) => void
}

/** Consumes queues, one event of each at a time, and again after the connection was lost. */
export class AmqpConsumer {
  readonly #parts: AmqpConsumerParts
  readonly #over = new AbortController()
  readonly #underWay = new Set<Promise<void>>()
  readonly #standing = Promise.withResolvers<void>()
  #channel: Channel | undefined
  #tags: string[] = []
  #running: Promise<void> | undefined

  constructor(parts: AmqpConsumerParts) {
    this.#parts = parts
  }

  /** Resolves when it stands for the first time. @throws {EVENTS_BUS_FAILED} when it does not. */
  async start(): Promise<void> {
    this.#standing.promise.catch(() => undefined)
    this.#running = this.#run()
    await this.#standing.promise
  }

  async stop(): Promise<void> {
    this.#over.abort()
    const channel = this.#channel
    await Promise.all(this.#tags.map((tag) => channel?.cancel(tag).catch(() => undefined)))
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
    await channel?.close().catch(() => undefined)
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#over
    let isFirst = true
    while (!signal.aborted) {
      try {
        await this.#consume(() => {
          isFirst = false
          this.#standing.resolve()
        })
      } catch (error) {
        if (isFirst) return this.#standing.reject(error)
        if (!signal.aborted) this.#parts.onError(error)
      }
      if (!signal.aborted) await pause(RETRY_MS, signal)
    }
  }

  /** Until the channel is closed. */
  async #consume(onStanding: () => void): Promise<void> {
    const { link, declare } = this.#parts
    const channel = await link.channel()
    const lost = new AbortController()
    const closed = new Promise<void>((resolve) => {
      channel.on("close", () => {
        lost.abort()
        resolve()
      })
    })
    const queues = await link.inTime("make queues", () => declare(channel))
    await link.inTime("prefetch", () => channel.prefetch(1, false))
    this.#tags = []
    this.#channel = channel
    for (const queue of queues) {
      const onMessage = (message: ConsumeMessage | null): void => {
        if (message === null) return void channel.close().catch(() => undefined) // the queue is gone
        const work = this.#one(channel, message, queue, lost.signal)
        this.#underWay.add(work)
        void work.then(() => this.#underWay.delete(work))
      }
      const { consumerTag } = await link.inTime("consume", () => channel.consume(queue, onMessage))
      this.#tags.push(consumerTag)
    }
    onStanding()
    await closed
  }

  async #one(channel: Channel, message: ConsumeMessage, queue: string, lost: AbortSignal): Promise<void> {
    const { handle, bury, onError } = this.#parts
    const settle = (act: () => void): void => {
      // What is not settled when the channel goes is handed out again by itself.
      if (!lost.aborted) act()
    }
    try {
      const deliveries = Number(message.properties.headers?.["x-delivery-count"] ?? 0) + 1
      const outcome = await handle({ text: message.content.toString(), position: "0", deliveries, signal: lost })
      if (outcome === "done") settle(() => channel.ack(message))
      else if (outcome === "released") settle(() => channel.nack(message, false, true))
      else {
        await asBusFailed("Keeping a dead letter", () => bury(message, queue, outcome.dead))
        settle(() => channel.ack(message))
      }
    } catch (error) {
      onError(error)
      settle(() => channel.nack(message, false, true))
    }
  }
}
