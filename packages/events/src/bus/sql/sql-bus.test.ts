import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { startProxy } from "@ashlar/core/testing/proxy"
import { openDatabase } from "@ashlar/orm"
import { v } from "@ashlar/validation"
import { defineEvent, on, openBus } from "../../index.ts"

const Noted = defineEvent("noted", v.object({ n: v.integer() }), { key: () => "k" })
const folder = temporaryFolder()
const urls: [string, string][] = [["SQLite", `sqlite:${join(folder, "bus.db")}?synchronous=NORMAL`]]
const postgres = await findServer("PostgreSQL")
if (postgres !== undefined)
  urls.push([
    "PostgreSQL",
    await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"),
  ])
const mariadb = await findServer("MariaDB")
if (mariadb !== undefined)
  urls.push(["MariaDB", await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")])

describe.each(urls)("a bus in %s", (what, url) => {
  test("refuses another number of partitions than it was opened with", async () => {
    await openBus(url, { partitions: 5 }).close()
    await using bus = openBus(url, { partitions: 5, name: "parts" })
    await bus.ready()
    expect(
      await openBus(url, { partitions: 6, name: "parts" })
        .ready()
        .catch((error) => error),
    ).toMatchObject({ code: "EVENTS_OPTION_INVALID" })
  })
  test("publishes outside of the caller's transaction", async () => {
    if (what === "SQLite") return // which has one transaction at a time: the bus would wait for the caller, and the caller for it
    await using bus = openBus(url, { name: "outside", pollMs: 10 })
    await using db = await openDatabase(url)
    const got: number[] = []
    await bus.subscribe(
      { group: "a" },
      on(Noted, ({ n }) => void got.push(n)),
    )
    const undone = db.transaction(async () => {
      await bus.publish(Noted, { n: 1 })
      throw new RangeError("undone")
    })
    expect(await undone.catch((error) => error.message)).toBe("undone")
    while (got.length === 0) await Bun.sleep(5)
    expect(got).toEqual([1])
  })
  test("skips no event whose number was given early and committed late", async () => {
    if (what === "SQLite") return // one writer at a time: numbers are given and committed in one order
    await using bus = openBus(url, { name: "late", pollMs: 5, partitions: 1 })
    const got: number[] = []
    await bus.subscribe(
      { group: "a" },
      on(Noted, ({ n }) => void got.push(n)),
    )
    const heard: number[] = []
    await bus.subscribe(
      {},
      on(Noted, ({ n }) => void heard.push(n)),
    )
    await bus.publish(Noted, { n: 1 })
    await using db = await openDatabase(`${url}?max=3`)
    const { promise: mayCommit, resolve: commit } = Promise.withResolvers<void>()
    const { promise: isNumbered, resolve: numbered } = Promise.withResolvers<void>()
    // What another process does that is slow between its number and its commit.
    const slow = db.transaction(async (tx) => {
      await tx.sql`update ashlar_bus_heads set last_pos = last_pos + 1 where bus = 'late'`.run()
      await tx.sql`insert into ashlar_bus_events (bus, pos, part, type, at_ms, body) select 'late', last_pos, 0, 'noted', ${Date.now()}, ${JSON.stringify(
        {
          specversion: "1.0",
          id: "late",
          source: "/x",
          type: "noted",
          partitionkey: "k",
          data: { n: 2 },
        },
      )} from ashlar_bus_heads where bus = 'late'`.run()
      numbered()
      await mayCommit
    })
    await isNumbered
    const later = bus.publish(Noted, { n: 3 })
    await Bun.sleep(150)
    expect(got).toEqual([1])
    commit()
    await Promise.all([slow, later])
    while (got.length < 3 || heard.length < 3) await Bun.sleep(5)
    expect([got, heard]).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ])
  })
  test("forgets what is older than it keeps", async () => {
    await using bus = openBus(url, { name: "old", retainMs: 1_000 })
    await bus.publish(Noted, { n: 1 })
    await using db = await openDatabase(url)
    const count = async () =>
      Number((await db.sql<{ c: number }>`select count(*) as c from ashlar_bus_events where bus = 'old'`.first())!.c)
    expect(await count()).toBe(1)
    await db.sql`update ashlar_bus_events set at_ms = ${Date.now() - 10_000} where bus = 'old'`.run()
    const { SqlLog } = await import("./sql-log.ts")
    await new SqlLog(db, { name: "old", partitions: 16 } as never).trim(1_000)
    expect(await count()).toBe(0)
  })
})

test("a database in memory cannot be shared", async () => {
  expect(
    await openBus("sqlite::memory:")
      .ready()
      .catch((error) => error),
  ).toMatchObject({ code: "CORE_DRIVER_URL_INVALID" })
})
test("a database that does not answer is a failure of the bus, without its secrets", async () => {
  const error = await openBus("postgres://user:hunter2@127.0.0.1:1/x?connectTimeoutMs=300")
    .ready()
    .catch((cause) => cause)
  expect(error).toMatchObject({ code: "EVENTS_BUS_FAILED" })
  expect(error.message).not.toContain("hunter2")
})

if (postgres !== undefined)
  describe.each(["bun", "pg"])("on PostgreSQL, by %s", (driver) => {
    test("others are told of an event, also after the connection was cut", async () => {
      const base = urls.find(([name]) => name === "PostgreSQL")![1]
      const proxy = await startProxy(postgres)
      const far = base.replace(String(postgres), String(proxy.port))
      // Nobody looks within the time of this test: who hears, was told.
      const options = { name: `told-${driver}`, pollMs: 60_000, partitions: 2 }
      const [here, there] = [openBus(`${base}?driver=${driver}`, options), openBus(`${far}?driver=${driver}`, options)]
      const got: number[] = []
      await there.subscribe(
        {},
        on(Noted, ({ n }) => void got.push(n)),
      )
      const told = async (n: number) => {
        // What was published while nobody listened is found when it listens again.
        for (const end = Date.now() + 20_000; !got.includes(n) && Date.now() < end; ) await Bun.sleep(10)
        expect(got).toContain(n)
      }
      await here.publish(Noted, { n: 1 })
      await told(1)
      proxy.cut()
      await here.publish(Noted, { n: 2 })
      await told(2)
      await here.publish(Noted, { n: 3 })
      await told(3)
      await here.close()
      await there.close()
      await proxy.close()
    }, 60_000)
  })
