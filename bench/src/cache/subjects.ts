import { openCache } from "@ashlar/cache"
import { openRateLimits } from "@ashlar/cache/rate-limits"
import { BentoCache, bentostore } from "bentocache"
import { memoryDriver } from "bentocache/drivers/memory"
import { LRUCache } from "lru-cache"

/** One operation on the nth of the keys that are there. */
export type Operation = (at: number) => Promise<unknown>
interface Subject {
  readonly name: string
  readonly operations: Readonly<Record<string, Operation>>
}

export const KEYS = 1_000
const TEXT = "the value of a key, as long as a name and an address"
const USER = { id: 7, name: "Ana", email: "ana@example.com", isActive: true, address: { city: "Porto", zip: "4000" } }
const texts = Array.from({ length: KEYS }, (_, at) => `text:${at}`)
const users = Array.from({ length: KEYS }, (_, at) => `user:${at}`)
const never = (): never => {
  throw new Error("A hit makes nothing.")
}

export const CACHE_SUBJECTS: readonly Subject[] = [await ashlar(), await bentocache(), lruCache()]

async function ashlar(): Promise<Subject> {
  const cache = openCache("memory:")
  await cache.setMany(texts.map((key) => [key, TEXT]))
  await cache.setMany(users.map((key) => [key, USER]))
  const limits = openRateLimits("memory:")
  const window = limits.slidingWindow("window", { limit: 1_000_000_000, window: "1m" })
  const bucket = limits.tokenBucket("bucket", { capacity: 1_000_000_000, refill: 1_000, every: "1s" })
  return {
    name: "ashlar",
    operations: {
      "memory hit text": (at) => cache.get(texts[at]!),
      "memory hit object": (at) => cache.get(users[at]!),
      "memory remember": (at) => cache.remember(texts[at]!, "1h", never),
      "memory sliding window": (at) => window.take(texts[at]!),
      "memory token bucket": (at) => bucket.take(texts[at]!),
    },
  }
}

async function bentocache(): Promise<Subject> {
  const memory = memoryDriver({ maxItems: 100_000 })
  const bento = new BentoCache({ default: "memory", stores: { memory: bentostore().useL1Layer(memory) } })
  for (const key of texts) await bento.set({ key, value: TEXT, ttl: "1h" })
  for (const key of users) await bento.set({ key, value: USER, ttl: "1h" })
  return {
    name: "bentocache",
    operations: {
      "memory hit text": (at) => bento.get({ key: texts[at]! }),
      "memory hit object": (at) => bento.get({ key: users[at]! }),
      "memory remember": (at) => bento.getOrSet({ key: texts[at]!, ttl: "1h", factory: never }),
    },
  }
}

/** Shares its objects with everybody who asks, and makes nothing. */
function lruCache(): Subject {
  const lru = new LRUCache<string, object | string>({ max: 100_000, ttl: 3_600_000 })
  for (const key of texts) lru.set(key, TEXT)
  for (const key of users) lru.set(key, USER)
  return {
    name: "lru-cache",
    operations: {
      "memory hit text": async (at) => lru.get(texts[at]!),
      "memory hit object": async (at) => lru.get(users[at]!),
    },
  }
}
