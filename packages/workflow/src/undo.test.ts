import { afterEach, describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { Emitter } from "./events.ts"
import { goOn } from "./go-on.ts"
import { planWorkflows } from "./plan.ts"
import { Store } from "./store.ts"
import { until } from "./testing/databases.ts"
import { closeStages, flow, type Stage, stage } from "./testing/stage.ts"

afterEach(closeStages)

/** Lets hours pass until a run is in a state. */
async function passUntil({ flows, clock }: Stage, id: string, state: string): Promise<void> {
  await until(async () => {
    const run = (await flows.get(id))!
    if (run.dueAt !== undefined && run.dueAt.getTime() > clock.now()) clock.advance(3_600_000) // no worker has it
    return run.state === state
  }, `${id} to be ${state}`)
}

/** A run that did `a`, `b` and `c`, and failed; `b` cannot be taken back while there is something in its way. */
function hindered(): { readonly one: ReturnType<typeof flow>; readonly done: string[]; failures: number } {
  const done: string[] = []
  const state = { one: flow(() => 0), done, failures: Number.POSITIVE_INFINITY }
  state.one = flow(async (ctx) => {
    done.push("begun")
    for (const name of ["a", "b", "c"])
      await ctx.step(name, () => done.push(name), {
        undo: (_n, { attempt }) => {
          if (name === "b" && state.failures-- > 0) throw new RangeError("the bank is closed")
          done.push(`undo ${name} ${attempt}`)
        },
      })
    throw new RangeError("the end")
  })
  return state
}

describe("what undoes", () => {
  test("and fails for good stalls the run, which is listed, kept, and goes on there: WORKFLOW_UNDO_FAILED", async () => {
    const on = stage({ keepMs: 1_000 })
    const { flows, clock, deploy } = on
    const told: unknown[] = []
    flows.on("stalled", ({ error }) => void told.push(error))
    const state = hindered()
    await deploy(state.one)
    const { id } = await flows.start(state.one, undefined)
    await passUntil(on, id, "stalled")
    expect(state.done.filter((what) => what !== "begun")).toEqual(["a", "b", "c", "undo c 1", "undo a 1"])

    const error = {
      code: "WORKFLOW_UNDO_FAILED",
      message: expect.stringContaining('"undo:b" failed after 11 attempts: the bank is closed.'),
      cause: { code: "RangeError", message: "the end" },
    }
    expect((await flows.list({ state: "stalled" })).map((run) => [run.id, run.error, run.endedAt])).toEqual([
      [id, error, undefined],
    ] as never)
    expect([told, flows.metrics().stalled, flows.metrics().failed]).toEqual([[error], 1, 0] as never)
    const [undo] = (await flows.history(id)).filter(({ state: at }) => at === "failed")
    expect(undo).toMatchObject({ name: "undo:b", attempts: 11, error: { message: "the bank is closed" } })
    expect(await flows.result(id, { timeoutMs: 0 }).catch(({ message }) => message)).toContain("it is stalled")

    clock.advance(366 * 86_400_000)
    expect([await flows.sweep(), await flows.cancel(id)]).toEqual([0, true])
    await Bun.sleep(30)
    expect((await flows.get(id))?.state).toBe("stalled")

    state.failures = 2
    const before = state.done.length
    expect([await flows.resume(id), await flows.resume(id)]).toEqual([true, false])
    expect((await flows.get(id))?.error).toEqual({ code: "RangeError", message: "the end" })
    await passUntil(on, id, "failed")
    expect(state.done.slice(before).filter((what) => what !== "begun")).toEqual(["undo b 3"])
    expect(await flows.get(id)).toMatchObject({ error: { message: "the end" }, endedAt: expect.any(Date) })
    expect((await flows.history(id)).filter(({ kind, state: at }) => kind === "undo" && at === "done").length).toBe(3)
  })
  test.each([
    [10, "failed"],
    [11, "stalled"],
  ])("and fails %d times is tried until the run is %s", async (failures, end) => {
    const on = stage()
    const state = hindered()
    state.failures = failures
    await on.deploy(state.one)
    const { id } = await on.flows.start(state.one, undefined)
    await passUntil(on, id, end)
    expect(state.done.includes("undo b 11")).toBe(end === "failed")
  })
  test("and fails again after it was resumed stalls the run again, with what it is undone for", async () => {
    const on = stage()
    const state = hindered()
    await on.deploy(state.one)
    const { id } = await on.flows.start(state.one, undefined)
    for (let at = 1; at <= 2; at++) {
      await passUntil(on, id, "stalled")
      const { error } = (await on.flows.get(id))!
      expect([error?.code, error?.cause]).toEqual(["WORKFLOW_UNDO_FAILED", { code: "RangeError", message: "the end" }])
      expect(await on.flows.resume(id)).toBe(true)
    }
    expect(on.flows.metrics().stalled).toBe(2)
  })
  test("is not tried again for what was taken back by hand", async () => {
    const on = stage()
    const { flows } = on
    const state = hindered()
    await on.deploy(state.one)
    const { id } = await flows.start(state.one, undefined)
    await passUntil(on, id, "stalled")
    for (const step of ["no such step", "undo:b", "a"])
      expect(await flows.resume(id, { undone: ["b", step] }).catch(({ code }) => code)).toBe("WORKFLOW_OPTION_INVALID")
    expect((await flows.get(id))?.state).toBe("stalled")
    expect(await flows.resume(id, { undone: ["b"] })).toBe(true)
    await on.inState(id, "failed")
    expect(state.done.some((what) => what.startsWith("undo b"))).toBe(false)
    const [undo] = (await flows.history(id)).filter(({ name }) => name === "undo:b")
    expect(undo).toMatchObject({ state: "done", error: { message: "the bank is closed" } })
  })
  test("and is not known to changed code stalls the run: WORKFLOW_NONDETERMINISTIC", async () => {
    const on = stage()
    const { flows, deploy, inState } = on
    const done: string[] = []
    const code = (isChanged: boolean) =>
      flow(async (ctx) => {
        if (!isChanged) await ctx.step("a", () => 1, { undo: () => void done.push("undo a") })
        await ctx.step("b", () => 1, { undo: () => void done.push("undo b") })
        await ctx.waitFor("never")
      })
    await deploy(code(false))
    const ids = []
    for (let at = 0; at < 2; at++) ids.push((await flows.start(code(false), undefined)).id)
    for (const id of ids) await inState(id, "waiting")
    await deploy(code(true))
    for (const id of ids) {
      await flows.cancel(id, "too late")
      await inState(id, "stalled")
      const { error } = (await flows.get(id))!
      expect([error?.code, error?.cause?.message]).toEqual(["WORKFLOW_NONDETERMINISTIC", "too late"])
      expect(error?.message).toContain('"a"')
    }
    expect(done).toEqual([])
    expect(await flows.resume(ids[0]!, { undone: ["a"] })).toBe(true)
    await inState(ids[0]!, "cancelled")
    expect(done).toEqual(["undo b"])
    await deploy(code(false))
    expect(await flows.resume(ids[1]!)).toBe(true)
    await inState(ids[1]!, "cancelled")
    expect(done).toEqual(["undo b", "undo b", "undo a"])
    expect((await flows.get(ids[1]!))?.error).toEqual({ code: "WORKFLOW_CANCELLED", message: "too late" })
  }, 20_000)
  test("is known of all that went on beside what failed, when it is learned again", async () => {
    const on = stage()
    const done: string[] = []
    let failures = 1
    const one = flow(async (ctx) => {
      const step = (name: string) =>
        ctx.step(name, () => 1, {
          undo: () => {
            if (name === "b4" && failures-- > 0) throw new RangeError("not yet")
            done.push(`undo ${name}`)
          },
        })
      await Promise.all([
        ctx.step("fails", () => Promise.reject(new RangeError("no")), { retries: 1, backoffMs: 10 }),
        (async () => {
          for (const name of ["b1", "b2", "b3", "b4"]) await step(name)
          await ctx.waitFor("never")
        })(),
      ])
    })
    await on.deploy(one)
    const { id } = await on.flows.start(one, undefined)
    await until(async () => (await on.flows.history(id)).length === 6, "all to be done")
    on.clock.advance(1_000)
    await passUntil(on, id, "failed")
    expect(done).toEqual(["undo b4", "undo b3", "undo b2", "undo b1"])
  })
  test("is not told to end by what ended the run", async () => {
    const { flows, inState } = stage()
    const told: boolean[] = []
    const one = flow(async (ctx) => {
      await ctx.step("a", () => 1, {
        undo: async (_n, { signal }) => {
          await Bun.sleep(400) // longer than a heartbeat
          told.push(signal.aborted)
        },
      })
      await ctx.waitFor("never")
    })
    const worker = flows.work([one], { pollMs: 5, leaseMs: 500 })
    const { id } = await flows.start(one, undefined)
    await inState(id, "waiting")
    await flows.cancel(id)
    await inState(id, "cancelled")
    expect(told).toEqual([false])
    await worker.stop()
  })
  test("is given back at once by a worker that waits no longer, which is told to it", async () => {
    const { flows, inState } = stage()
    const told: unknown[] = []
    const begun = Promise.withResolvers<void>()
    const one = flow(async (ctx) => {
      await ctx.step("a", () => 1, {
        undo: async (_n, { signal }) => {
          if (told.push(signal.aborted) > 1) return
          begun.resolve()
          await new Promise(() => undefined)
        },
      })
      throw new RangeError("the end")
    })
    const worker = flows.work([one], { pollMs: 5 })
    const { id } = await flows.start(one, undefined)
    await begun.promise
    expect(await worker.stop({ graceMs: 10 })).toEqual({ clean: false })
    expect((await flows.get(id))?.state).toBe("undoing")
    flows.work([one], { pollMs: 5 })
    await inState(id, "failed")
    expect(told).toEqual([false, false])
  })
  test("and kills its workers stalls the run, which goes on with that and not with its code", async () => {
    const clock = manualClock()
    const store = new Store("memory:", clock)
    const plan = planWorkflows({ maxCrashes: 2, clock })
    const never = new AbortController().signal
    const home = { store, plan, emitter: new Emitter(), signal: never, leaving: never, stopping: never }
    const done: string[] = []
    let isFailing = true
    const one = flow(async (ctx) => {
      await ctx.step("a", () => 1, {
        undo: () => {
          if (isFailing) throw new RangeError("not yet")
          done.push("undo a")
        },
      })
      if (isFailing) throw new RangeError("the end")
      return await ctx.step("more", () => done.push("more"))
    })
    const claim = async () => {
      clock.advance(10_000)
      return (await store.claim([one], { max: 1, leaseMs: 1_000 }))[0]!
    }
    const kept = async () => {
      const { state, error } = (await store.use((db) => store.run(db, "r")))!
      return [state, JSON.parse(error!)]
    }
    await store.use((db) =>
      store.addRun(db, { id: "r", workflow: one, input: "", dueMs: 0, deadlineMs: null, parent: null }),
    )
    await goOn(await claim(), one, home)
    const error = { code: "RangeError", message: "the end" }
    expect(await kept()).toEqual(["undoing", error])
    for (let at = 0; at < 3; at++) await claim() // and dies
    await goOn(await claim(), one, home)
    expect(await kept()).toEqual(["stalled", { code: "WORKFLOW_CRASHING", message: expect.any(String), cause: error }])
    isFailing = false
    expect(await store.use((db) => store.resume(db, "r", []))).toBe(true)
    await goOn(await claim(), one, home)
    expect([await kept(), done]).toEqual([["failed", error], ["undo a"]])
    await store.close()
  })
  test("runs for a step that was under way when the run was cancelled, once that has ended", async () => {
    const { flows, deploy, inState } = stage()
    const done: string[] = []
    const begun = Promise.withResolvers<void>()
    const one = flow(async (ctx) => {
      await ctx.step(
        "a",
        async ({ signal }) => {
          begun.resolve()
          await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()))
          return done.push(`a ${signal.reason.code}`)
        },
        { undo: () => void done.push("undo a") },
      )
      await ctx.step("b", () => done.push("b"))
    })
    const worker = flows.work([one], { pollMs: 5, leaseMs: 500 })
    const { id } = await flows.start(one, undefined)
    await begun.promise
    await flows.cancel(id)
    await inState(id, "cancelled")
    expect(done).toEqual(["a WORKFLOW_CANCELLED", "undo a"])
    await worker.stop()
    await deploy(one)
  })
})
