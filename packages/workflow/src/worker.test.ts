import { afterEach, describe, expect, test } from "bun:test"
import { type ManualClock, manualClock } from "@ashlar/core"
import { Emitter } from "./events.ts"
import { goOn } from "./go-on.ts"
import { defineWorkflow } from "./index.ts"
import { planWorkflows } from "./plan.ts"
import { Store } from "./store.ts"
import { closeStages, flow, stage } from "./testing/stage.ts"

afterEach(closeStages)

describe("workers", () => {
  test("that lost a run keep nothing of it: WORKFLOW_LEASE_LOST", async () => {
    const store = new Store("memory:", manualClock())
    const workflow = flow(() => 1)
    await store.use((db) =>
      store.addRun(db, { id: "r", workflow, input: "", dueMs: 0, deadlineMs: null, parent: null }),
    )
    const clock = store.clock as ManualClock
    const [first] = await store.claim([workflow], { max: 5, leaseMs: 1_000 })
    expect(await store.claim([workflow], { max: 5, leaseMs: 1_000 })).toEqual([])
    clock.advance(1_001)
    const [second] = await store.claim([workflow], { max: 5, leaseMs: 1_000 })
    expect([first!.crashes, second!.crashes, second!.fence > first!.fence]).toEqual([0, 1, true])
    for (const act of [
      store.extend(first!, 1_000),
      store.settle(first!, { state: "completed" }),
      store.beginUndo(first!, "failed", ""),
      store.own((db) => db.transaction((tx) => store.prove(tx, first!))),
    ])
      expect(await act.catch((error) => error)).toMatchObject({ code: "WORKFLOW_LEASE_LOST" })
    await store.settle(second!, { state: "completed" })
    expect(await store.extend(second!, 1_000).catch((error) => error.code)).toBe("WORKFLOW_LEASE_LOST")
    await store.close()
  })
  test("whose run was woken while they let go of it do not let it sleep", async () => {
    const store = new Store("memory:", manualClock())
    const workflow = flow(() => 1)
    await store.use((db) =>
      store.addRun(db, { id: "r", workflow, input: "", dueMs: 0, deadlineMs: null, parent: null }),
    )
    const [run] = await store.claim([workflow], { max: 5, leaseMs: 1_000 })
    await store.use((db) => db.transaction((tx) => store.addSignal(tx, "r", { id: "1", name: "s", value: "1" }, 10)))
    await store.settle(run!, { state: "waiting", dueMs: null })
    expect((await store.claim([workflow], { max: 5, leaseMs: 1_000 })).length).toBe(1)
    await store.close()
  })
  test("that die again and again stall the run: WORKFLOW_CRASHING", async () => {
    const clock = manualClock()
    const store = new Store("memory:", clock)
    const workflow = flow(() => "done")
    await store.use((db) =>
      store.addRun(db, { id: "r", workflow, input: "", dueMs: 0, deadlineMs: null, parent: null }),
    )
    const plan = planWorkflows({ maxCrashes: 2, clock })
    const never = new AbortController().signal
    const home = { store, plan, emitter: new Emitter(), signal: never, leaving: never, stopping: never }
    for (let at = 0; at < 3; at++) {
      const [dead] = await store.claim([workflow], { max: 1, leaseMs: 1_000 })
      expect(dead?.crashes).toBe(at)
      clock.advance(1_001)
    }
    const [run] = await store.claim([workflow], { max: 1, leaseMs: 1_000 })
    await goOn(run!, workflow, home)
    const row = (await store.use((db) => store.run(db, "r")))!
    expect([row.state, JSON.parse(row.error!).code, home.emitter.counts.stalled]).toEqual([
      "stalled",
      "WORKFLOW_CRASHING",
      1,
    ])
    await store.close()
  })
  test("that stop let steps end, begin no other, and give the run back", async () => {
    const { flows } = stage()
    const done: string[] = []
    const gate = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const one = flow(async (ctx) => {
      await ctx.step("a", async () => {
        begun.resolve()
        await gate.promise
        done.push("a")
      })
      await ctx.step("b", () => done.push("b"))
      return "done"
    })
    const worker = flows.work([one], { pollMs: 5 })
    const { id } = await flows.start(one, undefined)
    await begun.promise
    const stopping = worker.stop()
    await Bun.sleep(20)
    gate.resolve()
    expect([await stopping, worker.running, done]).toEqual([{ clean: true }, 0, ["a"]])
    expect((await flows.get(id))?.state).toBe("pending")
    const next = flows.work([one], { pollMs: 5 })
    expect([await flows.result(id), done]).toEqual(["done", ["a", "b"]])
    await next.stop()
  })
  test("that may wait no longer abort steps, which another does again", async () => {
    const { flows } = stage()
    let runs = 0
    const begun = Promise.withResolvers<void>()
    const one = flow((ctx) =>
      ctx.step("a", async ({ attempt }) => {
        if (++runs > 1) return attempt
        begun.resolve()
        return await new Promise<number>(() => undefined)
      }),
    )
    const worker = flows.work([one], { pollMs: 5 })
    const { id } = await flows.start(one, undefined)
    await begun.promise
    expect(await worker.stop({ graceMs: 10 })).toEqual({ clean: false })
    flows.work([one], { pollMs: 5 })
    expect([await flows.result(id), runs]).toEqual([1, 2])
  })
  test("are idle when nothing is due, and tell what they did", async () => {
    const { flows } = stage()
    const told: string[] = []
    for (const event of ["completed", "failed", "cancelled", "stalled", "step", "error"] as const)
      flows.on(event, (what) => void told.push(`${event} ${(what as { step?: string }).step ?? ""}`.trim()))
    const good = defineWorkflow("good", {}, (ctx) => ctx.step("a", () => 1))
    const bad = defineWorkflow("bad", {}, (ctx) =>
      ctx.step("b", () => Promise.reject(new RangeError("no")), { retries: 0 }),
    )
    const worker = flows.work([good, bad], { pollMs: 5 })
    await flows.start(good, undefined)
    await flows.start(bad, undefined)
    await worker.idle()
    expect(told.toSorted()).toEqual(["completed", "failed", "step a", "step b"])
    expect(flows.metrics()).toMatchObject({ completed: 1, failed: 1, stepsDone: 1, stepsFailed: 1, lost: 0 })
  })
})
