import { expect, test } from "bun:test"
import type { Run, ScheduleOptions } from "../schedule.ts"
import { look, MINUTE, minutes, nodesWith, noting, outcomes, START, type Stage, settle, settleUntil } from "./stage.ts"

export function describeTimes(stage: Stage): void {
  test("are run once each, whoever looks, and are in the history", async () => {
    const nodes = await nodesWith(stage, noting(stage, { cron: "* * * * *" }))
    await look(nodes)
    expect(stage.runs).toEqual([])
    for (let minute = 1; minute <= 5; minute++) {
      stage.clock.advance(MINUTE)
      await settle(nodes)
    }
    expect(minutes(stage.runs)).toEqual([1, 2, 3, 4, 5])
    const fences = stage.runs.map(({ fence }) => fence)
    expect(fences.every((fence, at) => at === 0 || fence > fences[at - 1]!)).toBe(true)
    const [last] = await nodes[1]!.history("work", 1)
    expect(last).toEqual({
      id: stage.runs[4]!.id,
      schedule: "work",
      at: new Date(START + 5 * MINUTE),
      cause: "tick",
      outcome: "succeeded",
      attempt: 1,
      fence: fences[4]!,
      node: expect.stringMatching(/^.+:\d+:[0-9a-f]{8}$/),
      startedAt: new Date(START + 5 * MINUTE),
      endedAt: new Date(START + 5 * MINUTE),
      durationMs: 0,
    })
  })
  test("of intervals are counted from when they were first known, by all nodes alike", async () => {
    stage.clock.advance(12_345)
    const nodes = await nodesWith(stage, noting(stage, { everyMs: 10_000 }))
    for (let at = 0; at < 3; at++) {
      stage.clock.advance(10_000)
      await settle(nodes)
    }
    expect(stage.runs.map(({ at }) => at.getTime() - START)).toEqual([22_345, 32_345, 42_345])
    const later = await nodesWith(stage, noting(stage, { everyMs: 10_000 }))
    expect(await later[0]!.next("work", 2)).toEqual([new Date(START + 52_345), new Date(START + 62_345)])
  })
  test("of dates are run once, and end", async () => {
    const at = [START + MINUTE, START + 3 * MINUTE, START - MINUTE].map((ms) => new Date(ms))
    const nodes = await nodesWith(stage, noting(stage, { at }))
    for (let minute = 1; minute <= 4; minute++) {
      stage.clock.advance(MINUTE)
      await settle(nodes)
    }
    expect([minutes(stage.runs), await nodes[0]!.next("work")]).toEqual([[1, 3], []])
    expect((await nodes[0]!.list())[0]).toMatchObject({ next: undefined, waiting: 0, running: [] })
  })
  test("that are put off are so alike on every node, and never by more", async () => {
    const nodes = await nodesWith(stage, noting(stage, { cron: "* * * * *", jitterMs: 30_000 }))
    const begun: number[] = []
    for (let second = 1; second <= 600; second++) {
      stage.clock.advance(1_000)
      await settle(nodes)
      while (begun.length < stage.runs.length) begun.push(second * 1_000)
    }
    const lates = stage.runs.map(({ at }, index) => begun[index]! - (at.getTime() - START))
    expect([lates.length >= 9, lates.every((ms) => ms >= 0 && ms <= 31_000), new Set(lates).size > 3]).toEqual([
      true,
      true,
      true,
    ])
  })
  test("begin anew when they are others than before, and not when a policy is", async () => {
    await nodesWith(stage, noting(stage, { cron: "0 * * * *" }))
    stage.clock.advance(10 * MINUTE)
    const [node] = await nodesWith(stage, noting(stage, { cron: "0 * * * *", overlap: "queue" }))
    expect((await node!.list())[0]).toMatchObject({
      policies: { overlap: "queue" },
      next: new Date(START + 60 * MINUTE),
    })
    const [newer] = await nodesWith(stage, noting(stage, { cron: "*/15 * * * *" }))
    expect((await newer!.list())[0]).toMatchObject({ next: new Date(START + 15 * MINUTE) })
  })
}

export function describeOverlap(stage: Stage): void {
  /** Runs go on until they are released, or their signal aborts. */
  const begin = async (options: Partial<ScheduleOptions>) => {
    const releases: (() => void)[] = []
    const work = ({ signal }: Run) =>
      new Promise<void>((resolve, reject) => {
        releases.push(resolve)
        signal.addEventListener("abort", () => reject(signal.reason), { once: true })
      })
    const schedule = noting(stage, { cron: "* * * * *", ...options } as ScheduleOptions, work)
    // Shorter leases would be over by the clock that the test moves.
    const nodes = await nodesWith(stage, schedule, { leaseMs: 3_600_000 })
    const minute = async (): Promise<void> => {
      stage.clock.advance(MINUTE)
      await look(nodes)
    }
    const end = async (): Promise<void> => {
      while (releases.length > 0) {
        for (const release of releases.splice(0)) release()
        await Promise.all(nodes.map((node) => node.allEnded()))
        await look(nodes)
      }
    }
    return { nodes, minute, end }
  }

  test("skip: what comes meanwhile is left out", async () => {
    const { nodes, minute, end } = await begin({ overlap: "skip" })
    for (let at = 0; at < 3; at++) await minute()
    await end()
    expect([minutes(stage.runs), await outcomes(nodes[0]!)]).toEqual([
      [1],
      [
        ["skipped", 2],
        ["skipped", 3],
        ["succeeded", 1],
      ],
    ])
  })
  test("queue: one waits, and those beyond are left out", async () => {
    const { nodes, minute, end } = await begin({ overlap: "queue" })
    for (let at = 0; at < 4; at++) await minute()
    expect((await nodes[0]!.list())[0]).toMatchObject({ waiting: 1, running: [{ attempt: 1 }] })
    await end()
    expect([minutes(stage.runs), (await outcomes(nodes[0]!)).map(([outcome]) => outcome)]).toEqual([
      [1, 2],
      ["skipped", "skipped", "succeeded", "succeeded"],
    ])
  })
  test("allow: they run beside each other, up to a bound over all nodes", async () => {
    const { nodes, minute, end } = await begin({ overlap: "allow", maxConcurrent: 3 })
    for (let at = 0; at < 4; at++) await minute()
    expect((await nodes[0]!.list())[0]!.running).toHaveLength(3)
    await end()
    expect([minutes(stage.runs), (await outcomes(nodes[0]!))[0]]).toEqual([
      [1, 2, 3],
      ["skipped", 4],
    ])
  })
  test("cancel: the earlier one's signal aborts, on whatever node, and the next runs after it", async () => {
    const { nodes, minute, end } = await begin({ overlap: "cancel" })
    await minute()
    const [first] = stage.runs
    await minute()
    await settleUntil(nodes, () => stage.runs.length === 2)
    expect([first!.signal.aborted, first!.signal.reason]).toEqual([
      true,
      expect.objectContaining({ code: "SCHEDULER_RUN_CANCELLED" }),
    ])
    await end()
    expect([minutes(stage.runs), await outcomes(nodes[0]!)]).toEqual([
      [1, 2],
      [
        ["cancelled", 1],
        ["succeeded", 2],
      ],
    ])
  })
}
