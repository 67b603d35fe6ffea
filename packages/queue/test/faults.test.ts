import { expect, test } from "bun:test"
import { v } from "@ashlar/validation"
import { queueDrivers } from "../src/drivers/drivers.ts"
import { defineJob, openQueue, type QueueStore, QueueStoreFailed, QueueTransactionForeign } from "../src/index.ts"
import { until } from "../src/testing/queue-cases.ts"

/** A store in the memory whose members fail as told. */
async function faulty(faults: Partial<Record<keyof QueueStore, () => Promise<never> | undefined>>) {
  const store = await (await queueDrivers.open("memory:"))({ queue: "q", pollMs: 10, onError: () => undefined })
  return new Proxy(store, {
    get(target, name: keyof QueueStore) {
      const member = target[name]
      if (typeof member !== "function") return member
      return (...args: never[]) => faults[name]?.() ?? (member as (...all: never[]) => unknown).apply(target, args)
    },
  })
}
const failed = () => Promise.reject(new QueueStoreFailed("The disk is full."))

test("a transaction of another database is refused by the store: QUEUE_TRANSACTION_FOREIGN", async () => {
  const store = await faulty({})
  const refuse = () => {
    throw new QueueTransactionForeign("It is of another database.")
  }
  const transactional = Object.assign(Object.create(store), {
    guarantees: { ...store.guarantees, transactional: true },
    in: refuse,
  }) as QueueStore
  const queue = openQueue(transactional)
  expect(queue.in({}).push(defineJob("job", {}))).rejects.toMatchObject({ code: "QUEUE_TRANSACTION_FOREIGN" })
})

test("a push that may or may not have been kept says so: QUEUE_STORE_FAILED", async () => {
  const queue = openQueue(await faulty({ add: failed }))
  expect(queue.push(defineJob("job", {}))).rejects.toMatchObject({ code: "QUEUE_STORE_FAILED" })
})

test("an outcome is told again until the store takes it, and claims go on after they failed", async () => {
  let [claims, settles] = [0, 0]
  const errors: unknown[] = []
  const store = await faulty({
    claim: () => (++claims <= 2 ? failed() : undefined),
    settle: () => (++settles <= 2 ? failed() : undefined),
  })
  const queue = openQueue(store, { onError: (error) => errors.push(error) })
  let runs = 0
  const completed: string[] = []
  const job = defineJob("job", {}, () => void runs++)
  queue.on("completed", ({ id }) => completed.push(id))
  const worker = queue.work([job])
  const { id } = await queue.push(job)
  await until(() => completed.length > 0, "completed")
  expect([runs, completed, errors.length]).toEqual([1, [id], 4])
  await worker.stop()
  await queue.close()
})

test("a job whose hold could not be renewed is told so, and what it gives counts for nothing: QUEUE_JOB_LOST", async () => {
  let isDown = true
  const store = await faulty({ extend: () => (isDown ? failed() : undefined) })
  const queue = openQueue(store)
  const reasons: unknown[] = []
  const attempts: number[] = []
  const job = defineJob("job", {}, async ({ signal, attempt }) => {
    attempts.push(attempt)
    if (attempt > 1) return
    await new Promise((done) => signal.addEventListener("abort", done))
    reasons.push(signal.reason)
    isDown = false
  })
  const lost: number[] = []
  queue.on("lost", ({ attempt }) => lost.push(attempt))
  queue.work([job], { leaseMs: 500 })
  await queue.push(job)
  await until(() => attempts.length === 2 && reasons.length === 1, "run again")
  expect(attempts).toEqual([1, 2])
  expect(reasons).toMatchObject([{ code: "QUEUE_JOB_LOST" }])
  expect(lost).toEqual([1])
  expect(queue.metrics().jobs).toMatchObject([{ lost: 1, started: 2 }])
  await queue.close()
})

test("a job whose worker went silent in its last attempt fails without being run: QUEUE_JOB_STALLED", async () => {
  const store = await faulty({})
  const queue = openQueue(store)
  let runs = 0
  const failures: unknown[] = []
  const job = defineJob("job", { attempts: 1 }, () => void runs++)
  await queue.push(job)
  // Another worker, which crashes.
  await store.claim({ lanes: [{ name: "job", max: 1 }], max: 1, leaseMs: 20, waitMs: 0, worker: "gone" })
  queue.on("failed", ({ error }) => failures.push(error))
  queue.work([job])
  await until(() => failures.length > 0, "failed")
  expect(failures).toMatchObject([{ code: "QUEUE_JOB_STALLED" }])
  expect(runs).toBe(0)
  await queue.close()
})

test("an input that its schema no longer takes, and an output that it never took, fail at once or as any error", async () => {
  const queue = openQueue("memory:")
  const codes: string[] = []
  queue.on("failed", ({ name, error }) => codes.push(`${name} ${(error as { code: string }).code}`))
  const before = defineJob("changed", {})
  const now = defineJob("changed", { input: v.object({ id: v.integer() }) }, () => undefined)
  const wrong = defineJob("wrong", { attempts: 1, output: v.string() }, () => 7 as never)
  const cyclic = defineJob("cyclic", { attempts: 1 }, () => {
    const value: Record<string, unknown> = {}
    value.self = value
    return value
  })
  queue.work([now, wrong, cyclic])
  await queue.pushMany([before.of(), wrong.of(), cyclic.of()])
  await until(() => codes.length === 3, "failed")
  expect(codes.toSorted()).toEqual([
    "changed QUEUE_INPUT_INVALID",
    "cyclic QUEUE_OUTPUT_INVALID",
    "wrong QUEUE_OUTPUT_INVALID",
  ])
  await queue.close()
})
