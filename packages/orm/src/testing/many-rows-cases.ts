import assert from "node:assert/strict"
import { boolean, createdAt, decimal, fullText, integer, Model, sql, text, updatedAt, uuid, version } from "../index.ts"
import type { DatabaseCase } from "./database-suite.ts"
import { makeTable } from "./model-tables.ts"

export const manyRowsCases: readonly DatabaseCase[] = [
  {
    name: "many rows are written at once: inserted, changed where they are there, counted up",
    async run({ db, table }) {
      class Item extends Model {
        static database = db
        static table = `${table}_items`
        static columns = {
          id: uuid().primary(),
          code: text(50).unique(),
          n: integer().default(0),
          price: decimal(8, 2).default("1.10"),
          at: createdAt(),
          touched: updatedAt(),
          version: version(),
        }
      }
      await makeTable(db, Item)
      assert.equal(await Item.insertMany([]), 0)
      assert.equal(await Item.insertMany(Array.from({ length: 700 }, (_, n) => ({ code: `c${n}`, n }))), 700)
      assert.equal(await Item.query().count(), 700)
      assert.equal(await Item.query().sum("n"), (699 * 700) / 2)
      await assert.rejects(Item.insertMany([{ code: "new" }, { code: "c5" }]), { code: "ORM_UNIQUE_VIOLATION" })
      assert.equal(await Item.where("code", "new").exists(), false)
      await Item.upsert(
        [
          { code: "c1", n: 1000 },
          { code: "u1", n: 7 },
        ],
        { on: ["code"] },
      )
      const changed = await Item.where("code", "c1").firstOrFail()
      assert.deepEqual([changed.n, changed.version], [1000, 2])
      assert.equal((await Item.where("code", "u1").firstOrFail()).n, 7)
      await Item.upsert([{ code: "c1", n: 5 }], { on: ["code"], update: [] })
      assert.equal((await Item.where("code", "c1").firstOrFail()).n, 1000)
      assert.equal(await Item.where("code", "in", ["c1", "u1"]).increment("n"), 2)
      assert.equal(await Item.where("code", "c1").increment("n", -2), 1)
      assert.equal(await Item.where("code", "c1").increment("price", "0.05"), 1)
      const counted = await Item.where("code", "c1").firstOrFail()
      assert.deepEqual([counted.n, counted.price, counted.version], [999, "1.15", 5])
      const [x, y] = [await Item.where("code", "c8").firstOrFail(), await Item.where("code", "c9").firstOrFail()]
      assert.equal(
        await Item.updateMany([
          { id: x.id, n: -8 },
          { id: y.id, code: "nine" },
          { id: "00000000-0000-7000-8000-000000000000", n: 1 },
        ]),
        2,
      )
      assert.deepEqual((await Item.findOrFail(x.id)).n, -8)
      const nine = await Item.findOrFail(y.id)
      assert.deepEqual([nine.code, nine.version], ["nine", 2])
      await assert.rejects(
        Item.updateMany([
          { id: x.id, n: 0 },
          { id: y.id, code: "c7" },
        ]),
        { code: "ORM_UNIQUE_VIOLATION" },
      )
      assert.equal((await Item.findOrFail(x.id)).n, -8)
      await assert.rejects(Item.updateMany([{ n: 0 } as never]), { code: "ORM_MODEL_INVALID" })
      await Item.updateMany([{ id: x.id, n: 8 }])
      assert.equal(await Item.where("n", "<", 100).delete(), 100)
      await assert.rejects(Item.query().limit(1).delete(), { code: "ORM_QUERY_INVALID" })
      await assert.rejects(Item.query().update({}), { code: "ORM_VALUE_INVALID" })
      const [one, other] = await Promise.all([1, 2].map(() => Item.firstOrCreate({ code: "race" }, { n: 3 })))
      assert.equal(one!.id, other!.id)
      assert.equal((await Item.updateOrCreate({ code: "race" }, { n: 4 })).n, 4)
      assert.equal((await Item.updateOrCreate({ code: "fresh" }, { n: 4 })).n, 4)
      assert.equal(await Item.where("code", "in", ["race", "fresh"]).where("n", 4).count(), 2)
    },
  },
  {
    name: "words are searched for in the full-text index, and nothing of a query language gets through",
    async run({ db, table }) {
      class Post extends Model {
        static database = db
        static table = `${table}_posts`
        static columns = { id: integer().primary(), title: text(200), body: text(200) }
        static indexes = [fullText("title", "body")]
      }
      await makeTable(db, Post)
      const name = sql.id(Post.table)
      if (db.dialect === "mysql") await db.sql`alter table ${name} add fulltext index words (title, body)`.run()
      if (db.dialect === "sqlite") {
        const search = sql.id(`${Post.table}_search`)
        await db.sql`create virtual table ${search} using fts5(title, body)`.run()
      }
      const rows = [
        ["dressed stone", "almost no mortar"],
        ["mortar", "and other stones"],
        ["timber", "no stone at all"],
      ] as const
      for (const [title, body] of rows) {
        const { id } = await Post.create({ title, body })
        if (db.dialect === "sqlite")
          await db.sql`insert into ${sql.id(`${Post.table}_search`)} (rowid, title, body) values (${id}, ${title}, ${body})`.run()
      }
      assert.deepEqual(await Post.query().search("mortar").orderBy("id").pluck("id"), [1, 2])
      assert.deepEqual(await Post.query().search("stone mortar").pluck("id"), [1])
      assert.deepEqual(await Post.query().search("stone").where("id", ">", 1).pluck("id"), [3])
      assert.deepEqual(await Post.query().search("  '\"*() ").pluck("id"), [])
      for (const hostile of [
        'stone" OR "timber',
        "stone OR timber",
        "title:stone NOT x",
        "+timber -stone*",
        "stone & !x",
        "((",
      ])
        await Post.query().search(hostile).get()
      assert.deepEqual(await Post.query().search('timber" OR "mortar').pluck("id"), [])
    },
  },
  {
    name: "locked rows are waited for, skipped or refused, and only within a transaction",
    only: ["postgres", "mysql"],
    async run({ db, table }) {
      class Job extends Model {
        static database = db
        static table = `${table}_jobs`
        static columns = { id: integer().primary(), taken: boolean().default(false) }
      }
      await makeTable(db, Job)
      await Job.insertMany([{}, {}])
      assert.throws(() => Job.query().lockForUpdate(), { code: "ORM_QUERY_INVALID" })
      const take = () => Job.where("taken", false).orderBy("id").limit(1).lockForUpdate({ wait: "skip" }).first()
      const { promise, resolve } = Promise.withResolvers<void>()
      const holding = db.transaction(async () => {
        const first = await take()
        resolve()
        await new Promise((done) => setTimeout(done, 150))
        return first?.id
      })
      await promise
      assert.equal(await db.transaction(async () => (await take())?.id), 2)
      const failing = db.transaction(() => Job.where("id", 1).lockForUpdate({ wait: "fail" }).first())
      await assert.rejects(failing, { code: "ORM_LOCK_TIMEOUT" })
      assert.equal(await holding, 1)
      assert.equal(await db.transaction(async () => (await Job.where("id", 1).lockForShare().first())?.id), 1)
    },
  },
  {
    name: "SQLite says that it has no row locks",
    only: ["sqlite"],
    async run({ db, table }) {
      class Job extends Model {
        static database = db
        static table = `${table}_jobs`
        static columns = { id: integer().primary() }
      }
      await makeTable(db, Job)
      await db.transaction(async () => {
        assert.throws(() => Job.query().lockForUpdate(), { code: "ORM_QUERY_INVALID", message: /no row locks/ })
      })
    },
  },
]
