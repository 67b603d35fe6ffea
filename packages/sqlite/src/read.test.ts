import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { readdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { Connection, maxKeptLength } from "./connection.ts"
import type { SqlValue } from "./definition.ts"
import { openSqlite, type SqliteEngine } from "./engine.ts"
import type { SqliteFile } from "./file.ts"
import type { ScanOptions } from "./scanner.ts"
import { makeFolder } from "./testing/disk-shim.ts"
import { countNotes, defineNotes, insertNote, outcomeOf } from "./testing/notes.ts"

const folder = makeFolder()
let engine: SqliteEngine
let file: SqliteFile

/** Runs until it is killed. */
const endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS count FROM n"

beforeAll(async () => {
  engine = openSqlite({ readers: 2 })
  file = await engine.open(join(folder, "notes.db"), defineNotes())
  await file.write(
    Array.from({ length: 100 }, (_, index) => ({ sql: insertNote, params: [`n${index}`, String(index)] })),
  )
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

describe("a read on the calling thread", () => {
  test("gives rows, the first row, or nothing", () => {
    expect(file.all("SELECT id FROM note WHERE n <= ? ORDER BY n", [2])).toEqual([{ id: "n0" }, { id: "n1" }])
    expect(file.get("SELECT id FROM note ORDER BY n")).toEqual({ id: "n0" })
    expect(file.get("SELECT id FROM note WHERE id = 'none'")).toBeUndefined()
    expect(file.all("SELECT id FROM note WHERE id = 'none'")).toEqual([])
  })

  const refused: readonly [sql: string, params: SqlValue[], code: string][] = [
    ["DELETE FROM note", [], "SQLITE_STATEMENT_REFUSED"],
    [
      "WITH gone (id) AS (VALUES ('n1')) DELETE FROM note WHERE id IN (SELECT id FROM gone)",
      [],
      "SQLITE_STATEMENT_REFUSED",
    ],
    ["BEGIN", [], "SQLITE_STATEMENT_REFUSED"],
    ["SELECT 1; DELETE FROM note", [], "SQLITE_STATEMENT_REFUSED"],
    ["SELECT * FROM nowhere", [], "SQLITE_STATEMENT_INVALID"],
    ["SELECT ?", [], "SQLITE_STATEMENT_INVALID"],
    ["SELECT 1", [1], "SQLITE_STATEMENT_INVALID"],
    ["SELECT ?", [Number.NaN], "SQLITE_STATEMENT_INVALID"],
  ]
  for (const [sql, params, code] of refused) {
    test(`refuses ${sql} with ${params.length} parameters`, async () => {
      expect(await outcomeOf(Promise.try(() => file.get(sql, params)))).toBe(code)
      expect(await outcomeOf(Promise.try(() => file.all(sql, params)))).toBe(code)
      expect(file.get(countNotes)).toEqual({ count: 100 })
    })
  }

  test("sees later writes after a plan was asked for, when the schema changed besides", async () => {
    const plan = "EXPLAIN QUERY PLAN SELECT id FROM note WHERE body = ?"
    for (let turn = 0; turn < 3; turn++) {
      expect(file.all(plan, ["x"])).not.toEqual([])
      await file.write([{ sql: `CREATE INDEX note_body_${turn} ON note (body)` }])
      // A plan is made from the schema that the latest read met.
      expect(file.get(countNotes)).toEqual({ count: 100 })
      expect(file.all<{ detail: string }>(plan, ["x"])[0]?.detail).toContain("INDEX note_body_")
      await file.write([{ sql: insertNote, params: [`after plan ${turn}`, "x"] }])
      expect(file.get(countNotes)).toEqual({ count: 101 })
      await file.write([{ sql: "DELETE FROM note WHERE body = 'x'" }, { sql: `DROP INDEX note_body_${turn}` }])
      expect(file.get(countNotes)).toEqual({ count: 100 })
    }
  })

  test("takes long SQL, here and in a scan, and refuses it there as here", async () => {
    const long = `SELECT count(*) AS count FROM note WHERE ${Array.from({ length: 900 }, (_, n) => `id <> 'long id ${n}'`).join(" AND ")}`
    expect(long.length).toBeGreaterThan(maxKeptLength)
    expect(file.get(long)).toEqual({ count: 100 })
    expect(file.all(long)).toEqual([{ count: 100 }])
    expect(await file.scan(long)).toEqual([{ count: 100 }])
    expect(await outcomeOf(file.scan(`${long} AND nothing = 1`))).toBe("SQLITE_STATEMENT_INVALID")
    expect(await outcomeOf(file.scan(`${long}; DELETE FROM note`))).toBe("SQLITE_STATEMENT_REFUSED")
    const written = await file.write([{ sql: long.replace("SELECT", "/**/SELECT") }])
    expect(written[0]?.rows).toEqual([{ count: 100 }])
  })

  test("closes with nothing left of statements that are not kept", () => {
    const connection = new Connection(join(folder, "notes.db"), "read")
    const long = `SELECT 1 AS one -- ${"x".repeat(maxKeptLength)}`
    connection.check(long)
    expect([connection.get(long), connection.all("EXPLAIN SELECT 1").length > 0]).toEqual([{ one: 1 }, true])
    const rows = connection.iterate(long, [])
    expect(rows.next().value).toEqual({ one: 1 })
    rows.return()
    expect(() => connection.all(long, [1])).toThrow("parameters")
    // Refused by SQLite while a statement is alive.
    expect(() => connection.close()).not.toThrow()
  })

  test("stays right over more statements than are kept prepared", () => {
    for (let round = 0; round < 2; round++) {
      for (let index = 0; index < 400; index++) {
        expect(file.get(`SELECT ${index} AS value, count(*) AS count FROM note`)).toEqual({ value: index, count: 100 })
      }
    }
  })

  test("sees a column that was added after its statement was prepared", async () => {
    const other = await engine.open(join(folder, "other.db"), defineNotes())
    await other.write([{ sql: insertNote, params: ["a", "b"] }])
    expect(Object.keys(other.get("SELECT * FROM note") ?? {})).toEqual(["n", "id", "body", "rev"])
    await other.write([{ sql: "ALTER TABLE note ADD COLUMN colour TEXT DEFAULT 'grey'" }])
    expect(other.get<{ colour: string }>("SELECT * FROM note")?.colour).toBe("grey")
  })
})

describe("a scan", () => {
  test("gives the rows, and sees every write acknowledged before", async () => {
    await file.write([{ sql: "UPDATE note SET body = 'scanned' WHERE id = 'n7'" }])
    expect(await file.scan("SELECT body FROM note WHERE id = ?", ["n7"])).toEqual([{ body: "scanned" }])
    expect(await file.scan("SELECT x'00ff' AS bytes, 1.5 AS number, NULL AS none")).toEqual([
      { bytes: new Uint8Array([0, 255]), number: 1.5, none: null },
    ])
  })

  test("is stopped at its time limit, and its process is gone", async () => {
    const startMs = performance.now()
    const outcome = await outcomeOf(file.scan(endless, [], { timeoutMs: 200 }))
    expect(outcome).toBe("SQLITE_SCAN_TIMEOUT")
    expect(performance.now() - startMs).toBeLessThan(2000)
    await Bun.sleep(100)
    expect(spinningChildren()).toEqual([])
    expect(await file.scan(countNotes)).toEqual([{ count: 100 }])
  })

  test("that waits for a reader is stopped at its time limit too", async () => {
    const outcomes = await Promise.all([
      outcomeOf(file.scan(endless, [], { timeoutMs: 400 })),
      outcomeOf(file.scan(endless, [], { timeoutMs: 400 })),
      outcomeOf(file.scan("SELECT 1", [], { timeoutMs: 100 })),
      outcomeOf(file.scan("SELECT 1", [], { timeoutMs: 5000 })),
    ])
    expect(outcomes).toEqual(["SQLITE_SCAN_TIMEOUT", "SQLITE_SCAN_TIMEOUT", "SQLITE_SCAN_TIMEOUT", "done"])
  })

  test("dies of itself when its server was killed", async () => {
    const script = `
      import { openSqlite } from ${JSON.stringify(new URL("./engine.ts", import.meta.url).pathname)}
      import { defineNotes } from ${JSON.stringify(new URL("./testing/notes.ts", import.meta.url).pathname)}
      const file = await openSqlite().open(${JSON.stringify(join(folder, "orphan.db"))}, defineNotes())
      void file.scan(${JSON.stringify(endless)}, [], { timeoutMs: 900 })
      setTimeout(() => { console.log(require("fs").readFileSync("/proc/self/task/" + process.pid + "/children", "utf8")) }, 300)`
    if (process.platform !== "linux") return
    const server = Bun.spawn({ cmd: [process.execPath, "-e", script], stdio: ["ignore", "pipe", "inherit"] })
    let children = ""
    for await (const chunk of server.stdout) {
      children = new TextDecoder().decode(chunk).trim()
      break
    }
    server.kill("SIGKILL")
    await server.exited
    expect(children).toMatch(/^\d+$/)
    const deadlineMs = performance.now() + 8000
    while (isRunning(children) && performance.now() < deadlineMs) await Bun.sleep(50)
    expect(isRunning(children)).toBe(false)
  }, 15_000)

  const refused: readonly [sql: string, options: ScanOptions, code: string][] = [
    ["SELECT id FROM note", { maxRows: 99 }, "SQLITE_SCAN_TOO_MANY_ROWS"],
    ["SELECT id FROM note", { maxRows: 100 }, "done"],
    ["DELETE FROM note RETURNING id", {}, "SQLITE_STATEMENT_REFUSED"],
    ["SELECT * FROM nowhere", {}, "SQLITE_STATEMENT_INVALID"],
    ["SELECT ?", {}, "SQLITE_STATEMENT_INVALID"],
  ]
  for (const [sql, options, code] of refused) {
    test(`answers ${code} to ${sql} with ${JSON.stringify(options)}`, async () => {
      expect(await outcomeOf(file.scan(sql, [], options))).toBe(code)
    })
  }

  test("is refused when too many wait", async () => {
    const other = openSqlite({ readers: 1 })
    const notes = await other.open(join(folder, "crowded.db"), defineNotes())
    const scans = Array.from({ length: 300 }, () => outcomeOf(notes.scan("SELECT 1")))
    const counted = Map.groupBy(await Promise.all(scans), (outcome) => outcome)
    expect(counted.get("SQLITE_BUSY_QUEUE")?.length).toBe(300 - 257)
    expect(counted.get("done")?.length).toBe(257)
    const late = outcomeOf(notes.scan(endless))
    await other.close()
    expect(await late).toBe("SQLITE_CLOSED")
    expect(await outcomeOf(notes.scan("SELECT 1"))).toBe("SQLITE_CLOSED")
  })
})

function isRunning(pid: string): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ")
  } catch {
    return false
  }
}

/** Readers of this process that burn time, on Linux. */
function spinningChildren(): string[] {
  if (process.platform !== "linux") return []
  const children = readdirSync("/proc/self/task").flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, "utf8").split(" ").filter(Boolean),
  )
  return children.filter((pid) => isRunning(pid) && readFileSync(`/proc/${pid}/stat`, "utf8").includes(") R "))
}
