import { afterAll } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase } from "@ashlar/orm"

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
  const { id } = await import("@ashlar/orm").then(({ sql }) => sql)
  await server.sql`create database ${id(name)}`.run()
  afterAll(async () => {
    // What a test left open must not keep it.
    if (server.dialect === "postgres") await server.sql`drop database ${id(name)} with (force)`.run()
    else await server.sql`drop database ${id(name)}`.run()
    await server.close()
  })
  return urlOf(name)
}
