import { expect, test } from "bun:test"
import fc from "fast-check"
import { LRUCache } from "lru-cache"
import { Node, Segments } from "./segments.ts"
import { FrequencySketch, hashKey } from "./sketch.ts"

const MAX_BYTES = 2_000

function segmentsOf(maxEntries: number, share: number) {
  const held = new Map<string, Node<undefined>>()
  const evicted = ({ key }: Node<undefined>): void => void held.delete(key)
  const sketch = new FrequencySketch(64)
  return {
    held,
    sketch,
    segments: new Segments<undefined>({ maxEntries, maxBytes: MAX_BYTES, share, sketch, evicted }),
  }
}

const step = fc.record({
  key: fc.nat(40).map(String),
  bytes: fc.nat(300),
  act: fc.constantFrom("ask", "ask", "ask", "replace", "remove"),
  share: fc.option(fc.constantFrom(0.01, 0.3, 0.5, 0.85, 1), { nil: undefined, freq: 4 }),
})

test("while the window moves there is never more than there may be, and what gave way is what is gone", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 400, size: "max" }),
      fc.integer({ min: 1, max: 25 }),
      (steps, maxEntries) => {
        const { held, sketch, segments } = segmentsOf(maxEntries, 1)
        for (const { key, bytes, act, share } of steps) {
          if (share !== undefined) segments.resizeWindow(share)
          const known = held.get(key)
          sketch.increment(hashKey(key))
          if (known === undefined) {
            const node = new Node(key, undefined, { bytes, hash: hashKey(key) })
            held.set(key, node)
            segments.add(node)
          } else if (act === "ask") segments.touch(known)
          else if (act === "replace") segments.replaced(known, bytes)
          else {
            segments.remove(known)
            held.delete(key)
          }
          expect(segments.count).toBe(held.size)
          expect(segments.bytes).toBe([...held.values()].reduce((sum, node) => sum + node.bytes, 0))
          expect([segments.count <= maxEntries, segments.bytes <= MAX_BYTES]).toEqual([true, true])
          // Nothing gives way while there is room for it.
          if (known === undefined && held.size < maxEntries && segments.bytes + 300 <= MAX_BYTES)
            expect(held.has(key)).toBe(true)
        }
      },
    ),
  )
})

/** Asks for keys as a cache does. */
function asker({ held, sketch, segments }: ReturnType<typeof segmentsOf>): (key: string) => void {
  return (key) => {
    sketch.increment(hashKey(key))
    const known = held.get(key)
    if (known === undefined) {
      const node = new Node(key, undefined, { bytes: 1, hash: hashKey(key) })
      held.set(key, node)
      segments.add(node)
    } else segments.touch(known)
  }
}

test("with a window of the whole it is an LRU", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(30).map(String), { maxLength: 300, size: "max" }),
      fc.integer({ min: 1, max: 20 }),
      (keys, max) => {
        const { held, sketch, segments } = segmentsOf(max, 1)
        const lru = new LRUCache<string, true>({ max })
        for (const key of keys) {
          sketch.increment(hashKey(key))
          const known = held.get(key)
          if (known === undefined) {
            const node = new Node(key, undefined, { bytes: 1, hash: hashKey(key) })
            held.set(key, node)
            segments.add(node)
          } else segments.touch(known)
          if (lru.get(key) === undefined) lru.set(key, true)
          expect([...held.keys()].toSorted()).toEqual([...lru.keys()].toSorted())
        }
      },
    ),
  )
})

test("and becomes one again, once what was kept for being asked for often has given way", () => {
  const all = segmentsOf(20, 0.01)
  const { held, segments } = all
  const ask = asker(all)
  for (let turn = 0; turn < 10; turn++) for (let at = 0; at < 19; at++) ask(`often ${at}`)
  for (let at = 0; at < 100; at++) ask(`once ${at}`)
  expect([...held.keys()].filter((key) => key.startsWith("often")).length).toBeGreaterThan(15)
  segments.resizeWindow(1)
  for (let at = 0; at < 10; at++) {
    ask("often 3")
    ask(`late ${at}`)
  }
  expect([...held.keys()].filter((key) => key.startsWith("late")).length).toBe(10)
  for (let at = 10; at < 28; at++) ask(`late ${at}`)
  expect([...held.keys()].filter((key) => !key.startsWith("late"))).toEqual(["often 3"])
})

test("one that nobody asks for, but whose count never falls, keeps no other from giving way", () => {
  const all = segmentsOf(40, 0.01)
  const { held, sketch } = all
  const ask = asker(all)
  ask("pinned")
  for (let at = 0; at < 39; at++) ask(`former ${at}`)
  for (let turn = 0; turn < 500; turn++)
    for (let at = 0; at < 30; at++) {
      for (let count = 0; count < 15; count++) sketch.increment(hashKey("pinned"))
      ask(`now ${at}`)
    }
  expect([...held.keys()].filter((key) => key.startsWith("now")).length).toBeGreaterThan(25)
})
