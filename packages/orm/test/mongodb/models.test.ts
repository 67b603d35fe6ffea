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
  deletedAt,
  double,
  encrypted,
  enumeration,
  integer,
  json,
  scope,
  text,
  timestamp,
  uniqueIndex,
  updatedAt,
  uuid,
  version,
} from "../../src/index.ts"
import { createIndexes, type MongoDatabase, MongoModel, openMongo } from "../../src/mongodb/index.ts"
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
let tenant: string | undefined = "a"

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

class Note extends MongoModel {
  static table = "notes"
  static columns = {
    id: integer().primary({ generated: false }),
    title: text(),
    tenantId: text(),
    count: integer().default(0),
    version: version(),
    updatedAt: updatedAt(),
    deletedAt: deletedAt(),
  }
  static indexes = [uniqueIndex("tenantId", "title")]
  static scopes = { tenant: scope("tenantId", () => tenant) }
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

describe("scopes, soft deletes and versions", () => {
  beforeEach(async () => {
    tenant = "a"
    await Note.withDeleted().withoutScope("tenant", "a clean table").forceDelete()
  })

  test("hold in every query, and an or leads around none of them", async () => {
    await Note.create({ id: 1, title: "one", tenantId: "a" })
    tenant = "b"
    const other = await Note.create({ id: 2, title: "two", tenantId: "b" })
    expect(await Note.all()).toHaveLength(1)
    expect(await Note.where("id", 1).orWhere("id", ">", 0).count()).toBe(1)
    expect(await Note.find(1)).toBeUndefined()
    expect(await Note.where("id", 1).update({ title: "stolen" })).toBe(0)
    expect(await Note.where("id", 1).delete()).toBe(0)
    expect(await Note.query().increment("count")).toBe(1)
    expect(await Note.withoutScope("tenant", "counts all").count()).toBe(2)
    await expect(Note.create({ id: 3, title: "x", tenantId: "a" })).rejects.toMatchObject({
      code: "ORM_SCOPE_VIOLATED",
    })
    other.tenantId = "a"
    await expect(other.save()).rejects.toMatchObject({ code: "ORM_SCOPE_VIOLATED" })
    expect(() => Note.withoutScope("tenant", "")).toThrow(expect.objectContaining({ code: "ORM_QUERY_INVALID" }))
    tenant = undefined
    await expect(Note.all()).rejects.toMatchObject({ code: "ORM_SCOPE_MISSING" })
  })

  test("a deleted row stays, is not found, and comes back", async () => {
    const note = await Note.create({ id: 1, title: "one", tenantId: "a" })
    await note.delete()
    expect(note.isSaved).toBe(true)
    expect([await Note.query().count(), await Note.withDeleted().count(), await Note.onlyDeleted().count()]).toEqual([
      0, 1, 1,
    ])
    await note.restore()
    expect(await Note.query().count()).toBe(1)
    expect(await Note.query().delete()).toBe(1)
    expect(await Note.onlyDeleted().restore()).toBe(1)
    const again = await Note.findOrFail(1)
    await again.forceDelete()
    expect(await Note.withDeleted().count()).toBe(0)
  })

  test("of two who change the same state one is refused", async () => {
    await Note.create({ id: 1, title: "one", tenantId: "a" })
    const [mine, yours] = [await Note.findOrFail(1), await Note.findOrFail(1)]
    const before = mine.updatedAt
    await Bun.sleep(2)
    await mine.update({ title: "mine" })
    expect([mine.version, mine.updatedAt > before]).toEqual([2, true])
    yours.title = "yours"
    await expect(yours.save()).rejects.toMatchObject({ code: "ORM_CONFLICT" })
    await expect(yours.delete()).rejects.toMatchObject({ code: "ORM_CONFLICT" })
    await yours.refresh()
    await yours.update({ title: "both" })
    expect((await Note.findOrFail(1)).version).toBe(3)
    yours.id = 9
    await expect(yours.save()).rejects.toMatchObject({ code: "ORM_QUERY_INVALID" })
  })

  test("indexes are made once, and what is unique stays so", async () => {
    await createIndexes(Note)
    await createIndexes(Note)
    await createIndexes(User)
    await Note.create({ id: 1, title: "one", tenantId: "a" })
    await expect(Note.create({ id: 2, title: "one", tenantId: "a" })).rejects.toMatchObject({
      code: "ORM_UNIQUE_VIOLATION",
      status: 409,
      details: { columns: ["tenantId", "title"] },
    })
    await expect(Note.create({ id: 1, title: "two", tenantId: "a" })).rejects.toMatchObject({
      code: "ORM_UNIQUE_VIOLATION",
    })
    await expect(
      Note.insertMany([
        { id: 5, title: "5", tenantId: "a" },
        { id: 5, title: "6", tenantId: "a" },
      ]),
    ).rejects.toMatchObject({
      code: "ORM_UNIQUE_VIOLATION",
    })
  })

  test("observers are told, and may refuse", async () => {
    const told: string[] = []
    const end = Note.observe({
      creating: (note) => void told.push(`creating ${note.title}`),
      updated: (note) => void told.push(`updated ${note.title}`),
      deleting: () => false,
    })
    const note = await Note.create({ id: 1, title: "one", tenantId: "a" })
    await note.update({ title: "two" })
    await expect(note.delete()).rejects.toMatchObject({ code: "ORM_VETOED" })
    end()
    await note.delete()
    expect(told).toEqual(["creating one", "updated two"])
  })
})

describe("transactions", () => {
  beforeEach(async () => {
    tenant = "a"
    await Note.withDeleted().forceDelete()
  })

  test("keep all or nothing, apart from what others do meanwhile", async () => {
    const effects: string[] = []
    await mongo.transaction(async () => {
      await Note.create({ id: 1, title: "one", tenantId: "a" })
      await Note.where("id", 1).update({ title: "uno" })
      expect(await Note.query().count()).toBe(1)
      await mongo.afterCommit(() => effects.push("kept"))
    })
    const undone = mongo.transaction(async () => {
      await Note.create({ id: 2, title: "two", tenantId: "a" })
      await mongo.afterCommit(() => effects.push("undone"))
      throw new RangeError("undo")
    })
    await expect(undone).rejects.toThrow("undo")
    expect(await Note.query().pluck("title")).toEqual(["uno"])
    expect(effects).toEqual(["kept"])
    await expect(mongo.transaction(() => mongo.transaction(async () => 1))).rejects.toMatchObject({
      code: "ORM_TRANSACTION_MISUSED",
    })
  })

  test("are run again when another was quicker", async () => {
    await Note.create({ id: 1, title: "one", tenantId: "a" })
    let runs = 0
    await mongo.transaction(async () => {
      const note = await Note.findOrFail(1)
      if (runs++ === 0) await outside(() => Note.where("id", 1).increment("count", 5))
      await note.update({ count: note.count + 1 })
    })
    expect(runs).toBe(2)
    expect((await Note.findOrFail(1)).count).toBe(6)
  })

  test("need a replica set, and say so", async () => {
    const alone = await openMongoServer(false)
    await using single = openMongo(alone.url)
    class Alone extends Note {
      static override get database() {
        return single
      }
    }
    await Alone.create({ id: 1, title: "one", tenantId: "a" })
    await expect(single.transaction(() => Alone.create({ id: 2, title: "two", tenantId: "a" }))).rejects.toMatchObject({
      code: "ORM_UNSUPPORTED",
    })
    await single.close()
    await alone.close()
  })
})

/** Runs work as if another request did: outside of the transaction of the caller. */
let outside: <T>(work: () => Promise<T>) => Promise<T>
beforeAll(async () => {
  const { AsyncLocalStorage } = await import("node:async_hooks")
  outside = AsyncLocalStorage.snapshot() as typeof outside
})

describe("faults", () => {
  test.each([
    [50, [], "ORM_TIMEOUT"],
    [112, ["TransientTransactionError"], "ORM_SERIALIZATION_FAILED"],
    [121, [], "ORM_CONSTRAINT_VIOLATION"],
    [2, [], "ORM_STATEMENT_INVALID"],
    [18, [], "ORM_CONNECT_FAILED"],
    [8, [], "ORM_QUERY_FAILED"],
  ] as const)("the server's error %p is ours", async (code, labels, ours) => {
    server.refuseNext("find", { code, message: "told by the server: secret", labels })
    const error = await User.all().catch((thrown) => thrown)
    expect(error.code).toBe(ours)
    expect(error.message).not.toContain("secret")
  })

  test("a server that is not there is said so, without secrets, and one that comes back is used again", async () => {
    await using nowhere = openMongo("mongodb://ada:hunter2@127.0.0.1:1/shop", { connectTimeoutMs: 200 })
    const error = await nowhere.health().catch((thrown) => thrown)
    expect(error.code).toBe("ORM_CONNECT_FAILED")
    expect(`${error.message}${nowhere.url}`).not.toContain("hunter2")
    server.cut()
    await User.all()
    await mongo.health()
    const closed = openMongo(server.url)
    await closed.close()
    await expect(closed.health()).rejects.toMatchObject({ code: "ORM_CLOSED" })
    await expect(closed.transaction(async () => 1)).rejects.toMatchObject({ code: "ORM_CLOSED" })
  })

  test.each(["postgres://127.0.0.1/a", "mongodb://127.0.0.1", "mongodb:shop"])("%s is refused", (url) => {
    expect(() => openMongo(url)).toThrow(expect.objectContaining({ code: "ORM_OPTIONS_INVALID" }))
  })
})

describe("what MongoDB cannot do", () => {
  test.each([
    "join",
    "leftJoin",
    "with",
    "whereHas",
    "whereExists",
    "whereSql",
    "search",
    "lockForUpdate",
    "toSql",
  ] as const)("%s says so by name", (name) => {
    const query = User.query()
    expect(() => query[name]()).toThrow(
      expect.objectContaining({ code: "ORM_UNSUPPORTED", message: expect.stringContaining(name) }),
    )
  })

  test.each([
    [{ id: integer().primary() }, "counted up"],
    [{ a: integer().primary({ generated: false }), b: integer().primary({ generated: false }) }, "several"],
    [{ id: uuid().primary(), x: text().named("a.b") }, "a.b"],
    [{ id: uuid().primary(), x: text().named("$a") }, "$a"],
  ])("a model of %o is refused when it is first used", (columns, words) => {
    class Odd extends MongoModel {
      static table = "odd"
      static columns = columns
      static database = mongo
    }
    expect(() => Odd.query()).toThrow(
      expect.objectContaining({ code: "ORM_UNSUPPORTED", message: expect.stringContaining(words) }),
    )
  })

  test("and neither is there an upsert, nor a model without a database", () => {
    expect(() => User.upsert()).toThrow(expect.objectContaining({ code: "ORM_UNSUPPORTED" }))
    class Lost extends MongoModel {
      static table = "lost"
      static columns = { id: uuid().primary() }
    }
    expect(() => Lost.query()).toThrow(expect.objectContaining({ code: "ORM_MODEL_UNBOUND" }))
  })
})
