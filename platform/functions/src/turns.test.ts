import { expect, test } from "bun:test"
import { CacheLockLost, openLocks } from "@ashlar/cache/locks"
import { createTurns } from "./turns.ts"

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => "none",
    (error: { code?: string }) => error.code ?? String(error),
  )
}

test("changes of one function happen one after the other, in whatever node, and those of others beside them", async () => {
  const url = `memory:${crypto.randomUUID()}`
  const [one, two] = [createTurns(openLocks(url), 10_000), createTurns(openLocks(url), 10_000)]
  const log: string[] = []
  const gate = Promise.withResolvers<void>()
  const first = one.take("p", "hello", async () => {
    log.push("first begins")
    await gate.promise
    log.push("first ends")
  })
  while (log.length === 0) await Bun.sleep(1)
  const second = two.take("p", "hello", async () => void log.push("second"))
  await two.take("p", "other", async () => void log.push("other"))
  await two.take("q", "hello", async () => void log.push("other project"))
  gate.resolve()
  await Promise.all([first, second])
  expect(log).toEqual(["first begins", "other", "other project", "first ends", "second"])
})

test("one that waited too long is refused with a code, and was not done: FUNCTIONS_CHANGE_BUSY", async () => {
  const turns = createTurns(openLocks("memory:"), 20)
  const gate = Promise.withResolvers<void>()
  let begun = 0
  const work = async (): Promise<void> => {
    begun++
    await gate.promise
  }
  const first = turns.take("p", "hello", work)
  while (begun === 0) await Bun.sleep(1)
  expect(await codeOf(turns.take("p", "hello", work))).toBe("FUNCTIONS_CHANGE_BUSY")
  gate.resolve()
  await first
  expect(begun).toBe(1)
})

test("what was done is done, also when the turn was lost on the way; what the work throws goes on", async () => {
  const locks = openLocks("memory:")
  const losing = {
    ...{ acquire: locks.acquire.bind(locks), try: locks.try.bind(locks), close: () => locks.close() },
    [Symbol.asyncDispose]: () => locks.close(),
    async with<T>(name: string, options: object, work: (lock: never) => T | Promise<T>): Promise<T> {
      await locks.with(name, options, () => work(undefined as never))
      throw new CacheLockLost()
    },
  }
  const turns = createTurns(losing, 1_000)
  expect(await turns.take("p", "hello", async () => 7)).toBe(7)
  expect(await codeOf(turns.take("p", "hello", () => Promise.reject(new RangeError("mine"))))).toBe("RangeError: mine")
})
