import { expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { defineJob, openQueue } from "@ashlar/queue"
import { v } from "@ashlar/validation"
import { claim } from "../decide.ts"
import { MemoryStore } from "../drivers/memory.ts"
import { createScheduler } from "../open-scheduler.ts"
import { scheduleJob } from "./schedule-job.ts"

const report = defineJob("report", { input: v.object({ day: v.string() }) })

test("each time pushes one job, with what is made of the run, also when a node died after it had pushed", async () => {
  const clock = manualClock()
  const queue = openQueue("memory:")
  const store = new MemoryStore(clock)
  const nightly = scheduleJob(
    "nightly",
    { cron: "0 3 * * *" },
    {
      queue: async () => queue,
      job: report,
      push: { priority: 7 },
      input: ({ at }) => ({ day: at.toISOString().slice(0, 10) }),
    },
  )
  const scheduler = createScheduler(store, { schedules: [nightly] })
  await scheduler.register()
  clock.advance(3 * 3_600_000)
  // A node that pushes, and is never heard of again.
  const [dead] = await store.change("default/nightly", 10, (state, nowMs) =>
    claim("nightly", { node: "dead", leaseMs: 1_000, slots: 1 }, state, nowMs),
  )
  const run = { ...dead!, schedule: "nightly", at: new Date(dead!.atMs), signal: new AbortController().signal }
  await nightly.handler(run)
  clock.advance(1_000)
  await scheduler.turn()
  await scheduler.allEnded()
  expect((await scheduler.history("nightly"))[0]).toMatchObject({ outcome: "succeeded", attempt: 2 })
  expect(await queue.list({ state: "waiting" })).toMatchObject([{ input: { day: "2026-01-01" }, priority: 7 }])
  clock.advance(24 * 3_600_000)
  await scheduler.turn()
  await scheduler.allEnded()
  expect((await queue.list({ state: "waiting" })).map(({ input }) => input)).toEqual([
    { day: "2026-01-01" },
    { day: "2026-01-02" },
  ])
  await scheduler.stop()
  await queue.close()
})

test("a queue that refuses is a run that fails", async () => {
  const queue = openQueue("memory:")
  await queue.close()
  const scheduler = createScheduler(new MemoryStore(manualClock()), {
    schedules: [scheduleJob("work", { everyMs: 1_000 }, { queue, job: defineJob("plain", {}) })],
  })
  await scheduler.register()
  await scheduler.runNow("work")
  await scheduler.turn()
  await scheduler.allEnded()
  expect((await scheduler.history("work"))[0]).toMatchObject({ outcome: "failed", errorCode: "QUEUE_CLOSED" })
  await scheduler.stop()
})
