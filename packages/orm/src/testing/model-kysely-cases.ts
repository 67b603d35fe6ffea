import assert from "node:assert/strict"
import { deletedAt, integer, kyselyOf, Model, scope, text } from "../index.ts"
import type { DatabaseCase } from "./database-suite.ts"
import { makeTable } from "./model-tables.ts"

export const modelKyselyCases: readonly DatabaseCase[] = [
  {
    name: "Kysely reads tables of models through their scopes, in every place that a table can stand",
    async run({ db, table }) {
      let tenant: string | undefined = "a"
      class Doc extends Model {
        static database = db
        static table = `${table}_docs`
        static columns = {
          id: integer().primary({ generated: false }),
          tenant: text(20),
          title: text(50).named("doc_title"),
          deletedAt: deletedAt(),
        }
        static scopes = { tenant: scope("tenant", () => tenant) }
      }
      await makeTable(db, Doc)
      for (const [id, who] of ["a", "b", "a", "b", "a"].entries()) {
        tenant = who
        await Doc.create({ id, tenant: who, title: `t${id}` })
      }
      tenant = "a"
      await (await Doc.findOrFail(4)).delete()
      const kysely = kyselyOf(db, { docs: Doc })
      const ids = (rows: readonly { id: number }[]) => rows.map(({ id }) => id)
      assert.deepEqual(await kysely.selectFrom("docs").select(["id", "title"]).orderBy("id").execute(), [
        { id: 0, title: "t0" },
        { id: 2, title: "t2" },
      ])
      assert.deepEqual(ids(await kysely.selectFrom("docs as d").select("d.id").where("d.id", ">", 0).execute()), [2])
      const joined = kysely.selectFrom("docs as x").innerJoin("docs as y", (join) => join.onTrue())
      assert.equal((await joined.select(["x.id"]).execute()).length, 4)
      const within = kysely
        .selectFrom("docs")
        .where("id", "in", (e) => e.selectFrom("docs").select("id").where("id", "!=", 0))
      assert.deepEqual(ids(await within.select("id").execute()), [2])
      const named = kysely
        .with("late", (q) => q.selectFrom("docs").select("id").where("id", ">", 0))
        .selectFrom("late")
        .selectAll()
      assert.deepEqual(ids(await named.execute()), [2])
      const ranked = kysely
        .selectFrom("docs")
        .select((e) => [
          "id",
          e.fn
            .agg<number>("row_number")
            .over((over) => over.orderBy("id", "desc"))
            .as("place"),
        ])
        .orderBy("id")
      assert.deepEqual(await ranked.execute(), [
        { id: 0, place: 2 },
        { id: 2, place: 1 },
      ])
      const all = kysely.selectFrom("docs").select("id").unionAll(kysely.selectFrom("docs").select("id"))
      assert.equal((await all.execute()).length, 4)
      tenant = "b"
      assert.deepEqual(ids(await kysely.selectFrom("docs").select("id").orderBy("id").execute()), [1, 3])
      const refused = { code: "ORM_QUERY_INVALID" }
      const other = kysely as unknown as ReturnType<typeof db.kysely<Record<string, { id: number }>>>
      await assert.rejects(async () => await other.selectFrom(Doc.table).select("id").execute(), refused)
      await assert.rejects(async () => await kysely.deleteFrom("docs").execute(), refused)
      await assert.rejects(async () => await kysely.updateTable("docs").set({ title: "x" }).execute(), refused)
      const shadowed = other
        .with("docs", (q) => q.selectFrom(Doc.table).select("id"))
        .selectFrom("docs")
        .selectAll()
      await assert.rejects(async () => await shadowed.execute(), refused)
      tenant = undefined
      await assert.rejects(async () => await kysely.selectFrom("docs").select("id").execute(), {
        code: "ORM_SCOPE_MISSING",
      })
      assert.throws(() => kyselyOf({} as never, {}), { code: "ORM_MODEL_UNBOUND" })
    },
  },
]
