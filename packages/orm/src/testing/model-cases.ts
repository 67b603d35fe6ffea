import assert from "node:assert/strict"
import { randomBytes } from "node:crypto"
import {
  array,
  bigint,
  boolean,
  bytes,
  createdAt,
  date,
  decimal,
  double,
  encrypted,
  enumeration,
  integer,
  json,
  Model,
  sql,
  text,
  timestamp,
  updatedAt,
  uuid,
} from "../index.ts"
import type { DatabaseCase } from "./database-suite.ts"
import { makeTable } from "./model-tables.ts"

const key = randomBytes(32)

export const modelCases: readonly DatabaseCase[] = [
  {
    name: "a row is created, found, changed and deleted",
    async run({ db, table }) {
      class User extends Model {
        static database = db
        static table = `${table}_users`
        static columns = {
          id: uuid().primary(),
          name: text(),
          age: integer().nullable(),
          password: text().hidden(),
          role: enumeration(["admin", "guest"]).default("guest"),
          createdAt: createdAt(),
          updatedAt: updatedAt(),
        }
      }
      await makeTable(db, User)
      const given = Object.freeze({ name: "Ada", password: "secret" })
      const user = await User.create(given)
      assert.match(user.id, /^[\da-f-]{36}$/)
      assert.deepEqual(
        { ...user },
        {
          id: user.id,
          name: "Ada",
          age: null,
          role: "guest",
          createdAt: user.createdAt,
          updatedAt: user.updatedAt,
        },
      )
      assert.ok(user instanceof User)
      assert.deepEqual(given, { name: "Ada", password: "secret" })
      const found = await User.find(user.id)
      assert.deepEqual(found, user)
      assert.ok(found instanceof User)
      assert.deepEqual(found.changedProperties(), [])
      found.name = "Ada Lovelace"
      found.age = 36
      assert.deepEqual(found.changedProperties(), ["name", "age"])
      const before = found.updatedAt
      await found.save()
      assert.ok(found.updatedAt >= before)
      assert.deepEqual(found.changedProperties(), [])
      assert.deepEqual({ ...(await User.find(user.id)) }, { ...found })
      await found.update({ age: null })
      assert.equal((await User.findOrFail(user.id)).age, null)
      assert.deepEqual(
        { ...(await User.select("name", "password").first()) },
        { name: "Ada Lovelace", password: "secret" },
      )
      assert.equal(JSON.stringify(await User.select("name", "password").first()), `{"name":"Ada Lovelace"}`)
      await found.delete()
      assert.equal(found.isSaved, false)
      assert.equal(await User.find(user.id), undefined)
      await assert.rejects(User.findOrFail(user.id), { code: "ORM_NOT_FOUND", status: 404 })
    },
  },
  {
    name: "keys that the database counts come back, of either size, and keys of several columns work",
    async run({ db, table }) {
      class Small extends Model {
        static database = db
        static table = `${table}_small`
        static columns = { id: integer().primary(), n: integer() }
      }
      class Big extends Model {
        static database = db
        static table = `${table}_big`
        static columns = { id: bigint().primary(), n: integer() }
      }
      class Pair extends Model {
        static database = db
        static table = `${table}_pair`
        static columns = {
          a: integer().primary({ generated: false }),
          b: text(20).primary(),
          n: integer().defaultSql(sql`1 + 1`),
        }
      }
      await makeTable(db, Small)
      await makeTable(db, Big)
      await makeTable(db, Pair)
      const [one, two] = [await Small.create({ n: 1 }), await Small.create({ n: 2 })]
      assert.equal(two.id, one.id + 1)
      assert.equal((await Small.create({ id: 77, n: 3 })).id, 77)
      assert.equal((await Big.create({ n: 1 })).id, 1n)
      const far = await Big.create({ id: 2n ** 53n + 1n, n: 2 })
      assert.deepEqual({ ...(await Big.find(2n ** 53n + 1n)) }, { ...far })
      assert.equal(await Big.where("id", 2n ** 53n).count(), 0)
      const pair = await Pair.create({ a: 1, b: "x" })
      assert.deepEqual({ ...pair }, { a: 1, b: "x", n: 2 })
      await pair.update({ n: 5 })
      assert.equal((await Pair.find({ a: 1, b: "x" }))?.n, 5)
      assert.equal(await Pair.find({ a: 1, b: "y" }), undefined)
      await assert.rejects(Pair.find({ a: 1, c: 2 } as never), { code: "ORM_QUERY_INVALID" })
      await assert.rejects(Pair.find(1 as never), { code: "ORM_VALUE_INVALID" })
      pair.a = 2
      await assert.rejects(pair.save(), { code: "ORM_QUERY_INVALID" })
    },
  },
  {
    name: "every kind of column gives back what it was given, in rows, in conditions and in JSON",
    async run({ db, table }) {
      class All extends Model {
        static database = db
        static table = `${table}_all`
        static columns = {
          id: integer().primary(),
          text: text(),
          big: bigint(),
          double: double(),
          decimal: decimal(20, 4),
          flag: boolean(),
          at: timestamp(),
          day: date(),
          json: json<unknown>(),
          bytes: bytes(),
          word: enumeration(["one", "two"]),
          words: array(text()),
          bigs: array(bigint()),
          days: array(timestamp()),
          prices: array(decimal(8, 2)),
          secret: encrypted(() => key),
        }
      }
      await makeTable(db, All)
      const values = {
        text: "it's 😀 \\ \" % _",
        big: 2n ** 63n - 1n,
        double: 0.1,
        decimal: "1234567890123456.7891",
        flag: false,
        at: new Date("2026-02-28T23:59:59.999Z"),
        day: "2026-02-28",
        json: { a: [1, "2", null, { b: true }], "c'\"": "😀" },
        bytes: new Uint8Array([0, 255, 39]),
        word: "two" as const,
        words: ["a", "b,c", '"', "{}", "", "null"],
        bigs: [2n ** 53n + 1n, -1n],
        days: [new Date(0), new Date("2026-02-28T12:00:00.001Z")],
        prices: ["1.10", "-0.05"],
        secret: "sesame",
      }
      const { id } = await All.create(values)
      const found = await All.findOrFail(id)
      assert.deepEqual({ ...found }, { id, ...values })
      assert.deepEqual(found.changedProperties(), [])
      for (const column of ["text", "big", "double", "decimal", "flag", "at", "day", "word"] as const) {
        assert.equal(await All.where(column, values[column] as never).count(), 1, column)
        assert.equal(await All.where(column, "in", [values[column]] as never).count(), 1, column)
        assert.equal(await All.where(column, "!=", values[column] as never).count(), 0, column)
      }
      const shown = JSON.parse(JSON.stringify(found))
      assert.equal(shown.big, String(values.big))
      assert.equal(shown.bytes, "AP8n")
      found.at.setMilliseconds(0)
      found.words.push("more")
      ;(found.json as { a: unknown[] }).a.pop()
      found.bytes[0] = 1
      assert.deepEqual(found.changedProperties(), ["at", "json", "bytes", "words"])
      await found.save()
      assert.deepEqual({ ...(await All.findOrFail(id)) }, { ...found })
      for (const json of [0, false, "text", "1", "null", [], [[]], "it's"]) {
        await found.update({ json })
        assert.deepEqual((await All.findOrFail(id)).json, json)
      }
      const raw = await db.sql<{ secret: string }>`select secret from ${sql.id(All.table)}`.first()
      assert.ok(!raw!.secret.includes("sesame"))
      assert.throws(() => All.where("secret", "sesame"), { code: "ORM_QUERY_INVALID" })
      assert.throws(() => All.where("json", {}), { code: "ORM_QUERY_INVALID" })
    },
  },
  {
    name: "refuses values and names that are not the model's, before they reach the database",
    async run({ db, table }) {
      class User extends Model {
        static database = db
        static table = `${table}_users`
        static columns = {
          id: integer().primary(),
          name: text(),
          n: integer().default(3),
          double: integer().nullable().generated(sql`n * 2`),
        }
      }
      await makeTable(db, User)
      const create = (values: object) => User.create(values as never)
      await assert.rejects(create({}), { code: "ORM_VALUE_INVALID" })
      await assert.rejects(create({ name: undefined }), { code: "ORM_VALUE_INVALID" })
      await assert.rejects(create({ name: null }), { code: "ORM_VALUE_INVALID" })
      await assert.rejects(create({ name: { toString: () => "x" } }), { code: "ORM_VALUE_INVALID" })
      await assert.rejects(create({ name: "a", nme: 1 }), { code: "ORM_QUERY_INVALID", message: /Did you mean "name"/ })
      await assert.rejects(create({ name: "a", double: 1 }), { code: "ORM_QUERY_INVALID" })
      await assert.rejects(create({ name: "a", constructor: 1 }), { code: "ORM_QUERY_INVALID" })
      const one = await User.create({ name: "a" })
      assert.equal(one.double, 6)
      await assert.rejects(one.update({ nme: 1 } as never), { code: "ORM_QUERY_INVALID" })
      await assert.rejects(one.update({ save: 1 } as never), { code: "ORM_QUERY_INVALID" })
      await assert.rejects(User.find(null as never), { code: "ORM_VALUE_INVALID" })
      await assert.rejects(User.find("1" as never), { code: "ORM_VALUE_INVALID" })
      assert.equal(await User.query().count(), 1)
    },
  },
  {
    name: "what a transaction writes through models goes with it, also when models are taken from it by name",
    async run({ db, table }) {
      class User extends Model {
        static database = db
        static table = `${table}_users`
        static columns = { id: integer().primary(), name: text(100).unique() }
      }
      await makeTable(db, User)
      const undone = db.transaction(async (tx) => {
        await User.create({ name: "by context" })
        await User.in(tx).create({ name: "by name" })
        const inner = tx.transaction(async () => {
          await User.create({ name: "inner" })
          throw new Error("inner")
        })
        await assert.rejects(inner, { message: "inner" })
        assert.deepEqual(await User.orderBy("name").pluck("name"), ["by context", "by name"])
        throw new Error("undo")
      })
      await assert.rejects(undone, { message: "undo" })
      assert.equal(await User.query().count(), 0)
      await db.transaction(async () => void (await Promise.all([1, 2, 3].map((n) => User.create({ name: `n${n}` })))))
      assert.equal(await User.query().count(), 3)
      await assert.rejects(User.create({ name: "n1" }), { code: "ORM_UNIQUE_VIOLATION" })
      const row = await db.transaction(async () => User.where("name", "n2").firstOrFail())
      await row.update({ name: "after" })
      assert.equal(await User.where("name", "after").count(), 1)
    },
  },
]
