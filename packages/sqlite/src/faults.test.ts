import { Database } from "bun:sqlite"
import { afterAll, describe, expect, test } from "bun:test"
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { dirname, join } from "node:path"
import type { FileDefinition } from "./definition.ts"
import { openSqlite, type SqliteEngine } from "./engine.ts"
import type { SqliteFile } from "./file.ts"
import { acknowledgedIds, makeFolder, startSubject } from "./testing/disk-shim.ts"
import { countNotes, defineNotes, failureOf, insertNote, outcomeOf } from "./testing/notes.ts"
import { testNeeding } from "./testing/requirements.ts"

const folder = makeFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Opens an engine for one test and closes it whatever happens. */
async function withEngine<T>(options: Parameters<typeof openSqlite>[0], work: (engine: SqliteEngine) => Promise<T>) {
  const engine = openSqlite(options)
  try {
    return await work(engine)
  } finally {
    await engine.close()
  }
}

/** A well-made file of ten notes, closed. */
async function makeNotes(name: string, rows = 10): Promise<string> {
  const path = join(folder, name)
  await withEngine({}, async (engine) => {
    const file = await engine.open(path, defineNotes())
    await file.write(
      Array.from({ length: rows }, (_, index) => ({ sql: insertNote, params: [`n${index}`, "x".repeat(200)] })),
    )
  })
  return path
}

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
      const path = await makeNotes(`open-${index}/notes.db`)
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
      await onSmallDisk("read-only", async (disk) => {
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
    const path = await makeNotes("mended/notes.db")
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
  const path = await makeNotes("damaged/notes.db", 2000)
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

test("another process that holds the lock is SQLITE_LOCKED_BY_OTHER after five seconds", async () => {
  await withEngine({}, async (engine) => {
    const path = join(folder, "locked.db")
    const file = await engine.open(path, defineNotes())
    const other = new Database(path)
    other.run("BEGIN IMMEDIATE")
    expect(await outcomeOf(file.write([{ sql: insertNote, params: ["a", "b"] }]))).toBe("SQLITE_LOCKED_BY_OTHER")
    other.run("ROLLBACK")
    other.close()
    expect(await outcomeOf(file.write([{ sql: insertNote, params: ["a", "b"] }]))).toBe("done")
  })
}, 20_000)

for (const fault of ["SHIM_FAIL", "SHIM_FAIL_WRITE"] as const) {
  const what = fault === "SHIM_FAIL" ? "fsync" : "write"
  testNeeding(
    ["linux", "cc"],
    `a failed ${what} is unknown and the file goes on; the second makes it read-only`,
    async () => {
      const live = join(folder, `eio-${what}`)
      const path = join(live, "journal.db")
      const subject = await startSubject({
        mode: "faults",
        path,
        amount: 0,
        env: { SHIM_ROOT: live, [fault]: join(folder, `fail-${what}`) },
      })
      const steps = JSON.parse(await new Response(subject.stdout).text())
      expect(await subject.exited).toBe(0)
      expect(steps).toEqual([
        ...["ack", "ack"],
        "SQLITE_OUTCOME_UNKNOWN",
        ...["ack", "green"],
        "SQLITE_OUTCOME_UNKNOWN",
        ...["SQLITE_READ_ONLY", "red"],
        // Reads go on.
        "3",
      ])
      // After a restart on a good disk: all that was acknowledged, none that was refused for certain.
      const database = new Database(path)
      const ids = database
        .query("SELECT id FROM entry ORDER BY id")
        .values()
        .map(([id]) => Number(id))
      expect(database.query("PRAGMA integrity_check").values()).toEqual([["ok"]])
      database.close()
      expect([1, 2, 4].every((id) => ids.includes(id))).toBe(true)
      expect(ids).not.toContain(6)
    },
    { timeoutMs: 20_000 },
  )
}

testNeeding(
  ["linux", "cc"],
  "a disk that fails while a file is opened is SQLITE_STORAGE_FAILED, and no half-made file stays in use",
  async () => {
    const live = join(folder, "eio-open")
    const path = join(live, "journal.db")
    const flag = join(folder, "fail-open")
    writeFileSync(flag, "")
    const env = { SHIM_ROOT: live, SHIM_FAIL: flag }
    const failing = await startSubject({ mode: "batches", path, amount: 1, env })
    expect(await new Response(failing.stdout).text()).toBe("refused SQLITE_STORAGE_FAILED\n")
    rmSync(flag)
    const working = await startSubject({ mode: "batches", path, amount: 1, env })
    expect(acknowledgedIds(await new Response(working.stdout).text())).toHaveLength(8)
  },
  { timeoutMs: 20_000 },
)

/** Mounts a disk of 40 MB for one test. */
async function onSmallDisk(name: string, work: (disk: string) => Promise<void>): Promise<void> {
  const disk = join(folder, name)
  mkdirSync(disk)
  await Bun.$`mount -t tmpfs -o size=40m tmpfs ${disk}`.quiet()
  try {
    await work(disk)
  } finally {
    await Bun.$`umount ${disk}`.quiet()
  }
}

testNeeding(
  ["tmpfs"],
  "on a full disk nothing is half-written, deletes and reads go on, and room brings the writes back",
  async () => {
    await onSmallDisk("full", async (disk) => {
      await withEngine({}, async (engine) => {
        const path = join(disk, "notes.db")
        const file = await engine.open(path, defineNotes())
        const ballast = join(disk, ".ashlar-ballast")
        expect(existsSync(ballast)).toBe(true)
        const { acknowledged, refusal } = await fill(file)
        expect(refusal).toMatchObject({ code: "SQLITE_FULL", status: 507 })
        expect(existsSync(ballast)).toBe(false)
        expect(file.get(countNotes)).toEqual({ count: acknowledged })
        expect(engine.health()).toMatchObject({ status: "yellow", problems: [{ path, code: "SQLITE_FULL" }] })
        await expectOnlyDeletes(file)
        // Deleted rows leave room inside the file, though the disk has none: writes come back.
        for (let n = 9; n < 309; n += 50) {
          await file.write([{ sql: "DELETE FROM note WHERE n BETWEEN ? AND ?", params: [n, n + 49] }])
        }
        for (let index = 0; index < 100; index++) {
          expect(await outcomeOf(file.write([{ sql: insertNote, params: [`after-${index}`, body] }]))).toBe("done")
        }
        expect(engine.health().status).toBe("yellow")
        // Until that room is used up too; and the way out stays open.
        expect((await fill(file)).refusal).toMatchObject({ code: "SQLITE_FULL" })
        expect(await outcomeOf(file.write([{ sql: "DELETE FROM note WHERE n > 400 AND n < 500" }]))).toBe("done")
        expect(file.get("SELECT body FROM note WHERE id = 'half'")).toBeUndefined()
      })
      const database = new Database(join(disk, "notes.db"))
      expect(database.query("PRAGMA integrity_check").values()).toEqual([["ok"]])
      database.close()
    })
  },
  { timeoutMs: 30_000 },
)

testNeeding(
  ["tmpfs"],
  "room made on the disk by others lays the ballast again",
  async () => {
    await onSmallDisk("freed", async (disk) => {
      const filler = join(disk, "filler")
      writeFileSync(filler, new Uint8Array(22 * 1024 * 1024).fill(1))
      await withEngine({}, async (engine) => {
        const file = await engine.open(join(disk, "notes.db"), defineNotes())
        await fill(file)
        expect(engine.health().status).toBe("yellow")
        rmSync(filler)
        expect(await outcomeOf(file.write([{ sql: insertNote, params: ["after", "x"] }]))).toBe("done")
        expect(existsSync(join(disk, ".ashlar-ballast"))).toBe(true)
        expect(engine.health().status).toBe("green")
      })
    })
  },
  { timeoutMs: 30_000 },
)

testNeeding(
  ["tmpfs"],
  "a procedure that swallows the full disk writes nothing and is not believed",
  async () => {
    await onSmallDisk("careless", async (disk) => {
      await withEngine({}, async (engine) => {
        const file = await engine.open(join(disk, "notes.db"), defineNotes())
        const ids = Array.from({ length: 4000 }, (_, index) => `c${index}`)
        const outcomes = await Promise.all([
          outcomeOf(file.write([{ sql: insertNote, params: ["friend", "x"] }])),
          outcomeOf(file.call("notes.addManyCarelessly", { ids, body })),
        ])
        expect(outcomes).toEqual(["SQLITE_FULL", "SQLITE_FULL"])
        expect(file.get(countNotes)).toEqual({ count: 0 })
      })
    })
  },
  { timeoutMs: 30_000 },
)

/** About four pages. */
const body = "x".repeat(16_000)
let filled = 0

async function fill(file: SqliteFile): Promise<{ acknowledged: number; refusal: unknown }> {
  let acknowledged = 0
  for (;;) {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 16 }, () => file.write([{ sql: insertNote, params: [`${++filled}`, body] }])),
    )
    acknowledged += outcomes.filter(({ status }) => status === "fulfilled").length
    const refused = outcomes.find((outcome) => outcome.status === "rejected")
    if (refused !== undefined) return { acknowledged, refusal: refused.reason }
  }
}

/** With inserts and deletes in one group, so that the inserts cannot starve the deletes. */
async function expectOnlyDeletes(file: SqliteFile): Promise<void> {
  const outcomes = await Promise.all([
    outcomeOf(file.write([{ sql: insertNote, params: ["half", body] }])),
    outcomeOf(file.write([{ sql: "DELETE FROM note WHERE n <= 5", expectChanges: 5 }])),
    outcomeOf(file.write([{ sql: "DELETE FROM note WHERE n = 6" }, { sql: insertNote, params: ["half", "x"] }])),
    outcomeOf(file.call("notes.query", "DELETE FROM note WHERE n = 7")),
    outcomeOf(file.call("notes.query", "DELETE FROM note WHERE n = 8 RETURNING n", { makesRoom: true })),
  ])
  expect(outcomes).toEqual(["SQLITE_FULL", "done", "SQLITE_FULL", "SQLITE_FULL", "done"])
  expect(file.all("SELECT n FROM note WHERE n <= 8")).toEqual([{ n: 6 }, { n: 7 }])
}

describe("a writer thread", () => {
  test("that dies answers what was under way as unknown, and starts again for the rest", async () => {
    await withEngine({ writers: 1, maxGroupOps: 2 }, async (engine) => {
      const file = await engine.open(join(folder, "crash.db"), defineNotes())
      const neighbour = await engine.open(join(folder, "neighbour.db"), defineNotes())
      await file.write([{ sql: insertNote, params: ["before", "x"] }])
      const outcomes = await Promise.all([
        outcomeOf(file.write([{ sql: insertNote, params: ["same group", "x"] }])),
        outcomeOf(file.call("notes.crash", "crashed")),
        outcomeOf(file.write([{ sql: insertNote, params: ["next group", "x"] }])),
      ])
      expect(outcomes).toEqual(["SQLITE_OUTCOME_UNKNOWN", "SQLITE_OUTCOME_UNKNOWN", "done"])
      const ids = file.all<{ id: string }>("SELECT id FROM note ORDER BY n").map(({ id }) => id)
      expect(ids).toEqual(["before", "next group"])
      expect(await outcomeOf(neighbour.write([{ sql: insertNote, params: ["a", "x"] }]))).toBe("done")
    })
  })

  test("that hangs is replaced after its time", async () => {
    await withEngine({ writeTimeoutMs: 500 }, async (engine) => {
      const file = await engine.open(join(folder, "hang.db"), defineNotes())
      expect(await outcomeOf(file.call("notes.hang", "hung"))).toBe("SQLITE_OUTCOME_UNKNOWN")
      expect(await outcomeOf(file.write([{ sql: insertNote, params: ["after", "x"] }]))).toBe("done")
      expect(file.all("SELECT id FROM note")).toEqual([{ id: "after" }])
    })
  })
})
