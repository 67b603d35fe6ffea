import { expect, test } from "bun:test"
import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"
import { manualClock } from "@ashlar/core"
import { openDatabase } from "@ashlar/orm"
import { describeOAuthStore } from "../../testing/oauth-store-suite.ts"
import { MemoryStore } from "./memory.ts"
import { openOAuthStore } from "./open-store.ts"
import type { OAuthStore } from "./store.ts"

const folder = temporaryFolder()
const [postgres, mariadb] = [await findServer("PostgreSQL"), await findServer("MariaDB")]
const clock = manualClock()
const time = { pass: (ms: number) => clock.advance(ms), now: () => clock.now() }

let shared: MemoryStore | undefined
let opened = 0
describeOAuthStore("memory", {
  async open() {
    // The two of a case are one: memory has no second connection.
    if (opened++ % 2 === 0 || shared === undefined) shared = new MemoryStore(clock)
    return shared
  },
  ...time,
})

/** Two pools on one database: a URL that differs is another pool. */
function onSql(name: string, url: string, option: string): void {
  let handle = 0
  const open = (): Promise<OAuthStore> => openOAuthStore(`${url}${option}${10 + (handle++ % 2)}`, clock)
  describeOAuthStore(name, { open, ...time })
}
const sqliteUrl = `sqlite:${join(folder, "oauth.db")}`
onSql("SQLite", sqliteUrl, "?synchronous=NORMAL&acquireTimeoutMs=100")
if (postgres !== undefined)
  onSql(
    "PostgreSQL",
    await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"),
    "?max=",
  )
if (mariadb !== undefined)
  onSql("MariaDB", await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, ""), "?max=")

test("memory refuses what it has no room for, forgets nothing for it, and has room again in time", async () => {
  const own = manualClock()
  const store = new MemoryStore(own, 3)
  const add = (id: string) => store.add({ kind: "replay", id, body: "true", untilMs: own.now() + 100 })
  for (const id of ["a", "b", "c"]) expect(await add(id)).toBe(true)
  expect(add("d")).rejects.toMatchObject({ code: "OAUTH_STORE_FAILED" })
  expect(await store.get("replay", "a")).toBeDefined()
  own.advance(100)
  expect(await add("d")).toBe(true)
})
test("rows that are over go by themselves", async () => {
  const own = manualClock()
  const url = `sqlite:${join(folder, "sweep.db")}`
  const store = await openOAuthStore(url, own)
  for (let at = 0; at < 150; at++)
    await store.add({ kind: "replay", id: `${at}`, body: "true", untilMs: own.now() + 10 })
  own.advance(10)
  for (let at = 150; at < 210; at++)
    await store.add({ kind: "replay", id: `${at}`, body: "true", untilMs: own.now() + 10 })
  const database = await openDatabase(url)
  const { count } = (await database.sql<{ count: number }>`select count(*) as count from ashlar_oauth`.first())!
  expect(Number(count)).toBe(60)
  await Promise.all([database.close(), store.close()])
})
test.each(["redis://127.0.0.1", "file:/tmp/x", "sqlite::memory:", "", "memory:x"])("%p is no store", (url) => {
  expect(openOAuthStore(url)).rejects.toMatchObject({ code: "CORE_DRIVER_URL_INVALID" })
})
test("a store that is closed says that it failed, and not how", async () => {
  const store = await openOAuthStore(`sqlite:${join(folder, "closed.db")}`)
  await store.close()
  const error = await store.get("code", "a").catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: "OAUTH_STORE_FAILED", status: 503 })
  expect(String(error)).not.toContain("closed.db")
})
