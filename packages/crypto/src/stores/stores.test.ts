import { expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { openDatabase } from "@ashlar/orm"
import { openKeys } from "../keys/open-keys.ts"
import { localRootKey } from "../root-keys/local.ts"
import { describeKeyStore } from "../testing/key-store-suite.ts"
import { memoryStore } from "./memory.ts"
import { keyStoreDrivers } from "./open-store.ts"

const folder = temporaryFolder()
const [postgres, mariadb] = [await findServer("PostgreSQL"), await findServer("MariaDB")]
const shared = memoryStore()
describeKeyStore("memory", { open: async () => ({ ...shared, close: async () => undefined }) })
const sqlite = `sqlite:${join(folder, "keys.db")}`
describeKeyStore("SQLite", { open: () => keyStoreDrivers.open(sqlite) })
if (postgres !== undefined) {
  const url = await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres")
  describeKeyStore("PostgreSQL", { open: () => keyStoreDrivers.open(url) })
}
if (mariadb !== undefined) {
  const url = await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "mysql")
  describeKeyStore("MariaDB", { open: () => keyStoreDrivers.open(url) })
}

test("a store that fails is said, without what it said", async () => {
  const url = `sqlite:${join(folder, "broken.db")}`
  const store = await keyStoreDrivers.open(url)
  const database = await openDatabase(url)
  await database.sql`drop table ashlar_keys`.run()
  const error = await store.get("a").catch((cause: Error) => cause)
  expect(error).toMatchObject({ code: "CRYPTO_STORE_FAILED" })
  expect(JSON.stringify(error)).not.toContain("no such table")
  await Promise.all([store.close(), database.close()])
  expect(await store.get("a").catch((cause: Error) => cause)).toMatchObject({ code: "CRYPTO_CLOSED" })
  const blocked = `sqlite:${join(folder, "no/where.db")}`
  expect(await keyStoreDrivers.open(blocked).catch((cause: Error) => cause)).toBeInstanceOf(Error)
})

test("a rotation is no part of the caller's transaction, so it cannot be undone with it", async () => {
  const url = `sqlite:${join(folder, "within.db")}`
  const root = localRootKey(crypto.getRandomValues(new Uint8Array(32)), "file")
  const keys = await openKeys({ root, store: url })
  const database = await openDatabase(`sqlite:${join(folder, "app.db")}`)
  await keys.create({ name: "a" })
  let sealed = new Uint8Array()
  await database
    .transaction(async () => {
      await keys.rotate("a")
      sealed = Uint8Array.from(await keys.encrypt("a", "text", { a: "b" }))
      throw new RangeError("undone")
    })
    .catch((error: unknown) => expect(error).toBeInstanceOf(RangeError))
  expect(await keys.decryptText("a", sealed, { a: "b" })).toBe("text")
  expect((await keys.get("a")).version).toBe(2)
  await Promise.all([keys.close(), database.close()])
})
