import { type DriverUrl, systemClock } from "@ashlar/core"
import { CacheStoreFailed } from "../errors.ts"
import { readEntry, uniqueName, writeEntry } from "../record.ts"
import { type OpenClient, RedisLink, type RedisOptions, type Reply, redisClients } from "../redis/redis-link.ts"
import type { CacheStore, ChangeBus, Entry, Lease } from "../store.ts"
import { BEGIN, END, FILL, SET } from "./redis-scripts.ts"

/** Redis takes 512 MB, and stands still while it moves so much. */
export const MAX_PAYLOAD_BYTES: number = 8 * 1024 * 1024

/** Opens a cache in Redis or Valkey. @throws {CACHE_STORE_FAILED} when nobody answers. */
export async function open(url: DriverUrl, options: RedisOptions): Promise<CacheStore> {
  return await openRedisStore(url, options, await redisClients())
}

export async function openRedisStore(
  url: DriverUrl,
  options: RedisOptions,
  openClient: OpenClient,
): Promise<CacheStore> {
  const connect = () => RedisLink.open(url, options, openClient)
  return new RedisStore(await connect(), connect, options.prefix)
}

/** How many keys one SCAN looks at. */
const SCAN_COUNT = "1000"

class RedisStore implements CacheStore {
  readonly sharesValues = false
  readonly maxPayloadBytes: number = MAX_PAYLOAD_BYTES
  readonly #link: RedisLink
  readonly #connect: () => Promise<RedisLink>
  readonly #prefix: string

  constructor(link: RedisLink, connect: () => Promise<RedisLink>, prefix: string) {
    this.#link = link
    this.#connect = connect
    this.#prefix = `${prefix}:cache:`
  }

  async get(key: string): Promise<Entry | undefined> {
    const text = (await this.#link.send("GET", this.#entry(key))) as string | null
    return (await this.#read([text]))[0]
  }
  async getMany(keys: readonly string[]): Promise<readonly (Entry | undefined)[]> {
    if (keys.length === 0) return []
    return await this.#read(
      (await this.#link.send("MGET", ...keys.map((key) => this.#entry(key)))) as (string | null)[],
    )
  }
  async set(items: readonly (readonly [key: string, entry: Entry])[]): Promise<void> {
    const written = items.map(([key, entry]) => [key, writeEntry(entry, this.maxPayloadBytes)] as const)
    const set = written.map(async ([key, { text, expiresMs, tags }]) => {
      const leftMs = leftOf(expiresMs)
      if (leftMs === "0") return await this.delete([key])
      const keys = [this.#entry(key), this.#leaseKey(key), ...this.#tags(tags)]
      return await this.#link.run(SET, keys, [text, leftMs, ...tags.map(uniqueName)])
    })
    await Promise.all(set)
  }
  async delete(keys: readonly string[]): Promise<number> {
    if (keys.length === 0) return 0
    // The leases first: what is being made must not come after the entry is gone.
    await this.#link.send("DEL", ...keys.map((key) => this.#leaseKey(key)))
    return Number(await this.#link.send("DEL", ...keys.map((key) => this.#entry(key))))
  }
  async flush(prefix: string): Promise<void> {
    await this.#drop(`${escapePattern(this.#leaseKey(prefix))}*`)
    await this.#drop(`${escapePattern(this.#entry(prefix))}*`)
  }
  async #drop(pattern: string): Promise<void> {
    let cursor = "0"
    do {
      const [next, keys] = (await this.#link.send("SCAN", cursor, "MATCH", pattern, "COUNT", SCAN_COUNT)) as [
        string,
        string[],
      ]
      if (keys.length > 0) await this.#link.send("UNLINK", ...keys)
      cursor = next
    } while (cursor !== "0")
  }
  async invalidate(tags: readonly string[]): Promise<void> {
    await this.#link.send("DEL", ...this.#tags(tags))
  }
  async begin(key: string, tags: readonly string[], ttlMs: number): Promise<Lease | undefined> {
    const token = uniqueName()
    const args = [token, String(ttlMs), ...tags.map(uniqueName)]
    const states = await this.#link.run(BEGIN, [this.#leaseKey(key), ...this.#tags(tags)], args)
    return states === null ? undefined : { token, versions: states as string[] }
  }
  async fill(key: string, entry: Entry, { token, versions }: Lease): Promise<boolean> {
    const { text, expiresMs, tags } = writeEntry(entry, this.maxPayloadBytes)
    const leftMs = leftOf(expiresMs)
    if (leftMs === "0") {
      await this.end(key, { token, versions })
      return false
    }
    const keys = [this.#entry(key), this.#leaseKey(key), ...this.#tags(tags)]
    return (await this.#link.run(FILL, keys, [text, leftMs, token, ...versions])) === 1
  }
  async end(key: string, { token }: Lease): Promise<void> {
    await this.#link.run(END, [this.#leaseKey(key)], [token])
  }
  async openBus(): Promise<ChangeBus> {
    const listening = await this.#connect() // one that subscribes can do nothing else
    const channel = `${this.#prefix}changes`
    const link = this.#link
    return {
      publish: async (message) => void (await link.send("PUBLISH", channel, message)),
      subscribe: (listener) => listening.subscribe(channel, listener),
      onState: (callback) => listening.onState(callback),
      close: async () => listening.close(),
    }
  }
  async close(): Promise<void> {
    this.#link.close()
  }

  /** Texts as entries: without those whose tags were invalidated since. */
  async #read(texts: readonly Reply[]): Promise<readonly (Entry | undefined)[]> {
    const nowMs = systemClock.now()
    const parts = texts.map((text) => {
      if (typeof text !== "string") return undefined
      const end = text.indexOf("\n")
      if (end < 0)
        throw new CacheStoreFailed("What is kept for a key is not what this cache writes. Give it another prefix.")
      return { states: text.slice(0, end), entry: readEntry(text.slice(end + 1)) }
    })
    const tags = [...new Set(parts.flatMap((part) => part?.entry.tags ?? []))]
    const now = new Map<string, Reply>()
    if (tags.length > 0) {
      const states = (await this.#link.send("MGET", ...this.#tags(tags))) as readonly Reply[]
      for (const [at, tag] of tags.entries()) now.set(tag, states[at]!)
    }
    return parts.map((part) => {
      if (part === undefined || part.entry.expiresMs <= nowMs) return undefined
      const { states, entry } = part
      return entry.tags.map((tag) => now.get(tag) ?? "").join(",") === states ? entry : undefined
    })
  }

  #entry(key: string): string {
    return `${this.#prefix}v:${key}`
  }
  #leaseKey(key: string): string {
    return `${this.#prefix}l:${key}`
  }
  #tags(tags: readonly string[]): string[] {
    return tags.map((tag) => `${this.#prefix}t:${tag}`)
  }
}

/** Milliseconds until then; `""` where it is never. */
function leftOf(expiresMs: number): string {
  return expiresMs === Number.POSITIVE_INFINITY ? "" : String(Math.max(0, Math.ceil(expiresMs - systemClock.now())))
}

function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, "\\$&")
}
