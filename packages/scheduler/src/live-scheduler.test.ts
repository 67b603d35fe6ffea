import { describe, expect, test } from "bun:test"
import { createContainer } from "@ashlar/core"
import { MemoryStore } from "./drivers/memory.ts"
import {
  defineSchedule,
  defineScheduler,
  openScheduler,
  type Run,
  type RunRecord,
  type SchedulerStore,
} from "./index.ts"

/** Waits until something holds; far longer than it takes. */
async function until<T>(ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let at = 0; at < 2_000; at++) {
    const found = await ask()
    if (found) return found
    await Bun.sleep(10)
  }
  throw new RangeError("it did not come")
}
const aborted = ({ signal }: Run) =>
  new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }))
const options = { pollEveryMs: 20, abortGraceMs: 50 }

describe("in real time", () => {
  test("runs come at their times, and are listed while they go on", async () => {
    const runs: Run[] = []
    const begunMs: number[] = []
    const work = defineSchedule("work", { everyMs: 200 }, (run) => {
      runs.push(run)
      begunMs.push(Date.now())
    })
    await using scheduler = openScheduler("memory:", { ...options, pollEveryMs: 60_000, schedules: [work] })
    await scheduler.start()
    await scheduler.start()
    await until(() => runs.length >= 3)
    const times = runs.map(({ at }) => at.getTime())
    expect(times.every((ms, at) => begunMs[at]! >= ms)).toBe(true)
    expect(times[1]! - times[0]!).toBe(200)
  })
  test("a run that takes too long is told to end, and its record says so", async () => {
    const slow = defineSchedule("slow", { everyMs: 3_600_000, timeoutMs: 30 }, aborted)
    const deaf = defineSchedule("deaf", { everyMs: 3_600_000, timeoutMs: 30 }, () => new Promise(() => undefined))
    const late = defineSchedule("late", { everyMs: 3_600_000, timeoutMs: 30 }, () => Bun.sleep(60))
    await using scheduler = openScheduler("memory:", { ...options, schedules: [slow, deaf, late] })
    await scheduler.start()
    for (const name of ["slow", "deaf", "late"]) {
      const id = await scheduler.runNow(name)
      const [record] = await until<readonly RunRecord[]>(async () => {
        const records = await scheduler.history(name)
        return records.length > 0 ? records : undefined
      })
      expect(record).toMatchObject({ id, outcome: "timed-out", errorCode: "SCHEDULER_RUN_TIMEOUT" })
    }
  })
  test("stopping waits for what goes on, and begins nothing more", async () => {
    const ended: string[] = []
    const work = defineSchedule("work", { everyMs: 100, overlap: "queue" }, async ({ signal }) => {
      await Bun.sleep(150)
      ended.push(signal.aborted ? "aborted" : "done")
    })
    const scheduler = openScheduler("memory:", { ...options, schedules: [work] })
    await scheduler.start()
    await until(async () => (await scheduler.list())[0]!.running.length > 0)
    await scheduler.stop()
    const count = ended.length
    await Bun.sleep(250)
    expect([count > 0, new Set(ended), ended.length]).toEqual([true, new Set(["done"]), count])
    for (const act of [() => scheduler.start(), () => scheduler.list(), () => scheduler.check()])
      expect(await act().catch((error) => error)).toMatchObject({ code: "SCHEDULER_CLOSED" })
  })
  test("what does not end in time is told to, and is interrupted", async () => {
    const store = new MemoryStore()
    const shared: SchedulerStore = { ...bound(store), close: async () => undefined }
    let reason: unknown
    const work = defineSchedule("work", { everyMs: 3_600_000 }, async (run) => {
      await aborted(run).catch((error) => {
        reason = error
        throw error
      })
    })
    const scheduler = openScheduler(shared, { ...options, schedules: [work] })
    await scheduler.start()
    await scheduler.runNow("work")
    await until(async () => (await scheduler.list())[0]!.running.length > 0)
    await scheduler.stop({ graceMs: 10 })
    expect(reason).toMatchObject({ code: "SCHEDULER_RUN_INTERRUPTED" })
    const after = openScheduler(shared)
    expect([(await after.history("work"))[0]!.outcome, (await after.list())[0]!.waiting]).toEqual(["interrupted", 1])
    await after.stop()
  })
  test("a node that cannot say that it goes on ends its run before another may begin it", async () => {
    const inner = new MemoryStore()
    let isAway = false
    const store: SchedulerStore = {
      ...bound(inner),
      change: async (...args) => {
        if (isAway) throw new RangeError("away")
        return await inner.change(...args)
      },
    }
    let lostAtMs = 0
    let reason: unknown
    const errors: unknown[] = []
    const work = defineSchedule("work", { everyMs: 3_600_000 }, async (run) => {
      await aborted(run).catch((error) => {
        lostAtMs = performance.now()
        reason = error
        throw error
      })
    })
    const scheduler = openScheduler(store, {
      ...options,
      leaseMs: 300,
      schedules: [work],
      onError: (error) => errors.push(error),
    })
    await scheduler.start()
    await scheduler.runNow("work")
    await until(async () => (await scheduler.list())[0]!.running.length > 0)
    isAway = true
    await until(() => lostAtMs > 0)
    isAway = false
    expect(reason).toMatchObject({ code: "SCHEDULER_RUN_LOST" })
    const records = await until(async () => {
      const known = await scheduler.history("work")
      return known.length > 0 ? known : undefined
    })
    expect(records.at(-1)).toMatchObject({ outcome: "lost", attempt: 1 })
    await scheduler.stop({ graceMs: 0 })
  })
  test("no more go on at once than a node may have", async () => {
    let running = 0
    let most = 0
    const schedules = Array.from({ length: 12 }, (_, at) =>
      defineSchedule(`work-${at}`, { everyMs: 3_600_000 }, async () => {
        most = Math.max(most, ++running)
        await Bun.sleep(5)
        running--
      }),
    )
    const scheduler = openScheduler("memory:", { ...options, maxRuns: 3, schedules })
    await scheduler.start()
    await Promise.all(schedules.map(({ name }) => scheduler.runNow(name)))
    await until(async () => (await scheduler.list()).every(({ last }) => last !== undefined))
    expect(most).toBeLessThanOrEqual(3)
    await scheduler.stop()
  })
})

function bound(store: SchedulerStore): SchedulerStore {
  return {
    read: (prefix) => store.read(prefix),
    change: (key, keep, decide) => store.change(key, keep, decide),
    history: (key, limit) => store.history(key, limit),
    remove: (key) => store.remove(key),
    close: () => store.close(),
  }
}

describe("as a service", () => {
  test("it begins with the app, is healthy, and is stopped with it", async () => {
    const container = createContainer()
    const service = defineScheduler(
      () => "memory:",
      async () => [defineSchedule("work", { everyMs: 3_600_000 }, () => undefined)],
    )
    const scheduler = await container.get(service)
    expect((await scheduler.list()).map(({ name }) => name)).toEqual(["work"])
    expect(await container.health()).toEqual({ scheduler: { status: "ok", detail: "ok" } })
    await container.drain(1_000)
    await container.close()
    expect(await scheduler.list().catch((error) => error)).toMatchObject({ code: "SCHEDULER_CLOSED" })
  })
  test("a store that is away fails the start", async () => {
    const container = createContainer()
    const work = defineSchedule("work", { everyMs: 3_600_000 }, () => undefined)
    const error = await container.get(defineScheduler(() => "redis://127.0.0.1:1", [work])).catch((cause) => cause)
    expect(error).toMatchObject({ code: "SCHEDULER_STORE_FAILED" })
  })
})
