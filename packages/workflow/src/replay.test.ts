import { afterEach, describe, expect, test } from "bun:test"
import { createContainer, type ManualClock, manualClock } from "@ashlar/core"
import { v } from "@ashlar/validation"
import { Emitter } from "./events.ts"
import { goOn } from "./go-on.ts"
import {
  defineSignal,
  defineWorkflow,
  defineWorkflows,
  openWorkflows,
  type WorkflowContext,
  type Workflows,
  type WorkflowsOptions,
} from "./index.ts"
import { planWorkflows } from "./plan.ts"
import { Store } from "./store.ts"
import { until } from "./testing/databases.ts"
import type { AnyWorkflow } from "./workflow.ts"
import type { WorkflowWorker } from "./workflows.ts"

/* What is the same wherever it is kept. */

const opened: Workflows[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})
function stage(options: WorkflowsOptions = {}) {
  const clock: ManualClock = manualClock()
  const flows = openWorkflows("memory:", { clock, ...options })
  opened.push(flows)
  let worker: WorkflowWorker | undefined
  /** Code of a new deploy takes the place of the old. */
  const deploy = async (...workflows: AnyWorkflow[]) => {
    await worker?.stop()
    worker = flows.work(workflows, { pollMs: 5 })
  }
  const inState = (id: string, state: string) =>
    until(async () => (await flows.get(id))?.state === state, `${id} to be ${state}`)
  return { flows, clock, deploy, inState }
}
const flow = (run: (ctx: WorkflowContext) => unknown, version = 1) => defineWorkflow("flow", { version }, run)

describe("a run whose code was changed", () => {
  test.each<[string, (ctx: WorkflowContext) => unknown, string]>([
    [
      "leaves a step out",
      async (ctx) => {
        await ctx.step("a", () => 1)
        await ctx.step("c", () => 1)
      },
      '"b"',
    ],
    [
      "puts a step before one that was done",
      async (ctx) => {
        await ctx.step("new", () => 1)
        await ctx.step("a", () => 1)
        await ctx.step("b", () => 1)
        await ctx.sleep("s", 1_000)
      },
      '"a"',
    ],
    [
      "makes something else of a step",
      async (ctx) => {
        await ctx.step("a", () => 1)
        await ctx.sleep("b", 1)
      },
      '"b"',
    ],
    ["ends before", async (ctx) => await ctx.step("a", () => 1), '"b"'],
    [
      "fails before",
      () => {
        throw new RangeError("new rule")
      },
      '"a"',
    ],
  ])(
    "and now %s is stalled, naming the step: WORKFLOW_NONDETERMINISTIC",
    async (_what, changed, step) => {
      const done: string[] = []
      const { flows, clock, deploy, inState } = stage()
      const old = flow(async (ctx) => {
        await ctx.step("a", () => done.push("a"))
        await ctx.step("b", () => done.push("b"))
        await ctx.sleep("s", 1_000)
        return "done"
      })
      await deploy(old)
      const { id } = await flows.start(old, undefined)
      await inState(id, "sleeping")
      await deploy(flow(changed))
      clock.advance(1_000)
      await inState(id, "stalled")
      const { error } = (await flows.get(id))!
      expect(error?.code).toBe("WORKFLOW_NONDETERMINISTIC")
      expect(error?.message).toContain(step)
      await deploy(old) // rolled back
      expect([await flows.resume(id), await flows.resume(id)]).toEqual([true, false])
      expect([await flows.result(id), done]).toEqual(["done", ["a", "b"]])
    },
    20_000,
  )
  test("keeps the version that it began with, and waits for a worker that has it", async () => {
    const { flows, clock, deploy, inState } = stage()
    const one = flow(async (ctx) => {
      await ctx.sleep("s", 1_000)
      return `one ${ctx.version}`
    })
    const two = flow((ctx) => `two ${ctx.version}`, 2)
    await deploy(one)
    const old = await flows.start(one, undefined)
    await inState(old.id, "sleeping")
    await deploy(two)
    clock.advance(1_000)
    expect(await flows.result((await flows.start(two, undefined)).id)).toBe("two 2")
    expect((await flows.get(old.id))?.state).toBe("sleeping")
    await deploy(one, two)
    expect(await flows.result(old.id)).toBe("one 1")
  })
  test("does what was added where it was not further yet: ctx.patched", async () => {
    const { flows, clock, deploy, inState } = stage()
    const done: string[] = []
    const before = flow(async (ctx) => {
      if ((await ctx.waitFor("go")) === "wait") await ctx.sleep("first", 1_000)
      await ctx.sleep("second", 1_000)
    })
    const after = flow(async (ctx) => {
      if ((await ctx.waitFor("go")) === "wait") await ctx.sleep("first", 1_000)
      if (await ctx.patched("mail")) await ctx.step("mail", () => done.push(ctx.runId))
      await ctx.sleep("second", 1_000)
      await ctx.sleep("third", 1_000)
      return await ctx.patched("mail")
    })
    await deploy(before)
    const [early, late] = [await flows.start(before, undefined), await flows.start(before, undefined)]
    await flows.signal(early.id, "go", "wait")
    await flows.signal(late.id, "go", "now")
    for (const { id } of [early, late]) await inState(id, "sleeping")
    await deploy(after)
    for (const { id } of [early, late])
      await until(async () => {
        clock.advance(500)
        return (await flows.get(id))?.state === "completed"
      }, "it to end")
    expect(done).toEqual([early.id])
  })
  test("may wait for something else between two steps", async () => {
    const { flows, clock, deploy, inState } = stage()
    const slow = flow(async (ctx) => {
      const sum = []
      for (let at = 0; at < 3; at++) {
        sum.push(await ctx.step("s", () => at))
        await Bun.sleep(30) // no step: done again each time, and allowed if slow
        await ctx.sleep("pause", 10)
      }
      return sum
    })
    await deploy(slow)
    const { id } = await flows.start(slow, undefined)
    for (let at = 0; at < 3; at++) {
      await until(async () => (await flows.history(id)).filter(({ kind }) => kind === "sleep").length > at, "a pause")
      clock.advance(10)
    }
    expect(await flows.result(id)).toEqual([0, 1, 2])
    await inState(id, "completed")
  })
})

describe("a step", () => {
  test("is tried as often as it may be, with longer pauses, and the code is told why it failed", async () => {
    const { flows, clock, deploy } = stage()
    const attempts: number[] = []
    const one = flow(async (ctx) => {
      const failed = await ctx
        .step(
          "a",
          ({ attempt }) => {
            attempts.push(attempt)
            throw Object.assign(new RangeError(`no ${attempt}`), { secret: "s" })
          },
          { retries: 2, backoffMs: 1_000 },
        )
        .catch((error) => error)
      const refused = await ctx
        .step("b", () => Promise.reject(new TypeError("never")), { retryIf: (error) => !(error instanceof TypeError) })
        .catch((error) => error)
      return [failed.code, failed.details, refused.details.attempts]
    })
    await deploy(one)
    const { id } = await flows.start(one, undefined)
    const pauses: number[] = []
    for (let at = 1; at <= 2; at++) {
      await until(async () => (await flows.get(id))?.state === "sleeping" && attempts.length === at, "a pause")
      const due = (await flows.get(id))!.dueAt!.getTime()
      pauses.push(due - clock.now())
      clock.advance(due - clock.now() - 1)
      await Bun.sleep(20)
      expect(attempts.length).toBe(at)
      clock.advance(1)
    }
    const details = { step: "a", attempts: 3, code: "RangeError", message: "no 3" }
    expect(await flows.result(id)).toEqual(["WORKFLOW_STEP_FAILED", details, 1])
    for (const [at, least] of [1_000, 2_000].entries())
      expect([pauses[at]! >= least, pauses[at]! <= least * 1.1 + 1]).toEqual([true, true])
  })
  test("has its time, and is told: WORKFLOW_STEP_TIMEOUT", async () => {
    const { flows, deploy } = stage()
    let aborted: unknown
    const one = flow(async (ctx) => {
      const free = await ctx
        .step(
          "free",
          ({ signal }) => {
            signal.addEventListener("abort", () => (aborted = signal.reason))
            return new Promise(() => undefined)
          },
          { timeoutMs: 20, retries: 0 },
        )
        .catch((error) => error.details.code)
      const bound = await ctx
        .transaction("bound", () => new Promise(() => undefined), { timeoutMs: 20, retries: 0 })
        .catch((error) => error.details.code)
      return [free, bound]
    })
    await deploy(one)
    const { id } = await flows.start(one, undefined)
    expect(await flows.result(id)).toEqual(["WORKFLOW_STEP_TIMEOUT", "WORKFLOW_STEP_TIMEOUT"])
    expect(aborted).toMatchObject({ code: "WORKFLOW_STEP_TIMEOUT" })
  })
  test("gives what JSON keeps, live as when it is read again; what JSON cannot is its failure", async () => {
    const { flows, deploy } = stage({ maxValueBytes: 1_000 })
    const one = flow(async (ctx) => {
      const live = await ctx.step("a", () => ({ at: new Date(0), gone: undefined, map: new Map([["a", 1]]) }))
      const codes = []
      for (const [name, value] of [
        ["bigint", 1n],
        ["function", () => 1],
        ["large", "x".repeat(1_000)],
      ] as const)
        codes.push(await ctx.step(name, () => value as unknown, { retries: 0 }).catch((error) => error.details.code))
      return { live, codes, nothing: (await ctx.step("nothing", () => undefined)) === undefined }
    })
    await deploy(one)
    const { id } = await flows.start(one, undefined)
    expect(await flows.result(id)).toEqual({
      live: { at: "1970-01-01T00:00:00.000Z", map: {} },
      codes: ["WORKFLOW_VALUE_INVALID", "WORKFLOW_VALUE_INVALID", "WORKFLOW_VALUE_TOO_LARGE"],
      nothing: true,
    })
  })
  test("that is one too many fails the run: WORKFLOW_HISTORY_FULL", async () => {
    const { flows, deploy } = stage({ maxSteps: 5 })
    const one = flow(async (ctx) => {
      for (;;) await ctx.step("s", () => 1)
    })
    await deploy(one)
    const { id } = await flows.start(one, undefined)
    expect(await flows.result(id).catch((error) => error.details.code)).toBe("WORKFLOW_HISTORY_FULL")
  })
  test("that was begun and not awaited is no unhandled rejection, and ends with its run", async () => {
    const { flows, deploy } = stage()
    let isDone = false
    const one = flow(async (ctx) => {
      void ctx.step("bad", () => Promise.reject(new RangeError("no")), { retries: 0 })
      void ctx.step("slow", async () => {
        await Bun.sleep(50)
        isDone = true
      })
      await ctx.step("quick", () => 1)
      return "done"
    })
    await deploy(one)
    const { id } = await flows.start(one, undefined)
    expect([await flows.result(id), isDone]).toEqual(["done", true])
  })
  test("of thousands costs no more than one", async () => {
    const { flows, deploy } = stage()
    const one = flow(async (ctx) => {
      let sum = 0
      for (let at = 0; at < 2_000; at++) sum += await ctx.step("s", () => 1)
      return sum
    })
    await deploy(one)
    expect(await flows.result((await flows.start(one, undefined)).id)).toBe(2_000)
  })
})

describe("what undoes", () => {
  test("and fails for good is said, and does not keep the others from it", async () => {
    const { flows, clock, deploy } = stage()
    const done: string[] = []
    const one = flow(async (ctx) => {
      await ctx.step("a", () => 1, { undo: () => void done.push("undo a") })
      await ctx.step("b", () => 1, { undo: () => Promise.reject(new RangeError("no way back")) })
      throw new RangeError("the end")
    })
    await deploy(one)
    const { id } = await flows.start(one, undefined)
    await until(async () => {
      clock.advance(3_600_000)
      return (await flows.get(id))?.state === "failed"
    }, "it to fail")
    expect([done, (await flows.get(id))?.error?.message]).toEqual([["undo a"], "the end"])
    const [undo] = (await flows.history(id)).filter(({ kind }) => kind === "undo")
    expect(undo).toMatchObject({ name: "undo:b", state: "failed", attempts: 11, error: { message: "no way back" } })
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
    const home = { store, plan, emitter: new Emitter(), signal: never, leaving: never }
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

describe("what is refused", () => {
  const Amount = defineSignal("amount", v.integer())
  test.each<[string, (flows: Workflows, id: string) => unknown, string]>([
    [
      "an input that does not fit",
      (flows) =>
        flows.start(
          defineWorkflow("i", { input: v.integer() }, () => 1),
          "x" as never,
        ),
      "WORKFLOW_INPUT_INVALID",
    ],
    [
      "an input that is no JSON",
      (flows) =>
        flows.start(
          defineWorkflow("i", { input: v.unknown() }, () => 1),
          1n,
        ),
      "WORKFLOW_VALUE_INVALID",
    ],
    [
      "an input that is too large",
      (flows) =>
        flows.start(
          defineWorkflow("i", { input: v.unknown() }, () => 1),
          "x".repeat(300_000),
        ),
      "WORKFLOW_VALUE_TOO_LARGE",
    ],
    [
      "an id with spaces",
      (flows) =>
        flows.start(
          flow(() => 1),
          undefined,
          { id: "a b" },
        ),
      "WORKFLOW_OPTION_INVALID",
    ],
    [
      "a delay without end",
      (flows) =>
        flows.start(
          flow(() => 1),
          undefined,
          { delayMs: 1e15 },
        ),
      "WORKFLOW_OPTION_INVALID",
    ],
    ["a signal that does not fit", (flows, id) => flows.signal(id, Amount, "x" as never), "WORKFLOW_INPUT_INVALID"],
    ["a signal to nobody", (flows) => flows.signal("nobody", Amount, 1), "WORKFLOW_RUN_UNKNOWN"],
    ["the end of nobody", (flows) => flows.cancel("nobody"), "WORKFLOW_RUN_UNKNOWN"],
    ["to resume nobody", (flows) => flows.resume("nobody"), "WORKFLOW_RUN_UNKNOWN"],
    ["the result of nobody", (flows) => flows.result("nobody"), "WORKFLOW_RUN_UNKNOWN"],
    ["a result that does not come", (flows, id) => flows.result(id, { timeoutMs: 10 }), "WORKFLOW_WAIT_TIMEOUT"],
    ["a page without end", (flows) => flows.list({ limit: 1_001 }), "WORKFLOW_OPTION_INVALID"],
    ["a worker without workflows", (flows) => flows.work([]), "WORKFLOW_OPTION_INVALID"],
    ["two workflows of one name", (flows) => flows.work([flow(() => 1), flow(() => 2)]), "WORKFLOW_OPTION_INVALID"],
    ["a lease without time", (flows) => flows.work([flow(() => 1)], { leaseMs: 1 }), "WORKFLOW_OPTION_INVALID"],
    ["a version that is none", () => flow(() => 1, 0), "WORKFLOW_OPTION_INVALID"],
    ["a name with a #", () => defineWorkflow("a#2", {}, () => 1), "WORKFLOW_OPTION_INVALID"],
    ["bounds without bound", () => openWorkflows("memory:", { maxSteps: 1e9 }), "WORKFLOW_OPTION_INVALID"],
    [
      "a database that is not there",
      () => openWorkflows("postgres://user:hidden@127.0.0.1:1/d").ready(),
      "WORKFLOW_STORE_FAILED",
    ],
  ])("%s", async (_what, act, code) => {
    const { flows } = stage()
    const { id } = await flows.start(
      flow(() => 1),
      undefined,
    )
    const error = (await (async () => await act(flows, id))().catch((cause) => cause)) as {
      code: string
      message: string
    }
    expect([error.code, String(error.message).includes("hidden")]).toEqual([code, false])
  })
  test("more signals than may wait: WORKFLOW_SIGNALS_FULL", async () => {
    const { flows } = stage({ maxSignals: 2 })
    const { id } = await flows.start(
      flow(() => 1),
      undefined,
    )
    for (const at of [1, 2]) await flows.signal(id, "s", at)
    expect(await flows.signal(id, "s", 3).catch((error) => error)).toMatchObject({ code: "WORKFLOW_SIGNALS_FULL" })
  })
  test("names and times within a workflow that do not fit, as its own failure", async () => {
    const { flows, deploy } = stage()
    const wrong: ((ctx: WorkflowContext) => Promise<unknown>)[] = [
      async (ctx) => ctx.step("", () => 1),
      async (ctx) => ctx.step("a ", () => 1),
      async (ctx) => ctx.step("a", () => 1, { retries: -1 }),
      async (ctx) => ctx.sleep("a", -1),
      async (ctx) => ctx.sleepUntil("a", new Date(Number.NaN)),
      async (ctx) =>
        ctx.child(
          "a",
          defineWorkflow("i", { input: v.integer() }, () => 1),
          "x" as never,
        ),
    ]
    const one = defineWorkflow("flow", { input: v.integer() }, (ctx, at) => wrong[at]!(ctx))
    await deploy(one)
    const codes = []
    for (const at of wrong.keys()) {
      const { id } = await flows.start(one, at)
      codes.push(await flows.result(id).catch((error) => error.details.code))
    }
    expect(codes).toEqual([...Array(5).fill("WORKFLOW_OPTION_INVALID"), "WORKFLOW_CHILD_FAILED"])
  })
  test("anything once it is closed", async () => {
    const container = createContainer()
    const flows = await container.get(defineWorkflows(async () => "memory:"))
    await container.close()
    expect(await flows.list().catch((error) => error)).toMatchObject({ code: "WORKFLOW_STORE_FAILED" })
  })
})
