/** How statements are asked on sessions of `pg`: what is sent, what is made of the answers, and what goes wrong. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { startProxy } from "@ashlar/core/testing/proxy"
import * as fc from "fast-check"
import pg from "pg"
import { type PgAnswer, PgQuery, PgStatement } from "../src/drivers/pg-query.ts"
import type { EncodedValue } from "../src/drivers/postgres-client.ts"
import { isListening, testServers } from "../src/testing/database-servers.ts"

const { port, adminUrl } = testServers.find(({ name }) => name === "PostgreSQL")!
const isThere = await isListening(port)
if (!isThere) console.warn(`skipped: how statements are asked, for no PostgreSQL listens on port ${port}`)

describe.skipIf(!isThere)("a statement on a session of pg", () => {
  const client = new pg.Client({ connectionString: adminUrl })
  const told = { columns: 0, parsed: 0 }
  beforeAll(async () => {
    await client.connect()
    const { connection } = client as unknown as { connection: NodeJS.EventEmitter }
    connection.on("rowDescription", () => void told.columns++)
    connection.on("parseComplete", () => void told.parsed++)
  })
  afterAll(() => client.end())

  let count = 0
  const prepared = (text: string) => new PgStatement(`test_${++count}`, text)
  const parserOf = (type: number) => (type === 23 ? Number : undefined)
  const ask = (statement: PgStatement, values: readonly EncodedValue[], on: pg.Client = client) =>
    new Promise<Pick<PgAnswer, "rows" | "count">>((resolve, reject) => {
      const give = ({ rows, count }: PgAnswer) => resolve({ rows, count })
      on.query(new PgQuery(statement, { values, parserOf, resolve: give, reject }))
    })

  test("is parsed, and its columns are told, once", async () => {
    const statement = prepared("select $1::int, $2::text, null::int")
    const before = { ...told }
    for (const number of [1, 2, 3])
      expect(await ask(statement, [`${number}`, "é"])).toEqual({ rows: [[number, "é", null]], count: 1 })
    expect(told).toEqual({ columns: before.columns + 1, parsed: before.parsed + 1 })
  })

  test("holds rows in their order, and counts what was written", async () => {
    expect(await ask(prepared("select generate_series(1, 3)::int"), [])).toEqual({ rows: [[1], [2], [3]], count: 3 })
    await client.query("create temp table written (id int primary key)")
    const insert = prepared("insert into written select generate_series($1::int, $2::int)")
    expect(await ask(insert, ["1", "4"])).toEqual({ rows: [], count: 4 })
    expect(await ask(insert, ["5", "5"])).toEqual({ rows: [], count: 1 })
    expect(await ask(prepared("create temp table other (id int)"), [])).toEqual({ rows: [], count: 0 })
  })

  test("fails the first time it is run, and gives its rows the next", async () => {
    await client.query("create temp table once (id int primary key)")
    await client.query("insert into once values (1)")
    const insert = prepared("insert into once values ($1) returning id")
    expect(ask(insert, ["1"])).rejects.toMatchObject({ code: "23505" })
    expect(await ask(insert, ["2"])).toEqual({ rows: [[2]], count: 1 })
    expect(await ask(insert, ["3"])).toEqual({ rows: [[3]], count: 1 })
  })

  test("fails by its text, by what a column is read as, and the session goes on", async () => {
    const wrong = prepared("select nothing from nowhere")
    for (let time = 0; time < 2; time++) expect(ask(wrong, [])).rejects.toMatchObject({ code: "42P01" })
    const unread = new Promise((resolve, reject) => {
      const parserOf = () => () => JSON.parse("{")
      client.query(new PgQuery(prepared("select 'a', 'b'"), { values: [], parserOf, resolve, reject }))
    })
    expect(unread).rejects.toBeInstanceOf(SyntaxError)
    expect(ask(prepared("copy pg_class from stdin"), [])).rejects.toMatchObject({ severity: "ERROR" })
    expect(await ask(prepared("select 7::int"), [])).toEqual({ rows: [[7]], count: 1 })
    expect(await ask(prepared(""), [])).toEqual({ rows: [], count: 0 })
  })

  test("carries any text and any bytes", async () => {
    const statement = prepared("select $1::text, encode($2::bytea, 'hex'), $3::text")
    const text = fc.string({ unit: "binary", maxLength: 300 }).filter((value) => !value.includes("\0"))
    await fc.assert(
      fc.asyncProperty(text, fc.uint8Array({ maxLength: 300 }), fc.option(text), async (one, bytes, other) => {
        const { rows } = await ask(statement, [one, bytes, other])
        expect(rows).toEqual([[one.toWellFormed(), Buffer.from(bytes).toString("hex"), other?.toWellFormed() ?? null]])
      }),
      { numRuns: 200 },
    )
    const long = "é".repeat(1_000_000)
    expect((await ask(statement, [long, new Uint8Array(0), ""])).rows).toEqual([[long, "", ""]])
  })

  test("is refused with the session when the server is gone", async () => {
    await using proxy = Object.assign(await startProxy(port), {
      [Symbol.asyncDispose]: () => proxy.close(),
    })
    const other = new pg.Client({ connectionString: adminUrl.replace(`:${port}`, `:${proxy.port}`) })
    other.on("error", () => undefined)
    await other.connect()
    const asked = ask(prepared("select pg_sleep(20)"), [], other)
    await Bun.sleep(50)
    proxy.cut()
    expect(asked).rejects.toThrow(/terminated/)
  })
})
