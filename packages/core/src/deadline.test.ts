import { expect, test } from "bun:test"
import { withDeadline } from "./deadline.ts"
import { DeadlineExceeded } from "./errors.ts"

const late = () => new DeadlineExceeded("Too late.")

test("gives the work's value or error when it answers in time", async () => {
  expect(await withDeadline(() => 1, 1_000, late)).toBe(1)
  expect(await withDeadline(async () => 2, 1_000, late)).toBe(2)
  await expect(withDeadline(() => Promise.reject(new RangeError("own")), 1_000, late)).rejects.toThrow("own")
  const thrower = () => {
    throw new RangeError("thrown")
  }
  await expect(withDeadline(thrower, 1_000, late)).rejects.toThrow("thrown")
})

test("rejects with CORE_DEADLINE_EXCEEDED and aborts the signal when it does not", async () => {
  let signal: AbortSignal | undefined
  const never = (given: AbortSignal) => {
    signal = given
    return new Promise(() => undefined)
  }
  await expect(withDeadline(never, 10, late)).rejects.toMatchObject({
    code: "CORE_DEADLINE_EXCEEDED",
    message: "Too late.",
  })
  expect(signal?.aborted).toBe(true)
})

test("does not abort the signal of work that was done in time", async () => {
  let signal: AbortSignal | undefined
  const quick = (given: AbortSignal) => {
    signal = given
  }
  await withDeadline(quick, 5, late)
  await Bun.sleep(20)
  expect(signal?.aborted).toBe(false)
})
