import { type DriverUrl, withDeadline } from "@ashlar/core"
import type { IRedisClient } from "bullmq"
import { QueueStoreFailed } from "../errors.ts"

export interface RedisOptions {
  /** The first part of every key: keeps apps apart that use one server. */
  readonly prefix: string
  readonly connectTimeoutMs: number
  readonly commandTimeoutMs: number
}

/** A connection for BullMQ, which comes back by itself and refuses commands while it is away. */
export interface RedisConnection {
  readonly client: IRedisClient
  /** What arrives while the connection is lost is missed. */
  subscribe(channel: string, listener: (text: string) => void): Promise<void>
  publish(channel: string, text: string): void
  close(): void
}
export type OpenRedis = (url: string, options: RedisOptions) => Promise<RedisConnection>

const MAX_RETRY_MS = 2_000

/** @throws {QUEUE_STORE_FAILED} when nobody answers in time. */
export async function openRedis(url: DriverUrl, options: RedisOptions, open: OpenRedis): Promise<RedisConnection> {
  const address = url
    .reveal()
    .replace(/^valkey:/i, "redis:")
    .replace(/\?.*$/, "")
  const failed = (cause?: unknown) => new QueueStoreFailed(`Redis does not answer at ${url}`, { cause })
  try {
    return await withDeadline(() => open(address, options), options.connectTimeoutMs, failed)
  } catch (cause) {
    throw cause instanceof QueueStoreFailed ? cause : failed(cause)
  }
}

/** Bun has a client of its own. */
export async function openBunRedis(url: string, { connectTimeoutMs }: RedisOptions): Promise<RedisConnection> {
  const { createBunRedisClient } = await import("bullmq")
  const settings = { connectionTimeout: connectTimeoutMs, enableOfflineQueue: false, maxRetries: 0x7fff_ffff }
  const raw = new Bun.RedisClient(url, settings)
  const ear = new Bun.RedisClient(url, settings)
  const close = (): void => {
    raw.close()
    ear.close()
  }
  try {
    await Promise.all([raw.connect(), ear.connect()])
  } catch (error) {
    close()
    throw error
  }
  const channels = new Map<string, (text: string) => void>()
  ear.onconnect = () => {
    for (const [channel, listener] of channels)
      void ear
        .unsubscribe(channel)
        .then(() => ear.subscribe(channel, listener))
        .catch(() => undefined) // lost again; the next connection subscribes
  }
  const client = createBunRedisClient(raw as never)
  // What is wrong comes back from the command that met it; a listener keeps it from ending the process.
  client.on("error", () => undefined)
  return {
    client,
    async subscribe(channel, listener) {
      channels.set(channel, listener)
      await ear.subscribe(channel, listener)
    },
    publish: (channel, text) => void raw.publish(channel, text).catch(() => undefined),
    close,
  }
}

/** The package `ioredis`. */
export async function openIoredis(url: string, { connectTimeoutMs }: RedisOptions): Promise<RedisConnection> {
  const [{ Redis }, { createIORedisClient }] = await Promise.all([import("ioredis"), import("bullmq")])
  const settings = {
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times: number) => Math.min(50 * 2 ** Math.min(times, 10), MAX_RETRY_MS),
  }
  const raw = new Redis(url, settings)
  const ear = new Redis(url, settings)
  // What is wrong comes back from the command that met it; a listener keeps it from ending the process.
  for (const one of [raw, ear]) one.on("error", () => undefined)
  const close = (): void => {
    raw.disconnect()
    ear.disconnect()
  }
  try {
    await Promise.all([raw.connect(), ear.connect()])
  } catch (error) {
    close()
    throw error
  }
  const channels = new Map<string, (text: string) => void>()
  ear.on("message", (channel: string, text: string) => channels.get(channel)?.(text))
  return {
    client: createIORedisClient(raw),
    async subscribe(channel, listener) {
      channels.set(channel, listener)
      await ear.subscribe(channel)
    },
    publish: (channel, text) => void raw.publish(channel, text).catch(() => undefined),
    close,
  }
}
