import { expect, test } from "bun:test"
import { claim } from "../decide.ts"
import type { LiveScheduler } from "../live-scheduler.ts"
import type { ScheduleOptions } from "../schedule.ts"
import type { Running } from "../state.ts"
import { look, MINUTE, minutes, nodesWith, noting, outcomes, START, type Stage, settle } from "./stage.ts"

export function describeMissed(stage: Stage): void {
  const down = async (options: Partial<ScheduleOptions>, ms: number) => {
    const nodes = await nodesWith(stage, noting(stage, { cron: "* * * * *", ...options } as ScheduleOptions))
    stage.clock.advance(ms)
    await settle(nodes)
    return await outcomes(nodes[0]!)
  }
  const LATE = { lateMs: 10_000 }
  test("skip: none is made up for; one whose time is just now is none of them", async () => {
    expect(await down({ missed: "skip", ...LATE }, 5 * MINUTE + 30_000)).toEqual([["missed", 5]])
    stage.clock.advance(MINUTE - 25_000)
    await settle(stage.nodes)
    expect(minutes(stage.runs)).toEqual([6])
  })
  test("once: one stands in for all", async () => {
    expect(await down({ missed: "once", ...LATE }, 5 * MINUTE + 30_000)).toEqual([
      ["missed", 4],
      ["succeeded", 5],
    ])
    expect(stage.runs[0]!.cause).toBe("missed")
    expect((await stage.nodes[0]!.history("work"))[1]).toMatchObject({ outcome: "missed", count: 4 })
  })
  test("once: one whose time is just now stands in too", async () => {
    expect(await down({ missed: "once", ...LATE }, 5 * MINUTE + 5_000)).toEqual([
      ["missed", 4],
      ["succeeded", 5],
    ])
    expect(stage.runs[0]!.cause).toBe("tick")
  })
  test("all: the latest are run in their order, up to a bound", async () => {
    const got = await down({ missed: "all", maxMissed: 3, ...LATE }, 5 * MINUTE + 5_000)
    expect([got[0], minutes(stage.runs), stage.runs.map(({ cause }) => cause)]).toEqual([
      ["missed", 1],
      [2, 3, 4, 5],
      ["missed", "missed", "missed", "tick"],
    ])
  })
  test("however long it was, it is known at once", async () => {
    const got = await down({ cron: "* * * * * *", missed: "all", maxMissed: 2 }, 30 * 24 * 60 * MINUTE)
    expect([got.map(([outcome]) => outcome), stage.runs.length]).toEqual([
      ["missed", "succeeded", "succeeded", "succeeded"],
      3,
    ])
  })
}

export function describeTakeover(stage: Stage): void {
  /** A node that claims and is never heard of again. */
  const die = async (leaseMs: number): Promise<Running> => {
    const key = `${stage.namespace}/work`
    const decider = { node: "dead", leaseMs, slots: 1 }
    const begun = await stage.other.change(key, 100, (state, nowMs) => claim("work", decider, state, nowMs))
    expect(begun).toHaveLength(1)
    return begun[0]!
  }
  test("of a run whose node died: not before its lease is over, then once, with a larger fence", async () => {
    const nodes = await nodesWith(stage, noting(stage, { cron: "0 * * * *" }))
    stage.clock.advance(60 * MINUTE)
    const dead = await die(30_000)
    stage.clock.advance(29_999)
    await settle(nodes)
    expect(stage.runs).toEqual([])
    stage.clock.advance(1)
    await settle(nodes)
    expect(stage.runs).toEqual([
      expect.objectContaining({ id: dead.id, at: new Date(START + 60 * MINUTE), attempt: 2, cause: "tick" }),
    ])
    expect(stage.runs[0]!.fence).toBeGreaterThan(dead.fence)
    expect(await outcomes(nodes[0]!)).toEqual([
      ["lost", 60],
      ["succeeded", 60],
    ])
  })
  test("of a time that kills every node ends", async () => {
    const nodes = await nodesWith(stage, noting(stage, { cron: "0 * * * *", maxAttempts: 2 }))
    stage.clock.advance(60 * MINUTE)
    for (let attempt = 0; attempt < 2; attempt++) {
      await die(30_000)
      stage.clock.advance(30_000)
    }
    await settle(nodes)
    expect([stage.runs, await outcomes(nodes[0]!)]).toEqual([
      [],
      [
        ["lost", 60],
        ["lost", 60],
      ],
    ])
  })
  test("lost: skip: is nobody's, so that it runs at most once", async () => {
    const nodes = await nodesWith(stage, noting(stage, { cron: "0 * * * *", lost: "skip" }))
    stage.clock.advance(60 * MINUTE)
    await die(30_000)
    stage.clock.advance(30_000)
    await settle(nodes)
    expect([stage.runs, await outcomes(nodes[0]!)]).toEqual([[], [["lost", 60]]])
  })
  test("of a node that stops is at once, by another", async () => {
    const schedule = noting(stage, { cron: "0 * * * *" }, ({ attempt, signal }) =>
      attempt > 1
        ? undefined
        : new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    )
    const [here, there] = (await nodesWith(stage, schedule)) as [LiveScheduler, LiveScheduler]
    stage.clock.advance(60 * MINUTE)
    await look([here])
    expect(stage.runs).toHaveLength(1)
    await here.stop({ graceMs: 0 })
    await settle([there])
    expect([stage.runs.map(({ attempt }) => attempt), await outcomes(there)]).toEqual([
      [1, 2],
      [
        ["interrupted", 60],
        ["succeeded", 60],
      ],
    ])
    expect(await here.list().catch((error) => error)).toMatchObject({ code: "SCHEDULER_CLOSED" })
  })
}
