import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"

export interface TestStore {
  readonly name: string
  /** Its URL; another `handle` is another pool of connections to the same store. */
  readonly url: (handle?: number) => string
}

/** The stores that there are on this machine, empty, and gone when the tests are done. To be called where a test file begins. */
export async function testStores(): Promise<readonly TestStore[]> {
  const folder = temporaryFolder()
  const stores: TestStore[] = [
    { name: "memory", url: () => "memory:" },
    {
      name: "SQLite",
      url: (handle = 10) => `sqlite:${join(folder, "auth.db")}?synchronous=NORMAL&acquireTimeoutMs=${handle * 1_000}`,
    },
  ]
  const [postgres, mariadb, redis] = [
    await findServer("PostgreSQL"),
    await findServer("MariaDB"),
    await findServer("Redis"),
  ]
  if (postgres) {
    const url = await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres")
    stores.push({ name: "PostgreSQL", url: (handle = 10) => `${url}?max=${handle}` })
  }
  if (mariadb) {
    const url = await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")
    stores.push({ name: "MariaDB", url: (handle = 10) => `${url}?max=${handle}` })
  }
  if (redis) {
    const prefix = `ashlar-test-${crypto.randomUUID().slice(0, 8)}`
    stores.push({ name: "Redis", url: () => `redis://127.0.0.1:${redis}?prefix=${prefix}` })
  }
  return stores
}
