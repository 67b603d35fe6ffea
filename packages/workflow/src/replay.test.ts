import { afterEach, describe, expect, test } from "bun:test"
import type { WorkflowContext } from "./index.ts"
import { until } from "./testing/databases.ts"
import { closeStages, flow, stage } from "./testing/stage.ts"

afterEach(closeStages)

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
