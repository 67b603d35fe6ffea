/** How a database is opened: by its URL, shared, watched, and as a service of an app. */
import { afterAll, expect, test } from "bun:test"
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createContainer } from "@ashlar/core"
import { defineDatabase, openDatabase, type QueryEvent, type RepeatedQuery } from "../src/index.ts"

const folder = mkdtempSync(join(tmpdir(), "orm-opening-"))
afterAll(() => rmSync(folder, { recursive: true }))

test.each([
  ["postgre://localhost/a", "CORE_DRIVER_UNKNOWN", 'Did you mean "postgres"'],
  ["sqlite:a.db?busyTimeout=1", "CORE_DRIVER_OPTION_INVALID", 'Did you mean "busyTimeoutMs"'],
  ["postgres://u:hunter2@localhost/a?max=0", "CORE_DRIVER_OPTION_INVALID", "max"],
  ["mysql://u:hunter2@localhost/a?tls=perhaps", "CORE_DRIVER_OPTION_INVALID", "tls"],
  ["sqlite://a.db", "CORE_DRIVER_URL_INVALID", "sqlite:path"],
  ["sqlite:", "CORE_DRIVER_URL_INVALID", "sqlite:path"],
  ["nothing", "CORE_DRIVER_URL_INVALID", "scheme"],
])("%s is refused with %s", async (url, code, words) => {
  const error = await openDatabase(url).catch((thrown) => thrown)
  expect(error).toMatchObject({ code, message: expect.stringContaining(words) })
  expect(`${error.message}${JSON.stringify(error)}`).not.toContain("hunter2")
})

test.each([{ slowMs: 1 }, { slowQueryMs: -1 }, { slowQueryMs: Number.NaN }])(
  "the option %p is refused",
  async (options) => {
    await expect(openDatabase("sqlite::memory:", options as never)).rejects.toMatchObject({
      code: "ORM_OPTIONS_INVALID",
    })
  },
)

test("one URL is one pool and one transaction, until the last who opened it closes it", async () => {
  const url = `sqlite:${join(folder, "shared.db")}`
  const [rows, jobs] = await Promise.all([openDatabase(url), openDatabase(url)])
  await rows.sql`create table t (n integer)`.run()
  const undone = rows.transaction(async () => {
    await rows.sql`insert into t values (1)`.run()
    await jobs.sql`insert into t values (2)`.run()
    await rows.sql`select wrong`.run()
  })
  await expect(undone).rejects.toMatchObject({ code: "ORM_STATEMENT_INVALID" })
  expect(await jobs.sql`select n from t`.all()).toEqual([])
  await rows.close()
  await rows.close()
  await expect(rows.sql`select 1`.all()).rejects.toMatchObject({ code: "ORM_CLOSED" })
  expect(await jobs.sql`select count(*) as c from t`.first()).toEqual({ c: 0 })
  await jobs.close()
})

test("a database in memory is one of its own", async () => {
  await using one = await openDatabase("sqlite::memory:")
  await using other = await openDatabase("sqlite::memory:")
  await one.sql`create table t (n integer)`.run()
  await expect(other.sql`select * from t`.all()).rejects.toMatchObject({ code: "ORM_STATEMENT_INVALID" })
})

test("slow queries are told, with where they came from when that is asked for", async () => {
  const told: QueryEvent[] = []
  await using db = await openDatabase("sqlite::memory:", {
    slowQueryMs: 0,
    callSite: true,
    onSlowQuery: (event) => void told.push(event),
  })
  await db.sql`select ${"secret"} as a`.all()
  expect(told).toHaveLength(1)
  expect(told[0]).toMatchObject({
    text: "select ? as a",
    rows: 1,
    callSite: expect.stringContaining("opening.test.ts"),
  })
  expect(JSON.stringify(told)).not.toContain("secret")
})

test("an app gets it as a service, which is healthy until it is closed", async () => {
  const Db = defineDatabase(() => "sqlite::memory:", { name: "main" })
  const container = createContainer()
  const db = await container.get(Db)
  expect(await db.sql`select 1 as one`.first()).toEqual({ one: 1 })
  expect(await container.health()).toEqual({ main: { status: "ok", detail: "ok" } })
  await container.close()
  await expect(db.health()).rejects.toMatchObject({ code: "ORM_CLOSED" })
})

test("a service is prepared before anybody has it, and is not there when that fails", async () => {
  const url = `sqlite:${join(folder, "prepared.db")}`
  const steps: string[] = []
  let isBroken = true
  const Db = defineDatabase(() => url, {
    async prepare(db) {
      steps.push("prepare")
      await db.sql`create table if not exists t (n integer)`.run()
      if (isBroken) throw new TypeError("not yet")
    },
  })
  const container = createContainer()
  await expect(container.get(Db)).rejects.toThrow("not yet")
  isBroken = false
  const [db] = await Promise.all([container.get(Db), container.get(Db)])
  expect(await db.sql`select count(*) as n from t`.first()).toEqual({ n: 0 })
  expect(steps).toEqual(["prepare", "prepare"])
  await container.close()
})

test.each([
  ["postgres://127.0.0.1/a?driver=pg", "bun add pg@"],
  ["mysql://127.0.0.1/a", "bun add mysql2@"],
])("%s without its package says how to install it", async (url, words) => {
  const bare = mkdtempSync(join(folder, "bare-"))
  cpSync(join(import.meta.dir, "..", "src"), join(bare, "src"), { recursive: true })
  mkdirSync(join(bare, "node_modules", "@ashlar"), { recursive: true })
  for (const name of ["@ashlar/core", "@ashlar/validation", "kysely"])
    symlinkSync(join(import.meta.dir, "..", "node_modules", name), join(bare, "node_modules", name))
  const program = `import { openDatabase } from "./src/index.ts"
await openDatabase("${url}").catch(({ code, message }) => console.log(code, message))`
  const run = Bun.spawn([process.execPath, "--no-install", "-e", program], { cwd: bare, stderr: "pipe" })
  const output = `${await new Response(run.stdout).text()}${await new Response(run.stderr).text()}`
  expect(output).toContain("CORE_DRIVER_PACKAGE_MISSING")
  expect(output).toContain(words)
})

test("every query is told to who asks, with its values as they are to be shown, and the transaction it was in", async () => {
  const told: QueryEvent[] = []
  await using db = await openDatabase("sqlite::memory:", {
    onQuery: (event) => void told.push(event),
    showValue: (value, index) => `${index}:${typeof value}`,
  })
  await db.sql`create table t (n integer)`.run()
  await db.transaction(async (tx) => {
    await tx.sql`insert into t values (${7})`.run()
    await db.transaction((inner) => inner.sql`insert into t values (${8})`.run())
  })
  await db.sql`select n from t where n > ${7}`.all()
  expect(told.map(({ text, values, rows, changes }) => [text, values, rows, changes])).toEqual([
    ["create table t (n integer)", [], 0, 0],
    ["insert into t values (?)", ["0:number"], 0, 1],
    ["insert into t values (?)", ["0:number"], 0, 1],
    ["select n from t where n > ?", ["0:number"], 1, 0],
  ])
  const [before, first, second, after] = told.map(({ transactionId }) => transactionId)
  expect([before, after]).toEqual([undefined, undefined])
  expect(first).toBeNumber()
  expect(second).toBe(first)
  expect(told.every(({ database, callSite }) => database === "sqlite::memory:" && callSite === undefined)).toBe(true)
})

test("a slow query without a listener is a warning of the process, without its values", async () => {
  const { promise, resolve } = Promise.withResolvers<Error & { code?: string }>()
  process.once("warning", resolve)
  await using db = await openDatabase("sqlite::memory:", { slowQueryMs: 0 })
  await db.sql`select ${"secret"} as slow`.all()
  const { code, message } = await promise
  expect(code).toBe("ORM_SLOW_QUERY")
  expect(message).toContain("select ? as slow")
  expect(message).not.toContain("secret")
})

test("a call site is the place of the caller", async () => {
  const sites: (string | undefined)[] = []
  await using db = await openDatabase("sqlite::memory:", {
    callSite: true,
    onQuery: ({ callSite }) => void sites.push(callSite),
  })
  await db.sql`select 1`.all()
  for await (const _ of db.stream(db.sql`select 1 as one`)) expect(_).toEqual({ one: 1 })
  expect(sites).toHaveLength(2)
  for (const site of sites) expect(site).toMatch(/opening\.test\.ts:\d+:\d+$/)
})

test("a query that one flow asks for each row of another is told once, with its place", async () => {
  const told: RepeatedQuery[] = []
  const onRepeatedQuery = (event: RepeatedQuery) => void told.push(event)
  await using db = await openDatabase("sqlite::memory:", { onRepeatedQuery, repeatedQueryCount: 5 })
  const ask = async (n: number) => {
    for (let id = 0; id < n; id++) await db.sql`select ${id} as id`.all()
  }
  await ask(20)
  await Promise.all([db.flow(() => ask(4)), db.flow(() => ask(4))])
  expect(told).toEqual([])
  await db.flow(() => db.flow(() => ask(20)))
  expect(told).toHaveLength(1)
  expect(told[0]).toMatchObject({
    text: "select ? as id",
    count: 5,
    callSite: expect.stringContaining("opening.test.ts"),
  })
  for (const repeatedQueryCount of [1, 2.5])
    await expect(openDatabase("sqlite::memory:", { repeatedQueryCount })).rejects.toMatchObject({
      code: "ORM_OPTIONS_INVALID",
    })
})
