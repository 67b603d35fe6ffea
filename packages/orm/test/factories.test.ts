/** Factories make the same rows in every run, with those they belong to and those that belong to them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { defineFactory } from "../src/factories/index.ts"
import { boolean, enumeration, integer, Model, openDatabase, text, uuid } from "../src/index.ts"
import { runSeeds } from "../src/migrations/index.ts"
import { fitTable } from "../src/schema/changes/fit-table.ts"
import { describeModels } from "../src/schema/describe-model.ts"
import { flavourOf } from "../src/schema/introspect.ts"
import { createAll } from "../src/schema/settle.ts"
import { ownDatabases } from "./databases.ts"

class Author extends Model {
  static table = "authors"
  static columns = {
    id: uuid().primary(),
    email: text(100).unique(),
    role: enumeration(["reader", "admin"]).default("reader"),
    active: boolean(),
  }
}

class Book extends Model {
  static table = "books"
  static columns = {
    id: integer().primary(),
    authorId: uuid().references(() => Author),
    title: text(200),
    pages: integer(),
  }
}

const AuthorFactory = defineFactory(Author, ({ sequence, random }) => ({
  email: `author${sequence}@example.org`,
  active: random.boolean(),
}))
  .state("admin", { role: "admin" })
  .state("silent", ({ sequence }) => ({ active: false, email: `silent${sequence}@example.org` }))

const BookFactory = defineFactory(Book, ({ random }) => ({
  authorId: AuthorFactory,
  title: random.words(3),
  pages: random.integer(10, 900),
}))

const all = await ownDatabases()
beforeAll(async () => void (await Promise.all(all.map(({ make }) => make()))))
afterAll(async () => void (await Promise.all(all.map(({ drop }) => drop()))))

describe.each(all)("$name", ({ url }) => {
  test("makes rows with their relations, by states and by chance that is no chance", async () => {
    await using db = await openDatabase(url)
    const flavour = await flavourOf(db)
    const wanted = describeModels([Author, Book], flavour)
    await createAll(db, { ...wanted, tables: wanted.tables.map((table) => fitTable(table, flavour)) })
    const inDb = AuthorFactory.seed(7).in(db)

    const admin = await inDb.as("admin").create()
    expect(admin).toMatchObject({ role: "admin", email: "author1@example.org" })
    expect(await inDb.as("silent").as("admin").create({ role: "reader" })).toMatchObject({
      role: "reader",
      active: false,
      email: "silent2@example.org",
    })
    // A row that another needs is made with it, in the same database.
    const book = await BookFactory.seed(1).in(db).create({ title: "Walls" })
    expect(book.title).toBe("Walls")
    expect(await Author.in(db).find(book.authorId)).toMatchObject({ email: "author3@example.org" })
    // One that is there is taken.
    expect(
      (await BookFactory.in(db).with({ authorId: admin.id }).count(2).create()).map(({ authorId }) => authorId),
    ).toEqual([admin.id, admin.id])
    const [first] = await inDb.has(BookFactory, 3, "authorId").count(2).create()
    expect(await Book.in(db).query().where("authorId", first!.id).count()).toBe(3)
    expect(await Author.in(db).query().count()).toBe(5)

    const made = async () =>
      (await BookFactory.seed(5).in(db).with({ authorId: admin.id }).count(4).create()).map(({ title, pages }) => [
        title,
        pages,
      ])
    expect(await made()).toEqual(await made())
    await expect(
      db.transaction(async (tx) => {
        await BookFactory.in(tx).create()
        throw new RangeError("undone")
      }),
    ).rejects.toThrow("undone")
    expect(await Author.in(db).query().count()).toBe(5)
  })
})

test("what does not fit is refused", async () => {
  expect(() => AuthorFactory.as("nobody" as never)).toThrow(expect.objectContaining({ code: "ORM_OPTIONS_INVALID" }))
  expect(() => AuthorFactory.count(-1)).toThrow(expect.objectContaining({ code: "ORM_OPTIONS_INVALID" }))
  expect(() => AuthorFactory.seed(1.5)).toThrow(expect.objectContaining({ code: "ORM_OPTIONS_INVALID" }))
})

test("seeds run in order, each as a whole, and by name", async () => {
  const built = join(import.meta.dir, "..", "dist")
  mkdirSync(built, { recursive: true })
  const folder = mkdtempSync(join(built, "seeds-"))
  const seed = (name: string, body: string) =>
    writeFileSync(
      join(folder, `${name}.ts`),
      `import { defineSeed } from "@ashlar/orm/migrations"\nexport default defineSeed(async (db) => { ${body} })\n`,
    )
  await using db = await openDatabase("sqlite::memory:")
  await db.sql`create table t (n integer)`.run()
  seed("10_one", "await db.sql`insert into t values (1)`.run()")
  seed("20_two", "await db.sql`insert into t values (2)`.run()")
  seed("30_broken", "await db.sql`insert into t values (3)`.run(); throw new RangeError('oh')")
  expect(await runSeeds(db, folder, ["20_two", "10_one"])).toEqual(["20_two", "10_one"])
  await expect(runSeeds(db, folder)).rejects.toThrow("oh")
  expect(await db.sql`select n from t`.all()).toEqual([{ n: 2 }, { n: 1 }, { n: 1 }, { n: 2 }])
  await expect(runSeeds(db, folder, ["40_none"])).rejects.toMatchObject({ code: "ORM_MIGRATION_INVALID" })
  expect(await runSeeds(db, join(folder, "nowhere"))).toEqual([])
  rmSync(folder, { recursive: true })
})
