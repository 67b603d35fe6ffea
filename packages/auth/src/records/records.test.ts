import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryFolder } from "@ashlar/cache/testing/databases"
import { AshlarError, manualClock, systemClock } from "@ashlar/core"
import { openDatabase } from "@ashlar/orm"
import { describeRecordStore } from "../testing/record-suite.ts"
import { testStores } from "../testing/test-stores.ts"
import { MemoryRecords } from "./memory-records.ts"
import { authStoreGuarantees, Records } from "./open-records.ts"
import type { StoredRecord } from "./record-store.ts"
import { openSqlRecords } from "./sql-records.ts"

const folder = temporaryFolder()
const record = (what: Partial<StoredRecord> = {}): StoredRecord => ({
  key: crypto.randomUUID(),
  owner: "o",
  value: "{}",
  untilMs: Date.now() + 60_000,
  version: 1,
  ...what,
})

let shared: MemoryRecords | undefined
let opened = 0
describeRecordStore("memory", {
  async open() {
    // The two of a case are one: memory has no second connection.
    if (opened++ % 2 === 0 || shared === undefined) shared = new MemoryRecords({ maxEntries: 1_000 }, systemClock)
    return shared
  },
})
for (const { name, url } of await testStores())
  if (name !== "memory") {
    let at = 0
    describeRecordStore(name, { open: async () => await new Records(url(10 + (at++ % 2)), { name: "records" }).use() })
  }

describe("memory is bounded", () => {
  test("and refuses what would make it forget: AUTH_STORE_FULL", async () => {
    const clock = manualClock()
    const few = new MemoryRecords({ maxEntries: 2 }, clock)
    const untilMs = clock.now() + 1_000
    const first = record({ untilMs })
    await few.insert(first)
    await few.insert(record({ untilMs }))
    expect(await few.insert(record()).catch((error) => error)).toMatchObject({ code: "AUTH_STORE_FULL", status: 503 })
    expect(few.find(first.key)).toEqual(first)
    clock.advance(1_000)
    await few.insert(record())
    expect([few.find(first.key), await few.list("o")]).toMatchObject([undefined, [{}]])
  })
})

describe("SQL", () => {
  test("sweeps away what is over, and nothing else", async () => {
    const clock = manualClock()
    const url = `sqlite:${join(folder, "sweep.db")}`
    const [database, store] = [await openDatabase(url), await openSqlRecords(url, "ashlar_swept", clock)]
    const [over, lasting] = [record({ untilMs: clock.now() - 1 }), record({ untilMs: clock.now() + 1 })]
    await store.insert(over)
    for (let at = 0; at < 100; at++) await store.insert(record({ ...lasting, key: `${at}` }))
    expect([await store.find(over.key), (await store.list("o")).length]).toEqual([undefined, 100])
    await Promise.all([store.close(), database.close()])
  })
  test("takes part in the caller's transaction", async () => {
    const url = `sqlite:${join(folder, "part.db")}`
    const [database, store] = [await openDatabase(url), await openSqlRecords(url, "ashlar_part", systemClock)]
    const one = record()
    const undone = database.transaction(async () => {
      await store.insert(one)
      throw new RangeError("undone")
    })
    expect(await undone.catch((error) => error.message)).toBe("undone")
    expect(await store.find(one.key)).toBe(undefined)
    await Promise.all([store.close(), database.close()])
  })
})

describe("opening", () => {
  test("refuses before anything is opened what would not do", async () => {
    const open = (url: string, options: object = {}) => new Records(url, { name: "sessions", ...options })
    const codeOf = (work: () => unknown) => {
      try {
        return work()
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    expect(codeOf(() => open("memory:", { needs: { crossProcess: true } }))).toBe("CORE_DRIVER_GUARANTEE_MISSING")
    expect(codeOf(() => open("file:x"))).toBe("CORE_DRIVER_UNKNOWN")
    for (const name of ["", "Sessions", "a-b", 'x"; drop table users; --', "1a", "a".repeat(41)])
      expect(codeOf(() => open("memory:", { name }))).toBe("AUTH_SETUP_INVALID")
    const error = await (open("sqlite::memory:").use() as Promise<unknown>).catch((cause) => cause)
    expect(error).toMatchObject({ code: "CORE_DRIVER_URL_INVALID" })
    expect(authStoreGuarantees("postgres://h/d")).toEqual({ crossProcess: true, durable: true })
  })
  test("says nothing of where the store is when it is away", async () => {
    for (const url of [
      "redis://user:hidden@127.0.0.1:1?connectTimeoutMs=500",
      "postgres://user:hidden@127.0.0.1:1/d",
    ]) {
      const records = new Records(url, { name: "sessions" })
      const error = await (records.use() as Promise<unknown>).catch((cause: AshlarError) => cause)
      if (!(error instanceof AshlarError)) throw error
      expect([error.code, String(error.message).includes("hidden")]).toEqual(["AUTH_STORE_FAILED", false])
      await records.close()
      expect(await (records.use() as Promise<unknown>).catch((cause) => cause)).toMatchObject({ code: "AUTH_CLOSED" })
    }
  })
})
