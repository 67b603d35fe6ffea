import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { inSpiteOfOthers, makeTables, openDatabase, sql } from "@ashlar/orm"
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
