import type { RedisClient, RedisOptions } from "./redis-link.ts"

/** Bun's own client. */
export function openBunClient(url: string, { connectTimeoutMs }: RedisOptions): RedisClient {
  const client = new Bun.RedisClient(url, {
    connectionTimeout: connectTimeoutMs,
    enableOfflineQueue: false,
    maxRetries: 0x7fff_ffff,
  })
  /** What the client believes to be subscribed to: after a reconnect too, and then it would send nothing. */
  const channels = new Map<string, (payload: string) => void>()
  const states: ((isConnected: boolean) => void)[] = []
  const tell = (isConnected: boolean): void => {
    for (const callback of states) callback(isConnected)
  }
  const resubscribe = async (): Promise<void> => {
    try {
      for (const [channel, listener] of channels) {
        await client.unsubscribe(channel)
        await client.subscribe(channel, listener)
      }
      tell(true)
    } catch {
      // Lost again; the next connection subscribes.
    }
  }
  return {
    async connect() {
      await client.connect()
      client.onconnect = () => void resubscribe()
      client.onclose = () => tell(false)
    },
    send: (command, args) => client.send(command, args as string[]),
    async subscribe(channel, listener) {
      channels.set(channel, listener)
      await client.subscribe(channel, listener)
    },
    onState: (callback) => void states.push(callback),
    close: () => client.close(),
  }
}
