import { expect, test } from "bun:test"
import { type LimitStore, memoryLimits, openRateLimits } from "@ashlar/cache/rate-limits"
import { type ManualClock, manualClock } from "@ashlar/core"
import { type AttemptLimit, addressKey, createAttemptLimit, ownLimits } from "./attempt-limit.ts"
import { codeOf, failureOf } from "./testing/install.ts"

test.each([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:DB8:1:2::1", "2001:db8:1:2"],
  ["2001:0db8:0001:0002:ffff::", "2001:db8:1:2"],
  ["::1", "0:0:0:0"],
  ["2001:db8::1%eth0", "2001:db8:0:0"],
  ["unknown", "unknown"],
])("the address %p counts as %p", (address, key) => {
  expect(addressKey(address)).toBe(key)
})

const rule = { limit: 3, windowMs: 64_000 }

/** A node of an install: it counts for itself, and with all that have the same store. */
function node(clock: ManualClock, store?: LimitStore): AttemptLimit & { readonly errors: unknown[] } {
  const errors: unknown[] = []
  const shared = store && openRateLimits(store)
  const onError = (error: unknown): void => void errors.push(error)
  return { ...createAttemptLimit("sign-in", rule, { shared, own: ownLimits(clock), clock, onError }), errors }
}

test("attempts count within a window that slides, and the answer says how long to wait", async () => {
  const clock = manualClock()
  const limit = node(clock)
  for (let n = 0; n < 3; n++) {
    await limit.take("a")
    clock.advance(8_000)
  }
  const failure = await failureOf(() => limit.take("a"))
  expect(failure).toMatchObject({ code: "IDENTITY_TOO_MANY_ATTEMPTS", status: 429 })
  // The first leaves 64 seconds after its sixteenth of the window ended; 24 have passed.
  expect(failure?.details).toEqual({ retryAfterSeconds: 44 })
  await limit.take("b")
  clock.advance(43_999)
  expect(await codeOf(() => limit.take("a"))).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
  clock.advance(1)
  await limit.take("a")
  expect(await codeOf(() => limit.take("a"))).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
  await limit.forgive("a")
  await limit.take("a")
})

test("any text is a key, and no two share", async () => {
  const limit = node(manualClock())
  const keys = ["", "-", "\0", "\ud800", "a".repeat(10_000), `${"a".repeat(10_000)}b`]
  for (const key of keys) for (let n = 0; n < 3; n++) await limit.take(key)
  for (const key of keys) expect(await codeOf(() => limit.take(key))).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
})

test("nodes that share a store count together, and what one forgives is forgiven everywhere", async () => {
  const clock = manualClock()
  const store = memoryLimits({ clock })
  const [one, two] = [node(clock, store), node(clock, store)]
  await one.take("a")
  await two.take("a")
  await two.take("a")
  for (const limit of [one, two]) expect(await codeOf(() => limit.take("a"))).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
  await one.forgive("a")
  for (let n = 0; n < 3; n++) await two.take("a")
  expect(await codeOf(() => one.take("a"))).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
})

test("while the store is away a node counts with what it has seen itself, and asks once a second", async () => {
  const clock = manualClock()
  const store = memoryLimits({ clock })
  let isAway = false
  let asked = 0
  const failing: LimitStore = {
    ...store,
    take(name, wanted) {
      asked++
      if (isAway) throw new RangeError("the store is away")
      return store.take(name, wanted)
    },
    reset: (name) => store.reset(name),
    close: () => store.close(),
  }
  const [one, two] = [node(clock, failing), node(clock, store)]
  await one.take("a")
  await one.take("a")
  await two.take("b")
  isAway = true
  asked = 0
  await one.take("a")
  expect(await codeOf(() => one.take("a"))).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
  for (let n = 0; n < 3; n++) await one.take("b") // it has not seen that of the other node
  expect(await codeOf(() => one.take("b"))).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
  expect([asked, one.errors.length]).toEqual([1, 1])
  clock.advance(1_000)
  isAway = false
  await one.take("a") // what all have seen: two
  expect(await codeOf(() => one.take("a"))).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
})
