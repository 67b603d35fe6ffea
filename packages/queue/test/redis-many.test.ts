import { expect, test } from "bun:test"
import { uuidv7 } from "@ashlar/core"
import type { ClaimedJob } from "../src/index.ts"
import { SHOW } from "../src/redis/scripts/look.ts"
import { claim, done, fail, ids, newJob, settle } from "../src/testing/store-stage.ts"
import { describeRedis } from "./redis-stage.ts"

await describeRedis("many jobs in Redis", (stage) => {
  test("jobs of more than 64 MiB together are refused, and no other with them: QUEUE_PAYLOAD_TOO_LARGE", async () => {
    const { store } = stage
    const input = JSON.stringify("x".repeat(1024 * 1024 - 2))
    const many = Array.from({ length: 65 }, () => newJob({ input }))
    const [refused, kept] = await Promise.allSettled([store.add(many), store.add([newJob()])])
    expect(refused).toMatchObject({ status: "rejected", reason: { code: "QUEUE_PAYLOAD_TOO_LARGE" } })
    expect(kept.status).toBe("fulfilled")
    expect(await claim(store)).toHaveLength(1)
  })

  test("large inputs and outputs are given, shown and ended in parts", async () => {
    const { store, other } = stage
    const input = JSON.stringify("x".repeat(1_000_000))
    const jobs = Array.from({ length: 60 }, () => newJob({ input, keepCompletedMs: 60_000 }))
    await store.add(jobs)
    expect(await store.list!({ state: "waiting", limit: 60 })).toHaveLength(60)
    const [looked] = (await stage.run(SHOW, ["", ...ids(jobs)])) as readonly [number, readonly string[]]
    expect(looked).toBeGreaterThan(8)
    expect(looked).toBeLessThan(20)
    const first = await claim(other)
    expect(first.length).toBeGreaterThan(8)
    expect(first.length).toBeLessThan(60)
    expect(await other.settle(first.map((job) => done(job, input)))).toEqual(first.map(() => true))
    const shown = await store.list!({ state: "completed", limit: 60 })
    expect(ids(shown)).toEqual(ids(first))
    expect(shown.every(({ output }) => output === input)).toBe(true)
    const rest = [...(await claim(other)), ...(await claim(other)), ...(await claim(other))]
    expect(ids([...first, ...rest])).toEqual(ids(jobs))
  })

  test("ten thousand are kept at once, taken in parts, and leave nothing behind", async () => {
    const { store, send, home } = stage
    const jobs = Array.from({ length: 10_000 }, () => newJob({ input: "1" }))
    expect(await store.add(jobs)).toHaveLength(10_000)
    const all: ClaimedJob[] = []
    for (let some = await claim(store, { max: 10_000 }); some.length > 0; some = await claim(store, { max: 10_000 })) {
      expect(some.length).toBeLessThanOrEqual(500)
      all.push(...some)
    }
    expect(ids(all)).toEqual(ids(jobs))
    expect(await store.settle(all.map((job) => done(job)))).not.toContain(false)
    const keys = (await send("KEYS", `${home}*`)) as string[]
    expect(keys.toSorted()).toEqual([`${home}:kinds`, `${home}:turns`])
  })

  test("what comes due at once comes in parts, each once; what was kept long enough goes at one sweep", async () => {
    const { store, other, send, home } = stage
    const keeps = { keepCompletedMs: 1_000, keepFailedMs: 1_000, input: "1" }
    await store.add(Array.from({ length: 1_300 }, (_, at) => newJob({ ...keeps, delayMs: at % 2 ? 1_000 : 0 })))
    while ((await claim(store, { max: 10_000, leaseMs: 1_000 })).length > 0);
    await stage.pass(1_001)
    const all: ClaimedJob[] = []
    for (let rounds = 0; rounds < 40 && all.length < 1_300; rounds++) all.push(...(await claim(other, { max: 10_000 })))
    expect(new Set(ids(all)).size).toBe(1_300)
    expect(all.filter(({ attempt }) => attempt === 2)).toHaveLength(650)
    await other.settle(all.map((job, at) => (at % 2 ? done(job, "1") : fail(job))))
    expect(await store.list!({ state: "failed", limit: 1_000 })).toHaveLength(650)
    await stage.pass(1_001)
    expect(await store.list!({ state: "failed", limit: 1_000 })).toEqual([])
    await store.sweep!()
    const keys = (await send("KEYS", `${home}*`)) as string[]
    expect(keys.toSorted()).toEqual([`${home}:kinds`, `${home}:turns`])
  })

  test("groups, batches, unique keys and rates leave nothing behind but the rates", async () => {
    const { store, send, home } = stage
    const batch = uuidv7()
    const followers = ["success", "failure", "end"].map((name) => newJob({ name, continues: batch, delayMs: 5 }))
    const [success, failure, end] = followers
    const jobs = [
      newJob({ batch, group: "g", groupConcurrency: 1, priority: 3 }),
      newJob({ batch, group: "g", groupConcurrency: 1, priority: -3 }),
      newJob({ unique: { key: "k", until: "finished" }, keepFailedMs: 0 }),
      newJob({ unique: { key: "s", until: "started" }, delayMs: 10 }),
      newJob({ unique: { key: "done", until: "finished" } }),
    ]
    const rest = { total: 2, ifFailed: "drop", keepMs: 1_000 } as const
    await store.add(jobs, [{ id: batch, ...rest, success: success!, failure: failure!, end: end! }])
    const names = ["work", "success", "failure", "end"]
    let count = 0
    for (let rounds = 0; rounds < 12; rounds++) {
      await stage.pass(100)
      const claimed = await claim(store, { names, rate: { max: 100, perMs: 1 } })
      count += claimed.length
      await store.extend(
        claimed,
        10_000,
        claimed.map(() => "1"),
      )
      await store.settle(claimed.map((job) => (job.id === jobs[2]!.id ? fail(job) : done(job, "1"))))
    }
    expect(count).toBe(7)
    await stage.pass(1_001)
    await store.sweep!()
    const keys = (await send("KEYS", `${home}*`)) as string[]
    expect(keys.toSorted()).toEqual(["kinds", "rates", "turns"].map((key) => `${home}:${key}`))
  })

  test("what is removed from the middle of many is passed over, and counted no more", async () => {
    const { store, other, send, home } = stage
    const waiting = async () => await send("LLEN", `${home}:wait/work/0/`)
    const jobs = Array.from({ length: 3_000 }, () => newJob({ input: "1" }))
    await store.add(jobs)
    const removed = jobs.slice(700, 2_900)
    expect(await other.remove!({ ids: ids(removed) })).toBe(2_200)
    expect(await other.remove!({ ids: ids(removed) })).toBe(0)
    expect(await store.counts!()).toMatchObject([{ waiting: 800 }])
    const left = [...jobs.slice(0, 700), ...jobs.slice(2_900)]
    expect(ids(await store.list!({ state: "waiting", limit: 1_000 }))).toEqual(ids(left))
    const all: ClaimedJob[] = []
    for (let rounds = 0; rounds < 10; rounds++) all.push(...(await claim(store, { max: 500 })))
    expect(ids(all)).toEqual(ids(left))
    const more = Array.from({ length: 1_500 }, () => newJob({ input: "1" }))
    await store.add(more)
    expect(await other.remove!({ ids: ids(more.slice(0, 400)) })).toBe(400)
    expect(await waiting()).toBe(1_100) // those that were first are gone
    expect(await other.remove!({ ids: ids(more.slice(500, 1_400)) })).toBe(900)
    expect(await waiting()).toBe(1_100) // a long list is not searched
    expect(await claim(store, { max: 95 })).toHaveLength(95)
    expect(await claim(store, { max: 5 })).toHaveLength(5)
    // Behind those that are gone, of which one script passes over some.
    expect(await claim(store, { max: 1 })).toHaveLength(1)
    expect(await claim(store, { max: 4 })).toHaveLength(4)
    expect(await waiting()).toBeLessThan(100)
    expect(await other.remove!({ ids: ids(more.slice(1_450, 1_460)) })).toBe(10)
    expect(await waiting()).toBeLessThan(90) // a short one is
    expect(await other.remove!({ name: "work" })).toBe(85)
    expect(await store.counts!()).toMatchObject([{ waiting: 0, active: 905, oldestWaitingMs: 0 }])
    expect(await waiting()).toBe(0)
  })

  test("those of no group take turns with groups, and greater priority comes before turns", async () => {
    const { store } = stage
    await store.add([
      ...Array.from({ length: 4 }, () => newJob()),
      ...Array.from({ length: 4 }, () => newJob({ group: "a" })),
      newJob({ group: "a", priority: 1 }),
      newJob({ priority: 1 }),
    ])
    const claimed = await claim(store, { max: 6 })
    expect(claimed.map(({ group = "" }) => group)).toEqual(["a", "", "", "a", "", "a"])
  })

  test("groups take turns when they are asked for one by one, and only within their priority", async () => {
    const { store } = stage
    const job = (group: string, priority = 0) => newJob({ group, priority })
    await store.add([job("a"), job("a"), job("a"), job("b"), job("b"), job("top", 1), job("top", 1), job("c", -1)])
    const groups: (string | undefined)[] = []
    groups.push(...(await claim(store, { max: 3 })).map(({ group }) => group))
    for (let rest = 5; rest > 0; rest--) {
      const [one, more] = await claim(store, { max: 1 })
      expect(more).toBeUndefined()
      groups.push(one?.group)
    }
    expect(groups).toEqual(["top", "top", "a", "b", "a", "b", "a", "c"])
  })

  test("kinds share the room, and one that has more gets what the others leave", async () => {
    const { store } = stage
    const many = (name: string, count: number) => Array.from({ length: count }, () => newJob({ name }))
    await store.add([...many("a", 60), ...many("b", 60), ...many("c", 2)])
    const counts = async (max: number) => {
      const names = (await claim(store, { names: ["a", "b", "c"], max })).map(({ name }) => name)
      return ["a", "b", "c"].map((name) => names.filter((one) => one === name).length)
    }
    expect((await counts(12)).toSorted()).toEqual([2, 4, 6])
    expect((await counts(30)).toSorted()).toEqual([0, 10, 20])
  })

  test("a full group waits with jobs of every priority, and goes on by priority", async () => {
    const { store, other } = stage
    const job = (priority: number) => newJob({ group: "g", groupConcurrency: 1, priority })
    const [low, high, free] = [job(-1), job(1), newJob({ priority: -9 })]
    await store.add([job(5)])
    const [first] = await claim(store)
    await store.add([low, high, free])
    expect(ids(await claim(other, { max: 1 }))).toEqual([free.id])
    expect(await claim(other)).toEqual([])
    expect(await store.counts!()).toMatchObject([{ held: 2, active: 2, waiting: 0 }])
    expect(ids(await store.list!({ state: "held", limit: 10 })).toSorted()).toEqual(ids([low, high]).toSorted())
    await settle(store, done(first!))
    const [second] = await claim(other)
    expect(second!.id).toBe(high.id)
    expect(await store.remove!({ ids: [low.id] })).toBe(1)
    expect(await store.counts!()).toMatchObject([{ held: 0, active: 2, waiting: 0 }])
    await store.add([job(-1)])
    expect(await claim(store)).toEqual([])
    expect(await store.counts!()).toMatchObject([{ held: 1, active: 2, waiting: 0 }])
    await settle(other, fail(second!))
    expect(await claim(store)).toHaveLength(1)
  })
})
