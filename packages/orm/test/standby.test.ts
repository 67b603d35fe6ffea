/** A replica that really is one: a standby of PostgreSQL that receives what is written. Needs the server's programs. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type Database, openDatabase } from "../src/index.ts"
import { openStandby, postgresPrograms, type Standby } from "./standby.ts"

const programs = postgresPrograms()
if (programs === undefined) console.warn("skipped: what needs a standby, for PostgreSQL's own programs are not here")

describe.skipIf(programs === undefined)("a standby of PostgreSQL", () => {
  let servers: Standby
  beforeAll(async () => {
    servers = await openStandby(programs ?? "")
  }, 60_000)
  afterAll(() => servers?.close())

  const open = (options: string) => {
    const host = new URL(servers.standbyUrl).host
    return openDatabase(`${servers.primaryUrl}?replicas=${host}&replicaCheckMs=20&${options}`)
  }
  const until = async (db: Database, isUsed: boolean) => {
    while (db.status().replicas[0]?.isUsed !== isUsed) await Bun.sleep(5)
  }
  const count = async (db: Pick<Database, "sql">) =>
    (await db.sql<{ c: number }>`select count(*) as c from t`.first())?.c

  test("answers reads, sees what was written, and is not asked by who just wrote", async () => {
    await using db = await open("readYourWritesMs=60000")
    await db.sql`create table t (n integer)`.run()
    await until(db, true)
    await db.flow(async () => {
      await db.sql`insert into t values (1)`.run()
      expect(await count(db)).toBe(1)
      expect(await db.sql`select pg_is_in_recovery() as r`.first()).toEqual({ r: false })
    })
    await db.flow(async () => {
      expect(await db.sql`select pg_is_in_recovery() as r`.first()).toEqual({ r: true })
      while ((await count(db).catch(() => 0)) !== 1) await Bun.sleep(5)
    })
    while (db.status().replicas[0]?.lagMs !== 0) await Bun.sleep(5)
  })

  test("is left out while it is too far behind, and asked again when it has caught up", async () => {
    await using db = await open("readYourWritesMs=0&maxReplicaLagMs=50")
    await using standby = await openDatabase(servers.standbyUrl)
    await until(db, true)
    await standby.sql`select pg_wal_replay_pause()`.all()
    await db.sql`insert into t values (2)`.run()
    await until(db, false)
    expect(db.status().replicas[0]?.lagMs).toBeGreaterThan(50)
    expect(db.status().replicas[0]?.error).toBeUndefined()
    expect(await count(db)).toBe(2)
    await standby.sql`select pg_wal_replay_resume()`.all()
    await until(db, true)
    while ((await count(standby)) !== 2) await Bun.sleep(5)
  })

  test("what it cannot do because it only reads, the primary does", async () => {
    await using db = await open("readYourWritesMs=0")
    await using standby = await openDatabase(servers.standbyUrl)
    await db.sql`create sequence s`.run()
    await until(db, true)
    while ((await standby.sql`select 1 from pg_class where relname = 's'`.all()).length === 0) await Bun.sleep(5)
    expect(await db.sql`select nextval('s') as n`.first()).toEqual({ n: 1 })
    expect(await db.sql`select n from t where n = 1 for update`.all()).toEqual([{ n: 1 }])
  })

  test("a query that the standby gives up in favour of what it receives, the primary answers", async () => {
    await using db = await open("readYourWritesMs=0&maxReplicaLagMs=3600000")
    await using standby = await openDatabase(servers.standbyUrl)
    await standby.sql`alter system set max_standby_streaming_delay = 0`.run().catch(() => undefined)
    await db.sql`create table conflict (n integer)`.run()
    await db.sql`insert into conflict values (1)`.run()
    await until(db, true)
    while ((await standby.sql`select * from conflict`.all().catch(() => [])).length !== 1) await Bun.sleep(5)
    // It reads the table that is dropped meanwhile: the standby waits 30 s, or ends the query.
    await standby.sql`select pg_reload_conf()`.all()
    const reading = db.sql`select n, pg_sleep(1), pg_is_in_recovery() as r from conflict`.all()
    await Bun.sleep(200)
    await db.sql`alter table conflict add column more integer`.run()
    expect(await reading).toMatchObject([{ n: 1, r: false }])
  })
})
