import assert from "node:assert/strict"
import { type PlanStep, sql } from "../index.ts"
import type { DatabaseCase } from "./database-suite.ts"

function all(steps: readonly PlanStep[]): readonly PlanStep[] {
  return steps.flatMap((step) => [step, ...all(step.steps)])
}

const digits = sql`(select 0 as d union all select 1 union all select 2 union all select 3 union all select 4 union all select 5 union all select 6 union all select 7 union all select 8 union all select 9)`

export const explainCases: readonly DatabaseCase[] = [
  {
    name: "explains which tables a query reads whole, and which by an index",
    async run({ db, table }) {
      const name = sql.id(table)
      const n = sql`a.d + 10 * b.d + 100 * c.d`
      await db.sql`insert into ${name} (id, name, n) select ${n}, ${n}, 1 from ${digits} a, ${digits} b, ${digits} c`.run()
      await db.sql`analyze ${db.dialect === "mysql" ? sql`table` : sql``} ${name}`.all()
      const scan = await db.explain(db.sql`select * from ${name} where n = ${5} order by n + 1`)
      assert.deepEqual(scan.tableScans, [table])
      assert.equal(scan.dialect, db.dialect)
      assert.ok(
        all(scan.steps).some(({ kind }) => kind === "sort"),
        scan.text,
      )
      const lookup = await db.explain(db.sql`select * from ${name} where id = ${5}`)
      assert.deepEqual(lookup.tableScans, [])
      const step = all(lookup.steps).find((one) => one.table === table)
      assert.equal(step?.kind, "index lookup", lookup.text)
      assert.ok(step.index !== undefined && lookup.text.length > 0)
      const kysely = db.kysely<Record<string, { id: number; n: number }>>()
      assert.deepEqual((await db.explain(kysely.selectFrom(table).select("n").where("n", ">", 7))).tableScans, [table])
      await db.explain(db.sql`delete from ${name} where n = ${1}`)
      assert.deepEqual(await db.sql`select count(*) as c from ${name}`.first(), { c: 1_000 })
      await assert.rejects(db.explain(db.sql`select nothing from ${name}`), { code: "ORM_STATEMENT_INVALID" })
    },
  },
  {
    name: "analyzes what only reads, and refuses the rest",
    async run({ db, table }) {
      const name = sql.id(table)
      await db.sql`insert into ${name} (id, n) values (1, 1), (2, 1), (3, 2)`.run()
      const analyzed = db.explain(db.sql`select * from ${name} where n >= ${1}`, { analyze: true })
      if (db.dialect === "sqlite") await assert.rejects(analyzed, { code: "ORM_OPTIONS_INVALID" })
      else {
        const { steps } = await analyzed
        const step = all(steps).find((one) => one.table === table)
        assert.equal(step?.rows, 3)
        assert.ok(step.durationMs !== undefined && step.expectedRows !== undefined)
      }
      await assert.rejects(db.explain(db.sql`delete from ${name}`, { analyze: true }), { code: "ORM_OPTIONS_INVALID" })
      assert.deepEqual(await db.sql`select count(*) as c from ${name}`.first(), { c: 3 })
    },
  },
]
