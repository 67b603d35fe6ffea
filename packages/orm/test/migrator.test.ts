/** Migrations go up, down and on after a failure, on every database. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { rmSync } from "node:fs"
import { openDatabase } from "../src/index.ts"
import { introspect, type Migrator, openMigrator } from "../src/migrations/index.ts"
import { ownDatabases } from "./databases.ts"
import { type MigrationFolder, migrationFolder } from "./migration-folder.ts"

const all = await ownDatabases()
beforeAll(async () => void (await Promise.all(all.map(({ make }) => make()))))
afterAll(async () => void (await Promise.all(all.map(({ drop }) => drop()))))

const USERS = `schema.createTable("users", (t) => { t.id(); t.text("email", 100).unique(); t.timestamps() })`
const POSTS = `schema.createTable("posts", (t) => {
  t.uuid("id").primary()
  t.bigint("user_id").references("users", "id", { onDelete: "cascade" }).index()
  t.text("title", 200)
})`

describe.each(all)("$name", ({ url }) => {
  let folder: MigrationFolder
  let count = 0

  beforeEach(async () => {
    await using empty = await openMigrator(url, { folder: "/nonexistent" })
    await empty.fresh()
    folder = migrationFolder()
    count++
  })

  const opened = async (work: (migrator: Migrator) => Promise<void>) => {
    try {
      await using migrator = await openMigrator(url, { folder: folder.path, lockWaitMs: 2_000 })
      await work(migrator)
    } finally {
      folder.dispose()
    }
  }

  const tables = async () => {
    await using db = await openDatabase(url)
    return (await introspect(db)).tables.map(({ name }) => name).filter((name) => !name.startsWith("ashlar_"))
  }

  test("goes up once, tells its status, goes down and up again", () =>
    opened(async (migrator) => {
      folder.write("20260101000001_users", USERS, `schema.dropTable("users")`)
      folder.write("20260101000002_posts", POSTS, `schema.dropTable("posts")`)
      expect((await migrator.status()).map(({ state }) => state)).toEqual(["pending", "pending"])
      const seen: string[] = []
      const names = await migrator.up({
        onProgress: ({ migration, step, steps }) => seen.push(`${migration} ${step}/${steps}`),
      })
      expect(names).toEqual(["20260101000001_users", "20260101000002_posts"])
      expect(seen).toEqual([
        "20260101000001_users 0/1",
        "20260101000001_users 1/1",
        "20260101000002_posts 0/1",
        "20260101000002_posts 1/1",
      ])
      expect(await tables()).toEqual(["posts", "users"])
      expect(await migrator.up()).toEqual([])
      folder.write("20260101000003_tags", `schema.createTable("tags", (t) => { t.id() })`, `schema.dropTable("tags")`)
      expect(await migrator.up()).toEqual(["20260101000003_tags"])
      expect((await migrator.status()).map(({ batch }) => batch)).toEqual([1, 1, 2])
      expect(await migrator.down()).toEqual(["20260101000003_tags"])
      expect(await tables()).toEqual(["posts", "users"])
      expect(await migrator.down({ count: 1 })).toEqual(["20260101000002_posts"])
      expect(await migrator.up({ to: "20260101000002_posts" })).toEqual(["20260101000002_posts"])
      expect(await migrator.fresh()).toHaveLength(3)
      expect(await tables()).toEqual(["posts", "tags", "users"])
    }))

  test("shows its SQL and runs none of it", () =>
    opened(async (migrator) => {
      folder.write(
        "20260101000001_users",
        `${USERS}; schema.data("fill", async () => { throw 1 }); schema.sql\`delete from users where id = \${7}\``,
      )
      folder.write(
        "20260101000002_more",
        `schema.alterTable("users", (t) => { t.dropColumn("email"); t.text("name", 9).nullable() })`,
      )
      const plan = await migrator.plan()
      expect(plan.map(({ name }) => name)).toEqual(["20260101000001_users", "20260101000002_more"])
      const text = plan.flatMap(({ statements }) => statements).join("\n")
      expect(text).toContain("create table")
      expect(text).toContain("-- code: fill")
      expect(text).toContain("-- with 1 bound values\ndelete from users where id = ")
      expect(plan[1]?.losses).toEqual(["the values of users.email"])
      expect(plan[1]?.rebuilds).toBe(url.startsWith("sqlite:"))
      expect(await tables()).toEqual([])
    }))

  test("refuses files that changed, are gone or come too late, and names them", () =>
    opened(async (migrator) => {
      folder.write("20260101000002_users", USERS)
      await migrator.up()
      folder.write("20260101000001_late", POSTS)
      await expect(migrator.up()).rejects.toMatchObject({
        code: "ORM_MIGRATION_GAP",
        message: expect.stringContaining("20260101000001_late"),
      })
      expect(await migrator.up({ allowOutOfOrder: true })).toEqual(["20260101000001_late"])
      folder.write("20260101000002_users", `${USERS} // other`)
      await expect(migrator.up()).rejects.toMatchObject({
        code: "ORM_MIGRATION_CHANGED",
        message: expect.stringContaining("20260101000002_users (its file has changed)"),
      })
      folder.remove("20260101000002_users.ts")
      await expect(migrator.up()).rejects.toMatchObject({ code: "ORM_MIGRATION_CHANGED" })
      await expect(migrator.down({ count: 2 })).rejects.toMatchObject({ code: "ORM_MIGRATION_CHANGED" })
      expect((await migrator.status()).map(({ state }) => state)).toEqual(["applied", "missing"])
      expect(await tables()).toEqual(["posts", "users"])
    }))

  test("takes data away only where somebody agreed", () =>
    opened(async (migrator) => {
      folder.write("20260101000001_users", USERS)
      await migrator.up()
      folder.write("20260101000002_drop", `schema.dropColumn("users", "email")`)
      await expect(migrator.up()).rejects.toMatchObject({
        code: "ORM_MIGRATION_DESTRUCTIVE",
        message: expect.stringContaining("the values of users.email"),
      })
      expect(await migrator.up({ allowDestructive: true })).toEqual(["20260101000002_drop"])
      folder.write("20260101000003_price", `schema.createTable("prices", (t) => { t.id(); t.decimal("price", 12, 4) })`)
      folder.write(
        "20260101000004_round",
        `schema.alterTable("prices", (t) => t.change((t) => t.decimal("price", 12, 2)))`,
      )
      await expect(migrator.up()).rejects.toMatchObject({ message: expect.stringContaining("digits of prices.price") })
      expect(await tables()).toEqual(["users"])
      folder.remove("20260101000003_price.ts")
      folder.remove("20260101000004_round.ts")
      folder.write("20260101000003_drop", `schema.dropTable("users")`, undefined, "destructive: true")
      expect(await migrator.up()).toEqual(["20260101000003_drop"])
      await expect(migrator.down()).rejects.toMatchObject({ code: "ORM_MIGRATION_IRREVERSIBLE" })
    }))

  test("a step that fails leaves nothing where the database can undo it, else goes on from there", () =>
    opened(async (migrator) => {
      const broken = `${USERS}; schema.sql\`insert into users (email) values ('a')\`; schema.sql\`insert into nothing values (1)\`;
        schema.createTable("tags", (t) => { t.id() })`
      folder.write("20260101000001_users", broken)
      await expect(migrator.up()).rejects.toMatchObject({
        code: "ORM_MIGRATION_FAILED",
        message: expect.stringMatching(/step 3 of 4 \(SQL\) failed/),
      })
      await using db = await openDatabase(url)
      const isKept = db.dialect === "mysql"
      expect(await tables()).toEqual(isKept ? ["users"] : [])
      if (!isKept) return
      expect((await migrator.status())[0]?.state).toBe("interrupted")
      const forward = { code: "ORM_MIGRATION_FAILED", message: expect.stringContaining("ashlar migrate up") }
      await expect(migrator.down()).rejects.toMatchObject(forward)
      await db.sql`create table nothing (id integer)`.run()
      expect(await migrator.up()).toEqual(["20260101000001_users"])
      expect(await tables()).toEqual(["nothing", "tags", "users"])
      expect(await db.sql`select count(*) as c from users`.first()).toEqual({ c: 1 })
    }))

  test("a way back that fails goes on from there on MySQL, and leaves all as it was elsewhere", () =>
    opened(async (migrator) => {
      folder.write(
        "20260101000001_two",
        `schema.createTable("a", (t) => { t.id() }); schema.createTable("b", (t) => { t.id() })`,
        `schema.dropTable("b"); schema.sql\`insert into elsewhere values (1)\`; schema.dropTable("a")`,
      )
      await migrator.up()
      await expect(migrator.down()).rejects.toMatchObject({ code: "ORM_MIGRATION_FAILED" })
      await using db = await openDatabase(url)
      const isKept = db.dialect === "mysql"
      expect(await tables()).toEqual(isKept ? ["a"] : ["a", "b"])
      if (isKept) {
        const again = { code: "ORM_MIGRATION_FAILED", message: expect.stringContaining("ashlar migrate down") }
        await expect(migrator.up()).rejects.toMatchObject(again)
      }
      await db.sql`create table elsewhere (id integer)`.run()
      expect(await migrator.down()).toEqual(["20260101000001_two"])
      expect(await tables()).toEqual(["elsewhere"])
      expect((await migrator.status()).map(({ state }) => state)).toEqual(["pending"])
    }))

  test("runs files of SQL, both ways, with bodies that hold semicolons", () =>
    opened(async (migrator) => {
      await using db = await openDatabase(url)
      const trigger = {
        sqlite:
          "create trigger t after insert on notes begin update notes set body = 'x;y'; update notes set n = 2; end;",
        postgres: `create function f() returns trigger language plpgsql as $$ begin new.body = 'x;y'; new.n = 2; return new; end $$;
          create trigger t before insert on notes for each row execute function f();`,
        mysql:
          "create trigger t before insert on notes for each row begin set new.body = 'x;y'; if 1 = 1 then set new.n = 2; end if; end;",
      }[db.dialect]
      folder.file(
        "20260101000001_notes.sql",
        `-- up
create table notes (n integer, body varchar(20)); -- a comment; with one
${trigger}
-- down
drop table notes;
${db.dialect === "postgres" ? "drop function f();" : ""}`,
      )
      await migrator.up()
      await db.sql`insert into notes values (1, 'a')`.run()
      expect(await db.sql`select n, body from notes`.all()).toEqual([{ n: 2, body: "x;y" }])
      await migrator.down()
      expect(await tables()).toEqual([])
    }))

  test.each([
    ["x.ts", "export default {}", /expected a name such as/],
    ["20260101000001_a.ts", "export default {}", /expected `export default defineMigration/],
    ["20260101000001_a.ts", "throw new Error('oh')", /cannot be loaded: oh/],
    ["20260101000001_a.ts", "export default { async up() {} }", /is async/],
  ])("%s with %s is no migration", (name, text, words) =>
    opened(async (migrator) => {
      // Modules are cached by their path.
      folder.file(name, `${text} // ${count}`)
      await expect(migrator.up()).rejects.toMatchObject({
        code: "ORM_MIGRATION_INVALID",
        message: expect.stringMatching(words),
      })
    }),
  )

  test("a file of SQLite is copied before a table is made anew", () =>
    opened(async (migrator) => {
      if (!url.startsWith("sqlite:")) return
      folder.write("20260101000001_users", USERS)
      await migrator.up()
      const copy = `${url.slice("sqlite:".length)}.before-migration`
      rmSync(copy, { force: true })
      folder.write("20260101000002_drop", `schema.dropColumn("users", "email")`)
      await migrator.up({ allowDestructive: true })
      await using before = await openDatabase(`sqlite:${copy}`)
      expect(await before.sql`select count(email) as c from users`.first()).toEqual({ c: 0 })
    }))
})
