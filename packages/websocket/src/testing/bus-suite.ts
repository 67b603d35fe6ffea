import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import type { Bus } from "../bus/bus.ts"

export interface BusSuiteOptions {
  /** Opens one more bus on the same server, as another process would. */
  readonly open: () => Promise<Bus>
  readonly maxPayloadBytes: number
  /** Breaks all connections of the open buses; absent where there are none. */
  readonly cut?: () => void
}

/** How long something may take to arrive, in milliseconds. */
const ARRIVAL_MS = 5_000

/** Two buses on one server, and a topic of this test alone: the server is shared. */
interface Stage {
  here: Bus
  there: Bus
  topic: string
}

/** The suite that every bus passes. @example describeBus("redis", { open: () => openMyBus(url), maxPayloadBytes: 1024 }) */
export function describeBus(name: string, { open, maxPayloadBytes, cut }: BusSuiteOptions): void {
  describe(`a bus over ${name}`, () => {
    const stage = {} as Stage
    beforeEach(async () => {
      const [here, there] = await Promise.all([open(), open()])
      Object.assign(stage, { here, there, topic: `suite/${crypto.randomUUID()}` })
    })
    afterEach(async () => {
      await Promise.all([stage.here.close(), stage.there.close()])
    })
    testDelivery(stage)
    testPayloads(stage, maxPayloadBytes)
    testSubscriptions(stage)
    if (cut !== undefined) testResume(stage, cut)
  })
}

function testDelivery(stage: Stage): void {
  test("carries a payload to every subscription of the topic, its own ones too", async () => {
    const { here, there, topic } = stage
    const all = [await listen(here, topic), await listen(there, topic), await listen(there, topic)]
    await here.publish(topic, "hello")
    for (const { got } of all) expect(await arrived(got, 1)).toEqual(["hello"])
  })
  test("carries nothing to another topic", async () => {
    const { here, there, topic } = stage
    const other = await listen(there, `${topic}/other`)
    const longer = await listen(there, `${topic}x`)
    const same = await listen(there, topic)
    await here.publish(topic, "hello")
    await arrived(same.got, 1)
    await settle(stage, there)
    expect([other.got, longer.got]).toEqual([[], []])
  })
  test("takes a topic with any character in it", async () => {
    const { here, there, topic } = stage
    const strange = `${topic} *.>é{}\n:\u0001${"long".repeat(100)}`
    const { got } = await listen(there, strange)
    await here.publish(strange, "x")
    expect(await arrived(got, 1)).toEqual(["x"])
  })
  test("keeps the order in which one bus publishes, over several topics", async () => {
    const { here, there, topic } = stage
    const got: string[] = []
    const topics = [topic, `${topic}/2`, `${topic}/3`]
    await Promise.all(topics.map((one) => there.subscribe(one, (payload) => void got.push(payload))))
    const sent = Array.from({ length: 600 }, (_, index) => `${index}`)
    await Promise.all(sent.map((payload, index) => here.publish(topics[index % 3]!, payload)))
    expect(await arrived(got, sent.length)).toEqual(sent)
  })
}

const PAYLOADS: readonly [what: string, payload: string][] = [
  ["nothing", ""],
  ["line breaks", "a\r\nb\n\nc"],
  ["NUL and other controls", "a\u0000b\u001f"],
  ["characters outside the basic plane", "🏳️‍🌈 é 漢"],
  ["what looks like a command", "+OK\r\n$5\r\nhello\r\nPING\r\n"],
]

function testPayloads(stage: Stage, maxPayloadBytes: number): void {
  test.each([...PAYLOADS])("carries %s as it is", async (_what, payload) => {
    const { got } = await listen(stage.there, stage.topic)
    await stage.here.publish(stage.topic, payload)
    expect(await arrived(got, 1)).toEqual([payload])
  })
  if (maxPayloadBytes > 2 ** 27) return
  test("carries the largest payload it promises, and refuses a larger one", async () => {
    const { here, there, topic } = stage
    const { got } = await listen(there, topic)
    const largest = `é${"x".repeat(maxPayloadBytes - 2)}`
    await here.publish(topic, largest)
    expect((await arrived(got, 1))[0] === largest).toBe(true)
    expect(await here.publish(topic, `${largest}x`).catch((error) => error)).toMatchObject({
      code: "WEBSOCKET_BUS_PAYLOAD_TOO_LARGE",
      details: { maxPayloadBytes },
    })
    await settle(stage, there)
    expect(got.filter((one) => !one.startsWith("mark"))).toHaveLength(1)
  })
}

function testSubscriptions(stage: Stage): void {
  test("stops when a subscription ends, and leaves the others", async () => {
    const { here, there, topic } = stage
    const [ended, kept] = [await listen(there, topic), await listen(there, topic)]
    await ended.end()
    await ended.end()
    await here.publish(topic, "hello")
    expect(await arrived(kept.got, 1)).toEqual(["hello"])
    expect(ended.got).toEqual([])
  })
  test("counts one listener twice when it subscribes twice", async () => {
    const { here, there, topic } = stage
    const got: string[] = []
    const listener = (payload: string): void => void got.push(payload)
    const end = await there.subscribe(topic, listener)
    await there.subscribe(topic, listener)
    await here.publish(topic, "a")
    expect(await arrived(got, 2)).toEqual(["a", "a"])
    await end()
    await here.publish(topic, "b")
    await settle(stage, there)
    expect(got.filter((one) => one === "b")).toHaveLength(1)
  })
  test("takes a subscription that ends and begins again at once", async () => {
    const { here, there, topic } = stage
    const first = await listen(there, topic)
    const [, second] = await Promise.all([first.end(), listen(there, topic)])
    await here.publish(topic, "hello")
    expect(await arrived(second.got, 1)).toEqual(["hello"])
    expect(first.got).toEqual([])
  })
  test("takes 500 topics", async () => {
    const { here, there, topic } = stage
    const all = await Promise.all(Array.from({ length: 500 }, (_, index) => listen(there, `${topic}/${index}`)))
    await Promise.all(all.map((_, index) => here.publish(`${topic}/${index}`, `${index}`)))
    for (const [index, { got }] of all.entries()) expect(await arrived(got, 1)).toEqual([`${index}`])
    await Promise.all(all.map(({ end }) => end()))
  })
  test("does nothing once it is closed, and can be closed twice", async () => {
    const { here, there, topic } = stage
    const { got } = await listen(there, topic)
    await there.close()
    await there.close()
    await here.publish(topic, "late")
    await settle(stage, here)
    expect(got).toEqual([])
    for (const attempt of [there.publish(topic, "x"), there.subscribe(topic, () => undefined)])
      expect(await attempt.catch((error) => error)).toMatchObject({ code: "WEBSOCKET_BUS_FAILED" })
  })
}

function testResume(stage: Stage, cut: () => void): void {
  test("comes back after its connection broke, with all its subscriptions, and says so", async () => {
    const { here, there, topic } = stage
    const [one, two] = [await listen(there, topic), await listen(there, `${topic}/2`)]
    const resumed = new Promise<void>((resolve) => there.onResume(resolve))
    cut()
    await resumed
    const until = Date.now() + ARRIVAL_MS
    // The publishing side comes back in its own time, and may refuse until then.
    while (two.got.length === 0 && Date.now() < until) {
      await here.publish(`${topic}/2`, "back").catch(() => undefined)
      await Bun.sleep(20)
    }
    await here.publish(topic, "again")
    expect(await arrived(one.got, 1)).toEqual(["again"])
    expect(two.got[0]).toBe("back")
  })
}

/** What arrives at a topic of a bus. */
async function listen(bus: Bus, topic: string): Promise<{ got: string[]; end: () => Promise<void> }> {
  const got: string[] = []
  return { got, end: await bus.subscribe(topic, (payload) => void got.push(payload)) }
}

async function arrived(got: readonly string[], count: number): Promise<readonly string[]> {
  const until = Date.now() + ARRIVAL_MS
  while (got.length < count && Date.now() < until) await Bun.sleep(2)
  return got
}

/** Everything that `here` published before this has arrived when this has. */
async function settle({ here, topic }: Stage, bus: Bus): Promise<void> {
  const mark = `mark ${crypto.randomUUID()}`
  let seen = false
  const end = await bus.subscribe(topic, (payload) => {
    if (payload === mark) seen = true
  })
  await here.publish(topic, mark)
  const until = Date.now() + ARRIVAL_MS
  while (!seen && Date.now() < until) await Bun.sleep(2)
  expect(seen).toBe(true)
  await end()
}
