import type { DriverUrl } from "@ashlar/core"
import type { Bus } from "./bus.ts"
import {
  Reconnects,
  RedisBus,
  type RedisConnections,
  type RedisEvents,
  type RedisOptions,
  redisUrl,
} from "./redis-bus.ts"

/** Opens a bus over Redis with Bun's own client. @throws {WEBSOCKET_BUS_FAILED} when nobody answers. */
export async function open(url: DriverUrl, options: RedisOptions): Promise<Bus> {
  const bus = new RedisBus(options)
  return await bus.connect(url, connectionsTo(redisUrl(url), options.connectTimeoutMs, bus))
}

function connectionsTo(url: string, connectionTimeout: number, events: RedisEvents): RedisConnections {
  const settings = { connectionTimeout, enableOfflineQueue: false, maxRetries: 0x7fff_ffff }
  const publisher = new Bun.RedisClient(url, settings)
  const subscriber = new Bun.RedisClient(url, settings)
  const receive = (payload: string, channel: string): void => events.message(channel, payload)
  /** What the client believes to be subscribed to: after a reconnect too, and then it would send nothing. */
  const believed = new Set<string>()
  return {
    async connect() {
      await Promise.all([publisher.connect(), subscriber.connect()])
      const reconnects = new Reconnects(events, () => publisher.connected && subscriber.connected)
      publisher.onconnect = () => reconnects.publisherIsBack()
      subscriber.onconnect = () => reconnects.subscriberIsBack()
    },
    publish: (channel, payload) => publisher.publish(channel, payload),
    async subscribe(channel) {
      if (believed.has(channel)) await subscriber.unsubscribe(channel)
      believed.add(channel)
      await subscriber.subscribe(channel, receive)
    },
    async unsubscribe(channel) {
      believed.delete(channel)
      await subscriber.unsubscribe(channel)
    },
    close() {
      publisher.close()
      subscriber.close()
    },
  }
}
