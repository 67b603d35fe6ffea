import assert from "node:assert/strict"
import { subscribe, unsubscribe } from "node:diagnostics_channel"
import { type QueryEvent, sql } from "../index.ts"
import type { DatabaseCase, Stage } from "./database-suite.ts"

/** Text that would be SQL if it were ever put into a statement. */
const HOSTILE: readonly string[] = [
  "'; drop table users; --",
  "' or '1'='1",
  '" or ""="',
  "` or 1=1 -- ",
  "\\' or 1=1 -- ",
  "\\",
  "$1",
  "?",
  ":name",
  "/* */ union select 1",
  "%_",
  "\u00bf\u0027 or 1=1",
  "\u2019 or 1=1",
  "line\nbreak\r\n\t",
  "😀",
  "$$; select 1; $$",
]

async function insert(
  { db, table }: Stage,
  rows: readonly (readonly [number, string | null, number])[],
): Promise<void> {
  for (const [id, name, n] of rows)
    await db.sql`insert into ${sql.id(table)} (id, name, n) values (${id}, ${name}, ${n})`.run()
}

export const queryCases: readonly DatabaseCase[] = [
  {
    name: "writes and reads rows, and counts what it wrote",
    async run(stage) {
      const { db, table } = stage
      await insert(stage, [
        [1, "Ada", 36],
        [2, null, 0],
      ])
      assert.deepEqual(await db.sql`select id, name, n from ${sql.id(table)} order by id`.all(), [
        { id: 1, name: "Ada", n: 36 },
        { id: 2, name: null, n: 0 },
      ])
      const { changes } = await db.sql`update ${sql.id(table)} set n = n + ${1}`.run()
      assert.equal(changes, 2)
      assert.equal((await db.sql`update ${sql.id(table)} set n = 1 where id = ${99}`.run()).changes, 0)
      assert.equal(await db.sql`select id from ${sql.id(table)} where id = ${99}`.first(), undefined)
      assert.deepEqual(await db.sql`select count(*) as c from ${sql.id(table)}`.first(), { c: 2 })
    },
  },
  {
    name: "binds hostile text as what it is, as value and in a list",
    async run(stage) {
      const { db, table } = stage
      await insert(
        stage,
        HOSTILE.map((text, id) => [id, text, 0] as const),
      )
      for (const [id, text] of HOSTILE.entries()) {
        assert.deepEqual(await db.sql`select id, name from ${sql.id(table)} where name = ${text}`.all(), [
          { id, name: text },
        ])
        assert.deepEqual(await db.sql`select id from ${sql.id(table)} where name in ${sql.list([text, "no"])}`.all(), [
          { id },
        ])
        const kysely = db.kysely<Record<string, { id: number; name: string }>>()
        assert.deepEqual(await kysely.selectFrom(table).select("id").where("name", "=", text).execute(), [{ id }])
      }
      assert.deepEqual(await db.sql`select id from ${sql.id(table)} where id in ${sql.list([])}`.all(), [])
    },
  },
  {
    name: "quotes hostile names, which stay names",
    async run({ db, table }) {
      for (const name of HOSTILE.filter((one) => one.trim() === one)) {
        if (db.dialect === "mysql" && name === "😀") {
          await assert.rejects(db.sql`select 1 as ${sql.id(name)}`.all(), { code: "ORM_IDENTIFIER_INVALID" })
          continue
        }
        assert.deepEqual(await db.sql`select ${1} + 0 as ${sql.id(name)}`.all(), [{ [name]: 1 }], name)
        const missing = db.sql`select ${sql.id(name)} from ${sql.id(table, name)}`
        await assert.rejects(missing.all())
      }
      assert.deepEqual(await db.sql`select count(*) as c from ${sql.id(table)}`.first(), { c: 0 })
      for (const name of ["", "a\0b", "x".repeat(64), "\ud800"])
        assert.throws(() => sql.id(name), { code: "ORM_IDENTIFIER_INVALID" })
    },
  },
  {
    name: "refuses values that a driver would change in silence",
    async run({ db }) {
      const bad: readonly unknown[] = [
        undefined,
        Number.NaN,
        1 / 0,
        {},
        () => 1,
        Symbol("s"),
        2n ** 63n,
        new Date(Number.NaN),
        "a\0b",
      ]
      for (const value of bad) {
        await assert.rejects(db.sql`select ${value} as v`.all(), { code: "ORM_VALUE_INVALID" })
        await assert.rejects(db.sql`select 1 where ${value} in ${sql.list([value])}`.all(), {
          code: "ORM_VALUE_INVALID",
        })
      }
      await assert.rejects(db.sql`select 1 from t where a in ${sql.list(Array(32_001).fill(1))}`.all(), {
        code: "ORM_VALUE_INVALID",
      })
      assert.throws(() => sql(["select 1"] as unknown as TemplateStringsArray), { code: "ORM_VALUE_INVALID" })
      const circle = Array(80)
        .fill(0)
        .reduce((inner) => sql`${inner} ${sql.id("a")}`, sql`a`)
      assert.throws(() => circle.compile("sqlite"), { code: "ORM_VALUE_INVALID" })
    },
  },
  {
    name: "keeps integers of 64 bits, bytes and booleans",
    async run({ db, table }) {
      await db.sql`create table ${sql.id(`${table}_v`)} (big bigint, bytes ${db.dialect === "postgres" ? sql`bytea` : sql`blob`}, yes boolean, t varchar(20))`.run()
      const bytes = new Uint8Array([0, 1, 254, 255])
      for (const big of [2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n, 5n]) {
        await db.sql`delete from ${sql.id(`${table}_v`)}`.run()
        await db.sql`insert into ${sql.id(`${table}_v`)} values (${big}, ${bytes}, ${true}, ${"5"})`.run()
        const row = await db.sql<{
          big: number | bigint
          bytes: Uint8Array
          yes: unknown
          t: string
        }>`select * from ${sql.id(`${table}_v`)}`.first()
        assert.equal(row?.big, big === 5n ? 5 : big)
        assert.deepEqual([...(row?.bytes ?? [])], [...bytes])
        assert.equal(Boolean(row?.yes), true)
        assert.equal(row?.t, "5")
        const found = await db.sql`select t from ${sql.id(`${table}_v`)} where big = ${big}`.all()
        assert.equal(found.length, 1)
      }
    },
  },
  {
    name: "runs a query again by the same text, and SQL within SQL",
    async run(stage) {
      const { db, table } = stage
      await insert(stage, [
        [1, "a", 1],
        [2, "b", 2],
      ])
      const byId = (id: number) => db.sql`select name from ${sql.id(table)} where id = ${id} and ${sql`n > ${0}`}`
      for (let round = 0; round < 5; round++) assert.deepEqual(await byId(2).first(), { name: "b" })
      const both = sql.join([sql`n = ${1}`, sql`n = ${2}`], sql` or `)
      assert.equal((await db.sql`select id from ${sql.id(table)} where ${both}`.all()).length, 2)
      assert.equal("then" in byId(1), false)
    },
  },
  {
    name: "streams many rows, and gives the connection back when left early",
    async run({ openWith, table }) {
      const db = await openWith("max=1&acquireTimeoutMs=3000")
      const digits = sql`select 0 as d union all select 1 union all select 2 union all select 3 union all select 4 union all select 5 union all select 6 union all select 7 union all select 8 union all select 9`
      const n = sql`a.d + 10 * b.d + 100 * c.d + 1000 * e.d`
      await db.sql`insert into ${sql.id(table)} (id, n) select ${n}, ${n} from (${digits}) a, (${digits}) b, (${digits}) c, (${digits}) e`.run()
      let sum = 0
      let count = 0
      for await (const row of db.stream<{ n: number }>(db.sql`select n from ${sql.id(table)} order by id`, {
        chunkRows: 100,
      })) {
        sum += row.n
        count++
      }
      assert.deepEqual([count, sum], [10_000, 49_995_000])
      for (let round = 0; round < 3; round++)
        for await (const row of db.stream(db.sql`select n from ${sql.id(table)} where n >= ${5} order by id`, {
          chunkRows: 10,
        })) {
          assert.deepEqual(row, { n: 5 })
          break
        }
      assert.deepEqual(await db.sql`select count(*) as c from ${sql.id(table)}`.first(), { c: 10_000 })
      await assert.rejects(db.stream(db.sql`select 1`, { chunkRows: 0 }).next(), { code: "ORM_OPTIONS_INVALID" })
      const kysely = db.kysely<Record<string, { id: number; n: number }>>()
      let streamed = 0
      for await (const _ of kysely.selectFrom(table).select("n").stream()) streamed++
      assert.equal(streamed, 10_000)
    },
  },
  {
    name: "says by their codes what constraints refuse, and what it does not understand",
    async run(stage) {
      const { db, table } = stage
      await insert(stage, [[1, "a", 1]])
      await assert.rejects(insert(stage, [[1, "b", 1]]), { code: "ORM_UNIQUE_VIOLATION", status: 409 })
      const taken = await insert(stage, [[2, "a", 1]]).catch((error) => error)
      assert.equal(taken.code, "ORM_UNIQUE_VIOLATION")
      assert.match(JSON.stringify(taken.details), /"(?:columns":\[|constraint":)"\w*name/)
      await assert.rejects(db.sql`insert into ${sql.id(table)} (id, n) values (3, ${null})`.run(), {
        code: "ORM_CONSTRAINT_VIOLATION",
      })
      await db.sql`create table ${sql.id(`${table}_c`)} (p integer not null, foreign key (p) references ${sql.id(table)} (id))`.run()
      await assert.rejects(db.sql`insert into ${sql.id(`${table}_c`)} values (9)`.run(), {
        code: "ORM_FOREIGN_KEY_VIOLATION",
      })
      await assert.rejects(db.sql`selec 1`.run(), { code: "ORM_STATEMENT_INVALID" })
      await assert.rejects(db.sql`select * from nowhere_at_all`.all(), { code: "ORM_STATEMENT_INVALID" })
      for (const text of ["secret-value", table]) {
        const error = await db.sql`insert into ${sql.id(table)} (id, name, n) values (1, ${"secret-value"}, 1)`
          .run()
          .catch((e) => e)
        assert.equal(JSON.stringify(error).includes(text), db.dialect === "postgres" && text === table)
      }
    },
  },
  {
    name: "tells of each query without its values, and of slow ones",
    async run({ db }) {
      const events: QueryEvent[] = []
      const listener = (event: unknown) => void events.push(event as QueryEvent)
      subscribe("ashlar:orm:query", listener)
      await db.sql`select ${"hidden"} as told`.all()
      for await (const _ of db.stream(db.sql`select 1 as told union all select 2`)) assert.ok(_)
      await db.sql`select told wrongly from`.all().catch(() => undefined)
      unsubscribe("ashlar:orm:query", listener)
      const told = events.filter(({ text }) => text.includes("told"))
      assert.deepEqual(
        told.map(({ rows, error, dialect }) => [rows, error, dialect]),
        [
          [1, undefined, db.dialect],
          [2, undefined, db.dialect],
          [0, "ORM_STATEMENT_INVALID", db.dialect],
        ],
      )
      assert.equal(JSON.stringify(events).includes("hidden"), false)
      assert.ok(told.every(({ durationMs, callSite }) => durationMs > 0 && callSite === undefined))
    },
  },
]
