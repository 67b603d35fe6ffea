import { expect } from "bun:test"
import type { NewJob } from "../store.ts"
import { caseFor } from "./feature-cases.ts"
import { claim, claimAll, done, fail, giveBack, newJob, retry, type Stage, settle } from "./store-stage.ts"

function many(group: string, count: number, groupConcurrency?: number): NewJob[] {
  return Array.from({ length: count }, () =>
    newJob({ group, ...(groupConcurrency !== undefined && { groupConcurrency }) }),
  )
}

export function describeGroups(stage: Stage): void {
  describeTurns(stage)
  describePlaces(stage)
}

function describeTurns(stage: Stage): void {
  caseFor(stage, "fairGroups", "groups take turns, however many jobs one has", async () => {
    const { store, other } = stage
    await store.add(many("a", 20))
    await store.add(many("b", 3))
    await other.add(many("c", 2))
    const groups = (await claimAll(store, 8)).map(({ group }) => group)
    expect(groups.slice(0, 6).toSorted()).toEqual(["a", "a", "b", "b", "c", "c"])
    expect(groups.slice(0, 3).toSorted()).toEqual(["a", "b", "c"])
    expect(groups.slice(6).toSorted()).toEqual(["a", "b"])
    // A group that comes later begins with the others, not behind all that waits.
    await other.add(many("late", 2))
    const next = (await claimAll(other, 4)).map(({ group }) => group)
    expect(next.filter((group) => group === "late").length).toBeGreaterThanOrEqual(1)
  })
  caseFor(stage, "fairGroups", "a group has no credit for the time in which it had no jobs", async () => {
    const { store } = stage
    await store.add(many("a", 10))
    await claimAll(store, 5)
    await store.add(many("b", 10))
    const groups = (await claimAll(store, 8)).map(({ group }) => group)
    expect(groups.filter((group) => group === "a").length).toBeGreaterThanOrEqual(3)
  })
}

function describePlaces(stage: Stage): void {
  caseFor(stage, "fairGroups", "no more of a group run than may, and the next when one has ended", async () => {
    const { store, other } = stage
    await store.add(many("a", 5, 2))
    await other.add(many("b", 1, 2))
    const first = await claimAll(store, 3)
    expect(first.map(({ group }) => group).toSorted()).toEqual(["a", "a", "b"])
    expect(await claim(other)).toEqual([])
    expect(await store.counts!()).toMatchObject([{ held: 3, active: 3, waiting: 0 }])
    const [one, two] = first.filter(({ group }) => group === "a")
    await settle(store, done(one!))
    expect(await claimAll(other, 1)).toHaveLength(1)
    await settle(store, fail(two!))
    expect(await claimAll(other, 1)).toHaveLength(1)
    expect(await claim(other)).toEqual([])
  })
  caseFor(
    stage,
    "fairGroups",
    "a place is kept by what is given back or went silent, and left by what waits",
    async () => {
      const { store, other } = stage
      const jobs = many("a", 2, 1)
      await store.add(jobs)
      const [first] = await claimAll(store, 1, { leaseMs: 1_000 })
      await settle(store, giveBack(first!))
      const [again] = await claimAll(other, 1, { leaseMs: 1_000 })
      expect(again!.id).toBe(first!.id)
      await stage.pass(2_300)
      const [silent] = await claimAll(store, 1)
      expect(silent!.id).toBe(first!.id)
      expect(await claim(other)).toEqual([])
      await settle(store, retry(silent!, 5_000))
      const [second] = await claimAll(other, 1, { leaseMs: 60_000 })
      expect(second!.id).toBe(jobs[1]!.id)
      await stage.pass(5_001)
      expect(await claim(other)).toEqual([])
      await settle(other, done(second!))
      expect((await claimAll(store, 1))[0]!.id).toBe(first!.id)
    },
  )
  caseFor(
    stage,
    "fairGroups",
    "a job that waits for a place is taken away without one, and one that has it leaves it",
    async () => {
      const { store } = stage
      const jobs = many("a", 3, 1)
      await store.add(jobs)
      expect(await store.remove!({ ids: [jobs[1]!.id] })).toBe(1)
      expect(await store.remove!({ ids: [jobs[0]!.id] })).toBe(1)
      expect((await claimAll(store, 1))[0]!.id).toBe(jobs[2]!.id)
    },
  )
}
