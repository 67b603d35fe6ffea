import { expect } from "bun:test"
import { v } from "@ashlar/validation"
import { on as handler } from "../../bus/handler.ts"
import { defineEvent } from "../../event.ts"
import {
  type BusStage,
  type BusSuiteOptions,
  firsts,
  Noted,
  numberOf,
  numbersOf,
  range,
  sorted,
  until,
} from "../bus-stage.ts"

export type On = (what: string, act: (stage: BusStage) => Promise<void>, timeoutMs?: number) => void

export function testDelivery(on: On, suite: BusSuiteOptions): void {
  testOneEvent(on)
  testSharing(on, suite)
  testOrder(on)
  testStop(on)
  testBounds(on, suite)
}

function testOneEvent(on: On): void {
  on("carries an event as it was published, to every group once", async (stage) => {
    const [a, b] = [await stage.collect(stage.here, { group: "a" }), await stage.collect(stage.there, { group: "b" })]
    const trace = { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", tracestate: "a=1" }
    const text = "🏳️‍🌈 é 漢 \u0000 \r\n"
    const sent = await stage.here.publish(Noted, { n: 1, key: "k", text }, { subject: "s", trace })
    await until("both groups have it", () => a.got.length === 1 && b.got.length === 1)
    for (const { got } of [a, b]) {
      expect(got[0]!.envelope).toEqual(sent)
      expect(got[0]).toMatchObject({ name: "suite.noted", id: sent.id, key: "k", attempt: 1 })
    }
    expect(sent).toMatchObject({ partitionkey: "k", datacontenttype: "application/json", ...trace })
  })
  on("carries envelopes of others, with bytes and with attributes of their own", async (stage) => {
    const { got } = await stage.collect(stage.there, { group: "a" })
    const envelope = {
      specversion: "1.0",
      id: "A234",
      source: "/mycontext",
      type: "com.example.someevent",
      datacontenttype: "application/octet-stream",
      comexample: 5,
      data: new Uint8Array([0, 1, 254, 255]),
    } as const
    await stage.here.send([envelope])
    await until("it is there", () => got.length === 1)
    expect(got[0]!.envelope).toEqual(envelope)
  })
  on("gives a handler what the schema makes of the data, and hands out what nobody wants to nobody", async (stage) => {
    const Dated = defineEvent("suite.dated", v.object({ at: v.coerce.date() }))
    const dates: unknown[] = []
    await stage.subscribe(
      stage.here,
      { group: "a" },
      handler(Dated, ({ at }) => void dates.push(at)),
    )
    await stage.here.publish(Noted, { n: 1 })
    await stage.here.publish(Dated, { at: "1970-01-01T00:00:00.000Z" })
    await until("it is there", () => dates.length === 1)
    expect(dates).toEqual([new Date(0)])
    await until("the other one was skipped", () => stage.here.stats().skipped === 1)
  })
  on("may bring one twice that was published twice, under one id", async (stage) => {
    const { got } = await stage.collect(stage.there, { group: "a" })
    const sent = await stage.here.publish(Noted, { n: 1, key: "k" })
    await stage.here.send([sent])
    await stage.here.publish(Noted, { n: 2, key: "k" })
    await until("the last is there", () => numbersOf(got).includes(2))
    expect(new Set(got.filter((one) => numberOf(one) === 1).map(({ id }) => id))).toEqual(new Set([sent.id]))
  })
}

function testSharing(on: On, { guarantees }: BusSuiteOptions): void {
  on("hands each event to one member of a group", async (stage) => {
    const one = await stage.collect(stage.here, { group: "a" })
    const two = await stage.collect(stage.there, { group: "a" })
    await stage.publish(1, 60)
    await until("all are handled", () => one.got.length + two.got.length >= 60)
    expect(sorted(numbersOf([...one.got, ...two.got]))).toEqual(range(1, 60))
  })
  on("gives a member that comes its share, and what a member leaves to the others", async (stage) => {
    const one = await stage.collect(stage.here, { group: "a" })
    await stage.publish(1, 8)
    await until("one has them", () => one.got.length === 8)
    const two = await stage.collect(stage.there, { group: "a" })
    let n = 8
    if (guarantees.sharesWork)
      await until("both get some", async () => {
        await stage.publish(n + 1, n + 4)
        n += 4
        return two.got.length > 0
      })
    await one.subscription.stop()
    const before = one.got.length
    await stage.publish(n + 1, n + 8)
    await until("the other has the rest", () => before + two.got.length >= n + 8)
    expect(sorted(numbersOf([...one.got, ...two.got]))).toEqual(range(1, n + 8))
    expect(one.got).toHaveLength(before)
  })
  on("goes on where a group left off", async (stage) => {
    const { got, subscription } = await stage.collect(stage.here, { group: "a" })
    await stage.publish(1, 5)
    await until("they are there", () => got.length === 5)
    await subscription.stop()
    await stage.publish(6, 9)
    expect(got).toHaveLength(5)
    const again = await stage.collect(stage.there, { group: "a" })
    await until("the others are there", () => again.got.length >= 4)
    expect(sorted(numbersOf(again.got))).toEqual(range(6, 9))
  })
  on("tells how much a group has before it, where it can, and forgets it", async (stage) => {
    const { got, subscription } = await stage.collect(stage.here, { group: "a" })
    await stage.publish(1, 2)
    await until("they are there", () => got.length === 2)
    await subscription.stop()
    await stage.publish(3, 7)
    const backlog = await stage.there.backlog("a")
    if (backlog !== undefined) await until("five wait", async () => (await stage.there.backlog("a")) === 5)
    await stage.there.forgetGroup("a")
    const anew = await stage.collect(stage.there, { group: "a" })
    await stage.publish(8, 8)
    await until("a group anew begins anew", () => anew.got.length > 0)
    expect(numbersOf(anew.got)).toEqual([8])
  })
  on("brings every event to all who listen", async (stage) => {
    const listeners = [await stage.collect(stage.here, {}), await stage.collect(stage.there, {})]
    const group = await stage.collect(stage.there, { group: "a" })
    await stage.publish(1, 20, (n) => `k${n % 3}`)
    for (const { got } of [...listeners, group]) {
      await until("all are there", () => got.length >= 20)
      for (const key of [0, 1, 2])
        expect(numbersOf(got).filter((n) => n % 3 === key)).toEqual(range(1, 20).filter((n) => n % 3 === key))
    }
  })
}

function testOrder(on: On): void {
  on("keeps the order of each key, and never handles two of one key at once, over several members", async (stage) => {
    const got: number[] = []
    const busy = new Map<string, number>()
    let overlaps = 0
    for (const bus of [stage.here, stage.there])
      await stage.subscribe(
        bus,
        { group: "a" },
        handler(Noted, async ({ n, key = "" }) => {
          busy.set(key, (busy.get(key) ?? 0) + 1)
          if (busy.get(key) !== 1) overlaps++
          await Bun.sleep(n % 3)
          busy.set(key, busy.get(key)! - 1)
          got.push(n)
        }),
      )
    const events = await Promise.all(range(1, 120).map(async (n) => ({ n, key: `k${n % 5}` })))
    for (const data of events.slice(0, 40)) await stage.here.publish(Noted, data)
    await stage.here.send(
      events.slice(40).map((data) => ({
        specversion: "1.0",
        id: `batch-${data.n}`,
        source: "/suite",
        type: Noted.name,
        partitionkey: data.key,
        data,
      })),
    )
    await until("all are handled", () => got.length >= 120)
    for (const key of range(0, 4))
      expect(got.filter((n) => n % 5 === key)).toEqual(range(1, 120).filter((n) => n % 5 === key))
    expect([overlaps, got.length]).toEqual([0, 120])
  })
  on("handles other keys while one takes its time", async (stage) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const got: string[] = []
    await stage.subscribe(
      stage.here,
      { group: "a" },
      handler(Noted, async ({ key = "" }) => {
        if (key === "slow") await promise
        got.push(key)
      }),
    )
    await stage.here.publish(Noted, { n: 0, key: "slow" })
    // Some of so many keys are in another partition.
    await stage.publish(1, 12, (n) => `quick${n}`)
    await until("others are handled", () => got.length > 0)
    expect(got).not.toContain("slow")
    resolve()
    await until("all are", () => got.length === 13)
  })
  on("tries what fails again, before what comes after it", async (stage) => {
    const tries: string[] = []
    await stage.subscribe(
      stage.here,
      { group: "a", attempts: 4 },
      handler(Noted, ({ n }, { attempt }) => {
        tries.push(`${n}.${attempt}`)
        if (n === 1 && attempt < 3) throw new RangeError("not yet")
      }),
    )
    await stage.publish(1, 2, () => "k")
    await until("both are handled", () => tries.includes("2.1"))
    expect(tries).toEqual(["1.1", "1.2", "1.3", "2.1"])
    expect(stage.here.stats()).toMatchObject({ failures: 2, retries: 2, dead: 0 })
    expect(stage.errors).toMatchObject([{ code: "EVENTS_ATTEMPT_FAILED" }, { code: "EVENTS_ATTEMPT_FAILED" }])
  })
  on("runs only those handlers again that failed", async (stage) => {
    const calls: string[] = []
    await stage.subscribe(
      stage.here,
      { group: "a" },
      handler(Noted, () => void calls.push("first")),
      handler("suite.*", () => {
        calls.push("second")
        if (calls.length === 2) throw new RangeError("once")
      }),
    )
    await stage.publish(1, 1)
    await until("it is handled", () => stage.here.stats().handled === 1)
    expect(calls).toEqual(["first", "second", "second"])
  })
}

function testStop(on: On): void {
  on("waits for what is being handled when it stops", async (stage) => {
    let isDone = false
    const { promise, resolve } = Promise.withResolvers<void>()
    const subscription = await stage.subscribe(
      stage.here,
      { group: "a" },
      handler(Noted, async () => {
        resolve()
        await Bun.sleep(100)
        isDone = true
      }),
    )
    await stage.publish(1, 1)
    await promise
    await subscription.stop()
    expect(isDone).toBe(true)
    const next = await stage.collect(stage.there, { group: "a" })
    await stage.publish(2, 2)
    await until("the next is there", () => next.got.length > 0)
    expect(numbersOf(next.got)).toEqual([2])
  })
  on("gives what is not done within the grace to another", async (stage) => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<AbortSignal>()
    const subscription = await stage.subscribe(
      stage.here,
      { group: "a" },
      handler(Noted, async (_data, { signal }) => {
        begin(signal)
        await new Promise(() => undefined)
      }),
    )
    await stage.publish(1, 1)
    const signal = await begun
    await subscription.stop({ graceMs: 10 })
    expect(signal.aborted).toBe(true)
    const { got } = await stage.collect(stage.there, { group: "a" })
    await until("the other has it", () => got.length > 0)
    expect(firsts(got)).toEqual([1])
  })
  on("ends an attempt that takes too long", async (stage) => {
    const signals: AbortSignal[] = []
    await stage.subscribe(
      stage.here,
      { group: "a", handlerTimeoutMs: 30, attempts: 2 },
      handler(Noted, async (_data, { signal }) => {
        signals.push(signal)
        await new Promise(() => undefined)
      }),
    )
    await stage.publish(1, 1)
    await until("it is dead", () => stage.here.stats().dead === 1)
    expect(signals.map(({ reason }) => reason.code)).toEqual(["EVENTS_HANDLER_TIMEOUT", "EVENTS_HANDLER_TIMEOUT"])
  })
  on("does nothing once it is closed", async (stage) => {
    await stage.collect(stage.here, { group: "a" })
    await stage.here.close()
    await stage.here.close()
    for (const act of [
      stage.here.publish(Noted, { n: 1 }),
      stage.here.subscribe(
        {},
        handler("**", () => 0),
      ),
      stage.here.health(),
    ])
      expect(await act.catch((error) => error)).toMatchObject({ code: "EVENTS_BUS_CLOSED" })
  })
}

function testBounds(on: On, { guarantees, open }: BusSuiteOptions): void {
  on("carries the largest event it may, and refuses a larger one", async (stage) => {
    const maxEventBytes = Math.min(guarantees.maxPayloadBytes, 1024 * 1024)
    const bus = open({ ...stage.options, maxEventBytes })
    try {
      const { got } = await stage.collect(stage.there, { group: "a" })
      const options = (id: string) => ({ id, time: new Date(0) })
      const empty = new TextEncoder().encode(
        JSON.stringify(await stage.here.publish(Noted, { n: 0, text: "" }, options("1"))),
      )
      const text = "x".repeat(maxEventBytes - empty.length)
      await bus.publish(Noted, { n: 1, text }, options("2"))
      await until("it is there", () => numbersOf(got).includes(1))
      expect(await bus.publish(Noted, { n: 2, text: `${text}x` }, options("3")).catch((error) => error)).toMatchObject({
        code: "EVENTS_ENVELOPE_TOO_LARGE",
        details: { maxBytes: maxEventBytes },
      })
    } finally {
      await bus.close()
    }
  })
  on("refuses a second subscription for one group, and is healthy", async (stage) => {
    const { subscription } = await stage.collect(stage.here, { group: "a" })
    expect(await stage.collect(stage.here, { group: "a" }).catch((error) => error)).toMatchObject({
      code: "EVENTS_GROUP_TAKEN",
    })
    expect(await stage.here.forgetGroup("a").catch((error) => error)).toMatchObject({ code: "EVENTS_GROUP_TAKEN" })
    await subscription.stop()
    await (await stage.collect(stage.here, { group: "a" })).subscription.stop()
    await stage.here.health()
  })
}
