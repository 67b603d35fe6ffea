import { expect } from "bun:test"
import { on as handler } from "../../bus/handler.ts"
import { EventRejected } from "../../errors.ts"
import { Noted, numbersOf, range, sorted, until } from "../bus-stage.ts"
import type { On } from "./delivery-cases.ts"

export function testDeadLetters(on: On): void {
  testLetters(on)
  testRefusals(on)
}

function testLetters(on: On): void {
  on("keeps what fails at every attempt among the group's dead letters, and goes on", async (stage) => {
    const tries: number[] = []
    await stage.subscribe(
      stage.here,
      { group: "a", attempts: 3 },
      handler(Noted, ({ n }) => {
        tries.push(n)
        if (n === 1) throw new RangeError("poison")
      }),
    )
    const sent = await stage.here.publish(Noted, { n: 1, key: "k" })
    await stage.here.publish(Noted, { n: 2, key: "k" })
    await until("the next is handled", () => tries.includes(2))
    expect(tries).toEqual([1, 1, 1, 2])
    const letters = await stage.there.deadLetters("a").list()
    expect(letters).toMatchObject([{ event: sent, reason: "RangeError: poison" }])
    expect(Math.abs(letters[0]!.at.getTime() - Date.now())).toBeLessThan(600_000)
    expect(await stage.there.deadLetters("b").list()).toEqual([])
    expect(stage.errors.at(-1)).toMatchObject({ code: "EVENTS_EVENT_DEAD", details: { group: "a", id: sent.id } })
  })
  on("hands a dead letter that is redriven to its group again, and to nobody else", async (stage) => {
    let isWell = false
    const got: number[] = []
    await stage.subscribe(
      stage.here,
      { group: "a", attempts: 1 },
      handler(Noted, ({ n }) => {
        if (!isWell) throw new RangeError("ill")
        got.push(n)
      }),
    )
    const [other, listener] = [await stage.collect(stage.there, { group: "b" }), await stage.collect(stage.there, {})]
    await stage.publish(1, 3, () => "k")
    const letters = stage.there.deadLetters("a")
    await until("all are dead", async () => (await letters.list()).length === 3)
    await until("others have them", () => other.got.length === 3 && listener.got.length === 3)
    isWell = true
    const [first] = await letters.list({ limit: 1 })
    expect((first!.event!.data as { n: number }).n).toBe(1)
    const rest = await letters.list({ after: first!.id })
    expect(rest.map(({ event }) => (event!.data as { n: number }).n)).toEqual([2, 3])
    expect(await letters.redrive([first!.id, "00000000-0000-7000-8000-000000000000"])).toBe(1)
    await until("it is handled", () => got.length === 1)
    expect(await letters.redrive([first!.id])).toBe(0)
    expect(await letters.redrive("all")).toBe(2)
    await until("all are handled", () => got.length === 3)
    expect(sorted(got)).toEqual(range(1, 3))
    expect(await letters.list()).toEqual([])
    await stage.publish(4, 4, () => "k")
    await until("the next is there", () => numbersOf(other.got).includes(4) && numbersOf(listener.got).includes(4))
    expect([other.got.length, listener.got.length]).toEqual([4, 4])
  })
  on("forgets dead letters that are discarded", async (stage) => {
    await stage.subscribe(
      stage.here,
      { group: "a", attempts: 1 },
      handler(Noted, () => {
        throw new RangeError("no")
      }),
    )
    await stage.publish(1, 4)
    const letters = stage.here.deadLetters("a")
    await until("all are dead", async () => (await letters.list()).length === 4)
    const [one] = await letters.list({ limit: 1 })
    expect([await letters.discard([one!.id]), await letters.discard([one!.id]), await letters.discard("all")]).toEqual([
      1, 0, 3,
    ])
    expect(await letters.list()).toEqual([])
  })
}

function testRefusals(on: On): void {
  on("does not try again what can never be handled", async (stage) => {
    const calls: number[] = []
    await stage.subscribe(
      stage.here,
      { group: "a", attempts: 5 },
      handler(Noted, ({ n }) => {
        calls.push(n)
        throw new EventRejected("No such order.")
      }),
    )
    await stage.here.send([{ specversion: "1.0", id: "1", source: "/x", type: Noted.name, data: { n: "no number" } }])
    await stage.publish(2, 2)
    const letters = stage.here.deadLetters("a")
    await until("both are dead", async () => (await letters.list()).length === 2)
    expect(calls).toEqual([2])
    const reasons = (await letters.list()).map(({ reason }) => reason).toSorted()
    expect(reasons).toEqual([expect.stringMatching(/^EVENTS_DATA_INVALID: .*n: /), "EVENTS_REJECTED: No such order."])
  })
  on("tells of what a listener cannot handle, and goes on", async (stage) => {
    const got: number[] = []
    await stage.subscribe(
      stage.here,
      { attempts: 2 },
      handler(Noted, ({ n }) => {
        got.push(n)
        if (n === 1) throw new RangeError("no")
      }),
    )
    await stage.publish(1, 2, () => "k")
    await until("the next is handled", () => got.includes(2))
    expect(got).toEqual([1, 1, 2])
    expect(stage.errors.at(-1)).toMatchObject({ code: "EVENTS_EVENT_DEAD", details: { group: null } })
  })
}
