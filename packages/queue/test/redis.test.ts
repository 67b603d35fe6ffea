import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test"
import { RedisLink, redisClients, type Script } from "@ashlar/cache/redis"
import { findServer } from "@ashlar/cache/testing/servers"
import { manualClock, parseDriverUrl, uuidv7 } from "@ashlar/core"
import { startProxy } from "@ashlar/core/testing/proxy"
import { queueDrivers } from "../src/drivers/drivers.ts"
import type { ClaimedJob, NewJob, Outcome, QueueStore } from "../src/index.ts"
import { SHOW } from "../src/redis/scripts/look.ts"
import { deleteKeys } from "../src/testing/brokers.ts"
import {
  claim,
  done,
  fail,
  giveBack,
  ids,
  newJob,
  retry,
  type Stage,
  settle,
  uniqueName,
} from "../src/testing/store-stage.ts"

/* What the store of Redis has to bear beyond what the suite asks of every store. */

const redis = await findServer("Redis")
if (redis !== undefined) describeRedis(redis)

interface RedisStage extends Stage {
  /** Asks the server past the store. */
  send: (command: string, ...args: readonly string[]) => Promise<unknown>
  /** Runs a script past the store. */
  run: (script: Script, args: readonly string[]) => Promise<unknown>
  /** Of the key that all others begin with. */
  home: string
}

function describeRedis(port: number): void {
  describe("a queue in Redis", () => {
    const prefix = `ashlar-test-${crypto.randomUUID().slice(0, 8)}`
    const url = `redis://127.0.0.1:${port}?prefix=${prefix}`
    const stage = {} as RedisStage
    let link: RedisLink
    beforeEach(async () => {
      const clock = manualClock(Date.now())
      const settings = { queue: uniqueName(), clock, pollMs: 20, onError: (error: unknown) => console.error(error) }
      const open = async () => await (await queueDrivers.open(url))(settings)
      const [store, other] = [await open(), await open()]
      await store.ready?.()
      await other.ready?.()
      const options = { prefix, connectTimeoutMs: 5_000, commandTimeoutMs: 5_000 }
      link = await RedisLink.open(parseDriverUrl(url), options, await redisClients())
      const pass = async (ms: number) => {
        clock.advance(ms)
        await Bun.sleep(30) // it is not looked for what is due at every claim
      }
      const home = `{${prefix}:${settings.queue}}`
      const run = (script: Script, args: readonly string[]) => link.run(script, [home], ["-1", ...args])
      Object.assign(stage, { store, other, clock, pass, home, run, send: link.send.bind(link) })
    })
    afterEach(async () => {
      await Promise.all([stage.store.close(), stage.other.close()])
      link.close()
    })
    afterAll(() => deleteKeys(port, prefix))
    describeFaults(stage, port, prefix)
    describeTexts(stage)
    describeBounds(stage)
    describeStreams(stage)
  })
}

function describeFaults(stage: RedisStage, port: number, prefix: string): void {
  test("a unique key of a job that is not there, whatever took it away, is free", async () => {
    const unique = { key: "k", until: "finished" } as const
    await stage.send("SET", `${stage.home}:unique/k`, uuidv7())
    expect((await stage.store.add([newJob({ unique })]))[0]!.isNew).toBe(true)
    expect((await stage.store.add([newJob({ unique })]))[0]!.isNew).toBe(false)
  })

  test("a server that forgot the scripts is told them again", async () => {
    const { store, send } = stage
    await store.add([newJob(), newJob()])
    await send("SCRIPT", "FLUSH")
    await store.add([newJob()])
    await send("SCRIPT", "FLUSH")
    const claimed = await claim(store)
    await send("SCRIPT", "FLUSH")
    expect(await store.settle(claimed.map((job) => done(job)))).toEqual([true, true, true])
  })

  test("who has not the mark of a job can do nothing with it", async () => {
    const { store, other } = stage
    await store.add([newJob()])
    const [job] = await claim(store)
    const { mark } = job as ClaimedJob & { mark: string }
    for (const wrong of ["", "1:", mark.slice(0, -1), `${mark}0`, mark.replace("1:", "2:"), `${mark} `]) {
      const foreign = { ...job!, mark: wrong } as ClaimedJob
      expect(await other.extend([foreign], 60_000)).toEqual([false])
      expect(await other.settle([done(foreign), retry(foreign, 0), fail(foreign), giveBack(foreign)])).not.toContain(
        true,
      )
    }
    expect(await store.get!(job!.id)).toMatchObject({ state: "active", attempt: 1 })
    expect(await store.settle([done(job!), fail(job!)])).toEqual([true, false])
    expect(await store.get!(job!.id)).toBeUndefined()
  })

  test("of many who claim, settle, give back and go silent at once, one ends each job", async () => {
    const { store, other } = stage
    const jobs = Array.from({ length: 1_500 }, (_, at) =>
      newJob({ attempts: 100, priority: at % 3, ...(at % 4 === 0 && { group: `g${at % 5}`, groupConcurrency: 7 }) }),
    )
    await Promise.all(jobs.map((job, at) => (at % 2 ? store : other).add([job])))
    const ended = new Map<string, number>()
    const deadline = performance.now() + 20_000
    const work = async (own: QueueStore, seed: number) => {
      for (let round = seed; ended.size < jobs.length && performance.now() < deadline; round++) {
        const claimed = await claim(own, { max: 1 + ((round * 37) % 60), leaseMs: 5_000 })
        const lost = round % 11 === 0
        if (lost) await stage.pass(6_000)
        const outcomes = claimed.map((job, at): Outcome => {
          const kind = (round + at) % 13
          return kind === 0 ? giveBack(job) : kind === 1 ? retry(job, 0) : done(job)
        })
        const kept = await own.settle(outcomes)
        for (const [at, { kind, job }] of outcomes.entries())
          if (kept[at] && kind === "complete") ended.set(job.id, (ended.get(job.id) ?? 0) + 1)
      }
    }
    await Promise.all([work(store, 1), work(other, 2), work(store, 3), work(other, 4)])
    expect(ended.size).toBe(jobs.length)
    expect([...ended.values()].filter((count) => count !== 1)).toEqual([])
    expect(await store.counts!()).toMatchObject([{ waiting: 0, active: 0, held: 0, delayed: 0 }])
    const keys = (await stage.send("KEYS", `${stage.home}*`)) as string[]
    expect(keys.toSorted()).toEqual([`${stage.home}:kinds`, `${stage.home}:turns`])
  }, 30_000)

  test("a key that another program wrote is a failure that is said: QUEUE_STORE_FAILED", async () => {
    await stage.send("SET", `${stage.home}:jobs`, "not ours")
    expect(await Promise.resolve(stage.store.add([newJob()])).catch((error) => error)).toMatchObject({
      code: "QUEUE_STORE_FAILED",
    })
  })

  test("what was pushed while the connection was away is asked for as soon as it is back", async () => {
    const proxy = await startProxy(port)
    const url = `redis://127.0.0.1:${proxy.port}?prefix=${prefix}`
    const queue = uniqueName()
    const open = async (at: string) => await (await queueDrivers.open(at))({ queue, pollMs: 60_000, onError: () => 0 })
    const [store, other] = [await open(url), await open(url.replace(`:${proxy.port}?`, `:${port}?`))]
    await store.ready?.()
    const waiting = Promise.resolve(claim(store, { waitMs: 30_000 })).catch(() => [])
    await Bun.sleep(50)
    proxy.refuse(true)
    proxy.cut()
    await other.add([newJob()])
    await Bun.sleep(50)
    proxy.refuse(false)
    const started = performance.now()
    const claimed = await waiting
    expect(performance.now() - started).toBeLessThan(15_000)
    // The connection that listens may be back before the one that asks.
    if (claimed.length === 0) expect(await claim(other, { waitMs: 1_000 })).toHaveLength(1)
    await Promise.all([store.close(), other.close()])
    await proxy.close()
  })

  test("a server that keeps silent is given up in time, and one that is closed is closed", async () => {
    const proxy = await startProxy(port)
    const slow = `redis://127.0.0.1:${proxy.port}?prefix=${prefix}&commandTimeoutMs=200`
    const store = await (await queueDrivers.open(slow))({ queue: uniqueName(), pollMs: 20, onError: console.error })
    await store.ready?.()
    await store.add([newJob()])
    proxy.swallow(true)
    const started = performance.now()
    expect(await Promise.resolve(store.add([newJob()])).catch((error) => error)).toMatchObject({
      code: "QUEUE_STORE_FAILED",
    })
    expect(performance.now() - started).toBeLessThan(5_000)
    proxy.swallow(false)
    proxy.cut()
    const again = async () => await Promise.resolve(store.add([newJob()])).catch(() => undefined)
    while ((await again()) === undefined) await Bun.sleep(20)
    expect((await claim(store)).length).toBeGreaterThanOrEqual(2)
    await store.close()
    await store.close()
    expect(await Promise.resolve(store.add([newJob()])).catch((error) => error)).toMatchObject({
      code: "QUEUE_CLOSED",
    })
    await proxy.close()
  })
}

const HOSTILE: readonly string[] = [
  "{a}:b",
  "}{",
  "a/b/c/",
  "0/0/",
  "-1/x",
  "nul \0 nul",
  "line\nline\r\n",
  "é漢🏳️‍🌈",
  '"quotes" \\ \\u0041',
  "%d %s $1 ?",
  " ",
  "-",
  "x".repeat(255),
]

function describeTexts(stage: RedisStage): void {
  test.each(HOSTILE.map((text) => [JSON.stringify(text).slice(0, 30), text]))(
    "%s is a group, a unique key and a text like any other",
    async (_, text) => {
      const { store, other } = stage
      const job = (): NewJob =>
        newJob({
          group: text,
          groupConcurrency: 1,
          unique: { key: text, until: "finished" },
          meta: JSON.stringify({ text }),
          input: JSON.stringify(text),
          keepCompletedMs: 1_000,
        })
      const [first, second] = [job(), { ...job(), unique: { key: `${text} `, until: "finished" } as const }]
      await store.add([first, second])
      expect(await other.add([job()])).toEqual([{ id: first.id, isNew: false }])
      const claimed = await claim(other)
      expect(claimed).toMatchObject([{ id: first.id, group: text, meta: first.meta!, input: first.input }])
      expect(await store.counts!()).toMatchObject([{ held: 1, active: 1, waiting: 0 }])
      expect(await settle(store, done(claimed[0]!, JSON.stringify(text)))).toBe(true)
      expect(await store.get!(first.id)).toMatchObject({
        state: "completed",
        output: JSON.stringify(text),
        group: text,
      })
      const [next] = await claim(other)
      expect(next).toMatchObject({ id: second.id, group: text })
      expect(await settle(store, { kind: "fail", job: next!, error: JSON.stringify({ message: text }) })).toBe(true)
      expect(await store.list!({ state: "failed", limit: 10 })).toMatchObject([{ id: second.id, group: text }])
      expect((await store.add([job()]))[0]!.isNew).toBe(true)
    },
  )
  test("half of a pair of surrogates is one sign, whatever else it is", async () => {
    const { store } = stage
    const unique = { key: "\ud800", until: "finished" } as const
    const [first] = await store.add([newJob({ group: "\ud800", unique })])
    expect(await store.add([newJob({ unique })])).toEqual([{ id: first!.id, isNew: false }])
    expect(await claim(store)).toMatchObject([{ group: "\ufffd" }])
  })
  test("a kind of job has a name of all signs that it may have", async () => {
    const { store } = stage
    const names = ["a:b", "a.b-c_d", "A", ":", "..", "-1", "x".repeat(100)]
    await store.add(names.map((name) => newJob({ name })))
    expect((await claim(store, { names })).map(({ name }) => name).toSorted()).toEqual(names.toSorted())
  })
  test("the largest input comes as it went, among others", async () => {
    const { store } = stage
    const input = JSON.stringify("é".repeat(524_286))
    expect(new TextEncoder().encode(input).length).toBeLessThanOrEqual(store.guarantees.maxPayloadBytes)
    await Promise.all([store.add([newJob({ input })]), ...Array.from({ length: 5 }, () => store.add([newJob()]))])
    const claimed = await claim(store)
    expect(claimed).toHaveLength(6)
    expect(claimed.filter((job) => job.input === input)).toHaveLength(1)
  })
}

function describeBounds(stage: RedisStage): void {
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
}

function describeStreams(stage: RedisStage): void {
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
}
