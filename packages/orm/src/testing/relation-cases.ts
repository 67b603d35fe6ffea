import assert from "node:assert/strict"
import {
  belongsTo,
  type Database,
  deletedAt,
  hasMany,
  hasManyThrough,
  hasOne,
  integer,
  Model,
  manyToMany,
  morphMany,
  morphTo,
  text,
} from "../index.ts"
import type { DatabaseCase } from "./database-suite.ts"
import { makeTable } from "./model-tables.ts"
import { queriesDuring } from "./query-count.ts"

/** A small world, and the models of it. */
async function blog(db: Database, prefix: string) {
  const models = modelsOf(db, prefix)
  for (const model of Object.values(models)) await makeTable(db, model)
  await fill(models)
  return models
}

function modelsOf(db: Database, prefix: string) {
  class Base extends Model {
    static database = db
  }
  class Country extends Base {
    static table = `${prefix}_countries`
    static columns = { id: integer().primary(), name: text() }
    static relations = { users: hasMany(() => User), posts: hasManyThrough(() => Post, { through: () => User }) }
  }
  class User extends Base {
    static table = `${prefix}_users`
    static columns = {
      id: integer().primary(),
      name: text(),
      password: text().hidden(),
      countryId: integer()
        .nullable()
        .references(() => Country),
    }
    static relations = {
      country: belongsTo(() => Country),
      posts: hasMany(() => Post),
      profile: hasOne(() => Profile),
      latest: hasOne(() => Post),
      roles: manyToMany(() => Role, { through: `${prefix}_members`, columns: { level: integer() } }),
      comments: morphMany(() => Comment, "subject"),
    }
  }
  class Profile extends Base {
    static table = `${prefix}_profiles`
    static columns = {
      id: integer().primary(),
      bio: text(),
      userId: integer()
        .unique()
        .references(() => User),
    }
    static relations = { user: belongsTo(() => User) }
  }
  class Role extends Base {
    static table = `${prefix}_roles`
    static columns = { id: integer().primary(), name: text() }
    static relations = { users: manyToMany(() => User, { through: `${prefix}_members` }) }
  }
  class Post extends Base {
    static table = `${prefix}_posts`
    static columns = {
      id: integer().primary(),
      userId: integer().references(() => User),
      title: text(),
      votes: integer().default(0),
      deletedAt: deletedAt(),
    }
    static relations = {
      author: belongsTo(() => User, { foreignKey: "userId" }),
      comments: morphMany(() => Comment, "subject"),
    }
  }
  class Comment extends Base {
    static table = `${prefix}_comments`
    static columns = { id: integer().primary(), body: text(), subjectType: text(20), subjectId: integer() }
    static relations = { subject: morphTo(() => ({ post: Post, user: User })) }
  }
  class Member extends Base {
    static table = `${prefix}_members`
    static columns = {
      userId: integer().primary({ generated: false }),
      roleId: integer().primary({ generated: false }),
      level: integer(),
    }
  }
  return { Country, User, Profile, Role, Post, Comment, Member }
}

async function fill({
  Country,
  User,
  Profile,
  Role,
  Post,
  Comment,
  Member,
}: ReturnType<typeof modelsOf>): Promise<void> {
  const norway = await Country.create({ name: "Norway" })
  const ada = await User.create({ name: "Ada", password: "x", countryId: norway.id })
  const bob = await User.create({ name: "Bob", password: "y" })
  await Profile.create({ bio: "counts", userId: ada.id })
  await Post.insertMany(["one", "two", "three"].map((title, votes) => ({ title, votes, userId: ada.id })))
  await Post.create({ title: "four", votes: 9, userId: bob.id })
  const gone = await Post.create({ title: "gone", votes: 50, userId: ada.id })
  await gone.delete()
  const [admin, guest] = [await Role.create({ name: "admin" }), await Role.create({ name: "guest" })]
  await Member.insertMany([
    { userId: ada.id, roleId: admin.id, level: 7 },
    { userId: ada.id, roleId: guest.id, level: 1 },
    { userId: bob.id, roleId: guest.id, level: 2 },
  ])
  await Comment.insertMany([
    { body: "on one", subjectType: "post", subjectId: 1 },
    { body: "on Ada", subjectType: "user", subjectId: ada.id },
    { body: "on nothing", subjectType: "planet", subjectId: 1 },
  ])
}

/** As JSON shows it. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

export const relationCases: readonly DatabaseCase[] = [
  {
    name: "every kind of relation is loaded with its rows, by one query for each that leads to many",
    async run({ db, table }) {
      const { User } = await blog(db, table)
      const load = () =>
        User.with("country", "profile", "comments")
          .with("posts", (post) => post.orderBy("id"))
          .with("roles", (role) => role.orderBy("id"))
          .orderBy("id")
          .get()
      const { result, texts } = await queriesDuring(table, load)
      assert.equal(texts.length, 1 + 3)
      const [ada, bob] = plain(result) as Record<string, unknown>[]
      assert.deepEqual(ada, {
        id: 1,
        name: "Ada",
        countryId: 1,
        country: { id: 1, name: "Norway" },
        profile: { id: 1, bio: "counts", userId: 1 },
        posts: ["one", "two", "three"].map((title, votes) => ({
          id: votes + 1,
          userId: 1,
          title,
          votes,
          deletedAt: null,
        })),
        roles: [
          { id: 1, name: "admin", pivot: { userId: 1, roleId: 1, level: 7 } },
          { id: 2, name: "guest", pivot: { userId: 1, roleId: 2, level: 1 } },
        ],
        comments: [{ id: 2, body: "on Ada", subjectType: "user", subjectId: 1 }],
      })
      assert.deepEqual(
        { country: bob?.country, profile: bob?.profile, comments: bob?.comments },
        { country: null, profile: null, comments: [] },
      )
      assert.ok(result[0]!.posts[0]!.isSaved)
    },
  },
  {
    name: "the number of queries does not grow with the number of rows",
    async run({ db, table }) {
      const { User, Post } = await blog(db, table)
      await User.insertMany(Array.from({ length: 200 }, (_, at) => ({ name: `user ${at}`, password: "z" })))
      const users = await User.query().get()
      await Post.insertMany(users.flatMap(({ id }) => [1, 2].map((at) => ({ title: `p${at}`, userId: id }))))
      const { result, texts } = await queriesDuring(table, () => User.with("posts.comments", "posts.author").get())
      assert.equal(result.length, 202)
      assert.equal(texts.length, 3)
      for (const { id, posts } of result) for (const post of posts) assert.equal(post.author.id, id)
    },
  },
  {
    name: "relations of relations are loaded along paths, and of one of several models",
    async run({ db, table }) {
      const { Country, Comment, Role } = await blog(db, table)
      const [norway] = await Country.with("posts.author.country")
        .with("users.posts", (post) => post.with("comments").orderBy("id"))
        .get()
      assert.deepEqual(
        norway?.users[0]?.posts.map(({ comments }) => comments.length),
        [1, 0, 0],
      )
      assert.deepEqual(norway?.posts.map(({ title, author }) => `${title} ${author.country?.name}`).sort(), [
        "one Norway",
        "three Norway",
        "two Norway",
      ])
      const comments = await Comment.with("subject").orderBy("id").get()
      assert.deepEqual(
        comments.map(({ subject }) => subject?.constructor.name),
        ["Post", "User", undefined],
      )
      const roles = await Role.with("users.posts").orderBy("id").get()
      assert.deepEqual(
        roles.map(({ users }) => users.map(({ posts }) => posts.length)),
        [[3], [3, 1]],
      )
    },
  },
  {
    name: "a function says which rows of a relation are loaded, in which order and how many for each",
    async run({ db, table }) {
      const { User } = await blog(db, table)
      const titles = async (query: { get(): Promise<{ posts: { title: string }[] }[]> }) =>
        (await query.get()).map(({ posts }) => posts.map(({ title }) => title))
      const all = User.orderBy("id")
      const best = all.with("posts", (post) => post.orderBy("votes", "desc").limit(2))
      assert.deepEqual(await titles(best), [["three", "two"], ["four"]])
      const next = all.with("posts", (post) => post.orderBy("votes", "desc").limit(1).offset(1))
      assert.deepEqual(await titles(next), [["two"], []])
      const some = all
        .where("id", ">", 0)
        .with("posts", (post) => post.where("votes", ">=", 2).where("title", "!=", "x"))
      assert.deepEqual(await titles(some.where("id", "<", 3)), [["three"], ["four"]])
      const deleted = all.with("posts", (post) => post.onlyDeleted())
      assert.deepEqual(await titles(deleted), [["gone"], []])
      const few = await all.with("posts", (post) => post.select("title").orderBy("id")).first()
      assert.deepEqual(plain(few?.posts), [{ title: "one" }, { title: "two" }, { title: "three" }])
      const none = await all.with("country", (country) => country.where("name", "Peru")).first()
      assert.equal(none?.country, null)
      const latest = await all.with("latest", (post) => post.orderBy("votes", "desc")).get()
      assert.deepEqual(
        latest.map((user) => user.latest?.title),
        ["three", "four"],
      )
    },
  },
  {
    name: "a relation is loaded though its key was not selected, and hidden columns stay hidden",
    async run({ db, table }) {
      const { User, Post } = await blog(db, table)
      const users = await User.select("name").with("posts").orderBy("id").get()
      assert.deepEqual(Object.keys(users[0]!), ["name", "posts"])
      assert.equal(users[0]!.posts.length, 3)
      const post = await Post.with("author").orderBy("id").first()
      assert.deepEqual(plain(post?.author), { id: 1, name: "Ada", countryId: 1 })
      const secret = await Post.with("author", (author) => author.select("password")).first()
      assert.equal(secret?.author?.password, "x")
      assert.equal("password" in (plain(secret?.author) as object), false)
    },
  },
  {
    name: "a relation that was not loaded says so, in words and not by undefined",
    async run({ db, table }) {
      const { User, Post } = await blog(db, table)
      const user = (await User.find(1)) as unknown as {
        posts: unknown
        name: string
        update(v: object): Promise<unknown>
      }
      assert.throws(() => user.posts, { code: "ORM_RELATION_NOT_LOADED", message: /User\.with\("posts"\)/ })
      assert.equal("posts" in (plain(user) as object), false)
      await user.update({ name: "Ada L." })
      const [loaded] = await User.with("posts").where("name", "Ada L.").get()
      loaded!.name = "Ada"
      await loaded!.save()
      await loaded!.posts[0]!.update({ title: "uno" })
      assert.equal(await Post.where("title", "uno").count(), 1)
      assert.equal(await User.where("name", "Ada").count(), 1)
    },
  },
  {
    name: "rows are found by what their relations hold, and how much",
    async run({ db, table }) {
      const { User, Country, Comment } = await blog(db, table)
      const names = async (query: { get(): Promise<{ name: string }[]> }) => (await query.get()).map(({ name }) => name)
      const all = User.orderBy("id")
      assert.deepEqual(await names(all.whereHas("profile")), ["Ada"])
      assert.deepEqual(await names(all.whereDoesntHave("profile")), ["Bob"])
      assert.deepEqual(await names(all.whereHas("posts", (post) => post.where("votes", ">", 5))), ["Bob"])
      assert.deepEqual(await names(all.whereHas("posts", ">=", 3)), ["Ada"])
      assert.deepEqual(
        await names(all.whereHas("posts", "=", 1, (post) => post.where("votes", "<", 9).orWhere("votes", 9))),
        ["Bob"],
      )
      assert.deepEqual(await names(all.whereHas("posts.comments")), ["Ada"])
      assert.deepEqual(await names(all.whereHas("roles", (role) => role.where("name", "admin"))), ["Ada"])
      assert.deepEqual(await names(all.where("name", "Bob").orWhereHas("comments")), ["Ada", "Bob"])
      assert.deepEqual(await names(all.whereDoesntHave("posts", (post) => post.where("title", "four"))), ["Ada"])
      assert.deepEqual(await names(Country.whereHas("posts", (post) => post.where("title", "two"))), ["Norway"])
      assert.deepEqual(await names(Country.whereHas("posts", (post) => post.withDeleted().where("title", "gone"))), [
        "Norway",
      ])
      assert.deepEqual(await names(Country.whereHas("posts", (post) => post.where("title", "gone"))), [])
      assert.equal(await User.whereHas("posts").count(), 2)
      assert.throws(() => Comment.whereHas("subject"), { code: "ORM_QUERY_INVALID" })
    },
  },
  {
    name: "counts and sums over relations are on each row, and leave out what scopes hide",
    async run({ db, table }) {
      const { User, Post } = await blog(db, table)
      const users = await User.query()
        .withCount("posts")
        .withCount("posts as good", (post) => post.where("votes", ">", 0))
        .withSum("posts", "votes")
        .withAvg("posts", "votes")
        .withMax("posts as top", "votes")
        .withCount("roles")
        .orderBy("id")
        .get()
      assert.deepEqual(
        users.map((user) => [
          user.postsCount,
          user.good,
          user.postsVotesSum,
          user.postsVotesAvg,
          user.top,
          user.rolesCount,
        ]),
        [
          [3, 2, 3, 1, 2, 2],
          [1, 1, 9, 9, 9, 1],
        ],
      )
      // Values of what is only shown belong to no other question.
      const good = User.query().withCount("posts as good", (post) => post.where("votes", ">", 0))
      assert.deepEqual([await good.count(), await good.exists()], [2, true])
      assert.equal(
        await good
          .with("posts", (post) => post.where("title", "x"))
          .where("name", "Ada")
          .count(),
        1,
      )
      const posts = await Post.query().withCount("comments").with("author").orderBy("id").limit(2).get()
      assert.deepEqual(
        posts.map(({ commentsCount, author }) => [commentsCount, author.name]),
        [
          [1, "Ada"],
          [0, "Ada"],
        ],
      )
      const nobody = await User.create({ name: "Eve", password: "z" })
      const eve = await User.where("id", nobody.id).withSum("posts", "votes").withCount("posts").first()
      assert.deepEqual([eve?.postsVotesSum, eve?.postsCount], [null, 0])
      await users[0]!.update({ name: "Ada L." })
    },
  },
]
