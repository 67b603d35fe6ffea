import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { parseDriverUrl } from "@ashlar/core"
import { cacheGuarantees, openCache } from "../open-cache.ts"
import { openIoredisClient } from "../redis/ioredis-client.ts"
import { describeCacheStore } from "../testing/cache-suite.ts"
import { temporaryDatabase, temporaryFolder } from "../testing/test-database.ts"
import { findServer } from "../testing/test-servers.ts"
import { cacheDrivers } from "./drivers.ts"
import { openRedisStore } from "./redis.ts"
import { TieredStore } from "./tiered.ts"

const folder = temporaryFolder()
describeCacheStore("memory", { open: () => cacheDrivers.open("memory:"), crossProcess: false })
describeCacheStore("files", { open: () => cacheDrivers.open(`file:${join(folder, "files")}`), crossProcess: true })

/** Two handles on one file: what a second process would be, but for the pool, which processes do not share. */
let handle = 0
const sqliteUrl = () =>
  `sqlite:${join(folder, "cache.db")}?synchronous=NORMAL&acquireTimeoutMs=${5000 + (handle++ % 2)}`
describeCacheStore("SQLite", { open: () => cacheDrivers.open(sqliteUrl()), crossProcess: true })

async function tiered(url: string, pollMs: number) {
  const [front, back] = await Promise.all([cacheDrivers.open("memory:"), cacheDrivers.open(url)])
  const bus = await back.openBus!(pollMs)
  return await new TieredStore(front, back, bus, { localTtlMs: 30_000, onError: () => undefined }).start()
}
describeCacheStore("memory before SQLite", { open: () => tiered(sqliteUrl(), 10), crossProcess: true, lagMs: 60 })

const postgres = await findServer("PostgreSQL")
if (postgres !== undefined) {
  const url = await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres")
  const open = () => cacheDrivers.open(`${url}?max=${5 + (handle++ % 2)}`)
  describeCacheStore("PostgreSQL", { open, crossProcess: true })
}

const redis = await findServer("Redis")
if (redis !== undefined) {
  const url = `redis://127.0.0.1:${redis}?prefix=ashlar-test`
  describeCacheStore("Redis, by Bun's client", { open: () => cacheDrivers.open(url), crossProcess: true })
  const options = { prefix: "ashlar-test", connectTimeoutMs: 2_000, commandTimeoutMs: 2_000 }
  const open = () => openRedisStore(parseDriverUrl(url), options, openIoredisClient)
  describeCacheStore("Redis, by ioredis", { open, crossProcess: true })
  describeCacheStore("memory before Redis", { open: () => tiered(url, 10), crossProcess: true, lagMs: 60 })
}

describe("the drivers of a cache", () => {
  test("promise what they do as data, tiers what the one behind does", () => {
    expect(cacheGuarantees("memory:")).toMatchObject({ crossProcess: false, atomicTags: true })
    expect(cacheGuarantees("tiered:memory:,redis://h")).toEqual(cacheGuarantees("redis://h"))
    expect(cacheGuarantees("file:x")).toMatchObject({ exactLease: false, durable: true })
  })
  test.each([
    ["memroy:", "CORE_DRIVER_UNKNOWN"],
    ["tiered:memory:", "CACHE_OPTION_INVALID"],
    ["tiered:redis://h,redis://h", "CACHE_OPTION_INVALID"],
    ["tiered:memory:,tiered:memory:,redis://h", "CACHE_OPTION_INVALID"],
    ["tiered:memory:,rediz://h", "CORE_DRIVER_UNKNOWN"],
  ])("refuse %s before anything is opened", (url, code) => {
    expect(() => openCache(url)).toThrow(expect.objectContaining({ code }))
  })
  test.each([
    ["memory:?maxEntrys=3", "CORE_DRIVER_OPTION_INVALID"],
    ["memory:?maxEntries=0", "CORE_DRIVER_OPTION_INVALID"],
    ["file:/proc/none/such", "CACHE_STORE_FAILED"],
    ["file://host/x", "CORE_DRIVER_URL_INVALID"],
    ["redis://user:hunter2@127.0.0.1:1?connectTimeoutMs=300", "CACHE_STORE_FAILED"],
    ["tiered:memory:?maxEntries=x,file:/tmp/unused", "CORE_DRIVER_OPTION_INVALID"],
  ])("say what is wrong with %s when it is opened, without its secrets", async (url, code) => {
    const error = await openCache(url)
      .ready()
      .catch((cause) => cause)
    expect(error.code).toBe(code)
    expect(error.message).not.toContain("hunter2")
  })
})
