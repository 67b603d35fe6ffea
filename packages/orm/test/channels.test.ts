import { describe, expect, test } from "bun:test"
import { openDatabase } from "@ashlar/orm"
import { isListening, testServers } from "../src/testing/database-servers.ts"

test("a database that tells of nothing says so", async () => {
  await using db = await openDatabase("sqlite::memory:")
  expect(await db.listen("x", { onNotice: () => undefined }).catch((error) => error)).toMatchObject({
    code: "ORM_UNSUPPORTED",
  })
})

const postgres = testServers.find(({ name }) => name === "PostgreSQL")!
const isThere = await isListening(postgres.port)
if (!isThere && process.env.CI !== "true") console.warn("skipped: what needs PostgreSQL")
else
  describe.each(["bun", "pg"])("PostgreSQL, by %s", (driver) => {
    const url = `${postgres.adminUrl}?driver=${driver}`
    test("tells of what was committed, to those who still listen", async () => {
      await using db = await openDatabase(url)
      const channel = `Ashlar "test" ${crypto.randomUUID()}`
      const got: string[] = []
      let standing = 0
      const stop = await db.listen(channel, {
        onNotice: (payload) => void got.push(payload),
        onListening: () => void standing++,
      })
      expect(standing).toBe(1)
      const undone = db.transaction(async (tx) => {
        await tx.sql`select pg_notify(${channel}, 'undone')`.all()
        throw new RangeError("undone")
      })
      expect(await undone.catch((error) => error.message)).toBe("undone")
      await db.sql`select pg_notify(${channel}, 'kept')`.all()
      while (got.length === 0) await Bun.sleep(5)
      expect(got).toEqual(["kept"])
      await stop()
      await stop()
      await db.sql`select pg_notify(${channel}, 'late')`.all()
      await Bun.sleep(50)
      expect(got).toEqual(["kept"])
    })
    test("refuses a name that is none, a server that is not there, and a database that was closed", async () => {
      const db = await openDatabase(url)
      const listener = { onNotice: () => undefined }
      expect(await db.listen("x".repeat(64), listener).catch((error) => error)).toMatchObject({
        code: "ORM_IDENTIFIER_INVALID",
      })
      await db.listen("open", listener) // ends with the database
      await db.close()
      expect(await db.listen("x", listener).catch((error) => error)).toMatchObject({ code: "ORM_CLOSED" })
      await using none = await openDatabase(`postgres://127.0.0.1:1/x?driver=${driver}&connectTimeoutMs=500`)
      expect(await none.listen("x", listener).catch((error) => error)).toMatchObject({ code: "ORM_CONNECT_FAILED" })
    })
  })
