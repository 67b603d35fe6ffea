import { defineEvent, on, openBus } from "@ashlar/events"
import { openOutbox } from "@ashlar/events/outbox"
import { openDatabase } from "@ashlar/orm"
import { v } from "@ashlar/validation"

const Placed = defineEvent("order.placed", v.object({ n: v.number() }), { key: ({ n }) => `k${n % 100}` })

/** Microseconds of the clock for each event, from the first publish until the last is handled, with so many on their way at once. */
export async function measureBus(url: string, events: number, atOnce: number): Promise<number> {
  const bus = openBus(url, { name: `bench${crypto.randomUUID().slice(0, 8)}`, pollMs: 5 })
  try {
    const all = Promise.withResolvers<void>()
    let handled = 0
    await bus.subscribe(
      { group: "bench" },
      on(Placed, () => {
        if (++handled === events) all.resolve()
      }),
    )
    const began = performance.now()
    await publish(events, atOnce, (n) => bus.publish(Placed, { n }))
    await all.promise
    return ((performance.now() - began) * 1_000) / events
  } finally {
    await bus.close()
  }
}

/** The same out of an outbox: each event is noted in a transaction of its own, and a relay brings it to a bus in memory. */
export async function measureOutbox(url: string, events: number, atOnce: number): Promise<number> {
  const db = await openDatabase(url)
  const outbox = await openOutbox(db, { name: `bench${crypto.randomUUID().slice(0, 8)}` })
  const bus = openBus("memory:")
  try {
    const all = Promise.withResolvers<void>()
    let handled = 0
    await bus.subscribe(
      { group: "bench" },
      on(Placed, () => {
        if (++handled === events) all.resolve()
      }),
    )
    await outbox.relay(bus, { pollMs: 5 })
    const began = performance.now()
    await publish(events, atOnce, (n) => db.transaction((tx) => outbox.in(tx).publish(Placed, { n })))
    await all.promise
    return ((performance.now() - began) * 1_000) / events
  } finally {
    await outbox.close()
    await bus.close()
    await db.close()
  }
}

async function publish(events: number, atOnce: number, one: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const run = async (): Promise<void> => {
    while (next < events) await one(next++)
  }
  await Promise.all(Array.from({ length: atOnce }, run))
}
