import { mkdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase, sql } from "../src/index.ts"
import { isListening, type TestDatabase, testServers } from "../src/testing/database-servers.ts"

/** A database of a test's own: empty when it is made, and gone when it is dropped. */
export interface OwnDatabase {
  readonly name: string
  readonly url: string
  readonly make: () => Promise<void>
  readonly drop: () => Promise<void>
}

/** A file of SQLite, and a database on each server that listens. */
export async function ownDatabases(): Promise<readonly OwnDatabase[]> {
  const folder = join(tmpdir(), `orm-${crypto.randomUUID()}`)
  const sqlite: OwnDatabase = {
    name: "SQLite",
    url: `sqlite:${join(folder, "suite.db")}`,
    make: async () => void mkdirSync(folder),
    drop: async () => rmSync(folder, { recursive: true }),
  }
  const listening = await Promise.all(testServers.map(({ port }) => isListening(port)))
  return [sqlite, ...testServers.filter((_, index) => listening[index]).map(databaseOn)]
}

/** The servers that do not listen. */
export async function missingServers(): Promise<readonly TestDatabase[]> {
  const listening = await Promise.all(testServers.map(({ port }) => isListening(port)))
  return testServers.filter((_, index) => !listening[index])
}

function databaseOn(server: TestDatabase): OwnDatabase {
  const database = `ashlar_suite_${crypto.randomUUID().slice(0, 8)}`
  const asAdmin = async (statement: ReturnType<typeof sql>) => {
    await using admin = await openDatabase(server.adminUrl)
    await admin.sql`${statement}`.run()
  }
  return {
    name: server.name,
    url: server.urlOf(database),
    make: () => asAdmin(sql`create database ${sql.id(database)}`),
    drop: () => asAdmin(sql`drop database ${sql.id(database)}`),
  }
}
