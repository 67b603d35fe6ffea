import { expect, test } from "bun:test"
import type { QueueGuarantees } from "../guarantees.ts"
import { claim, claimAll, done, FAILURE, fail, ids, newJob, retry, type Stage, settle } from "./store-stage.ts"

/** A case that is asked only of a store that promises it: which one, is known when it is open. */
export function caseFor(stage: Stage, feature: keyof QueueGuarantees, name: string, work: () => Promise<void>): void {
  test(`${feature}: ${name}`, async () => {
    if (stage.store.guarantees[feature]) await work()
  })
}

export function describeFeatures(stage: Stage): void {
  describeTime(stage)
  describeUnique(stage)
  describeLooking(stage)
  describeDeadLetters(stage)
}

function describeTime(stage: Stage): void {
  caseFor(stage, "delay", "a job comes when its time has come, and not before", async () => {
    await stage.store.add([newJob({ delayMs: 2_000 }), newJob({ delayMs: 600_000 })])
    expect(await claim(stage.other)).toEqual([])
    await stage.pass(1_000)
    expect(await claim(stage.other)).toEqual([])
    await stage.pass(1_001)
    expect(await claimAll(stage.other, 1)).toHaveLength(1)
    expect(await claim(stage.other)).toEqual([])
  })
  caseFor(stage, "delay", "a retry waits as long as it was told", async () => {
    await stage.store.add([newJob()])
    await settle(stage.store, retry((await claimAll(stage.store, 1))[0]!, 2_000))
    expect(await claim(stage.store)).toEqual([])
    await stage.pass(2_001)
    expect(await claimAll(stage.store, 1)).toMatchObject([{ attempt: 2 }])
  })
  caseFor(stage, "priority", "greater ones come first, and those of one priority in their order", async () => {
    const jobs = [0, 5, -3, 5, 100, -100].map((priority) => newJob({ priority }))
    await stage.store.add(jobs)
    const order = [4, 1, 3, 0, 2, 5].map((at) => jobs[at]!.id)
    const claimed = await claimAll(stage.store, 2)
    claimed.push(...(await claimAll(stage.other, 4)))
    expect(ids(claimed)).toEqual(order)
  })
  caseFor(stage, "priority", "a delayed one of greater priority does not hold up the others", async () => {
    await stage.store.add([newJob({ priority: 9, delayMs: 60_000 }), newJob({ priority: 1 })])
    expect(await claimAll(stage.store, 1)).toHaveLength(1)
  })
  caseFor(stage, "rateLimits", "no more begin than may, whoever asks", async () => {
    await stage.store.add(Array.from({ length: 30 }, () => newJob()))
    const lanes = [{ name: "work", max: 100, rate: { max: 10, perMs: 10_000 } }]
    const ask = async (store = stage.store) => (await claim(store, { lanes })).length
    expect(await ask()).toBe(10)
    expect(await ask(stage.other)).toBe(0)
    await stage.pass(3_000)
    expect(await ask(stage.other)).toBe(3)
    await stage.pass(60_000)
    expect(await ask()).toBe(10)
  })
  caseFor(stage, "rateLimits", "a rate of the whole queue holds over all kinds", async () => {
    await stage.store.add(["a", "b", "a", "b"].map((name) => newJob({ name })))
    const ask = { names: ["a", "b"], rate: { max: 3, perMs: 60_000 } }
    expect((await claim(stage.store, ask)).length + (await claim(stage.other, ask)).length).toBe(3)
  })
}

function describeUnique(stage: Stage): void {
  caseFor(stage, "unique", "a second one of a key is not kept until the first has ended", async () => {
    const unique = { key: "user:7", until: "finished" } as const
    const [job, twin] = [newJob({ unique }), newJob({ unique, name: "other" })]
    await stage.store.add([job])
    expect(await stage.other.add([twin, newJob({ unique })])).toEqual([
      { id: job.id, isNew: false },
      { id: job.id, isNew: false },
    ])
    const [claimed] = await claimAll(stage.other, 1, { names: ["work", "other"] })
    expect(claimed!.id).toBe(job.id)
    await settle(stage.other, retry(claimed!, 0))
    expect((await stage.store.add([newJob({ unique })]))[0]!.isNew).toBe(false)
    await settle(stage.store, done((await claimAll(stage.store, 1))[0]!))
    expect(await claim(stage.other, { names: ["work", "other"] })).toEqual([])
    expect((await stage.store.add([newJob({ unique })]))[0]!.isNew).toBe(true)
  })
  caseFor(stage, "unique", "of two in one call the first is kept; other keys are other jobs", async () => {
    const rule = (key: string) => ({ unique: { key, until: "finished" } }) as const
    const jobs = [newJob(rule("a")), newJob(rule("a")), newJob(rule("A"))]
    const added = await stage.store.add(jobs)
    expect(added.map(({ isNew }) => isNew)).toEqual([true, false, true])
    expect(added[1]!.id).toBe(jobs[0]!.id)
  })
  caseFor(stage, "unique", "until it is started, or for a time", async () => {
    const started = { key: "s", until: "started" } as const
    const timed = { key: "t", until: 5_000 } as const
    await stage.store.add([newJob({ unique: started }), newJob({ unique: timed })])
    expect((await stage.other.add([newJob({ unique: started })]))[0]!.isNew).toBe(false)
    const claimed = await claimAll(stage.store, 2)
    expect((await stage.other.add([newJob({ unique: started })]))[0]!.isNew).toBe(true)
    await stage.store.settle(claimed.map((job) => done(job)))
    expect((await stage.other.add([newJob({ unique: timed })]))[0]!.isNew).toBe(false)
    await stage.pass(5_001)
    expect((await stage.other.add([newJob({ unique: timed })]))[0]!.isNew).toBe(true)
  })
  caseFor(stage, "unique", "of many who push one key at once, one succeeds", async () => {
    const unique = { key: "race", until: "finished" } as const
    const pushes = Array.from({ length: 20 }, (_, at) => (at % 2 ? stage.store : stage.other).add([newJob({ unique })]))
    const added = (await Promise.all(pushes)).flat()
    expect(added.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(new Set(ids(added)).size).toBe(1)
  })
}

function describeLooking(stage: Stage): void {
  caseFor(stage, "inspect", "a job is shown in each of its states", async () => {
    const { store, other } = stage
    const job = newJob({ keepCompletedMs: 5_000, priority: 3 })
    const state = async () => (await other.get!(job.id))?.state
    await store.add([job])
    expect(await other.get!(job.id)).toMatchObject({ state: "waiting", priority: 3, input: job.input, attempt: 0 })
    const [claimed] = await claimAll(store, 1)
    expect(await state()).toBe("active")
    await store.extend([claimed!], 10_000, ["50"])
    expect(await other.get!(job.id)).toMatchObject({ progress: "50", attempt: 1 })
    await settle(store, retry(claimed!, 5_000))
    const delayed = await other.get!(job.id)
    expect(delayed).toMatchObject({ state: "delayed", error: FAILURE })
    // Stores that keep the time by themselves do not know the test's clock.
    expect(delayed!.runAtMs! - Math.max(stage.clock.now(), Date.now())).toBeLessThanOrEqual(5_000)
    await stage.pass(5_001)
    await settle(store, done((await claimAll(store, 1))[0]!, "[1]"))
    expect(await other.get!(job.id)).toMatchObject({ state: "completed", output: "[1]", attempt: 2 })
    await stage.pass(5_001)
    await store.sweep!()
    expect(await state()).toBeUndefined()
  })
  caseFor(stage, "inspect", "jobs are counted by kind and state, and listed page by page", async () => {
    const { store } = stage
    const jobs = Array.from({ length: 5 }, () => newJob())
    await store.add([...jobs, newJob({ delayMs: 5_000 }), newJob({ name: "b" })])
    const [claimed] = await claimAll(store, 1)
    await stage.pass(1_500)
    const counts = Object.fromEntries((await store.counts!()).map((lane) => [lane.name, lane]))
    expect(counts.work).toMatchObject({ waiting: 4, active: 1, delayed: 1, failed: 0, completed: 0, isPaused: false })
    expect(counts.work!.oldestWaitingMs).toBeGreaterThanOrEqual(1_000)
    expect(counts.b).toMatchObject({ waiting: 1, active: 0 })
    const waiting = jobs.filter(({ id }) => id !== claimed!.id)
    const first = await store.list!({ state: "waiting", name: "work", limit: 3 })
    expect(ids(first)).toEqual(ids(waiting.slice(0, 3)))
    const rest = await store.list!({ state: "waiting", name: "work", limit: 3, after: first[2]!.id })
    expect(ids(rest)).toEqual(ids(waiting.slice(3)))
    expect(await store.list!({ state: "waiting", limit: 10 })).toHaveLength(5)
  })
  caseFor(stage, "pause", "nothing is begun while a kind, or all, is paused", async () => {
    const { store, other } = stage
    await store.add([newJob(), newJob({ name: "b" })])
    await other.pause!("work")
    expect((await store.counts!()).find(({ name }) => name === "work")?.isPaused).toBe(true)
    expect((await claimAll(store, 1, { names: ["work", "b"] })).map(({ name }) => name)).toEqual(["b"])
    expect(await claim(store, { names: ["work", "b"] })).toEqual([])
    await other.pause!(undefined)
    await other.resume!("work")
    expect(await claim(store)).toEqual([])
    const waiting = claim(store, { waitMs: 20_000 })
    await other.resume!(undefined)
    expect(await waiting).toHaveLength(1)
  })
  caseFor(stage, "remove", "what waits is taken away, what runs is not", async () => {
    const { store, other } = stage
    const unique = { key: "k", until: "finished" } as const
    const [a, b, c] = [newJob(), newJob({ delayMs: 1_000, unique }), newJob()]
    await store.add([a, b, c])
    const [claimed] = await claimAll(store, 1)
    expect(await other.remove!({ ids: ids([a, b, newJob()]) })).toBe(1)
    expect(await other.remove!({ name: "work", state: "waiting" })).toBe(1)
    expect((await store.add([newJob({ unique })]))[0]!.isNew).toBe(true)
    expect(await settle(store, done(claimed!))).toBe(true)
    expect(await other.remove!({})).toBe(1)
    expect(await claim(store)).toEqual([])
    const timed = { key: "timed", until: 60_000 } as const
    await store.add([newJob({ unique: timed })])
    expect(await other.remove!({})).toBe(1)
    expect((await store.add([newJob({ unique: timed })]))[0]!.isNew).toBe(true)
  })
}

function describeDeadLetters(stage: Stage): void {
  caseFor(stage, "deadLetters", "what failed is kept, listed, begun anew, or taken away", async () => {
    const { store, other } = stage
    await store.add([newJob(), newJob(), newJob({ name: "b" })])
    await store.settle((await claimAll(store, 3, { names: ["work", "b"] })).map(fail))
    const failed = await other.list!({ state: "failed", limit: 10 })
    expect(failed).toHaveLength(3)
    expect(failed[0]).toMatchObject({ error: FAILURE, attempt: 1 })
    expect(await other.redrive!({ ids: [failed[0]!.id] })).toBe(1)
    const [again] = await claimAll(store, 1)
    expect(again).toMatchObject({ id: failed[0]!.id, attempt: 1, attempts: 3 })
    expect(await other.redrive!({ name: "b" })).toBe(1)
    expect(await other.remove!({ state: "failed" })).toBe(1)
    expect(await other.redrive!({})).toBe(0)
  })
  caseFor(stage, "deadLetters", "one whose unique key another has by now is not begun anew", async () => {
    const { store, other } = stage
    if (!store.guarantees.unique) return
    const unique = { key: "again", until: "finished" } as const
    const job = newJob({ unique })
    await store.add([job])
    await settle(store, fail((await claimAll(store, 1))[0]!))
    expect((await other.add([newJob({ unique })]))[0]!.isNew).toBe(true)
    expect(await other.redrive!({ ids: [job.id] })).toBe(0)
    await settle(store, done((await claimAll(store, 1))[0]!))
    expect(await other.redrive!({ ids: [job.id] })).toBe(1)
    expect(await store.add([newJob({ unique })])).toEqual([{ id: job.id, isNew: false }])
  })
  caseFor(stage, "deadLetters", "what failed is kept as long as it was told", async () => {
    const { store } = stage
    await store.add([newJob({ keepFailedMs: 5_000 }), newJob({ keepFailedMs: 0 })])
    await store.settle((await claimAll(store, 2)).map(fail))
    expect(await store.list!({ state: "failed", limit: 10 })).toHaveLength(1)
    await stage.pass(5_001)
    await store.sweep!()
    expect(await store.list!({ state: "failed", limit: 10 })).toEqual([])
  })
}
