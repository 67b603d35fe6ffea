import { afterAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { openDatabase } from "@ashlar/orm"
import { openQueue } from "@ashlar/queue"
import { openWebhooks } from "../src/sending/index.ts"
import { startReceiver, until } from "../src/testing/receiver.ts"

const [postgres, mariadb] = [await findServer("PostgreSQL"), await findServer("MariaDB")]
const urls: readonly (readonly [string, string])[] = [
  ["SQLite", `sqlite:${join(temporaryFolder(), "shop.db")}`],
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

describe.each(urls)("webhooks, their queue and the app's rows in one database: %s", (_name, url) => {
  const receiver = startReceiver()
  const queue = openQueue(url)
  const options = { allowsHttp: true, allowsAddress: (address: string) => address === "127.0.0.1", retryMs: [10] }
  const webhooks = openWebhooks(url, { queue, ...options })
  afterAll(async () => {
    await queue.close()
    await webhooks.close()
    await receiver.stop()
  })

  test("an event is sent when its transaction has committed, and not if it does not", async () => {
    const database = await openDatabase(url)
    await queue.ready()
    await webhooks.endpoints.create({ owner: "acme", url: receiver.url })
    await database.sql`create table invoices (id integer primary key)`.run()
    const pay = (id: number, fails: boolean, how: "in" | "ambient") =>
      database.transaction(async (tx) => {
        await tx.sql`insert into invoices (id) values (${id})`.run()
        const sender = how === "in" ? webhooks.in(tx) : webhooks
        await sender.send({ owner: "acme", type: "invoice.paid", data: { id }, id: `paid-${id}` })
        if (fails) throw new RangeError("undone")
      })
    await pay(1, false, "in")
    await pay(2, false, "ambient")
    for (const how of ["in", "ambient"] as const)
      expect(await pay(3, true, how).catch((error) => error)).toBeInstanceOf(RangeError)
    const worker = queue.work([webhooks.job])
    const delivered = async () =>
      (await webhooks.deliveries({ state: "delivered" })).map(({ event }) => event).toSorted()
    await until(async () => (await delivered()).length === 2, "both to be delivered")
    expect(await delivered()).toEqual(["paid-1", "paid-2"])
    expect((await webhooks.deliveries({})).length).toBe(2)
    expect(receiver.received.map(({ body }) => JSON.parse(body).data.id).toSorted()).toEqual([1, 2])
    await worker.stop()
    await database.close()
  }, 60_000)
  test("an event of a process that died before its jobs were there is sent when it is sent again", async () => {
    const event = { owner: "acme", type: "invoice.paid", data: { id: 9 }, id: "paid-9" }
    await webhooks.send(event)
    await queue.remove({ all: true })
    await webhooks.send(event)
    const worker = queue.work([webhooks.job])
    await until(
      async () => (await webhooks.deliveries({ event: "paid-9", state: "delivered" })).length === 1,
      "delivery",
    )
    await worker.stop()
  }, 60_000)
})

test("a queue that is elsewhere gets its jobs once the event is kept, and takes part in no transaction", async () => {
  const receiver = startReceiver()
  const folder = temporaryFolder()
  const queue = openQueue(`sqlite:${join(folder, "queue.db")}`)
  const webhooks = openWebhooks(`sqlite:${join(folder, "hooks.db")}`, {
    queue,
    allowsHttp: true,
    allowsAddress: () => true,
  })
  await webhooks.endpoints.create({ owner: "acme", url: receiver.url })
  const { id } = await webhooks.send({ owner: "acme", type: "a", data: 1 })
  const worker = queue.work([webhooks.job])
  await until(async () => (await webhooks.deliveries({ event: id, state: "delivered" })).length === 1, "delivery")
  const database = await openDatabase(`sqlite:${join(folder, "hooks.db")}`)
  const refused = await database
    .transaction((tx) => webhooks.in(tx).send({ owner: "acme", type: "a", data: 2, id: "never" }))
    .catch((error) => error)
  expect(refused).toMatchObject({ code: "QUEUE_TRANSACTION_FOREIGN" })
  expect(await webhooks.deliveries({ event: "never" })).toEqual([])
  await worker.stop()
  await Promise.all([queue.close(), webhooks.close(), database.close(), receiver.stop()])
}, 60_000)
