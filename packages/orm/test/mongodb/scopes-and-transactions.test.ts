/** What holds models in MongoDB together: scopes, soft deletes, versions, observers and transactions. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test"
import {
  createdAt,
  deletedAt,
  enumeration,
  integer,
  scope,
  text,
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
