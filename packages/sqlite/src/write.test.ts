import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { rmSync } from "node:fs"
import { join } from "node:path"
import type { SqlValue, Statement } from "./definition.ts"
import { openSqlite, type SqliteEngine } from "./engine.ts"
import { SqliteConstraint, SqlitePrecondition } from "./errors.ts"
import type { SqliteFile } from "./file.ts"
import { makeFolder } from "./testing/disk-shim.ts"
import { countNotes, defineNotes, failureOf, insertNote, outcomeOf } from "./testing/notes.ts"

const folder = makeFolder()
let engine: SqliteEngine
let file: SqliteFile

beforeAll(async () => {
  engine = openSqlite()
  file = await engine.open(join(folder, "notes.db"), defineNotes())
})
afterAll(async () => {
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const insert = (id: string, body: SqlValue = "x"): Statement => ({ sql: insertNote, params: [id, body] })
const count = () => file.get<{ count: number }>(countNotes)?.count ?? -1
const has = (id: string) => file.get("SELECT 1 FROM note WHERE id = ?", [id]) !== undefined

describe("a group", () => {
  test("takes the writes of 64 callers in one commit", async () => {
    const before = engine.metrics()
    const counted = count()
    await Promise.all(Array.from({ length: 64 }, (_, index) => file.write([insert(`together-${index}`)])))
    const after = engine.metrics()
    expect({ groups: after.groups - before.groups, ops: after.ops - before.ops }).toEqual({ groups: 1, ops: 64 })
    expect(after.commit.count).toBe(after.groups)
    expect(after.commit.buckets.at(-1)?.count).toBeLessThanOrEqual(after.commit.count)
    expect(count() - counted).toBe(64)
  })

  test("keeps 63 writes when 1 of 64 breaks a constraint", async () => {
    await file.write([insert("taken")])
    const before = engine.metrics().groups
    const outcomes = await Promise.allSettled(
      Array.from({ length: 64 }, (_, index) => file.write([insert(index === 31 ? "taken" : `one-bad-${index}`)])),
    )
    expect(engine.metrics().groups - before).toBe(1)
    const refused = outcomes.flatMap((outcome, index) =>
      outcome.status === "rejected" ? [[index, outcome.reason]] : [],
    )
    expect(refused).toHaveLength(1)
    expect(refused[0]?.[0]).toBe(31)
    const error = refused[0]?.[1]
    expect(error).toBeInstanceOf(SqliteConstraint)
    expect(error).toMatchObject({ code: "SQLITE_CONSTRAINT", status: 409, details: { constraint: "unique" } })
    expect(file.get<{ count: number }>("SELECT count(*) AS count FROM note WHERE id LIKE 'one-bad-%'")?.count).toBe(63)
  })

  test("runs the operations of a file in the order of the calls", async () => {
    await Promise.all(Array.from({ length: 50 }, (_, index) => file.write([insert(`order-${index}`)])))
    const ids = file.all<{ id: string }>("SELECT id FROM note WHERE id LIKE 'order-%' ORDER BY n").map(({ id }) => id)
    expect(ids).toEqual(Array.from({ length: 50 }, (_, index) => `order-${index}`))
  })

  test("is visible to a read after its acknowledgement, every time", async () => {
    for (let index = 0; index < 100; index++) {
      await file.write([insert(`mine-${index}`)])
      expect(has(`mine-${index}`)).toBe(true)
    }
  })
})

describe("an operation", () => {
  test("tells what each of its statements did", async () => {
    const results = await file.write([
      { sql: "INSERT INTO note (id, body) VALUES ('r1', 'a'), ('r2', 'b')", expectChanges: 2 },
      { sql: "UPDATE note SET body = upper(body) WHERE id IN ('r1', 'r2', 'r3') RETURNING id, body" },
      { sql: "UPDATE note SET body = 'c' WHERE id = 'no such'" },
      { sql: "INSERT INTO note (id) VALUES ('r1') ON CONFLICT DO NOTHING RETURNING id", expectChanges: 0 },
      { sql: "SELECT id FROM note WHERE id = ?", params: ["r2"] },
      { sql: "WITH gone (id) AS (VALUES ('r1')) DELETE FROM note WHERE id IN (SELECT id FROM gone) RETURNING id" },
    ])
    expect(results.map(({ changes }) => changes)).toEqual([2, 2, 0, 0, 0, 1])
    expect(results.map(({ rows }) => rows)).toEqual([
      [],
      [
        { id: "r1", body: "A" },
        { id: "r2", body: "B" },
      ],
      [],
      [],
      [{ id: "r2" }],
      [{ id: "r1" }],
    ])
    expect(results[0]?.lastInsertRowid).toBe(
      (await file.write([{ sql: "SELECT n FROM note WHERE id = 'r2'" }]))[0]?.rows[0]?.n as number,
    )
  })

  // Each row must leave nothing behind, and the others of its group unharmed.
  const failing: readonly [name: string, statements: Statement[], code: string][] = [
    ["a later statement breaks a constraint", [insert("gone"), insert("taken")], "SQLITE_CONSTRAINT"],
    [
      "a count of changes is not met",
      [insert("gone"), { sql: "UPDATE note SET rev = 2 WHERE id = 'none'", expectChanges: 1 }],
      "SQLITE_PRECONDITION",
    ],
    [
      "a single statement changes more than expected",
      [{ sql: "INSERT INTO note (id) VALUES ('gone'), ('gone too')", expectChanges: 1 }],
      "SQLITE_PRECONDITION",
    ],
    [
      "the SQL does not compile",
      [insert("gone"), { sql: "INSERT INTO nowhere VALUES (1)" }],
      "SQLITE_STATEMENT_INVALID",
    ],
    ["a parameter is missing", [insert("gone"), { sql: insertNote, params: ["gone too"] }], "SQLITE_STATEMENT_INVALID"],
    ["a parameter is too much", [insert("gone"), { sql: countNotes, params: [1] }], "SQLITE_STATEMENT_INVALID"],
    ["NaN would become NULL", [insert("gone"), insert("gone too", Number.NaN)], "SQLITE_STATEMENT_INVALID"],
    [
      "undefined would become NULL",
      [insert("gone"), { sql: insertNote, params: ["gone too", undefined as never] }],
      "SQLITE_STATEMENT_INVALID",
    ],
    ["a bigint would be cut", [insert("gone"), insert("gone too", 2n ** 63n)], "SQLITE_STATEMENT_INVALID"],
    ["it rolls back", [insert("gone"), { sql: "ROLLBACK" }], "SQLITE_STATEMENT_REFUSED"],
    ["it commits", [insert("gone"), { sql: "COMMIT" }], "SQLITE_STATEMENT_REFUSED"],
    ["it begins", [insert("gone"), { sql: "BEGIN" }], "SQLITE_STATEMENT_REFUSED"],
    [
      "a conflict would roll back the group",
      [insert("gone"), { sql: "INSERT OR ROLLBACK INTO note (id) VALUES ('taken')" }],
      "SQLITE_STATEMENT_REFUSED",
    ],
  ]
  for (const [name, statements, code] of failing) {
    test(`leaves nothing when ${name}`, async () => {
      const friend = `friend of ${name}`
      const outcomes = await Promise.all([
        outcomeOf(file.write([insert(`${friend} before`)])),
        outcomeOf(file.write(statements)),
        outcomeOf(file.write([insert(`${friend} after`)])),
      ])
      expect(outcomes).toEqual(["done", code, "done"])
      expect([has("gone"), has("gone too"), has(`${friend} before`), has(`${friend} after`)]).toEqual([
        false,
        false,
        true,
        true,
      ])
    })
  }

  test("says what it expected and got", async () => {
    const error = await failureOf(file.write([{ ...insert("expecting"), expectChanges: 3 }]))
    expect(error).toBeInstanceOf(SqlitePrecondition)
    expect(error).toMatchObject({ status: 412, details: { expectedChanges: 3, changes: 1 } })
  })

  test("keeps every kind of value as it is", async () => {
    const values: SqlValue[] = ["", "ü\u0000\u{1f9f1}", -1.5, 0, 2 ** 53 - 1, null, new Uint8Array([0, 255]), Infinity]
    await file.write([{ sql: "CREATE TABLE kept (position INTEGER PRIMARY KEY, value)" }])
    await file.write(values.map((value) => ({ sql: "INSERT INTO kept (value) VALUES (?)", params: [value] })))
    const kept = file.all<{ value: SqlValue }>("SELECT value FROM kept ORDER BY position").map(({ value }) => value)
    expect(kept).toEqual(values)
    await file.write([{ sql: "INSERT INTO kept VALUES (100, ?)", params: [-(2n ** 63n)] }])
    expect(file.get("SELECT CAST(value AS TEXT) AS text FROM kept WHERE position = 100")).toEqual({
      text: "-9223372036854775808",
    })
  })
})

describe("a procedure", () => {
  test("answers with what it returns", async () => {
    const n = await file.call<number>("notes.add", "by-call")
    expect(file.get("SELECT n FROM note WHERE id = 'by-call'")).toEqual({ n })
  })

  test("sees the writes before it in its group", async () => {
    const [, , counted] = await Promise.all([
      file.write([insert("before-1")]),
      file.write([insert("before-2")]),
      file.call<number>("notes.count", null),
    ])
    expect(counted).toBe(count())
  })

  test("may catch a constraint and go on", async () => {
    await file.call("notes.add", "held")
    expect(await file.call<string>("notes.addOrElse", ["held", "else"])).toBe("SQLITE_CONSTRAINT")
    expect(has("else")).toBe(true)
  })

  test("fails with its own error, code, status and details, and is undone", async () => {
    const error = await failureOf(file.call("notes.addThenFail", "undone"))
    expect(error.report()).toEqual({
      code: "TEST_NOTE_REFUSED",
      status: 418,
      message: "No more notes.",
      details: { id: "undone" },
    })
    expect(has("undone")).toBe(false)
  })

  test("that breaks is INTERNAL to the caller, with the cause for the log", async () => {
    const error = await failureOf(file.call("notes.addThenBreak", "broken"))
    expect(error.code).toBe("INTERNAL")
    expect(error.cause).toMatchObject({ name: "TypeError", stack: expect.stringContaining("procedures.ts") })
    expect(JSON.stringify(error.report())).not.toContain("procedures.ts")
    expect(has("broken")).toBe(false)
  })

  const refused: readonly [name: string, procedure: string, args: unknown, code: string, kept: boolean][] = [
    ["is not exported", "notes.none", "n1", "SQLITE_PROCEDURE_UNKNOWN", false],
    ["is no function", "notes.notAFunction", "n2", "SQLITE_PROCEDURE_UNKNOWN", false],
    ["belongs to no feature", "other.add", "n3", "SQLITE_PROCEDURE_UNKNOWN", false],
    ["is asynchronous", "notes.later", "n4", "SQLITE_PROCEDURE_INVALID", false],
    ["gets a function", "notes.add", () => "n5", "SQLITE_PROCEDURE_INVALID", false],
    ["ends the transaction", "notes.query", "COMMIT", "SQLITE_STATEMENT_REFUSED", false],
    ["fails with details that cannot cross", "notes.failOddly", "n7", "TEST_NOTE_REFUSED", false],
    ["returns a function", "notes.giveFunction", "n6", "SQLITE_PROCEDURE_INVALID", true],
  ]
  for (const [name, procedure, args, code, kept] of refused) {
    test(`that ${name} fails alone`, async () => {
      const friend = `friend of one that ${name}`
      const outcomes = await Promise.all([
        outcomeOf(file.write([insert(`${friend} before`)])),
        outcomeOf(file.call(procedure, args)),
        outcomeOf(file.write([insert(`${friend} after`)])),
      ])
      expect(outcomes).toEqual(["done", code, "done"])
      expect(file.get("SELECT 1 AS one FROM note WHERE id = ?", [String(args)]) !== undefined).toBe(kept)
      expect(has(`${friend} after`)).toBe(true)
    })
  }
})

describe("a group of calls", () => {
  const bodies = (like: string): string[] =>
    file.all<{ id: string }>("SELECT id FROM note WHERE id LIKE ? ORDER BY n", [like]).map(({ id }) => id)

  test("of which some fail keeps the others, once and in order", async () => {
    // Twice: the first failure makes the writer careful, the second meets it so.
    for (const round of ["a", "b"]) {
      const outcomes = await Promise.all([
        outcomeOf(file.call("notes.add", `${round}1`)),
        outcomeOf(file.call("notes.refuse", null)),
        outcomeOf(file.call("notes.add", `${round}2`)),
        outcomeOf(file.call("notes.addThenFail", `${round}-gone`)),
        outcomeOf(file.write([insert(`${round}3`)])),
        outcomeOf(file.call("notes.add", `${round}1`)),
        outcomeOf(file.call("notes.addOrElse", [`${round}1`, `${round}4`])),
        outcomeOf(file.call("notes.addThenBreak", `${round}-gone`)),
        outcomeOf(file.call("notes.add", `${round}5`)),
      ])
      expect(outcomes).toEqual([
        "done",
        "TEST_NOTE_REFUSED",
        "done",
        "TEST_NOTE_REFUSED",
        "done",
        "SQLITE_CONSTRAINT",
        "done",
        "INTERNAL",
        "done",
      ])
      expect(bodies(`${round}_`)).toEqual([1, 2, 3, 4, 5].map((n) => `${round}${n}`))
      expect(has(`${round}-gone`)).toBe(false)
    }
  })

  test("shares between those that follow each other, and ends before anything else", async () => {
    await careless()
    const answers = await Promise.all([
      file.call("notes.tally", "x1"),
      file.call("notes.tally", "x2"),
      file.call("notes.query", "SELECT id FROM note WHERE id LIKE 'tally of x%'"),
      file.call("notes.tally", "x3"),
      file.write([insert("x-between")]),
      file.call("notes.tally", "x4"),
    ])
    expect(answers).toEqual([1, 2, [{ id: "tally of x1 x2" }], 1, expect.anything(), 1])
    expect(bodies("tally of x%")).toEqual(["tally of x1 x2", "tally of x3", "tally of x4"])
  })

  test("keeps nothing in common with one that failed", async () => {
    await careless()
    const outcomes = await Promise.all(
      [
        ["y1", false],
        ["y2", true],
        ["y3", false],
      ].map((args) => outcomeOf(file.call("notes.tallyOrFail", args))),
    )
    expect(outcomes).toEqual(["done", "TEST_NOTE_REFUSED", "done"])
    expect(bodies("tally of y%").join(" ")).not.toContain("y2")
    expect(bodies("tally of y%").join(" ").match(/y\d/g)).toEqual(["y1", "y3"])
  })

  test("fails alone where the end of what it shares fails", async () => {
    await careless()
    const outcomes = await Promise.all(["z1", "bad", "z2"].map((id) => outcomeOf(file.call("notes.tally", id))))
    expect(outcomes).toEqual(["done", "TEST_NOTE_REFUSED", "done"])
    expect(bodies("tally of%bad%")).toEqual([])
    expect(bodies("tally of z%")).toEqual(["tally of z1", "tally of z2"])
  })

  /** The writer gives savepoints for a while after it had to undo something; these groups wear that off. */
  async function careless(): Promise<void> {
    for (let group = 0; group < 101; group++) await file.call("notes.count", null)
  }
})

describe("arguments", () => {
  const rows: readonly [name: string, args: unknown][] = [
    ["nothing", undefined],
    ["null", null],
    ["one value", "text"],
    ["an empty list", []],
    ["a flat list", ["ü\u0000", -1.5, 2n ** 70n, true, null, undefined]],
    ["a list of one", [-1]],
    ["a list of lists", [[1, 2], []]],
    ["a list with an object", [1, { a: [1] }]],
    ["bytes", new Uint8Array([0, 255])],
    ["an object", { a: { b: 1 } }],
  ]
  test("cross as they are, side by side", async () => {
    const answers = await Promise.all(rows.map(([, args]) => file.call("notes.echo", args)))
    expect(answers).toEqual(rows.map(([, args]) => args))
  })

  test("that cannot be cloned fail alone, in a flat list too", async () => {
    const outcomes = await Promise.all([
      outcomeOf(file.call("notes.echo", [1, 2])),
      outcomeOf(file.call("notes.echo", [1, () => 1])),
      outcomeOf(file.call("notes.echo", [Symbol("s")])),
      outcomeOf(file.call("notes.echo", [3])),
    ])
    expect(outcomes).toEqual(["done", "SQLITE_PROCEDURE_INVALID", "SQLITE_PROCEDURE_INVALID", "done"])
  })
})
