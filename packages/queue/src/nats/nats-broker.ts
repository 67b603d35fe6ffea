import { type DriverUrl, withDeadline } from "@ashlar/core"
import {
  AckPolicy,
  type JetStreamClient,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream"
import { connect, type Msg, type NatsConnection } from "@nats-io/transport-node"
import type { Broker, Delivery, Outgoing } from "../brokers/broker.ts"
import { brokerName } from "../brokers/broker-name.ts"
import { QueueStoreFailed } from "../errors.ts"
import type { QueueGuarantees } from "../guarantees.ts"

export interface NatsOptions {
  /** The first part of every stream and subject: keeps apps apart that use one server. */
  readonly prefix: string
  readonly connectTimeoutMs: number
  readonly commandTimeoutMs: number
  /** Of each stream. */
  readonly replicas: number
}

export interface NatsDelivery extends Delivery {
  readonly message: Msg
}

const NANOSECONDS = 1_000_000
/** How long what failed for good is kept. */
const KEEP_DEAD_MS = 14 * 86_400_000

/**
 * A stream for the jobs of a queue, from which what is acknowledged is taken away, a consumer for each kind, and a stream for what failed.
 *
 * @see https://docs.nats.io/nats-concepts/jetstream/streams#workqueuepolicy
 * @see https://docs.nats.io/reference/reference-protocols/nats_api_reference for the requests that are sent as they are.
 */
export class NatsBroker implements Broker<NatsDelivery> {
  readonly guarantees: QueueGuarantees
  readonly #url: DriverUrl
  readonly #options: NatsOptions
  readonly #stream: string
  readonly #subject: string
  /** How long the consumer of a kind was told to wait for acknowledgements. */
  readonly #leases = new Map<string, Promise<number>>()
  #connection: NatsConnection | undefined
  #client: JetStreamClient | undefined
  #manager: JetStreamManager | undefined
  #onRing: () => void = () => undefined

  constructor(
    guarantees: QueueGuarantees,
    url: DriverUrl,
    { queue, ...options }: NatsOptions & { readonly queue: string },
  ) {
    this.guarantees = guarantees
    this.#url = url
    this.#options = options
    this.#stream = `${options.prefix}_${queue}`
    this.#subject = `${options.prefix}.${queue}`
  }

  async ready(): Promise<void> {
    const { host = "127.0.0.1", port = 4222, user, password } = this.#url
    const { connectTimeoutMs, commandTimeoutMs: timeout } = this.#options
    try {
      this.#connection = await connect({
        servers: `${host.includes(":") ? `[${host}]` : host}:${port}`,
        timeout: connectTimeoutMs,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 250,
        ...(user !== undefined && { user }),
        ...(password !== undefined && { pass: password.reveal() }),
      })
    } catch (cause) {
      throw new QueueStoreFailed(`NATS does not answer at ${this.#url}`, { cause })
    }
    this.#manager = await jetstreamManager(this.#connection, { timeout })
    this.#client = jetstream(this.#connection, { timeout })
    await this.#makeStreams(this.#manager)
    this.#connection.subscribe(`${this.#subject}.bell`, { callback: () => this.#onRing() })
  }
  async #makeStreams(manager: JetStreamManager): Promise<void> {
    const same = { storage: StorageType.File, num_replicas: this.#options.replicas }
    await makeStream(manager, {
      ...same,
      name: this.#stream,
      subjects: [`${this.#subject}.job.*`],
      retention: RetentionPolicy.Workqueue,
    })
    await makeStream(manager, {
      ...same,
      name: `${this.#stream}_dead`,
      subjects: [`${this.#subject}.dead.*`],
      max_age: KEEP_DEAD_MS * NANOSECONDS,
    })
  }

  async publish(jobs: readonly Outgoing[]): Promise<void> {
    // The same id again is the same job: a push whose answer was lost may be made again.
    const publishes = jobs.map(({ id, name, body }) =>
      this.#use().publish(`${this.#subject}.job.${brokerName(name, 200)}`, body, { msgID: id }),
    )
    await this.#inTime(() => Promise.all(publishes))
  }

  async fetch(name: string, max: number, leaseMs: number): Promise<readonly NatsDelivery[]> {
    const consumer = brokerName(name, 200)
    await this.#consumer(consumer, leaseMs)
    const connection = this.#connection!
    const deliveries: NatsDelivery[] = []
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    const inbox = `_INBOX.${crypto.randomUUID()}`
    const subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        // A status in place of a job: 404, there are no more.
        if (error !== null || message.headers?.code) return resolve()
        deliveries.push({ body: message.string(), count: deliveriesOf(message.reply ?? ""), message })
        if (deliveries.length === max) resolve()
      },
    })
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#stream}.${consumer}`
    const timer = setTimeout(resolve, this.#options.commandTimeoutMs)
    connection.publish(subject, JSON.stringify({ batch: max, no_wait: true }), { reply: inbox })
    await ended
    clearTimeout(timer)
    subscription.unsubscribe()
    return deliveries
  }

  async extend(deliveries: readonly NatsDelivery[]): Promise<void> {
    await Promise.all(deliveries.map((delivery) => this.#acknowledge(delivery, "+WPI")))
  }
  async complete(deliveries: readonly NatsDelivery[]): Promise<void> {
    await Promise.all(deliveries.map((delivery) => this.#acknowledge(delivery, "+ACK")))
  }
  async retry(delivery: NatsDelivery, delayMs: number): Promise<void> {
    const wait = delayMs > 0 ? ` ${JSON.stringify({ delay: Math.ceil(delayMs) * NANOSECONDS })}` : ""
    await this.#acknowledge(delivery, `-NAK${wait}`)
  }
  async release(delivery: NatsDelivery): Promise<void> {
    await this.#acknowledge(delivery, "-NAK")
  }
  async bury(delivery: NatsDelivery, { id, name, body }: Outgoing): Promise<void> {
    const place = `${this.#subject}.dead.${brokerName(name, 200)}`
    await this.#inTime(() => this.#use().publish(place, body, id === "" ? {} : { msgID: id }))
    await this.#acknowledge(delivery, "+ACK")
  }

  ring(): void {
    this.#connection?.publish(`${this.#subject}.bell`)
  }
  onRing(callback: () => void): void {
    this.#onRing = callback
  }
  async close(): Promise<void> {
    await this.#connection?.close()
  }

  #use(): JetStreamClient {
    if (this.#client === undefined) throw new QueueStoreFailed("NATS is not connected")
    return this.#client
  }
  /** Says it to the server, and waits for its word that it has heard. */
  async #acknowledge({ message }: NatsDelivery, word: string): Promise<void> {
    await this.#connection!.request(message.reply ?? "", word, { timeout: this.#options.commandTimeoutMs })
  }
  async #inTime<T>(work: () => Promise<T>): Promise<T> {
    const { commandTimeoutMs } = this.#options
    const late = () => new QueueStoreFailed(`NATS did not answer within ${commandTimeoutMs} ms (commandTimeoutMs)`)
    return await withDeadline(work, commandTimeoutMs, late)
  }

  /** Makes the consumer of a kind, or tells it how long it waits for an acknowledgement from now on. */
  async #consumer(name: string, leaseMs: number): Promise<void> {
    const known = await this.#leases.get(name)?.catch(() => undefined)
    if (known === leaseMs) return
    const made = this.#makeConsumer(name, leaseMs)
    this.#leases.set(name, made)
    try {
      await made
    } catch (error) {
      this.#leases.delete(name)
      throw error
    }
  }
  async #makeConsumer(name: string, leaseMs: number): Promise<number> {
    const manager = this.#manager
    if (manager === undefined) throw new QueueStoreFailed("NATS is not connected")
    const config = {
      durable_name: name,
      filter_subject: `${this.#subject}.job.${name}`,
      ack_policy: AckPolicy.Explicit,
      ack_wait: leaseMs * NANOSECONDS,
      max_deliver: -1,
      max_ack_pending: -1,
    }
    try {
      await manager.consumers.add(this.#stream, config)
    } catch {
      // There is one with another lease.
      await manager.consumers.update(this.#stream, name, { ack_wait: config.ack_wait })
    }
    return leaseMs
  }
}

async function makeStream(
  manager: JetStreamManager,
  config: Parameters<JetStreamManager["streams"]["add"]>[0],
): Promise<void> {
  try {
    await manager.streams.add(config)
  } catch (error) {
    // Another process was faster, or an administrator keeps it otherwise.
    const known = await manager.streams.info(config.name!).catch(() => undefined)
    if (known === undefined) throw error
  }
}

/** `$JS.ACK.<stream>.<consumer>.<deliveries>…`, with a domain and an account before the stream where there are some. */
function deliveriesOf(reply: string): number {
  const parts = reply.split(".")
  return Number(parts[parts.length > 9 ? 6 : 4]) || 1
}
