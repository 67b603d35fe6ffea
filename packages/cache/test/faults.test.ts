import { describe, expect, test } from "bun:test"
import { readdirSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { manualClock } from "@ashlar/core"
import { startProxy } from "@ashlar/core/testing/proxy"
import { openDatabase, sql } from "@ashlar/orm"
import { cacheDrivers } from "../src/drivers/drivers.ts"
import { MemoryStore } from "../src/drivers/memory.ts"
import { type CacheStore, CacheStoreFailed, openCache } from "../src/index.ts"
import { temporaryFolder } from "../src/testing/test-database.ts"
import { findServer } from "../src/testing/test-servers.ts"

const MEMORY = { maxEntries: 100, maxBytes: 100_000 }
type Method = "get" | "getMany" | "set" | "delete" | "flush" | "invalidate" | "begin" | "fill" | "end"

/** A store whose named methods fail, before or after they did their work. */
function faulty(broken: Set<Method>, when: "before" | "after" = "before"): CacheStore {
  return new Proxy(new MemoryStore(MEMORY) as CacheStore, {
    get(store, name) {
      const method = Reflect.get(store, name) as unknown
      if (typeof method !== "function") return method
      return async (...args: readonly unknown[]) => {
        if (when === "before" && broken.has(name as Method)) throw new CacheStoreFailed("away")
        const result: unknown = await Reflect.apply(method, store, args)
        if (when === "after" && broken.has(name as Method)) throw new CacheStoreFailed("away")
        return result
      }
    },
  })
}

describe("a store that fails", () => {
  test.each(["get", "begin", "fill", "end"] as const)(
    "in %s leaves the value to be made, and is told of",
    async (method) => {
      const errors: unknown[] = []
      const cache = openCache(faulty(new Set([method])), { onError: (error) => errors.push(error) })
      let makes = 0
      const make = async () => {
        await Bun.sleep(5)
        return ++makes
      }
      const asked = await Promise.all([1, 2, 3].map(() => cache.remember("k", "1h", make)))
      expect([asked, makes]).toEqual([[1, 1, 1], 1])
      if (method !== "end")
        expect([errors[0], cache.stats().storeErrors > 0]).toEqual([expect.any(CacheStoreFailed), true])
      if (method === "get")
        expect([await cache.get("k"), await cache.has("k"), (await cache.getMany(["k"])).size]).toEqual([
          undefined,
          false,
          0,
        ])
      await cache.close()
    },
  )
  test("whose answer is lost keeps no lease for long after it kept the value", async () => {
    const cache = openCache(faulty(new Set(["fill"]), "after"))
    expect([await cache.remember("k", "1h", () => 1), await cache.remember("k", "1h", () => 2)]).toEqual([1, 1])
  })
  test("says so where silence would leave an old value there", async () => {
    const cache = openCache(faulty(new Set(["set", "delete", "flush", "invalidate"])))
    const acts = [cache.set("k", 1), cache.delete("k"), cache.flush(), cache.invalidate("t")]
    for (const outcome of await Promise.allSettled(acts))
      expect(outcome).toMatchObject({ status: "rejected", reason: { code: "CACHE_STORE_FAILED" } })
  })
  test("is no reason to hide what making says", async () => {
    const cache = openCache(faulty(new Set(["get", "begin", "end"])))
    const error = await cache.remember("k", "1h", () => Promise.reject(new RangeError("no"))).catch((cause) => cause)
    expect(error).toBeInstanceOf(RangeError)
  })
  test("lets an error handler throw", async () => {
    const cache = openCache(faulty(new Set(["get"])), {
      onError() {
        throw new RangeError("the logger is away too")
      },
    })
    expect(await cache.remember("k", "1h", () => 1)).toBe(1)
  })
})

describe("a cache", () => {
  test("that is closed refuses, waits for what is under way, and closes its namespaces", async () => {
    const cache = openCache("memory:")
    const users = cache.namespace("users")
    const making = users.remember("k", "1h", () => Bun.sleep(20).then(() => 1))
    await Bun.sleep(5)
    const closing = cache.close()
    expect(await making).toBe(1)
    await closing
    await cache.close()
    for (const act of [
      users.get("k"),
      users.set("k", 1),
      users.remember("k", "1h", () => 1),
      cache.ready(),
      cache.has("k"),
    ])
      expect(await act.catch((error) => error)).toMatchObject({ code: "CACHE_CLOSED" })
  })
  test("keeps within its bytes, and refuses no value for being large", async () => {
    const cache = openCache("memory:?maxBytes=20000")
    for (let at = 0; at < 200; at++) await cache.set(`k${at}`, "x".repeat(1_000), { tags: [`t${at}`] })
    const { bytes, entries, evictions } = cache.stats()
    expect([bytes <= 20_000, entries > 10, evictions > 150]).toEqual([true, true, true])
    await cache.set("large", "x".repeat(30_000))
    expect([
      await cache.get("large"),
      await cache.remember("large", "1h", () => "x".repeat(30_000)).then((text) => text.length),
    ]).toEqual([undefined, 30_000])
  })
  test("warms what is missing, a few at a time, and counts what is there", async () => {
    const errors: unknown[] = []
    const cache = openCache("memory:", { onError: (error) => errors.push(error) })
    await cache.set("k0", "there")
    let running = 0
    let most = 0
    const make = (at: number) => async () => {
      most = Math.max(most, ++running)
      await Bun.sleep(2)
      running--
      if (at === 5) throw new RangeError("no")
      return at
    }
    const all = Array.from({ length: 20 }, (_, at) => ({ key: `k${at}`, options: "1h" as const, make: make(at) }))
    expect(await cache.warm(all, { concurrency: 3 })).toBe(19)
    expect([most, await cache.get<string>("k0"), await cache.get<number>("k19"), errors.length]).toEqual([
      3,
      "there",
      19,
      1,
    ])
    expect(await cache.warm(all, { concurrency: 0 }).catch((error) => error)).toMatchObject({
      code: "CACHE_OPTION_INVALID",
    })
  })
  test.each([
    [{ ttl: "5 minutes" }, "duration"],
    [{ ttl: "-1s" }, "duration"],
    [{ ttl: "1e99d" }, "duration"],
    [{ ttl: 60 }, "duration"],
    [{ tll: "5m" }, "Unknown option"],
    [{ tags: Array.from({ length: 17 }, String) }, "at most 16 tags"],
  ])("refuses %j", async (options, message) => {
    const error = await openCache("memory:")
      .remember("k", options as never, () => 1)
      .catch((cause) => cause)
    expect(error).toMatchObject({ code: "CACHE_OPTION_INVALID", message: expect.stringContaining(message) })
  })
  test("serves no entry after its time by the clock, and stands in no longer than grace says", async () => {
    const clock = manualClock()
    const cache = openCache(new MemoryStore(MEMORY, clock), { clock })
    const ask = (make: () => number) => cache.remember("k", { ttl: "1m", grace: "10m", graceBackoff: "1s" }, make)
    const fail = (): number => {
      throw new RangeError("away")
    }
    expect(await ask(() => 1)).toBe(1)
    clock.advance(59_999)
    expect(await ask(fail)).toBe(1)
    for (let minute = 0; minute < 9; minute++) {
      clock.advance(60_000)
      expect(await ask(fail)).toBe(1)
    }
    clock.advance(60_001)
    expect(await ask(fail).catch((error) => error)).toBeInstanceOf(RangeError)
  })
})

const folder = temporaryFolder()

describe("files", () => {
  test("that were torn or are somebody else's are misses, and are told of", async () => {
    const errors: unknown[] = []
    const cache = openCache(`file:${join(folder, "torn")}`, { onError: (error) => errors.push(error) })
    await cache.set("k", "x".repeat(100))
    const path = readdirSync(join(folder, "torn", "entries"), { recursive: true, withFileTypes: true }).find((one) =>
      one.isFile(),
    )!
    truncateSync(join(path.parentPath, path.name), 40)
    expect(await cache.get("k")).toBe(undefined)
    writeFileSync(join(path.parentPath, path.name), "hello")
    expect(await cache.remember("k", "1h", () => 2)).toBe(2)
    expect(errors.length).toBeGreaterThan(1)
    expect([await cache.set("k", 3), await cache.get<number>("k")]).toEqual([undefined, 3])
  })
  test("are bounded in number", async () => {
    const store = await cacheDrivers.open(`file:${join(folder, "many")}?maxEntries=50`)
    const cache = openCache(store)
    await cache.setMany(Array.from({ length: 600 }, (_, at) => [`k${at}`, at] as const))
    const files = readdirSync(join(folder, "many", "entries"), { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    )
    expect(files.length).toBeLessThanOrEqual(150)
    await cache.flush()
  })
})

test("what is kept in a transaction of the same database is undone with it", async () => {
  const url = `sqlite:${join(folder, "shared.db")}`
  const database = await openDatabase(url)
  const cache = openCache(url)
  await cache.ready()
  await cache.set("k", "before")
  await database
    .transaction(async () => {
      await cache.set("k", "within")
      expect(await cache.remember("made", "1h", () => 1)).toBe(1)
      throw new RangeError("undone")
    })
    .catch(() => undefined)
  expect([await cache.get<string>("k"), await cache.get("made")]).toEqual(["before", undefined])
  await database.transaction(async () => void (await cache.delete("k")))
  expect(await cache.get("k")).toBe(undefined)
  await database.sql`insert into ${sql.id("ashlar_cache_entries")} (key, body, states) values (${"bad"}, ${"nonsense"}, ${""})`.run()
  expect(await cache.get("bad")).toBe(undefined)
  await cache.close()
  await database.close()
})

const redis = await findServer("Redis")
describe.if(redis !== undefined)("a connection to Redis", () => {
  const open = async (front = "") => {
    const proxy = await startProxy(redis!)
    const errors: unknown[] = []
    const url = `redis://127.0.0.1:${proxy.port}?prefix=ashlar-test-faults&commandTimeoutMs=300`
    const cache = openCache(`${front}${url}`, { onError: (error) => errors.push(error) })
    await cache.ready()
    const end = async () => {
      await cache.close()
      await proxy.close()
    }
    return { proxy, errors, cache, end }
  }
  const recovers = async (work: () => Promise<unknown>) => {
    for (let attempt = 0; attempt < 200; attempt++) {
      const isBack = await work().then(
        (value) => value !== undefined,
        () => false,
      )
      if (isBack) return true
      await Bun.sleep(20)
    }
    return false
  }

  test("that is cut is a miss, and comes back", async () => {
    const { proxy, cache, end } = await open()
    await cache.set("k", 1, "1m")
    proxy.refuse(true)
    expect([await cache.get("k"), await cache.remember("k", "1m", () => 2)]).toEqual([undefined, 2])
    expect(await cache.delete("k").catch((error) => error)).toMatchObject({ code: "CACHE_STORE_FAILED" })
    proxy.refuse(false)
    expect(await recovers(() => cache.get("k"))).toBe(true)
    expect(await cache.get<number>("k")).toBe(1)
    await end()
  })
  test("that says nothing is a miss in time", async () => {
    const { proxy, errors, cache, end } = await open()
    await cache.set("k", 1, "1m")
    proxy.swallow(true)
    expect([await cache.get("k"), await cache.remember("k", "1m", () => 2)]).toEqual([undefined, 2])
    expect(errors[0]).toMatchObject({ code: "CACHE_STORE_FAILED", message: "Redis did not answer GET within 300 ms" })
    await end()
  })
  test("that was lost empties the tier in front, which serves nothing meanwhile", async () => {
    const { proxy, cache, end } = await open("tiered:memory:,")
    const direct = openCache(`redis://127.0.0.1:${redis}?prefix=ashlar-test-faults`)
    await cache.set("k", "old", "1m")
    expect(await cache.get<string>("k")).toBe("old")
    proxy.refuse(true)
    while (cache.stats().entries > 0) await Bun.sleep(5)
    expect(await cache.get("k")).toBe(undefined)
    await direct.set("k", "new", "1m")
    proxy.refuse(false)
    expect(await recovers(() => cache.get("k"))).toBe(true)
    expect(await cache.get<string>("k")).toBe("new")
    await direct.flush()
    await direct.close()
    await end()
  })
})
