import { type DriverUrl, withDeadline } from "@ashlar/core"
import { connect, type NatsConnection, type Subscription } from "@nats-io/transport-node"
import { BusFailed } from "../errors.ts"
import { type Bus, checkPayload, type Unsubscribe } from "./bus.ts"
import { Topics } from "./topics.ts"

export interface NatsOptions {
  readonly prefix: string
  readonly connectTimeoutMs: number
}

/** Opens a bus over NATS, at most once as all buses are: no JetStream. @throws {WEBSOCKET_BUS_FAILED} when nobody answers. */
export async function open(url: DriverUrl, { prefix, connectTimeoutMs }: NatsOptions): Promise<Bus> {
  const { host = "127.0.0.1", port = 4222, user, password } = url
  try {
    const connection = await connect({
      servers: `${host.includes(":") ? `[${host}]` : host}:${port}`,
      timeout: connectTimeoutMs,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      ...(user !== undefined && { user }),
      ...(password !== undefined && { pass: password.reveal() }),
    })
    return new NatsBus(connection, prefix, connectTimeoutMs)
  } catch (cause) {
    throw new BusFailed(`NATS does not answer at ${url}`, { cause })
  }
}

class NatsBus implements Bus {
  readonly #connection: NatsConnection
  readonly #prefix: string
  readonly #timeoutMs: number
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #topics: Topics
  readonly #resumed: (() => void)[] = []

  constructor(connection: NatsConnection, prefix: string, timeoutMs: number) {
    this.#connection = connection
    this.#prefix = prefix
    this.#timeoutMs = timeoutMs
    this.#topics = new Topics({ begin: (topic) => this.#begin(topic), end: async (topic) => this.#end(topic) })
    void this.#watch()
  }

  async publish(topic: string, payload: string): Promise<void> {
    checkPayload(payload, this.#connection.info?.max_payload ?? 1024 * 1024)
    this.#check()
    try {
      this.#connection.publish(this.#subjectOf(topic), payload)
    } catch (cause) {
      throw new BusFailed("NATS did not take a message", { cause })
    }
  }
  async subscribe(topic: string, listener: (payload: string) => void): Promise<Unsubscribe> {
    this.#check()
    return await this.#topics.add(topic, listener)
  }
  onResume(callback: () => void): void {
    this.#resumed.push(callback)
  }
  async close(): Promise<void> {
    this.#topics.clear()
    await this.#connection.close()
  }

  /** Any text as one token of a subject. @see https://docs.nats.io/nats-concepts/subjects */
  #subjectOf(topic: string): string {
    return `${this.#prefix}.${Buffer.from(topic).toString("base64url") || "-"}`
  }
  async #begin(topic: string): Promise<void> {
    const subscription = this.#connection.subscribe(this.#subjectOf(topic), {
      callback: (error, message) => {
        if (error === null) this.#topics.deliver(topic, message.string())
      },
    })
    this.#subscriptions.set(topic, subscription)
    const late = () => new BusFailed(`NATS did not subscribe within ${this.#timeoutMs} ms`)
    await withDeadline(() => this.#connection.flush(), this.#timeoutMs, late)
  }
  #end(topic: string): void {
    this.#subscriptions.get(topic)?.unsubscribe()
    this.#subscriptions.delete(topic)
  }
  #check(): void {
    if (this.#connection.isClosed()) throw new BusFailed("The bus is closed")
  }
  /** The client subscribes again by itself. */
  async #watch(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === "reconnect") for (const callback of this.#resumed) callback()
    }
  }
}
