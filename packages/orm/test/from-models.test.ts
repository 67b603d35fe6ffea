/** Models are compared with a database, and the migration that is written of the difference makes it none. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import fc from "fast-check"
import {
  array,
  bigint,
  boolean,
  bytes,
  createdAt,
  date,
  decimal,
  double,
  enumeration,
  fullText,
  index,
  integer,
  json,
  Model,
  manyToMany,
  openDatabase,
  sql,
  text,
  timestamp,
  uuid,
} from "../src/index.ts"
import { compareModels } from "../src/migrations/compare-models.ts"
import { defineMigration, openMigrator } from "../src/migrations/index.ts"
import { readMigrationFiles, readPlan } from "../src/migrations/migration-file.ts"
import { writeMigration } from "../src/migrations/write-migration.ts"
import { type DescribableModel, describeModels } from "../src/schema/describe-model.ts"
import type { DatabaseDescription, Flavour } from "../src/schema/description.ts"
import { diffDatabases } from "../src/schema/diff.ts"
import { ownDatabases } from "./databases.ts"
import { migrationFolder } from "./migration-folder.ts"
import { databases as arbitraryDatabases } from "./schema-arbitrary.ts"

const all = await ownDatabases()
beforeAll(async () => void (await Promise.all(all.map(({ make }) => make()))))
afterAll(async () => void (await Promise.all(all.map(({ drop }) => drop()))))

const User = {
  name: "User",
  table: "users",
  naming: "snake" as const,
  columns: {
    id: uuid().primary(),
    email: text(254).unique(),
    name: text().nullable(),
    role: enumeration(["reader", "writer's", "admin"]).default("reader"),
    isActive: boolean().default(true),
    balance: decimal(12, 2).default("0.00"),
    createdAt: createdAt(),
  },
}

const Post = {
  name: "Post",
  table: "posts",
  columns: {
    id: bigint().primary(),
    authorId: uuid()
      .index()
      .references(() => User, { onDelete: "cascade" }),
    title: text(200),
    body: text(),
    views: integer().default(0).check(sql`views >= 0`),
    score: double().default(1.5),
    day: date().nullable(),
    seenAt: timestamp().defaultSql(sql`current_timestamp(3)`).nullable(),
    tags: array(text()),
    data: json().nullable(),
    image: bytes().nullable(),
    shout: text(200).generated(sql`upper(title)`),
  },
  indexes: [index("day", "views"), fullText("title", "body")],
}

const PostLater = {
  name: "PostLater",
  table: "posts",
  columns: {
    ...Post.columns,
    title: text(300),
    views: integer().default(5),
    data: json(),
    slug: text(100).unique().nullable(),
  },
  indexes: [index("day"), fullText("title", "body")],
}

const UserLater = {
  name: "UserLater",
  table: "users",
  naming: "snake" as const,
  columns: {
    id: User.columns.id,
    email: User.columns.email,
    role: enumeration(["reader", "writer's", "admin", "guest"]).default("guest"),
    isActive: boolean(),
    balance: decimal(12, 2).default("0.00"),
    createdAt: createdAt(),
  },
}

// SQLite has no precision in its word.
const forDialect = (model: DescribableModel, url: string): DescribableModel =>
  url.startsWith("sqlite:") && "seenAt" in model.columns
    ? {
        ...model,
        name: model.table,
        table: model.table,
        columns: { ...model.columns, seenAt: timestamp().defaultSql(sql`current_timestamp`).nullable() },
      }
    : model

const words = { collation: "utf8mb4_bin", strict: true }
const stones = defineMigration({
  up(schema) {
    schema.createTable("quarries", (t) => {
      t.uuid("id").primary()
      t.options(words)
    })
    schema.createTable("stones", (t) => {
      t.uuid("id").primary()
      t.text("name", 60).unique()
      t.uuid("quarry_id").references("quarries")
      t.options(words)
    })
  },
})
const Quarry = { name: "Quarry", table: "quarries", columns: { id: uuid().primary() } }
const Stone = {
  name: "Stone",
  table: "stones",
  naming: "snake" as const,
  columns: { id: uuid().primary(), name: text(60).unique(), quarryId: uuid().references(() => Quarry) },
}

describe.each(all)("$name", ({ url }) => {
  test("what models cannot say of a table stays, and a table comes after those that its keys name", async () => {
    await using db = await openDatabase(url)
    const migrator = await openMigrator(db, { migrations: { "20260101000001_stones": stones } })
    const empty = await openMigrator(db, { migrations: {} })
    await empty.fresh()
    const { changes } = await compareModels(db, [Stone, Quarry])
    const created = changes.flatMap((change) => (change.kind === "createTable" ? change.table.name : []))
    expect(created).toEqual(["quarries", "stones"])
    await migrator.up()
    expect((await compareModels(db, [Stone, Quarry])).changes).toEqual([])
    await empty.fresh()
  })

  test("an empty database becomes what the models say, then what they say later, and back", async () => {
    const folder = migrationFolder()
    await using db = await openDatabase(url)
    await using migrator = await openMigrator(url, { folder: folder.path })
    const write = async (name: string, models: readonly DescribableModel[]) => {
      const found = await compareModels(
        db,
        models.map((model) => forDialect(model, url)),
      )
      folder.file(
        `${name}.ts`,
        writeMigration(found.changes, found.back, { words: found.models, before: found.database }),
      )
      return found
    }
    const first = await write("20260101000001_first", [User, Post])
    expect(first.losses).toEqual([])
    await migrator.up()
    const same = await compareModels(
      db,
      [User, Post].map((model) => forDialect(model, url)),
    )
    expect(same.changes).toEqual([])
    await db.sql`insert into users (id, email, created_at) values ('00000000-0000-7000-8000-000000000001', 'a@x.org', '2026-01-01 00:00:00')`.run()
    await expect(db.sql`update users set role = 'nobody'`.run()).rejects.toMatchObject({
      code: expect.stringMatching(/ORM_CONSTRAINT_VIOLATION|ORM_QUERY_FAILED/),
    })

    const second = await write("20260101000002_second", [UserLater, PostLater])
    expect(second.losses).toEqual(["the values of users.name"])
    await expect(migrator.up()).rejects.toMatchObject({ code: "ORM_MIGRATION_DESTRUCTIVE" })
    await migrator.up({ allowDestructive: true })
    const later = await compareModels(
      db,
      [UserLater, PostLater].map((model) => forDialect(model, url)),
    )
    expect(later.changes).toEqual([])
    expect(later.unknownTables).toEqual([])
    await db.sql`update users set role = 'guest'`.run()
    await db.sql`update users set role = 'reader'`.run()
    expect((await db.sql`select email from users`.all()).length).toBe(1)

    await migrator.down({ count: 1 })
    expect(
      (
        await compareModels(
          db,
          [User, Post].map((model) => forDialect(model, url)),
        )
      ).changes,
    ).toEqual([])
    expect((await compareModels(db, [forDialect(User, url)])).unknownTables).toEqual(["posts"])
    folder.dispose()
  }, 60_000)
})

test.each(["sqlite", "postgres", "mariadb"] as const)(
  "a migration of %s that is written says what it was written of",
  async (flavour: Flavour) => {
    const folder = migrationFolder()
    let count = 0
    const empty: DatabaseDescription = { flavour, tables: [], enums: [], opaque: [] }
    const property = fc.asyncProperty(
      arbitraryDatabases(flavour),
      arbitraryDatabases(flavour),
      async (first, second) => {
        const changes = [...diffDatabases(empty, first), ...diffDatabases(first, second, { dropTables: true })]
        const name = `2026${String(++count).padStart(6, "0")}_random`
        folder.file(`${name}.ts`, writeMigration(changes, [], { words: empty, before: empty }))
        const file = readMigrationFiles(folder.path).find((one) => one.name === name)!
        const plan = await readPlan(file, "up", flavour)
        // Keys that are undefined, and orders within a table, say nothing.
        const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown
        const said = plan!.steps.map((step) => (step.kind === "change" ? step.change : step))
        expect(plain(said)).toEqual(plain(changes))
      },
    )
    await fc.assert(property, { numRuns: 40, endOnFailure: true })
    folder.dispose()
  },
)

test("a table between two models comes with them", () => {
  class Tag extends Model {
    static table = "tags"
    static columns = { id: integer().primary(), name: text(20) }
  }
  class Article extends Model {
    static table = "articles"
    static columns = { id: uuid().primary() }
    static relations = {
      tags: manyToMany(() => Tag, { through: "article_tags", columns: { place: integer().default(0) } }),
    }
  }
  const { tables } = describeModels([Tag, Article], "postgres")
  expect(tables.map(({ name }) => name)).toEqual(["article_tags", "articles", "tags"])
  expect(tables[0]).toMatchObject({
    columns: [
      { name: "articleId", type: { kind: "uuid" }, nullable: false },
      { name: "tagId", type: { kind: "integer", bits: 32 } },
      { name: "place", default: { value: 0 } },
    ],
    primaryKey: { columns: ["articleId", "tagId"] },
    foreignKeys: [
      { table: "articles", references: ["id"], onDelete: "cascade" },
      { table: "tags", onDelete: "cascade" },
    ],
  })
})
