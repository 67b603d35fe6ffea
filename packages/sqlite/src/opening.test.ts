import { Database } from "bun:sqlite"
import { afterAll, describe, expect, test } from "bun:test"
import { closeSync, existsSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync, writeSync } from "node:fs"
import { dirname, join } from "node:path"
import type { FileDefinition } from "./definition.ts"
import { makeFolder } from "./testing/disk-shim.ts"
import { countNotes, defineNotes, failureOf, insertNote, makeNotes, outcomeOf, withEngine } from "./testing/notes.ts"
import { testNeeding } from "./testing/requirements.ts"
import { onSmallDisk } from "./testing/small-disk.ts"

const folder = makeFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Overwrites bytes of a file in place. */
function scribble(path: string, at: number, bytes: Uint8Array): void {
  const descriptor = openSync(path, "r+")
  writeSync(descriptor, bytes, 0, bytes.length, at)
  closeSync(descriptor)
}

describe("opening", () => {
  const noise = new Uint8Array(4096).fill(0xa5)

  // Each row damages a good file, or asks for a bad one; the code says what the reader must do.
  const rows: readonly {
    name: string
    prepare: (path: string) => unknown
    definition?: FileDefinition
    mustExist?: boolean
    code: string
    says: string
  }[] = [
    {
      name: "a missing file that must exist",
      prepare: (path) => rmSync(path),
      mustExist: true,
      code: "SQLITE_MISSING",
      says: "restore a backup",
    },
    {
      name: "a missing folder that must exist",
      prepare: (path) => rmSync(dirname(path), { recursive: true }),
      mustExist: true,
      code: "SQLITE_MISSING",
      says: "restore a backup",
    },
    {
      name: "an empty file that must have data",
      prepare: (path) => truncateSync(path, 0),
      mustExist: true,
      code: "SQLITE_NOT_A_DATABASE",
      says: "empty database",
    },
    {
      name: "a text file",
      prepare: (path) => writeFileSync(path, "not a database, but long enough ".repeat(64)),
      code: "SQLITE_NOT_A_DATABASE",
      says: "another kind of file",
    },
    {
      name: "garbage in the header",
      prepare: (path) => scribble(path, 0, noise.subarray(0, 100)),
      code: "SQLITE_NOT_A_DATABASE",
      says: "another kind of file",
    },
    {
      name: "a truncated file",
      prepare: (path) => truncateSync(path, 4096),
      code: "SQLITE_FILE_CORRUPT",
      says: "restore a backup",
    },
    {
      name: "a garbage page of the schema",
      prepare: (path) => scribble(path, 100, noise.subarray(100)),
      code: "SQLITE_FILE_CORRUPT",
      says: "restore a backup",
    },
    {
      name: "a database of another program",
      prepare: (path) => {
        rmSync(path)
        const other = new Database(path)
        other.run("CREATE TABLE bookmarks (url)")
        other.close()
      },
      code: "SQLITE_NOT_A_DATABASE",
      says: 'another program (table "bookmarks")',
    },
    {
      name: "a file with another page size",
      prepare: (path) => {
        rmSync(path)
        const other = new Database(path)
        other.run("PRAGMA page_size = 8192")
        other.run("CREATE TABLE ashlar_migrations (feature, id, name, checksum)")
        other.close()
      },
      code: "SQLITE_SETTINGS",
      says: "page_size = 4096",
    },
    {
      name: "a file of a newer version",
      prepare: (path) =>
        withEngine({}, (engine) =>
          engine.open(path, defineNotes({ id: 2, name: "colour", sql: ["ALTER TABLE note ADD COLUMN colour"] })),
        ),
      code: "SQLITE_FILE_NEWER",
      says: "notes 2 (colour)",
    },
    {
      name: "a file with a feature that this version lacks",
      prepare: (path) =>
        withEngine({}, (engine) =>
          engine.open(path, {
            kind: "project",
            features: [
              ...defineNotes().features,
              { name: "tags", migrations: [{ id: 1, name: "tag", sql: ["CREATE TABLE tag (t)"] }] },
            ],
          }),
        ),
      code: "SQLITE_FILE_NEWER",
      says: "tags 1 (tag)",
    },
    {
      name: "a migration that was edited after it was applied",
      prepare: () => {},
      definition: {
        kind: "project",
        features: [{ name: "notes", migrations: [{ id: 1, name: "note", sql: ["CREATE TABLE note (id)"] }] }],
      },
      code: "SQLITE_MIGRATION",
      says: "add a new migration",
    },
    {
      name: "a migration that fails",
      prepare: () => {},
      definition: defineNotes({ id: 2, name: "half", sql: ["CREATE TABLE half (a)", "CREATE TABLE note (again)"] }),
      code: "SQLITE_MIGRATION",
      says: "notes 2 (half) failed",
    },
    {
      name: "a migration that comes too late",
      prepare: (path) =>
        withEngine({}, (engine) =>
          engine.open(path, defineNotes({ id: 3, name: "third", sql: ["CREATE TABLE third (a)"] })),
        ),
      definition: defineNotes(
        { id: 2, name: "second", sql: ["CREATE TABLE second (a)"] },
        { id: 3, name: "third", sql: ["CREATE TABLE third (a)"] },
      ),
      code: "SQLITE_MIGRATION",
      says: "an id above 3",
    },
    {
      name: "migration ids that do not rise",
      prepare: () => {},
      definition: defineNotes({ id: 1, name: "again", sql: [] }),
      code: "SQLITE_DEFINITION",
      says: "got 1 after 1",
    },
    {
      name: "two features of one name",
      prepare: () => {},
      definition: { kind: "project", features: [...defineNotes().features, ...defineNotes().features] },
      code: "SQLITE_DEFINITION",
      says: 'got "notes"',
    },
    {
      name: "procedures that do not load",
      prepare: () => {},
      definition: {
        kind: "project",
        features: [{ ...defineNotes().features[0]!, procedures: new URL("file:///no/such/module.ts") }],
      },
      code: "SQLITE_FAILED",
      says: 'procedures of "notes"',
    },
    {
      name: "a folder that is a file",
      prepare: (path) => {
        rmSync(dirname(path), { recursive: true })
        writeFileSync(dirname(path), "")
      },
      code: "SQLITE_NOT_WRITABLE",
      says: "write permission",
    },
  ]
  for (const [index, { name, prepare, definition = defineNotes(), mustExist = false, code, says }] of rows.entries()) {
    test(`${name} is refused as ${code}, and the file is left as it is`, async () => {
      const path = await makeNotes(join(folder, `open-${index}`, "notes.db"))
      await prepare(path)
      const before = existsSync(path) ? readFileSync(path) : undefined
      await withEngine({}, async (engine) => {
        const error = await failureOf(engine.open(path, definition, { mustExist }))
        expect(error.code).toBe(code)
        expect(error.message).toContain(says)
        expect(error.message).not.toContain(folder)
      })
      expect(existsSync(path) ? readFileSync(path) : undefined).toEqual(before as never)
    })
  }

  testNeeding(
    ["linux"],
    "a folder that may not be written is refused as SQLITE_NOT_WRITABLE",
    async () => {
      // /proc refuses new files even to root.
      await withEngine({}, async (engine) => {
        const error = await failureOf(engine.open("/proc/self/notes.db", defineNotes()))
        expect(error.code).toBe("SQLITE_NOT_WRITABLE")
      })
    },
    { timeoutMs: 10_000 },
  )

  testNeeding(
    ["tmpfs"],
    "a file on a disk that became read-only is refused as SQLITE_NOT_WRITABLE",
    async () => {
      await onSmallDisk(join(folder, "read-only"), async (disk) => {
        const path = join(disk, "notes.db")
        await withEngine({}, (engine) => engine.open(path, defineNotes()))
        await Bun.$`mount -o remount,ro ${disk}`.quiet()
        await withEngine({}, async (engine) => {
          expect(await outcomeOf(engine.open(path, defineNotes()))).toBe("SQLITE_NOT_WRITABLE")
          expect(await outcomeOf(engine.open(join(disk, "new", "notes.db"), defineNotes()))).toBe("SQLITE_NOT_WRITABLE")
        })
      })
    },
    { timeoutMs: 10_000 },
  )

  test("a refused file opens once its fault is gone", async () => {
    const path = await makeNotes(join(folder, "mended", "notes.db"))
    const good = readFileSync(path)
    await withEngine({}, async (engine) => {
      writeFileSync(path, "not a database, but long enough ".repeat(64))
      expect(await outcomeOf(engine.open(path, defineNotes()))).toBe("SQLITE_NOT_A_DATABASE")
      writeFileSync(path, good)
      const file = await engine.open(path, defineNotes())
      expect(file.get(countNotes)).toEqual({ count: 10 })
    })
  })

  test("two definitions of one file are refused as SQLITE_DEFINITION", async () => {
    await withEngine({}, async (engine) => {
      const path = join(folder, "twice.db")
      const file = await engine.open(path, defineNotes())
      expect(await engine.open(path, defineNotes())).toBe(file)
      const other = defineNotes({ id: 2, name: "two", sql: ["CREATE TABLE two (a)"] })
      expect(await outcomeOf(engine.open(path, other))).toBe("SQLITE_DEFINITION")
    })
  })
})

test("damage found while running stops the writes and turns the health red", async () => {
  const path = await makeNotes(join(folder, "damaged", "notes.db"), 2000)
  // The last pages hold rows; the schema stays readable.
  scribble(path, readFileSync(path).length - 40 * 4096, new Uint8Array(40 * 4096).fill(0xa5))
  await withEngine({}, async (engine) => {
    const file = await engine.open(path, defineNotes())
    expect(engine.health().status).toBe("green")
    expect(await outcomeOf(file.write([{ sql: "UPDATE note SET body = 'y'" }]))).toBe("SQLITE_FILE_CORRUPT")
    expect(await outcomeOf(file.write([{ sql: insertNote, params: ["more", "x"] }]))).toBe("SQLITE_READ_ONLY")
    expect(await outcomeOf(Promise.try(() => file.all("SELECT * FROM note")))).toBe("SQLITE_FILE_CORRUPT")
    expect(engine.health()).toMatchObject({ status: "red", problems: [{ path, code: "SQLITE_READ_ONLY" }] })
  })
})

test("a file that vanished while it was closed is SQLITE_MISSING, never made anew", async () => {
  await withEngine({ maxOpenFiles: 1 }, async (engine) => {
    const path = join(folder, "vanished", "notes.db")
    const file = await engine.open(path, defineNotes())
    // Opening the second closes the first.
    const second = await engine.open(join(folder, "second.db"), defineNotes())
    second.get("SELECT 1")
    rmSync(dirname(path), { recursive: true })
    expect(await outcomeOf(file.write([{ sql: insertNote, params: ["a", "b"] }]))).toBe("SQLITE_MISSING")
    expect(await outcomeOf(Promise.try(() => file.get("SELECT 1")))).toBe("SQLITE_MISSING")
    expect(existsSync(path)).toBe(false)
  })
})
