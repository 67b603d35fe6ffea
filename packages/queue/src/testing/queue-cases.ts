import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { v } from "@ashlar/validation"
import { QueueJobRejected } from "../errors.ts"
import { requireFeature } from "../guarantees.ts"
import { type AnyHandledJob, defineJob } from "../job.ts"
import type { JobContext } from "../job-context.ts"
import type { Queue } from "../queue.ts"
import type { WorkerOptions } from "../worker.ts"
import { describeQueueFlows } from "./queue-flow-cases.ts"
import { uniqueName } from "./store-stage.ts"

export interface QueueSuiteOptions {
  /** Opens a queue of the name; called twice, for two processes, where it is `crossProcess`. */
  readonly open: (name: string) => Queue
}

export interface QueueStage {
  queue: Queue
  other: Queue
  /** A worker that is stopped after the test. */
  work: (jobs: readonly AnyHandledJob[], options?: WorkerOptions) => ReturnType<Queue["work"]>
}

/** Whole queues with their workers, by the clock of the machine: what stores and queues must do together. */
export function describeQueue(name: string, { open }: QueueSuiteOptions): void {
  describe(`jobs over ${name}`, () => {
    const stage = {} as QueueStage
    let stops: (() => Promise<unknown>)[] = []
    beforeEach(async () => {
      const queueName = uniqueName()
      stage.queue = open(queueName)
      await stage.queue.ready()
      stage.other = stage.queue.guarantees.crossProcess ? open(queueName) : stage.queue
      await stage.other.ready()
      stage.work = (jobs, options = {}) => {
        const worker = stage.other.work(jobs, { leaseMs: 2_000, graceMs: 0, ...options })
        stops.push(() => worker.stop())
        return worker
      }
    })
    afterEach(async () => {
      await Promise.all(stops.map((stop) => stop()))
      stops = []
      await Promise.all([stage.queue.close(), stage.other.close()])
    })
    describeRuns(stage)
    describeEnds(stage)
    describeWatching(stage)
    describeQueueFlows(stage)
  })
}

/** Waits until it is so; fails when it is not for long. */
export async function until(isSo: () => unknown, what: string): Promise<void> {
  const deadline = performance.now() + 25_000
  while (!(await isSo())) {
    if (performance.now() > deadline) expect(what).toBe("so")
    await Bun.sleep(10)
  }
}

function describeRuns(stage: QueueStage): void {
  test("a handler gets what the schema makes of what was pushed", async () => {
    const seen: unknown[] = []
    const greet = defineJob(
      "greet",
      { input: v.object({ name: v.string(), at: v.coerce.date() }) },
      ({ input, id, attempt }) => {
        seen.push([input.name, input.at.getTime(), id, attempt])
      },
    )
    stage.work([greet])
    const { id } = await stage.queue.push(greet, { name: "Ada", at: new Date(5).toISOString() })
    await until(() => seen.length > 0, "run")
    expect(seen).toEqual([["Ada", 5, id, 1]])
  })

  test("every job of many is run once, also when several work", async () => {
    const seen: number[] = []
    const count = defineJob("count", { input: v.integer() }, async ({ input }) => {
      await undefined
      seen.push(input)
    })
    stage.work([count], { concurrency: 5 })
    stage.work([count], { concurrency: 3, prefetch: 0 })
    const all = Array.from({ length: 200 }, (_, at) => at)
    await Promise.all(all.slice(0, 100).map((at) => stage.queue.push(count, at)))
    await stage.queue.pushMany(all.slice(100).map((at) => count.of(at)))
    await until(() => seen.length >= 200, "run")
    expect(seen.toSorted((a, b) => a - b)).toEqual(all)
  })

  test("a worker runs as many at a time as it may, and of a kind as many as that may", async () => {
    let [now, most, nowFew, mostFew] = [0, 0, 0, 0]
    const step = async () => {
      most = Math.max(most, ++now)
      await Bun.sleep(5)
      now--
    }
    const some = defineJob("some", {}, step)
    const few = defineJob("few", { concurrency: 2 }, async () => {
      mostFew = Math.max(mostFew, ++nowFew)
      await step()
      nowFew--
    })
    const worker = stage.work([some, few], { concurrency: 6 })
    await stage.queue.pushMany(Array.from({ length: 40 }, (_, at) => (at % 2 ? few.of() : some.of())))
    await until(() => stage.other.metrics().jobs.reduce((sum, { completed }) => sum + completed, 0) === 40, "done")
    expect(worker.running).toBe(0)
    expect(most).toBeLessThanOrEqual(6)
    expect(most).toBeGreaterThan(1)
    expect(mostFew).toBeLessThanOrEqual(2)
  })

  test("what fails is tried again, with a pause, and then fails for good: with its error, and told of", async () => {
    const events: string[] = []
    const pauses: number[] = []
    const backoff = (attempt: number) => {
      pauses.push(attempt)
      return stage.queue.guarantees.delay ? 20 : 0
    }
    const broken = defineJob("broken", { attempts: 3, backoff }, ({ attempt }) => {
      throw new RangeError(`try ${attempt}`)
    })
    for (const event of ["started", "retried", "failed"] as const)
      stage.other.on(event, ({ attempt }) => events.push(`${event} ${attempt}`))
    stage.work([broken])
    const { id } = await stage.queue.push(broken)
    await until(() => events.some((event) => event.startsWith("failed")), "failed")
    expect(events).toEqual(["started 1", "retried 1", "started 2", "retried 2", "started 3", "failed 3"])
    expect(pauses).toEqual([1, 2])
    expect(stage.other.metrics().jobs).toMatchObject([{ name: "broken", started: 3, retried: 2, failed: 1 }])
    if (!stage.queue.guarantees.deadLetters) return
    const [dead] = await stage.queue.list({ state: "failed" })
    expect(dead).toMatchObject({ id, attempt: 3, error: { name: "RangeError", message: "try 3" } })
  })

  test("a handler can say that trying again is useless, and so can the backoff: QUEUE_JOB_REJECTED", async () => {
    const failed: string[] = []
    stage.other.on("failed", ({ name, attempt }) => failed.push(`${name} ${attempt}`))
    const useless = defineJob("useless", {}, () => {
      throw new QueueJobRejected("No such user.")
    })
    const stopped = defineJob("stopped", { backoff: () => "stop" }, () => Promise.reject(new RangeError("no")))
    stage.work([useless, stopped])
    await stage.queue.pushMany([useless.of(), stopped.of()])
    await until(() => failed.length === 2, "failed")
    expect(failed.toSorted()).toEqual(["stopped 1", "useless 1"])
  })
}

function describeEnds(stage: QueueStage): void {
  test("a handler that takes too long is told, and its attempt has failed: QUEUE_JOB_TIMEOUT", async () => {
    const codes: unknown[] = []
    const reasons: unknown[] = []
    stage.other.on("failed", ({ error }) => codes.push((error as { code?: unknown }).code))
    const listens = defineJob("listens", { attempts: 1, timeoutMs: 30 }, ({ signal }) => ended(signal, reasons))
    const deaf = defineJob("deaf", { attempts: 1, timeoutMs: 30, abortGraceMs: 20 }, () => new Promise(() => undefined))
    stage.work([listens, deaf])
    await stage.queue.pushMany([listens.of(), deaf.of()])
    await until(() => codes.length === 2, "failed")
    expect(codes).toEqual(["QUEUE_JOB_TIMEOUT", "QUEUE_JOB_TIMEOUT"])
    expect(reasons).toMatchObject([{ code: "QUEUE_JOB_TIMEOUT" }])
  })

  test("a worker that stops lets its handlers end, and gives back what it has not begun", async () => {
    const ended: number[] = []
    const gate = Promise.withResolvers<void>()
    const slow = defineJob("slow", { input: v.integer() }, async ({ input }) => {
      await gate.promise
      ended.push(input)
    })
    const first = stage.work([slow], { concurrency: 2, prefetch: 5 })
    await stage.queue.pushMany([1, 2, 3, 4, 5].map((at) => slow.of(at)))
    await until(() => first.running === 2, "two running")
    const stopping = first.stop({ graceMs: 60_000 })
    gate.resolve()
    expect((await stopping).clean).toBe(true)
    expect(ended.length).toBe(2)
    stage.work([slow])
    await until(() => ended.length === 5, "run by another")
    expect(ended.toSorted()).toEqual([1, 2, 3, 4, 5])
  })

  test("what does not end in its grace is told to, and run again: QUEUE_WORKER_STOPPED", async () => {
    const reasons: unknown[] = []
    let attempts: number[] = []
    const long = defineJob("long", {}, async ({ signal, attempt }: JobContext<undefined>) => {
      attempts.push(attempt)
      if (attempts.length === 1) await ended(signal, reasons)
    })
    const first = stage.work([long])
    await stage.queue.push(long)
    await until(() => first.running === 1, "running")
    const report = await first.stop({ graceMs: 10 })
    expect(report).toEqual({ clean: false, released: 1 })
    expect(reasons).toMatchObject([{ code: "QUEUE_WORKER_STOPPED" }])
    stage.work([long])
    await until(() => attempts.length === 2, "run again")
    if (stage.queue.guarantees.exactAttempts) expect(attempts).toEqual([1, 1])
    attempts = []
  })
}

function describeWatching(stage: QueueStage): void {
  test("a paused worker begins nothing, and goes on when it is resumed", async () => {
    let runs = 0
    const job = defineJob("job", {}, () => void runs++)
    const worker = stage.work([job])
    await worker.idle()
    worker.pause()
    await stage.queue.push(job)
    await Bun.sleep(50)
    expect(runs).toBe(0)
    worker.resume()
    await worker.idle()
    await until(() => runs === 1, "run")
  })

  test("progress and output are there for those who look", async () => {
    const { guarantees } = stage.queue
    if (!(guarantees.inspect && guarantees.retention)) {
      expect(() => requireFeature(guarantees, "inspect", "it")).toThrow("inspect")
      return
    }
    const gate = Promise.withResolvers<void>()
    const long = defineJob(
      "long",
      { keepCompletedMs: 60_000, output: v.object({ rows: v.integer() }) },
      async (job) => {
        job.progress({ part: 0.5 })
        await gate.promise
        return { rows: 7 }
      },
    )
    stage.work([long])
    const { id } = await stage.queue.push(long)
    await until(async () => (await stage.queue.job(id))?.progress !== undefined, "progress")
    expect(await stage.queue.job(id)).toMatchObject({ state: "active", progress: { part: 0.5 } })
    gate.resolve()
    await until(async () => (await stage.queue.job(id))?.state === "completed", "completed")
    expect(await stage.queue.job(id)).toMatchObject({ output: { rows: 7 }, attempt: 1 })
  })
}

/** As a handler that listens to its signal. */
function ended(signal: AbortSignal, reasons: unknown[]): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      reasons.push(signal.reason)
      reject(signal.reason)
    })
  })
}
