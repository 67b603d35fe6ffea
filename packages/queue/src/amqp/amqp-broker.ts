import { type DriverUrl, withDeadline } from "@ashlar/core"
import { type ChannelModel, type ConfirmChannel, connect, type GetMessage } from "amqplib"
import type { Broker, Delivery, Outgoing } from "../brokers/broker.ts"
import { QueueStoreFailed } from "../errors.ts"
import type { QueueGuarantees } from "../guarantees.ts"
import { type AmqpPlaces, amqpPlaces } from "./amqp-places.ts"

export interface AmqpOptions {
  /** The first part of every queue's name: keeps apps apart that use one server. */
  readonly prefix: string
  readonly connectTimeoutMs: number
  readonly commandTimeoutMs: number
  /** `quorum`: kept on a majority of the cluster's nodes. `classic`: on one. */
  readonly queueType: "quorum" | "classic"
  /** Queues that nobody used for so long are deleted by RabbitMQ, with what is in them; 0: never. */
  readonly expiresMs: number
}

export interface AmqpDelivery extends Delivery {
  readonly message: GetMessage
  readonly link: Link
}

/** One connection, as long as it lives: what was delivered over it is given back when it ends. */
interface Link {
  readonly connection: ChannelModel
  readonly channel: ConfirmChannel
  readonly places: AmqpPlaces
  /** Messages that no queue took. */
  readonly returned: Set<string>
  /** Whom to tell when it ends: nobody answers on a connection that is lost. */
  readonly waiting: Set<() => void>
  isOver: boolean
}

/**
 * A durable queue for each kind of job, whose messages are acknowledged one by one and published with confirms.
 *
 * @see https://www.rabbitmq.com/docs/confirms and https://www.rabbitmq.com/docs/quorum-queues
 */
export class AmqpBroker implements Broker<AmqpDelivery> {
  readonly guarantees: QueueGuarantees
  readonly #url: DriverUrl
  readonly #options: AmqpOptions
  readonly #queue: string
  #linking: Promise<Link> | undefined
  #link: Link | undefined
  #isClosed = false
  #onRing: () => void = () => undefined

  constructor(
    guarantees: QueueGuarantees,
    url: DriverUrl,
    { queue, ...options }: AmqpOptions & { readonly queue: string },
  ) {
    this.guarantees = guarantees
    this.#url = url
    this.#options = options
    this.#queue = `${options.prefix}.${queue}`
  }

  async ready(): Promise<void> {
    await this.#use()
  }

  async publish(jobs: readonly Outgoing[]): Promise<void> {
    const link = await this.#use()
    await this.#inTime(() => Promise.all(jobs.map((job) => this.#publish(link, job))))
  }
  async #publish(link: Link, job: Outgoing): Promise<void> {
    const place = await link.places.of(job.name, job.delayMs)
    await send(link, place, job)
  }

  async fetch(name: string, max: number): Promise<readonly AmqpDelivery[]> {
    const link = await this.#use()
    const place = await this.#inTime(() => link.places.of(name, 0))
    const deliveries: AmqpDelivery[] = []
    while (deliveries.length < max) {
      const message = await this.#inTime(() => link.channel.get(place, { noAck: false }))
      if (message === false) break
      deliveries.push({
        body: message.content.toString("utf8"),
        count: deliveriesOf(message),
        message,
        link,
        isGone: () => link.isOver,
      })
    }
    return deliveries
  }

  /** It is held as long as the connection lives. */
  async extend(): Promise<void> {}

  async complete(deliveries: readonly AmqpDelivery[]): Promise<void> {
    for (const { link, message } of deliveries) link.channel.ack(message)
  }
  async retry(delivery: AmqpDelivery, _delayMs: number, again: Outgoing): Promise<void> {
    await this.publish([again])
    await this.complete([delivery])
  }
  async release({ link, message }: AmqpDelivery): Promise<void> {
    link.channel.nack(message, false, true)
  }
  async bury(delivery: AmqpDelivery, dead: Outgoing): Promise<void> {
    const link = await this.#use()
    await this.#inTime(async () => await send(link, await link.places.dead(dead.name), dead))
    await this.complete([delivery])
  }
  expire({ link, message }: AmqpDelivery): void {
    if (!link.isOver) link.channel.nack(message, false, true)
  }

  ring(): void {
    if (this.#link !== undefined && !this.#link.isOver)
      this.#link.channel.publish(`${this.#queue}.bell`, "", Buffer.alloc(0))
  }
  onRing(callback: () => void): void {
    this.#onRing = callback
  }
  async close(): Promise<void> {
    this.#isClosed = true
    const link = await this.#linking?.catch(() => undefined)
    if (link === undefined || link.isOver) return
    // What was written before is sent: acknowledgements too.
    await this.#inTime(() => link.channel.close()).catch(() => undefined)
    await this.#inTime(() => link.connection.close()).catch(() => undefined)
  }

  /** The connection, made anew when it was lost. */
  async #use(): Promise<Link> {
    if (this.#link !== undefined && !this.#link.isOver) return this.#link
    this.#linking ??= this.#connect().finally(() => {
      this.#linking = undefined
    })
    return await this.#linking
  }
  async #connect(): Promise<Link> {
    const { host = "127.0.0.1", port, user = "guest", password, scheme, name } = this.#url
    const { connectTimeoutMs } = this.#options
    const settings = {
      protocol: scheme === "amqps" ? "amqps" : "amqp",
      hostname: host,
      port: port ?? (scheme === "amqps" ? 5671 : 5672),
      username: user,
      password: password?.reveal() ?? "guest",
      vhost: name === "" ? "/" : name,
      // A machine that stopped without a word is noticed after two of these.
      heartbeat: 10,
    }
    const late = () => new QueueStoreFailed(`RabbitMQ does not answer at ${this.#url}`)
    let connection: ChannelModel | undefined
    try {
      const link = await withDeadline(
        async () => {
          connection = await connect(settings, { timeout: connectTimeoutMs })
          return await this.#open(connection)
        },
        connectTimeoutMs,
        late,
      )
      this.#link = link
      if (this.#isClosed) await link.connection.close()
      return link
    } catch (cause) {
      await connection?.close().catch(() => undefined)
      throw cause instanceof QueueStoreFailed
        ? cause
        : new QueueStoreFailed(`RabbitMQ does not answer at ${this.#url}`, { cause })
    }
  }
  async #open(connection: ChannelModel): Promise<Link> {
    // What is wrong comes back from the command that met it; a listener keeps it from ending the process.
    connection.on("error", () => undefined)
    const channel = await connection.createConfirmChannel()
    const queue = this.#queue
    const link: Link = {
      connection,
      channel,
      places: amqpPlaces(channel, { queue, ...this.#options }),
      returned: new Set(),
      waiting: new Set(),
      isOver: false,
    }
    const end = (): void => {
      link.isOver = true
      for (const refuse of link.waiting) refuse()
      this.#onRing()
    }
    connection.on("close", end)
    channel.on("error", () => undefined)
    channel.on("close", () => {
      end()
      // A channel that RabbitMQ closed takes nothing more.
      void connection.close().catch(() => undefined)
    })
    channel.on("return", ({ properties }) => link.returned.add(String(properties.messageId)))
    await channel.assertExchange(`${queue}.bell`, "fanout", { durable: false, autoDelete: true })
    const ear = await channel.assertQueue("", { exclusive: true, autoDelete: true, arguments: { "x-max-length": 1 } })
    await channel.bindQueue(ear.queue, `${queue}.bell`, "")
    await channel.consume(ear.queue, () => this.#onRing(), { noAck: true })
    return link
  }
  async #inTime<T>(work: () => Promise<T>): Promise<T> {
    const { commandTimeoutMs } = this.#options
    const late = () => new QueueStoreFailed(`RabbitMQ did not answer within ${commandTimeoutMs} ms (commandTimeoutMs)`)
    return await withDeadline(work, commandTimeoutMs, late)
  }
}

/** Resolves when the broker has it in a queue. */
function send(link: Link, place: string, { id, body }: Outgoing): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (cause?: unknown) => reject(new QueueStoreFailed("RabbitMQ did not keep a message", { cause }))
    const lost = () => refuse()
    link.waiting.add(lost)
    const messageId = id || crypto.randomUUID()
    link.channel.publish("", place, Buffer.from(body), { persistent: true, mandatory: true, messageId }, (error) => {
      link.waiting.delete(lost)
      if (error || link.returned.delete(messageId)) refuse(error)
      else resolve()
    })
  })
}

/** Quorum queues count; others say only that it is not the first time. */
function deliveriesOf({ fields, properties }: GetMessage): number {
  const count: unknown = properties.headers?.["x-delivery-count"]
  if (typeof count === "number") return count + 1
  return fields.redelivered ? 2 : 1
}
