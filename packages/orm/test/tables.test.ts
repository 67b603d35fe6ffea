import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type FeatureTables, inSpiteOfOthers, makeTables, openDatabase, openTables, sql } from "@ashlar/orm"
import { ownDatabases } from "./databases.ts"

describe.each(await ownDatabases())("the tables of a feature on $name", ({ url, make, drop }) => {
  beforeAll(make)
  afterAll(drop)
  const definition = {
    tables: [
      sql`create table if not exists ashlar_things (id varchar(20) primary key, kind varchar(20) not null)`,
      sql`create table if not exists ashlar_parts (id varchar(20) primary key)`,
    ],
    indexes: [["ashlar_things_kind", "ashlar_things", sql`kind`]] as const,
  }

  test("are there when all who make them at once are done, and are left alone after", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => openDatabase(url)))
    await Promise.all(all.map((database) => makeTables(database, definition)))
    const [one] = all
    await one!.sql`insert into ashlar_things (id, kind) values ('a', 'x')`.run()
    await makeTables(one!, definition)
    expect(await one!.sql`select kind from ashlar_things`.all()).toEqual([{ kind: "x" }])
    await Promise.all(all.map((database) => database.close()))
  })
  test("are opened with their database, or that cannot be", async () => {
    const toError = (cause: unknown) => new RangeError("no tables", { cause })
    const dialects: string[] = []
    const tables = (dialect: string): FeatureTables => {
      dialects.push(dialect)
      return definition
    }
    await using database = await openTables(url, { tables, isShared: true, toError })
    expect(dialects).toEqual([database.dialect])
    expect(await database.sql`select id from ashlar_parts`.all()).toEqual([])
    const wrong = () => ({ tables: [sql`create table if not exists ashlar_wrong (`] })
    const refused = await openTables(url, { tables: wrong, toError }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ message: "no tables", cause: { code: expect.stringContaining("ORM_") } })
  })
  test("that cannot be made are told of", async () => {
    await using database = await openDatabase(url)
    const wrong = makeTables(database, { tables: [sql`create table if not exists ashlar_wrong (`] })
    await expect(wrong).rejects.toMatchObject({ code: expect.stringContaining("ORM_") })
  })
  test("have an index of columns that are there", async () => {
    await using database = await openDatabase(url)
    if (database.dialect === "mysql") return // which goes without
    const wrong = makeTables(database, { ...definition, indexes: [["ashlar_no", "ashlar_things", sql`none`]] })
    await expect(wrong).rejects.toMatchObject({ code: expect.stringContaining("ORM_") })
  })
})

test("what fails is tried six times, and no more once it went well", async () => {
  let tries = 0
  const failing = inSpiteOfOthers(async () => {
    tries++
    throw new TypeError("no")
  })
  await expect(failing).rejects.toThrow("no")
  expect(tries).toBe(6)
  await inSpiteOfOthers(async () => void tries++)
  expect(tries).toBe(7)
})

test("tables that others are to open too are in no memory: CORE_DRIVER_URL_INVALID", async () => {
  const options = { tables: () => ({ tables: [] }), toError: () => new RangeError("not asked") }
  for (const url of ["sqlite::memory:", "SQLite::MEMORY:?busyTimeoutMs=5"])
    await expect(openTables(url, { ...options, isShared: true })).rejects.toMatchObject({
      code: "CORE_DRIVER_URL_INVALID",
    })
  await (await openTables("sqlite::memory:", options)).close()
})
