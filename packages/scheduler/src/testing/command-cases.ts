import { expect, test } from "bun:test"
import { createScheduler } from "../open-scheduler.ts"
import { MINUTE, minutes, nodesWith, noting, type Stage, settle, viewOf } from "./stage.ts"

export function describeCommands(stage: Stage): void {
  test("run now: on a node that has it, asked by one that does not, with its id", async () => {
    const nodes = await nodesWith(stage, noting(stage, { cron: "0 0 1 1 *" }))
    const asker = createScheduler(viewOf(stage.other), { namespace: stage.namespace })
    const id = await asker.runNow("work")
    await settle(nodes)
    expect(stage.runs).toEqual([expect.objectContaining({ id, cause: "manual", attempt: 1 })])
    expect((await asker.history("work"))[0]).toMatchObject({ id, outcome: "succeeded", cause: "manual" })
    await asker.stop()
  })
  test("pause: nothing begins but what is asked for; resume: with the next time", async () => {
    const nodes = await nodesWith(stage, noting(stage, { cron: "* * * * *", missed: "all" }))
    await nodes[0]!.pause("work")
    stage.clock.advance(5 * MINUTE)
    await settle(nodes)
    expect([stage.runs.length, (await nodes[1]!.list())[0]]).toEqual([
      0,
      expect.objectContaining({ isPaused: true, next: undefined }),
    ])
    await nodes[1]!.runNow("work")
    await settle(nodes)
    await nodes[1]!.resume("work")
    await settle(nodes)
    stage.clock.advance(MINUTE)
    await settle(nodes)
    expect(stage.runs.map(({ cause }) => cause)).toEqual(["manual", "tick"])
    expect(minutes(stage.runs)[1]).toBe(6)
  })
  test("asking for more than may wait is refused", async () => {
    const [node] = await nodesWith(stage, noting(stage, { cron: "0 0 1 1 *" }))
    for (let at = 0; at < 10; at++) await node!.runNow("work")
    expect(await node!.runNow("work").catch((error) => error)).toMatchObject({ code: "SCHEDULER_BUSY" })
  })
  test("remove: it is forgotten with its history; of one that is not known each says so", async () => {
    const nodes = await nodesWith(stage, noting(stage, { cron: "* * * * *" }))
    stage.clock.advance(MINUTE)
    await settle(nodes)
    await nodes[0]!.remove("work")
    const { store, namespace } = stage
    expect([await nodes[0]!.list(), await store.history(`${namespace}/work`, 10)]).toEqual([[], []])
    const [node] = nodes
    for (const act of [
      () => node!.history("work"),
      () => node!.next("work"),
      () => node!.runNow("work"),
      () => node!.pause("work"),
      () => node!.resume("work"),
      () => node!.remove("work"),
    ])
      expect(await act().catch((error) => error)).toMatchObject({ code: "SCHEDULER_UNKNOWN" })
  })
}

export function describeHistory(stage: Stage): void {
  test("a handler that throws fails alone, and its code is kept, not its message", async () => {
    const nodes = await nodesWith(
      stage,
      noting(stage, { cron: "* * * * *" }, () => {
        throw new RangeError("a secret")
      }),
    )
    for (let minute = 0; minute < 2; minute++) {
      stage.clock.advance(MINUTE)
      await settle(nodes)
    }
    const records = await nodes[0]!.history("work")
    expect(records).toEqual([
      expect.objectContaining({ outcome: "failed", errorCode: "RangeError" }),
      expect.objectContaining({ outcome: "failed", errorCode: "RangeError" }),
    ])
    expect([JSON.stringify(records).includes("secret"), stage.errors]).toEqual([
      false,
      [expect.any(RangeError), expect.any(RangeError)],
    ])
  })
  test("the history keeps as many as it may, the latest", async () => {
    const nodes = await nodesWith(stage, noting(stage, { cron: "* * * * *" }), { maxHistory: 3 })
    for (let minute = 0; minute < 7; minute++) {
      stage.clock.advance(MINUTE)
      await settle(nodes)
    }
    expect(minutes(await nodes[0]!.history("work", 100))).toEqual([7, 6, 5])
    expect(minutes(await nodes[0]!.history("work", 2))).toEqual([7, 6])
  })
}
