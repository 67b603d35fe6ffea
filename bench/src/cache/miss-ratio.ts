import { TinyLfu } from "@ashlar/cache/testing/tiny-lfu"
import { TRACES } from "@ashlar/cache/testing/traces"
import { LRUCache } from "lru-cache"
import type { Series } from "../series.ts"

interface Bounded {
  get(key: string): unknown
  set(key: string, value: number): unknown
}

/** Of each trace, the share of requests that a full cache does not answer, in percent. */
export function* missRatios(): Generator<{ readonly name: string; readonly series: Series }> {
  for (const { name, capacity, make } of TRACES) {
    const trace = make()
    const lfu = new TinyLfu<number>({ maxEntries: capacity, maxBytes: Number.MAX_SAFE_INTEGER })
    const own: Bounded = { get: (key) => lfu.get(key), set: (key, value) => lfu.set(key, value, 8) }
    const series = new Map([
      ["ashlar", [missed(own, trace)]],
      ["lru-cache", [missed(new LRUCache<string, number>({ max: capacity }), trace)]],
    ])
    yield { name, series }
  }
}

function missed(cache: Bounded, trace: readonly string[]): number {
  let count = 0
  for (const key of trace) {
    if (cache.get(key) !== undefined) continue
    count++
    cache.set(key, 1)
  }
  return (count / trace.length) * 100
}
