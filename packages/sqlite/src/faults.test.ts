import { Database } from "bun:sqlite"
import { afterAll, describe, expect, test } from "bun:test"
import { existsSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { SqliteFile } from "./file.ts"
import { acknowledgedIds, makeFolder, startSubject } from "./testing/disk-shim.ts"
import { countNotes, defineNotes, insertNote, outcomeOf, withEngine } from "./testing/notes.ts"
import { testNeeding } from "./testing/requirements.ts"
import { onSmallDisk } from "./testing/small-disk.ts"

const folder = makeFolder()
afterAll(() => rmSync(folder, { recursive: true, force: true }))

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
        folder,
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
    const failing = await startSubject({ folder, mode: "batches", path, amount: 1, env })
    expect(await new Response(failing.stdout).text()).toBe("refused SQLITE_STORAGE_FAILED\n")
    rmSync(flag)
    const working = await startSubject({ folder, mode: "batches", path, amount: 1, env })
    expect(acknowledgedIds(await new Response(working.stdout).text())).toHaveLength(8)
  },
  { timeoutMs: 20_000 },
)

testNeeding(
  ["tmpfs"],
  "on a full disk nothing is half-written, deletes and reads go on, and room brings the writes back",
  async () => {
    await onSmallDisk(join(folder, "full"), async (disk) => {
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
    await onSmallDisk(join(folder, "freed"), async (disk) => {
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
    await onSmallDisk(join(folder, "careless"), async (disk) => {
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
