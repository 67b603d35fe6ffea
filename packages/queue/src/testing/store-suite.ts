import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { manualClock } from "@ashlar/core"
import { describeFeatures } from "./feature-cases.ts"
import { describeFlows } from "./flow-cases.ts"
import { describeGroups } from "./group-cases.ts"
import { describeReplacing } from "./replacing-cases.ts"
import {
  claim,
  claimAll,
  done,
  fail,
  giveBack,
  ids,
  newJob,
  retry,
  type Stage,
  type StoreSuiteOptions,
  settle,
  uniqueName,
} from "./store-stage.ts"

export type { StoreSuiteOptions } from "./store-stage.ts"

/** The suite that every store passes. What a store does not promise is not asked of it. */
export function describeQueueStore(name: string, { open, pass }: StoreSuiteOptions): void {
  describe(`a queue in ${name}`, () => {
    const stage = {} as Stage
    beforeEach(async () => {
      const clock = manualClock(Date.now())
      const settings = { queue: uniqueName(), clock, pollMs: 20, onError: (error: unknown) => console.error(error) }
      const store = await open(settings)
      await store.ready?.()
      const other = store.guarantees.crossProcess ? await open(settings) : store
      if (other !== store) await other.ready?.()
      const move = async (ms: number) => clock.advance(ms)
      Object.assign(stage, { store, other, clock, pass: pass ?? move })
    })
    afterEach(async () => {
      await stage.store.close()
      if (stage.other !== stage.store) await stage.other.close()
    })
    describeWork(stage)
    describeLeases(stage)
    describeFeatures(stage)
    describeReplacing(stage)
    describeGroups(stage)
    describeFlows(stage)
  })
}

const STRANGE_TEXTS: readonly string[] = [
  "",
  JSON.stringify(""),
  JSON.stringify({ text: "a\u0000b\n\u2028 é漢🏳️‍🌈 ' \" \\ %_ $1 ? :x" }),
  JSON.stringify("\ud800"),
  JSON.stringify({ __proto__: 1, list: [1, 2.5, null, true, -0], deep: { a: { b: {} } } }),
  JSON.stringify("x".repeat(50_000)),
  "12345678901234567890",
]

function describeWork(stage: Stage): void {
  test("a job is given once, with what was pushed, and is gone when it is done", async () => {
    const job = newJob({ meta: JSON.stringify({ traceparent: "00-1" }) })
    expect(await stage.store.add([job])).toEqual([{ id: job.id, isNew: true }])
    const [claimed] = await claimAll(stage.other, 1)
    const { id, name, input, attempts, meta } = job
    expect(claimed).toMatchObject({ id, name, input, attempts, meta, attempt: 1 })
    expect(await claim(stage.store)).toEqual([])
    expect(await settle(stage.other, done(claimed!))).toBe(true)
    expect(await claim(stage.store)).toEqual([])
    await stage.pass(60_000)
    expect(await claim(stage.store)).toEqual([])
  })

  test.each(STRANGE_TEXTS.map((text) => [text.slice(0, 40), text]))("input %p comes as it went", async (_, input) => {
    await stage.store.add([newJob({ input })])
    expect((await claimAll(stage.store, 1)).map((job) => job.input)).toEqual([input])
  })

  test("many are given in the order in which they came, to several who ask, none twice", async () => {
    const jobs = Array.from({ length: 300 }, () => newJob())
    expect(await stage.store.add(jobs)).toHaveLength(300)
    const first = await claimAll(stage.store, 50)
    const parts = await Promise.all([claimAll(stage.store, 125), claimAll(stage.other, 125)])
    const all = [...first, ...parts.flat()]
    expect(ids(all).toSorted()).toEqual(ids(jobs).toSorted())
    if (stage.store.guarantees.priority) expect(ids(first)).toEqual(ids(jobs.slice(0, 50)))
    expect(await stage.store.settle(parts[0]!.map((job) => done(job)))).toEqual(parts[0]!.map(() => true))
    expect(await stage.other.settle(parts[1]!.map((job) => done(job)))).not.toContain(false)
    expect(await claim(stage.store)).toEqual([])
  })

  test("only the kinds are given that are asked for, and of each no more than it may", async () => {
    await stage.store.add(["a", "a", "a", "b", "c"].map((name) => newJob({ name })))
    const lanes = [
      { name: "a", max: 2 },
      { name: "b", max: 5 },
    ]
    const claimed = await claim(stage.store, { lanes, max: 10, waitMs: 1_000 })
    while (claimed.length < 3)
      (claimed as unknown[]).push(...(await claim(stage.store, { names: ["b"], waitMs: 1_000 })))
    expect(claimed.map(({ name }) => name).toSorted()).toEqual(["a", "a", "b"])
  })

  test("a claim waits for a job of this process or another", async () => {
    for (const pusher of [stage.store, stage.other]) {
      const waiting = claim(stage.store, { waitMs: 20_000 })
      await Bun.sleep(20)
      await pusher.add([newJob()])
      expect(await waiting).toHaveLength(1)
    }
  })

  test("a claim ends its wait when it is told to, or when its time has passed", async () => {
    const controller = new AbortController()
    const waiting = claim(stage.store, { waitMs: 60_000, signal: controller.signal })
    await Bun.sleep(20)
    controller.abort()
    expect(await waiting).toEqual([])
    expect(await claim(stage.store, { waitMs: 30 })).toEqual([])
  })

  test("a retried one comes again, its attempt counted; a released one too, its attempt given back", async () => {
    await stage.store.add([newJob()])
    const [first] = await claimAll(stage.store, 1)
    expect(await settle(stage.store, retry(first!, 0))).toBe(true)
    const [second] = await claimAll(stage.other, 1)
    expect(second).toMatchObject({ id: first!.id, attempt: 2, input: first!.input })
    expect(await settle(stage.other, giveBack(second!))).toBe(true)
    const [third] = await claimAll(stage.store, 1)
    expect(third!.attempt).toBeGreaterThanOrEqual(2)
    if (stage.store.guarantees.exactAttempts) expect(third!.attempt).toBe(2)
    expect(await settle(stage.store, fail(third!))).toBe(true)
    expect(await claim(stage.store)).toEqual([])
  })
}

function describeLeases(stage: Stage): void {
  test("a job whose worker went silent is given to another, and the first can do no more with it", async () => {
    await stage.store.add([newJob()])
    const [lost] = await claimAll(stage.store, 1, { leaseMs: 1_000 })
    await stage.pass(2_300)
    const [found] = await claimAll(stage.other, 1, { leaseMs: 1_000 })
    expect(found).toMatchObject({ id: lost!.id })
    if (stage.store.guarantees.exactAttempts) expect(found!.attempt).toBe(2)
    expect(await stage.store.extend([lost!], 1_000)).toEqual([false])
    expect(await stage.store.settle([done(lost!), retry(lost!, 0), fail(lost!), giveBack(lost!)])).toEqual([
      false,
      false,
      false,
      false,
    ])
    expect(await settle(stage.other, done(found!))).toBe(true)
    expect(await settle(stage.other, done(found!))).toBe(false)
  })

  test("a worker that tells of itself keeps its jobs", async () => {
    await stage.store.add([newJob(), newJob()])
    const held = await claimAll(stage.store, 2, { leaseMs: 2_000 })
    for (let beat = 0; beat < 3; beat++) {
      await stage.pass(1_000)
      expect(await stage.store.extend(held, 2_000)).toEqual([true, true])
      expect(await claim(stage.other)).toEqual([])
    }
    expect(await stage.store.settle(held.map((job) => done(job)))).toEqual([true, true])
  })
}
