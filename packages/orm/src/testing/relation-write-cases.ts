import assert from "node:assert/strict"
import {
  belongsTo,
  createdAt,
  type Database,
  hasMany,
  integer,
  Model,
  manyToMany,
  morphedByMany,
  morphMany,
  morphTo,
  morphToMany,
  scope,
  sql,
  text,
  uuid,
} from "../index.ts"
import type { DatabaseCase } from "./database-suite.ts"
import { makeTable } from "./model-tables.ts"
import { queriesDuring } from "./query-count.ts"

/** Teams with members, and notes and tags on several models. */
async function club(db: Database, prefix: string) {
  class Base extends Model {
    static database = db
  }
  class User extends Base {
    static table = `${prefix}_users`
    static columns = { id: uuid().primary(), name: text() }
    static relations = {
      teams: manyToMany(() => Team, { through: () => Member }),
      notes: morphMany(() => Note, "subject"),
      tags: morphToMany(() => Tag, { through: () => Tagging, as: "taggable" }),
      letters: hasMany(() => Letter, { foreignKey: "fromId" }),
    }
  }
  class Team extends Base {
    static table = `${prefix}_teams`
    static columns = { id: uuid().primary(), name: text() }
    static relations = {
      users: manyToMany(() => User, { through: () => Member }),
      tags: morphToMany(() => Tag, { through: () => Tagging, as: "taggable" }),
    }
  }
  class Member extends Base {
    static table = `${prefix}_members`
    static columns = {
      userId: uuid()
        .primary({ generated: false })
        .references(() => User),
      teamId: uuid()
        .primary({ generated: false })
        .references(() => Team),
      role: text().default("player"),
      state: text().default("in"),
      createdAt: createdAt(),
    }
    static scopes = { in: scope("state", "in") }
  }
  class Note extends Base {
    static table = `${prefix}_notes`
    static columns = {
      id: uuid().primary(),
      body: text(),
      subjectType: text(20).nullable(),
      subjectId: uuid().nullable(),
    }
    static relations = { subject: morphTo(() => ({ user: User, team: Team })) }
  }
  class Tag extends Base {
    static table = `${prefix}_tags`
    static columns = { id: integer().primary(), name: text() }
    static relations = { users: morphedByMany(() => User, { through: () => Tagging, as: "taggable" }) }
  }
  class Tagging extends Base {
    static table = `${prefix}_taggings`
    static columns = {
      id: uuid().primary(),
      tagId: integer().references(() => Tag),
      taggableType: text(20),
      taggableId: uuid(),
    }
    static relations = { taggable: morphTo(() => ({ user: User, team: Team })) }
  }
  class Letter extends Base {
    static table = `${prefix}_letters`
    static columns = {
      id: uuid().primary(),
      body: text(),
      fromId: uuid().references(() => User),
      toId: uuid()
        .nullable()
        .references(() => User),
    }
    static relations = { from: belongsTo(() => User), to: belongsTo(() => User) }
  }
  for (const model of [User, Team, Member, Note, Tag, Tagging, Letter]) await makeTable(db, model)
  return { User, Team, Member, Note, Tag, Tagging, Letter }
}

export const relationWriteCases: readonly DatabaseCase[] = [
  {
    name: "rows are made through a relation, whoever they say that they belong to",
    async run({ db, table }) {
      const { User, Letter, Note } = await club(db, table)
      const [ada, bob] = [await User.create({ name: "Ada" }), await User.create({ name: "Bob" })]
      const given = Object.freeze({ body: "hi", fromId: bob.id })
      const letter = await ada.related("letters").create(given)
      assert.equal(letter.fromId, ada.id)
      assert.equal(given.fromId, bob.id)
      await ada.related("letters").create({ body: "again", toId: bob.id })
      const draft = ada.related("letters").make({ body: "draft" })
      assert.equal(draft.isSaved, false)
      await draft.save()
      assert.equal(await ada.related("letters").count(), 3)
      assert.deepEqual(
        (await ada.related("letters").where("body", "hi").get()).map(({ body }) => body),
        ["hi"],
      )
      await bob.related("letters").save(letter)
      assert.equal(await bob.related("letters").exists(), true)
      assert.equal(await Letter.where("fromId", ada.id).count(), 2)
      const note = await ada.related("notes").create({ body: "tall", subjectType: "team", subjectId: bob.id })
      assert.deepEqual([note.subjectType, note.subjectId], ["user", ada.id])
      assert.equal((await Note.with("subject").first())?.subject?.id, ada.id)
      assert.equal(await ada.related("letters").where("body", "again").delete(), 1)
      assert.equal(await Letter.query().count(), 2)
    },
  },
  {
    name: "a row is pointed at another, and at none, when it is saved",
    async run({ db, table }) {
      const { User, Team, Letter, Note } = await club(db, table)
      const [ada, bob] = [await User.create({ name: "Ada" }), await User.create({ name: "Bob" })]
      const letter = Letter.make({ body: "new" })
      letter.related("from").associate(ada)
      letter.related("to").associate(bob)
      await letter.save()
      const read = await Letter.with("from", "to").firstOrFail()
      assert.deepEqual([read.from.name, read.to?.name], ["Ada", "Bob"])
      read.related("to").dissociate()
      assert.equal(read.to, null)
      await read.save()
      assert.equal((await Letter.findOrFail(letter.id)).toId, null)
      assert.equal(await read.related("to").get(), null)
      assert.equal((await read.related("from").get()).name, "Ada")
      read.related("from").dissociate()
      await assert.rejects(read.save(), { code: "ORM_VALUE_INVALID" })
      assert.throws(() => letter.related("to").associate(User.make({ name: "Eve" })), { code: "ORM_QUERY_INVALID" })
      const team = await Team.create({ name: "red" })
      const note = Note.make({ body: "b" })
      note.related("subject").associate(team)
      await note.save()
      assert.deepEqual([note.subjectType, note.subjectId], ["team", team.id])
      const subject = await (await Note.findOrFail(note.id)).related("subject").get()
      assert.equal(subject?.name, "red")
    },
  },
  {
    name: "many to many: of many who attach the same row at once, one does it and none fails",
    async run({ db, table }) {
      const { User, Team, Member } = await club(db, table)
      const ada = await User.create({ name: "Ada" })
      const red = await Team.create({ name: "red" })
      const made = await Promise.all(Array.from({ length: 8 }, () => ada.related("teams").attach(red)))
      assert.equal(
        made.reduce((sum, count) => sum + count, 0),
        1,
      )
      assert.equal(await Member.query().count(), 1)
      assert.equal(await db.transaction(async () => ada.related("teams").attach(red)), 0)
    },
  },
  {
    name: "many to many: attached, detached, synchronised and toggled, with what the row in between holds",
    async run({ db, table }) {
      const { User, Team, Member } = await club(db, table)
      const ada = await User.create({ name: "Ada" })
      const teams = await Promise.all(["red", "green", "blue"].map((name) => Team.create({ name })))
      const [red, green, blue] = teams.map(({ id }) => id) as [string, string, string]
      const names = async () => (await ada.related("teams").orderBy("name").get()).map(({ name }) => name)
      assert.equal(await ada.related("teams").attach([red, green]), 2)
      assert.equal(await ada.related("teams").attach([red, red], { role: "captain" }), 0)
      assert.deepEqual(await names(), ["green", "red"])
      const loaded = await User.with("teams", (team) => team.orderBy("name")).firstOrFail()
      assert.deepEqual(
        loaded.teams.map(({ name, pivot }) => [name, pivot.role, pivot.createdAt instanceof Date]),
        [
          ["green", "player", true],
          ["red", "captain", true],
        ],
      )
      const lazily = (await ada.related("teams").get()).map(({ pivot }) => pivot.role).sort()
      assert.deepEqual(lazily, ["captain", "player"])
      const captain = await User.with("teams", (team) => team.wherePivot((one) => one.where("role", "captain"))).first()
      assert.deepEqual(
        captain?.teams.map(({ name }) => name),
        ["red"],
      )
      const player = ada
        .related("teams")
        .wherePivot((one) => one.where("role", "!=", "captain").orWhere("role", "coach"))
      assert.deepEqual(await player.where("name", "!=", "blue").pluck("name"), ["green"])
      const none = await User.where("name", "Ada")
        .with("teams", (team) =>
          team
            .wherePivot((one) => one.where("role", "captain"))
            .where("name", "like", "%e%")
            .wherePivot((one) => one.where("role", "player"))
            .limit(5),
        )
        .firstOrFail()
      assert.deepEqual(none.teams, [])
      assert.throws(() => ada.related("teams").wherePivot((one) => one.orderBy("role")), { code: "ORM_QUERY_INVALID" })
      assert.deepEqual(await ada.related("teams").sync([red, blue]), { attached: [blue], detached: [green] })
      assert.deepEqual(await ada.related("teams").toggle([red, green]), { attached: [green], detached: [red] })
      assert.deepEqual(await names(), ["blue", "green"])
      assert.equal(await ada.related("teams").detach(teams[2]!), 1)
      const white = await ada.related("teams").create({ name: "white" }, { role: "coach" })
      assert.equal((await Member.where("teamId", white.id).first())?.role, "coach")
      assert.equal(await ada.related("teams").detach(), 2)
      assert.equal(await ada.related("teams").detach([]), 0)
      assert.equal(await Member.query().count(), 0)
      await assert.rejects(ada.related("teams").attach([null as never]), { code: "ORM_VALUE_INVALID" })
      await assert.rejects(ada.related("teams").attach(red, { rank: 1 } as never), { code: "ORM_QUERY_INVALID" })
      assert.equal(await Member.query().count(), 0)
    },
  },
  {
    name: "scopes of the table in between hold for what is loaded, asked for, counted and detached",
    async run({ db, table }) {
      const { User, Team, Member } = await club(db, table)
      const ada = await User.create({ name: "Ada" })
      const [red, green] = [await Team.create({ name: "red" }), await Team.create({ name: "green" })]
      await ada.related("teams").attach([red, green])
      const out = await db.sql`update ${sql.id(Member.table)} set state = ${"out"}`.run()
      assert.equal(out.changes, 2)
      assert.deepEqual((await User.with("teams").firstOrFail()).teams, [])
      assert.deepEqual(await ada.related("teams").get(), [])
      assert.equal(await ada.related("teams").count(), 0)
      assert.equal(await User.whereHas("teams").count(), 0)
      assert.equal((await User.query().withCount("teams").firstOrFail()).teamsCount, 0)
      assert.equal(await ada.related("teams").detach(), 0)
      await assert.rejects(ada.related("teams").attach(await Team.create({ name: "blue" }), { state: "out" }), {
        code: "ORM_SCOPE_VIOLATED",
      })
    },
  },
  {
    name: "tags are shared by several models, and lead to each of them",
    async run({ db, table }) {
      const { User, Team, Tag } = await club(db, table)
      const [ada, red] = [await User.create({ name: "Ada" }), await Team.create({ name: "red" })]
      const [fast, old] = [await Tag.create({ name: "fast" }), await Tag.create({ name: "old" })]
      await ada.related("tags").attach([fast, old])
      await red.related("tags").attach(old)
      const user = await User.with("tags", (tag) => tag.orderBy("id")).firstOrFail()
      assert.deepEqual(
        user.tags.map(({ name }) => name),
        ["fast", "old"],
      )
      const tags = await Tag.with("users").orderBy("id").get()
      assert.deepEqual(
        tags.map(({ users }) => users.map(({ name }) => name)),
        [["Ada"], ["Ada"]],
      )
      assert.deepEqual(
        (await Team.with("tags").firstOrFail()).tags.map(({ pivot }) => pivot.taggableType),
        ["team"],
      )
      await fast.related("users").detach()
      assert.equal(await ada.related("tags").count(), 1)
      assert.equal(await Tag.whereHas("users").count(), 1)
    },
  },
  {
    name: "relations are loaded for rows that are there, and what is missing only once",
    async run({ db, table }) {
      const { User } = await club(db, table)
      for (const name of ["Ada", "Bob"]) {
        const user = await User.create({ name })
        await user.related("letters").create({ body: `from ${name}` })
      }
      const users = await User.orderBy("name").get()
      const { result, texts } = await queriesDuring(table, () => User.load(users, "letters.from", "teams"))
      assert.equal(texts.length, 2)
      assert.equal(result[0], users[0])
      assert.deepEqual(
        result.map(({ letters }) => letters.map(({ body, from }) => `${body}: ${from.name}`)),
        [["from Ada: Ada"], ["from Bob: Bob"]],
      )
      await users[0]!.related("letters").where("body", "from Ada").update({ toId: users[1]!.id })
      await User.load(users, "letters.from")
      const again = await queriesDuring(table, () => User.loadMissing(users, "letters", "letters.to", "teams"))
      assert.equal(again.texts.length, 1)
      assert.equal(again.result[0]!.letters[0]!.to?.name, "Bob")
      assert.equal(again.result[1]!.letters[0]!.to, null)
      const one = await (await User.where("name", "Bob").firstOrFail()).load("letters", (letter) =>
        letter.where("body", "x"),
      )
      assert.deepEqual(one.letters, [])
      assert.equal((await one.load("letters")).letters.length, 1)
      await assert.rejects(User.load([{}], "letters"), { code: "ORM_QUERY_INVALID" })
      assert.deepEqual(await User.load([], "letters"), [])
    },
  },
]
