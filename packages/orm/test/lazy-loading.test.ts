import { afterEach, beforeEach, expect, test } from "bun:test"
import { belongsTo, type Database, hasMany, integer, Model, openDatabase, text } from "../src/index.ts"
import { makeTable } from "../src/testing/model-tables.ts"

let db: Database
const warnings: (Error & { code?: string })[] = []
const listen = (warning: Error) => void warnings.push(warning)
const mode = process.env.NODE_ENV
beforeEach(async () => {
  db = await openDatabase("sqlite::memory:")
  warnings.length = 0
  process.on("warning", listen)
})
afterEach(async () => {
  process.off("warning", listen)
  process.env.NODE_ENV = mode ?? "test"
  await db.close()
})

async function library() {
  class Author extends Model {
    static database = db
    static table = "authors"
    static columns = { id: integer().primary(), name: text() }
    static relations = { books: hasMany(() => Book) }
  }
  class Book extends Model {
    static database = db
    static table = "books"
    static columns = { id: integer().primary(), title: text(), authorId: integer().references(() => Author) }
    static relations = { author: belongsTo(() => Author) }
  }
  for (const model of [Author, Book]) await makeTable(db, model)
  for (const name of ["Ada", "Bob", "Eve"]) {
    const author = await Author.create({ name })
    await author.related("books").create({ title: `by ${name}` })
  }
  return { Author, Book }
}

const told = async () => {
  await new Promise(setImmediate)
  return warnings.filter(({ code }) => code === "ORM_LAZY_LOAD")
}

test("loading a relation row by row is told of once, with the place and what to write", async () => {
  const { Book } = await library()
  for (let round = 0; round < 2; round++)
    for (const book of await Book.query().get()) expect((await book.related("author").get()).name).toBeString()
  const [warning, ...others] = await told()
  expect(others).toEqual([])
  expect(warning?.message).toContain("Book.author is loaded row by row at")
  expect(warning?.message).toContain("lazy-loading.test.ts:")
  expect(warning?.message).toContain(`Book.with("author")`)
})

test("load() of one row after another is told of too, load() of all of them is not", async () => {
  const { Author } = await library()
  await Author.load(await Author.query().get(), "books")
  for (const author of await Author.with("books").get()) expect(author.books).toHaveLength(1)
  expect(await told()).toEqual([])
  for (const author of await Author.query().get()) expect((await author.load("books")).books).toHaveLength(1)
  expect(await told()).toHaveLength(1)
})

test("rows that were joined to the rows of a list are told of as well", async () => {
  const { Book } = await library()
  const books = await Book.with("author").get()
  expect(await told()).toEqual([])
  for (const { author } of books) expect(await author.related("books").count()).toBe(1)
  expect((await told()).map(({ message }) => message.split(" ")[0])).toEqual(["Author.books"])
})

test("one row's relation is nobody's concern, and neither is any in production", async () => {
  const { Author } = await library()
  const first = await Author.query().firstOrFail()
  await first.related("books").get()
  await first.related("books").count()
  const [one] = await Author.query().get()
  await one!.load("books")
  await one!.load("books")
  process.env.NODE_ENV = "production"
  for (const author of await Author.query().get()) await author.load("books")
  expect(await told()).toEqual([])
})
