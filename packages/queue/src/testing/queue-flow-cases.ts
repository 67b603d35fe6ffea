import { expect, test } from "bun:test"
import { v } from "@ashlar/validation"
import { defineJob } from "../job.ts"
import { type QueueStage, until } from "./queue-cases.ts"

export function describeQueueFlows(stage: QueueStage): void {
  const isAsked = () => stage.queue.guarantees.flows

  test("flows: what follows a batch knows how its jobs ended", async () => {
    if (!isAsked()) return
    const results: unknown[] = []
    const square = defineJob("square", { input: v.integer(), attempts: 1 }, ({ input }) => {
      if (input < 0) throw new RangeError("negative")
      return input * input
    })
    const sum = defineJob("sum", {}, async (job) => {
      for (const child of await job.children()) results.push(child.output ?? child.error?.message)
    })
    stage.work([square, sum])
    const { id } = await stage.queue.pushBatch([square.of(3), square.of(-1), square.of(4)], { onEnd: sum.of() })
    await until(() => results.length === 3, "the end")
    expect(results).toEqual([9, "negative", 16])
    expect(await stage.queue.batch(id)).toMatchObject({ total: 3, completed: 2, failed: 1, pending: 0 })
    expect((await stage.queue.batchResults(id)).map(({ state }) => state)).toEqual(["completed", "failed", "completed"])
  })

  test("flows: a chain runs one after the other, each with what the one before gave", async () => {
    if (!isAsked()) return
    const seen: unknown[] = []
    const step = defineJob("step", { input: v.string() }, async (job) => {
      const [before] = await job.children()
      seen.push([job.input, before?.output])
      return job.input.toUpperCase()
    })
    stage.work([step])
    await stage.queue.pushChain(["a", "b", "c"].map((text) => step.of(text)))
    await until(() => seen.length === 3, "three steps")
    expect(seen).toEqual([
      ["a", undefined],
      ["b", "A"],
      ["c", "B"],
    ])
  })

  test("flows: a parent waits for its children, or fails with them", async () => {
    if (!isAsked()) return
    const runs: string[] = []
    const job = defineJob("job", { input: v.string(), attempts: 1 }, ({ input }) => {
      runs.push(input)
      if (input === "bad") throw new RangeError("bad")
    })
    stage.work([job])
    const leaf = (text: string) => ({ job: job.of(text) })
    await stage.queue.pushFlow({
      job: job.of("root"),
      onChildFailure: "continue",
      children: [
        { job: job.of("ok"), children: [leaf("a"), leaf("b")] },
        { job: job.of("never"), children: [leaf("bad")] },
      ],
    })
    await until(() => runs.includes("root"), "the root")
    expect(runs.toSorted()).toEqual(["a", "b", "bad", "ok", "root"])
    expect(runs.indexOf("ok")).toBeGreaterThan(Math.max(runs.indexOf("a"), runs.indexOf("b")))
    const failed = await stage.queue.list({ state: "failed" })
    expect(failed.map(({ error }) => error?.code ?? error?.message).toSorted()).toEqual(["QUEUE_CHILD_FAILED", "bad"])
  })
}
