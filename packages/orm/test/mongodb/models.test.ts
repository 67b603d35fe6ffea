/**
 * Models in MongoDB, through MongoDB's own client, against a stand-in that speaks the wire protocol: no server can be had from a
 * package registry. It holds what is sent and how answers are read; not how a real server performs.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import { Binary, Decimal128, Double, Long, UUID } from "bson"
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
  text,
  timestamp,
  uuid,
} from "../../src/index.ts"
import { type MongoDatabase, MongoModel, openMongo } from "../../src/mongodb/index.ts"
import { type MongoServer, openMongoServer } from "./server.ts"

let server: MongoServer
let mongo: MongoDatabase
beforeAll(async () => {
  server = await openMongoServer()
  mongo = openMongo(server.url)
})
afterAll(async () => {
  await mongo.close()
  await server.close()
})

const KEY = Buffer.alloc(32, 7)

class User extends MongoModel {
  static table = "users"
  static columns = {
    id: uuid().primary(),
    email: text(200).unique(),
    name: text().nullable(),
    age: integer().nullable(),
    role: enumeration(["admin", "user"]).default("user"),
    password: text().hidden().default("none"),
    createdAt: createdAt(),
  }
  static get database() {
    return mongo
  }
  get label() {
    return `${this.constructor.name}:${(this as unknown as { email: string }).email}`
  }
}

class Thing extends MongoModel {
  static table = "things"
  static columns = {
    id: text().primary({ generated: false }),
    big: bigint().nullable(),
    price: decimal(20, 4).nullable(),
    ratio: double().nullable(),
    ok: boolean().nullable(),
    at: timestamp().nullable(),
    day: date().nullable(),
    data: bytes().nullable(),
    meta: json<unknown>().nullable(),
    tags: array(text()).nullable(),
    ids: array(bigint()).nullable(),
    secret: encrypted(() => KEY).nullable(),
  }
  static get database() {
    return mongo
  }
}

const emails = async (query: { get(): Promise<{ email: string }[]> }) =>
  (await query.get()).map(({ email }) => email).sort()

describe("rows", () => {
  beforeEach(async () => {
    await User.query().forceDelete()
    await Thing.query().forceDelete()
  })

  test("are created with defaults, found, changed, and deleted", async () => {
    const user = await User.create({ email: "ada@x.org", name: "Ada" })
    expect(user).toBeInstanceOf(User)
    expect(user.id).toMatch(/^[\da-f-]{36}$/)
    expect([user.role, user.createdAt instanceof Date, user.isSaved, user.label]).toEqual([
      "user",
      true,
      true,
      "User:ada@x.org",
    ])
    expect("password" in user).toBe(false)
    expect(JSON.stringify(user)).not.toContain("password")
    const found = await User.findOrFail(user.id)
    expect({ ...found }).toEqual({ ...user })
    found.name = "Grace"
    expect(found.changedProperties()).toEqual(["name"])
    await found.save()
    const set = server.commands.at(-1)?.body.updates[0].u
    expect(Object.keys(set.$set)).toEqual(["name"])
    await user.refresh()
    expect(user.name).toBe("Grace")
    await user.update({ name: null, age: 36 })
    expect(await User.where("age", 36).where("name", null).count()).toBe(1)
    await user.delete()
    expect(user.isSaved).toBe(false)
    expect(await User.find(user.id)).toBeUndefined()
    await expect(User.findOrFail(user.id)).rejects.toMatchObject({ code: "ORM_NOT_FOUND" })
    await expect(found.save()).resolves.toBe(found)
    found.name = "gone"
    await expect(found.save()).rejects.toMatchObject({ code: "ORM_CONFLICT" })
    const made = User.make({ email: "made@x.org" })
    expect(made.isSaved).toBe(false)
    await made.save()
    expect(await User.where("email", "made@x.org").exists()).toBe(true)
    expect({ ...(await User.select("email", "password").firstOrFail()) }).toEqual({
      email: "made@x.org",
      password: "none",
    })
  })

  test("keep values of every kind, as MongoDB's own types", async () => {
    const values = {
      id: "t",
      big: 2n ** 53n + 1n,
      price: "12345678901234.5000",
      ratio: 3,
      ok: false,
      at: new Date("2020-01-02T03:04:05.678Z"),
      day: "2020-02-29",
      data: new Uint8Array([0, 255]),
      meta: { $gt: "", a: [1, null, { b: "c" }] },
      tags: ["x", "y"],
      ids: [2n ** 60n],
      secret: "hush",
    }
    await Thing.create(values)
    const [sent] = server.commands.at(-1)?.body.documents ?? []
    expect([sent.big, sent.price, sent.ratio, sent.data].map((one) => one.constructor.name)).toEqual([
      Long.name,
      Decimal128.name,
      Double.name,
      Binary.name,
    ])
    expect(JSON.stringify(sent)).not.toContain("hush")
    expect({ ...(await Thing.findOrFail("t")) }).toEqual(values)
    for (const [column, value] of Object.entries({
      big: values.big,
      price: "12345678901234.5",
      at: values.at,
      day: values.day,
      ok: false,
    }))
      expect(await Thing.where(column as "big", value as never).count()).toBe(1)
    await Thing.create({ id: "empty" })
    expect(Object.values({ ...(await Thing.findOrFail("empty")) }).filter((value) => value !== null)).toEqual(["empty"])
    const user = await User.create({ email: "a@x.org" })
    expect(server.commands.at(-1)?.body.documents[0]._id.sub_type).toBe(Binary.SUBTYPE_UUID)
    expect(new UUID(user.id).toString()).toBe(user.id)
  })

  test("of many are inserted, changed, counted up and added up", async () => {
    await User.insertMany(Array.from({ length: 30 }, (_, n) => ({ email: `${n}@x.org`, age: n })))
    expect(await User.where("age", ">=", 10).count()).toBe(20)
    expect(await User.where("age", "<", 10).update({ role: "admin" })).toBe(10)
    expect(await User.where("role", "admin").increment("age", 100)).toBe(10)
    expect(await User.where("role", "admin").sum("age")).toBe(1045)
    expect(await User.where("role", "admin").avg("age")).toBe(104.5)
    expect([await User.query().min("age"), await User.query().max("age")]).toEqual([10, 109])
    expect(await User.where("age", -1).sum("age")).toBeUndefined()
    expect((await User.orderBy("age", "desc").offset(1).limit(2).pluck("age")).join()).toBe("108,107")
    expect(await User.query().limit(0).get()).toEqual([])
    expect(await User.query().offset(25).count()).toBe(5)
    let streamed = 0
    for await (const user of User.orderBy("age").stream()) if (user.age !== null) streamed++
    expect(streamed).toBe(30)
    expect(await User.where("role", "admin").delete()).toBe(10)
    expect(await Thing.insertMany([])).toBe(0)
    await Thing.insertMany([
      { id: "1", price: "0.1" },
      { id: "2", price: "0.2" },
    ])
    expect(await Thing.query().sum("price")).toBe("0.3000")
  })

  test("come page by page, also when others are inserted, with nulls and ties in the order", async () => {
    await User.insertMany(
      Array.from({ length: 25 }, (_, n) => ({ email: `${n}@x.org`, age: n % 5 === 0 ? null : n % 3, name: `n${n}` })),
    )
    for (const direction of ["asc", "desc"] as const) {
      const seen: string[] = []
      let after: string | undefined
      do {
        const page = await User.orderBy("age", direction).paginate({ limit: 4, after })
        seen.push(...page.rows.map(({ email }) => email))
        expect("createdAt" in (page.rows[0] ?? {})).toBe(true)
        after = page.next
      } while (after !== undefined)
      expect(new Set(seen).size).toBe(25)
      expect(seen.length).toBe(25)
    }
    const { rows, next } = await User.where("age", 1).orderBy("email").select("email").paginate({ limit: 3 })
    expect(rows.every((row) => Object.keys(row).join() === "email")).toBe(true)
    expect(next).toBeString()
    for (const cursor of [
      "",
      "x",
      Buffer.from('[{"$gt":""},"x"]').toString("base64url"),
      Buffer.from("[1]").toString("base64url"),
      "x".repeat(5_000),
    ])
      await expect(User.orderBy("email").paginate({ after: cursor })).rejects.toMatchObject({
        code: "ORM_VALUE_INVALID",
      })
    await expect(User.query().paginate({ limit: 0 })).rejects.toMatchObject({ code: "ORM_VALUE_INVALID" })
  })
})

describe("conditions", () => {
  beforeAll(async () => {
    await User.query().forceDelete()
    await User.insertMany([
      { email: "a@x.org", name: "Ada (1)", age: 1 },
      { email: "b@x.org", name: "bob%_", age: 2 },
      { email: "c@x.org", name: null, age: null },
      { email: "d@x.org", name: "Ada\n", age: 4, role: "admin" },
    ])
  })

  test.each([
    ["=", () => User.where("age", 2), "b"],
    ["!= without nulls", () => User.where("age", "!=", 2), "a d"],
    ["<", () => User.where("age", "<", 2), "a"],
    ["between", () => User.where("age", "between", [2, 4]), "b d"],
    ["notBetween without nulls", () => User.where("age", "notBetween", [2, 4]), "a"],
    ["in", () => User.where("age", "in", [1, 4]), "a d"],
    ["in nothing", () => User.where("age", "in", []), ""],
    ["notIn without nulls", () => User.where("age", "notIn", [1]), "b d"],
    ["null", () => User.where("name", null), "c"],
    ["not null", () => User.query().whereNotNull("name"), "a b d"],
    ["like", () => User.where("name", "like", "Ada%"), "a d"],
    ["like one character", () => User.where("email", "like", "_@x.org"), "a b c d"],
    ["like what is escaped", () => User.where("name", "like", "bob\\%\\_"), "b"],
    ["notLike", () => User.where("name", "notLike", "Ada%"), "b"],
    ["ilike", () => User.where("name", "ilike", "ada%"), "a d"],
    ["contains as text", () => User.where("name", "contains", "(1)"), "a"],
    ["startsWith", () => User.where("name", "startsWith", "bob%"), "b"],
    ["endsWith to the very end", () => User.where("name", "endsWith", "Ada"), ""],
    ["or binds less than and", () => User.where("age", 1).orWhere("age", 4).where("role", "user"), "a"],
    ["groups", () => User.where((q) => q.where("age", 1).orWhere("age", 4)).where("role", "admin"), "d"],
    ["not, without nulls", () => User.query().whereNot((q) => q.where("age", 1).orWhere("name", "like", "bob%")), "d"],
    [
      "when",
      () =>
        User.query()
          .when(4, (q, age) => q.where("age", age))
          .when(undefined, (q) => q.where("age", 9)),
      "d",
    ],
  ] as const)("%s", async (_, query, expected) => {
    expect((await emails(query() as never)).map((email) => email[0]).join(" ")).toBe(expected)
  })

  test("take no operator from a value, and no column that is none", async () => {
    const hostile: readonly unknown[] = [
      { $gt: "" },
      { $ne: null },
      ["a"],
      Symbol("s"),
      undefined,
      new Date(Number.NaN),
      "a\0b",
    ]
    for (const value of hostile) {
      expect(() => User.where("email", value as never)).toThrow(expect.objectContaining({ code: "ORM_VALUE_INVALID" }))
      await expect(User.create({ email: value as never })).rejects.toMatchObject({ code: "ORM_VALUE_INVALID" })
    }
    for (const name of ["$where", "email.$gt", "__proto__", "constructor", "_id", "nothing"])
      for (const ask of [
        () => User.where(name as never, "x" as never),
        () => User.orderBy(name as never),
        () => User.query().select(name as never),
      ])
        expect(ask).toThrow(expect.objectContaining({ code: "ORM_QUERY_INVALID" }))
    for (const operator of ["$gt", "$where", "regex", "toString"])
      expect(() => User.where("email", operator as never, "x")).toThrow(
        expect.objectContaining({ code: "ORM_QUERY_INVALID" }),
      )
    expect(() => Thing.where("meta", { a: 1 } as never)).toThrow(expect.objectContaining({ code: "ORM_QUERY_INVALID" }))
    await expect(User.query().update({ $set: 1 } as never)).rejects.toMatchObject({ code: "ORM_QUERY_INVALID" })
    const user = await User.where("age", 1).firstOrFail()
    await expect(user.update({ $inc: 1 } as never)).rejects.toMatchObject({ code: "ORM_QUERY_INVALID" })
    for (const text of ["(a+)+$", ".*", "[", "\\"]) expect(await User.where("name", "contains", text).count()).toBe(0)
  })
})
