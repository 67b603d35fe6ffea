import assert from "node:assert/strict"
import { CompiledQuery } from "kysely"
import { sql } from "../index.ts"
import type { DatabaseCase } from "./database-suite.ts"

/** Each as SQL, and what it is to be read as: the same by every library, in every zone of the process. */
const READ: readonly (readonly [string, unknown])[] = [
  ["9007199254740993::int8", 9007199254740993n],
  ["5::int8", 5],
  ["count(*)", 1],
  ["array[9007199254740993, 5, null]::int8[]", [9007199254740993n, 5, null]],
  ["array[1, 2]::int4[]", [1, 2]],
  [
    "array[[1, 2], [3, 4]]::int4[]",
    [
      [1, 2],
      [3, 4],
    ],
  ],
  ["array[1, 2]::int2[]", [1, 2]],
  ["array[1.5]::float4[]", [1.5]],
  ["array[1.5, null]::float8[]", [1.5, null]],
  ["1.10::numeric", "1.10"],
  ["array[1.10]::numeric[]", ["1.10"]],
  ["date '2020-02-29'", "2020-02-29"],
  ["date 'infinity'", "infinity"],
  ["date '-infinity'", "-infinity"],
  ["date '0044-03-15 BC'", "0044-03-15 BC"],
  ["date '12026-01-01'", "12026-01-01"],
  ["array[date '2020-02-29', null]", ["2020-02-29", null]],
  ["timestamp '2020-01-02 03:04:05.678'", new Date("2020-01-02T03:04:05.678Z")],
  ["timestamp 'infinity'", "infinity"],
  ["timestamptz '-infinity'", "-infinity"],
  ["timestamp '0044-03-15 00:00:00 BC'", new Date("-000043-03-15T00:00:00Z")],
  ["array[timestamp '2020-01-02 03:04:05']", [new Date("2020-01-02T03:04:05Z")]],
  ["timestamptz '2020-01-02 03:04:05+02'", new Date("2020-01-02T01:04:05Z")],
  ["array[timestamptz '2020-01-02 03:04:05Z']", [new Date("2020-01-02T03:04:05Z")]],
  ["time '10:00'", "10:00:00"],
  ["interval '1 day 2 hours'", "1 day 02:00:00"],
  ["array[interval '1 day']", ["1 day"]],
  ["point(1, 2)", "(1,2)"],
  ["true", true],
  ["array[true, false]", [true, false]],
  ["null::text", null],
  ["array['a', 'b\"c', null, 'NULL', '']", ["a", 'b"c', null, "NULL", ""]],
  [`'{"a": [1, null]}'::jsonb`, { a: [1, null] }],
  ["'5'::jsonb", 5],
  ["'e3f7d218-a5b8-4eae-a5f4-65ae11657506'::uuid", "e3f7d218-a5b8-4eae-a5f4-65ae11657506"],
  ["'Infinity'::float8", Number.POSITIVE_INFINITY],
]

/** Each as a value, the type that the server expects, and the text that it made of it. */
const WRITTEN: readonly (readonly [unknown, string, string])[] = [
  [5, "text", "5"],
  [true, "text", "true"],
  [2n ** 62n, "int8", "4611686018427387904"],
  ["9007199254740993", "int8", "9007199254740993"],
  [0.1, "numeric", "0.1"],
  [1e300, "float8", "1e+300"],
  ["1.10", "numeric", "1.10"],
  [new Date("2020-01-02T03:04:05.678Z"), "timestamp", "2020-01-02 03:04:05.678"],
  [new Date("2020-01-02T23:04:05Z"), "date", "2020-01-02"],
  [new Date("+012026-01-02T03:04:05Z"), "timestamptz", "12026-01-02 03:04:05+00"],
  [new Date("-000043-03-15T00:00:00Z"), "timestamp", "0044-03-15 00:00:00 BC"],
  [new Uint8Array([0, 255]), "bytea", "\\x00ff"],
  ["\\x00ff", "bytea", "\\x00ff"],
  ['{"a":12345678901234567890,"b":1.10}', "jsonb", '{"a": 12345678901234567890, "b": 1.10}'],
  ['"text"', "jsonb", '"text"'],
  ["null", "jsonb", "null"],
  ['{"a":1}', "json", '{"a":1}'],
  ['{"a":1}', "text", '{"a":1}'],
  [[1, 2, null], "int[]", "{1,2,NULL}"],
  [["a\\b", 'x"y', "", "NULL", null, "é{},"], "text[]", '{"a\\\\b","x\\"y","","NULL",NULL,"é{},"}'],
  [[new Uint8Array([1, 2])], "bytea[]", '{"\\\\x0102"}'],
  [[new Date(0)], "timestamptz[]", '{"1970-01-01 00:00:00+00"}'],
  [[2n ** 53n + 1n], "int8[]", "{9007199254740993}"],
  [[], "text[]", "{}"],
]

/** What the server refuses: nothing may be rounded or cut to fit. */
const REFUSED: readonly (readonly [unknown, string])[] = [
  [5.5, "int"],
  [2 ** 40, "int"],
  ["abc", "int"],
  ["", "int"],
  ["abc", "bool"],
  ["2020-13-01", "date"],
  ["hello", "jsonb"],
  ["", "json"],
  ["x", "uuid"],
]

export const postgresCases: readonly DatabaseCase[] = [
  {
    name: "reads values of every type as they are",
    only: ["postgres"],
    async run({ db }) {
      await db.transaction(async (tx) => {
        await tx.sql`set local time zone 'UTC'`.run()
        for (const [text, value] of READ) {
          const kysely = { compile: () => ({ sql: `select ${text} as v`, parameters: [] }) }
          assert.deepEqual(await Array.fromAsync(tx.stream(kysely)), [{ v: value }], text)
          assert.deepEqual(
            await tx
              .kysely()
              .executeQuery(CompiledQuery.raw(`select ${text} as v`))
              .then(({ rows }) => rows),
            [{ v: value }],
            text,
          )
        }
      })
    },
  },
  {
    name: "sends values so that the server takes them for what stands there",
    only: ["postgres"],
    async run({ db }) {
      await db.transaction(async (tx) => {
        await tx.sql`set local time zone 'UTC'`.run()
        for (const [value, type, text] of WRITTEN)
          for (let round = 0; round < 3; round++)
            assert.deepEqual(
              (await tx.kysely().executeQuery(CompiledQuery.raw(`select ($1::${type})::text as v`, [value]))).rows,
              [{ v: text }],
              `${type} ${text}`,
            )
      })
      for (const [value, type] of REFUSED)
        await assert.rejects(db.kysely().executeQuery(CompiledQuery.raw(`select $1::${type} as v`, [value])), {
          code: "ORM_QUERY_FAILED",
        })
      assert.deepEqual(await db.sql`select 1 as one`.all(), [{ one: 1 }])
    },
  },
  {
    name: "takes one statement at a time, also without values",
    only: ["postgres"],
    async run({ db, table }) {
      await assert.rejects(db.sql`delete from ${sql.id(table)}; select 1`.run(), { code: "ORM_STATEMENT_INVALID" })
      await assert.rejects(db.sql`select ${1}::int; select 2`.all(), { code: "ORM_STATEMENT_INVALID" })
    },
  },
  {
    name: "works with more texts than are kept prepared, and keeps no more on the server",
    only: ["postgres"],
    async run({ openWith }) {
      const db = await openWith("max=1&preparedStatements=5")
      const kept = async () =>
        Number((await db.sql<{ n: number }>`select count(*) as n from pg_prepared_statements`.first())?.n)
      for (let n = 0; n < 40; n++) {
        for (let round = 0; round < 2; round++)
          assert.deepEqual((await db.kysely().executeQuery(CompiledQuery.raw(`select $1::int as c${n}`, [n]))).rows, [
            { [`c${n}`]: n },
          ])
        assert.ok((await kept()) <= 8)
      }
      const unprepared = await openWith("max=1&preparedStatements=0")
      for (let round = 0; round < 3; round++) await unprepared.sql`select ${round}::int as n`.all()
      const [row] = await unprepared.sql`select count(*) as n from pg_prepared_statements`.all()
      assert.deepEqual(row, { n: 0 })
    },
  },
]
