import { describe, expect, test } from "bun:test"
import { createContainer } from "@ashlar/core"
import { v } from "@ashlar/validation"
import { busGuarantees, createEvents, defineBus, defineEvent, on, openBus } from "../index.ts"

const Noted = defineEvent("noted", v.object({ n: v.integer() }), { key: ({ n }) => `k${n}` })

describe("a bus", () => {
  test.each<[string, string, object]>([
    ["an unknown scheme", "CORE_DRIVER_UNKNOWN", { url: "memroy:" }],
    ["what the driver does not promise", "CORE_DRIVER_GUARANTEE_MISSING", { needs: { durable: true } }],
    ["a name that is none", "EVENTS_OPTION_INVALID", { name: "a b" }],
    ["no partitions", "EVENTS_OPTION_INVALID", { partitions: 0 }],
    ["too many", "EVENTS_OPTION_INVALID", { partitions: 257 }],
    ["a lease too short", "EVENTS_OPTION_INVALID", { leaseMs: 10 }],
    ["an event size too small", "EVENTS_OPTION_INVALID", { maxEventBytes: 1 }],
    ["nothing on its way", "EVENTS_OPTION_INVALID", { maxPublishing: 0 }],
    ["a source that is no URI", "EVENTS_ENVELOPE_INVALID", { source: "a b" }],
  ])("refuses %s at once", (_what, code, { url = "memory:", ...options }: { url?: string }) => {
    expect(() => openBus(url, options)).toThrow(expect.objectContaining({ code }))
  })
  test.each<[string, object]>([
    ["a group that is no word", { group: "a.b" }],
    ["no attempts", { attempts: 0 }],
    ["a wait that is none", { backoffMs: -1 }],
    ["no time", { handlerTimeoutMs: 0 }],
    ["no concurrency", { concurrency: 0 }],
    ["no place to begin", { from: "yesterday" }],
    ["a date that is none", { from: new Date(Number.NaN) }],
  ])("refuses %s", async (_what, options) => {
    await using bus = openBus("memory:")
    expect(
      await bus
        .subscribe(
          options,
          on("**", () => 0),
        )
        .catch((error) => error),
    ).toMatchObject({ code: "EVENTS_OPTION_INVALID" })
  })
  test("refuses no handler, a key that is none, data that does not fit, and a type that is no name", async () => {
    await using bus = openBus("memory:")
    const Dated = defineEvent("dated", v.object({ at: v.date() }))
    const plain = { specversion: "1.0", id: "1", source: "/x" } as const
    const refused: readonly [Promise<unknown>, string][] = [
      [bus.subscribe({}), "EVENTS_OPTION_INVALID"],
      [bus.publish(Noted, { n: 1 }, { key: "" }), "EVENTS_OPTION_INVALID"],
      [bus.publish(Noted, { n: 1 }, { key: "x".repeat(513) }), "EVENTS_OPTION_INVALID"],
      [bus.publish(Noted, { n: 0.5 }), "EVENTS_DATA_INVALID"],
      // What is a Date here is text for whoever reads it.
      [bus.publish(Dated, { at: new Date() }), "EVENTS_DATA_INVALID"],
      [bus.publish(Noted, { n: 1 }, { time: new Date(Number.NaN) }), "EVENTS_ENVELOPE_INVALID"],
      [bus.send([{ ...plain, type: "no name" }]), "EVENTS_NAME_INVALID"],
      [bus.send([{ ...plain, type: "a", partitionkey: "x".repeat(513) }]), "EVENTS_OPTION_INVALID"],
      [bus.send([{ ...plain, type: "a", source: "" }]), "EVENTS_ENVELOPE_INVALID"],
    ]
    for (const [act, code] of refused) expect(await act.catch((error) => error)).toMatchObject({ code })
    expect(bus.stats()).toMatchObject({ published: 0, publishing: 0 })
  })
  test("is a service of an app, healthy while it is open", async () => {
    const container = createContainer()
    const bus = await container.get(defineBus(() => "memory:"))
    await bus.subscribe(
      { group: "a" },
      on(Noted, () => Bun.sleep(20)),
    )
    await bus.publish(Noted, { n: 1 })
    while (bus.stats().handling === 0) await Bun.sleep(1)
    expect(await container.drain(5_000)).toEqual([])
    expect(bus.stats()).toMatchObject({ handled: 1, handling: 0 })
    await bus.publish(Noted, { n: 2 })
    expect(bus.stats()).toMatchObject({ delivered: 1, published: 2 })
    expect(await container.health()).toEqual({ bus: { status: "ok", detail: "ok" } })
    await container.close()
    expect(await bus.publish(Noted, { n: 1 }).catch((error) => error)).toMatchObject({ code: "EVENTS_BUS_CLOSED" })
  })
  test("counts what it does", async () => {
    await using bus = openBus("memory:")
    await bus.subscribe(
      { group: "a", attempts: 2, backoffMs: 0 },
      on(Noted, ({ n }) => {
        if (n === 2) throw new RangeError("no")
      }),
    )
    for (const n of [1, 2, 3]) await bus.publish(Noted, { n })
    while (bus.stats().delivered < 3 || bus.stats().handling > 0) await Bun.sleep(1)
    expect(bus.stats()).toEqual({
      published: 3,
      publishFailures: 0,
      delivered: 3,
      handled: 2,
      skipped: 0,
      released: 0,
      dead: 1,
      failures: 2,
      retries: 1,
      redelivered: 0,
      handling: 0,
      publishing: 0,
    })
  })
  test("waits longer after each failure, or as long as it is told", async () => {
    const waits: number[] = []
    await using bus = openBus("memory:")
    await bus.subscribe(
      { group: "a", attempts: 4, backoffMs: (attempt) => void waits.push(attempt) as never },
      on(Noted, () => {
        throw new RangeError("no")
      }),
    )
    await bus.publish(Noted, { n: 1 })
    while (bus.stats().dead === 0) await Bun.sleep(1)
    expect(waits).toEqual([1, 2, 3])
  })
  test("handles no more at once than it may", async () => {
    await using bus = openBus("memory:")
    let [now, most] = [0, 0]
    await bus.subscribe(
      { group: "a", concurrency: 2 },
      on(Noted, async () => {
        most = Math.max(most, ++now)
        await Bun.sleep(2)
        now--
      }),
    )
    await Promise.all(Array.from({ length: 30 }, (_, n) => bus.publish(Noted, { n })))
    while (bus.stats().handled < 30) await Bun.sleep(2)
    expect(most).toBe(2)
  })
  test("tells who is told of errors, and is not harmed by it", async () => {
    let told = 0
    await using bus = openBus("memory:", {
      onError: () => {
        told++
        throw new RangeError("from whoever is told")
      },
    })
    await bus.subscribe(
      { group: "a", attempts: 2, backoffMs: 0 },
      on(Noted, () => Promise.reject(undefined)),
    )
    await bus.publish(Noted, { n: 1 })
    while (bus.stats().dead === 0) await Bun.sleep(1)
    expect(told).toBe(2)
    expect(await bus.deadLetters("a").list()).toHaveLength(1)
  })
})

describe("a bus in memory", () => {
  test("refuses to publish while a group or a listener has too much before it", async () => {
    await using bus = openBus("memory:?maxBacklog=3")
    const { promise, resolve } = Promise.withResolvers<void>()
    const subscription = await bus.subscribe(
      { group: "a" },
      on(Noted, () => promise),
    )
    for (const n of [1, 2, 3]) await bus.publish(Noted, { n })
    expect(await bus.publish(Noted, { n: 4 }).catch((error) => error)).toMatchObject({
      code: "EVENTS_BUS_BUSY",
      status: 503,
    })
    resolve()
    while ((await bus.backlog("a")) !== 0) await Bun.sleep(1)
    await bus.publish(Noted, { n: 4 })
    await subscription.stop()
    await bus.forgetGroup("a")
    const { promise: never } = Promise.withResolvers<void>()
    await bus.subscribe(
      {},
      on(Noted, () => never),
    )
    for (const n of [1, 2, 3]) await bus.publish(Noted, { n })
    expect(await bus.publish(Noted, { n: 4 }).catch((error) => error)).toMatchObject({ code: "EVENTS_BUS_BUSY" })
    await bus.close({ graceMs: 1 })
  })
  test("keeps as many events and dead letters as it may", async () => {
    await using bus = openBus("memory:?maxEvents=4&maxDeadLetters=2")
    await bus.subscribe(
      { group: "a", attempts: 1 },
      on(Noted, () => {
        throw new RangeError("no")
      }),
    )
    for (let n = 1; n <= 9; n++) await bus.publish(Noted, { n })
    while (bus.stats().dead < 9) await Bun.sleep(1)
    expect(await bus.deadLetters("a").list()).toHaveLength(2)
    const got: number[] = []
    await bus.subscribe(
      { from: "beginning" },
      on(Noted, ({ n }) => void got.push(n)),
    )
    while (got.length < 4) await Bun.sleep(1)
    expect(got).toEqual([6, 7, 8, 9])
  })
  test("is shared by those who say its name, with one number of partitions", async () => {
    await using one = openBus("memory:shared")
    await one.ready()
    expect(
      await openBus("memory:shared", { partitions: 3 })
        .ready()
        .catch((error) => error),
    ).toMatchObject({ code: "EVENTS_OPTION_INVALID" })
    await using two = openBus("memory:shared")
    await using other = openBus("memory:")
    const got: number[] = []
    for (const bus of [two, other])
      await bus.subscribe(
        {},
        on(Noted, ({ n }) => void got.push(n)),
      )
    await one.publish(Noted, { n: 1 })
    while (got.length === 0) await Bun.sleep(1)
    expect(got).toEqual([1])
  })
  test("promises what it does as data", () => {
    expect(busGuarantees("memory:")).toMatchObject({ durable: false, orderedByKey: true, sharesWork: true })
    expect(busGuarantees("postgres://h/d")).toMatchObject({ durable: true, synced: true, replayFromPosition: true })
  })
})

test("events of this process may be put on a bus by a listener", async () => {
  const events = createEvents()
  await using bus = openBus("memory:")
  const got: number[] = []
  await bus.subscribe(
    { group: "a" },
    on(Noted, ({ n }) => void got.push(n)),
  )
  events.on(Noted, (data) => bus.publish(Noted, data))
  await events.emit(Noted, { n: 7 })
  while (got.length === 0) await Bun.sleep(1)
  expect(got).toEqual([7])
})
