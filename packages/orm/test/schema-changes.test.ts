/** Changes that one database needs more than a statement for. */
import { afterAll, beforeAll, expect, test } from "bun:test"
import { openDatabase } from "../src/index.ts"
import { introspect } from "../src/migrations/index.ts"
import { createOwnTables } from "../src/migrations/journal.ts"
import { MigrationLock } from "../src/migrations/migration-lock.ts"
import { Schema } from "../src/schema/builder/schema-builder.ts"
import { flavourOf } from "../src/schema/introspect.ts"
import { runChange } from "../src/schema/run-change.ts"
import { ownDatabases } from "./databases.ts"

const all = await ownDatabases()
beforeAll(async () => void (await Promise.all(all.map(({ make }) => make()))))
afterAll(async () => void (await Promise.all(all.map(({ drop }) => drop()))))
const urlOf = (name: string) => all.find((one) => one.name === name)?.url

async function change(url: string, describe: (schema: Schema) => void): Promise<void> {
  await using db = await openDatabase(url)
  const schema = new Schema(await flavourOf(db))
  describe(schema)
  for (const step of schema.steps) if (step.kind === "change") await runChange(db, step.change)
}

test("PostgreSQL changes the type of a column under views and under a column that is worked out of it", async () => {
  const url = urlOf("PostgreSQL")
  if (url === undefined) return
  await using db = await openDatabase(url)
  await db.sql`create table p (id int primary key, price numeric(10,2), gross numeric generated always as (price * 2) stored)`.run()
  await db.sql`create index p_gross on p (gross)`.run()
  await db.sql`create view cheap as select id, price from p where price < 5`.run()
  await db.sql`create view cheapest as select min(price) as price from cheap`.run()
  await db.sql`insert into p (id, price) values (1, 3.25), (2, 9)`.run()
  await change(url, (schema) => schema.alterTable("p", (t) => t.change((t) => t.decimal("price", 14, 4))))
  expect(await db.sql`select price from cheapest`.all()).toEqual([{ price: "3.2500" }])
  expect(await db.sql`select gross from p order by id`.all()).toEqual([{ gross: "6.5000" }, { gross: "18.0000" }])
  expect((await introspect(db)).tables.find(({ name }) => name === "p")?.indexes.map(({ name }) => name)).toEqual([
    "p_gross",
  ])
})

test("PostgreSQL counts on behind the rows that are there", async () => {
  const url = urlOf("PostgreSQL")
  if (url === undefined) return
  await using db = await openDatabase(url)
  await db.sql`create table q (id bigint primary key, n integer)`.run()
  await db.sql`insert into q values (41, 1)`.run()
  await change(url, (schema) => schema.alterTable("q", (t) => t.change((t) => t.bigint("id").autoIncrement())))
  expect(await db.sql`insert into q (n) values (2) returning id`.all()).toEqual([{ id: 42 }])
})

test("MariaDB keeps a foreign key whose index goes, and no index whose key goes", async () => {
  const url = urlOf("MariaDB")
  if (url === undefined) return
  await using db = await openDatabase(url)
  await change(url, (schema) => {
    schema.createTable("a", (t) => void t.id())
    schema.createTable("b", (t) => {
      t.id()
      t.bigint("a_id").references("a").index()
    })
    schema.dropIndex("b", ["a_id"])
  })
  const b = async () => (await introspect(db)).tables.find(({ name }) => name === "b")!
  expect(await b()).toMatchObject({ indexes: [], foreignKeys: [{ name: "b_a_id_foreign", hasOwnIndex: true }] })
  await change(url, (schema) => schema.alterTable("b", (t) => t.dropForeign(["a_id"])))
  expect(await b()).toMatchObject({ indexes: [], foreignKeys: [] })
})

test.each(all)("$name: who lost the lock does no more, and who has it keeps others out", async ({ url }) => {
  await using db = await openDatabase(url)
  await createOwnTables(db, await flavourOf(db))
  const first = await MigrationLock.take(db, 0)
  await first.renew()
  await expect(MigrationLock.take(db, 0)).rejects.toMatchObject({ code: "ORM_MIGRATION_LOCKED" })
  await db.sql`update ashlar_migration_lock set until = 1`.run()
  // Nobody took it meanwhile: it is still its own.
  await first.renew()
  await db.sql`update ashlar_migration_lock set until = 1`.run()
  const second = await MigrationLock.take(db, 0)
  await expect(first.renew()).rejects.toMatchObject({ code: "ORM_MIGRATION_LOCKED" })
  await first.release()
  await second.renew()
  await second.release()
  await (await MigrationLock.take(db, 0)).release()
})
