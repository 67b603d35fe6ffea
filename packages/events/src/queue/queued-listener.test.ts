import { expect, test } from "bun:test"
import { openQueue } from "@ashlar/queue"
import { v } from "@ashlar/validation"
import { createEvents, defineEvent } from "../index.ts"
import { defineQueuedListener } from "./index.ts"

const Paid = defineEvent("order.paid", v.object({ id: v.string(), at: v.coerce.date() }))
const at = "2026-01-01T00:00:00.000Z"

test("a queued listener runs as a job, after the emit, and again when it fails", async () => {
  const events = createEvents()
  await using queue = openQueue("memory:")
  const got: unknown[] = []
  const ids: string[] = []
  const listener = defineQueuedListener("receipts", Paid, { attempts: 3, backoff: 1 }, (data, { name, id, job }) => {
    got.push([data, name, job.attempt])
    ids.push(id)
    if (job.attempt === 1) throw new RangeError("not yet")
  })
  listener.listen(events, queue)
  await events.emit(Paid, { id: "7", at })
  expect(got).toEqual([]) // nobody works yet
  const worker = queue.work([listener.job])
  while (got.length < 2) await Bun.sleep(2)
  const data = { id: "7", at: new Date(at) }
  expect(got).toEqual([
    [data, "order.paid", 1],
    [data, "order.paid", 2],
  ])
  expect(ids[0]).toBe(ids[1]!)
  await worker.stop()
})

test("an emit fails when the queue does not take the job, or the data is not the same once it is JSON", async () => {
  const Dated = defineEvent("dated", v.object({ at: v.date() }))
  const events = createEvents()
  const queue = openQueue("memory:")
  defineQueuedListener("dated", Dated, {}, () => undefined).listen(events, queue)
  const listener = defineQueuedListener("receipts", Paid, {}, () => undefined)
  const stop = listener.listen(events, queue)
  const error = await events.emit(Dated, { at: new Date() }).catch((cause) => cause)
  expect(error.cause.errors).toMatchObject([{ code: "EVENTS_DATA_INVALID" }])
  await queue.close()
  const refused = await events.emit(Paid, { id: "7", at }).catch((cause) => cause)
  expect([refused.code, refused.details.failed]).toEqual(["EVENTS_LISTENERS_FAILED", ["receipts"]])
  stop()
  await events.emit(Paid, { id: "7", at })
})

test("a job whose data does not fit any more is not tried again", async () => {
  await using queue = openQueue("memory:")
  const listener = defineQueuedListener("receipts", Paid, { attempts: 5, backoff: 1 }, () => undefined)
  await queue.push(listener.job, { id: "1", timeMs: 0, data: { id: 7 } })
  const worker = queue.work([listener.job])
  const failed = () => queue.list({ state: "failed" })
  while ((await failed()).length === 0) await Bun.sleep(2)
  expect((await failed())[0]).toMatchObject({ attempt: 1 })
  await worker.stop()
})
