import { describe, expect, test } from "bun:test"
import { createAmbient } from "@ashlar/core"
import { openDatabase } from "@ashlar/orm"
import { v } from "@ashlar/validation"
import { createEvents, defineEvent } from "../index.ts"

const Placed = defineEvent("order.placed", v.object({ id: v.string(), total: v.number().default(0) }))
const Paid = defineEvent("order.paid", v.object({ id: v.string() }))

describe("an emit", () => {
  test("calls every listener with what the schema makes of the data, and waits for all of them", async () => {
    const events = createEvents()
    const got: unknown[] = []
    events.on(Placed, (data) => void got.push(["sync", data]))
    events.on(Placed, async (data) => {
      await Bun.sleep(5)
      got.push(["async", data])
    })
    events.on(Paid, () => void got.push("never"))
    await events.emit(Placed, { id: "7" })
    expect(got).toEqual([
      ["sync", { id: "7", total: 0 }],
      ["async", { id: "7", total: 0 }],
    ])
  })
  test("tells each listener the same id and time", async () => {
    const events = createEvents()
    const got: string[] = []
    for (let at = 0; at < 2; at++)
      events.on(Paid, (_data, { name, id, timeMs }) => void got.push(`${name} ${id} ${timeMs}`))
    await events.emit(Paid, { id: "1" })
    expect(got[0]).toMatch(/^order\.paid [0-9a-f]{8}-[0-9a-f]{4}-7/)
    expect(got[1]).toBe(got[0]!)
  })
  test("has called synchronous listeners when it returns", () => {
    const events = createEvents()
    let calls = 0
    events.on(Paid, () => void calls++)
    void events.emit(Paid, { id: "1" })
    expect(calls).toBe(1)
  })
  test("goes by priority, and waits for one before it calls the next", async () => {
    const events = createEvents()
    const got: string[] = []
    events.on(Paid, () => void got.push("last"), { priority: -1 })
    events.on(Paid, () => void got.push("a"))
    events.on(
      Paid,
      async () => {
        await Bun.sleep(10)
        got.push("first")
      },
      { priority: 10 },
    )
    events.on("order.*", () => void got.push("b"))
    await events.emit(Paid, { id: "1" })
    expect(got).toEqual(["first", "a", "b", "last"])
  })
  test("calls all although some fail, and then says which and why", async () => {
    const events = createEvents()
    const [first, second] = [new SyntaxError("one"), new RangeError("two")]
    let calls = 0
    events.on(Paid, () => Promise.reject(second), { name: "mailer" })
    events.on(Paid, function ledger() {
      throw first
    })
    events.on(Paid, () => void calls++, { priority: -5 })
    const error = await events.emit(Paid, { id: "secret" }).catch((cause) => cause)
    expect(calls).toBe(1)
    expect(error).toMatchObject({
      code: "EVENTS_LISTENERS_FAILED",
      details: { event: "order.paid", failed: ["ledger", "mailer"], listeners: 3 },
    })
    expect(error.cause.errors).toEqual([first, second])
    expect(error.message).not.toContain("secret")
  })
  test("says so at once when only synchronous ones fail", async () => {
    const events = createEvents()
    events.on(Paid, () => {
      throw new SyntaxError("no")
    })
    expect(await events.emit(Paid, { id: "1" }).catch((cause) => cause.code)).toBe("EVENTS_LISTENERS_FAILED")
  })
  test("refuses data that does not fit before anybody is called", async () => {
    const events = createEvents()
    let calls = 0
    events.on(Placed, () => void calls++)
    const error = await events.emit(Placed, { id: 7 } as never).catch((cause) => cause)
    expect(error).toMatchObject({
      code: "EVENTS_DATA_INVALID",
      details: { event: "order.placed", issues: [{ path: ["id"] }] },
    })
    expect(error.message).toContain("id: ")
    expect(calls).toBe(0)
  })
  test("takes a schema that is asynchronous", async () => {
    const schema = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: async (value: unknown) =>
          typeof value === "number" ? { value: value + 1 } : { issues: [{ message: "no", path: [{ key: "a" }] }] },
      },
    }
    const Counted = defineEvent<number, number>("counted", schema)
    const events = createEvents()
    const got: number[] = []
    events.on(Counted, (data) => void got.push(data))
    await events.emit(Counted, 1)
    expect(got).toEqual([2])
    expect(await events.emit(Counted, "x" as never).catch((cause) => cause.message)).toContain("a: no")
  })
  test("calls who was there when it began, whoever comes or goes meanwhile", async () => {
    const events = createEvents()
    const got: string[] = []
    events.on(Paid, () => {
      stop()
      events.on(Paid, () => void got.push("late"))
    })
    const stop = events.on(Paid, () => void got.push("gone"))
    await events.emit(Paid, { id: "1" })
    expect(got).toEqual(["gone"])
  })
  test("runs in the async context of whoever emits", async () => {
    const events = createEvents()
    const who = createAmbient<string>("who")
    const got: unknown[] = []
    events.on(Paid, async () => {
      await Bun.sleep(1)
      got.push(who.get())
    })
    await who.run("me", () => events.emit(Paid, { id: "1" }))
    expect(got).toEqual(["me"])
  })
})

describe("a listener", () => {
  test("ends by what `on` returned, by its signal, and after one event", async () => {
    const events = createEvents()
    const got: string[] = []
    const controller = new AbortController()
    const stop = events.on(Paid, () => void got.push("stopped"))
    events.on(Paid, () => void got.push("aborted"), { signal: controller.signal })
    events.on(Paid, () => void got.push("once"), { once: true })
    await events.emit(Paid, { id: "1" })
    stop()
    stop()
    controller.abort()
    await events.emit(Paid, { id: "2" })
    events.on(Paid, () => void got.push("never"), { signal: controller.signal })
    await events.emit(Paid, { id: "3" })
    expect(got).toEqual(["stopped", "aborted", "once"])
    expect(events.listenerCount()).toBe(0)
  })
  test("that wants one event gets one, also of an emit within its own", async () => {
    const events = createEvents()
    let calls = 0
    events.on(
      Paid,
      async () => {
        calls++
        await events.emit(Paid, { id: "2" })
      },
      { once: true },
    )
    await Promise.all([events.emit(Paid, { id: "1" }), events.emit(Paid, { id: "3" })])
    expect(calls).toBe(1)
  })
  test("may be a promise of the next event", async () => {
    const events = createEvents()
    const next = events.next(Placed)
    await events.emit(Placed, { id: "9" })
    expect(await next).toEqual({ id: "9", total: 0 })
    const reason = new SyntaxError("enough")
    const controller = new AbortController()
    const never = events.next(Placed, { signal: controller.signal })
    controller.abort(reason)
    expect(await never.catch((cause) => cause)).toBe(reason)
    expect(await events.next(Placed, { signal: controller.signal }).catch((cause) => cause)).toBe(reason)
    expect(events.listenerCount(Placed)).toBe(0)
  })
  test("of a pattern hears of all that fit it, also of kinds that come later", async () => {
    const events = createEvents()
    const got: string[] = []
    await events.emit(Paid, { id: "0" })
    events.on("**", (_data, { name }) => void got.push(name))
    await events.emit(Paid, { id: "1" })
    await events.emit(defineEvent("user", v.unknown()), null)
    expect(got).toEqual(["order.paid", "user"])
    expect(events.listenerCount(Paid)).toBe(1)
  })
  test("too many of one event are told of once, and too many of all refused", async () => {
    const warnings: string[] = []
    const events = createEvents({
      warnAboveListeners: 2,
      maxListeners: 5,
      onWarning: (text) => void warnings.push(text),
    })
    const stops = [1, 2, 3, 4].map(() => events.on(Paid, () => undefined))
    expect(warnings).toEqual([expect.stringContaining("3 listeners for order.paid")])
    events.on(Placed, () => undefined)
    expect(() => events.on(Placed, () => undefined)).toThrow(expect.objectContaining({ code: "EVENTS_LISTENER_LIMIT" }))
    for (const stop of stops) stop()
    for (let at = 0; at < 3; at++) events.on(Paid, () => undefined)
    expect(warnings).toHaveLength(2)
  })
})

test("idle waits for all that is under way", async () => {
  const events = createEvents()
  let isDone = false
  events.on(Paid, async () => {
    await Bun.sleep(20)
    isDone = true
  })
  void events.emit(Paid, { id: "1" })
  await events.idle()
  expect(isDone).toBe(true)
})

test.each<[string, () => unknown, string]>([
  ["a name with a space", () => defineEvent("a b", v.unknown()), "EVENTS_NAME_INVALID"],
  ["an empty word", () => defineEvent("a..b", v.unknown()), "EVENTS_NAME_INVALID"],
  ["a star", () => defineEvent("a.*", v.unknown()), "EVENTS_NAME_INVALID"],
  ["a long name", () => defineEvent("a".repeat(201), v.unknown()), "EVENTS_NAME_INVALID"],
  ["no text", () => defineEvent(7 as never, v.unknown()), "EVENTS_NAME_INVALID"],
  ["a dataSchema that is no URI", () => defineEvent("a", v.unknown(), { dataSchema: "x" }), "EVENTS_OPTION_INVALID"],
  ["a pattern with half a star", () => createEvents().on("a.b*", () => undefined), "EVENTS_NAME_INVALID"],
  ["no priority", () => createEvents().on("a", () => undefined, { priority: Number.NaN }), "EVENTS_OPTION_INVALID"],
  ["no bound", () => createEvents({ maxListeners: 0 }), "EVENTS_OPTION_INVALID"],
])("%s is refused", (_what, act, code) => {
  expect(act).toThrow(expect.objectContaining({ code }))
})

describe("an emit after the commit", () => {
  test("waits for the commit, and is not made when it is undone", async () => {
    await using db = await openDatabase("sqlite::memory:")
    const events = createEvents()
    const got: string[] = []
    events.on(Paid, ({ id }) => void got.push(id))
    await db.transaction(async (tx) => {
      await events.emitAfterCommit(tx, Paid, { id: "kept" })
      expect(got).toEqual([])
    })
    expect(got).toEqual(["kept"])
    const undone = db.transaction(async (tx) => {
      await events.emitAfterCommit(tx, Paid, { id: "undone" })
      throw new SyntaxError("no")
    })
    expect(await undone.catch((cause) => cause.message)).toBe("no")
    await events.emitAfterCommit(db, Paid, { id: "outside" })
    expect(got).toEqual(["kept", "outside"])
  })
  test("refuses data within the transaction, which can then be undone", async () => {
    await using db = await openDatabase("sqlite::memory:")
    const attempt = db.transaction((tx) => createEvents().emitAfterCommit(tx, Paid, {} as never))
    expect(await attempt.catch((cause) => cause.code)).toBe("EVENTS_DATA_INVALID")
  })
})
