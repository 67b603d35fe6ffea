/** Migrations whose process is killed, and several processes that migrate at once. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { openDatabase } from "../src/index.ts"
import { introspect, openMigrator } from "../src/migrations/index.ts"
import { ownDatabases } from "./databases.ts"
import { migrationFolder } from "./migration-folder.ts"

const all = await ownDatabases()
beforeAll(async () => void (await Promise.all(all.map(({ make }) => make()))))
afterAll(async () => void (await Promise.all(all.map(({ drop }) => drop()))))

const TABLES = 12

/** Many steps of every kind: each may be done once only. */
const MANY = Array.from(
  { length: TABLES },
  (_, at) => `
    schema.createTable("t${at}", (t) => { t.id(); t.text("name", 50).index(); t.integer("n").default(0) })
    schema.sql\`insert into t${at} (name) values (\${"a"}), (\${"b"})\`
    schema.alterTable("t${at}", (t) => { t.text("more", 20).default("x"); t.index(["n"]) })
    schema.data("copy", async (db) => { await db.sql\`insert into t${at} (name) select name from t${at}\`.run() })
    schema.renameColumn("t${at}", "name", "title")`,
).join("\n")

function start(url: string, folder: string): Bun.Subprocess<"ignore", "pipe", "pipe"> {
  return Bun.spawn([process.execPath, join(import.meta.dir, "runners", "on-migrate.ts"), url, folder], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  })
}

/** Reads what a process prints until it has said something. */
async function until(child: Bun.Subprocess<"ignore", "pipe", "pipe">, words: string): Promise<void> {
  let text = ""
  const decoder = new TextDecoder()
  for await (const chunk of child.stdout) {
    text += decoder.decode(chunk, { stream: true })
    if (text.includes(words)) return
  }
}

describe.each(all)("$name", ({ url }) => {
  beforeEach(async () => {
    await using empty = await openMigrator(url, { folder: "/nonexistent" })
    await empty.fresh()
  })

  /** As if the time of a lock had passed. */
  const expire = async () => {
    await using db = await openDatabase(url)
    await db.sql`update ashlar_migration_lock set until = 0`.run().catch(() => undefined)
  }

  test("a process that is killed, again and again, leaves what the next one finishes", async () => {
    const folder = migrationFolder()
    folder.write("20260101000001_many", MANY)
    let kills = 0
    for (let round = 0; ; round++) {
      const child = start(url, folder.path)
      const ending = new Response(child.stderr).text()
      if (round < 8) {
        // Somewhere in the middle: each round gets further than the one before.
        await until(child, round === 0 ? "ready" : `step ${Math.min(3 + round * 6, TABLES * 5 - 3)}`)
        await Bun.sleep(Math.random() * 15)
        child.kill("SIGKILL")
        kills++
        await child.exited
        await expire()
        continue
      }
      const [code, problems] = await Promise.all([child.exited, ending])
      expect([code, problems]).toEqual([0, ""])
      break
    }
    expect(kills).toBe(8)
    await using db = await openDatabase(url)
    const { tables } = await introspect(db)
    const made = tables.filter(({ name }) => name.startsWith("t"))
    expect(made).toHaveLength(TABLES)
    for (const { name, columns, indexes } of made) {
      expect(columns.map((column) => column.name)).toEqual(["id", "title", "n", "more"])
      expect(indexes).toHaveLength(2)
      const count = await db
        .kysely<Record<string, object>>()
        .selectFrom(name)
        .select(({ fn }) => fn.countAll().as("c"))
        .executeTakeFirst()
      expect([name, Number(count?.c)]).toEqual([name, 4])
    }
    folder.dispose()
  }, 60_000)

  test("of four processes at once one migrates, and the others wait for it", async () => {
    const folder = migrationFolder()
    folder.write("20260101000001_many", MANY)
    folder.write("20260101000002_last", `schema.createTable("u", (t) => { t.id() })`)
    const children = Array.from({ length: 4 }, () => start(url, folder.path))
    const results = await Promise.all(
      children.map(async (child) => {
        const [text, problems] = await Promise.all([
          new Response(child.stdout).text(),
          new Response(child.stderr).text(),
        ])
        expect([await child.exited, problems]).toEqual([0, ""])
        return (JSON.parse(text.trim().split("\n").at(-1)!) as { applied: string[] }).applied
      }),
    )
    expect(results.flat().sort()).toEqual(["20260101000001_many", "20260101000002_last"])
    folder.dispose()
  }, 60_000)

  test("a session that the server ends, or a full disk, fails the migration, and the next run finishes it", async () => {
    const folder = migrationFolder()
    const trouble = {
      sqlite:
        "await db.sql`create table big (b blob)`.run(); await db.sql`insert into big values (zeroblob(100000000))`.run()",
      postgres: "await db.sql`select pg_terminate_backend(pg_backend_pid())`.all()",
      mysql: "await db.sql`kill connection_id()`.run()",
    }
    await using db = await openDatabase(url)
    folder.write(
      "20260101000001_trouble",
      `schema.createTable("first", (t) => { t.id() })
       schema.data("trouble", async (db) => {
         globalThis.troubled ??= 0
         if (++globalThis.troubled > 1) return
         if (db.dialect === "sqlite") await db.sql\`pragma max_page_count = 50\`.run()
         ${trouble[db.dialect]}
       })
       schema.createTable("second", (t) => { t.id() })`,
    )
    const own = globalThis as { troubled?: number }
    delete own.troubled
    await using migrator = await openMigrator(url, { folder: folder.path })
    await expect(migrator.up()).rejects.toMatchObject({
      code: expect.stringMatching(/ORM_MIGRATION_FAILED|ORM_CONNECTION_LOST|ORM_DISK_FULL/),
    })
    const names = async () =>
      (await introspect(db)).tables.map(({ name }) => name).filter((name) => !name.startsWith("ashlar"))
    expect(await names()).toEqual(db.dialect === "mysql" ? ["first"] : [])
    if (db.dialect === "sqlite") {
      await using other = await openMigrator(`${url}?busyTimeoutMs=5001`, { folder: folder.path })
      expect(await other.up()).toEqual(["20260101000001_trouble"])
    } else expect(await migrator.up()).toEqual(["20260101000001_trouble"])
    expect(await names()).toEqual(["first", "second"])
    folder.dispose()
  }, 30_000)

  test("a lock is respected while it is held, and taken over when its holder gives no sign", async () => {
    const folder = migrationFolder()
    folder.write(
      "20260101000001_slow",
      `schema.data("sleep", async () => { await new Promise((done) => setTimeout(done, 60_000)) })`,
    )
    const child = start(url, folder.path)
    await until(child, "step 0")
    await using impatient = await openMigrator(url, { folder: folder.path, lockWaitMs: 300 })
    await expect(impatient.up()).rejects.toMatchObject({ code: "ORM_MIGRATION_LOCKED" })
    child.kill("SIGKILL")
    await child.exited
    await expire()
    folder.write("20260101000001_slow", `schema.createTable("quick", (t) => { t.id() })`)
    // Where steps are kept one by one, the file that was begun is not this one.
    if (url.startsWith("mysql:")) await expect(impatient.up()).rejects.toMatchObject({ code: "ORM_MIGRATION_CHANGED" })
    else expect(await impatient.up()).toEqual(["20260101000001_slow"])
    folder.dispose()
  }, 30_000)
})

test("PostgreSQL makes an index while others write, and again where that was cut off", async () => {
  const postgres = all.find(({ name }) => name === "PostgreSQL")
  if (postgres === undefined) return
  const folder = migrationFolder()
  await using migrator = await openMigrator(postgres.url, { folder: folder.path })
  await migrator.fresh()
  await using db = await openDatabase(postgres.url)
  await db.sql`create table c (n integer)`.run()
  await db.sql`insert into c values (1), (1)`.run()
  folder.write("20260101000001_index", `schema.createIndex("c", ["n"], { unique: true, concurrently: true })`)
  // The rows break it, and PostgreSQL leaves an index that is not valid.
  await expect(migrator.up()).rejects.toMatchObject({ code: "ORM_MIGRATION_FAILED" })
  expect(await db.sql`select indisvalid from pg_index where indexrelid = 'c_n_unique'::regclass`.all()).toEqual([
    { indisvalid: false },
  ])
  await db.sql`delete from c`.run()
  await db.sql`insert into c values (1), (2)`.run()
  expect(await migrator.up()).toEqual(["20260101000001_index"])
  expect((await introspect(db)).tables.find(({ name }) => name === "c")?.indexes.map(({ name }) => name)).toEqual([
    "c_n_unique",
  ])
  folder.write(
    "20260101000002_enum",
    `if (schema.dialect === "postgres") {
       schema.createEnum("mood", ["sad", "ok"])
       schema.alterTable("c", (t) => { t.enumeration("mood", ["sad", "ok"], { type: "mood" }).nullable() })
       schema.addEnumValue("mood", "happy")
       schema.sql\`update c set mood = 'happy'\`
     }`,
  )
  await migrator.up()
  expect(await db.sql`select distinct mood::text as mood from c`.all()).toEqual([{ mood: "happy" }])
  folder.dispose()
})
