import { expect } from "bun:test"
import { uuidv7 } from "@ashlar/core"
import type { NewBatch } from "../store.ts"
import { caseFor } from "./feature-cases.ts"
import { claim, claimAll, done, fail, newJob, retry, type Stage, settle } from "./store-stage.ts"

const NAMES = ["work", "success", "failure", "end"] as const

export function describeFlows(stage: Stage): void {
  describeBatches(stage)
  describeParents(stage)
  describeChanges(stage)
}

/** A batch of so many jobs, with all that may follow. */
function starter(stage: Stage) {
  return async (count: number, fields: Partial<NewBatch> = {}) => {
    const id = uuidv7()
    const [success, failure, end] = NAMES.slice(1).map((name) => newJob({ name, continues: id }))
    const jobs = Array.from({ length: count }, () => newJob({ batch: id }))
    const followers = { success: success!, failure: failure!, end: end! }
    await stage.store.add(jobs, [{ id, total: count, ifFailed: "drop", keepMs: 60_000, ...followers, ...fields }])
    return { id, jobs }
  }
}

/** What of the followers may be begun. */
function follower(stage: Stage) {
  return async () => {
    const claimed = await claim(stage.other, { names: NAMES.slice(1) })
    return claimed.map(({ name }) => name).toSorted()
  }
}

function describeBatches(stage: Stage): void {
  const [start, names] = [starter(stage), follower(stage)]
  caseFor(stage, "flows", "when all have completed, what follows success and the end is released", async () => {
    const { store, other } = stage
    const { id, jobs } = await start(3)
    const claimed = await claimAll(other, 3)
    await other.settle(claimed.slice(0, 2).map((job) => done(job, `"${job.id}"`)))
    expect(await names()).toEqual([])
    expect(await store.batch!(id)).toMatchObject({ total: 3, completed: 2, failed: 0, pending: 1 })
    await settle(other, done(claimed[2]!, "7"))
    const followers = await claimAll(store, 2, { names: NAMES.slice(1) })
    expect(followers.map(({ name }) => name).toSorted()).toEqual(["end", "success"])
    expect(followers[0]!.continues).toBe(id)
    const children = await store.children!(id)
    expect(children.map((child) => child.id)).toEqual(jobs.map((job) => job.id))
    expect(children.map(({ state }) => state)).toEqual(["completed", "completed", "completed"])
    expect(children.map(({ output }) => output)).toContain("7")
    expect(await store.batch!(id)).toMatchObject({ completed: 3, pending: 0 })
    expect((await store.batch!(id))!.settledMs).toBeGreaterThan(0)
    await stage.pass(60_001)
    await store.sweep!()
    expect(await store.batch!(id)).toBeUndefined()
    expect(await store.children!(id)).toEqual([])
  })
  caseFor(
    stage,
    "flows",
    "what follows failure is released by the first, what follows the end when all have ended, what follows success never",
    async () => {
      const { store, other } = stage
      const { id } = await start(3)
      const [a, b, c] = await claimAll(store, 3)
      await settle(store, retry(a!, 0))
      expect(await names()).toEqual([])
      const [again] = await claimAll(store, 1)
      await settle(store, fail(again!))
      expect(await names()).toEqual(["failure"])
      await store.settle([fail(b!), done(c!)])
      expect(await names()).toEqual(["end"])
      expect(await other.batch!(id)).toMatchObject({ completed: 1, failed: 2, pending: 0 })
      expect(await other.list!({ state: "blocked", limit: 10 })).toEqual([])
    },
  )
}

function describeParents(stage: Stage): void {
  const names = follower(stage)
  caseFor(stage, "flows", "a parent waits for its children, and its own parent for it", async () => {
    const { store, other } = stage
    const [outer, inner] = [uuidv7(), uuidv7()]
    const root = newJob({ name: "success", continues: outer })
    const middle = newJob({ name: "failure", continues: inner, batch: outer })
    const leaf = newJob({ batch: inner })
    const rule = { total: 1, ifFailed: "fail", keepMs: 60_000 } as const
    await store.add(
      [leaf],
      [
        { id: outer, ...rule, success: root },
        { id: inner, ...rule, success: middle },
      ],
    )
    expect(await names()).toEqual([])
    await settle(store, done((await claimAll(store, 1))[0]!, "1"))
    const [second] = await claimAll(other, 1, { names: ["success", "failure"] })
    expect(second!.id).toBe(middle.id)
    expect(await other.children!(inner)).toMatchObject([{ id: leaf.id, output: "1" }])
    await settle(other, done(second!, "2"))
    expect((await claimAll(store, 1, { names: ["success", "failure"] }))[0]!.id).toBe(root.id)
  })
  caseFor(stage, "flows", "when a child fails for good, all that wait for it fail, up to the root", async () => {
    const { store, other } = stage
    const [outer, inner] = [uuidv7(), uuidv7()]
    const root = newJob({ name: "success", continues: outer })
    const middle = newJob({ name: "failure", continues: inner, batch: outer })
    const rule = { total: 1, ifFailed: "fail", keepMs: 60_000 } as const
    await store.add(
      [newJob({ batch: inner })],
      [
        { id: outer, ...rule, success: root },
        { id: inner, ...rule, success: middle },
      ],
    )
    await settle(store, fail((await claimAll(store, 1))[0]!))
    const failed = await other.list!({ state: "failed", limit: 10 })
    expect(failed.map(({ id }) => id).toSorted()).toEqual([root.id, middle.id, expect.any(String)].toSorted())
    expect(await other.get!(root.id)).toMatchObject({
      state: "failed",
      error: expect.stringContaining("QUEUE_CHILD_FAILED"),
    })
    expect(await other.batch!(outer)).toMatchObject({ failed: 1, pending: 0 })
  })
}

function describeChanges(stage: Stage): void {
  const [start, names] = [starter(stage), follower(stage)]
  caseFor(stage, "flows", "a failed child that is begun anew counts again while others run", async () => {
    const { store, other } = stage
    const { id } = await start(2)
    const [a, b] = await claimAll(store, 2)
    await settle(store, fail(a!))
    await other.redrive!({ ids: [a!.id] })
    expect(await store.batch!(id)).toMatchObject({ failed: 0, pending: 2 })
    await settle(store, done(b!))
    await settle(store, done((await claimAll(store, 1))[0]!))
    expect(await store.batch!(id)).toMatchObject({ completed: 2, failed: 0, pending: 0 })
    expect(await names()).toEqual(["end", "failure", "success"])
  })
  caseFor(stage, "flows", "a failed child that is begun anew when all have ended counts no more", async () => {
    const { store, other } = stage
    const { id } = await start(1)
    await settle(store, fail((await claimAll(store, 1))[0]!))
    expect(await names()).toEqual(["end", "failure"])
    expect(await other.redrive!({ name: "work" })).toBe(1)
    await settle(store, done((await claimAll(store, 1))[0]!, "1"))
    expect(await other.batch!(id)).toMatchObject({ completed: 0, failed: 1, pending: 0 })
    expect(await other.children!(id)).toMatchObject([{ state: "failed" }])
    expect(await names()).toEqual([])
  })
  caseFor(stage, "flows", "a child that is taken away counts as failed", async () => {
    const { store, other } = stage
    const { id } = await start(1)
    await other.remove!({ name: "work" })
    expect(await store.batch!(id)).toMatchObject({ failed: 1, pending: 0 })
    expect(await names()).toEqual(["end", "failure"])
  })
}
