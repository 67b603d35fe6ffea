/** A whole database goes from SQLite to each of the others and back, and answers as it did. */
import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Database, integer, Model, openDatabase, sql } from "../src/index.ts"
import { compareModels } from "../src/migrations/compare-models.ts"
import { copyDatabase } from "../src/migrations/copy-database.ts"
import { introspect } from "../src/migrations/index.ts"
import { loadModels } from "../src/migrations/load-models.ts"
import { writeModels } from "../src/migrations/write-models.ts"
import type { ColumnDescription } from "../src/schema/description.ts"
import { CHINOOK_ROWS, makeChinook } from "./chinook.ts"
import { ownDatabases } from "./databases.ts"

const all = (await ownDatabases()).filter(({ name }) => name !== "SQLite")
const folder = mkdtempSync(join(tmpdir(), "orm-chinook-"))
// Inside the package, where models find what they import.
mkdirSync(join(import.meta.dir, "..", "dist"), { recursive: true })
const built = mkdtempSync(join(import.meta.dir, "..", "dist", "chinook-"))
beforeAll(async () => void (await Promise.all(all.map(({ make }) => make()))))
afterAll(async () => {
  await Promise.all(all.map(({ drop }) => drop()))
  rmSync(folder, { recursive: true })
  rmSync(built, { recursive: true })
})

const id = sql.id

class AnyModel extends Model {
  static table = ""
  static columns = { AlbumId: integer() }
}

/** What people ask of this database: joins, groups, sums, self joins, order. Numbers as text, so that all say them alike. */
const QUESTIONS: Readonly<Record<string, (db: Database) => Promise<object[]>>> = {
  salesByCountry: (db) =>
    db.sql`select ${id("BillingCountry")} as country, count(*) as invoices, sum(${id("Total")}) as total from ${id("Invoice")}
      group by ${id("BillingCountry")}`.all(),
  longestByGenre: (db) =>
    db.sql`select g.${id("Name")} as genre, max(t.${id("Milliseconds")}) as ms, count(*) as tracks from ${id("Track")} t
      join ${id("Genre")} g on g.${id("GenreId")} = t.${id("GenreId")} group by g.${id("Name")}`.all(),
  topAlbums: (db) =>
    db.sql`select a.${id("Title")} as title, r.${id("Name")} as artist, sum(l.${id("Quantity")}) as sold from ${id("InvoiceLine")} l
      join ${id("Track")} t on t.${id("TrackId")} = l.${id("TrackId")} join ${id("Album")} a on a.${id("AlbumId")} = t.${id("AlbumId")}
      join ${id("Artist")} r on r.${id("ArtistId")} = a.${id("ArtistId")} group by a.${id("AlbumId")}, a.${id("Title")}, r.${id("Name")}
      order by sold desc, a.${id("AlbumId")} limit 20`.all(),
  chiefs: (db) =>
    db.sql`select e.${id("EmployeeId")} as id, c.${id("LastName")} as chief from ${id("Employee")} e
      left join ${id("Employee")} c on c.${id("EmployeeId")} = e.${id("ReportsTo")}`.all(),
  lists: (db) =>
    db.sql`select p.${id("Name")} as list, count(*) as tracks, sum(t.${id("Bytes")}) as bytes from ${id("PlaylistTrack")} x
      join ${id("Playlist")} p on p.${id("PlaylistId")} = x.${id("PlaylistId")} join ${id("Track")} t on t.${id("TrackId")} = x.${id("TrackId")}
      group by p.${id("Name")}`.all(),
}

async function answers(db: Database): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const [name, ask] of Object.entries(QUESTIONS)) {
    const rows = (await ask(db)) as Record<string, unknown>[]
    found[name] = rows
      .map((row) => JSON.stringify(Object.entries(row).map(([key, value]) => [key, plain(key, value)])))
      .sort()
  }
  return found
}

/** Sums of money are floats on SQLite, which holds the original's own type there. */
function plain(key: string, value: unknown): string {
  return key === "total" ? Number(value).toFixed(2) : String(value)
}

/** Every row of every table, as text that does not know which database it is of. */
async function contents(db: Database): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const { name, columns } of (await introspect(db)).tables) {
    const rows = await db.sql<Record<string, unknown>>`select * from ${id(name)}`.all()
    found[name] = rows.map((row) => JSON.stringify(columns.map((column) => cell(row[column.name])))).sort()
  }
  return found
}

function cell(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString()
  if (typeof value === "string" && /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d/.test(value))
    return new Date(`${value.slice(0, 19).replace(" ", "T")}Z`).toISOString()
  if (typeof value === "string" && /^-?\d+\.\d+$/.test(value)) return Number(value)
  return typeof value === "bigint" ? Number(value) : value
}

test("Chinook is read, copied from one database to the next, and says the same in each", async () => {
  await using source = await openDatabase(`sqlite:${join(folder, "chinook.db")}`)
  await makeChinook(source)
  const before = { answers: await answers(source), contents: await contents(source) }
  const read = await introspect(source)
  expect(read.tables.map(({ name }) => name)).toEqual(Object.keys(CHINOOK_ROWS))
  expect(read.tables.find(({ name }) => name === "PlaylistTrack")).toMatchObject({
    primaryKey: { name: "PK_PlaylistTrack", columns: ["PlaylistId", "TrackId"] },
    foreignKeys: [{ table: "Playlist" }, { table: "Track", references: ["TrackId"], onDelete: "no action" }],
  })
  const models = writeModels(read)
  writeFileSync(join(built, "models.ts"), models)
  const loaded = await loadModels([join(built, "models.ts")])
  expect(loaded.map(({ table }) => table).sort()).toEqual(Object.keys(CHINOOK_ROWS))
  const named = (name: string) => loaded.find(({ table }) => table === name) as unknown as typeof AnyModel
  const album = await named("Album")
    .in(source)
    .query()
    .where("AlbumId" as never, 7 as never)
    .with("artist" as never)
    .first()
  expect(album).toMatchObject({ Title: 'Album "7" 😀', artist: { Name: "Artist 8" } })
  expect(await named("Artist").in(source).query().count()).toBe(275)
  // Money and times are kept in other types by models: that is all that is to be changed.
  const { changes, unknownTables } = await compareModels(source, loaded)
  expect(unknownTables).toEqual([])
  const operations = changes.flatMap((change): { kind: string; column?: ColumnDescription }[] =>
    change.kind === "alterTable" ? [...change.operations] : [change],
  )
  expect(new Set(operations.map((one) => one.column?.type.kind ?? one.kind))).toEqual(new Set(["decimal", "timestamp"]))
  let from = source
  await using opened = new AsyncDisposableStack()
  for (const url of [...all.map((one) => one.url), `sqlite:${join(folder, "back.db")}`]) {
    const to = await openDatabase(url)
    opened.use(to)
    const seen: string[] = []
    const { tables, left } = await copyDatabase(from, to, {
      onProgress: ({ table, rows, total }) => seen.push(`${table} ${rows}/${total}`),
    })
    expect(tables).toEqual(CHINOOK_ROWS)
    expect(left).toEqual([])
    expect(seen).toContain("PlaylistTrack 8715/8715")
    expect(await answers(to)).toEqual(before.answers)
    expect(await contents(to)).toEqual(before.contents)
    const copy = await introspect(to)
    for (const { name, foreignKeys, indexes, primaryKey } of read.tables) {
      const table = copy.tables.find((one) => one.name === name)!
      const links = (keys: typeof foreignKeys) =>
        keys.map((key) => `${key.columns}>${key.table}.${key.references}`).sort()
      expect([name, links(table.foreignKeys)]).toEqual([name, links(foreignKeys)])
      expect(table.indexes.map((index) => index.name)).toEqual(
        expect.arrayContaining(indexes.map((index) => index.name)),
      )
      expect(table.primaryKey?.columns).toEqual(primaryKey!.columns)
    }
    // Counting goes on behind the last row.
    const key = await to.sql`insert into ${id("Genre")} (${id("Name")}) values ('new')`
      .run()
      .then(() => to.sql<{ key: number }>`select max(${id("GenreId")}) as ${id("key")} from ${id("Genre")}`.first())
    expect(Number(key?.key)).toBe(26)
    await to.sql`delete from ${id("Genre")} where ${id("Name")} = 'new'`.run()
    await expect(copyDatabase(from, to)).rejects.toMatchObject({ code: "ORM_SCHEMA_INVALID" })
    from = to
  }
}, 120_000)
