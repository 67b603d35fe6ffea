import { expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { addressKey, createAttemptLimit } from "./attempt-limit.ts"
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

test("attempts count within a window that slides, and the answer says how long to wait", async () => {
  const clock = manualClock()
  const limit = createAttemptLimit({ limit: 3, windowMs: 60_000 }, clock)
  for (let n = 0; n < 3; n++) {
    limit.take("a")
    clock.advance(10_000)
  }
  const failure = await failureOf(() => limit.take("a"))
  expect(failure).toMatchObject({ code: "IDENTITY_TOO_MANY_ATTEMPTS", status: 429 })
  expect(failure?.details).toEqual({ retryAfterSeconds: 30 })
  limit.take("b")
  clock.advance(29_999)
  expect(await codeOf(() => limit.take("a"))).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
  clock.advance(1)
  limit.take("a")
  expect(await codeOf(() => limit.take("a"))).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
  limit.forgive("a")
  limit.take("a")
})

test("the memory of attempts is bounded, and forgets the quietest key first", async () => {
  const limit = createAttemptLimit({ limit: 2, windowMs: 60_000 }, manualClock(), 3)
  for (const key of ["a", "b", "b", "c", "a", "d", "d"]) limit.take(key)
  for (const key of ["a", "d"]) expect(await codeOf(() => limit.take(key))).toBe("IDENTITY_TOO_MANY_ATTEMPTS")
  expect(await codeOf(() => limit.take("b"))).toBe("none")
})
