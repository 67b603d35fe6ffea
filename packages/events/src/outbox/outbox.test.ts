import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { type Database, openDatabase } from "@ashlar/orm"
import { type Bus, type CloudEvent, EventRejected, on, openBus, type Received } from "../index.ts"
import { firsts, Noted, numberOf, numbersOf, range, sorted, until } from "../testing/bus-stage.ts"
import { type Outbox, openInbox, openOutbox } from "./index.ts"

const folder = temporaryFolder()
const [postgres, mariadb] = [await findServer("PostgreSQL"), await findServer("MariaDB")]
/** A database of each test's own. */
const places: [string, () => Promise<string>][] = [
  ["SQLite", async () => `sqlite:${join(folder, `${crypto.randomUUID()}.db`)}?synchronous=NORMAL`],
]
if (postgres !== undefined) {
  const url = await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres")
  places.push(["PostgreSQL", () => emptied(url)])
}
if (mariadb !== undefined) {
  const url = await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")
  places.push(["MariaDB", () => emptied(url)])
}
async function emptied(url: string): Promise<string> {
  await using db = await openDatabase(url)
  for (const table of ["ashlar_outbox", "ashlar_inbox", "ashlar_bus_lanes", "ashlar_bus_members", "effects"])
    await db.sql`drop table if exists ${(await import("@ashlar/orm")).sql.id(table)}`.run()
  return url
}

interface Stage {
  readonly url: string
  readonly db: Database
  readonly outbox: Outbox
  readonly bus: Bus
  readonly got: Received[]
}
const relayOptions = { pollMs: 10, leaseMs: 1_500 }

describe.each(places)("an outbox in %s", (what, place) => {
  async function staged(act: (stage: Stage) => Promise<void>): Promise<void> {
    const url = await place()
    await using db = await openDatabase(url)
    await using outbox = await openOutbox(db)
    await using bus = openBus("memory:")
    await db.sql`create table effects (id varchar(40) primary key)`.run()
    const got: Received[] = []
    await bus.subscribe(
      { group: "a" },
      on("**", (_data, event) => void got.push(event)),
    )
    await act({ url, db, outbox, bus, got })
  }

  test("publishes what is committed, and nothing that is undone", () =>
    staged(async ({ db, outbox, bus, got }) => {
      await outbox.relay(bus, relayOptions)
      const undone = db.transaction(async (tx) => {
        await outbox.in(tx).publish(Noted, { n: 1 })
        throw new RangeError("undone")
      })
      expect(await undone.catch((error) => error.message)).toBe("undone")
      const sent = await db.transaction(async (tx) => {
        await tx.sql`insert into effects (id) values ('x')`.run()
        const envelope = await outbox.in(tx).publish(Noted, { n: 2, key: "k" }, { subject: "s" })
        await Bun.sleep(60)
        expect(got).toEqual([])
        return envelope
      })
      await outbox.publish(Noted, { n: 3 })
      await until("both are there", () => got.length === 2)
      expect(sorted(numbersOf(got))).toEqual([2, 3])
      expect(got.find((one) => numberOf(one) === 2)!.envelope).toEqual(sent)
      await until("nothing waits", async () => (await outbox.status()).waiting === 0)
      expect(await outbox.status()).toEqual({ waiting: 0, lagMs: 0, dead: 0 })
    }))
  test("takes part in the transaction around it without being told", () =>
    staged(async ({ db, outbox, bus, got }) => {
      await outbox.relay(bus, relayOptions)
      await db
        .transaction(async () => {
          await outbox.publish(Noted, { n: 1 })
          throw new RangeError("undone")
        })
        .catch(() => undefined)
      await db.transaction(async () => void (await outbox.publish(Noted, { n: 2 })))
      await until("it is there", () => got.length > 0)
      expect(numbersOf(got)).toEqual([2])
    }))
  test("keeps the order of each key, with two relays", () =>
    staged(async ({ url, outbox, bus, got }) => {
      await using other = await openDatabase(`${url}${url.includes("?") ? "&" : "?"}acquireTimeoutMs=6001`)
      await using second = await openOutbox(other)
      await outbox.relay(bus, { ...relayOptions, batchSize: 7 })
      await second.relay(bus, { ...relayOptions, batchSize: 5 })
      for (let n = 1; n <= 90; n++) await (n % 2 ? outbox : second).publish(Noted, { n, key: `k${n % 4}` })
      await until("all are there", () => got.length >= 90)
      for (const key of range(0, 3))
        expect(numbersOf(got).filter((n) => n % 4 === key)).toEqual(range(1, 90).filter((n) => n % 4 === key))
      expect(got).toHaveLength(90)
    }))
  test("passes no event by that commits late", () =>
    staged(async ({ url, db, outbox, bus, got }) => {
      if (what === "SQLite") return // one writer at a time: rows commit in the order of their numbers
      await outbox.relay(bus, relayOptions)
      const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>()
      const { promise: isNoted, resolve: noted } = Promise.withResolvers<void>()
      const late = db.transaction(async (tx) => {
        await outbox.in(tx).publish(Noted, { n: 1, key: "k" })
        noted()
        await mayCommit
      })
      await isNoted
      await using other = await openDatabase(`${url}?acquireTimeoutMs=6001`)
      await other.transaction(async (tx) => void (await outbox.in(tx).publish(Noted, { n: 2, key: "k" })))
      await until("the second is there", () => got.length === 1)
      await Bun.sleep(50)
      commit()
      await late
      await until("the first is there too", () => got.length === 2)
      expect(numbersOf(got)).toEqual([2, 1])
    }))
  test("tries again while the bus takes nothing, and tells how long it has been waiting", () =>
    staged(async ({ outbox, bus, got }) => {
      const errors: unknown[] = []
      const send = bus.send.bind(bus)
      let isDown = true
      bus.send = async (events) => {
        if (isDown) throw new EventRejected("down")
        await send(events)
      }
      const relay = await outbox.relay(bus, { ...relayOptions, onError: (error) => void errors.push(error) })
      await outbox.publish(Noted, { n: 1 })
      await until("it failed", () => relay.stats().failures > 1)
      const { waiting, lagMs } = await outbox.status()
      expect([waiting, lagMs > 0, errors.length > 1]).toEqual([1, true, true])
      isDown = false
      await until("it is there", () => got.length === 1)
      await until("it is counted", () => relay.stats().published === 1)
    }))
  test("keeps what the bus will never take among its dead letters, and goes on", () =>
    staged(async ({ outbox, got }) => {
      await using small = openBus("memory:", { maxEventBytes: 2_048 })
      await small.subscribe(
        { group: "a" },
        on("**", (_data, event) => void got.push(event)),
      )
      const relay = await outbox.relay(small, relayOptions)
      await outbox.send([
        { specversion: "1.0", id: "1", source: "/x", type: Noted.name, partitionkey: "k", data: { n: 1 } },
        {
          specversion: "1.0",
          id: "2",
          source: "/x",
          type: Noted.name,
          partitionkey: "k",
          data: { n: 2, text: "x".repeat(4_000) },
        },
        { specversion: "1.0", id: "3", source: "/x", type: Noted.name, partitionkey: "k", data: { n: 3 } },
      ])
      await until("the others are there", () => got.length === 2)
      expect(numbersOf(got)).toEqual([1, 3])
      const letters = await outbox.deadLetters.list()
      expect(letters).toMatchObject([
        { event: { id: "2" }, reason: expect.stringContaining("EVENTS_ENVELOPE_TOO_LARGE") },
      ])
      expect([relay.stats().dead, (await outbox.status()).dead]).toEqual([1, 1])
      expect(await outbox.deadLetters.redrive([letters[0]!.id])).toBe(1)
      await until("it is dead again", () => relay.stats().dead === 2)
      expect([await outbox.deadLetters.discard("all"), (await outbox.status()).dead]).toEqual([1, 0])
    }))
  test("keeps what was published as long as it is told", () =>
    staged(async ({ db, bus, got }) => {
      await using kept = await openOutbox(db, { name: "kept", retainMs: 60_000 })
      await kept.relay(bus, relayOptions)
      await kept.publish(Noted, { n: 1 })
      await until("it is there", () => got.length === 1)
      const count = async () =>
        Number((await db.sql<{ c: number }>`select count(*) as c from ashlar_outbox where state = 1`.first())!.c)
      await until("its row is kept", async () => (await count()) === 1)
    }))
  test("refuses what does not fit before anything is written", () =>
    staged(async ({ db, outbox }) => {
      const acts: [Promise<unknown>, string][] = [
        [outbox.publish(Noted, { n: 0.5 }), "EVENTS_DATA_INVALID"],
        [outbox.publish(Noted, { n: 1, text: "x".repeat(300_000) }), "EVENTS_ENVELOPE_TOO_LARGE"],
        [openOutbox(db, { name: "a b" }), "EVENTS_OPTION_INVALID"],
        [openOutbox(db, { name: "x".repeat(57) }), "EVENTS_OPTION_INVALID"],
        [openOutbox(db, { partitions: 65 }), "EVENTS_OPTION_INVALID"],
        [openInbox(db, { name: "a b" }), "EVENTS_OPTION_INVALID"],
        [openInbox(db, { retainMs: 1 }), "EVENTS_OPTION_INVALID"],
      ]
      for (const [act, code] of acts) expect(await act.catch((error) => error)).toMatchObject({ code })
      expect((await outbox.status()).waiting).toBe(0)
    }))

  test.each(["uncommitted", "committed"])(
    "a process that is killed with its event %s has published it or not, as its effect is there or not",
    (when) =>
      staged(async ({ url, db, outbox, bus, got }) => {
        await run("note-process.ts", url, when)
        await outbox.relay(bus, relayOptions)
        await outbox.publish(Noted, { n: 9 })
        await until("the last is there", () => numbersOf(got).includes(9))
        const effects = await db.sql<{ id: string }>`select id from effects`.all()
        const isThere = when === "committed"
        expect([effects.length === 1, numbersOf(got).includes(1)]).toEqual([isThere, isThere])
      }),
  )
  test.each(["before", "sent", "taken"])(
    "a relay that is killed (%s) leaves nothing out, and the order as it was",
    (when) =>
      staged(async ({ url, outbox }) => {
        const options = { name: "killed", partitions: 1, pollMs: 5, leaseMs: 1_000 }
        await using bus = openBus(url, options)
        const got: Received[] = []
        await bus.subscribe(
          { group: "a" },
          on(Noted, (_data, event) => void got.push(event)),
        )
        const sent: CloudEvent[] = []
        for (const n of range(1, 8)) sent.push(await outbox.publish(Noted, { n, key: "k" }))
        await run("relay-process.ts", url, url, JSON.stringify(options), when)
        await outbox.relay(bus, relayOptions)
        await until("all are there", () => new Set(numbersOf(got)).size === 8)
        expect(new Set(got.map(({ id }) => id))).toEqual(new Set(sent.map(({ id }) => id)))
        expect(firsts(got)).toEqual(range(1, 8))
        await until("nothing waits", async () => (await outbox.status()).waiting === 0)
        await bus.forgetGroup("a").catch(() => undefined)
      }),
  )
})

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "..", "testing", program), ...args], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "inherit",
  })
  await child.exited
  expect(child.signalCode).toBe("SIGKILL")
}

describe.each(places)("an inbox in %s", (_what, place) => {
  test("handles an event once, also when it comes twice at once; effect and memory commit together", async () => {
    await using db = await openDatabase(await place())
    await using inbox = await openInbox(db, { name: "billing" })
    await db.sql`create table effects (id varchar(40) primary key)`.run()
    const event = { specversion: "1.0", id: "1", source: "/x", type: "a" } as const
    let calls = 0
    const handle = (fails = false) =>
      inbox.handle(event, async (tx) => {
        calls++
        await tx.sql`insert into effects (id) values (${crypto.randomUUID()})`.run()
        if (fails) throw new RangeError("no")
        return calls
      })
    const count = async () => Number((await db.sql<{ c: number }>`select count(*) as c from effects`.first())!.c)
    expect(await handle(true).catch((error) => error.message)).toBe("no")
    expect(await count()).toBe(0)
    const outcomes = await Promise.all([handle(), handle(), handle()])
    expect(outcomes.filter(({ isNew }) => isNew)).toHaveLength(1)
    expect(await handle()).toEqual({ isNew: false })
    expect([await count(), calls]).toEqual([1, 2])
    expect(inbox.stats()).toEqual({ handled: 1, duplicates: 3 })
    await using other = await openInbox(db, { name: "shipping" })
    expect(await other.handle(event, async () => "own")).toEqual({ isNew: true, value: "own" })
    expect(await inbox.handle({ ...event, source: "/y" }, async () => "other source")).toMatchObject({ isNew: true })
  })
  test("makes of a bus that brings events twice an effect that happens once", async () => {
    await using db = await openDatabase(await place())
    await using outbox = await openOutbox(db)
    await using inbox = await openInbox(db)
    await using bus = openBus("memory:")
    await db.sql`create table effects (id varchar(40) primary key)`.run()
    const send = bus.send.bind(bus)
    // Each batch arrives twice, as when a relay is killed before it has noted it.
    bus.send = async (events) => {
      await send(events)
      await send(events)
    }
    await bus.subscribe(
      { group: "a" },
      on(Noted, ({ n }, event) =>
        inbox.handle(event, (tx) => tx.sql`insert into effects (id) values (${String(n)})`.run()),
      ),
    )
    await outbox.relay(bus, relayOptions)
    for (const n of range(1, 12)) await outbox.publish(Noted, { n, key: `k${n % 3}` })
    await until("all are handled", () => inbox.stats().handled === 12 && inbox.stats().duplicates === 12)
    expect(bus.stats()).toMatchObject({ dead: 0, failures: 0 })
  })
})
