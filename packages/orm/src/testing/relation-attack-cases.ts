import assert from "node:assert/strict"
import { hasMany, integer, Model, manyToMany, morphMany, morphTo, text } from "../index.ts"
import type { DatabaseCase } from "./database-suite.ts"
import { makeTable } from "./model-tables.ts"

/** What a caller might send where the name of a relation, a column or a property is meant. */
const attacks: readonly unknown[] = [
  `posts"; drop table t; --`,
  "posts`; drop table t; --",
  "posts' or '1'='1",
  "posts) or 1=1 --",
  "posts/**/union/**/select",
  "posts\0",
  'posts as x" from t; --',
  "posts as x, (select 1) as y",
  "posts as constructor",
  "posts as save",
  "posts as __proto__",
  "posts as name",
  "posts.",
  ".posts",
  "posts..posts",
  "posts.__proto__",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "",
  " posts",
  "x".repeat(100_000),
  "posts.".repeat(50_000),
  null,
  undefined,
  7,
  {},
  [],
  ["posts"],
]

type Loose = Record<string, (...given: unknown[]) => unknown>

const refused = (error: unknown): boolean => {
  const { code } = error as { code?: string }
  assert.ok(code === "ORM_QUERY_INVALID" || code === "ORM_VALUE_INVALID", String(error))
  assert.ok(String(error).length < 1_000)
  return true
}

/** Whether it throws at once or later. */
async function refuses(work: () => unknown): Promise<void> {
  await assert.rejects(async () => await work(), refused)
}

export const relationAttackCases: readonly DatabaseCase[] = [
  {
    name: "no name of a relation, a column of one or a property reaches SQL, or anything but the model's own",
    async run({ db, table }) {
      class Base extends Model {
        static database = db
      }
      class User extends Base {
        static table = `${table}_users`
        static columns = { id: integer().primary(), name: text() }
        static relations = {
          posts: hasMany(() => Post),
          friends: manyToMany(() => User, {
            through: `${table}_friends`,
            foreignKey: "userId",
            relatedKey: "friendId",
            columns: { since: text().nullable() },
          }),
        }
      }
      class Post extends Base {
        static table = `${table}_posts`
        static columns = { id: integer().primary(), userId: integer().references(() => User), title: text() }
      }
      class Friend extends Base {
        static table = `${table}_friends`
        static columns = {
          userId: integer().primary({ generated: false }),
          friendId: integer().primary({ generated: false }),
          since: text().nullable(),
        }
      }
      for (const model of [User, Post, Friend]) await makeTable(db, model)
      const user = await User.create({ name: "Ada" })
      await user.related("posts").create({ title: "one" })
      await user.related("friends").attach(user.id)
      const start = () => User.query() as unknown as Loose
      const row = user as unknown as Loose
      const rows = async (query: unknown) => await (query as { get(): Promise<unknown> }).get()
      const attacksOfNames = attacks.filter(
        (one) => !String(one as string).startsWith("posts as") || String(one).includes(" as x"),
      )
      for (const attack of attacksOfNames) {
        await refuses(() => rows(start().with!(attack)))
        await refuses(() => rows(start().whereHas!(attack)))
        await refuses(() => rows(start().orWhereHas!(attack)))
        await refuses(() => rows(start().whereDoesntHave!(attack)))
        await refuses(() => row.load!(attack))
        await refuses(() => row.loadMissing!(attack))
        await refuses(() => row.related!(attack))
      }
      for (const attack of attacks) {
        await refuses(() => rows(start().withCount!(attack)))
        if (attack === undefined) continue
        await refuses(() => rows(start().withSum!("posts", attack)))
        await refuses(() => rows(start().with!("posts", (post: Loose) => post.where!(attack, 1))))
        await refuses(() => rows(start().with!("posts", (post: Loose) => post.orderBy!(attack))))
        await refuses(() => rows(start().whereHas!("posts", (post: Loose) => post.where!("id", attack, 1))))
        await refuses(() => rows(start().whereHas!("posts", String(attack), 1)))
        if (typeof attack !== "string" || attack === "__proto__") continue
        await refuses(() => user.related("friends").attach(99, { [attack]: "x" } as never))
      }
      const [loaded] = await User.with("posts", "friends").get()
      assert.equal(loaded?.posts.length, 1)
      assert.deepEqual(
        loaded?.friends.map(({ id, pivot }) => [id, pivot.since]),
        [[user.id, null]],
      )
    },
  },
  {
    name: "odd names of tables, columns and words are quoted wherever a relation puts them",
    async run({ db, table }) {
      const odd = `we"ird\`${"'"} --`
      class Base extends Model {
        static database = db
      }
      class Owner extends Base {
        static table = `${table}_${odd}o`
        static columns = { id: integer().named(`${odd}id`).primary(), name: text().named(odd) }
        static relations = {
          items: hasMany(() => Item),
          tags: manyToMany(() => Item, { through: () => Between }),
          notes: morphMany(() => Note, "on"),
        }
      }
      class Item extends Base {
        static table = `${table}_${odd}i`
        static columns = {
          id: integer().named(`${odd}id`).primary(),
          ownerId: integer().named(`${odd}fk`),
          n: integer().named(odd),
        }
      }
      class Between extends Base {
        static table = `${table}_${odd}b`
        static columns = {
          ownerId: integer().named(`${odd}o`).primary({ generated: false }),
          itemId: integer().named(`${odd}i`).primary({ generated: false }),
        }
      }
      class Note extends Base {
        static table = `${table}_${odd}n`
        static columns = { id: integer().primary(), onType: text().named(odd), onId: integer().named(`${odd}id`) }
        static relations = { on: morphTo(() => ({ [odd]: Owner })) }
      }
      for (const model of [Owner, Item, Between, Note]) await makeTable(db, model)
      const owner = await Owner.create({ name: odd })
      const item = await owner.related("items").create({ n: 3, ownerId: 99 })
      await owner.related("tags").attach(item)
      await owner.related("notes").create({})
      const read = await Owner.with("items", (one) => one.where("n", ">", 1).orderBy("n").limit(2))
        .with("tags", "notes.on")
        .withCount("items")
        .withSum("items", "n")
        .whereHas("tags", (one) => one.where("n", 3))
        .firstOrFail()
      assert.deepEqual(
        [read.name, read.items.length, read.tags.length, read.notes[0]?.on?.name, read.itemsCount, read.itemsNSum],
        [odd, 1, 1, odd, 1, 3],
      )
    },
  },
]
