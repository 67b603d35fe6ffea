import { type DriverUrl, withDeadline } from "@ashlar/core"
import { BusFailed } from "../errors.ts"
import { type Bus, checkPayload, type Unsubscribe } from "./bus.ts"
import { Topics } from "./topics.ts"

export interface RedisOptions {
  readonly prefix: string
  readonly connectTimeoutMs: number
}

/** Two connections to one Redis, for one that subscribes can do nothing else. Both come back by themselves. */
export interface RedisConnections {
  connect(): Promise<unknown>
  publish(channel: string, payload: string): Promise<unknown>
  subscribe(channel: string): Promise<unknown>
  unsubscribe(channel: string): Promise<unknown>
  close(): void
}

/** What a client library tells the bus. */
export interface RedisEvents {
  message(channel: string, payload: string): void
  /** Both connections are there again; `subscribesAnew`: the subscribing one was lost, and with it all it knew. */
  reconnected(subscribesAnew: boolean): void
}

/** Redis ends a subscriber for whom more than 32 MiB wait, so no payload may come near to that. */
export const MAX_PAYLOAD_BYTES: number = 8 * 1024 * 1024

/** A bus over Redis's publish and subscribe. @see https://redis.io/docs/latest/develop/interact/pubsub/ */
export class RedisBus implements Bus, RedisEvents {
  readonly #prefix: string
  readonly #timeoutMs: number
  readonly #topics: Topics
  readonly #resumed: (() => void)[] = []
  #connections: RedisConnections | undefined

  constructor({ prefix, connectTimeoutMs }: RedisOptions) {
    this.#prefix = `${prefix}:`
    this.#timeoutMs = connectTimeoutMs
    this.#topics = new Topics({
      begin: (topic) => this.#tell("subscribe", topic),
      end: (topic) => this.#tell("unsubscribe", topic).catch(() => undefined), // a lost connection is subscribed to nothing
    })
  }

  /** @throws {WEBSOCKET_BUS_FAILED} when nobody answers in time. */
  async connect(url: DriverUrl, connections: RedisConnections): Promise<this> {
    const failed = (cause?: unknown) => new BusFailed(`Redis does not answer at ${url}`, { cause })
    try {
      await withDeadline(() => connections.connect(), this.#timeoutMs, failed)
    } catch (cause) {
      connections.close()
      throw cause instanceof BusFailed ? cause : failed(cause)
    }
    this.#connections = connections
    return this
  }

  async publish(topic: string, payload: string): Promise<void> {
    checkPayload(payload, MAX_PAYLOAD_BYTES)
    const connections = this.#open()
    try {
      await connections.publish(this.#prefix + topic, payload)
    } catch (cause) {
      throw new BusFailed("Redis did not take a message", { cause })
    }
  }
  async subscribe(topic: string, listener: (payload: string) => void): Promise<Unsubscribe> {
    this.#open()
    return await this.#topics.add(topic, listener)
  }
  onResume(callback: () => void): void {
    this.#resumed.push(callback)
  }
  async close(): Promise<void> {
    this.#topics.clear()
    this.#connections?.close()
    this.#connections = undefined
  }

  message(channel: string, payload: string): void {
    this.#topics.deliver(channel.slice(this.#prefix.length), payload)
  }
  reconnected(subscribesAnew: boolean): void {
    const standing = subscribesAnew ? this.#topics.resume() : Promise.resolve()
    standing.then(
      () => {
        for (const callback of this.#resumed) callback()
      },
      () => undefined, // lost again; the next connection resumes
    )
  }

  #open(): RedisConnections {
    if (this.#connections === undefined) throw new BusFailed("The bus is closed")
    return this.#connections
  }
  async #tell(what: "subscribe" | "unsubscribe", topic: string): Promise<void> {
    const failed = (cause?: unknown) => new BusFailed(`Redis did not ${what}`, { cause })
    try {
      await withDeadline(() => this.#connections?.[what](this.#prefix + topic), this.#timeoutMs, failed)
    } catch (cause) {
      throw cause instanceof BusFailed ? cause : failed(cause)
    }
  }
}

/** `valkey:` is another name for the same protocol, which client libraries do not know. */
export function redisUrl(url: DriverUrl): string {
  return url
    .reveal()
    .replace(/^valkey:/i, "redis:")
    .replace(/\?.*$/, "")
}

/** Tells the bus when both connections are there again, whichever of them was lost. */
export class Reconnects {
  readonly #events: RedisEvents
  readonly #areBothThere: () => boolean
  #wasSubscriberLost = false

  constructor(events: RedisEvents, areBothThere: () => boolean) {
    this.#events = events
    this.#areBothThere = areBothThere
  }

  publisherIsBack(): void {
    this.#tell()
  }
  subscriberIsBack(): void {
    this.#wasSubscriberLost = true
    this.#tell()
  }
  #tell(): void {
    if (!this.#areBothThere()) return
    const subscribesAnew = this.#wasSubscriberLost
    this.#wasSubscriberLost = false
    this.#events.reconnected(subscribesAnew)
  }
}
