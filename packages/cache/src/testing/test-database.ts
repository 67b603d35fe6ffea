import { afterAll } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase, sql } from "@ashlar/orm"
import { findServer } from "./test-servers.ts"

/** A folder that is gone when the tests are done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "ashlar-test-"))
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** A database of these tests' own on a server, dropped when they are done. */
export async function temporaryDatabase(urlOf: (name: string) => string, admin: string): Promise<string> {
  const name = `ashlar_test_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`
  const server = await openDatabase(urlOf(admin))
  await server.sql`create database ${sql.id(name)}`.run()
  afterAll(async () => {
    // What a test left open must not keep it.
    if (server.dialect === "postgres") await server.sql`drop database ${sql.id(name)} with (force)`.run()
    else await server.sql`drop database ${sql.id(name)}`.run()
    await server.close()
  })
  return urlOf(name)
}

/** Databases of these tests' own: on PostgreSQL and MariaDB, where they are there. */
export async function temporaryDatabases(): Promise<readonly string[]> {
  const [postgres, mariadb] = [await findServer("PostgreSQL"), await findServer("MariaDB")]
  const urls: string[] = []
  if (postgres !== undefined)
    urls.push(await temporaryDatabase((name) => `postgres://postgres@127.0.0.1:${postgres}/${name}`, "postgres"))
  if (mariadb !== undefined)
    urls.push(await temporaryDatabase((name) => `mysql://root@127.0.0.1:${mariadb}/${name}`, "mysql"))
  return urls
}
