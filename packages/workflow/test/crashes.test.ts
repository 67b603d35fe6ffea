import { afterAll, describe, expect, test } from "bun:test"
import { join } from "node:path"
import { openDatabase } from "@ashlar/orm"
import { openWorkflows } from "../src/index.ts"
import { testDatabases } from "../src/testing/databases.ts"

/** A process is killed at every boundary of a run; another takes the run to its end. Effects are counted. */

const program = join(import.meta.dir, "..", "src", "testing", "crash-process.ts")
const databases = await testDatabases()
/** On SQLite at every boundary; on servers, where each costs more and the code is the same, at every so many. */
const EVERY = {
  SQLite: { completes: 4, fails: 1, sticks: 3 },
  PostgreSQL: { completes: 11, fails: 5, sticks: 13 },
  MariaDB: { completes: 11, fails: 5, sticks: 13 },
} as const

async function run(given: {
  url: string
  names: string[]
  dieAt: number
  isLater: boolean
}): Promise<number | undefined> {
  const child = Bun.spawn([process.execPath, program, JSON.stringify(given)], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  })
  const [said, problems, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  if (code === 137) return undefined
  expect([code, problems]).toEqual([0, ""])
  return (JSON.parse(said) as { boundaries: number }).boundaries
}

describe.each(databases)("on %s, whatever dies and whenever", async (kind, url) => {
  const database = await openDatabase(url)
  await database.sql`create table effects (run varchar(100) not null, what varchar(100) not null)`.run()
  await database.sql`create table calls (run varchar(100) not null, idem varchar(200) not null)`.run()
  afterAll(() => database.close())

  test.each<[keyof typeof EVERY.SQLite, string, string[]]>([
    ["completes", "completed", ["first", "last", "left", "right"]],
    ["fails", "failed", ["first", "last", "left", "right", "undo first", "undo last", "undo left", "undo right"]],
    ["sticks", "failed", ["first", "last", "left", "right", "undo first", "undo last", "undo left", "undo right"]],
  ])(
    "a run that %s does what is in transactions exactly once, and all else with one key",
    async (how, state, effects) => {
      const clean = `0-${how}`
      const boundaries = (await run({ url, names: [clean], dieAt: 0, isLater: false }))!
      expect(boundaries).toBeGreaterThan(30)
      const names: string[] = []
      const step = EVERY[kind as keyof typeof EVERY][how]
      for (let dieAt = 1; dieAt <= boundaries; dieAt += step) {
        const name = `${dieAt}-${how}`
        names.push(name)
        await run({ url, names: [name], dieAt, isLater: false })
      }
      await run({ url, names: [clean, ...names], dieAt: 0, isLater: true })
      const flows = openWorkflows(url)
      for (const name of [clean, ...names]) {
        expect([name, (await flows.get(name))?.state, (await flows.get(`${name}-child`))?.state]).toEqual([
          name,
          state,
          "completed",
        ])
        const rows = await database.sql<{ what: string }>`select what from effects where run = ${name}`.all()
        expect([name, rows.map(({ what }) => what).toSorted()]).toEqual([name, effects])
        const inChild = await database.sql`select what from effects where run = ${`${name}-child`}`.all()
        expect([name, inChild]).toEqual([name, [{ what: "in child" }]])
        const calls = await database.sql<{ idem: string }>`select idem from calls where run = ${name}`.all()
        const keys = new Set(calls.map(({ idem }) => idem))
        const wanted = [`${name}:call`, ...(how === "completes" ? [] : [`${name}:undo:call`])]
        // One death makes one of them twice at most.
        expect([name, [...keys].toSorted(), calls.length <= wanted.length + 1]).toEqual([name, wanted, true])
      }
      await flows.close()
    },
    600_000,
  )
})
