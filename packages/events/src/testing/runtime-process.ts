/** Does once, on whatever runtime this is, what the suites do on Bun: over each URL that it is given. */
import assert from "node:assert/strict"
import { openDatabase } from "@ashlar/orm"
import { v } from "@ashlar/validation"
import { createEvents, defineEvent, on, openBus } from "../index.ts"
import { openInbox, openOutbox } from "../outbox/index.ts"

const { name, buses, databases } = JSON.parse(process.argv[2] ?? "{}") as {
  name: string
  buses: string[]
  databases: string[]
}
const Placed = defineEvent("order.placed", v.object({ n: v.integer(), bad: v.boolean().optional() }), {
  key: () => "k",
})

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 20_000
  while (!(await isSo())) {
    assert.ok(Date.now() < end, what)
    await new Promise((done) => setTimeout(done, 5))
  }
}

const events = createEvents()
const heard: number[] = []
events.on("order.*", (data) => void heard.push((data as { n: number }).n))
await events.emit(Placed, { n: 1 })
assert.deepEqual(heard, [1])

for (const url of buses) {
  const options = { name, partitions: 2, pollMs: 10, leaseMs: 2_000 }
  const [bus, other] = [openBus(url, options), openBus(url, options)]
  const [got, all]: [number[], number[]] = [[], []]
  await bus.subscribe(
    { group: "a", attempts: 2, backoffMs: 1 },
    on(Placed, ({ n, bad }, { attempt }) => {
      if (bad || (n === 2 && attempt === 1)) throw new RangeError("no")
      got.push(n)
    }),
  )
  await other.subscribe(
    {},
    on(Placed, ({ n }) => void all.push(n)),
  )
  for (const n of [1, 2, 3]) await other.publish(Placed, { n })
  await other.publish(Placed, { n: 4, bad: true })
  await other.publish(Placed, { n: 5 })
  await until(`${url}: handled`, () => got.includes(5) && all.includes(5))
  assert.deepEqual(
    [got, all],
    [
      [1, 2, 3, 5],
      [1, 2, 3, 4, 5],
    ],
    url,
  )
  assert.equal((await other.deadLetters("a").list())[0]?.reason, "RangeError: no", url)
  assert.equal(await other.deadLetters("a").discard("all"), 1, url)
  await bus.close()
  await other.forgetGroup("a")
  await other.close()
}

for (const url of databases) {
  const db = await openDatabase(url)
  const [outbox, inbox, bus] = [await openOutbox(db), await openInbox(db), openBus("memory:")]
  await bus.subscribe(
    { group: "a" },
    on(Placed, (_data, event) => inbox.handle(event, async () => 1)),
  )
  await outbox.relay(bus, { pollMs: 10 })
  await db.transaction(async (tx) => void (await outbox.in(tx).publish(Placed, { n: 1 })))
  await until(`${url}: handled`, () => inbox.stats().handled === 1)
  await outbox.close()
  await inbox.close()
  await bus.close()
  await db.close()
}
console.log("all is well")
process.exit(0)
