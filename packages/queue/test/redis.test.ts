import { expect, test } from "bun:test"
import { uuidv7 } from "@ashlar/core"
import { startProxy } from "@ashlar/core/testing/proxy"
import { queueDrivers } from "../src/drivers/drivers.ts"
import type { ClaimedJob, NewJob, Outcome, QueueStore } from "../src/index.ts"
import { claim, done, fail, giveBack, newJob, retry, settle, uniqueName } from "../src/testing/store-stage.ts"
import { describeRedis } from "./redis-stage.ts"

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

await describeRedis("a queue in Redis", (stage, { port, prefix }) => {
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
})
