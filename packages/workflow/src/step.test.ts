import { afterEach, describe, expect, test } from "bun:test"
import { until } from "./testing/databases.ts"
import { closeStages, flow, stage } from "./testing/stage.ts"

afterEach(closeStages)

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
