import { afterEach, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { createContainer } from "@ashlar/core"
import { openDatabase } from "@ashlar/orm"
import { openQueue, type Queue, type Worker } from "@ashlar/queue"
import { Webhook } from "standardwebhooks"
import { createWebhookKeyPair, createWebhookSecret } from "../keys.ts"
import { verifyWebhookSignature } from "../signature.ts"
import { type Received, type Receiver, startReceiver, until } from "../testing/receiver.ts"
import { defineWebhooks, openWebhooks, type Webhooks, type WebhooksOptions } from "./index.ts"

const OWN: Pick<WebhooksOptions, "allowsHttp" | "allowsAddress" | "retryMs"> = {
  allowsHttp: true,
  allowsAddress: (address) => address === "127.0.0.1",
  retryMs: [10, 20],
}
const [postgres, mariadb] = [await findServer("PostgreSQL"), await findServer("MariaDB")]
const urls: readonly (readonly [string, string])[] = [
  ["memory", "memory:"],
  ["SQLite", `sqlite:${join(temporaryFolder(), "hooks.db")}`],
  ...(postgres === undefined
    ? []
    : [
        [
          "PostgreSQL",
          await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"),
        ] as const,
      ]),
  ...(mariadb === undefined
    ? []
    : [["MariaDB", await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")] as const]),
]

interface Stage {
  readonly queue: Queue
  readonly webhooks: Webhooks
  readonly worker: Worker
  readonly receiver: Receiver
  readonly owner: string
}
const open: Stage[] = []
function stage(url = "memory:", options: Partial<WebhooksOptions> = {}): Stage {
  const queue = openQueue("memory:")
  const webhooks = openWebhooks(url, { queue, ...OWN, ...options })
  const made = {
    queue,
    webhooks,
    worker: queue.work([webhooks.job], { concurrency: 4 }),
    receiver: startReceiver(),
    owner: crypto.randomUUID(),
  }
  open.push(made)
  return made
}
afterEach(async () => {
  for (const { queue, webhooks, receiver, worker } of open.splice(0)) {
    await worker.stop({ graceMs: 1_000 })
    await queue.close()
    await webhooks.close()
    await receiver.stop()
  }
})
const theirs = (key: string, { headers, body }: Received) => new Webhook(key).verify(body, headers.toJSON())
const states = async (webhooks: Webhooks, event: string) =>
  (await webhooks.deliveries({ event })).map(({ state }) => state).toSorted()
const ended = (webhooks: Webhooks, event: string) =>
  until(async () => !(await states(webhooks, event)).includes("pending"), "deliveries end")

describe.each(urls)("webhooks kept in %s", (_name, url) => {
  test("reach the endpoints that want them, signed for each, and no other", async () => {
    const { webhooks, receiver, owner } = stage(url)
    const make = (path: string, types?: string[], whose = owner) =>
      webhooks.endpoints.create({ owner: whose, url: `${receiver.url}${path}`, ...(types && { types }) })
    const all = await make("/all")
    const paid = await make("/paid", ["invoice.paid", "user.*"])
    await make("/users", ["user.*"])
    // Other owners, also where a database takes one name for another.
    for (const other of [`${owner} other`, owner.toUpperCase(), `${owner} `]) await make("/other", undefined, other)
    const sent = await webhooks.send({ owner, type: "invoice.paid", data: { id: 7, text: "é" } })
    expect(sent.deliveries).toBe(2)
    await ended(webhooks, sent.id)
    expect(receiver.received.map(({ path }) => path).toSorted()).toEqual(["/all", "/paid"])
    for (const one of receiver.received) {
      const key = one.path === "/all" ? all.key : paid.key
      expect(theirs(key, one)).toMatchObject({ type: "invoice.paid", data: { id: 7, text: "é" } })
      expect(() => theirs(one.path === "/all" ? paid.key : all.key, one)).toThrow()
      expect(one.headers.get("webhook-id")).toBe(sent.id)
      expect(one.headers.get("content-type")).toBe("application/json")
    }
    expect(await states(webhooks, sent.id)).toEqual(["delivered", "delivered"])
  })
  test("are tried again, and every try is noted", async () => {
    const { webhooks, receiver, owner } = stage(url)
    const { key } = await webhooks.endpoints.create({ owner, url: receiver.url })
    receiver.answers.push(
      () => new Response("no\0t now", { status: 500 }),
      () => new Response(null, { status: 404 }),
    )
    const { id } = await webhooks.send({ owner, type: "a", data: null })
    await ended(webhooks, id)
    const [delivery] = await webhooks.deliveries({ event: id })
    expect(delivery).toMatchObject({ state: "delivered", attempts: 3, status: 204, type: "a", error: undefined })
    expect(await webhooks.attempts(delivery!.id)).toMatchObject([
      { number: 1, status: 500, error: "WEBHOOKS_DELIVERY_FAILED", answer: "not now" },
      { number: 2, status: 404 },
      { number: 3, status: 204, error: undefined },
    ])
    for (const one of receiver.received) expect(theirs(key, one)).toMatchObject({ type: "a", data: null })
    const [endpoint] = await webhooks.endpoints.list(owner)
    expect(endpoint!.failingSince).toBe(undefined)
  })
  test("end as dead letters when nothing helps, and are sent anew when somebody says so", async () => {
    const { webhooks, receiver, owner } = stage(url)
    const endpoint = await webhooks.endpoints.create({ owner, url: receiver.url })
    for (let at = 0; at < 3; at++) receiver.answers.push(() => new Response(null, { status: 500 }))
    const { id } = await webhooks.send({ owner, type: "a", data: 1 })
    await ended(webhooks, id)
    expect([await states(webhooks, id), receiver.received.length]).toEqual([["failed"], 3])
    expect((await webhooks.endpoints.get(endpoint.id))?.failingSince).toBeInstanceOf(Date)
    const [failed] = await webhooks.deliveries({ state: "failed", endpoint: endpoint.id })
    expect(await webhooks.redrive({ endpoint: endpoint.id, since: new Date(Date.now() + 60_000) })).toBe(0)
    expect(await webhooks.redrive({ delivery: failed!.id })).toBe(1)
    await ended(webhooks, id)
    expect([await states(webhooks, id), receiver.received.length]).toEqual([["delivered"], 4])
    expect((await webhooks.attempts(failed!.id)).length).toBe(1)
    expect(await webhooks.redrive({ endpoint: endpoint.id })).toBe(0)
  })
  test("are sent when the transaction commits, also as the first that a process does", async () => {
    if (url === "memory:") return
    const { receiver, owner, webhooks: other } = stage(url)
    await other.endpoints.create({ owner, url: receiver.url })
    const database = await openDatabase(url)
    const queue = openQueue(url, { name: `hooks-${owner.slice(0, 8)}` })
    await queue.ready()
    const webhooks = openWebhooks(url, { queue, ...OWN })
    const event = { owner, type: "a", data: 1 }
    const sent = await database.transaction((tx) => webhooks.in(tx).send(event))
    const undone = database.transaction(async (tx) => {
      await webhooks.in(tx).send({ ...event, data: 2 })
      throw new RangeError("undo")
    })
    expect(await undone.catch((error) => error)).toBeInstanceOf(RangeError)
    const worker = queue.work([webhooks.job])
    await ended(webhooks, sent.id)
    await worker.idle()
    expect(receiver.received.map(({ body }) => JSON.parse(body).data)).toEqual([1])
    await worker.stop()
    await queue.close()
    await webhooks.close()
    await database.close()
  })
  test("that were delivered stay so, when a worker that was silent for too long says that they failed", async () => {
    const { receiver, owner } = stage()
    const queue = openQueue("memory:") // nobody works on it: the tries are made here
    const webhooks = openWebhooks(url, { queue, ...OWN })
    await webhooks.endpoints.create({ owner, url: receiver.url })
    const { id } = await webhooks.send({ owner, type: "a", data: 1 })
    const [delivery] = await webhooks.deliveries({ event: id })
    const job = { input: { delivery: delivery!.id }, signal: new AbortController().signal } as never
    const { promise, resolve } = Promise.withResolvers<void>()
    receiver.answers.push(() => promise.then(() => new Response(null, { status: 500 })))
    const stale = Promise.resolve(webhooks.job.run(job)).catch((error) => error.code)
    await until(() => receiver.received.length === 1, "the first try")
    await webhooks.job.run(job)
    resolve()
    expect(await stale).toBe("WEBHOOKS_DELIVERY_FAILED")
    expect(await states(webhooks, id)).toEqual(["delivered"])
    expect(await webhooks.attempts(delivery!.id)).toMatchObject([{ number: 1, status: 204 }])
    await queue.close()
    await webhooks.close()
  })
  test("of one id are one event", async () => {
    const { webhooks, receiver, owner } = stage(url)
    await webhooks.endpoints.create({ owner, url: receiver.url })
    const event = { owner, type: "a", data: 1, id: `own-${crypto.randomUUID()}` }
    const sent = await Promise.all([webhooks.send(event), webhooks.send(event)])
    expect(sent.map(({ id }) => id)).toEqual([event.id, event.id])
    await ended(webhooks, event.id)
    await webhooks.send(event)
    await Bun.sleep(50)
    expect(receiver.received.length).toBe(1)
  })
  test("to an endpoint that is gone, disabled or removed are skipped, and sent once it is back", async () => {
    const disabled: string[] = []
    const { webhooks, receiver, owner } = stage(url, {
      onDisabled: ({ id, disabledWhy }) => disabled.push(`${id} ${disabledWhy}`),
    })
    const endpoint = await webhooks.endpoints.create({ owner, url: receiver.url })
    receiver.answers.push(() => new Response(null, { status: 410 }))
    const { id } = await webhooks.send({ owner, type: "a", data: 1 })
    await ended(webhooks, id)
    expect([await states(webhooks, id), receiver.received.length, disabled]).toEqual([
      ["failed"],
      1,
      [`${endpoint.id} gone`],
    ])
    expect(await webhooks.send({ owner, type: "a", data: 2 })).toMatchObject({ deliveries: 0 })
    const back = await webhooks.endpoints.enable(endpoint.id)
    expect([back.disabledAt, back.disabledWhy]).toEqual([undefined, undefined])
    receiver.answers.push(async () => {
      await webhooks.endpoints.disable(endpoint.id)
      return new Response(null, { status: 500 })
    })
    const second = await webhooks.send({ owner, type: "a", data: 3 })
    await ended(webhooks, second.id)
    expect([await states(webhooks, second.id), receiver.received.length]).toEqual([["skipped"], 2])
    await webhooks.endpoints.enable(endpoint.id)
    expect(await webhooks.redrive({ endpoint: endpoint.id })).toBe(2)
    await Promise.all([ended(webhooks, id), ended(webhooks, second.id)])
    expect([await states(webhooks, id), await states(webhooks, second.id)]).toEqual([["delivered"], ["delivered"]])
    expect(disabled.length).toBe(1)
    expect([await webhooks.endpoints.remove(endpoint.id), await webhooks.endpoints.remove(endpoint.id)]).toEqual([
      true,
      false,
    ])
  })
  test("are signed with the old key too while a new one takes its place", async () => {
    const { webhooks, receiver, owner } = stage(url)
    const endpoint = await webhooks.endpoints.create({ owner, url: receiver.url })
    const next = await webhooks.endpoints.rotate(endpoint.id, { overlapMs: 60_000 })
    await ended(webhooks, (await webhooks.send({ owner, type: "a", data: 1 })).id)
    const pair = createWebhookKeyPair()
    const last = await webhooks.endpoints.rotate(endpoint.id, { key: pair.secretKey, overlapMs: 0 })
    expect(last.key).toBe(pair.publicKey)
    await ended(webhooks, (await webhooks.send({ owner, type: "a", data: 2 })).id)
    const [first, second] = receiver.received as [Received, Received]
    for (const key of [endpoint.key, next.key]) expect(theirs(key, first)).toMatchObject({ data: 1 })
    expect(verifyWebhookSignature(second.headers, second.body, { keys: pair.publicKey }).id).toMatch(/^msg_/)
    for (const key of [endpoint.key, next.key]) expect(() => theirs(key, second)).toThrow()
  })
  test("are taken away when they are old, but for those on their way", async () => {
    const { webhooks, owner, worker } = stage(url, { keepMs: 3_600_000, clock: { now: () => nowMs } })
    let nowMs = Date.now()
    worker.pause()
    const none = await webhooks.send({ owner, type: "a", data: 1 })
    await webhooks.endpoints.create({ owner, url: "http://127.0.0.1:1/" })
    const waiting = await webhooks.send({ owner, type: "a", data: 2 })
    nowMs += 3_600_001
    const fresh = await webhooks.send({ owner, type: "b", data: 3 })
    expect(await webhooks.sweep()).toBeGreaterThanOrEqual(1)
    const rows = await webhooks.deliveries({ limit: 10 })
    const events = rows.map(({ event }) => event)
    expect([events.includes(none.id), events.includes(waiting.id), events.includes(fresh.id)]).toEqual([
      false,
      true,
      true,
    ])
    expect((await webhooks.deliveries({ limit: 1, after: rows[0]!.id }))[0]?.event).toBe(rows[1]?.event)
  })
})

describe("endpoints", () => {
  test("are looked up, changed, and listed by owner", async () => {
    const { webhooks, receiver, owner } = stage()
    const { key, ...endpoint } = await webhooks.endpoints.create({
      owner,
      url: `${receiver.url}/#part`,
      types: ["a.*", "a.*"],
    })
    expect([key.startsWith("whsec_"), endpoint.types, endpoint.url]).toEqual([true, ["a.*"], `${receiver.url}/`])
    expect(await webhooks.endpoints.get(endpoint.id)).toEqual(endpoint)
    expect(JSON.stringify(await webhooks.endpoints.list(owner)).includes(key)).toBe(false)
    const changed = await webhooks.endpoints.update(endpoint.id, { types: null, url: `${receiver.url}/b` })
    expect([changed.types, changed.url]).toEqual([undefined, `${receiver.url}/b`])
    expect(await webhooks.endpoints.get("ep_none")).toBe(undefined)
  })
  test("that are not there are WEBHOOKS_ENDPOINT_UNKNOWN", async () => {
    const { webhooks } = stage()
    const { endpoints } = webhooks
    const acts = [endpoints.update("x", {}), endpoints.disable("x"), endpoints.enable("x"), endpoints.rotate("x")]
    for (const outcome of await Promise.allSettled(acts))
      expect(outcome).toMatchObject({ reason: { code: "WEBHOOKS_ENDPOINT_UNKNOWN", status: 404 } })
  })
  test("are bounded for each owner: WEBHOOKS_ENDPOINTS_FULL", async () => {
    const { webhooks, receiver, owner } = stage("memory:", { maxEndpoints: 2 })
    const make = () => webhooks.endpoints.create({ owner, url: receiver.url })
    await make()
    await make()
    expect(await make().catch((error) => error)).toMatchObject({
      code: "WEBHOOKS_ENDPOINTS_FULL",
      details: { maxEndpoints: 2 },
    })
    await webhooks.endpoints.create({ owner: `${owner} other`, url: receiver.url })
  })
  test("keep their keys sealed where the app says how", async () => {
    const url = `sqlite:${join(temporaryFolder(), "sealed.db")}`
    const seal = {
      seal: async (text: string, context: string) => `${context} ${btoa(text)}`,
      open: async (sealed: string, context: string) => {
        expect(sealed.startsWith(`${context} `)).toBe(true)
        return atob(sealed.slice(context.length + 1))
      },
    }
    const { webhooks, receiver, owner } = stage(url, { seal })
    const { key } = await webhooks.endpoints.create({ owner, url: receiver.url })
    const database = await openDatabase(url)
    const rows = await database.sql`select secrets from ashlar_webhook_endpoints`.all()
    expect([rows.length, JSON.stringify(rows).includes(key.slice(6))]).toEqual([1, false])
    await database.close()
    await ended(webhooks, (await webhooks.send({ owner, type: "a", data: 1 })).id)
    expect(theirs(key, receiver.received[0]!)).toMatchObject({ data: 1 })
  })
  test.each<[string, object, string]>([
    ["no owner", { owner: "" }, "WEBHOOKS_OPTION_INVALID"],
    ["a key that is none", { key: "whsec_short" }, "WEBHOOKS_KEY_INVALID"],
    ["no types", { types: [] }, "WEBHOOKS_OPTION_INVALID"],
    ["a type that is none", { types: ["a.*.b"] }, "WEBHOOKS_OPTION_INVALID"],
    ["too many types", { types: Array(101).fill("a") }, "WEBHOOKS_OPTION_INVALID"],
  ])("are refused with %s", async (_what, wrong, code) => {
    const { webhooks, receiver, owner } = stage()
    const error = await webhooks.endpoints.create({ owner, url: receiver.url, ...wrong }).catch((cause) => cause)
    expect(error).toMatchObject({ code })
  })
})

describe("an event", () => {
  test.each<[string, object, string]>([
    ["no type", { type: "" }, "WEBHOOKS_EVENT_INVALID"],
    ["a type with spaces", { type: "invoice paid" }, "WEBHOOKS_EVENT_INVALID"],
    ["an id with a dot", { id: "a.b" }, "WEBHOOKS_EVENT_INVALID"],
    ["no data", { data: undefined }, "WEBHOOKS_EVENT_INVALID"],
    ["data that is no JSON", { data: 1n }, "WEBHOOKS_EVENT_INVALID"],
    ["no time", { timestamp: new Date(Number.NaN) }, "WEBHOOKS_EVENT_INVALID"],
    ["too much data", { data: "x".repeat(1_000) }, "WEBHOOKS_PAYLOAD_TOO_LARGE"],
  ])("is refused with %s", async (_what, wrong, code) => {
    const { webhooks, owner } = stage("memory:", { maxPayloadBytes: 1_000 })
    expect(await webhooks.send({ owner, type: "a", data: 1, ...wrong }).catch((error) => error)).toMatchObject({ code })
  })
  test("cannot be sent once it is closed: WEBHOOKS_STORE_FAILED", async () => {
    const { webhooks, owner } = stage()
    await webhooks.close()
    expect(await webhooks.send({ owner, type: "a", data: 1 }).catch((error) => error)).toMatchObject({
      code: "WEBHOOKS_STORE_FAILED",
    })
  })
})

describe("options", () => {
  test.each<[string, object]>([
    ["timeoutMs", { timeoutMs: 99 }],
    ["retryMs", { retryMs: [1, -1] }],
    ["retryMs", { retryMs: Array(31).fill(1) }],
    ["perEndpoint", { perEndpoint: 0 }],
    ["keepMs", { keepMs: 1 }],
    ["disableAfterMs", { disableAfterMs: 1.5 }],
  ])("%s out of bounds is WEBHOOKS_OPTION_INVALID", (name, wrong) => {
    const queue = openQueue("memory:")
    expect(() => openWebhooks("memory:", { queue, ...wrong })).toThrow(
      expect.objectContaining({ code: "WEBHOOKS_OPTION_INVALID", message: expect.stringContaining(name) }),
    )
  })
  test("webhooks are a service of an app", async () => {
    const queue = openQueue("memory:")
    const container = createContainer()
    const webhooks = await container.get(defineWebhooks(async () => ({ url: "memory:", queue })))
    expect(await webhooks.endpoints.list("nobody")).toEqual([])
    await container.close()
    expect(await webhooks.endpoints.list("nobody").catch((error) => error)).toMatchObject({
      code: "WEBHOOKS_STORE_FAILED",
    })
    await queue.close()
  })
  test("what keeps them must be one", async () => {
    const queue = openQueue("memory:")
    const webhooks = openWebhooks("postgres://user:hidden@127.0.0.1:1/d", { queue })
    const error = await webhooks.endpoints.list("a").catch((cause) => cause)
    expect([error.code, String(error.message).includes("hidden")]).toEqual(["WEBHOOKS_STORE_FAILED", false])
    expect(createWebhookSecret()).not.toBe(createWebhookSecret())
  })
})
