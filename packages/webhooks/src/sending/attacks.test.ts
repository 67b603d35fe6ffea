import { afterEach, describe, expect, test } from "bun:test"
import { type ManualClock, manualClock } from "@ashlar/core"
import type { ConnectTarget, Resolve } from "@ashlar/http/outbound"
import { openQueue, type Queue } from "@ashlar/queue"
import { type Receiver, startReceiver } from "../testing/receiver.ts"
import { type Endpoint, openWebhooks, type Webhooks, type WebhooksOptions } from "./index.ts"

/* One try at a time, run by hand: what a worker would do with it is said by what it throws. */

const open: { webhooks: Webhooks; queue: Queue; receiver: Receiver }[] = []
afterEach(async () => {
  for (const { webhooks, queue, receiver } of open.splice(0)) {
    await webhooks.close()
    await queue.close()
    await receiver.stop()
  }
})

function stage(options: Partial<WebhooksOptions> = {}) {
  const queue = openQueue("memory:")
  const clock: ManualClock = manualClock()
  const receiver = startReceiver()
  const disabled: Endpoint[] = []
  const webhooks = openWebhooks("memory:", {
    queue,
    clock,
    allowsHttp: true,
    allowsAddress: (address) => address === "127.0.0.1",
    onDisabled: (endpoint) => disabled.push(endpoint),
    ...options,
  })
  open.push({ webhooks, queue, receiver })
  const attempt = async (delivery: string, signal = new AbortController().signal) =>
    (await Promise.resolve(webhooks.job.run({ input: { delivery }, signal } as never)).catch((error) => error)) as
      | { code: string; details: { delayMs: number } }
      | undefined
  const sendOne = async (url = receiver.url) => {
    const endpoint = await webhooks.endpoints.create({ owner: "acme", url })
    const { id } = await webhooks.send({ owner: "acme", type: "a", data: 1 })
    const [delivery] = await webhooks.deliveries({ event: id, endpoint: endpoint.id })
    return { endpoint, delivery: delivery!.id }
  }
  const last = async (delivery: string) => (await webhooks.attempts(delivery)).at(-1)
  return { webhooks, clock, receiver, disabled, attempt, sendOne, last }
}

describe("an endpoint's URL is refused when it is made: WEBHOOKS_URL_INVALID", () => {
  const own = { allowsHttp: false }
  test.each([
    "",
    "acme.example/hooks",
    "http://acme.example/",
    "ftp://acme.example/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://user@acme.example/",
    "https://user:password@acme.example/",
    `https://acme.example/${"x".repeat(2_048)}`,
    "https://127.0.0.1/",
    "https://127.1/",
    "https://0x7f.0.0.1/",
    "https://2130706433/",
    "https://0177.0.0.1/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fd00::1]/",
    "https://[fe80::1]/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://db/",
    "https://metadata.google.internal/",
    "https://printer.local/",
  ])("%s", async (url) => {
    const { isPublicAddress } = await import("@ashlar/http/outbound")
    const { webhooks } = stage({ ...own, allowsAddress: isPublicAddress })
    const make = webhooks.endpoints.create({ owner: "acme", url })
    expect(await make.catch((error) => error)).toMatchObject({ code: "WEBHOOKS_URL_INVALID", status: 400 })
  })
})

describe("an address is checked when it is connected to", () => {
  const names = (all: Record<string, readonly (readonly string[])[]>): Resolve => {
    const asked = new Map<string, number>()
    return async (host) => {
      const at = asked.get(host) ?? 0
      asked.set(host, at + 1)
      const answers = all[host] ?? []
      return answers[Math.min(at, answers.length - 1)] ?? []
    }
  }
  function world(resolve: Resolve) {
    const targets: ConnectTarget[] = []
    const options = {
      resolve,
      allowsAddress: (address: string) => address.startsWith("93."),
      connect: async (target: ConnectTarget) => {
        targets.push(target)
        return new Response(null, { status: 204 })
      },
    }
    return { ...stage(options), targets }
  }
  test.each<[string, readonly string[]]>([
    ["loopback", ["127.0.0.1"]],
    ["the metadata of a cloud", ["169.254.169.254"]],
    ["one of several that is private", ["93.184.216.34", "10.0.0.7"]],
    ["an IPv4 address within IPv6", ["::ffff:10.0.0.7"]],
    ["what is no address", ["93.example"]],
  ])("%s behind a name is not connected to: WEBHOOKS_ADDRESS_PRIVATE", async (_what, addresses) => {
    const { attempt, sendOne, last, targets } = world(names({ "acme.example": [addresses] }))
    const { delivery } = await sendOne("https://acme.example/hooks")
    expect(await attempt(delivery)).toMatchObject({ code: "WEBHOOKS_DELIVERY_FAILED" })
    expect([await last(delivery), targets]).toMatchObject([
      { error: "WEBHOOKS_ADDRESS_PRIVATE", status: undefined },
      [],
    ])
  })
  test("the connection goes to what was checked, whatever the name means a moment later", async () => {
    const resolve = names({ "acme.example": [["93.184.216.34"], ["127.0.0.1"]] })
    const { attempt, sendOne, targets } = world(resolve)
    const { delivery } = await sendOne("https://acme.example:8443/hooks?a=1")
    expect(await attempt(delivery)).toBe(undefined)
    expect(targets).toEqual([
      { protocol: "https:", address: "93.184.216.34", port: 8443, host: "acme.example", path: "/hooks?a=1" },
    ])
    const second = await sendOne("https://acme.example/hooks")
    await attempt(second.delivery)
    expect(targets.length).toBe(1)
  })
  test("a name that means nothing is a failure", async () => {
    const { attempt, sendOne, last } = world(async () => Promise.reject(new RangeError("no such host 10.0.0.53")))
    const { delivery } = await sendOne("https://none.example/")
    await attempt(delivery)
    expect(await last(delivery)).toMatchObject({ error: "WEBHOOKS_DELIVERY_FAILED", answer: undefined })
  })
  test("another address is tried when one cannot be reached", async () => {
    const tried: string[] = []
    const { attempt, sendOne } = stage({
      resolve: async () => ["93.0.0.1", "93.0.0.2"],
      allowsAddress: () => true,
      connect: async ({ address }) => {
        tried.push(address)
        if (tried.length === 1) throw new RangeError("unreachable")
        return new Response(null, { status: 200 })
      },
    })
    const { delivery } = await sendOne("https://acme.example/")
    expect([await attempt(delivery), tried]).toEqual([undefined, ["93.0.0.1", "93.0.0.2"]])
  })
})

describe("an endpoint that does us harm", () => {
  test("by a redirect into the own network is not followed", async () => {
    const inside = startReceiver()
    const { attempt, sendOne, last, receiver } = stage()
    const { delivery } = await sendOne()
    for (const status of [301, 302, 303, 307, 308]) {
      receiver.answers.push(() => new Response(null, { status, headers: { location: inside.url } }))
      expect(await attempt(delivery)).toMatchObject({ code: "WEBHOOKS_DELIVERY_FAILED" })
      expect(await last(delivery)).toMatchObject({ status })
    }
    expect(inside.received).toEqual([])
    await inside.stop()
  })
  test("by an answer without end has its beginning read", async () => {
    let sent = 0
    const endless = () =>
      new ReadableStream<Uint8Array>({
        async pull(controller) {
          await Bun.sleep(1)
          sent += 10_000
          controller.enqueue(new Uint8Array(10_000).fill(97))
        },
      })
    const { attempt, sendOne, last, receiver } = stage({ timeoutMs: 20_000 })
    const { delivery } = await sendOne()
    receiver.answers.push(() => new Response(endless(), { status: 500 }))
    await attempt(delivery)
    expect((await last(delivery))?.answer).toBe("a".repeat(1_000))
    expect(sent).toBeLessThan(5_000_000)
  })
  test.each<[string, () => Response | Promise<Response>]>([
    ["by no answer", () => new Promise<Response>(() => undefined)],
    [
      "by an answer that stops in the middle",
      () =>
        new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(10)) }), {
          status: 200,
        }),
    ],
  ])("%s has its time, and not more", async (_what, answer) => {
    const { attempt, sendOne, last, receiver } = stage({ timeoutMs: 150 })
    const { delivery } = await sendOne()
    receiver.answers.push(answer)
    expect(await attempt(delivery)).toMatchObject({ code: "WEBHOOKS_DELIVERY_FAILED" })
    expect(await last(delivery)).toMatchObject({ status: undefined, error: "WEBHOOKS_DELIVERY_FAILED" })
  })
  test("by a name that is never resolved has its time, and not more", async () => {
    const { attempt, sendOne } = stage({ timeoutMs: 150, resolve: () => new Promise(() => undefined) })
    const { delivery } = await sendOne("https://slow.example/")
    expect(await attempt(delivery)).toMatchObject({ code: "WEBHOOKS_DELIVERY_FAILED" })
  })
  test("by being away for long is disabled, and its owner is told", async () => {
    const { attempt, sendOne, clock, disabled, webhooks, receiver } = stage({ disableAfterMs: 3_600_000 })
    const { delivery, endpoint } = await sendOne()
    receiver.answers.push(...Array.from({ length: 3 }, () => () => new Response(null, { status: 500 })))
    await attempt(delivery)
    clock.advance(3_599_999)
    await attempt(delivery)
    expect((await webhooks.endpoints.get(endpoint.id))?.disabledAt).toBe(undefined)
    clock.advance(1)
    await attempt(delivery)
    expect(await webhooks.endpoints.get(endpoint.id)).toMatchObject({ disabledWhy: "failing" })
    expect(disabled.map(({ id }) => id)).toEqual([endpoint.id])
    expect(await attempt(delivery)).toBe(undefined)
    expect((await webhooks.deliveries({}))[0]).toMatchObject({ state: "skipped" })
  })
})

describe("the pauses between tries", () => {
  test("are those of the standard, over three days, with a tenth left to chance", async () => {
    const { attempt, sendOne, receiver, webhooks, clock } = stage()
    const { delivery } = await sendOne()
    const seconds: number[] = []
    for (;;) {
      receiver.answers.push(() => new Response(null, { status: 500 }))
      const thrown = await attempt(delivery)
      if (thrown === undefined) break
      seconds.push(thrown.details.delayMs / 1000)
      clock.advance(1_000)
    }
    const standard = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
    expect(seconds.length).toBe(9)
    for (const [at, pause] of standard.entries())
      expect([seconds[at]! >= pause, seconds[at]! <= pause * 1.1 + 0.001]).toEqual([true, true])
    expect((await webhooks.deliveries({}))[0]).toMatchObject({ state: "failed", attempts: 10 })
  })
  test.each<[number, string | undefined, number]>([
    [429, "120", 120],
    [503, new Date(Date.UTC(2026, 0, 1, 0, 2, 0)).toUTCString(), 120],
    [502, undefined, 5],
    [429, "999999999", 86_400],
    [429, "soon", 5],
    [429, "-5", 5],
  ])("are as long as an answer of %d asks with Retry-After: %s, and others wait too", async (status, value, wanted) => {
    const { attempt, sendOne, receiver, webhooks, clock } = stage()
    const { delivery, endpoint } = await sendOne()
    receiver.answers.push(() => new Response(null, { status, ...(value && { headers: { "retry-after": value } }) }))
    const thrown = (await attempt(delivery))!
    expect(thrown.details.delayMs).toBeGreaterThanOrEqual(wanted * 1000)
    expect(thrown.details.delayMs).toBeLessThanOrEqual(wanted * 1100 + 1_000)
    const { id } = await webhooks.send({ owner: "acme", type: "a", data: 2 })
    const [other] = await webhooks.deliveries({ event: id, endpoint: endpoint.id })
    const held = (await attempt(other!.id))!
    expect([held.code, held.details.delayMs >= 5_000, receiver.received.length]).toEqual([
      "WEBHOOKS_DELIVERY_FAILED",
      true,
      1,
    ])
    expect((await webhooks.deliveries({ event: id }))[0]?.attempts).toBe(0)
    clock.advance(86_400_001)
    expect(await attempt(other!.id)).toBe(undefined)
  })
  test("a worker that stops in the middle of a try leaves no mark on the endpoint", async () => {
    const { attempt, sendOne, receiver, webhooks } = stage()
    const { delivery, endpoint } = await sendOne()
    const controller = new AbortController()
    receiver.answers.push(async () => {
      controller.abort(new RangeError("stopping"))
      return new Promise<Response>(() => undefined)
    })
    expect(await attempt(delivery, controller.signal)).toBeInstanceOf(RangeError)
    expect(await webhooks.attempts(delivery)).toEqual([])
    expect((await webhooks.endpoints.get(endpoint.id))?.failingSince).toBe(undefined)
  })
  test("a delivery that is not there, or was made, is not made again", async () => {
    const { attempt, sendOne, receiver } = stage()
    const { delivery } = await sendOne()
    expect([await attempt("none"), await attempt(delivery), await attempt(delivery)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(receiver.received.length).toBe(1)
  })
})
