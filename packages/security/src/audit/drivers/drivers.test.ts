import { describe, expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { createContainer } from "@ashlar/core"
import { openDatabase } from "@ashlar/orm"
import type { AuditStore } from "../audit-store.ts"
import { defineAudit, openAudit } from "../open-audit.ts"
import { describeAuditStore, eventOf } from "../testing/audit-suite.ts"
import { MemoryAuditStore } from "./memory.ts"

const folder = temporaryFolder()
const [postgres, mariadb] = [await findServer("PostgreSQL"), await findServer("MariaDB")]
const urls: (readonly [string, string])[] = [["SQLite", `sqlite:${join(folder, "audit.db")}?synchronous=NORMAL`]]
if (postgres !== undefined)
  urls.push([
    "PostgreSQL",
    `${await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres")}?max=5`,
  ])
if (mariadb !== undefined)
  urls.push(["MariaDB", `${await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")}?max=5`])

/** Closed by one of the two handles, it is there for the other. */
const shared = (store: AuditStore): AuditStore => ({
  write: (...args) => store.write(...args),
  state: (...args) => store.state(...args),
  read: (...args) => store.read(...args),
  checkpoints: (...args) => store.checkpoints(...args),
  streams: () => store.streams(),
  sweep: (...args) => store.sweep(...args),
  isInTransaction: () => store.isInTransaction(),
  close: async () => undefined,
})
describeAuditStore("memory", {
  open() {
    const store = new MemoryAuditStore({ maxEntries: 1_000 })
    return [shared(store), shared(store)]
  },
})
for (const [name, url] of urls) {
  // Another number is another pool.
  const other = url.includes("max=") ? url.replace("max=5", "max=6") : `${url}&acquireTimeoutMs=20000`
  describeAuditStore(name, { open: () => [url, other] })

  describe(`in a transaction on ${name}`, () => {
    test("an entry is committed with it, or undone", async () => {
      const stream = crypto.randomUUID()
      const [database, audit] = [await openDatabase(url), openAudit(url)]
      try {
        await audit.append(eventOf(1), { stream })
        await database.transaction(async (tx) => {
          await audit.in(tx).append(eventOf(2), { stream })
          await audit.in(tx).append(eventOf(3), { stream })
        })
        const undone = new RangeError("undone")
        const undo = database.transaction(async (tx) => {
          await audit.in(tx).append(eventOf(4), { stream })
          throw undone
        })
        await expect(undo).rejects.toBe(undone)
        expect(await audit.append(eventOf(5), { stream })).toMatchObject({ sequence: 4, details: { n: 5 } })
        expect(await audit.verify({ stream })).toMatchObject({ ok: true, entries: 4 })
      } finally {
        await Promise.all([audit.close(), database.close()])
      }
    })
    test("one beside it is refused, as it would wait for itself: SECURITY_AUDIT_MISUSED", async () => {
      const [database, audit] = [await openDatabase(url), openAudit(url)]
      try {
        await database.transaction(async () => {
          const misused = { code: "SECURITY_AUDIT_MISUSED" }
          await expect(audit.append(eventOf(1))).rejects.toMatchObject(misused)
          await expect(audit.prune({ before: new Date() })).rejects.toMatchObject(misused)
        })
        const wrong = audit.in(database).append(eventOf(1))
        await expect(wrong).rejects.toMatchObject({ code: "SECURITY_AUDIT_OPTION_INVALID" })
        const elsewhere = await openDatabase("sqlite::memory:")
        const foreign = elsewhere.transaction((tx) => audit.in(tx).append(eventOf(1)))
        await expect(foreign).rejects.toMatchObject({ code: "SECURITY_AUDIT_OPTION_INVALID" })
        await elsewhere.close()
      } finally {
        await Promise.all([audit.close(), database.close()])
      }
    })
    test("many at once on one stream have no gap, with some that are undone", async () => {
      const stream = crypto.randomUUID()
      const [database, audit] = [await openDatabase(url), openAudit(url)]
      try {
        const work = Array.from({ length: 40 }, (_, n) =>
          n % 4 === 0
            ? audit.append(eventOf(n), { stream })
            : database
                .transaction(async (tx) => {
                  await audit.in(tx).append(eventOf(n), { stream })
                  if (n % 4 === 1) throw new RangeError("undone")
                })
                .catch((error) => expect(error).toBeInstanceOf(RangeError)),
        )
        await Promise.all(work)
        expect(await audit.verify({ stream })).toMatchObject({ ok: true, entries: 30 })
      } finally {
        await Promise.all([audit.close(), database.close()])
      }
    })
  })
}

test("the first entry of all may be one in a transaction", async () => {
  const url = `sqlite:${join(folder, "first.db")}`
  const [database, audit] = [await openDatabase(url), openAudit(url)]
  await database.transaction(async (tx) => {
    await expect(audit.list()).rejects.toMatchObject({ code: "SECURITY_AUDIT_MISUSED" })
    await audit.in(tx).append(eventOf(1))
  })
  expect(await audit.verify()).toMatchObject({ ok: true, entries: 1 })
  await Promise.all([audit.close(), database.close()])
})
describe("memory", () => {
  test("forgets nothing: it refuses what does not fit: SECURITY_AUDIT_STORE_FAILED", async () => {
    const audit = openAudit("memory:?maxEntries=2")
    await audit.append(eventOf(1))
    await audit.append(eventOf(2))
    await expect(audit.append(eventOf(3))).rejects.toMatchObject({ code: "SECURITY_AUDIT_STORE_FAILED" })
    expect(await audit.verify()).toMatchObject({ ok: true, entries: 2 })
  })
  test("is in no transaction", async () => {
    const [audit, database] = [openAudit("memory:"), await openDatabase("sqlite::memory:")]
    const refused = database.transaction((tx) => audit.in(tx).append(eventOf(1)))
    await expect(refused).rejects.toMatchObject({ code: "SECURITY_AUDIT_OPTION_INVALID" })
    await database.close()
  })
})
describe("a store that is away", () => {
  test("says SECURITY_AUDIT_STORE_FAILED, and nothing of its address", async () => {
    const audit = openAudit("postgres://user:hidden@127.0.0.1:1/d")
    const error = await audit.append(eventOf(1)).catch((cause) => cause)
    expect([error.code, error.status, String(error.message).includes("hidden")]).toEqual([
      "SECURITY_AUDIT_STORE_FAILED",
      503,
      false,
    ])
    await audit.close()
  })
  test("loses nobody's answer when it goes while it works", async () => {
    const url = `sqlite:${join(folder, "broken.db")}`
    const [database, audit] = [await openDatabase(url), openAudit(url)]
    await audit.append(eventOf(1))
    await database.sql`drop table ashlar_audit_entries`.run()
    const told = await Promise.allSettled(Array.from({ length: 5 }, (_, n) => audit.append(eventOf(n))))
    expect(told.every((one) => one.status === "rejected" && one.reason.code === "SECURITY_AUDIT_STORE_FAILED")).toBe(
      true,
    )
    await Promise.all([audit.close(), database.close()])
  })
  test("unknown URLs, needs that are not met and SQLite in memory are refused", async () => {
    expect(() => openAudit("redis://a")).toThrow(expect.objectContaining({ code: "CORE_DRIVER_UNKNOWN" }))
    expect(() => openAudit("memory:", { needs: { durable: true } })).toThrow(
      expect.objectContaining({ code: "CORE_DRIVER_GUARANTEE_MISSING" }),
    )
    await expect(openAudit("sqlite::memory:").streams()).rejects.toMatchObject({ code: "CORE_DRIVER_URL_INVALID" })
  })
})
test("it is a service of an app", async () => {
  const container = createContainer()
  const AuditLog = defineAudit(() => "memory:")
  const audit = await container.get(AuditLog)
  expect((await audit.append(eventOf(1))).sequence).toBe(1)
  await container.close()
  await expect(audit.append(eventOf(2))).rejects.toMatchObject({ code: "SECURITY_AUDIT_CLOSED" })
})
