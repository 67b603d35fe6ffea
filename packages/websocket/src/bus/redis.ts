import type { DriverUrl } from "@ashlar/core"
import { Redis } from "ioredis"
import type { Bus } from "./bus.ts"
import {
  Reconnects,
  RedisBus,
  type RedisConnections,
  type RedisEvents,
  type RedisOptions,
  redisUrl,
} from "./redis-bus.ts"

/** Opens a bus over Redis with the package `ioredis`. @throws {WEBSOCKET_BUS_FAILED} when nobody answers. */
export async function open(url: DriverUrl, options: RedisOptions): Promise<Bus> {
  const bus = new RedisBus(options)
  return await bus.connect(url, connectionsTo(redisUrl(url), options.connectTimeoutMs, bus))
}

const MAX_RETRY_MS = 2_000

function connectionsTo(url: string, connectTimeout: number, events: RedisEvents): RedisConnections {
  const settings = {
    lazyConnect: true,
    connectTimeout,
    enableOfflineQueue: false,
    autoResubscribe: false, // the bus does it, and knows when it is done
    maxRetriesPerRequest: 0,
    retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), MAX_RETRY_MS),
  }
  const publisher = new Redis(url, settings)
  const subscriber = new Redis(url, settings)
  // What is wrong comes back from the command that met it; a listener keeps it from ending the process.
  for (const client of [publisher, subscriber]) client.on("error", () => undefined)
  subscriber.on("message", (channel, payload) => events.message(channel, payload))
  return {
    async connect() {
      await Promise.all([publisher.connect(), subscriber.connect()])
      const reconnects = new Reconnects(events, () => publisher.status === "ready" && subscriber.status === "ready")
      publisher.on("ready", () => reconnects.publisherIsBack())
      subscriber.on("ready", () => reconnects.subscriberIsBack())
    },
    publish: (channel, payload) => publisher.publish(channel, payload),
    subscribe: (channel) => subscriber.subscribe(channel),
    unsubscribe: (channel) => subscriber.unsubscribe(channel),
    close() {
      publisher.disconnect()
      subscriber.disconnect()
    },
  }
}
