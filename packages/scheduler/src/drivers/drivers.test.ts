import { expect, test } from "bun:test"
import { join } from "node:path"
import { type OpenClient, redisClients } from "@ashlar/cache/redis"
import { openIoredisClient } from "@ashlar/cache/redis/ioredis"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { type Clock, manualClock, parseDriverUrl } from "@ashlar/core"
import { startProxy } from "@ashlar/core/testing/proxy"
import { openDatabase } from "@ashlar/orm"
import { defineSchedule, openScheduler, schedulerGuarantees } from "../index.ts"
import { describeSchedulerStore } from "../testing/scheduler-suite.ts"
import { schedulerDrivers } from "./drivers.ts"
import { MemoryStore } from "./memory.ts"
import { openRedis } from "./redis.ts"
import { openSql } from "./sql.ts"

const memories = new Map<Clock, MemoryStore>()
describeSchedulerStore("memory", {
  open: async (clock) => {
    const store = memories.get(clock) ?? new MemoryStore(clock)
    memories.set(clock, store)
    return store
  },
})

const folder = temporaryFolder()
let handle = 0
// Other options, another pool: as from another process.
const sqliteUrl = (): string =>
  `sqlite:${join(folder, "schedules.db")}?synchronous=NORMAL&busyTimeoutMs=${20_000 + (handle++ % 2)}`
describeSchedulerStore("SQLite", { open: (clock) => openSql(sqliteUrl(), clock) })

const [postgres, mariadb, redis] = [
  await findServer("PostgreSQL"),
  await findServer("MariaDB"),
  await findServer("Redis"),
]
const postgresUrl =
  postgres === undefined
    ? undefined
    : await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres")
if (postgresUrl !== undefined)
  describeSchedulerStore("PostgreSQL", { open: (clock) => openSql(`${postgresUrl}?max=${5 + (handle++ % 2)}`, clock) })
if (mariadb !== undefined) {
  const url = await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")
  describeSchedulerStore("MariaDB", { open: (clock) => openSql(`${url}?max=${5 + (handle++ % 2)}`, clock) })
}
if (redis !== undefined) {
  const url = parseDriverUrl(`redis://127.0.0.1:${redis}`)
  const options = { prefix: "ashlar-test-scheduler", connectTimeoutMs: 5_000, commandTimeoutMs: 5_000 }
  const clients: readonly (readonly [string, OpenClient])[] = [
    ["Bun's client", await redisClients()],
    ["ioredis", openIoredisClient],
  ]
  for (const [name, client] of clients)
    describeSchedulerStore(`Redis, by ${name}`, { open: (clock) => openRedis(url, options, client, clock) })

  test("a Redis that is away is said, and the schedules go on when it is back", async () => {
    const proxy = await startProxy(redis)
    const namespace = `faults-${crypto.randomUUID()}`
    const errors: unknown[] = []
    let runs = 0
    const work = defineSchedule("work", { everyMs: 100, lateMs: 86_400_000 }, () => void runs++)
    const scheduler = openScheduler(
      `redis://127.0.0.1:${proxy.port}?prefix=ashlar-test-scheduler&commandTimeoutMs=300`,
      {
        schedules: [work],
        namespace,
        pollEveryMs: 50,
        onError: (error) => errors.push(error),
      },
    )
    await scheduler.start()
    const until = async (isTrue: () => boolean): Promise<void> => {
      for (let at = 0; at < 2_000 && !isTrue(); at++) await Bun.sleep(10)
      expect(isTrue()).toBe(true)
    }
    await until(() => runs > 1)
    await scheduler.check()
    proxy.refuse(true)
    await until(() => errors.length > 0)
    expect(errors[0]).toMatchObject({ code: "SCHEDULER_STORE_FAILED" })
    await Bun.sleep(600)
    expect(await scheduler.check().catch((error) => error)).toMatchObject({ code: "SCHEDULER_STORE_FAILED" })
    proxy.refuse(false)
    const before = runs
    await until(() => runs > before + 1)
    await scheduler.check()
    await scheduler.remove("work")
    await scheduler.stop()
    await proxy.close()
  })
}

test("a run is claimed outside of the transaction that its caller is in", async () => {
  const url = `sqlite:${join(folder, "tx.db")}`
  const [database, scheduler] = [await openDatabase(url), openScheduler(url)]
  const node = openScheduler(url, { schedules: [defineSchedule("work", { everyMs: 3_600_000 }, () => undefined)] })
  await node.start()
  await node.stop()
  await scheduler.pause("work")
  await database
    .transaction(async (tx) => {
      await tx.sql`select 1`.all()
      throw new RangeError("undone")
    })
    .catch((error) => expect(error).toBeInstanceOf(RangeError))
  expect((await scheduler.list())[0]!.isPaused).toBe(true)
  await scheduler.stop()
  await database.close()
})

test("those who say one name share their schedules in memory", async () => {
  const work = defineSchedule("work", { everyMs: 3_600_000 }, () => undefined)
  const [a, b, c] = [
    openScheduler("memory:shared-test", { schedules: [work] }),
    openScheduler("memory:shared-test"),
    openScheduler("memory:"),
  ]
  await a.start()
  expect([(await b.list()).map(({ name }) => name), await c.list()]).toEqual([["work"], []])
  for (const one of [a, b, c]) await one.stop()
})

test("what they promise is data, and what is wrong is said before anything is opened", async () => {
  expect(schedulerGuarantees("memory:")).toEqual({
    atLeastOnce: true,
    fencing: true,
    maxClockDriftPercent: 2,
    crossProcess: false,
    durable: false,
  })
  expect(schedulerGuarantees("mysql://h/d")).toMatchObject({ crossProcess: true, durable: true })
  expect(schedulerDrivers.schemes).toContain("valkey")
  expect(() => openScheduler("memory:", { needs: { crossProcess: true } })).toThrow(
    expect.objectContaining({ code: "CORE_DRIVER_GUARANTEE_MISSING" }),
  )
  expect(() => openScheduler("file:x")).toThrow(expect.objectContaining({ code: "CORE_DRIVER_UNKNOWN" }))
  expect(
    await openScheduler("sqlite::memory:")
      .list()
      .catch((error) => error),
  ).toMatchObject({
    code: "CORE_DRIVER_URL_INVALID",
  })
  expect(
    await openScheduler("redis://127.0.0.1:1")
      .list()
      .catch((error) => error),
  ).toMatchObject({
    code: "SCHEDULER_STORE_FAILED",
  })
  const clock = manualClock()
  const store = new MemoryStore(clock)
  await store.close()
  expect(await store.read("").catch((error) => error)).toMatchObject({ code: "SCHEDULER_CLOSED" })
})
