import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { LRUCache } from "lru-cache"
import { TRACES } from "../testing/traces.ts"
import { TinyLfu } from "./tiny-lfu.ts"

/** The share of a trace's requests that a cache of this many entries answers. */
function hitRatio(
  cache: { get(key: string): unknown; set(key: string, value: number): unknown },
  trace: readonly string[],
): number {
  let hits = 0
  for (const key of trace) {
    if (cache.get(key) !== undefined) hits++
    else cache.set(key, 1)
  }
  return hits / trace.length
}

describe("the share of requests that it answers, beside LRU's,", () => {
  for (const { name, capacity, gain, make } of TRACES)
    test(`is ${gain > 0 ? "larger" : "near to it"} for ${name}`, () => {
      const trace = make()
      const lfu = new TinyLfu<number>({ maxEntries: capacity, maxBytes: 1e12 })
      const own = hitRatio({ get: (key) => lfu.get(key), set: (key, value) => lfu.set(key, value, 8) }, trace)
      const lru = hitRatio(new LRUCache<string, number>({ max: capacity }), trace)
      expect(own - lru).toBeGreaterThan(gain)
      expect(lfu.size).toBeLessThanOrEqual(capacity)
    })
})

/** Asks for keys, and gives back the share that was there. */
function ask(cache: TinyLfu<number>, keys: readonly string[], bytes: number): number {
  return hitRatio({ get: (key) => cache.get(key), set: (key, value) => cache.set(key, value, bytes) }, keys)
}
const loop = (length: number): readonly string[] => Array.from({ length: 40_000 }, (_, at) => `row:${at % length}`)

test("what memory alone bounds is rehearsed as well, and anew when its values are of another size", () => {
  // A node and its key weigh some 170 bytes.
  const cache = new TinyLfu<number>({ maxEntries: 1_000_000, maxBytes: 1_200_000 })
  const small = Array.from({ length: 30_000 }, (_, at) => `small:${at}`)
  ask(cache, small, 0)
  expect(cache.size).toBeGreaterThan(6_000)
  expect(ask(cache, loop(1_500), 1_000)).toBeGreaterThan(0.4)
  expect(cache.size).toBeLessThan(1_100)
  expect(cache.bytes).toBeLessThanOrEqual(1_200_000)
})

test("it never holds more than it may, and what it says it weighs is what it holds", () => {
  const step = fc.record({
    key: fc.nat(30).map(String),
    bytes: fc.nat(600),
    act: fc.constantFrom("set", "get", "delete"),
  })
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 300, size: "max" }),
      fc.integer({ min: 1, max: 12 }),
      (steps, maxEntries) => {
        const evicted: string[] = []
        const cache = new TinyLfu<number>({ maxEntries, maxBytes: 2_000, evicted: ({ key }) => evicted.push(key) })
        for (const { key, bytes, act } of steps) {
          evicted.length = 0
          const before = cache.size
          if (act === "set") {
            const wasThere = cache.peek(key) !== undefined
            const node = cache.set(key, bytes, bytes)
            expect(node === undefined || node.value === bytes).toBe(true)
            expect(cache.size).toBe(
              before + (wasThere ? 0 : 1) - evicted.length - (node === undefined && !evicted.includes(key) ? 1 : 0),
            )
          } else if (act === "get") expect(cache.get(key) === undefined).toBe(cache.peek(key) === undefined)
          else cache.delete(key)
          const nodes = [...cache.nodes()]
          expect(nodes.length).toBe(cache.size)
          expect(nodes.reduce((sum, node) => sum + node.bytes, 0)).toBe(cache.bytes)
          expect([cache.size <= maxEntries, cache.bytes <= 2_000]).toEqual([true, true])
        }
      },
    ),
  )
})
