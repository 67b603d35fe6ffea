import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { openDatabase, sql } from "../src/index.ts"
import { isListening, type TestDatabase, testServers } from "../src/testing/database-servers.ts"

/** An empty database, and how to be rid of it. */
export interface OwnDatabase {
  readonly name: string
  readonly url: string
  readonly drop: () => Promise<void>
}

/** A file of SQLite, and a new database on each server that listens. */
export async function makeDatabases(): Promise<readonly OwnDatabase[]> {
  const folder = mkdtempSync(join(tmpdir(), "orm-"))
  const sqlite: OwnDatabase = {
    name: "SQLite",
    url: `sqlite:${join(folder, "suite.db")}`,
    drop: async () => rmSync(folder, { recursive: true }),
  }
  const listening = await Promise.all(testServers.map(({ port }) => isListening(port)))
  return [sqlite, ...(await Promise.all(testServers.filter((_, index) => listening[index]).map(makeDatabase)))]
}

/** The servers that do not listen. */
export async function missingServers(): Promise<readonly TestDatabase[]> {
  const listening = await Promise.all(testServers.map(({ port }) => isListening(port)))
  return testServers.filter((_, index) => !listening[index])
}

async function makeDatabase(server: TestDatabase): Promise<OwnDatabase> {
  const database = `ashlar_suite_${crypto.randomUUID().slice(0, 8)}`
  const asAdmin = async (statement: ReturnType<typeof sql>) => {
    await using admin = await openDatabase(server.adminUrl)
    await admin.sql`${statement}`.run()
  }
  await asAdmin(sql`create database ${sql.id(database)}`)
  return { name: server.name, url: server.urlOf(database), drop: () => asAdmin(sql`drop database ${sql.id(database)}`) }
}
