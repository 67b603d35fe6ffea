import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { manualClock } from "@ashlar/core"
import { openDatabase } from "@ashlar/orm"
import { describeProofStore } from "../testing/proof-suite.ts"
import { MemoryProofs } from "./drivers/memory.ts"
import { openProofs, proofGuarantees } from "./open-proofs.ts"

const folder = temporaryFolder()
const [postgres, mariadb, redis] = [
  await findServer("PostgreSQL"),
  await findServer("MariaDB"),
  await findServer("Redis"),
]

let shared: MemoryProofs | undefined
let opened = 0
describeProofStore("memory", {
  async open(clock) {
    // The two of a case are one: memory has no second connection.
    if (opened++ % 2 === 0 || shared === undefined) shared = new MemoryProofs(1_000, clock)
    return Object.assign(Object.create(null), bind(shared))
  },
})
/** A face of its own, which closes alone. */
function bind(store: MemoryProofs) {
  let isClosed = false
  const own = new MemoryProofs(1, manualClock())
  const use = () => (isClosed ? own : store)
  return {
    add: (proof: Parameters<MemoryProofs["add"]>[0]) => use().add(proof),
    find: (kind: string, id: string) => use().find(kind, id),
    list: (userId: string, kind?: string) => use().list(userId, kind),
    raise: (kind: string, id: string, counter: number) => use().raise(kind, id, counter),
    count: (kind: string, id: string, max: number) => use().count(kind, id, max),
    replace: (kind: string, id: string, data: { from: string; to: string }) => use().replace(kind, id, data),
    take: (kind: string, id: string) => use().take(kind, id),
    removeAll: (userId: string, kinds?: readonly string[]) => use().removeAll(userId, kinds),
    async close() {
      isClosed = true
      await own.close()
    },
  }
}

/** Two pools on one database: a URL that differs is another pool. */
function describeSql(name: string, url: string, option: string): void {
  let handle = 0
  describeProofStore(name, { open: (clock) => openProofs(`${url}${option}${10 + (handle++ % 2)}`, { clock }) })
  test(`${name} sweeps away what is over, and nothing else`, async () => {
    const clock = manualClock()
    const [database, store] = [await openDatabase(url), await openProofs(url, { clock })]
    const base = { kind: "code", userId: "sweep", counter: 0, data: "", createdMs: 0 }
    await store.add({ ...base, id: "short", expiresMs: clock.now() + 1_000 })
    await store.add({ ...base, id: "stays", expiresMs: undefined })
    clock.advance(2_000)
    for (let at = 0; at < 210; at++) await store.add({ ...base, id: `n${at}`, expiresMs: clock.now() + 1_000 })
    const rows = await database.sql<{
      id: string
    }>`select id from ashlar_auth_proofs where id in ('short', 'stays')`.all()
    expect(rows).toEqual([{ id: "stays" }])
    await store.removeAll("sweep")
    await Promise.all([store.close(), database.close()])
  }, 30_000)
}
const sqliteUrl = `sqlite:${join(folder, "proofs.db")}`
describeSql("SQLite", sqliteUrl, "?synchronous=NORMAL&acquireTimeoutMs=200")
const postgresUrl =
  postgres && (await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"))
if (postgresUrl) describeSql("PostgreSQL", postgresUrl, "?max=")
const mysqlUrl = mariadb && (await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, ""))
if (mysqlUrl) describeSql("MariaDB", mysqlUrl, "?max=")
const redisUrl = redis && `redis://127.0.0.1:${redis}?prefix=ashlar-test-${crypto.randomUUID().slice(0, 8)}`
if (redisUrl) describeProofStore("Redis", { open: (clock) => openProofs(redisUrl, { clock }) })

describe("a store", () => {
  test("of memory is bounded, and forgets nothing before its time: AUTH_STORE_FULL", async () => {
    const clock = manualClock()
    const store = new MemoryProofs(2, clock)
    const proof = (id: string) => ({
      kind: "code",
      id,
      userId: "ana",
      counter: 0,
      data: "",
      createdMs: 0,
      expiresMs: clock.now() + 1_000,
    })
    await store.add(proof("1"))
    await store.add(proof("2"))
    expect(await store.add(proof("3")).catch((error) => error)).toMatchObject({
      code: "AUTH_STORE_FULL",
      status: 503,
    })
    clock.advance(1_000)
    expect(await store.add(proof("3"))).toBe(true)
  })
  test("that fails says AUTH_STORE_FAILED, and nothing of its address", async () => {
    for (const url of [
      "redis://user:hidden@127.0.0.1:1?connectTimeoutMs=500",
      "postgres://user:hidden@127.0.0.1:1/d",
    ]) {
      const error = await openProofs(url).catch((cause) => cause)
      expect([error.code, String(error.message).includes("hidden")]).toEqual(["AUTH_STORE_FAILED", false])
    }
    const url = `sqlite:${join(folder, "broken.db")}`
    const [database, store] = [await openDatabase(url), await openProofs(url)]
    await database.sql`drop table ashlar_auth_proofs`.run()
    expect(await store.find("code", "a").catch((error) => error)).toMatchObject({ code: "AUTH_STORE_FAILED" })
    await Promise.all([store.close(), database.close()])
  })
  test("of SQLite in memory, which no other connection sees, is refused", async () => {
    const error = await openProofs("sqlite::memory:").catch((cause) => cause)
    expect(error).toMatchObject({ code: "CORE_DRIVER_URL_INVALID" })
  })
  test("says as data what is promised", () => {
    expect(proofGuarantees("memory:")).toEqual({ crossProcess: false, durable: false })
    expect(proofGuarantees("mysql://h/d")).toEqual({ crossProcess: true, durable: true })
    expect(proofGuarantees("valkey://h")).toEqual({ crossProcess: true, durable: false })
  })
  test("takes no part in the transaction of its caller: what was counted stays counted", async () => {
    const url = postgresUrl || undefined
    const [database, store] = [await openDatabase(url ?? sqliteUrl), await openProofs(url ?? sqliteUrl)]
    if (url !== undefined) {
      const proof = { kind: "code", id: "tx", userId: "tx", counter: 0, data: "", createdMs: 0, expiresMs: undefined }
      await store.add(proof)
      const undone = new RangeError("undone")
      const work = async () => {
        await store.count("code", "tx", 5)
        throw undone
      }
      expect(await database.transaction(work).catch((error) => error)).toBe(undone)
      expect((await store.find("code", "tx"))?.counter).toBe(1)
      await store.removeAll("tx")
    }
    await Promise.all([store.close(), database.close()])
  })
})
