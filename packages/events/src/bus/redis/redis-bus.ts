import { RedisLink, type RedisOptions, redisClients } from "@ashlar/cache/redis"
import type { DriverUrl } from "@ashlar/core"
import { EventOptionInvalid } from "../../errors.ts"
import { asBusFailed } from "../as-bus-failed.ts"
import type {
  BusDriver,
  BusRecord,
  BusSettings,
  ConsumeSettings,
  Consuming,
  DeadLetter,
  DeadLetterPage,
  From,
  Handle,
  OpenBusDriver,
} from "../bus-driver.ts"
import { LaneKeeper } from "../lanes/lane-keeper.ts"
import { partitionOf } from "../partition.ts"
import { RedisKeys } from "./redis-keys.ts"
import { RedisLaneWorker } from "./redis-lane-worker.ts"
import { RedisLanes } from "./redis-lanes.ts"
import { idsBefore, RedisListener } from "./redis-listener.ts"
import { RedisReader } from "./redis-reader.ts"
import { isRefusal, pairsOf } from "./redis-replies.ts"
import { APPEND, REDRIVE } from "./redis-scripts.ts"

/** Redis takes 512 MB, and stands still while it moves so much. */
export const REDIS_MAX_PAYLOAD_BYTES: number = 8 * 1024 * 1024
const TRIM_EVERY_MS = 60_000
const APPEND_AT_ONCE = 500

export interface RedisBusOptions extends RedisOptions {
  /** Events that each partition keeps, about. */
  readonly maxLength: number
}

/** Opens a bus in streams of Redis or Valkey. @throws {EVENTS_BUS_FAILED} when nobody answers. {EVENTS_OPTION_INVALID} */
export async function open(url: DriverUrl, options: RedisBusOptions): Promise<OpenBusDriver> {
  const openClient = await redisClients()
  const connect = () => asBusFailed("Connecting to Redis", () => RedisLink.open(url, options, openClient))
  return async (settings) => {
    const bus = new RedisBus(await connect(), connect, options, settings)
    try {
      await bus.check()
    } catch (error) {
      await bus.close()
      throw error
    }
    return bus
  }
}

class RedisBus implements BusDriver {
  readonly maxPayloadBytes: number = REDIS_MAX_PAYLOAD_BYTES
  readonly #link: RedisLink
  readonly #connect: () => Promise<RedisLink>
  readonly #keys: RedisKeys
  readonly #settings: BusSettings
  readonly #maxLength: string
  readonly #trimming: ReturnType<typeof setInterval>

  constructor(link: RedisLink, connect: () => Promise<RedisLink>, options: RedisBusOptions, settings: BusSettings) {
    this.#link = link
    this.#connect = connect
    this.#settings = settings
    this.#maxLength = String(options.maxLength)
    this.#keys = new RedisKeys(options.prefix, settings.name, settings.partitions)
    this.#trimming = setInterval(() => void this.#trim().catch(settings.onError), TRIM_EVERY_MS)
    this.#trimming.unref?.()
  }

  /** @throws {EVENTS_OPTION_INVALID} for another number of partitions than the bus has. */
  async check(): Promise<void> {
    const { partitions } = this.#settings
    await this.#send("SET", this.#keys.partitions, String(partitions), "NX")
    const known = Number(await this.#send("GET", this.#keys.partitions))
    if (known !== partitions)
      throw new EventOptionInvalid(
        `Expected ${known} partitions, as this bus was first opened with, got ${partitions}.`,
      )
  }

  async publish(records: readonly BusRecord[]): Promise<void> {
    const { streams } = this.#keys
    for (let at = 0; at < records.length; at += APPEND_AT_ONCE) {
      const some = records.slice(at, at + APPEND_AT_ONCE)
      const args = some.flatMap(({ key, id, text }) => [String(partitionOf(key ?? id, streams.length) + 1), text, ""])
      await asBusFailed("Publishing", () => this.#link.run(APPEND, streams, [this.#maxLength, ...args]))
    }
  }

  async consume({ group, from }: ConsumeSettings, handle: Handle): Promise<Consuming> {
    const { partitions, leaseMs, onError } = this.#settings
    const keys = this.#keys
    const ids = from === "now" ? keys.streams.map(() => "$") : await idsBefore(this.#link, keys.streams, from)
    await Promise.all(keys.streams.map((stream, part) => this.#makeGroup(stream, group, ids[part]!)))
    const reading = await this.#connect()
    const link = this.#link
    const lanes = new RedisLanes(link, keys, group, leaseMs)
    const { member } = lanes
    const reader = new RedisReader(reading, group, member, onError)
    const parts = { link, keys, reader, group, member, leaseMs, handle, onError }
    const run = (lane: ConstructorParameters<typeof RedisLaneWorker>[1]) => new RedisLaneWorker(parts, lane).run()
    const keeper = new LaneKeeper<true>({ store: lanes, partitions, leaseMs, onError, run })
    const stop = async (): Promise<void> => {
      await keeper.stop()
      await reader.stop()
      reading.close()
    }
    try {
      await keeper.start()
    } catch (error) {
      await stop()
      throw error
    }
    return { stop }
  }
  async #makeGroup(stream: string, group: string, id: string): Promise<void> {
    try {
      await this.#send("XGROUP", "CREATE", stream, group, id, "MKSTREAM")
    } catch (error) {
      if (!isRefusal(error, "BUSYGROUP")) throw error
    }
  }

  async listen(from: From, handle: Handle): Promise<Consuming> {
    const { streams } = this.#keys
    const ids = await idsBefore(this.#link, streams, from)
    const reading = await this.#connect()
    const listener = new RedisListener(reading, { streams, ids }, handle, this.#settings.onError)
    return {
      async stop() {
        await listener.stop()
        reading.close()
      },
    }
  }

  async backlog(group: string): Promise<number | undefined> {
    const counts = await Promise.all(this.#keys.streams.map((stream) => this.#backlogOf(stream, group)))
    return counts.includes(undefined) ? undefined : counts.reduce<number>((sum, count) => sum + count!, 0)
  }
  async #backlogOf(stream: string, group: string): Promise<number | undefined> {
    try {
      const groups = ((await this.#send("XINFO", "GROUPS", stream)) as unknown[]).map(pairsOf)
      const own = groups.find((one) => one.get("name") === group)
      if (own === undefined) return 0
      const [lag, pending] = [own.get("lag"), own.get("pending")]
      // Redis before 7 does not count, and later ones do not where entries were deleted.
      return typeof lag === "number" ? lag + Number(pending) : undefined
    } catch (error) {
      if (isRefusal(error, "no such key")) return 0
      throw error
    }
  }

  async deadLetters(group: string, { limit, after }: DeadLetterPage): Promise<readonly DeadLetter[]> {
    const begin = after === undefined ? "-" : `(${after}`
    const ids = (await this.#send(
      "ZRANGEBYLEX",
      this.#keys.letterIds(group),
      begin,
      "+",
      "LIMIT",
      "0",
      String(limit),
    )) as string[]
    if (ids.length === 0) return []
    const texts = (await this.#send("HMGET", this.#keys.letters(group), ...ids)) as (string | null)[]
    return ids.flatMap((id, at) => {
      const text = texts[at]
      return typeof text === "string" ? [{ id, ...(JSON.parse(text) as Omit<DeadLetter, "id">) }] : []
    })
  }
  async redrive(group: string, ids: readonly string[]): Promise<number> {
    const keys = [this.#keys.letters(group), this.#keys.letterIds(group), ...this.#keys.streams]
    return Number(await asBusFailed("Redriving", () => this.#link.run(REDRIVE, keys, [group, this.#maxLength, ...ids])))
  }
  async discard(group: string, ids: readonly string[]): Promise<number> {
    if (ids.length === 0) return 0
    await this.#send("ZREM", this.#keys.letterIds(group), ...ids)
    return Number(await this.#send("HDEL", this.#keys.letters(group), ...ids))
  }
  async forget(group: string): Promise<void> {
    for (const stream of this.#keys.streams)
      try {
        await this.#send("XGROUP", "DESTROY", stream, group)
      } catch (error) {
        if (!isRefusal(error, "no such key") && !isRefusal(error, "requires the key to exist")) throw error
      }
    const keys = this.#keys
    await this.#send("DEL", keys.members(group), keys.letters(group), keys.letterIds(group), ...keys.lanes(group))
  }

  async health(): Promise<void> {
    await this.#send("PING")
  }
  async close(): Promise<void> {
    clearInterval(this.#trimming)
    this.#link.close()
  }

  async #trim(): Promise<void> {
    const oldest = Date.now() - this.#settings.retainMs
    for (const stream of this.#keys.streams)
      await this.#send("XTRIM", stream, "MINID", "~", String(Math.max(0, oldest)))
  }
  async #send(command: string, ...args: readonly string[]): Promise<unknown> {
    return await asBusFailed("Asking Redis", () => this.#link.send(command, ...args))
  }
}
