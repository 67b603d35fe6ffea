import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test"
import { createWebhookSecret, signWebhook } from "@ashlar/webhooks"
import { Db } from "../src/database.ts"
import { writeReport } from "../src/reports.ts"
import { Flows, Hooks, Jobs, Letters, ReportFiles, Schedules, ShopMail } from "../src/services.ts"
import { missing, ownDatabases } from "./own-databases.ts"
import { type RunningShop, runShop } from "./running-shop.ts"

setDefaultTimeout(60_000)
for (const name of missing) {
  if (process.env.CI === "true") test(`${name} is there`, () => expect(missing).not.toContain(name))
  else console.warn(`skipped: orders on ${name}, which does not listen`)
}

describe.each(ownDatabases.map((database) => [database.name, database] as const))("on %s", (_, database) => {
  let shop: RunningShop
  beforeAll(async () => {
    shop = await runShop(database)
    const response = await shop.ask("POST", "/endpoints", { url: shop.world.hookUrl })
    expect(response.status).toBe(201)
    shop.world.shop.hookKey = ((await response.json()) as { key: string }).key
  })
  afterAll(() => shop.stop())

  const becomes = (id: string, state: string) =>
    shop.until(async () => (await shop.order(id)).state === state, `the order to be ${state}`)
  const heard = (id: string) => (shop.world.heard.get(id) ?? []).map(({ type }) => type)
  const moved = (id: string) =>
    shop.world.provider.movements.filter(({ reference }) => reference === id).map(({ kind }) => kind)
  const stockOf = async (sku: string) =>
    ((await (await shop.ask("GET", "/items")).json()) as { sku: string; free: number }[]).find(
      (item) => item.sku === sku,
    )!.free
  const letters = async () => (await shop.services.get(ShopMail)).outbox!.list().map(({ message }) => message.subject)
  const chisels = [{ sku: "chisel", quantity: 2 }]

  // As long as nobody works:
  test("an order, its stock, its mail, its webhook and its fulfilment are there together", async () => {
    const before = await stockOf("chisel")
    const { id, state, totalCents } = await shop.place(chisels)
    expect({ state, totalCents, free: await stockOf("chisel") }).toEqual({
      state: "placed",
      totalCents: 6_900,
      free: before - 2,
    })
    const [queue, hooks, flows] = [
      await shop.services.get(Jobs),
      await shop.services.get(Hooks),
      await shop.services.get(Flows),
    ]
    expect((await queue.counts()).map(({ name, waiting }) => [name, waiting]).toSorted()).toEqual([
      ["ashlar.webhooks.deliver", 1],
      ["mail.send", 1],
    ])
    expect(await hooks.deliveries()).toMatchObject([{ type: "order.created", state: "pending" }])
    expect(await flows.get(id)).toMatchObject({ workflow: "fulfilment", state: "pending" })
  })
  test("or none of it is", async () => {
    const before = await stockOf("mallet")
    const key = { "idempotency-key": "too many" }
    const lines = [
      { sku: "mallet", quantity: 1 },
      { sku: "level", quantity: 13 },
    ]
    const counts = async () => [
      (await (await shop.services.get(Flows)).list()).length,
      (await (await shop.services.get(Hooks)).deliveries()).length,
      (await (await shop.services.get(Jobs)).counts()).map(({ waiting }) => waiting),
      ((await (await shop.ask("GET", "/orders")).json()) as unknown[]).length,
    ]
    const there = await counts()
    const response = await shop.ask(
      "POST",
      "/orders",
      { email: "eva@example.com", lines },
      { "idempotency-key": "too-many" },
    )
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([409, "HTTP_CONFLICT"])
    expect(await counts()).toEqual(there)
    expect(await stockOf("mallet")).toBe(before)
    const unknown = await shop.ask(
      "POST",
      "/orders",
      { email: "eva@example.com", lines: [{ sku: "none", quantity: 1 }] },
      key,
    )
    expect(unknown.status).toBe(400) // a key without blanks
  })
  test("sent again with its key it is the same order, and gets the same answer", async () => {
    const send = (quantity: number) =>
      shop.ask(
        "POST",
        "/orders",
        { email: "bob@example.com", lines: [{ sku: "line", quantity }] },
        { "idempotency-key": "again" },
      )
    const [first, second, other] = [await send(1), await send(1), await send(2)]
    expect([first.status, second.status, other.status]).toEqual([201, 201, 422])
    expect(second.headers.get("idempotency-replayed")).toBe("true")
    expect(await second.json()).toEqual(await first.json())
    expect((await shop.ask("POST", "/orders", { email: "bob@example.com", lines: chisels })).status).toBe(400)
    const mine = await shop.ask("GET", "/orders?filter[email]=bob@example.com")
    expect((await mine.json()) as unknown[]).toHaveLength(1)
  })
  test("one that is cancelled before anything was done is never charged", async () => {
    const { id } = await shop.place(chisels)
    const before = await stockOf("chisel")
    const cancelled = await shop.ask("POST", `/orders/${id}/cancel`, {})
    expect(await cancelled.json()).toMatchObject({ state: "cancelling", reason: "The customer cancelled it." })
    await shop.work() // now somebody works
    await becomes(id, "cancelled")
    expect([await stockOf("chisel"), moved(id)]).toEqual([before + 2, []])
    await shop.until(() => heard(id).includes("order.cancelled"), "the webhook")
    expect([...shop.world.provider.payments.values()].some(({ reference }) => reference === id)).toBe(false)
    expect((await shop.ask("POST", `/orders/${id}/cancel`, {})).status).toBe(200) // twice is once
  })

  test("it is paid, packed and shipped; the customer hears of it by mail, others by webhook", async () => {
    const { id } = await shop.place(chisels)
    await becomes(id, "shipped")
    await shop.until(() => heard(id).length === 3, "the webhooks")
    expect(heard(id)).toEqual(["order.created", "order.paid", "order.shipped"])
    expect(moved(id)).toEqual(["charge"])
    expect((await shop.order(id)).steps.map(({ name }) => name)).toEqual([
      "reserve",
      "payment",
      "charge",
      "news",
      "paid",
      "news#2",
      "packed",
      "shipped",
    ])
    await shop.until(async () => (await letters()).includes("Your order is on its way"), "the mail")
    expect(await letters()).toContain("We have your order")
    expect((await shop.ask("POST", `/orders/${id}/cancel`, {})).status).toBe(409)
    expect((await shop.ask("POST", `/orders/${crypto.randomUUID()}/cancel`, {})).status).toBe(404)
    const page = await shop.ask("GET", "/orders?filter[state]=shipped&limit=1&sort=-totalCents")
    expect((await page.json()) as unknown[]).toHaveLength(1)
    expect((await shop.ask("GET", "/orders?filter[state]=lost")).status).toBe(422)
  })
  test("a forged word of a payment changes nothing, nor an old one, and a true one counts once", async () => {
    const body = (reference: string) =>
      JSON.stringify({ type: "payment.declined", timestamp: new Date().toISOString(), data: { id: "x", reference } })
    const send = (secret: string, reference: string, ageSeconds = 0) => {
      const timestampSeconds = Math.floor(Date.now() / 1_000) - ageSeconds
      const text = body(reference)
      const headers = {
        "content-type": "application/json",
        ...signWebhook({ id: "evt_1", timestampSeconds, body: text }, secret),
      }
      return fetch(`${shop.url}/hooks/payments`, { method: "POST", body: text, headers })
    }
    const { paymentsSecret } = shop.world.settings
    const { id } = await shop.place(chisels)
    await becomes(id, "shipped")
    expect((await send(createWebhookSecret(), id)).status).toBe(401)
    expect((await send(paymentsSecret, id, 301)).status).toBe(400)
    expect((await send(paymentsSecret, crypto.randomUUID())).status).toBe(404)
    for (let at = 0; at < 2; at++) expect((await send(paymentsSecret, id)).status).toBe(204) // it has ended: no matter
    expect((await shop.order(id)).state).toBe("shipped")
  })
  test("a report of a day is a file, and a mail with it", async () => {
    const day = new Date().toISOString().slice(0, 10)
    const parts = {
      db: await shop.services.get(Db),
      storage: await shop.services.get(ReportFiles),
      letters: await shop.services.get(Letters),
      reportsTo: "owner@shop.example",
    }
    for (let at = 0; at < 2; at++) await writeReport(parts, day)
    expect(await (await shop.ask("GET", "/reports")).json()).toEqual([day])
    const file = await (await shop.ask("GET", `/reports/${day}`)).text()
    const [head, ...rows] = file.trim().split("\n")
    expect(head).toBe("item,pieces,cents")
    expect(rows.some((row) => /^chisel,\d+,\d+$/.test(row))).toBe(true)
    const about = (subjects: readonly string[]) => subjects.filter((subject) => subject.startsWith(`Sales of ${day}`))
    await shop.until(async () => about(await letters()).length > 0, "the mail")
    expect(about(await letters())).toHaveLength(1)
    const { outbox } = await shop.services.get(ShopMail)
    const { message } = outbox!.list().find(({ message }) => message.subject.startsWith("Sales of"))!
    expect([message.attachments[0]!.filename, new TextDecoder().decode(message.attachments[0]!.content)]).toEqual([
      `sales-${day}.csv`,
      file,
    ])
    expect((await (await shop.services.get(Schedules)).list()).map(({ name }) => name)).toEqual(["daily-report"])
    expect((await shop.ask("GET", "/reports/2020-01-01")).status).toBe(404)
  })
})

describe("on SQLite, in a world that is not kind", () => {
  const [sqlite] = ownDatabases
  const open: RunningShop[] = []
  const shopWith = async (...options: Parameters<typeof runShop> extends [unknown, ...infer Rest] ? Rest : never) => {
    const shop = await runShop(sqlite!, ...options)
    open.push(shop)
    await shop.work()
    return shop
  }
  afterAll(() => Promise.all(open.map((shop) => shop.stop())))

  test("an order that is cancelled once it is paid is refunded", async () => {
    const shop = await shopWith({ pickingMs: 3_600_000 })
    const { id } = await shop.place([{ sku: "trowel", quantity: 1 }])
    await shop.until(async () => (await shop.order(id)).state === "paid", "it to be paid")
    await shop.ask("POST", `/orders/${id}/cancel`, {})
    await shop.until(async () => (await shop.order(id)).state === "cancelled", "it to be cancelled")
    expect(shop.world.provider.movements.map(({ kind }) => kind)).toEqual(["charge", "refund"])
    const { steps } = await shop.order(id)
    expect(steps.slice(-2).map(({ name }) => name)).toEqual(["undo:payment", "undo:reserve"])
  })
  test("a payment that nobody decides is given up in time, and will not be taken later", async () => {
    const shop = await shopWith({ decisionMs: 1 }, 5_000)
    const { id } = await shop.place([{ sku: "trowel", quantity: 1 }])
    await shop.until(async () => (await shop.order(id)).state === "cancelled", "it to be cancelled")
    expect([...shop.world.provider.payments.values()].map(({ state }) => state)).toEqual(["void"])
    await Bun.sleep(5_100) // the provider would decide now
    const kept = shop.world.provider.movements.reduce(
      (sum, { kind, amountCents }) => sum + (kind === "charge" ? amountCents : -amountCents),
      0,
    )
    expect(kept).toBe(0)
  })
  test("a webhook that nobody takes is a dead letter, and is sent when somebody says so", async () => {
    const shop = await shopWith()
    let isDeaf = true
    const deaf = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => new Response(null, { status: isDeaf ? 500 : 204 }),
    })
    await shop.ask("POST", "/endpoints", { url: `http://127.0.0.1:${deaf.port}/`, types: ["order.created"] })
    const order = await shop.place([{ sku: "trowel", quantity: 1 }])
    const dead = async () => (await pictureOf(shop)).dead
    await shop.until(async () => (await dead()).length === 1, "a dead letter")
    const [{ kind, id, why, what }] = (await dead()) as [{ kind: string; id: string; why: string; what: string }]
    expect({ kind, what, why }).toEqual({
      kind: "webhook",
      what: `order.created ${order.id.slice(-8)}`,
      why: "answered 500",
    })
    isDeaf = false
    expect(await (await shop.ask("POST", "/ops/redrive", { kind, id })).json()).toEqual({ count: 1 })
    await shop.until(async () => (await dead()).length === 0, "nothing to be dead")
    expect(await (await shop.ask("POST", "/ops/redrive", { all: true })).json()).toEqual({ count: 0 })
    await deaf.stop(true)
  })
  test("webhooks go to nobody within, unless the shop says so", async () => {
    const shop = await runShop(sqlite!)
    open.push(shop)
    const { openShop, createShopApp } = await import("../src/app.ts")
    const services = await openShop({ ...shop.world.settings, allowsLocalHooks: false })
    const app = await createShopApp(services)
    const request = (url: string) =>
      app.fetch(
        new Request("http://shop.example/endpoints", {
          method: "POST",
          body: JSON.stringify({ url }),
          headers: { "content-type": "application/json" },
        }),
      )
    for (const url of ["http://example.com/", "https://127.0.0.1/", "https://localhost/"])
      expect((await request(url)).status).toBe(400)
    await app.stop(0)
    await services.close()
  })
})

/** What the page is told first. */
async function pictureOf({ url }: RunningShop): Promise<{ readonly dead: readonly object[] }> {
  const stop = new AbortController()
  const response = await fetch(`${url}/ops/events`, { signal: stop.signal })
  let text = ""
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    text += piece
    const [, data] = /data: (.*)\n\n/.exec(text) ?? []
    if (data !== undefined) {
      stop.abort()
      return JSON.parse(data)
    }
  }
  return { dead: [] }
}
