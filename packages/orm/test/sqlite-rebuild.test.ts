/** A table of SQLite is made anew with its rows, and nothing of what belongs to it is lost. */
import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Database, openDatabase } from "../src/index.ts"
import type { SchemaChange, TableOperation } from "../src/schema/changes/change.ts"
import { introspect } from "../src/schema/introspect.ts"
import { runChange } from "../src/schema/run-change.ts"
import { statement } from "../src/schema/sql-text.ts"

const folder = mkdtempSync(join(tmpdir(), "orm-rebuild-"))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

const SCHEMA = [
  `create table users (id integer primary key autoincrement, email text not null collate nocase unique, age integer check (age > 0),
    manager integer references users(id) on delete cascade, full text generated always as (email || '!') stored)`,
  "create table posts (id integer primary key, user_id integer not null references users(id) on delete cascade, title text)",
  "create table comments (id integer primary key, post_id integer not null references posts on delete cascade)",
  "create table log (n integer)",
  "create index users_age on users (age desc) where age > 18",
  "create index users_lower on users (lower(email))",
  "create view adults as select id, email from users where age > 18",
  "create view first_adult as select min(id) as id from adults",
  "create trigger on_user after insert on users begin insert into log values (new.id); end",
  "create trigger on_post after insert on posts begin insert into log select id from users where id = new.user_id; end",
  "insert into users (id, email, age, manager) values (1, 'ada@x.org', 36, null), (2, 'bo@x.org', 20, 1), (9, 'gone@x.org', 3, null)",
  "delete from users where id = 9",
  "insert into posts values (1, 1, 'a'), (2, 1, 'b'), (3, 2, 'c')",
  "insert into comments values (1, 1), (2, 3)",
]

async function open(): Promise<Database> {
  const db = await openDatabase(`sqlite:${join(folder, `${++files}.db`)}`)
  for (const text of SCHEMA) await db.sql`${statement(text)}`.run()
  return db
}

async function change(db: Database, change: SchemaChange): Promise<void> {
  await db.transaction(() => runChange(db, change), { foreignKeys: "unchecked" })
}

const alter = (...operations: TableOperation[]): SchemaChange => ({ kind: "alterTable", table: "users", operations })

const counts = async (db: Database) =>
  await db.sql`select (select count(*) from users) as users, (select count(*) from posts) as posts,
    (select count(*) from comments) as comments`.first()

test("dropping a column keeps rows, children, triggers, views, indexes and the next number", async () => {
  await using db = await open()
  const before = await introspect(db)
  await change(db, alter({ kind: "dropColumn", name: "manager" }))
  expect(await counts(db)).toEqual({ users: 2, posts: 3, comments: 2 })
  const after = await introspect(db)
  expect(after.opaque.map(({ name }) => name).sort()).toEqual(before.opaque.map(({ name }) => name).sort())
  const users = after.tables.find(({ name }) => name === "users")!
  expect(users.columns.map(({ name }) => name)).toEqual(["id", "email", "age", "full"])
  expect(users.indexes.map(({ name }) => name)).toEqual(["users_age", "users_email_unique", "users_lower"])
  expect(users.checks).toEqual([{ name: "users_1_check", expression: "age > 0" }])
  expect(await db.sql`select id, full from users order by id`.all()).toEqual([
    { id: 1, full: "ada@x.org!" },
    { id: 2, full: "bo@x.org!" },
  ])
  // The number of the deleted row is not given again, the trigger works, and case is still nothing to the unique email.
  await db.sql`insert into users (email, age) values ('new@x.org', 5)`.run()
  expect(await db.sql`select max(n) as n from log`.first()).toEqual({ n: 10 })
  await expect(db.sql`insert into users (email) values ('ADA@x.org')`.run()).rejects.toMatchObject({
    code: "ORM_UNIQUE_VIOLATION",
  })
  expect(await db.sql`select id from first_adult`.first()).toEqual({ id: 1 })
  // Foreign keys are on again.
  await db.sql`delete from users where id = 1`.run()
  expect(await counts(db)).toEqual({ users: 2, posts: 1, comments: 1 })
  await expect(db.sql`insert into posts values (8, 77, 'x')`.run()).rejects.toMatchObject({
    code: "ORM_FOREIGN_KEY_VIOLATION",
  })
})

test("with foreign keys on it is refused, and nothing is lost", async () => {
  await using db = await open()
  const drop = alter({ kind: "dropColumn", name: "age" })
  await expect(db.transaction(() => runChange(db, drop))).rejects.toMatchObject({ code: "ORM_SCHEMA_UNSAFE" })
  expect(await counts(db)).toEqual({ users: 2, posts: 3, comments: 2 })
})

test.each<[string, TableOperation, string, RegExp]>([
  ["a view that reads the column", { kind: "dropColumn", name: "email" }, "ORM_STATEMENT_INVALID", /./],
  [
    "a column that must have a value",
    { kind: "addColumn", column: { name: "x", type: { kind: "text" }, nullable: false } },
    "ORM_CONSTRAINT_VIOLATION",
    /./,
  ],
  [
    "a key that rows break",
    {
      kind: "addForeignKey",
      key: {
        name: "k",
        columns: ["age"],
        table: "posts",
        references: ["id"],
        onDelete: "cascade",
        onUpdate: "no action",
      },
    },
    "ORM_SCHEMA_UNSAFE",
    /not there/,
  ],
  ["a column that is not there", { kind: "dropColumn", name: "nothing" }, "ORM_SCHEMA_INVALID", /users\.nothing/],
])("%s undoes all of it", async (_, operation, code, words) => {
  await using db = await open()
  const before = await introspect(db)
  await expect(change(db, alter({ kind: "dropIndex", name: "users_age" }, operation))).rejects.toMatchObject({
    code,
    message: expect.stringMatching(words),
  })
  expect(await introspect(db)).toEqual(before)
  expect(await counts(db)).toEqual({ users: 2, posts: 3, comments: 2 })
})

test("a table that others belong to is not dropped", async () => {
  await using db = await open()
  await expect(change(db, { kind: "dropTable", name: "posts" })).rejects.toMatchObject({ code: "ORM_SCHEMA_INVALID" })
  await change(db, { kind: "dropTable", name: "comments" })
  await change(db, { kind: "renameTable", from: "users", to: "people" })
  expect((await introspect(db)).tables.find(({ name }) => name === "posts")?.foreignKeys[0]?.table).toBe("people")
})

test("only SQLite leaves keys unchecked, and only the outermost transaction", async () => {
  await using db = await open()
  const nested = db.transaction(() => db.transaction(async () => undefined, { foreignKeys: "unchecked" }))
  await expect(nested).rejects.toMatchObject({ code: "ORM_TRANSACTION_MISUSED" })
})
