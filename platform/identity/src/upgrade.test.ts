import { expect, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Feature, openSqlite } from "@ashlar/sqlite"
import { identityFeature } from "./feature.ts"

const first: Feature = { ...identityFeature, migrations: identityFeature.migrations.slice(0, 1) }
const notes: Feature = {
  name: "notes",
  migrations: [{ id: 1, name: "notes", sql: ["CREATE TABLE notes (text TEXT NOT NULL) STRICT"] }],
}

test("files of earlier releases keep what is in them: people without roles, and projects without users", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ashlar-upgrade-"))
  const [system, project] = [join(folder, "system.db"), join(folder, "project.db")]
  const before = openSqlite()
  const people = await before.open(system, { kind: "system", features: [first] })
  const sql = `INSERT INTO identity_accounts (id, email, name, password_hash, administrator, created_at)
               VALUES ('u1', 'ada@example.org', 'Ada', 'hash', 1, 7)`
  await people.write([{ sql }])
  const room = await before.open(project, { kind: "project", features: [notes] })
  await room.write([{ sql: "INSERT INTO notes VALUES ('kept')" }])
  await before.close()

  const after = openSqlite()
  const features = [identityFeature]
  const account = (await after.open(system, { kind: "system", features })).get("SELECT * FROM identity_accounts")
  expect(account).toMatchObject({ id: "u1", email: "ada@example.org", roles: "[]", claims: "{}", disabled_at: null })
  const grown = await after.open(project, { kind: "project", features: [notes, ...features] })
  expect([grown.all("SELECT * FROM notes"), grown.all("SELECT * FROM identity_accounts")]).toEqual([
    [{ text: "kept" }],
    [],
  ])
  await after.close()
  await rm(folder, { recursive: true, force: true })
})
