import { describe, expect, test } from "bun:test"
import { createContainer, createLifecycle } from "@ashlar/core"
import { v } from "@ashlar/validation"
import { queueDrivers } from "../src/drivers/drivers.ts"
import { defineJob, defineQueue, handleJob, openQueue, type QueueGuarantees, type QueueStore } from "../src/index.ts"
import { until } from "../src/testing/queue-cases.ts"

const job = defineJob("job", { input: v.object({ id: v.integer() }) }, () => undefined)
const plain = defineJob("plain", {}, () => undefined)

describe("what does not fit is refused before it is sent", () => {
  const cyclic: Record<string, unknown> = {}
  cyclic.self = cyclic
  const queue = openQueue("memory:")
  test.each<[string, () => Promise<unknown>]>([
    ["QUEUE_INPUT_INVALID", () => queue.push(job, { id: "7" } as never)],
    ["QUEUE_INPUT_INVALID", () => queue.push(job as never)],
    ["QUEUE_INPUT_INVALID", () => queue.push(defineJob("j", {}), cyclic as never)],
    ["QUEUE_INPUT_INVALID", () => queue.push(defineJob("j", {}), 1n as never)],
    ["QUEUE_PAYLOAD_TOO_LARGE", () => queue.push(defineJob("j", {}), "é".repeat(600_000) as never)],
    ["QUEUE_OPTION_INVALID", () => queue.push(job, { id: 1 }, { delayMs: -1 })],
    ["QUEUE_OPTION_INVALID", () => queue.push(job, { id: 1 }, { delayMs: 1, runAt: new Date() })],
    ["QUEUE_OPTION_INVALID", () => queue.push(job, { id: 1 }, { runAt: new Date(Number.NaN) })],
    ["QUEUE_OPTION_INVALID", () => queue.push(job, { id: 1 }, { priority: 101 })],
    ["QUEUE_OPTION_INVALID", () => queue.push(job, { id: 1 }, { unique: "" })],
    ["QUEUE_OPTION_INVALID", () => queue.push(job, { id: 1 }, { unique: { key: "k", until: 0 } })],
    ["QUEUE_OPTION_INVALID", () => queue.push(job, { id: 1 }, { group: "a\0b" })],
    ["QUEUE_OPTION_INVALID", () => queue.push(job, { id: 1 }, { meta: { trace: "x".repeat(501) } })],
    ["QUEUE_OPTION_INVALID", () => queue.push(job, { id: 1 }, { later: 1 } as never)],
    ["QUEUE_OPTION_INVALID", () => queue.pushMany([])],
    ["QUEUE_OPTION_INVALID", () => queue.pushBatch([job.of({ id: 1 }, { unique: "k" })])],
    ["QUEUE_OPTION_INVALID", () => queue.pushChain(Array.from({ length: 1_001 }, () => plain.of()))],
    ["QUEUE_OPTION_INVALID", () => queue.list({ state: "failed", limit: 0 })],
  ])("%s (%#)", async (code, act) => {
    expect(await act().catch((error) => error)).toMatchObject({ code })
    expect(await queue.counts()).toEqual([])
  })
  test.each<[string, () => unknown]>([
    ["QUEUE_OPTION_INVALID", () => defineJob("a b", {})],
    ["QUEUE_OPTION_INVALID", () => defineJob("a", { attempts: 0 })],
    ["QUEUE_OPTION_INVALID", () => defineJob("a", { attempt: 1 } as never)],
    ["QUEUE_OPTION_INVALID", () => defineJob("a", { backoff: { factor: 0 } })],
    ["QUEUE_OPTION_INVALID", () => defineJob("a", { backoff: { jitter: 2 } })],
    ["QUEUE_OPTION_INVALID", () => openQueue("memory:", { name: "Queue" })],
    ["QUEUE_OPTION_INVALID", () => openQueue("memory:", { maxPending: 0 })],
    ["QUEUE_OPTION_INVALID", () => queue.work([])],
    ["QUEUE_OPTION_INVALID", () => queue.work([job, job])],
    ["QUEUE_OPTION_INVALID", () => queue.work([defineJob("none", {}) as never])],
    ["QUEUE_OPTION_INVALID", () => queue.work([job], { concurrency: 0 })],
    ["QUEUE_OPTION_INVALID", () => queue.work([job], { leaseMs: 1 })],
    ["QUEUE_UNSUPPORTED", () => queue.in({})],
    ["CORE_DRIVER_GUARANTEE_MISSING", () => openQueue("memory:", { needs: { durable: true } })],
    ["CORE_DRIVER_UNKNOWN", () => openQueue("memry:")],
  ])("%s of a definition (%#)", (code, act) => {
    expect(act).toThrow(expect.objectContaining({ code }))
  })
  test("what is wrong with an input is said by place", async () => {
    const error = await queue.push(job, { id: "7" } as never).catch((thrown) => thrown)
    expect(error).toMatchObject({ status: 422, details: { issues: [{ path: "id" }] } })
    expect(error.message).toContain("id: ")
  })
})

describe("a store that promises less is asked for no more: QUEUE_UNSUPPORTED", async () => {
  const full = await (await queueDrivers.open("memory:"))({ queue: "q", pollMs: 10, onError: () => undefined })
  const nothing = Object.fromEntries(
    Object.entries(full.guarantees).map(([name, value]) => [name, typeof value === "number" ? value : false]),
  ) as unknown as QueueGuarantees
  const poor: QueueStore = Object.assign(Object.create(full), { guarantees: nothing }) as QueueStore
  const queue = openQueue(poor)
  test.each<[string, () => unknown]>([
    ["delay", () => queue.push(plain, undefined, { delayMs: 1 })],
    ["priority", () => queue.push(plain, undefined, { priority: 1 })],
    ["unique", () => queue.push(plain, undefined, { unique: "k" })],
    ["fairGroups", () => queue.push(plain, undefined, { group: "g" })],
    ["retention", () => queue.push(defineJob("kept", { keepCompletedMs: 1 }))],
    ["flows", () => queue.pushBatch([plain.of()])],
    ["flows", () => queue.pushChain([plain.of()])],
    ["flows", () => queue.batch("id")],
    ["pause", () => queue.pause()],
    ["inspect", () => queue.job("id")],
    ["inspect", () => queue.counts()],
    ["remove", () => queue.remove({ all: true })],
    ["deadLetters", () => queue.redrive({ all: true })],
    ["rateLimits", async () => queue.work([plain], { rate: { max: 1, perMs: 1 } })],
  ])("%s", async (guarantee, act) => {
    expect(await (act() as Promise<unknown>).catch((error) => error)).toMatchObject({
      code: "QUEUE_UNSUPPORTED",
      details: { guarantee },
    })
  })
  test("and one that is needed is refused at once", () => {
    expect(() => openQueue(poor, { needs: { flows: true } })).toThrow(
      expect.objectContaining({ code: "QUEUE_UNSUPPORTED" }),
    )
  })
})

test("pushes are refused while too many wait, or too many are under way: QUEUE_FULL", async () => {
  const queue = openQueue("memory:", { maxDepth: 3 })
  await queue.pushMany([plain.of(), plain.of(), plain.of()])
  expect(queue.push(plain)).rejects.toMatchObject({ code: "QUEUE_FULL" })
  const busy = openQueue("memory:", { maxPending: 2, maxDepth: 100 })
  await busy.ready()
  const results = await Promise.allSettled([busy.push(plain), busy.push(plain), busy.push(plain)])
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"])
  const small = openQueue("memory:?maxJobs=1")
  await small.push(plain)
  expect(small.push(plain)).rejects.toMatchObject({ code: "QUEUE_FULL" })
  await Promise.all([queue.close(), busy.close(), small.close()])
})

test("a job without a handler is run by one that is given later, and knows what was pushed with it", async () => {
  const queue = openQueue("memory:")
  const declared = defineJob("mail", { input: v.string(), priority: 5 })
  const seen: unknown[] = []
  const worker = queue.work([
    handleJob(declared, ({ input, meta, group, queue: pusher }) => {
      seen.push([input.toUpperCase(), meta, group])
      if (input === "a") return pusher.push(declared, "b").then(() => undefined)
    }),
  ])
  await queue.push(declared, "a", { meta: { traceparent: "00-1" }, group: "tenant" })
  await until(() => seen.length === 2, "run")
  expect(seen).toEqual([
    ["A", { traceparent: "00-1" }, "tenant"],
    ["B", {}, undefined],
  ])
  await worker.idle()
  expect(queue.metrics().jobs).toMatchObject([{ name: "mail", pushed: 2, completed: 2, running: 0 }])
  await queue.close()
})

test("a queue is a service of an app, healthy while it is open, closed with it: QUEUE_CLOSED", async () => {
  const container = createContainer()
  const queue = await container.get(defineQueue(() => "memory:"))
  await queue.push(plain)
  expect(await container.health()).toEqual({ queue: { status: "ok", detail: "ok" } })
  await container.close()
  expect(await queue.push(plain).catch((error) => error)).toMatchObject({ code: "QUEUE_CLOSED" })
  expect(() => queue.work([plain])).toThrow(expect.objectContaining({ code: "QUEUE_CLOSED" }))
})

test("a worker stops with its process: handlers get the grace of the lifecycle, and no more", async () => {
  const queue = openQueue("memory:")
  const reasons: unknown[] = []
  const slow = defineJob("slow", {}, ({ signal }) => {
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        reasons.push(signal.reason)
        reject(signal.reason)
      })
    })
  })
  const lifecycle = createLifecycle({ graceMs: 50 })
  const worker = queue.work([slow])
  lifecycle.add(worker.part())
  lifecycle.add({ name: "queue", stop: () => queue.close() })
  await lifecycle.start()
  await queue.push(slow)
  await until(() => worker.running === 1, "running")
  await lifecycle.stop()
  expect(reasons).toMatchObject([{ code: "QUEUE_WORKER_STOPPED" }])
})
