import { Redis } from "ioredis"
import type { RedisClient, RedisOptions } from "./redis-link.ts"

const MAX_RETRY_MS = 2_000

/** The package `ioredis`. */
export function openIoredisClient(url: string, { connectTimeoutMs }: RedisOptions): RedisClient {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    enableOfflineQueue: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), MAX_RETRY_MS),
  })
  const channels = new Map<string, (payload: string) => void>()
  const states: ((isConnected: boolean) => void)[] = []
  const tell = (isConnected: boolean): void => {
    for (const callback of states) callback(isConnected)
  }
  const resubscribe = async (): Promise<void> => {
    try {
      for (const channel of channels.keys()) await client.subscribe(channel)
      tell(true)
    } catch {
      // Lost again; the next connection subscribes.
    }
  }
  // What is wrong comes back from the command that met it; a listener keeps it from ending the process.
  client.on("error", () => undefined)
  client.on("message", (channel: string, payload: string) => channels.get(channel)?.(payload))
  return {
    async connect() {
      await client.connect()
      client.on("ready", () => void resubscribe())
      client.on("close", () => tell(false))
    },
    send: (command, args) => client.call(command, ...args),
    async subscribe(channel, listener) {
      channels.set(channel, listener)
      await client.subscribe(channel)
    },
    onState: (callback) => void states.push(callback),
    close: () => client.disconnect(),
  }
}
