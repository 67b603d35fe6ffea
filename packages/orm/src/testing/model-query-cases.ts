import assert from "node:assert/strict"
import { array, bigint, decimal, integer, json, Model, text, timestamp } from "../index.ts"
import type { DatabaseCase } from "./database-suite.ts"
import { makeTable } from "./model-tables.ts"

export const modelQueryCases: readonly DatabaseCase[] = [
  {
    name: "pages by cursor show every row once, both ways, while rows come and go",
    async run({ db, table }) {
      class Event extends Model {
        static database = db
        static table = `${table}_events`
        static columns = { id: integer().primary(), day: timestamp(), kind: text(20), big: bigint() }
      }
      await makeTable(db, Event)
      await Event.insertMany(
        Array.from({ length: 25 }, (_, n) => ({
          day: new Date(Date.UTC(2026, 0, 1 + (n % 5))),
          kind: `k${n % 2}`,
          big: BigInt(n),
        })),
      )
      const query = Event.where("kind", "k0").orderBy("day", "desc").orderBy("big")
      const expected = await query.orderBy("id").pluck("id")
      const seen: number[] = []
      let after: string | undefined
      const pages: string[] = []
      do {
        const page = await query.paginate({ limit: 4, after })
        seen.push(...page.rows.map(({ id }) => id))
        if (page.previous !== undefined) pages.push(page.previous)
        after = page.next
        assert.equal(page.rows.length <= 4, true)
      } while (after !== undefined)
      assert.deepEqual(seen, expected)
      const back = await query.paginate({ limit: 4, before: pages[1] })
      assert.deepEqual(
        back.rows.map(({ id }) => id),
        expected.slice(4, 8),
      )
      assert.equal((await query.paginate({ limit: 4, before: back.previous })).previous, undefined)
      const { around } = await query.paginate({ limit: 4 })
      assert.deepEqual(
        (await query.paginate({ limit: 4, after: around.next })).rows.map(({ id }) => id),
        expected.slice(4, 8),
      )
      const listed = await Event.query().list({
        filter: [
          { field: "kind", operator: "eq", value: "k0" },
          { field: "id", operator: "in", value: expected },
        ],
        sort: [
          { field: "day", direction: "desc" },
          { field: "big", direction: "asc" },
        ],
        page: { limit: 4, after: around.next, before: undefined },
      })
      assert.deepEqual(
        listed.rows.map(({ id }) => id),
        expected.slice(4, 8),
      )
      const offset = await query.paginate({ limit: 5, offset: 10 })
      assert.deepEqual([offset.total, offset.rows.length], [13, 3])
      for (const cursor of [
        "",
        "x",
        "bm8",
        Buffer.from('["day desc",1]').toString("base64url"),
        5,
        [1],
        ["no date", "1", 1],
      ])
        await assert.rejects(query.paginate({ limit: 4, after: cursor as never }), {
          code: "ORM_CURSOR_INVALID",
          status: 400,
        })
      await assert.rejects(Event.orderBy("id").paginate({ limit: 4, after: around.next }), {
        code: "ORM_CURSOR_INVALID",
      })
      await assert.rejects(query.paginate({ limit: 0 }), { code: "ORM_VALUE_INVALID" })
      const parts: number[] = []
      for await (const rows of Event.where("kind", "k1").orderBy("big", "desc").chunk(5)) parts.push(rows.length)
      assert.deepEqual(parts, [5, 5, 2])
      const streamed = await Array.fromAsync(Event.orderBy("day").stream({ chunkRows: 7 }))
      assert.equal(new Set(streamed.map(({ id }) => id)).size, 25)
      await assert.rejects(Array.fromAsync(Event.query().limit(3).stream()), { code: "ORM_QUERY_INVALID" })
    },
  },
  {
    name: "rows are counted, added up and grouped, over all of them or a part",
    async run({ db, table }) {
      class Sale extends Model {
        static database = db
        static table = `${table}_sales`
        static columns = {
          id: integer().primary(),
          city: text(20),
          n: integer().nullable(),
          price: decimal(10, 2),
          big: bigint(),
          at: timestamp(),
        }
      }
      await makeTable(db, Sale)
      const at = (day: number) => new Date(Date.UTC(2026, 0, day))
      await Sale.insertMany([
        { city: "Rome", n: 1, price: "10.10", big: 2n ** 53n, at: at(1) },
        { city: "Rome", n: 3, price: "9.90", big: 1n, at: at(3) },
        { city: "Oslo", n: null, price: "100.00", big: 5n, at: at(2) },
      ])
      assert.equal(await Sale.query().count(), 3)
      assert.equal(await Sale.query().limit(2).count(), 2)
      assert.equal(await Sale.select("city").distinct().count(), 2)
      assert.equal(await Sale.query().sum("n"), 4)
      assert.equal(await Sale.query().avg("n"), 2)
      assert.equal(await Sale.query().sum("price"), "120.00")
      assert.equal(await Sale.query().max("price"), "100.00")
      assert.equal(await Sale.where("city", "Rome").sum("big"), 2n ** 53n + 1n)
      assert.deepEqual(await Sale.query().min("at"), at(1))
      assert.equal(await Sale.query().max("city"), "Rome")
      assert.equal(await Sale.where("city", "Nowhere").sum("n"), undefined)
      assert.equal(await Sale.orderBy("id").limit(1).sum("n"), 1)
      const groups = Sale.query().groupBy("city").orderBy("city")
      const rows = await groups.get({ people: "count", n: ["sum", "n"], last: ["max", "at"], big: ["sum", "big"] })
      assert.deepEqual(rows, [
        { city: "Oslo", people: 1, n: undefined, last: at(2), big: 5n },
        { city: "Rome", people: 2, n: 4, last: at(3), big: 2n ** 53n + 1n },
      ])
      assert.deepEqual(
        await groups
          .having("count", ">", 1)
          .having(["sum", "price"], ">=", "20")
          .get({ total: ["sum", "price"] }),
        [{ city: "Rome", total: "20.00" }],
      )
      assert.deepEqual(await groups.having(["avg", "n"], "<", 2).get({}), [])
      await assert.rejects(groups.get({ city: "count" }), { code: "ORM_QUERY_INVALID" })
      await assert.rejects(Sale.query().sum("city" as never), { code: "ORM_QUERY_INVALID" })
    },
  },
  {
    name: "JSON is looked into by path and arrays by what they have",
    async run({ db, table }) {
      class Doc extends Model {
        static database = db
        static table = `${table}_docs`
        static columns = {
          id: integer().primary({ generated: false }),
          data: json<unknown>().nullable(),
          tags: array(text()),
          ns: array(integer()),
        }
      }
      await makeTable(db, Doc)
      const data = [
        { a: { b: ["x", 1.5] }, n: 5, ok: true },
        { a: { b: ["1.5", 2] }, n: "5", ok: "true" },
        { a: null, n: 10, ok: false },
        [1, 2],
        null,
      ]
      await Doc.insertMany(
        data.map((one, id) => ({ id, data: one, tags: id === 4 ? [] : ["all", `t${id}`], ns: [id, id + 1] })),
      )
      const ids = async (query: { pluck(column: "id"): Promise<number[]> }) => (await query.pluck("id")).sort()
      const q = Doc.query()
      assert.deepEqual(await ids(q.whereJson("data", ["n"], 5)), [0])
      assert.deepEqual(await ids(q.whereJson("data", ["n"], "5")), [1])
      assert.deepEqual(await ids(q.whereJson("data", ["n"], ">", 4)), [0, 2])
      assert.deepEqual(await ids(q.whereJson("data", ["n"], "!=", 5)), [1, 2, 3, 4])
      assert.deepEqual(await ids(q.whereJson("data", ["a", "b", 0], "x")), [0])
      assert.deepEqual(await ids(q.whereJson("data", ["a", "b", 1], "<=", 1.5)), [0])
      assert.deepEqual(await ids(q.whereJson("data", ["ok"], true)), [0])
      assert.deepEqual(await ids(q.whereJson("data", ["ok"], false)), [2])
      assert.deepEqual(await ids(q.whereJson("data", ["a"], null)), [2, 3, 4])
      assert.deepEqual(await ids(q.whereJson("data", [1], 2)), [3])
      assert.deepEqual(await ids(q.whereArray("tags", "hasAll", ["all", "t1"])), [1])
      assert.deepEqual(await ids(q.whereArray("tags", "hasAny", ["t1", "t2", "no"])), [1, 2])
      assert.deepEqual(await ids(q.whereArray("tags", "hasAll", [])), [0, 1, 2, 3, 4])
      assert.deepEqual(await ids(q.whereArray("tags", "hasAny", [])), [])
      assert.deepEqual(await ids(q.whereArray("ns", "hasAny", [3])), [2, 3])
      assert.throws(() => q.whereJson("data", [], 1), { code: "ORM_VALUE_INVALID" })
      assert.throws(() => q.whereJson("data", ['a"b'], 1), { code: "ORM_VALUE_INVALID" })
      assert.throws(() => q.whereJson("tags" as never, ["a"], 1), { code: "ORM_QUERY_INVALID" })
      assert.throws(() => q.whereArray("tags", "hasAny", [1] as never), { code: "ORM_VALUE_INVALID" })
    },
  },
]
