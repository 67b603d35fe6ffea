import { afterEach, beforeEach, describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Interrupted } from "../errors.ts"
import { type FakePlatform, refuse, startFakePlatform } from "../fake-platform.ts"
import { type RunOptions, runCli } from "../testing-io.ts"
import { toBatches } from "./import.ts"

let fake: FakePlatform
let folder: string
const env = { ASHLAR_TOKEN: "token", ASHLAR_PROJECT: "p" }

beforeEach(async () => {
  fake = startFakePlatform()
  folder = mkdtempSync(join(tmpdir(), "ashlar-import-"))
  await cli(["projects", "create", "p"])
  await cli(["collections", "create", "things"])
  fake.calls.length = 0
})

afterEach(() => {
  fake[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

const cli = (argv: string[], options: RunOptions = {}) =>
  runCli(argv, { env: { ...env, ASHLAR_URL: fake.url, XDG_CONFIG_HOME: folder }, cwd: folder, ...options })

function importing(content: unknown, ...argv: string[]) {
  writeFileSync(join(folder, "things.json"), typeof content === "string" ? content : JSON.stringify(content))
  return cli(["documents", "import", "things", "things.json", ...argv])
}

const things = (count: number) => Array.from({ length: count }, (_, n) => ({ code: `c${n}`, nested: { id: n }, n }))
const stored = () => [...fake.collections.get("things")!.documents.values()]
const posts = () => fake.calls.filter((call) => call.startsWith("POST") && call.endsWith("/documents")).length

describe("an import", () => {
  test("stores all documents in batches, and says how many there are now", async () => {
    const { exitCode, json, stderr } = await importing(things(25), "--batch", "10", "--json")
    expect(exitCode).toBe(0)
    expect(json()).toEqual({ collection: "things", imported: 25, skipped: 0, count: 25, exact: true })
    expect(posts()).toBe(3)
    expect(stored().map(({ data }) => data.n)).toEqual(things(25).map(({ n }) => n))
    expect(stderr).toContain("Importing into things 25/25\n")
  })

  test.each([
    ["code", ["c0", "c1", "c2"]],
    ["nested.id", ["0", "1", "2"]],
  ])("by --id-field %s keeps each document's id, and may be repeated", async (field, ids) => {
    await importing(things(3), "--id-field", field)
    const { json } = await importing(things(3), "--id-field", field, "--json")
    expect(json()).toMatchObject({ imported: 3, count: 3 })
    expect(stored().map(({ id, rev }) => [id, rev])).toEqual(ids.map((id) => [id, 2]))
  })

  test("goes on where it stopped, with the command that it printed", async () => {
    let batches = 0
    fake.intercept = (request) =>
      request.method === "POST" && request.url.endsWith("/documents") && ++batches === 3
        ? refuse(507, "SQLITE_FULL", "The disk is full.", { details: { disk: "/data" } })
        : undefined
    const stopped = await importing(things(40), "--batch", "10", "--json")
    expect(stopped.exitCode).toBe(1)
    const { error } = stopped.json() as { error: { code: string; details: { resume: string } } }
    expect(error).toMatchObject({
      code: "SQLITE_FULL",
      status: 507,
      message: expect.stringContaining("Stored 20 of 40 documents before."),
      details: { stored: 20, total: 40, disk: "/data" },
    })
    expect(error.details.resume).toBe("ashlar documents import things things.json --batch 10 --skip 20")
    const { json } = await cli([...error.details.resume.split(" ").slice(1), "--json"])
    expect(json()).toEqual({ collection: "things", imported: 20, skipped: 20, count: 40, exact: true })
    expect(stored().map(({ data }) => data.n)).toEqual(things(40).map(({ n }) => n))
  })

  test("that lost the connection exits with 3, and warns that the batch may be stored", async () => {
    fake.intercept = (request) => {
      if (request.url.endsWith("/documents")) fake[Symbol.dispose]()
      return undefined
    }
    const { exitCode, stderr } = await importing(things(3))
    expect(exitCode).toBe(3)
    expect(stderr).toContain("SDK_UNREACHABLE")
    expect(stderr).toContain("Stored 0 of 3 documents before. Go on with: ashlar documents import")
    expect(stderr).toContain("may have been stored all the same")
  })

  test("by id names the document that was refused", async () => {
    fake.intercept = (request) =>
      request.url.endsWith("/c1") ? refuse(400, "DOCUMENTS_VALUE_INVALID", "No.") : undefined
    const { exitCode, stderr } = await importing(things(3), "--id-field", "code")
    expect(exitCode).toBe(1)
    expect(stderr).toContain("✗ DOCUMENTS_VALUE_INVALID: Document c1: No.\nStored 0 of 3 documents before.")
    expect(stderr).not.toContain("may have been stored")
  })

  test("that is interrupted says how to go on", async () => {
    const stop = new AbortController()
    writeFileSync(join(folder, "things.json"), JSON.stringify(things(30)))
    let batches = 0
    fake.intercept = (request) => {
      if (request.url.endsWith("/documents") && ++batches === 2) stop.abort(new Interrupted())
      return undefined
    }
    const { exitCode, json } = await cli(["documents", "import", "things", "things.json", "--batch", "10", "--json"], {
      signal: stop.signal,
    })
    expect(exitCode).toBe(130)
    expect(json()).toMatchObject({ error: { code: "CLI_INTERRUPTED", details: { stored: 20, total: 30 } } })
  })

  test("of nothing stores nothing", async () => {
    expect((await importing([], "--json")).json()).toMatchObject({ imported: 0, count: 0 })
  })
})

describe("an import refuses before it stores anything", () => {
  const rows: [string, unknown, string[], string][] = [
    ["what is no JSON", "{nonsense", [], "to be JSON"],
    ["an object", { a: 1 }, [], "to hold an array of objects, got an object"],
    ["an array of others", [{ a: 1 }, "b"], [], "Expected element 2 of things.json to be an object, got a string."],
    ["a null among objects", [null], [], "element 1 of things.json to be an object, got null"],
    ["a missing id", [{ code: "a" }, {}], ["--id-field", "code"], "Expected element 2 to have an id in code"],
    ["an empty id", [{ code: "" }], ["--id-field", "code"], 'an id in code, got ""'],
    ["an id twice", [{ code: "a" }, { code: "a" }], ["--id-field", "code"], 'Elements 1 and 2 have the same code: "a"'],
  ]
  for (const [name, content, argv, message] of rows) {
    test(name, async () => {
      const { exitCode, stderr } = await importing(content, ...argv)
      expect(exitCode).toBe(2)
      expect(stderr).toContain("✗ CLI_INPUT_INVALID: ")
      expect(stderr).toContain(message)
      expect(fake.calls).toEqual([])
    })
  }

  test("a file that is not there", async () => {
    const { exitCode, stderr } = await cli(["documents", "import", "things", "gone.json"])
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining("Cannot read gone.json") })
  })
})

test("batches are cut by number and by size, and nothing is lost", () => {
  const large = Array.from({ length: 5 }, (_, n) => ({ n, text: "x".repeat(900_000) }))
  const batches = [...toBatches(large, 1, 1_000)]
  expect(batches.map((batch) => batch.length)).toEqual([2, 2])
  expect(batches.flat()).toEqual(large.slice(1))
  expect([...toBatches(large, 5, 10)]).toEqual([])
  const huge = [{ text: "x".repeat(5_000_000) }, { n: 1 }]
  expect([...toBatches(huge, 0, 10)].map((batch) => batch.length)).toEqual([1, 1])
})
