import { join } from "node:path"
import { temporaryDatabase, temporaryFolder } from "@ashlar/cache/testing/databases"
import { findServer } from "@ashlar/cache/testing/servers"

/** A database of each kind, empty and of these tests' own. */
export async function testDatabases(): Promise<readonly (readonly [name: string, url: string])[]> {
  const [postgres, mariadb] = [await findServer("PostgreSQL"), await findServer("MariaDB")]
  const urls: (readonly [string, string])[] = [["SQLite", `sqlite:${join(temporaryFolder(), "flows.db")}`]]
  if (postgres !== undefined)
    urls.push([
      "PostgreSQL",
      await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"),
    ])
  if (mariadb !== undefined)
    urls.push(["MariaDB", await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "")])
  return urls
}

/** Waits until it is so. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let at = 0; at < 2_500; at++) {
    if (await isSo()) return
    await new Promise((done) => setTimeout(done, 10))
  }
  throw new RangeError(`waited too long: ${what}`)
}
