import assert from "node:assert/strict"
import { decimal, fullText, integer, json, Model, sql, text } from "../index.ts"
import type { DatabaseCase } from "./database-suite.ts"
import { makeTable } from "./model-tables.ts"

const texts = [
  "alpha",
  "Alpha",
  "al%ha",
  "al_ha",
  "a*l?[x]",
  "back\\slash",
  "it's",
  '"quoted"',
  "!bang",
  "Ünïcode 😀",
  "",
  null,
]

const finds: readonly (readonly [string, unknown, readonly number[]])[] = [
  ["=", "alpha", [0]],
  ["!=", "alpha", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ["like", "al_ha", [0, 2, 3]],
  ["like", "al\\_ha", [3]],
  ["like", "%\\%%", [2]],
  ["like", "%\\\\%", [5]],
  ["like", "%😀", [9]],
  ["like", "a*%", [4]],
  ["like", "%?[x]", [4]],
  ["notLike", "%a%", [1, 6, 7, 9, 10].filter((id) => !texts[id]!.includes("a"))],
  ["ilike", "ALPHA", [0, 1]],
  ["ilike", "al\\_HA", [3]],
  ["contains", "l%h", [2]],
  ["contains", "l_h", [3]],
  ["contains", "*l?", [4]],
  ["contains", "\\", [5]],
  ["contains", "'", [6]],
  ["startsWith", "al", [0, 2, 3]],
  ["startsWith", "!", [8]],
  ["endsWith", '"', [7]],
  ["endsWith", "[x]", [4]],
  ["in", ["alpha", "it's", "nothing"], [0, 6]],
  ["in", [], []],
  ["notIn", ["alpha", "Alpha"], [2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ["notIn", [], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
  ["in", texts.filter((one) => one !== null), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ["=", null, [11]],
  ["!=", null, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
]

const hostile = [
  "'; drop table users; --",
  '" or ""="',
  "` or 1=1 -- ",
  "id) or (1=1",
  "*",
  "id; select 1",
  "constructor",
  "__proto__",
  "t1.id",
  'name" desc, "id',
]

export const operatorCases: readonly DatabaseCase[] = [
  {
    name: "every operator finds what it says, also with hostile text",
    async run({ db, table }) {
      class Word extends Model {
        static database = db
        static table = `${table}_words`
        static columns = {
          id: integer().primary({ generated: false }),
          text: text(200).nullable(),
          n: integer(),
          price: decimal(10, 2),
        }
      }
      await makeTable(db, Word)
      await Word.insertMany(texts.map((one, id) => ({ id, text: one, n: id % 4, price: `${id}.50` })))
      const ids = (query: { pluck(column: "id"): Promise<number[]> }) =>
        query.pluck("id").then((all) => all.sort((a, b) => a - b))
      for (const [operator, value, expected] of finds) {
        const found = await ids(Word.where("text", operator as never, value as never))
        assert.deepEqual(found, expected, `${String(operator)} ${JSON.stringify(value)}`)
      }
      assert.deepEqual(await ids(Word.where("n", "between", [1, 2])), [1, 2, 5, 6, 9, 10])
      assert.deepEqual(await ids(Word.where("n", "notBetween", [1, 2])), [0, 3, 4, 7, 8, 11])
      assert.deepEqual(await ids(Word.where("price", ">", "9.50")), [10, 11])
      assert.deepEqual(await ids(Word.where("price", "9.5")), [9])
      assert.deepEqual(await Word.where("price", "<", "3").orderBy("price", "desc").pluck("price"), [
        "2.50",
        "1.50",
        "0.50",
      ])
      assert.deepEqual(await ids(Word.query().whereColumn("id", "=", "n")), [0, 1, 2, 3])
      assert.deepEqual(await ids(Word.where("id", "in", Word.where("n", 1).column("id"))), [1, 5, 9])
      assert.deepEqual(await ids(Word.where("id", "notIn", Word.where("n", "<", 3).column("id"))), [3, 7, 11])
      assert.deepEqual(await ids(Word.query().whereSql(sql`n = ${1} and id > ${4}`)), [5, 9])
      assert.deepEqual(
        await ids(
          Word.where("n", 0)
            .when(undefined, (q) => q.where("id", 1))
            .when(4, (q, id) => q.where("id", id)),
        ),
        [4],
      )
      assert.equal(
        await Word.where(
          "id",
          "in",
          Array.from({ length: 3_000 }, (_, id) => id),
        ).count(),
        12,
      )
    },
  },
  {
    name: "names and operators of callers are refused, wherever they come in",
    async run({ db, table }) {
      class User extends Model {
        static database = db
        static table = `${table}_users`
        static columns = {
          id: integer().primary(),
          name: text(200),
          secret: text().hidden().default("s"),
          data: json().nullable(),
        }
        static indexes = [fullText("name")]
      }
      await makeTable(db, User)
      for (const text of hostile) await User.create({ name: text })
      for (const text of hostile) {
        const bad = text as never
        const invalid = { code: "ORM_QUERY_INVALID" }
        assert.throws(() => User.where(bad, 1 as never), invalid)
        assert.throws(() => User.where("id", bad, 1 as never), invalid)
        assert.throws(() => User.where("name", bad, ["a"] as never), invalid)
        assert.throws(() => User.orderBy(bad), invalid)
        assert.throws(() => User.orderBy("id", bad), invalid)
        assert.throws(() => User.select(bad), invalid)
        assert.throws(() => User.query().groupBy(bad), invalid)
        assert.throws(() => User.query().whereColumn("id", bad, "id"), invalid)
        assert.throws(() => User.query().whereColumn(bad, "=", "id"), invalid)
        assert.throws(() => User.query().whereJson("data", ["a"], bad, 1), invalid)
        assert.throws(() => User.query().join(User, { [text]: "id" } as never), invalid)
        assert.throws(
          () =>
            User.query()
              .groupBy("name")
              .having(bad, "=", 1 as never),
          invalid,
        )
        assert.throws(() => User.query().groupBy("name").having("count", bad, 1), invalid)
        await assert.rejects(User.query().sum(bad), invalid)
        await assert.rejects(User.query().pluck(bad), invalid)
        await assert.rejects(User.query().update({ [text]: 1 } as never), invalid)
        await assert.rejects(User.create({ name: "x", [text]: 1 } as never), invalid)
        await assert.rejects(User.upsert([{ name: "x" }], { on: [bad] }), invalid)
        await assert.rejects(
          User.query().list({ filter: [{ field: text, operator: "eq", value: 1 }], sort: [], page: undefined }),
          invalid,
        )
        await assert.rejects(
          User.query().list({ filter: [{ field: "id", operator: text, value: 1 }], sort: [], page: undefined }),
          invalid,
        )
        await assert.rejects(
          User.query().list({ filter: [], sort: [{ field: text, direction: "asc" }], page: undefined }),
          invalid,
        )
        await assert.rejects(User.query().list({ filter: [], sort: [], fields: [text], page: undefined }), invalid)
      }
      const secret = { filter: [{ field: "secret", operator: "startsWith", value: "s" }], sort: [], page: undefined }
      await assert.rejects(User.query().list(secret), { code: "ORM_QUERY_INVALID" })
      assert.equal(await User.query().count(), hostile.length)
    },
  },
  {
    name: "values of callers are bound or refused, whatever they are",
    async run({ db, table }) {
      class User extends Model {
        static database = db
        static table = `${table}_users`
        static columns = {
          id: integer().primary(),
          name: text(200),
          secret: text().hidden().default("s"),
          data: json().nullable(),
        }
        static indexes = [fullText("name")]
      }
      await makeTable(db, User)
      for (const text of hostile) await User.create({ name: text })
      for (const [index, text] of hostile.entries()) {
        assert.deepEqual(await User.where("name", text).pluck("id"), [index + 1])
        assert.deepEqual(await User.where("name", "in", [text, "no"]).pluck("id"), [index + 1])
        assert.equal(await User.where("name", "like", text.replace(/[%_\\]/g, "\\$&")).count(), 1)
        assert.equal(
          await User.query()
            .whereJson("data", [text.replace(/["\\]/g, "")], text)
            .count(),
          0,
        )
        assert.deepEqual(
          await User.query()
            .groupBy("name")
            .having("count", ">", 1)
            .get({ [text.replace("__proto__", "p")]: "count" }),
          [],
        )
      }
      for (const [column, value] of [
        ["name", undefined],
        ["name", {}],
        ["name", ["a"]],
        ["id", "1"],
        ["id", { valueOf: () => 1 }],
        ["id", Number.NaN],
      ] as const)
        assert.throws(() => User.where(column, value as never), { code: "ORM_VALUE_INVALID" })
      assert.throws(() => User.where("id", "notIn", [1, null] as never), { code: "ORM_VALUE_INVALID" })
      assert.throws(() => User.where("id", ">", null as never), { code: "ORM_VALUE_INVALID" })
      assert.throws(() => User.where("id", "in", 1 as never), { code: "ORM_VALUE_INVALID" })
      for (const bad of [1.5, -1, "1", Number.NaN, 2 ** 40, null]) {
        assert.throws(() => User.query().limit(bad as never), { code: "ORM_VALUE_INVALID" })
        assert.throws(() => User.query().offset(bad as never), { code: "ORM_VALUE_INVALID" })
      }
      assert.equal(await User.query().count(), hostile.length)
    },
  },
]
