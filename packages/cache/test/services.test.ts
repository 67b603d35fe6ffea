import { describe, expect, test } from "bun:test"
import { createContainer, type Service } from "@ashlar/core"
import { type Cache, defineCache, openCache } from "../src/index.ts"
import { defineLocks, type Locks, openLocks } from "../src/locks/index.ts"
import { defineRateLimits, openRateLimits, type RateLimits } from "../src/rate-limits/index.ts"

test("a cache, locks and limits are services of an app, healthy while they work, closed with it", async () => {
  const container = createContainer()
  const cache = await container.get(defineCache(() => "memory:"))
  const locks = await container.get(defineLocks(() => "memory:"))
  const limits = await container.get(defineRateLimits(async () => "memory:"))
  await cache.set("k", 1)
  const limit = limits.slidingWindow("a", { limit: 1, window: "1m" })
  expect([await cache.has("k"), (await locks.try("a"))?.isHeld, (await limit.take("k")).allowed]).toEqual([
    true,
    true,
    true,
  ])
  expect(await container.health()).toEqual({ cache: { status: "ok", detail: "ok" } })
  await container.close()
  for (const outcome of await Promise.allSettled([cache.get("k"), locks.try("b"), limit.take("k")]))
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "CACHE_CLOSED" } })
})

describe("what is needed and not promised is refused before anything is opened", () => {
  const needs = { crossProcess: true }
  test.each<[string, () => unknown]>([
    ["a cache", () => openCache("memory:", { needs })],
    ["locks", () => openLocks("memory:", { needs })],
    ["limits", () => openRateLimits("memory:", { needs })],
  ])("%s", (_what, open) => {
    expect(open).toThrow(
      expect.objectContaining({
        code: "CORE_DRIVER_GUARANTEE_MISSING",
        message: expect.stringContaining("needs crossProcess, which memory: does not promise. Use one of: "),
      }),
    )
  })
  test("by services too, and by tiers as the one behind promises", async () => {
    const container = createContainer()
    const services: readonly Service<Cache | Locks | RateLimits>[] = [
      defineCache(() => "memory:", { needs }),
      defineLocks(() => "memory:", { needs }) as Service<Locks>,
      defineRateLimits(() => "memory:", { needs }) as Service<RateLimits>,
    ] as never
    for (const service of services)
      expect(await container.get(service).catch((error) => error)).toMatchObject({
        code: "CORE_DRIVER_GUARANTEE_MISSING",
      })
    const cache = openCache("tiered:memory:,redis://127.0.0.1:1", { needs: { crossProcess: true, atomicTags: true } })
    await cache.close()
    expect(() => openCache("tiered:memory:,file:x", { needs: { exactLease: true } })).toThrow(/exactLease/)
  })
})
