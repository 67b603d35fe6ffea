import assert from "node:assert/strict"
import {
  anyScope,
  createdAt,
  deletedAt,
  integer,
  Model,
  OrmSerializationFailed,
  scope,
  sql,
  text,
  updatedAt,
  uuid,
  version,
} from "../index.ts"
import type { DatabaseCase, Stage } from "./database-suite.ts"
import { makeTable } from "./model-tables.ts"

const undo = new RangeError("undo")

export const rowCases: readonly DatabaseCase[] = [
  {
    name: "what a transaction that is undone wrote of a row is still to be written, also when its work is run again",
    async run({ db, table }) {
      class Page extends Model {
        static database = db
        static table = `${table}_undone`
        static columns = { id: integer().primary(), title: text(), updatedAt: updatedAt(), version: version() }
      }
      await makeTable(db, Page)
      const page = await Page.create({ title: "one" })
      const { updatedAt: readAt } = page
      const draft = Page.make({ title: "draft" })
      const work = async (): Promise<never> => {
        await page.update({ title: "two" })
        await draft.save()
        throw undo
      }
      for (const undoing of [() => db.transaction(work), () => db.transaction(() => db.transaction(work))]) {
        await assert.rejects(undoing(), undo)
        assert.deepEqual([page.title, page.version, page.updatedAt, draft.isSaved], ["two", 1, readAt, false])
        assert.deepEqual(page.changedProperties(), ["title"])
        assert.equal(Object.hasOwn(draft, "id"), false)
      }
      const gone = db.transaction(async () => {
        await page.delete()
        throw undo
      })
      await assert.rejects(gone, undo)
      assert.equal(page.isSaved, true)

      let runs = 0
      await db.transaction(async () => {
        await page.update({ title: "two" })
        await draft.save()
        if (runs++ === 0) throw new OrmSerializationFailed()
      })
      assert.equal(runs, 2)
      const kept = await Page.query().orderBy("id").get()
      assert.deepEqual(
        kept.map(({ title, version }) => [title, version]),
        [
          ["two", 2],
          ["draft", 1],
        ],
      )
      // A savepoint alone, in a transaction that is kept.
      await db.transaction(async () => {
        await assert.rejects(
          db.transaction(async () => {
            await page.update({ title: "three" })
            throw undo
          }),
          undo,
        )
        await page.save()
      })
      assert.equal((await Page.findOrFail(page.id)).title, "three")
      assert.deepEqual([page.version, page.changedProperties()], [3, []])
    },
  },
  {
    name: "of two who change the same state of a row one is refused, and may read again",
    async run({ db, table }) {
      class Page extends Model {
        static database = db
        static table = `${table}_pages`
        static columns = { id: uuid().primary(), title: text(), version: version() }
      }
      await makeTable(db, Page)
      const { id } = await Page.create({ title: "one" })
      const [mine, theirs] = [await Page.findOrFail(id), await Page.findOrFail(id)]
      await theirs.update({ title: "theirs" })
      assert.equal(theirs.version, 2)
      await assert.rejects(mine.update({ title: "mine" }), { code: "ORM_CONFLICT", status: 409 })
      assert.equal((await Page.findOrFail(id)).title, "theirs")
      await assert.rejects(mine.delete(), { code: "ORM_CONFLICT" })
      await mine.refresh()
      assert.deepEqual({ ...mine }, { id, title: "theirs", version: 2 })
      await mine.update({ title: "mine" })
      await mine.delete()
      await assert.rejects(theirs.update({ title: "late" }), { code: "ORM_CONFLICT" })
      await assert.rejects(theirs.refresh(), { code: "ORM_NOT_FOUND" })
      await Page.create({ title: "two" })
      assert.equal(await Page.query().update({ title: "all" }), 1)
      assert.equal((await Page.query().firstOrFail()).version, 2)
      const partly = await Page.select("id", "title").firstOrFail()
      await assert.rejects(partly.update({ title: "x" }), { code: "ORM_MODEL_INVALID" })
    },
  },
  {
    name: "a soft deletion hides a row from everything that does not ask for it",
    async run({ db, table }) {
      class Note extends Model {
        static database = db
        static table = `${table}_notes`
        static columns = {
          id: integer().primary(),
          title: text(),
          createdAt: createdAt(),
          updatedAt: updatedAt(),
          deletedAt: deletedAt(),
        }
      }
      await makeTable(db, Note)
      const [one, two] = [await Note.create({ title: "one" }), await Note.create({ title: "two" })]
      await one.delete()
      assert.ok(one.deletedAt instanceof Date)
      assert.equal(await Note.find(one.id), undefined)
      assert.deepEqual(await Note.query().pluck("title"), ["two"])
      assert.equal(await Note.where("id", one.id).orWhere("title", "one").count(), 0)
      assert.equal(await Note.where("id", one.id).exists(), false)
      assert.equal(await Note.where("id", one.id).update({ title: "changed" }), 0)
      await assert.rejects(one.update({ title: "changed" }), { code: "ORM_CONFLICT" })
      assert.deepEqual(await Note.withDeleted().orderBy("id").pluck("title"), ["one", "two"])
      assert.deepEqual(await Note.onlyDeleted().pluck("title"), ["one"])
      const again = await (await Note.onlyDeleted().firstOrFail()).restore()
      assert.equal(again.deletedAt, null)
      assert.equal(await Note.query().count(), 2)
      assert.equal(await Note.where("id", two.id).delete(), 1)
      assert.equal(await Note.onlyDeleted().count(), 1)
      assert.equal(await Note.onlyDeleted().restore(), 1)
      assert.equal(await Note.where("id", two.id).forceDelete(), 1)
      await again.forceDelete()
      assert.equal(await Note.withDeleted().count(), 0)
    },
  },
  {
    name: "a scope holds for every read, and is lifted by its name and a reason only",
    async run(stage) {
      const { Doc, Owner, as } = await tenants(stage)
      assert.equal(await Doc.find(2), undefined)
      assert.deepEqual(await Doc.where("id", 2).orWhere("title", "!=", "").pluck("id"), [1])
      assert.deepEqual(await Doc.where((q) => q.where("id", 1).orWhere("id", 2)).pluck("id"), [1])
      assert.deepEqual(
        await Doc.query()
          .whereNot((q) => q.where("id", 1))
          .pluck("id"),
        [],
      )
      assert.deepEqual(await Doc.query().whereSql(sql`1 = 1 or 1 = 1`).pluck("id"), [1])
      assert.equal(await Doc.query().count(), 1)
      assert.equal(await Doc.where("id", "in", [1, 2]).max("id"), 1)
      assert.equal(await Doc.where("id", 2).exists(), false)
      assert.deepEqual(await Owner.where("doc", "in", Doc.query().column("id")).pluck("id"), [1])
      assert.deepEqual(await Owner.query().whereExists(Doc, { id: "doc" }).pluck("id"), [1])
      assert.deepEqual(await Owner.query().whereNotExists(Doc, { id: "doc" }).pluck("id"), [2])
      assert.deepEqual(await Owner.query().join(Doc, { id: "doc" }).pluck("id"), [1])
      assert.deepEqual(
        await Owner.query()
          .join(Doc, { id: "doc" }, (doc) => doc.where("id", 2).orWhere("id", ">", 0))
          .pluck("id"),
        [1],
      )
      const missing = { code: "ORM_SCOPE_MISSING" }
      await as(undefined, async () => {
        await assert.rejects(Doc.find(1), missing)
        await assert.rejects(Doc.query().get(), missing)
        await assert.rejects(Doc.query().update({ title: "x" }), missing)
        await assert.rejects(Doc.create({ id: 9, title: "x", tenant: "a" }), missing)
        await assert.rejects(Owner.query().whereExists(Doc, { id: "doc" }).get(), missing)
        assert.equal(await Doc.withoutScope("tenant", "the nightly report counts all").count(), 2)
      })
      assert.equal(await Doc.withoutScope("tenant", "as above").withDeleted().count(), 2)
      assert.throws(() => Doc.withoutScope("tenant", ""), { code: "ORM_QUERY_INVALID" })
      assert.throws(() => Doc.withoutScope("tenent", "typo"), { code: "ORM_QUERY_INVALID", message: /tenant/ })
    },
  },
  {
    name: "a scope holds for writes: of rows that are there, and of new ones",
    async run(stage) {
      const { Doc, own, other, rowsOfB } = await tenants(stage)
      const before = await rowsOfB()
      assert.equal(await Doc.where("id", 2).orWhere("id", 2).update({ title: "stolen" }), 0)
      assert.equal(await Doc.where("id", 2).delete(), 0)
      assert.equal(await Doc.where("id", 2).forceDelete(), 0)
      await assert.rejects(other.update({ title: "stolen" }), { code: "ORM_CONFLICT" })
      await assert.rejects(other.delete(), { code: "ORM_CONFLICT" })
      await assert.rejects(other.forceDelete(), { code: "ORM_CONFLICT" })
      await assert.rejects(other.restore(), { code: "ORM_CONFLICT" })
      await assert.rejects(other.refresh(), { code: "ORM_NOT_FOUND" })
      const violated = { code: "ORM_SCOPE_VIOLATED", status: 403 }
      await assert.rejects(Doc.create({ id: 3, tenant: "b", title: "x" }), violated)
      await assert.rejects(Doc.insertMany([{ id: 3, tenant: "b", title: "x" }]), violated)
      await assert.rejects(own.update({ tenant: "b" }), violated)
      await assert.rejects(Doc.where("id", 1).update({ tenant: "b" }), violated)
      if (stage.db.dialect === "mysql")
        await assert.rejects(Doc.upsert([{ id: 2, tenant: "a", title: "x" }], { on: ["id"] }), {
          code: "ORM_QUERY_INVALID",
        })
      else await Doc.upsert([{ id: 2, tenant: "a", title: "stolen" }], { on: ["id"] })
      assert.deepEqual(
        (await rowsOfB()).map((row) => ({ ...row })),
        before,
      )
    },
  },
  {
    name: "scopes of several conditions, and of constants, hold as well",
    async run({ db, table }) {
      class Item extends Model {
        static database = db
        static table = `${table}_items`
        static columns = { id: integer().primary(), state: text(20), owner: integer().nullable() }
        static scopes = {
          live: scope("state", "!=", "gone"),
          seen: anyScope(scope("owner", null), scope("owner", "in", [1, 2])),
        }
      }
      await makeTable(db, Item)
      const rows = [
        ["new", null],
        ["gone", null],
        ["new", 1],
        ["new", 3],
      ] as const
      for (const [state, owner] of rows) await Item.create({ state, owner })
      assert.deepEqual(await Item.orderBy("id").pluck("id"), [1, 3])
      assert.deepEqual(await Item.withoutScope("live", "test").orderBy("id").pluck("id"), [1, 2, 3])
      assert.deepEqual(await Item.withoutScope("seen", "test").orWhere("id", 2).orderBy("id").pluck("id"), [])
    },
  },
  {
    name: "observers see what happens to rows, may change or refuse it, and fail the call they are in",
    async run({ db, table }) {
      const told: string[] = []
      abstract class Base extends Model {
        static database = db
      }
      class User extends Base {
        static table = `${table}_users`
        static columns = { id: integer().primary(), name: text() }
      }
      await makeTable(db, User)
      const ends = [
        Base.observe({ created: () => void told.push("base created") }),
        User.observe({
          saving: () => void told.push("saving"),
          creating(user) {
            told.push("creating")
            user.name = user.name.trim()
          },
          created: (user) => void told.push(`created ${user.id > 0}`),
          updating: async (user) => user.name !== "root",
          updated: () => void told.push("updated"),
          deleting(user) {
            if (user.name === "keep") throw new RangeError("kept")
          },
          deleted: () => void told.push("deleted"),
        }),
      ]
      const user = await User.create({ name: " Ada " })
      assert.equal(user.name, "Ada")
      await assert.rejects(user.update({ name: "root" }), { code: "ORM_VETOED", status: 409 })
      assert.equal((await User.findOrFail(user.id)).name, "Ada")
      await user.update({ name: "keep" })
      await assert.rejects(user.delete(), { name: "RangeError", message: "kept" })
      await user.update({ name: "go" })
      await user.delete()
      assert.deepEqual(told, [
        "saving",
        "creating",
        "base created",
        "created true",
        "saving",
        "saving",
        "updated",
        "saving",
        "updated",
        "deleted",
      ])
      for (const end of ends) end()
      await User.create({ name: "quiet" })
      assert.equal(told.length, 10)
    },
  },
  {
    name: "a row that is made is in no database until it is saved, and a model without one says so",
    async run({ db, table }) {
      class Bare extends Model {
        static table = `${table}_bare`
        static columns = { id: integer().primary(), name: text(), secret: text().hidden().default("s") }
        static appends = ["shout"]
        get shout(): string {
          return (this as unknown as { name: string }).name.toUpperCase()
        }
      }
      class Bound extends Bare {
        static database = db
      }
      await makeTable(db, Bound)
      assert.throws(() => Bare.query(), { code: "ORM_MODEL_UNBOUND" })
      assert.throws(() => Bare.in({} as never), { code: "ORM_MODEL_UNBOUND" })
      const row = Bound.make({ name: "Ada" })
      assert.equal(row.isSaved, false)
      await assert.rejects(row.delete(), { code: "ORM_NOT_FOUND" })
      assert.equal(await Bound.query().count(), 0)
      await row.save()
      assert.equal(row.isSaved, true)
      assert.deepEqual(JSON.parse(JSON.stringify(row)), { id: row.id, name: "Ada", shout: "ADA" })
      row.name = "Bob"
      await row.save()
      assert.deepEqual(await Bare.in(db).query().pluck("name"), ["Bob"])
      assert.equal((await Bound.select("secret").firstOrFail()).secret, "s")
    },
  },
]

/** Two tenants with a document each, seen by the one of them; what it owns is of no scope. */
async function tenants({ db, table }: Stage) {
  let tenant: string | undefined = "a"
  class Doc extends Model {
    static database = db
    static table = `${table}_docs`
    static columns = {
      id: integer().primary({ generated: false }),
      tenant: text(20),
      title: text(),
      at: deletedAt(),
    }
    static scopes = { tenant: scope("tenant", () => tenant) }
  }
  class Owner extends Model {
    static database = db
    static table = `${table}_owners`
    static columns = { id: integer().primary({ generated: false }), doc: integer() }
  }
  await makeTable(db, Doc)
  await makeTable(db, Owner)
  const as = async <T>(who: string | undefined, work: () => Promise<T>): Promise<T> => {
    const before = tenant
    tenant = who
    try {
      return await work()
    } finally {
      tenant = before
    }
  }
  const rowsOfB = async () =>
    (await as("b", () => Doc.select("id", "title", "tenant").orderBy("id").get())).map((row) => ({ ...row }))
  const own = await Doc.create({ id: 1, title: "a1" } as never)
  assert.equal(own.tenant, "a")
  const other = await as("b", () => Doc.create({ id: 2, tenant: "b", title: "b1" }))
  await Owner.insertMany([
    { id: 1, doc: 1 },
    { id: 2, doc: 2 },
  ])
  return { Doc, Owner, own, other, as, rowsOfB }
}
