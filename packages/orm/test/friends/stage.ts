import { afterAll, beforeAll, describe } from "bun:test"
import { type Database, openDatabase, sql } from "../../src/index.ts"
import { ownDatabases } from "../databases.ts"

export interface Stage {
  readonly db: Database
  /** What has been written, by whoever wrote it. */
  readonly titles: () => Promise<readonly string[]>
}

/** The tests of a friend, on each database it is for: with tables `authors` and `notes`, as each dialect has them. */
export async function describeFriend(
  dialects: readonly Database["dialect"][],
  body: (dialect: Database["dialect"], stage: () => Stage) => void,
): Promise<void> {
  for (const own of await ownDatabases()) {
    const dialect = own.name === "SQLite" ? "sqlite" : own.name === "PostgreSQL" ? "postgres" : "mysql"
    if (!dialects.includes(dialect)) continue
    describe(own.name, () => {
      let db: Database | undefined
      beforeAll(async () => {
        await own.make()
        db = await openDatabase(own.url)
        await makeTables(db)
      })
      afterAll(async () => {
        await db?.close()
        await own.drop()
      })
      body(dialect, () => {
        if (db === undefined) throw new Error("Asked for before the tests began.")
        const { sql } = db
        const titles = async () =>
          (await sql<{ title: string }>`select title from notes order by title`.all()).map(({ title }) => title)
        return { db, titles }
      })
    })
  }
}

async function makeTables(db: Database): Promise<void> {
  const key = {
    sqlite: sql`integer primary key autoincrement`,
    postgres: sql`serial primary key`,
    mysql: sql`integer primary key auto_increment`,
  }[db.dialect]
  const kinds = {
    sqlite: { time: sql`datetime`, bytes: sql`blob`, json: sql`jsonb` },
    postgres: { time: sql`timestamp(3)`, bytes: sql`bytea`, json: sql`jsonb` },
    mysql: { time: sql`datetime(3)`, bytes: sql`blob`, json: sql`json` },
  }[db.dialect]
  await db.sql`create table authors (id ${key}, name varchar(100) not null unique)`.run()
  await db.sql`create table notes (id ${key}, title varchar(100) not null, big bigint, at ${kinds.time}, price decimal(20, 5), data ${kinds.bytes}, json ${kinds.json}, ok boolean, author_id integer references authors (id))`.run()
}
