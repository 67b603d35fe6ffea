/** Migrations that a bundle holds, without a folder beside it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { openDatabase } from "../src/index.ts"
import { defineMigration, introspect, openMigrator } from "../src/migrations/index.ts"
import { ownDatabases } from "./databases.ts"
import { migrationFolder } from "./migration-folder.ts"

const all = await ownDatabases()
beforeAll(async () => void (await Promise.all(all.map(({ make }) => make()))))
afterAll(async () => void (await Promise.all(all.map(({ drop }) => drop()))))

const STONES = `schema.createTable("stones", (t) => { t.id() })`
const stones = defineMigration({
  up: (schema) => schema.createTable("stones", (t) => void t.id()),
  down: (schema) => schema.dropTable("stones"),
})
const tools = defineMigration({ up: (schema) => schema.createTable("tools", (t) => void t.id()) })
const migrations = { "20260101000002_tools": tools, "20260101000001_stones": stones }

describe.each(all)("$name", ({ url }) => {
  test("are applied to a database that is open, in the order of their names, and leave it open", async () => {
    await using db = await openDatabase(url)
    const migrator = await openMigrator(db, { migrations })
    await migrator.fresh()
    expect((await migrator.status()).map(({ name, state }) => [name, state])).toEqual([
      ["20260101000001_stones", "applied"],
      ["20260101000002_tools", "applied"],
    ])
    expect(await migrator.up()).toEqual([])
    await migrator.close()
    expect((await introspect(db)).tables.map(({ name }) => name)).toEqual(expect.arrayContaining(["stones", "tools"]))
  })

  test("are the same as the files that they come from", async () => {
    const folder = migrationFolder()
    try {
      folder.write("20260101000001_stones", STONES, `schema.dropTable("stones")`)
      folder.write("20260101000002_tools", `schema.createTable("tools", (t) => { t.id() })`)
      for (const [first, second] of [
        [{ migrations }, { folder: folder.path }],
        [{ folder: folder.path }, { migrations }],
      ]) {
        await using one = await openMigrator(url, first!)
        await one.fresh()
        await using other = await openMigrator(url, second!)
        expect(await other.up()).toEqual([])
        expect((await other.status()).map(({ state }) => state)).toEqual(["applied", "applied"])
      }
    } finally {
      folder.dispose()
    }
  })
})

test("a database in memory is migrated where it is open", async () => {
  await using db = await openDatabase("sqlite::memory:")
  expect(await (await openMigrator(db, { migrations })).up()).toHaveLength(2)
  await db.sql`insert into stones (id) values (1)`.run()
})

test.each([
  [{}, "ORM_OPTIONS_INVALID"],
  [{ folder: "migrations", migrations }, "ORM_OPTIONS_INVALID"],
])("what says not where migrations are is refused", async (options, code) => {
  await expect(openMigrator("sqlite::memory:", options)).rejects.toMatchObject({ code })
})

test.each([{ stones }, { "20260101000001_stones": {} as never }, { "20260101000001_../x": stones }])(
  "what is no migration is refused",
  async (migrations) => {
    await using migrator = await openMigrator("sqlite::memory:", { migrations })
    await expect(migrator.up()).rejects.toMatchObject({ code: "ORM_MIGRATION_INVALID" })
  },
)
