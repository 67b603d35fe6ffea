import { afterAll, describe, expect, test } from "bun:test"
import { existsSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { openSqlite, type SqliteEngine } from "./engine.ts"
import { makeFolder } from "./testing/disk-shim.ts"
import { countNotes, defineNotes, failureOf, insertNote, outcomeOf } from "./testing/notes.ts"
import { testNeeding } from "./testing/requirements.ts"

const folder = makeFolder()
const engines: SqliteEngine[] = []
afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.close()))
  rmSync(folder, { recursive: true, force: true })
})

function startEngine(options?: Parameters<typeof openSqlite>[0]): SqliteEngine {
  const engine = openSqlite(options)
  engines.push(engine)
  return engine
}

/** Descriptors of databases that this process holds below a folder; not those of a moment, such as for syncing the folder. */
function descriptorsBelow(path: string): number {
  return readdirSync("/proc/self/fd").filter((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`)
      return target.startsWith(path) && /\.db(-wal|-shm)?$/.test(target)
    } catch {
      return false
    }
  }).length
}

describe("many files", () => {
  testNeeding(
    ["linux"],
    "stay within the bound of open files, and every one answers and takes writes",
    async () => {
      const many = join(folder, "many")
      const engine = startEngine({ maxOpenFiles: 6, writers: 3 })
      const files = await Promise.all(
        Array.from({ length: 40 }, (_, index) => engine.open(join(many, `${index}.db`), defineNotes())),
      )
      let most = 0
      for (let round = 0; round < 2; round++) {
        await Promise.all(
          files.map(async (file, index) => {
            await file.write([{ sql: insertNote, params: [`${round}`, `${index}`] }])
            expect(file.get("SELECT body FROM note WHERE id = ?", [`${round}`])).toEqual({ body: `${index}` })
            most = Math.max(most, descriptorsBelow(many))
          }),
        )
      }
      for (const file of files) expect(file.get(countNotes)).toEqual({ count: 2 })
      most = Math.max(most, descriptorsBelow(many))
      // Three per file and side: the database, its log and the log's index; and SQLite keeps a closed reader's one while
      // the writer holds a lock on the file. Without the bound it would be about 200.
      expect(most).toBeGreaterThan(6)
      expect(most).toBeLessThanOrEqual(6 * 7)
      expect(engine.metrics().openFiles).toBeLessThanOrEqual(12)
    },
    { timeoutMs: 60_000 },
  )

  testNeeding(
    ["linux"],
    "are closed after they were idle, log and all, and open again",
    async () => {
      const idle = join(folder, "idle")
      const engine = startEngine({ idleCloseMs: 500 })
      const file = await engine.open(join(idle, "notes.db"), defineNotes())
      await file.write([{ sql: insertNote, params: ["a", "b"] }])
      expect(file.get(countNotes)).toEqual({ count: 1 })
      expect(descriptorsBelow(join(idle, "notes.db"))).toBeGreaterThan(0)
      const deadlineMs = performance.now() + 10_000
      while (descriptorsBelow(join(idle, "notes.db")) > 0 && performance.now() < deadlineMs) await Bun.sleep(50)
      expect(readdirSync(idle).filter((name) => name.startsWith("notes"))).toEqual(["notes.db"])
      expect(engine.metrics().openFiles).toBe(0)
      expect(file.get(countNotes)).toEqual({ count: 1 })
      await file.write([{ sql: insertNote, params: ["b", "c"] }])
      expect(file.get(countNotes)).toEqual({ count: 2 })
    },
    { timeoutMs: 20_000 },
  )

  test("start no more writer threads than they need", async () => {
    const engine = startEngine({ writers: 4 })
    expect(engine.metrics().writers).toBe(0)
    const system = await engine.open(join(folder, "system.db"), { ...defineNotes(), kind: "system" })
    expect(engine.metrics().writers).toBe(1)
    await engine.open(join(folder, "project.db"), defineNotes())
    expect(engine.metrics().writers).toBe(2)
    await system.write([{ sql: insertNote, params: ["a", "b"] }])
    expect(engine.metrics()).toMatchObject({ writers: 2, openFiles: 2, groups: 1, ops: 1, failedGroups: 0 })
  })
})

describe("the queue", () => {
  test("is bounded by operations, and what was taken is written", async () => {
    const engine = startEngine({ maxQueuedOps: 10 })
    const file = await engine.open(join(folder, "queue-ops.db"), defineNotes())
    const outcomes = await Promise.all(
      Array.from({ length: 25 }, (_, index) => outcomeOf(file.write([{ sql: insertNote, params: [`${index}`, "x"] }]))),
    )
    expect(outcomes).toEqual([...Array(10).fill("done"), ...Array(15).fill("SQLITE_BUSY_QUEUE")])
    expect(file.get(countNotes)).toEqual({ count: 10 })
    expect(engine.metrics()).toMatchObject({ queuedOps: 0, queuedBytes: 0 })
    expect((await failureOf(crowd(engine, "queue-error.db", 11))).status).toBe(503)
  })

  test("is bounded by bytes over all files", async () => {
    const engine = startEngine({ maxQueuedBytes: 10_000 })
    const files = await Promise.all(
      ["one", "two"].map((name) => engine.open(join(folder, `queue-${name}.db`), defineNotes())),
    )
    const body = "x".repeat(3000)
    const outcomes = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((index) => outcomeOf(files[index % 2]!.call("notes.add", `${index}${body}`))),
    )
    expect(outcomes).toEqual(["done", "done", "done", ...Array(3).fill("SQLITE_BUSY_QUEUE")])
    expect(await outcomeOf(files[0]!.call("notes.add", body))).toBe("done")
    expect(engine.metrics().queuedBytes).toBe(0)
  })

  test("cuts groups at their bounds of operations and of bytes", async () => {
    const groupsOf = async (options: Parameters<typeof openSqlite>[0], name: string, bodies: string[]) => {
      const engine = startEngine(options)
      const file = await engine.open(join(folder, name), defineNotes())
      await Promise.all(bodies.map((body, index) => file.write([{ sql: insertNote, params: [`${index}`, body] }])))
      expect(file.get(countNotes)).toEqual({ count: bodies.length })
      return engine.metrics().groups
    }
    expect(await groupsOf({ maxGroupOps: 10 }, "group-ops.db", Array(35).fill("x"))).toBe(4)
    expect(await groupsOf({ maxGroupBytes: 10_000 }, "group-bytes.db", Array(9).fill("x".repeat(3000)))).toBe(3)
    // One that is larger than a group goes alone.
    expect(await groupsOf({ maxGroupBytes: 10_000 }, "group-large.db", ["x", "x".repeat(20_000), "x"])).toBe(3)
    expect(await groupsOf({}, "group-default.db", Array(1030).fill("x"))).toBe(2)
  })

  // Each row is larger than 1,000 bytes, or may not be walked to its end.
  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  const tooLarge: readonly [name: string, args: unknown][] = [
    ["a string", "x".repeat(1001)],
    ["bytes", new Uint8Array(1001)],
    ["a buffer", new ArrayBuffer(1001)],
    ["many small things", Array(200).fill(1)],
    ["long keys", { ["k".repeat(1001)]: 1 }],
    ["something deep", { a: [{ b: "x".repeat(1001) }] }],
    ["something cyclic", cyclic],
  ]
  for (const [name, args] of tooLarge) {
    test(`refuses ${name} beyond the bound of one operation`, async () => {
      const engine = startEngine({ maxOpBytes: 1000 })
      const file = await engine.open(join(folder, "large.db"), defineNotes())
      expect(await outcomeOf(file.call("notes.query", args))).toBe("SQLITE_OP_TOO_LARGE")
      expect(await outcomeOf(file.write([{ sql: `SELECT '${"x".repeat(1001)}'` }]))).toBe("SQLITE_OP_TOO_LARGE")
      expect(await outcomeOf(file.write([{ sql: insertNote, params: ["a", "x".repeat(1001)] }]))).toBe(
        "SQLITE_OP_TOO_LARGE",
      )
    })
  }
})

async function crowd(engine: SqliteEngine, name: string, count: number): Promise<void> {
  const file = await engine.open(join(folder, name), defineNotes())
  await Promise.all(
    Array.from({ length: count }, (_, index) => file.write([{ sql: insertNote, params: [`${index}`, "x"] }])),
  )
}

describe("removing a file", () => {
  test("deletes it with its log, refuses what waits, and frees its name", async () => {
    const engine = startEngine()
    const path = join(folder, "removed", "notes.db")
    const file = await engine.open(path, defineNotes())
    await file.write([{ sql: insertNote, params: ["a", "b"] }])
    const waiting = outcomeOf(file.write([{ sql: insertNote, params: ["b", "c"] }]))
    const removal = engine.remove(path)
    const reopened = engine.open(path, defineNotes())
    expect(await waiting).toBe("SQLITE_CLOSED")
    await removal
    expect(await outcomeOf(file.write([{ sql: insertNote, params: ["c", "d"] }]))).toBe("SQLITE_CLOSED")
    expect(await outcomeOf(Promise.try(() => file.get(countNotes)))).toBe("SQLITE_CLOSED")
    const fresh = await reopened
    expect(fresh).not.toBe(file)
    expect(fresh.get(countNotes)).toEqual({ count: 0 })
    await engine.remove(path)
    expect(readdirSync(join(folder, "removed")).filter((name) => name.startsWith("notes"))).toEqual([])
  })

  test("works on one that was never opened, and on none at all", async () => {
    const engine = startEngine()
    const path = join(folder, "unopened.db")
    for (const suffix of ["", "-wal", "-shm"]) writeFileSync(path + suffix, "x")
    await engine.remove(path)
    expect(["", "-wal", "-shm"].filter((suffix) => existsSync(path + suffix))).toEqual([])
    await engine.remove(path)
    await engine.remove(join(folder, "no", "such", "folder.db"))
  })
})

describe("closing the engine", () => {
  test("finishes every queued write first, then refuses", async () => {
    const path = join(folder, "closed", "notes.db")
    const engine = openSqlite({ maxGroupOps: 5 })
    const file = await engine.open(path, defineNotes())
    const writes = Array.from({ length: 23 }, (_, index) =>
      outcomeOf(file.write([{ sql: insertNote, params: [`${index}`, "x"] }])),
    )
    await Promise.all([engine.close(), engine.close()])
    expect(await Promise.all(writes)).toEqual(Array(23).fill("done"))
    expect(await outcomeOf(file.write([{ sql: insertNote, params: ["late", "x"] }]))).toBe("SQLITE_CLOSED")
    expect(await outcomeOf(engine.open(path, defineNotes()))).toBe("SQLITE_CLOSED")
    expect(engine.metrics()).toMatchObject({ writers: 0, openFiles: 0, queuedOps: 0 })
    expect(existsSync(`${path}-wal`)).toBe(false)
    const again = startEngine()
    expect((await again.open(path, defineNotes(), { mustExist: true })).get(countNotes)).toEqual({ count: 23 })
  })

  test("opens a file again for the writes that wait for it", async () => {
    const engine = openSqlite({ maxOpenFiles: 1 })
    const [one, two] = [
      await engine.open(join(folder, "close-one.db"), defineNotes()),
      await engine.open(join(folder, "close-two.db"), defineNotes()),
    ]
    const writes = [one, two, one].map((file, index) =>
      outcomeOf(file.write([{ sql: insertNote, params: [`${index}`, "x"] }])),
    )
    await engine.close()
    expect(await Promise.all(writes)).toEqual(["done", "done", "done"])
  })

  test("is not needed for the process to end, and a pending write holds it until then", async () => {
    const script = `
      import { openSqlite } from ${JSON.stringify(new URL("./engine.ts", import.meta.url).pathname)}
      import { defineNotes, insertNote } from ${JSON.stringify(new URL("./testing/notes.ts", import.meta.url).pathname)}
      const file = await openSqlite().open(${JSON.stringify(join(folder, "ends.db"))}, defineNotes())
      await Bun.sleep(1500) // Long enough to be let go by the sweep.
      void file.write([{ sql: insertNote, params: ["a", "b"] }]).then(() => console.log("written"))`
    const child = Bun.spawn({ cmd: [process.execPath, "-e", script], stdio: ["ignore", "pipe", "inherit"] })
    expect(await new Response(child.stdout).text()).toBe("written\n")
    expect(await child.exited).toBe(0)
  }, 15_000)
})

describe("a schema", () => {
  test("grows by its new migrations only, feature by feature", async () => {
    const path = join(folder, "grown.db")
    const colour = {
      id: 2,
      name: "colour",
      sql: ["ALTER TABLE note ADD COLUMN colour TEXT", "CREATE INDEX by_colour ON note (colour)"],
    }
    const first = openSqlite()
    await (await first.open(path, defineNotes())).write([{ sql: insertNote, params: ["a", "b"] }])
    await first.close()
    const second = startEngine()
    const tags = { name: "tags", migrations: [{ id: 1, name: "tag", sql: ["CREATE TABLE tag (name TEXT)"] }] }
    const file = await second.open(path, { kind: "project", features: [...defineNotes(colour).features, tags] })
    expect(file.get("SELECT id, colour FROM note")).toEqual({ id: "a", colour: null })
    expect(file.all("SELECT feature, id, name FROM ashlar_migrations")).toEqual([
      { feature: "notes", id: 1, name: "note" },
      { feature: "notes", id: 2, name: "colour" },
      { feature: "tags", id: 1, name: "tag" },
    ])
  })

  test("may hold triggers, and a foreign key is enforced", async () => {
    const engine = startEngine()
    const file = await engine.open(
      join(folder, "triggers.db"),
      defineNotes({
        id: 2,
        name: "links",
        sql: [
          "CREATE TABLE link (note TEXT NOT NULL REFERENCES note (id) ON DELETE CASCADE)",
          "CREATE TRIGGER linked AFTER INSERT ON note BEGIN INSERT INTO link VALUES (new.id); END",
        ],
      }),
    )
    await file.write([{ sql: insertNote, params: ["a", "b"] }])
    expect(file.all("SELECT note FROM link")).toEqual([{ note: "a" }])
    const error = await failureOf(file.write([{ sql: "INSERT INTO link VALUES ('none')" }]))
    expect(error.report()).toMatchObject({ code: "SQLITE_CONSTRAINT", details: { constraint: "foreignkey" } })
  })

  test("lies in a file with the settings that durability needs", async () => {
    const engine = startEngine()
    const file = await engine.open(join(folder, "settings.db"), defineNotes())
    expect(file.get("SELECT journal_mode, page_size FROM pragma_journal_mode, pragma_page_size")).toEqual({
      journal_mode: "wal",
      page_size: 4096,
    })
    // The writer's own connection, where `synchronous` counts. Inside, a pragma is reached as a table only.
    expect(
      await file.call("notes.query", "SELECT synchronous, timeout FROM pragma_synchronous, pragma_busy_timeout"),
    ).toEqual([{ synchronous: 2, timeout: 5000 }])
  })
})
