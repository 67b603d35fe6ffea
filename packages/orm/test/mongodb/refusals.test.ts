/** What MongoDB refuses or cannot do, in our words and codes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { integer, text, uuid } from "../../src/index.ts"
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

class User extends MongoModel {
  static table = "users"
  static columns = { id: uuid().primary(), email: text(200).unique() }
  static get database() {
    return mongo
  }
}

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
