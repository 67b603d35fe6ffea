/** An index of words follows its table, on every database. */
import { afterAll, beforeAll, expect, test } from "bun:test"
import { openDatabase } from "../src/index.ts"
import { introspect, openMigrator } from "../src/migrations/index.ts"
import { ownDatabases } from "./databases.ts"
import { migrationFolder } from "./migration-folder.ts"

const all = await ownDatabases()
beforeAll(async () => void (await Promise.all(all.map(({ make }) => make()))))
afterAll(async () => void (await Promise.all(all.map(({ drop }) => drop()))))

test.each(all)(
  "$name finds words after the table was made anew, and forgets those of deleted rows",
  async ({ url }) => {
    const folder = migrationFolder()
    folder.write(
      "20260101000001_posts",
      `schema.createTable("posts", (t) => { t.uuid("id").primary(); t.text("title", 100); t.text("body"); t.integer("n").default(1); t.fullText(["title", "body"]) })`,
    )
    await using migrator = await openMigrator(url, { folder: folder.path })
    await migrator.up()
    await using db = await openDatabase(url)
    const ids = ["00000000-0000-7000-8000-000000000002", "00000000-0000-7000-8000-000000000001"]
    await db.sql`insert into posts (id, title, body) values (${ids[0]}, 'stone walls', 'dressed'), (${ids[1]}, 'wood', 'joints')`.run()
    const search = async (word: string) => {
      const rows = {
        sqlite: () =>
          db.sql<{
            title: string
          }>`select title from posts where rowid in (select rowid from posts_search where posts_search match ${word})`,
        postgres: () => db.sql<{ title: string }>`select title from posts
        where to_tsvector('simple', coalesce("title", '') || ' ' || coalesce("body", '')) @@ plainto_tsquery('simple', ${word})`,
        mysql: () =>
          db.sql<{
            title: string
          }>`select title from posts where match (title, body) against (${word} in boolean mode)`,
      }[db.dialect]()
      return (await rows.all()).map(({ title }) => title)
    }
    expect(await search("joints")).toEqual(["wood"])
    folder.write(
      "20260101000002_change",
      `schema.alterTable("posts", (t) => { t.change((t) => t.text("title", 120)); t.dropColumn("n"); t.boolean("live").default(true) })`,
      undefined,
      "destructive: true",
    )
    await migrator.up()
    const before = await introspect(db)
    expect(before.tables.find(({ name }) => name === "posts")?.indexes).toHaveLength(1)
    expect(before.opaque).toEqual([])
    expect(await search("joints")).toEqual(["wood"])
    await db.sql`update posts set body = 'nails' where title = 'wood'`.run()
    await db.sql`delete from posts where title = 'stone walls'`.run()
    expect([await search("joints"), await search("nails"), await search("stone")]).toEqual([[], ["wood"], []])
    folder.write(
      "20260101000003_rename",
      `schema.renameColumn("posts", "body", "story"); schema.renameTable("posts", "articles"); schema.renameTable("articles", "posts"); schema.renameColumn("posts", "story", "body")`,
    )
    await migrator.up()
    await db.sql`update posts set body = 'bricks and nails' where title = 'wood'`.run()
    expect([await search("bricks"), await search("nails")]).toEqual([["wood"], ["wood"]])
    folder.write("20260101000004_drop", `schema.dropTable("posts")`, undefined, "destructive: true")
    await migrator.up()
    expect((await introspect(db)).tables.map(({ name }) => name)).toEqual([
      "ashlar_migration_lock",
      "ashlar_migrations",
    ])
    folder.dispose()
  },
)
